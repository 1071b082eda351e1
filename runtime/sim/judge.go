package sim

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// mostKills is how many servers a call may take with it before it fails: three, as the planner counts, and one for each server that took its run over and
// was stopped in good order before it had looked at it, whose successor takes the crash before for that stop.
const mostKills = 5

// judgeCall holds a call that goes out against what is durable at this moment.
func (w *World) judgeCall(inc journal.Incarnation, in runtime.Invoke, e *entry) {
	s := w.durable(in.Run)
	p := w.of(s)
	u := s.Unit(in.Ref)
	what := fmt.Sprintf("run %d %s attempt %d", in.Run, in.Key, in.Attempt)
	switch {
	case u == nil || u.Made() < in.Attempt:
		w.violated(neededFirst, "%s is called before its intent is durable", what)
		return
	case in.Attempt <= u.Dropped:
		w.violated(oneOutcome, "%s is called when %d attempts have been made", what, u.Made())
		return
	case in.Iteration > 0 && in.Iteration != u.Passed+1:
		w.violated(neededFirst, "%s is called for iteration %d, and %d have completed", what, in.Iteration, u.Passed)
	case u.State == planner.Succeeded:
		w.violated(neededFirst, "%s is called again though it completed", what)
	case e.attempts[in.Attempt]:
		w.violated(stableKey, "%s is made twice", what)
	case e.calls > 0 && (e.function != in.Function || !bytes.Equal(e.input, in.Input)):
		w.violated(stableKey, "%s is called with %.80q, and was with %.80q under this key", what, in.Input, e.input)
	case w.folded[in.Run].kills[in.Ref] >= mostKills:
		w.violated(poisonAlone, "%s is made after it has taken %d servers with it", what, mostKills)
	}
	planner.FindPayloads(in.Input, func(p planner.Payload, _, _ int) {
		if !w.kept(p) {
			w.violated(durableFirst, "%s is sent payload %s, which is not durable", what, p.Name())
		}
	})
	before := u.Attempts[:in.Attempt-1-u.Dropped]
	for _, a := range before {
		if a.Status == planner.Running {
			w.violated(oneOutcome, "%s goes out while attempt %d has no outcome", what, a.Number)
		}
	}
	if owned, err := w.store.Owned(background(), inc); err != nil || !slices.Contains(owned, in.Run) {
		w.violated(oneOutcome, "%s is called by incarnation %d, which has lost the run", what, inc)
	}
	st := p.Step(in.Step)
	call := st.Call
	if in.Undo {
		call = w.edition(s, in.Ref).Compensate
		w.judgeUndo(s, in)
	} else {
		for _, edge := range st.In {
			from := s.Steps[p.Steps[edge.From].Name]
			if !st.Any && (from == nil || from.Status != planner.Succeeded && (edge.Port != flow.PortError || from.Status != planner.Failed)) {
				w.violated(neededFirst, "%s is called before %s is durable", what, p.Steps[edge.From].Name)
			}
		}
	}
	if call.Idempotent {
		return
	}
	if !u.Attempts[len(before)].Sent {
		w.violated(stableKey, "%s may not be made twice, and its intent is not durable", what)
	}
	if u.Generation > 0 && !in.Undo && u.Resolved == nil && !w.folded[in.Run].again[in.Step] && w.folded[in.Run].undone[planner.Ref{Step: in.Step, Item: in.Item, Undo: true}] == 0 {
		for generation := range u.Generation {
			if was := w.ledger[planner.Key(s.ID, in.Ref, in.Iteration, generation)]; was != nil && was.effect && was.function == in.Function {
				w.violated(stableKey, "%s has had its effect under another key, and nobody wished for a second one", what)
			}
		}
	}
	if e.calls > 0 && e.effect && (u.Resolved == nil || u.Resolved.As == planner.Happened) {
		w.violated(stableKey, "%s has had its effect and is called again, and nobody was asked", what)
	}
	for _, a := range before {
		known := a.Number <= w.folded[in.Run].known[in.Ref] || a.Status == planner.Succeeded || a.Fault != nil && a.Fault.Effect == fault.None || a.Iteration != in.Iteration
		if !known && u.Resolved == nil && a.Sent {
			w.violated(stableKey, "%s: nobody knows what became of attempt %d, and nobody was asked", what, a.Number)
		}
	}
}

// edition is the step of a unit as the version has it that made its last call, or the first that has it.
func (w *World) edition(s *planner.State, r planner.Ref) *check.Step {
	r.Undo = false
	edition := s.Version
	if u := s.Unit(r); u != nil && u.Edition > 0 {
		edition = u.Edition
	}
	st := w.version(s.Flow, edition).Step(r.Step)
	for _, p := range w.flows[s.Flow] {
		if st == nil {
			st = p.Step(r.Step)
		}
	}
	return st
}

// judgeBatch says what is wrong with an append that the store takes: runs are written by their owner alone, and a message counts once. What is appended
// again without a fact changes nothing.
func (w *World) judgeBatch(inc journal.Incarnation, batch []journal.Transition, again bool) string {
	owned, err := w.store.Owned(background(), inc)
	if err != nil {
		return fmt.Sprintf("incarnation %d writes: %v", inc, err)
	}
	born := map[int64]bool{}
	for _, t := range batch {
		if again && t.NoFacts() {
			continue
		}
		born[t.Run] = born[t.Run] || t.New != nil
		if _, ok := slices.BinarySearch(owned, t.Run); !ok && !born[t.Run] {
			return fmt.Sprintf("run %d: transition %d is written by incarnation %d, which does not own it", t.Run, t.Seq, inc)
		}
		for _, c := range t.Inbox {
			if _, ok, _ := w.store.Answer(background(), c.ID); ok {
				return fmt.Sprintf("run %d: message %s was consumed before, and is taken again by transition %d", t.Run, c.ID, t.Seq)
			}
		}
	}
	return ""
}

// judgeUndo checks the order of undoing: whatever depends on the step has been undone before.
func (w *World) judgeUndo(s *planner.State, in runtime.Invoke) {
	p := w.of(s)
	var behind func(i int)
	seen := map[int]bool{}
	behind = func(i int) {
		for _, e := range p.Steps[i].Out {
			if seen[e.To] {
				continue
			}
			seen[e.To] = true
			st := s.Steps[p.Steps[e.To].Name]
			if st != nil && w.edition(s, planner.Ref{Step: st.Name, Item: planner.NoItem}).Compensate != nil && st.State == planner.Succeeded && (st.Undo == nil || st.Undo.State != planner.Succeeded) {
				w.violated(neededFirst, "run %d: %s is undone before %s", in.Run, in.Step, p.Steps[e.To].Name)
			}
			behind(e.To)
		}
	}
	behind(p.Step(in.Step).Index)
}

// heard checks what a server says of a commit, and has somebody look at the run.
func (w *World) heard(c runtime.Committed) {
	f := w.follow(c.Run)
	if client := w.byRun[c.Run]; f.state.Seq < c.Seq && (client == nil || !client.gone) {
		w.violated(durableFirst, "run %d: transition %d is told of before it is durable", c.Run, c.Seq)
	}
	w.watch(c.Run)
}

// broke judges a run that a server says it had to stop: its own poison, a lost lease and a version that this release can't compile are reasons.
func (w *World) broke(b runtime.Broke) {
	c := w.clientOf(b.Run)
	if _, err := w.store.Load(background(), b.Run); err != nil || c == nil { // a start that was made twice is one run, and the other is refused
		return
	}
	switch {
	case errors.Is(b.Err, journal.ErrNoPayload):
		w.violated(durableFirst, "run %d: %v", b.Run, b.Err)
	case !c.poison && !errors.Is(b.Err, journal.ErrFenced) && !errors.Is(b.Err, errUnfit):
		w.violated(poisonAlone, "run %d broke: %v", b.Run, b.Err)
	}
}
