package planner

import (
	"container/heap"
	"time"
)

// wakes are the times at which waits, approvals and the run itself (a step called "") want to be woken, soonest first. An entry whose step waits no longer, or for another time,
// is dropped when it comes to the top: what is there follows from the steps, so it is no part of what facts say.
type wakes []wake

type wake struct {
	at   time.Time
	step string
}

func (w *wakes) push(at time.Time, step string) {
	if !at.IsZero() {
		heap.Push((*wakeHeap)(w), wake{at, step})
	}
}

// NextWake is the soonest time of a wait or an approval, or of the run's timeout; ok is false if none has one, or if the run is paused. Calls that wait for their next attempt are not asked: a run
// with such a call is in flight.
func (s *State) NextWake() (at time.Time, ok bool) {
	for !s.Paused && len(s.wakes) > 0 {
		top := s.wakes[0]
		if top.step == "" {
			if s.onTheClock() && s.Deadline.Equal(top.at) {
				return top.at, true
			}
		} else if st := s.Steps[top.step]; st != nil && st.Status == Waiting && st.Until.Equal(top.at) {
			return top.at, true
		}
		heap.Pop((*wakeHeap)(&s.wakes))
	}
	return time.Time{}, false
}

type wakeHeap wakes

func (h wakeHeap) Len() int           { return len(h) }
func (h wakeHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h wakeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *wakeHeap) Push(x any)        { *h = append(*h, x.(wake)) }
func (h *wakeHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
