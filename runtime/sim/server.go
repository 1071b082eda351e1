package sim

import (
	"errors"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
)

const (
	writers = 2
	lease   = 10 * time.Second
)

// server is one process. A life ends with a crash or a lost fence; what was scheduled in one life does nothing in the next.
type server struct {
	w       *World
	name    string
	store   journal.Store
	life    int
	alive   bool
	stalled time.Time // until when it stands still, as by SIGSTOP
	inc     journal.Incarnation
	core    *runtime.Core
	queues  [writers][]runtime.Append
	busy    [writers]bool
	refused map[int64]int64 // runs with a refused transition, and its seq
	wakeAt  time.Time
	poked   bool // a look at the inbox was asked for
	renewed time.Time
	skew    time.Duration // how far its idea of the store's time is off
}

// now is the store's time, as well as the server knows it.
func (s *server) now() time.Time { return s.w.now.Add(s.skew) }

// most is how far a server's idea of the store's time can be off: half of a slow answer's journey.
const mostSkew = 30 * time.Millisecond

func (s *server) measure() { s.skew = s.w.upTo(2*mostSkew) - mostSkew }

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
	s.alive, s.inc, s.core, s.renewed = true, inc, runtime.NewCore(inc), s.w.now
	s.queues, s.busy, s.refused, s.wakeAt = [writers][]runtime.Append{}, [writers]bool{}, map[int64]int64{}, time.Time{}
	s.measure()
	s.soon(0, s.takeover)
	s.soon(s.w.upTo(250*time.Millisecond), s.poll)
	s.soon(2*time.Second, s.renew)
	if s.w.faulty() {
		s.soon(time.Duration(s.w.rng.ExpFloat64()*float64(20*time.Second)), s.crash)
		s.soon(time.Duration(s.w.rng.ExpFloat64()*float64(40*time.Second)), s.stall)
	}
}

// crash ends the process at once.
func (s *server) crash() {
	if !s.w.faulty() || !s.alive {
		return
	}
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

func (s *server) takeover() {
	runs, err := s.store.Takeover(background(), s.inc, s.name)
	if errors.Is(err, journal.ErrFenced) {
		s.fenced()
		return
	}
	if len(runs) > 0 {
		s.soon(s.w.upTo(20*time.Millisecond), func() { s.step(runtime.Adopt{Runs: runs}) })
	}
}

// renew asks for more time. The question takes its time to reach the store, so a server that stood still goes on for a moment before it hears
// that it is not the owner any more.
func (s *server) renew() {
	sent := s.w.now
	s.soon(s.w.upTo(300*time.Millisecond), func() {
		if _, err := s.store.Renew(background(), s.inc, lease); errors.Is(err, journal.ErrFenced) {
			s.fenced()
			return
		}
		s.renewed = sent
		s.measure()
		s.takeover()
		s.soon(2*time.Second, s.renew)
	})
}

// poll looks at the inbox and for runs that nobody owns. What was read takes its time to reach the core; looks don't overtake each other.
func (s *server) poll() {
	took := s.w.upTo(5 * time.Millisecond)
	if s.w.chance(0.1) {
		took = s.w.upTo(3 * time.Second)
	}
	pause := 250 * time.Millisecond
	if s.poked || s.w.chance(0.2) {
		pause = 0 // somebody clicked
	}
	s.poked = false
	s.soon(took+pause, s.poll)
	if s.w.chance(0.2) {
		return // a look that failed
	}
	runs, err := s.store.Claim(background(), s.inc, 100)
	if err != nil {
		return
	}
	s.soon(took, func() { s.step(runtime.Adopt{Runs: runs, Left: true}) })
	messages, err := s.store.Inbox(background(), s.inc, 100)
	if err != nil {
		return
	}
	for _, m := range messages {
		s.soon(took, func() { s.step(runtime.ReadMessage(m)) })
	}
}

// step gives the core one event and does what it says.
func (s *server) step(ev runtime.Event) {
	if !s.alive {
		return
	}
	outputs := s.core.Step(ev, s.now())
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
			s.soon(s.w.upTo(20*time.Millisecond), func() { s.load(out.Run) })
		case runtime.Invoke:
			if s.w.now.Sub(s.renewed) >= lease {
				s.fenced() // as the engine does: its lease is over, and it knows
				return
			}
			s.invoke(out)
		case runtime.Abort:
			s.abort(out)
		case runtime.Begun:
			s.w.begun(out)
		case runtime.Answered:
			if _, ok, err := s.w.store.Answer(background(), out.ID); !ok || err != nil {
				s.w.violated(durableFirst, "message %s was answered before its answer was durable", out.ID)
			}
		case runtime.Committed:
			s.w.watch(out.Run)
		case runtime.Broke:
			_, err := s.w.store.Load(background(), out.Run) // a start that was made twice is one run, and the other is refused
			if c := s.w.clientOf(out.Run); err == nil && c != nil && !c.poison && !errors.Is(out.Err, journal.ErrFenced) && !errors.Is(out.Err, errUnfit) {
				s.w.violated(poisonAlone, "run %d broke: %v", out.Run, out.Err)
			}
		case runtime.Mailed:
			s.poked = true
		case runtime.Released:
		}
	}
	if at, ok := s.core.Next(); ok && (s.wakeAt.IsZero() || at.Before(s.wakeAt) || !s.wakeAt.After(s.now())) {
		s.wakeAt = at
		s.soon(max(0, at.Sub(s.now())), func() { s.step(runtime.Tick{}) })
	}
}

func (s *server) load(run int64) {
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
	loaded := runtime.Loaded{History: h, Payloads: contents, Program: s.w.program(h.Flow)}
	if s.w.faulty() && s.w.chance(0.03) { // a release that cannot compile the version; the next one mends it
		loaded.Program, loaded.Broken = nil, errUnfit
	}
	s.step(loaded)
}

var errUnfit = errors.New("the version does not compile")

func (s *server) commitSoon(n int) {
	if !s.busy[n] && len(s.queues[n]) > 0 {
		s.busy[n] = true
		s.soon(200*time.Microsecond+s.w.upTo(5*time.Millisecond), func() { s.commit(n) })
	}
}

// commit writes what has gathered, with every way in which that can go wrong.
func (s *server) commit(n int) {
	batch := s.queues[n]
	s.queues[n] = nil
	if s.w.chance(0.01) {
		s.crash() // before the commit
		return
	}
	batch = s.sift(batch)
	err := s.append(n, batch)
	var bad *journal.BatchError
	for errors.As(err, &bad) {
		batch = s.refuse(batch, bad)
		err = s.append(n, batch)
	}
	if errors.Is(err, journal.ErrFenced) {
		s.fenced()
		return
	}
	if s.w.chance(0.01) {
		s.crash() // after the commit, before anybody knows
		return
	}
	if s.w.chance(0.02) { // the answer was lost: it is asked for until it is known
		s.w.report.Lies++
		if s.w.rng.IntN(5) == 0 {
			s.stall()
		}
		s.soon(s.w.upTo(2*time.Second), func() { s.committed(n, batch) })
		return
	}
	s.committed(n, batch)
}

func (s *server) append(n int, batch []runtime.Append) error {
	if len(batch) == 0 {
		return nil
	}
	ts := make([]journal.Transition, len(batch))
	var bad []int
	for i, a := range batch {
		ts[i] = a.Transition
		if poisonous(a.Transition.Facts) {
			bad = append(bad, i)
		}
	}
	if bad != nil {
		return &journal.BatchError{Bad: bad, Err: errors.New("poisonous bytes")}
	}
	wrong := s.w.judgeBatch(s.inc, ts)
	err := s.store.Append(background(), s.inc, n, ts)
	if err == nil && wrong != "" {
		s.w.violated(oneOutcome, "%s", wrong)
	}
	return err
}

// sift refuses what follows a refused transition of its run, as the journal does.
func (s *server) sift(batch []runtime.Append) []runtime.Append {
	var kept []runtime.Append
	for _, a := range batch {
		t := a.Transition
		if seq, ok := s.refused[t.Run]; ok && t.Seq > seq {
			s.soon(0, func() { s.step(runtime.Durable{Run: t.Run, Tag: a.Tag, Err: journal.ErrAfterRefused}) })
			continue
		}
		delete(s.refused, t.Run)
		kept = append(kept, a)
	}
	return kept
}

func (s *server) refuse(batch []runtime.Append, bad *journal.BatchError) []runtime.Append {
	drop := map[int]bool{}
	for _, i := range bad.Bad {
		drop[i] = true
		a := batch[i]
		s.refused[a.Transition.Run] = a.Transition.Seq
		s.soon(0, func() { s.step(runtime.Durable{Run: a.Transition.Run, Tag: a.Tag, Err: bad}) })
	}
	var kept []runtime.Append
	for i, a := range batch {
		if !drop[i] {
			kept = append(kept, a)
		}
	}
	return s.sift(kept)
}

func (s *server) committed(n int, batch []runtime.Append) {
	s.busy[n] = false
	for _, a := range batch {
		s.step(runtime.Durable{Run: a.Transition.Run, Tag: a.Tag})
	}
	s.commitSoon(n)
}
