package sim

import (
	"errors"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
)

const renewEvery = lease / 5

// clock is a server's idea of the store's time: what the store said, and what has passed since by the server's own clock, which may show anything.
type clock struct {
	off   time.Duration // how far the server's own clock is off; it jumps
	asked time.Time     // when the store was last asked, by what has passed since the server began, which no jump changes
	wall  time.Time     // the same by the server's own clock
	told  time.Time     // what the store's clock showed then
}

// mostOff is how far a server's own clock is off at most.
const mostOff = 10 * time.Minute

// setClock gives a server that begins a clock of its own, and the store's time.
func (s *server) setClock() {
	s.clock = clock{off: s.w.upTo(2*mostOff) - mostOff}
	s.clock.asked, s.clock.wall, s.clock.told = s.w.now, s.own(), s.w.storeNow().Add(s.w.upTo(2*mostSkew)-mostSkew)
	if s.w.faulty() && s.w.rng.IntN(4) == 0 {
		s.soon(s.w.upTo(time.Minute), func() {
			s.clock.off = s.w.upTo(2*mostOff) - mostOff
			s.w.report.Leaps++
		})
	}
}

// mostSkew is how far the first answer is off at most.
const mostSkew = 30 * time.Millisecond

// own is the time by the server's own clock.
func (s *server) own() time.Time { return s.w.now.Add(s.clock.off) }

// now is the store's time, as well as the server knows it.
func (s *server) now() time.Time {
	if s.w.mutant.clock != nil {
		return s.w.mutant.clock(s)
	}
	return s.clock.told.Add(s.w.now.Sub(s.clock.asked))
}

// holdsLease reports whether the lease can't have ended yet.
func (s *server) holdsLease() bool { return s.w.now.Sub(s.clock.asked) < lease }

// mostSlow is how long a question to the store may take; after that there is no answer. The store's time is known within half of it.
const mostSlow = lease / 4

// renew asks for more time. The question takes its time to reach the store, and so does the answer, so a server that stood still goes on for a moment
// before it hears that it is not the owner any more.
func (s *server) renew() {
	sent, life := s.w.now, s.life
	way := func() time.Duration {
		if s.w.chance(0.1) {
			return s.w.upTo(mostSlow)
		}
		return s.w.upTo(20 * time.Millisecond)
	}
	s.w.after(way(), func() { // it is on its way, whatever becomes of its sender
		at, err := s.store.Renew(background(), s.inc, lease)
		if s.life != life {
			return
		}
		s.soon(way(), func() {
			took := s.w.now.Sub(sent)
			if took <= mostSlow {
				s.renewed(sent, at, err)
				return
			}
			s.soon(s.w.upTo(300*time.Millisecond), func() { s.renewed(sent, time.Time{}, err) }) // it stood still, and does other things first
		})
	})
}

// renewed takes the store's answer; no time: it came too late to tell what time it is.
func (s *server) renewed(sent, at time.Time, err error) {
	if errors.Is(err, journal.ErrFenced) {
		s.fenced()
		return
	}
	if !at.IsZero() {
		took := s.w.now.Sub(sent)
		s.clock.asked, s.clock.wall, s.clock.told = sent, s.own().Add(-took), at.Add(-took/2)
		s.takeover()
	} else if s.w.now.Sub(s.clock.asked) > lease*3/5 {
		s.fenced() // nobody has answered for so long that it stops before its lease ends
		return
	}
	s.soon(renewEvery, s.renew)
}

func (s *server) takeover() {
	runs, err := s.store.Takeover(background(), s.inc, s.name)
	if errors.Is(err, journal.ErrFenced) {
		s.fenced()
		return
	}
	if s.w.chance(0.05) { // the answer is lost
		s.unsure = true
		return
	}
	if len(runs) > 0 {
		s.soon(s.w.upTo(20*time.Millisecond), func() { s.step(runtime.Adopt{Runs: runs}) })
	}
}
