package sim

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
	"github.com/segno-run/segno/runtime/planner"
)

// mutants are bugs of the kind that the simulator is there to find. The servers have them; the judge does not.
var mutants = map[string]mutant{
	"the fence is not checked": {store: func(s journal.Store) journal.Store { return &unfenced{Store: s} }},

	"a start is acknowledged before its commit": {outputs: func(_ *server, out []runtime.Output) []runtime.Output {
		var early []runtime.Output
		for _, o := range out {
			if a, ok := o.(runtime.Append); ok && a.Transition.New != nil {
				early = append(early, runtime.Begun{Run: a.Transition.Run})
			}
		}
		return append(out, early...)
	}},

	"a button is acknowledged before its commit": {outputs: func(_ *server, out []runtime.Output) []runtime.Output {
		var early []runtime.Output
		for _, o := range out {
			if a, ok := o.(runtime.Append); ok {
				for _, c := range a.Transition.Inbox {
					early = append(early, runtime.Answered{ID: c.ID})
				}
			}
		}
		return append(out, early...)
	}},

	"a timer is dropped on takeover": {history: func(_ *server, _ int64, h journal.History) journal.History {
		return rewrite(h, func(f planner.Fact) bool {
			switch f := f.(type) {
			case *planner.StepWaiting:
				f.Until = time.Time{}
			case *planner.CallFailed:
				f.RetryAt = time.Time{}
			}
			return true
		})
	}},

	"messages are consumed before the append": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		return apart(out, func(t journal.Transition) { _ = s.store.Append(background(), s.inc, 0, []journal.Transition{t}) })
	}},

	"messages are consumed after the append": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		return apart(out, func(t journal.Transition) {
			s.soon(100*time.Millisecond, func() { _ = s.store.Append(background(), s.inc, 0, []journal.Transition{t}) })
		})
	}},

	"a call goes out before its intent is durable": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		for _, o := range out {
			a, ok := o.(runtime.Append)
			if !ok {
				continue
			}
			facts, err := planner.Decode(a.Transition.Facts)
			if err != nil {
				continue
			}
			for _, f := range facts {
				if c, ok := f.(*planner.CallScheduled); ok && c.Function == "safe" {
					out = append(out, runtime.Invoke{Run: a.Transition.Run, Flow: flowOf(s, a.Transition.Run),
						Invoke: &planner.Invoke{Ref: c.Ref, Attempt: c.Attempt, Key: planner.Key("early", c.Ref, c.Iteration, c.Generation), Function: c.Function, Input: c.Input}})
				}
			}
		}
		return out
	}},

	"a call that may not be made twice is made again after a crash": {history: func(_ *server, _ int64, h journal.History) journal.History {
		return rewrite(h, func(f planner.Fact) bool {
			_, sent := f.(*planner.CallStarted)
			return !sent
		})
	}},

	"a call goes out after the lease": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		s.renewed = s.w.now // it takes its lease for fresh
		return out
	}},

	"a child's word goes out after its commit": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		return later(s, out, func(a runtime.Append) bool { return len(a.Transition.Births) == 0 })
	}},

	"a child is told what to do before that is committed": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		for i, o := range out {
			a, ok := o.(runtime.Append)
			if !ok || len(a.Transition.Births) > 0 || len(a.Transition.Outbox) == 0 {
				continue
			}
			send(s, a.Transition.Outbox)
			a.Transition.Outbox = nil
			out[i] = a
		}
		return out
	}},

	"a child is started twice": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		for i, o := range out {
			a, ok := o.(runtime.Append)
			if !ok || len(a.Transition.Births) == 0 || s.w.rng.IntN(20) > 0 {
				continue
			}
			b, l := a.Transition.Births[0], a.Transition.Outbox[0]
			l.To = b.UUID
			b.UUID, l.ID = s.w.id(), s.w.id()
			for _, other := range a.Transition.Outbox {
				if other.To == l.To {
					l.Kind, l.Body = other.Kind, other.Body
				}
			}
			l.To = b.UUID
			a.Transition.Births = append(slices.Clone(a.Transition.Births), b)
			a.Transition.Outbox = append(slices.Clone(a.Transition.Outbox), l)
			out[i] = a
		}
		return out
	}},

	"a child is born after its parent's commit": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		for i, o := range out {
			a, ok := o.(runtime.Append)
			if !ok || len(a.Transition.Births) == 0 {
				continue
			}
			births, letters := a.Transition.Births, a.Transition.Outbox
			a.Transition.Births, a.Transition.Outbox = nil, nil
			out[i] = a
			at := a.Transition.At
			s.soon(100*time.Millisecond, func() {
				n, err := s.store.ReserveIDs(background(), 1)
				if err == nil { // by way of a run that does nothing else
					_ = s.store.Append(background(), s.inc, 0, []journal.Transition{{Run: n, Seq: 1, At: at, Facts: []byte{1}, Births: births, Outbox: letters}})
				}
			})
		}
		return out
	}},

	"completed steps are forgotten on takeover": {history: func(_ *server, _ int64, h journal.History) journal.History {
		if len(h.Records) > 1 {
			h.Records = h.Records[:len(h.Records)-1]
		}
		return h
	}},

	"the undo of an unknown outcome is forgotten": {program: func(p *check.Program) *check.Program {
		forgetful := *p
		forgetful.Steps = slices.Clone(p.Steps)
		for i, st := range p.Steps {
			bare := *st
			bare.UndoAttempts = false
			forgetful.Steps[i] = &bare
		}
		return &forgetful
	}},

	"what may have happened is forgotten on takeover": {history: func(_ *server, _ int64, h journal.History) journal.History {
		return rewrite(h, func(f planner.Fact) bool {
			if failed, ok := f.(*planner.CallFailed); ok {
				failed.Fault.Effect = fault.None
			}
			return true
		})
	}},

	"the end of an iteration is not folded": {history: func(_ *server, _ int64, h journal.History) journal.History {
		return rewrite(h, func(f planner.Fact) bool {
			_, iterated := f.(*planner.IterationCompleted)
			return !iterated
		})
	}},

	"an iteration's number is not folded": {history: func(_ *server, _ int64, h journal.History) journal.History {
		return rewrite(h, func(f planner.Fact) bool {
			if f, ok := f.(*planner.IterationCompleted); ok {
				f.Iteration = 1
			}
			return true
		})
	}},

	"the timer of an iteration is dropped on takeover": {history: func(_ *server, _ int64, h journal.History) journal.History {
		return rewrite(h, func(f planner.Fact) bool {
			if f, ok := f.(*planner.IterationCompleted); ok && !f.NextAt.IsZero() {
				f.NextAt = f.NextAt.AddDate(1000, 0, 0)
			}
			return true
		})
	}},

	"every result is taken for the current attempt's": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		for i, o := range out {
			if in, ok := o.(runtime.Invoke); ok && in.Attempt > 1 {
				again := *in.Invoke
				again.Attempt = 1
				in.Invoke = &again
				out[i] = in
			}
		}
		return out
	}},
}

// within is how many seeds it may take until a mutant is caught.
const within = 300

func TestTheSimulatorIsSharp(t *testing.T) {
	for name, m := range mutants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= within; seed++ {
				r := run(Config{Seed: seed, Most: 20 * time.Minute, Store: func(clock func() time.Time) journal.Store { return memory.New(clock) }}, m)
				if len(r.Violations) > 0 {
					t.Logf("caught by seed %d: %s", seed, r.Violations[0])
					return
				}
			}
			t.Errorf("%d seeds did not notice", within)
		})
	}
}

// unfenced is a store that lets an incarnation write that was taken over.
type unfenced struct {
	journal.Store
	valid journal.Incarnation
}

func (u *unfenced) Join(ctx context.Context, replica string, writers int, lease time.Duration) (journal.Incarnation, error) {
	inc, err := u.Store.Join(ctx, replica, writers, lease)
	u.valid = inc
	return inc, err
}

func (u *unfenced) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	err := u.Store.Append(ctx, inc, writer, batch)
	if !errors.Is(err, journal.ErrFenced) {
		return err
	}
	other, err := u.Store.Join(ctx, "nobody", writers, lease) // any fence will do
	if err != nil {
		return err
	}
	return u.Store.Append(ctx, other, writer, batch)
}

// rewrite is a history without the facts that keep refuses. keep may change what it is given.
func rewrite(h journal.History, keep func(planner.Fact) bool) journal.History {
	records := make([]journal.Record, len(h.Records))
	for i, rec := range h.Records {
		facts, err := planner.Decode(rec.Facts)
		if err != nil {
			return h
		}
		var kept []planner.Fact
		for _, f := range facts {
			if keep(f) {
				kept = append(kept, f)
			}
		}
		raw, err := planner.Encode(kept)
		if err != nil {
			return h
		}
		records[i] = journal.Record{Seq: rec.Seq, At: rec.At, Facts: raw}
	}
	h.Records = records
	return h
}

// apart takes the messages out of what is appended and has them consumed on their own.
func apart(out []runtime.Output, consume func(journal.Transition)) []runtime.Output {
	for i, o := range out {
		a, ok := o.(runtime.Append)
		if !ok || len(a.Transition.Inbox) == 0 || a.Transition.NoFacts() {
			continue
		}
		consume(journal.Transition{Run: a.Transition.Run, At: a.Transition.At, Inbox: a.Transition.Inbox})
		a.Transition.Inbox = nil
		out[i] = a
	}
	return out
}

// later takes letters out of what is appended and has them sent on their own, after a while.
func later(s *server, out []runtime.Output, which func(runtime.Append) bool) []runtime.Output {
	for i, o := range out {
		a, ok := o.(runtime.Append)
		if !ok || len(a.Transition.Outbox) == 0 || !which(a) {
			continue
		}
		letters := a.Transition.Outbox
		a.Transition.Outbox = nil
		out[i] = a
		s.soon(100*time.Millisecond, func() { send(s, letters) })
	}
	return out
}

func send(s *server, letters []journal.Letter) {
	for _, l := range letters {
		if run, err := s.store.Find(background(), l.To); err == nil {
			_ = s.store.Post(background(), journal.Message{ID: l.ID, Run: run, Kind: l.Kind, Body: l.Body})
		}
	}
}

func flowOf(s *server, run int64) string {
	if c := s.w.byRun[run]; c != nil {
		return c.flow
	}
	return names[0]
}
