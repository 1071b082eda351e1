package sim

import (
	"errors"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
)

const (
	writers = 2
	lease   = 10 * time.Second
)

// server is one process. A life ends with a crash, a lost fence or a stop in good order; what was scheduled in one life does nothing in the next.
type server struct {
	w       *World
	name    string
	store   journal.Store
	life    int
	alive   bool
	leaving bool      // it was told to stop: its core hears of commits alone
	stalled time.Time // until when it stands still, as by SIGSTOP
	inc     journal.Incarnation
	core    *runtime.Core
	clock   clock
	queues  [writers][]runtime.Append
	busy    [writers]bool
	refused map[int64]int64 // runs with a refused transition, and its seq
	wakeAt  time.Time
	calls   int // under way

	looking bool // at the inbox
	poked   bool // a look at the inbox was asked for
	looks   int
	unsure  bool // a claim or takeover whose answer was lost may have given it runs
}

// soon does something later, if this life still goes on; a server that stands still does it when it goes on.
func (s *server) soon(d time.Duration, do func()) {
	life := s.life
	var act func()
	act = func() {
		switch {
		case s.life != life || !s.alive:
		case s.stalled.After(s.w.now):
			s.w.after(s.stalled.Sub(s.w.now), act)
		default:
			do()
		}
	}
	s.w.after(d, act)
}

func (s *server) boot() {
	inc, err := s.store.Join(background(), s.name, writers, lease)
	if err != nil {
		s.w.violated(theWorld, "%s can't join: %v", s.name, err)
		return
	}
	s.life++
	s.alive, s.leaving, s.inc, s.core = true, false, inc, runtime.NewCore(inc)
	s.queues, s.busy, s.refused, s.wakeAt = [writers][]runtime.Append{}, [writers]bool{}, map[int64]int64{}, time.Time{}
	s.looking, s.poked, s.unsure, s.calls = false, false, false, 0
	s.setClock()
	s.soon(0, s.takeover)
	s.lookIn(s.w.upTo(pollEvery))
	s.soon(renewEvery, s.renew)
	s.soon(s.w.upTo(houseEvery), s.keepHouse)
	if s.w.faulty() {
		s.soon(time.Duration(s.w.rng.ExpFloat64()*float64(20*time.Second)), s.crash)
		s.soon(time.Duration(s.w.rng.ExpFloat64()*float64(40*time.Second)), s.stall)
		s.soon(time.Duration(s.w.rng.ExpFloat64()*float64(60*time.Second)), s.stop)
	}
}

// crash ends the process at once.
func (s *server) crash() {
	if s.w.faulty() && s.alive {
		s.kill()
	}
}

// kill is a crash that somebody is to blame for, in a kind world too.
func (s *server) kill() {
	s.w.report.Crashes++
	s.die()
}

func (s *server) die() {
	s.alive = false
	s.life++
	s.w.after(s.w.upTo(3*time.Second), s.boot)
}

// stall stops the process for longer than its lease, sometimes.
func (s *server) stall() {
	if s.w.faulty() {
		s.stalled = s.w.now.Add(s.w.upTo(2 * lease))
	}
}

func (s *server) fenced() {
	s.w.report.Takeovers++
	s.die()
}

// step gives the core one event and does what it says.
func (s *server) step(ev runtime.Event) {
	if !s.alive || s.leaving {
		return
	}
	if s.w.mutant.event != nil {
		ev = s.w.mutant.event(s, ev)
	}
	outputs := s.core.Step(ev, s.now())
	s.w.tell(s, ev, outputs)
	if s.w.mutant.outputs != nil {
		outputs = s.w.mutant.outputs(s, outputs)
	}
	for _, out := range outputs {
		switch out := out.(type) {
		case runtime.Append:
			n := int(out.Transition.Run % writers)
			s.queues[n] = append(s.queues[n], out)
			s.commitSoon(n)
		case runtime.Load:
			s.soon(s.w.upTo(20*time.Millisecond), func() { s.load(out) })
		case runtime.Need:
			s.soon(s.w.upTo(20*time.Millisecond), func() { s.find(out) })
		case runtime.Invoke:
			if !s.holdsLease() {
				s.fenced() // as the engine does: its lease is over, and it knows
				return
			}
			s.invoke(out)
		case runtime.Abort:
			s.abort(out)
		case runtime.Begun:
			s.w.begun(out)
		case runtime.Answered:
			_, ok, err := s.w.store.Answer(background(), out.ID)
			if gone := errors.Is(err, journal.ErrNoMessage) && s.w.consumed[out.ID]; !ok && !gone { // retention deletes messages with their runs
				s.w.violated(durableFirst, "message %s was answered before its answer was durable", out.ID)
			}
		case runtime.Committed:
			s.w.heard(out)
		case runtime.Broke:
			s.w.broke(out)
		case runtime.Mailed:
			s.w.hint(s)
		case runtime.Released:
			s.poke()
		}
	}
	if at, ok := s.core.Next(); ok && (s.wakeAt.IsZero() || at.Before(s.wakeAt) || !s.wakeAt.After(s.now())) {
		s.wakeAt = at
		s.soon(max(0, at.Sub(s.now())), func() { s.step(runtime.Tick{}) })
	}
}

func (s *server) load(out runtime.Load) {
	run := out.Run
	h, err := s.store.Load(background(), run)
	if err != nil {
		s.step(runtime.LoadFailed{Run: run})
		return
	}
	if s.w.mutant.history != nil {
		h = s.w.mutant.history(s, run, h)
	}
	contents, err := journal.Contents(background(), s.store, &h)
	if err != nil {
		s.step(runtime.LoadFailed{Run: run})
		return
	}
	loaded := runtime.Loaded{History: h, Payloads: contents, Program: s.w.program(h.Flow, h.Version), Others: map[int]*check.Program{}}
	for _, version := range out.Also {
		loaded.Others[version] = s.w.program(h.Flow, version)
	}
	if s.w.chance(0.03) { // a release that cannot compile the version; the next one mends it
		loaded.Program, loaded.Others, loaded.Broken = nil, nil, errUnfit
	}
	s.step(loaded)
}

// find answers a Need. There are people who ask for a version that nobody has published, and servers that can't read one at the moment.
func (s *server) find(n runtime.Need) {
	found := runtime.Found{Run: n.Run, Version: n.Version}
	if !s.w.chance(0.1) {
		found.Program = s.w.program(n.Flow, n.Version)
	}
	s.step(found)
}

var errUnfit = errors.New("the version does not compile")

// stop ends the process in good order, as the engine does: calls may end for a moment, what is decided is written, and the runs are given away.
func (s *server) stop() {
	if !s.w.faulty() {
		return
	}
	s.core.Drain()
	until := s.w.now.Add(drain)
	var wait func()
	wait = func() {
		if s.calls > 0 && s.w.now.Before(until) {
			s.soon(20*time.Millisecond, wait)
			return
		}
		s.leaving = true
		s.leave(s.w.now.Add(drain))
	}
	wait()
}

// drain is how long calls under way may go on after a stop, and then commits.
const drain = time.Second

func (s *server) leave(until time.Time) {
	if (s.writing(0) || s.writing(1)) && s.w.now.Before(until) {
		s.soon(5*time.Millisecond, func() { s.leave(until) })
		return
	}
	if err := s.store.Leave(background(), s.inc); err != nil {
		s.w.violated(theWorld, "%s can't leave: %v", s.name, err)
	}
	s.w.report.Handovers++
	s.w.hint(s)
	s.die()
}

func (s *server) writing(n int) bool { return s.busy[n] || len(s.queues[n]) > 0 }
