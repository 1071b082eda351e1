package planner

import (
	"container/heap"
	"time"
)

// wakes are the times at which waits, approvals, loops, deadlines and the run itself (a step called "") want to be woken, soonest first. An entry whose
// step waits no longer, or for another time, is dropped when it comes to the top: what is there follows from the steps, so it is no part of what facts say.
type wakes []wake

type wake struct {
	at   time.Time
	ref  Ref
	loop bool // of a loop's next iteration
}

func (w *wakes) push(at time.Time, r Ref) {
	if !at.IsZero() {
		heap.Push((*wakeHeap)(w), wake{at, r, false})
	}
}

// NextWake is the soonest time of a wait, an approval, a loop's next iteration or a deadline, or of the run's timeout; ok is false if none has one, or if the run is paused. Calls that wait for their next attempt are not asked: a run
// with such a call is in flight.
func (s *State) NextWake() (at time.Time, ok bool) {
	for !s.Paused && len(s.wakes) > 0 {
		top := s.wakes[0]
		if s.wanted(top) {
			return top.at, true
		}
		heap.Pop((*wakeHeap)(&s.wakes))
	}
	return time.Time{}, false
}

// wanted reports whether what a wake was set for still waits for that time, and the run for it.
func (s *State) wanted(w wake) bool {
	if w.ref.Step == "" {
		return s.onTheClock() && s.Deadline.Equal(w.at)
	}
	st := s.Steps[w.ref.Step]
	return st != nil && (s.iterates() && s.pausesUntil(w) || st.Status == Waiting && st.Until.Equal(w.at) || s.dueBy(st) && st.Deadline.Equal(w.at))
}

// pausesUntil reports whether a loop waits for its next iteration until then.
func (s *State) pausesUntil(w wake) bool {
	u := s.Unit(w.ref)
	return u != nil && u.State == Waiting && u.NextAt.Equal(w.at)
}

// pushIteration is push for a loop, which would otherwise leave a wake behind for each of its iterations.
func (s *State) pushIteration(at time.Time, r Ref) {
	for len(s.wakes) > 0 && s.wakes[0].loop && !s.pausesUntil(s.wakes[0]) {
		heap.Pop((*wakeHeap)(&s.wakes))
	}
	heap.Push((*wakeHeap)(&s.wakes), wake{at, r, true})
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
