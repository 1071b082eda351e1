package sim

import (
	"time"

	"github.com/segno-run/segno/runtime"
)

// pollEvery is how often a server looks at the inbox without a hint.
const pollEvery = 250 * time.Millisecond

// hint tells the servers that there is something in the inbox: the one that knows at once, the others if the hint is not lost. What is lost or late is made
// up for by the next look.
func (w *World) hint(from *server) {
	for _, s := range w.servers {
		switch {
		case s == from:
			s.poke()
		case w.chance(0.3):
			w.report.Lost++
		case w.chance(0.2):
			s.soon(w.upTo(5*time.Second), s.poke)
		default:
			s.soon(w.upTo(10*time.Millisecond), s.poke)
		}
	}
}

// poke asks for a look at the inbox now, or after the one that is under way.
func (s *server) poke() {
	if s.alive && !s.looking && !s.stalled.After(s.w.now) {
		s.look()
		return
	}
	s.poked = true
}

// look reads the inbox and claims the runs that nobody owns. What was read takes its time to reach the core; looks don't overtake each other.
func (s *server) look() {
	s.looking, s.poked = true, false
	s.looks++
	took := s.w.upTo(5 * time.Millisecond)
	if s.w.chance(0.15) {
		took = s.w.upTo(3 * time.Second)
	}
	s.soon(took, s.looked)
	if s.w.chance(0.2) {
		return // a look that failed
	}
	look := s.core.Look(s.looks)
	runs, err := s.store.Claim(background(), s.inc, 100)
	left, claimed := true, look
	if err == nil && s.unsure {
		s.unsure = false
		runs, err = s.store.Owned(background(), s.inc)
		left, claimed = false, runtime.Look{} // for all that it knows
	}
	if err != nil {
		return
	}
	if s.w.chance(0.06) {
		s.unsure = true
	} else { // the answer came
		s.soon(took, func() { s.step(runtime.Adopt{Runs: runs, Left: left, Claimed: claimed}) })
	}
	messages, err := s.store.Inbox(background(), s.inc, 100)
	if err != nil {
		return
	}
	for _, m := range messages {
		p := runtime.ReadMessage(m)
		p.Look = look
		s.soon(took, func() { s.step(p) })
	}
}

// looked has the next look follow, at once if somebody asked for it.
func (s *server) looked() {
	s.looking = false
	if s.poked {
		s.look()
		return
	}
	if s.w.mutant.deaf {
		return
	}
	s.lookIn(pollEvery)
}

// lookIn looks at the inbox in a while, unless it has been by then: looks follow one another.
func (s *server) lookIn(d time.Duration) {
	n := s.looks
	s.soon(d, func() {
		if s.looks == n {
			s.look()
		}
	})
}
