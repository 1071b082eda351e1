package sim

import (
	"bytes"
	"errors"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
)

// batch is a commit of one writer. It is tried until it is known what became of it, as journal.Journal does.
type batch struct {
	writer  int
	items   []runtime.Append
	unknown bool // an append of exactly these items may have been committed
	backoff time.Duration
}

func (s *server) commitSoon(n int) {
	if !s.busy[n] && len(s.queues[n]) > 0 {
		s.busy[n] = true
		s.soon(200*time.Microsecond+s.w.upTo(5*time.Millisecond), func() {
			b := &batch{writer: n, items: s.sift(s.queues[n]), backoff: 20 * time.Millisecond}
			s.queues[n] = nil
			s.commit(b)
		})
	}
}

// commit writes what has gathered, with every way in which that can go wrong.
func (s *server) commit(b *batch) {
	s.w.commits++
	after := s.w.commits == s.w.cfg.After
	switch {
	case s.w.commits == s.w.cfg.Before:
		s.kill()
		return
	case s.w.chance(0.01):
		s.crash() // before the commit
		return
	case s.w.chance(0.005): // while the commit is on its way: it comes when its sender is gone, and somebody else may own the runs
		s.w.report.Unsent++
		late := s.w.upTo(3 * time.Second)
		if s.w.rng.IntN(3) == 0 {
			late = s.w.upTo(3 * lease)
		}
		inc := s.inc
		s.w.after(late, func() { _ = s.append(inc, b) })
		s.crash()
		return
	case s.w.chance(0.005): // it never came
		s.w.report.Unsent++
		s.again(b)
		return
	}
	err := s.append(s.inc, b)
	if errors.Is(err, journal.ErrFenced) {
		s.fenced()
		return
	}
	if after {
		s.kill()
		return
	}
	if s.w.chance(0.01) {
		s.crash() // after the commit, before anybody knows
		return
	}
	if s.w.chance(0.02) { // the answer was lost: whether it was committed is found out by another try
		s.w.report.Lies++
		if s.w.rng.IntN(5) == 0 {
			s.stall()
		}
		s.again(b)
		return
	}
	if s.w.chance(0.01) {
		s.stall() // with the answer on its way
	}
	s.soon(s.w.upTo(2*time.Millisecond), func() { s.appended(b, err) })
}

// appended takes the store's answer to an append.
func (s *server) appended(b *batch, err error) {
	var bad *journal.BatchError
	switch {
	case err == nil, errors.As(err, &bad) && b.unknown && s.committedBefore(b):
		s.committed(b.writer, b.items)
	case bad != nil:
		*b = batch{writer: b.writer, items: s.refuse(b.items, bad), backoff: 20 * time.Millisecond}
		s.commit(b)
	default:
		s.w.violated(theWorld, "%s: append: %v", s.name, err)
	}
}

func (s *server) again(b *batch) {
	b.unknown = true
	s.soon(b.backoff, func() { s.commit(b) })
	b.backoff = min(2*b.backoff, time.Second)
}

// committedBefore reads back whether a batch whose answer was lost has been committed.
func (s *server) committedBefore(b *batch) bool {
	for _, a := range b.items {
		if t := &a.Transition; !t.NoFacts() {
			facts, ok, err := s.store.Committed(background(), t.Run, t.Seq)
			return err == nil && ok && bytes.Equal(facts, t.Facts)
		}
	}
	return false
}

func (s *server) append(inc journal.Incarnation, b *batch) error {
	if len(b.items) == 0 {
		return nil
	}
	ts := make([]journal.Transition, len(b.items))
	var bad []int
	for i, a := range b.items {
		ts[i] = a.Transition
		if poisonous(a.Transition.Facts) {
			bad = append(bad, i)
		}
	}
	if bad != nil && s.w.mutant.whole {
		bad = all(len(ts))
	}
	if bad != nil {
		return &journal.BatchError{Bad: bad, Err: errors.New("poisonous bytes")}
	}
	wrong, planned := s.w.judgeBatch(inc, ts, b.unknown), s.w.planned(ts)
	err := s.store.Append(background(), inc, b.writer, ts)
	if err != nil {
		return err
	}
	if wrong != "" {
		s.w.violated(oneOutcome, "%s", wrong)
	}
	for m, answer := range planned {
		s.w.repaired(m, answer)
	}
	letters := false
	for i := range ts {
		s.w.follow(ts[i].Run)
		s.w.clientOf(ts[i].Run)
		for _, c := range ts[i].Inbox {
			s.w.consumed[c.ID] = true
		}
		letters = letters || len(ts[i].Outbox) > 0
	}
	if letters && inc == s.inc { // the store tells the other servers, whatever becomes of this one
		s.w.hint(nil)
	}
	return nil
}

// all are the indices of so many.
func all(n int) (is []int) {
	for i := range n {
		is = append(is, i)
	}
	return is
}

// sift refuses what follows a refused transition of its run, as the journal does.
func (s *server) sift(items []runtime.Append) []runtime.Append {
	var kept []runtime.Append
	for _, a := range items {
		t := a.Transition
		if seq, ok := s.refused[t.Run]; ok && t.Seq > seq {
			s.soon(0, func() { s.heard(t.Run, a.Tag, journal.ErrAfterRefused) })
			continue
		}
		delete(s.refused, t.Run)
		kept = append(kept, a)
	}
	return kept
}

func (s *server) refuse(items []runtime.Append, bad *journal.BatchError) []runtime.Append {
	drop := map[int]bool{}
	for _, i := range bad.Bad {
		drop[i] = true
		a := items[i]
		s.refused[a.Transition.Run] = a.Transition.Seq
		s.soon(0, func() { s.heard(a.Transition.Run, a.Tag, bad) })
	}
	var kept []runtime.Append
	for i, a := range items {
		if !drop[i] {
			kept = append(kept, a)
		}
	}
	return s.sift(kept)
}

func (s *server) committed(n int, items []runtime.Append) {
	s.busy[n] = false
	for _, a := range items {
		s.heard(a.Transition.Run, a.Tag, nil)
	}
	s.commitSoon(n)
}

// heard tells the core what became of an append. A server that leaves only tells those who wait for their start.
func (s *server) heard(run int64, tag uint64, err error) {
	ev := runtime.Durable{Run: run, Tag: tag, Err: err}
	if !s.leaving {
		s.step(ev)
		return
	}
	for _, out := range s.core.Step(ev, s.now()) {
		if b, ok := out.(runtime.Begun); ok {
			s.w.begun(b)
		}
	}
}
