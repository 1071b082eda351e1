package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
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
		s.clock.asked, s.clock.told = s.w.now, s.now() // it takes its lease for fresh
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

	"a late result of a lost owner is accepted": {event: func(s *server, ev runtime.Event) runtime.Event {
		d, ok := ev.(runtime.Done)
		if !ok {
			return ev
		}
		if u := s.w.durable(d.Run).Unit(d.Result.Ref); u != nil && u.State == planner.Running && d.Result.Attempt < u.Made() {
			mine := *d.Result
			mine.Attempt = u.Made()
			d.Result = &mine
		}
		return d
	}},

	"a step that has completed is called again by recovery": {outputs: func(s *server, out []runtime.Output) []runtime.Output {
		for _, o := range out {
			a, ok := o.(runtime.Append)
			if !ok || !holds[*planner.Recovered](a) {
				continue
			}
			state := s.w.durable(a.Transition.Run)
			for _, name := range slices.Sorted(maps.Keys(state.Steps)) {
				r := planner.Ref{Step: name, Item: planner.NoItem}
				if u := state.Unit(r); u.State == planner.Succeeded && u.Function == "safe" {
					out = append(out, runtime.Invoke{Run: a.Transition.Run, Flow: state.Flow, Invoke: &planner.Invoke{Ref: r, Attempt: u.Made(), Iteration: u.Iteration,
						Key: u.Key(state.ID, r), Function: u.Function, Input: u.In.JSON()}})
				}
			}
		}
		return out
	}},

	"the intent of a call that may not be made twice is not committed": {program: func(p *check.Program) *check.Program {
		rash := *p
		rash.Steps = slices.Clone(p.Steps)
		for i, st := range p.Steps {
			if st.Call != nil {
				bold, call := *st, *st.Call
				call.Idempotent = true
				bold.Call = &call
				rash.Steps[i] = &bold
			}
		}
		return &rash
	}},

	"a message that comes twice counts twice": {store: func(s journal.Store) journal.Store { return &forgetful{Store: s, seen: map[string]int{}} }},

	"a message that was read long ago is taken for new": {event: func(_ *server, ev runtime.Event) runtime.Event {
		if p, ok := ev.(runtime.Press); ok {
			p.Look = runtime.Look{}
			return p
		}
		return ev
	}},

	"a lost hint is not made up for": {deaf: true},

	"time is judged by the server's own clock": {clock: func(s *server) time.Time { return s.own() }},

	"what has passed is measured by a clock that jumps": {clock: func(s *server) time.Time { return s.clock.told.Add(s.own().Sub(s.clock.wall)) }},

	"a crash is taken for a stop in good order": {event: func(_ *server, ev runtime.Event) runtime.Event {
		if a, ok := ev.(runtime.Adopt); ok {
			a.Left = true
			return a
		}
		return ev
	}},

	"a payload is referred to before it is durable": {store: func(s journal.Store) journal.Store { return &careless{Store: s, late: true} }},

	"the sweep takes what a run refers to": {store: func(s journal.Store) journal.Store { return &careless{Store: s} }},

	"retention deletes runs that could be retried": {store: func(s journal.Store) journal.Store { return greedy{s} }},

	"poison takes its batch with it": {whole: true},

	"a key is used again after an edit": {outputs: func(_ *server, out []runtime.Output) []runtime.Output {
		for i, o := range out {
			if in, ok := o.(runtime.Invoke); ok && !in.Undo {
				same := *in.Invoke
				same.Key = planner.Key(in.UUID, in.Ref, in.Iteration, 0)
				in.Invoke = &same
				out[i] = in
			}
		}
		return out
	}},

	"what undoes a step is forgotten": {program: func(p *check.Program) *check.Program {
		lasting := *p
		lasting.Steps = slices.Clone(p.Steps)
		for i, st := range p.Steps {
			bare := *st
			bare.Compensate = nil
			lasting.Steps[i] = &bare
		}
		return &lasting
	}},

	"a version that was asked for is forgotten": {event: func(_ *server, ev runtime.Event) runtime.Event {
		if p, ok := ev.(runtime.Press); ok {
			if r, ok := p.Input.(*planner.Retry); ok && r.Version != 0 {
				plain := *r
				plain.Version = 0
				p.Input = &plain
			}
			return p
		}
		return ev
	}},
}
