package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// session is one incarnation: a core, the journal under its fence, and the goroutines around them.
type session struct {
	e        *Engine
	inc      journal.Incarnation
	journal  *journal.Journal
	core     *Core
	mail     *mailbox
	calls    *calls
	hints    *hints
	limits   *limits
	over     chan struct{} // closed when the session can't write any more
	pokes    chan struct{}
	next     atomic.Int64 // when the core wants a Tick, by the store's clock in Unix nanoseconds; 0: never
	inMemory atomic.Int64 // runs
	unsure   atomic.Bool  // a claim or takeover whose answer was lost may have given us runs

	mu      sync.Mutex
	begun   map[int64]chan error
	answers map[string]chan struct{}
	watched map[int64]func(seq int64, ended planner.RunStatus)
	asked   time.Time // by our clock, when the store was last asked for the time
	told    time.Time // the store's time at that moment, as well as we know it
}

// join begins an incarnation and takes over what a dead predecessor left.
func (e *Engine) join(ctx context.Context) (*session, error) {
	// A connection on which nothing comes any more must not keep us from trying another one.
	soon, cancel := context.WithTimeout(ctx, e.cfg.Lease)
	defer cancel()
	store := e.cfg.Store
	inc, err := store.Join(soon, e.cfg.Replica, e.cfg.Writers, e.cfg.Lease)
	if err != nil {
		return nil, err
	}
	s := &session{e: e, inc: inc, mail: newMailbox(), over: make(chan struct{}), pokes: make(chan struct{}, 1),
		core: NewCore(inc), begun: map[int64]chan error{}, answers: map[string]chan struct{}{},
		watched: map[int64]func(int64, planner.RunStatus){}}
	s.calls, s.hints, s.limits = newCalls(s), newHints(s), newLimits(s)
	if err := s.renew(soon); err != nil {
		return nil, err
	}
	s.hints.count(soon)
	runs, err := s.takeFirst(ctx)
	if err != nil {
		return nil, err
	}
	if len(runs) > 0 {
		e.cfg.Meter.TookOver(len(runs))
		e.cfg.Logger.Info("taking runs up where they were left", "runs", len(runs), "incarnation", int64(inc))
	}
	s.journal = journal.New(store, inc, journal.Config{Writers: e.cfg.Writers, Logger: e.cfg.Logger, Observe: e.cfg.Meter.Batch})
	s.mail.put(Adopt{Runs: runs})
	return s, nil
}

// run drives the session until ctx ends (nil) or the lease is lost.
func (s *session) run(ctx context.Context) error {
	lost := make(chan error, 2)
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var around sync.WaitGroup
	around.Go(func() { lost <- s.keepLease(inner) })
	around.Go(func() { s.takeOthers(inner) })
	around.Go(func() { s.pollInbox(inner) })
	around.Go(func() { s.keepHouse(inner) })
	around.Go(func() { s.hints.run(inner) })
	around.Go(func() { s.limits.run(inner) })
	err := s.loop(ctx, inner, lost)
	if err == nil { // asked to stop: what has been decided is still written
		s.drain(inner)
	}
	s.calls.stop()
	closing, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	if cerr := s.journal.Close(closing); cerr != nil {
		s.e.cfg.Logger.Warn("the journal did not close in time", "error", cerr)
	}
	s.tellLast()
	close(s.over)
	cancel()
	around.Wait()
	s.calls.wait(closing)
	if err == nil {
		leaving, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		if lerr := s.e.cfg.Store.Leave(leaving, s.inc); lerr != nil {
			s.lapse()
			s.e.cfg.Logger.Warn("could not hand the runs over", "error", lerr)
		}
	}
	return err
}

// loop is the only goroutine that touches the core.
func (s *session) loop(ctx, inner context.Context, lost <-chan error) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	loads := newLoader(inner, s)
	ready := s.e.ready
	var spare []Event
	for {
		s.inMemory.Store(int64(s.core.Runs()))
		if at, ok := s.core.Next(); ok {
			s.next.Store(at.UnixNano())
			timer.Reset(max(0, at.Sub(s.now())))
		} else {
			s.next.Store(0)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-lost:
			return err
		case <-s.mail.wake:
			got := s.mail.take(spare)
			for i, ev := range got {
				if err := s.handle(ev, loads); err != nil {
					return err
				}
				got[i] = nil
			}
			spare = got
		case <-timer.C:
			if err := s.handle(Tick{}, loads); err != nil {
				return err
			}
		}
		if ready != nil && loads.idle() {
			close1(ready)
			ready = nil
		}
	}
}

// close1 closes the engine's ready channel, which a former incarnation may have done.
func close1(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

func (s *session) handle(ev Event, loads *loader) error {
	loads.answered(ev)
	if d, ok := ev.(Durable); ok && errors.Is(d.Err, journal.ErrFenced) {
		return d.Err
	}
	for _, out := range s.core.Step(ev, s.now()) {
		switch out := out.(type) {
		case Append:
			run, tag := out.Transition.Run, out.Tag
			s.journal.Submit(out.Transition, func(err error) { s.mail.put(Durable{run, tag, err}) })
		case Load:
			loads.load(out.Run, out.Also)
		case Need:
			loads.find(out)
		case Invoke:
			if !s.holdsLease() {
				return errLeaseOver
			}
			s.calls.begin(out)
		case Abort:
			s.calls.abort(out)
		case Begun:
			s.tellBegun(out)
		case Answered:
			s.tellAnswer(out.ID)
			s.hints.answered(out.ID)
		case Committed:
			s.e.broker.Publish(out.UUID)
			s.hints.moved(out.UUID)
			s.tellCommitted(out)
			s.tell(out)
		case Released:
			s.poke()
		case Mailed:
			s.poke()
			s.hints.mailed(out.To)
		case Broke:
			s.e.cfg.Logger.Error("a run was stopped because it cannot be carried on", "run", out.UUID, "number", out.Run, "error", out.Err)
		}
	}
	return nil
}

// drain gives calls in flight a moment to finish, and what they answered a chance to be written.
func (s *session) drain(ctx context.Context) {
	deadline := time.NewTimer(s.e.cfg.Drain)
	defer deadline.Stop()
	loads := newLoader(ctx, s)
	s.core.Drain()
	var spare []Event
	for s.calls.running() > 0 {
		select {
		case <-deadline.C:
			return
		case <-s.mail.wake:
			got := s.mail.take(spare)
			for _, ev := range got {
				if s.handle(ev, loads) != nil {
					return
				}
			}
		case <-s.calls.quiet():
		}
	}
	for _, ev := range s.mail.take(spare) {
		if s.handle(ev, loads) != nil {
			return
		}
	}
}

// tellLast tells those whose runs became durable while the journal was closing.
func (s *session) tellLast() {
	for _, ev := range s.mail.take(nil) {
		if d, ok := ev.(Durable); ok {
			for _, out := range s.core.Step(d, s.now()) {
				if b, ok := out.(Begun); ok {
					s.tellBegun(b)
				}
			}
		}
	}
}

// now is the store's time, as well as we know it.
func (s *session) now() time.Time { return s.at(s.e.cfg.Clock()) }

// at is the store's time at a moment of ours. What has passed since we asked is measured by the monotonic clock: a wall clock that is set anew
// must not make timers fire early, and then stand still until it catches up.
func (s *session) at(ours time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told.Add(ours.Sub(s.asked))
}

var errLeaseOver = errors.New("the lease ended while this server stood still")

// holdsLease reports whether the lease can't have ended yet. A server that stood still must not call what another one may have completed.
func (s *session) holdsLease() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.e.cfg.Clock().Sub(s.asked) < s.e.cfg.Lease
}

func (s *session) renew(ctx context.Context) error {
	sent := s.e.cfg.Clock()
	at, err := s.e.cfg.Store.Renew(ctx, s.inc, s.e.cfg.Lease)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if took := s.e.cfg.Clock().Sub(sent); took <= s.e.cfg.Lease/4 || s.told.IsZero() {
		s.told = at.Add(-took / 2) // the answer was made about half way
	} else { // we stood still, nobody knows on which half: what we knew is better
		s.told = s.told.Add(sent.Sub(s.asked))
	}
	s.asked = sent
	return nil
}

// keepLease renews the lease and returns when this incarnation must stop: it was fenced, or its lease is about to end without an answer from the store. Calls
// are aborted before the lease ends, not after.
func (s *session) keepLease(ctx context.Context) error {
	lease := s.e.cfg.Lease
	tick := time.NewTicker(lease / 5)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		attempt, cancel := context.WithTimeout(ctx, lease/4)
		err := s.renew(attempt)
		cancel()
		if errors.Is(err, journal.ErrFenced) {
			return err
		}
		s.mu.Lock()
		silent := s.e.cfg.Clock().Sub(s.asked)
		s.mu.Unlock()
		if silent > lease*3/5 {
			return fmt.Errorf("no answer from the database for %s, and the lease lasts %s: %w", silent.Round(time.Millisecond), lease, err)
		}
		if err != nil && ctx.Err() == nil {
			s.e.cfg.Logger.Warn("the lease could not be renewed", "error", err)
		}
	}
}

// most is how many messages or sleepers one look takes.
const most = 500

// pollInbox brings the core the messages of its runs, and the runs that are due.
func (s *session) pollInbox(ctx context.Context) {
	tick := time.NewTicker(s.e.cfg.Poll)
	defer tick.Stop()
	store := s.e.cfg.Store
	for n := 1; ; n++ {
		look := s.core.Look(n)
		runs, err := store.Claim(ctx, s.inc, most)
		left, claimed := true, look
		if err == nil && s.unsure.Swap(false) {
			runs, err = store.Owned(ctx, s.inc)
			left, claimed = false, Look{} // for all that we know
		}
		if err != nil {
			s.unsure.Store(true)
		}
		if len(runs) > 0 {
			s.mail.put(Adopt{Runs: runs, Left: left, Claimed: claimed})
		}
		if left && len(runs) == most { // as after a stop in good order: there are more
			s.poke()
		}
		messages, err := store.Inbox(ctx, s.inc, most)
		if err != nil && ctx.Err() == nil && !errors.Is(err, journal.ErrFenced) {
			s.e.cfg.Logger.Warn("the inbox could not be read", "error", err)
		}
		for _, m := range messages {
			p := ReadMessage(m)
			p.Look = look
			s.mail.put(p)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.pokes:
		case <-tick.C:
		}
	}
}

// poke asks for a look at the inbox now.
func (s *session) poke() {
	select {
	case s.pokes <- struct{}{}:
	default:
	}
}

func (s *session) waitBegun(run int64, c chan error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c == nil {
		delete(s.begun, run)
		return
	}
	s.begun[run] = c
}

func (s *session) tellBegun(b Begun) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.begun[b.Run]; c != nil {
		c <- b.Err // it has room for one
		delete(s.begun, b.Run)
	}
}

// watch has f told of a run's commits until it has ended; nil ends that.
func (s *session) watch(run int64, f func(seq int64, ended planner.RunStatus)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f == nil {
		delete(s.watched, run)
		return
	}
	s.watched[run] = f
}

func (s *session) tellCommitted(c Committed) {
	s.mu.Lock()
	f := s.watched[c.Run]
	if f != nil && c.Ended != "" {
		delete(s.watched, c.Run)
	}
	s.mu.Unlock()
	if f != nil {
		f(c.Seq, c.Ended)
	}
}

// waitAnswer has c told when the message is consumed; nil ends that.
func (s *session) waitAnswer(id string, c chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c == nil {
		delete(s.answers, id)
		return
	}
	s.answers[id] = c
}

func (s *session) tellAnswer(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.answers[id]; c != nil {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
