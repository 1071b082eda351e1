package sim

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// durable folds what the store holds of a run.
func (w *World) durable(run int64) *planner.State {
	s := planner.NewState()
	h, err := w.store.Load(background(), run)
	if err != nil {
		if !errors.Is(err, journal.ErrNoRun) {
			w.violated(nothingLost, "run %d can't be loaded: %v", run, err)
		}
		return s
	}
	for i, rec := range h.Records {
		if rec.Seq != int64(i)+1 {
			w.violated(oneOutcome, "run %d: transition %d stands where %d belongs", run, rec.Seq, i+1)
		}
		facts, err := planner.Decode(rec.Facts)
		if err != nil {
			w.violated(poisonAlone, "run %d: %v", run, err)
			return s
		}
		planner.Fold(s, rec.Seq, rec.At, facts)
	}
	return s
}

// judgeCall holds a call that goes out against what is durable at this moment.
func (w *World) judgeCall(inc journal.Incarnation, in runtime.Invoke, e *entry) {
	s := w.durable(in.Run)
	p := w.flows[in.Flow]
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
	}
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
		call = st.Compensate
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
	if e.calls > 0 && e.effect && (u.Resolved == nil || u.Resolved.As == planner.Happened) {
		w.violated(stableKey, "%s has had its effect and is called again, and nobody was asked", what)
	}
	for _, a := range before {
		known := a.Fault != nil && a.Fault.Effect == fault.None || a.Iteration != in.Iteration
		if !known && u.Resolved == nil && a.Sent {
			w.violated(stableKey, "%s: nobody knows what became of attempt %d, and nobody was asked", what, a.Number)
		}
	}
}

// judgeBatch says what is wrong with an append that the store takes: runs are written by their owner alone, and a message counts once.
func (w *World) judgeBatch(inc journal.Incarnation, batch []journal.Transition) string {
	owned, err := w.store.Owned(background(), inc)
	if err != nil {
		return fmt.Sprintf("incarnation %d writes: %v", inc, err)
	}
	born := map[int64]bool{}
	for _, t := range batch {
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
	p := w.flows[in.Flow]
	var behind func(i int)
	seen := map[int]bool{}
	behind = func(i int) {
		for _, e := range p.Steps[i].Out {
			if seen[e.To] {
				continue
			}
			seen[e.To] = true
			st := s.Steps[p.Steps[e.To].Name]
			if st != nil && p.Steps[e.To].Compensate != nil && st.State == planner.Succeeded && (st.Undo == nil || st.Undo.State != planner.Succeeded) {
				w.violated(neededFirst, "run %d: %s is undone before %s", in.Run, in.Step, p.Steps[e.To].Name)
			}
			behind(e.To)
		}
	}
	behind(p.Step(in.Step).Index)
}

// quiet reports whether every run has come to its end and every button has its answer.
func (w *World) quiet() bool {
	if w.faulty() {
		return false
	}
	for _, c := range w.runs {
		if !c.over {
			return false
		}
	}
	for _, c := range w.kids {
		if !c.over {
			return false
		}
	}
	for id := range w.posted {
		if _, ok, err := w.store.Answer(background(), id); !ok || err != nil {
			return false
		}
	}
	return true
}

// audit judges the end: nothing lost, nothing recorded twice.
func (w *World) audit() {
	for _, c := range w.runs {
		if c.run == 0 {
			w.violated(nothingLost, "client %d never got its run", c.n)
			continue
		}
		h, err := w.store.Load(background(), c.run)
		if err != nil {
			w.violated(durableFirst, "run %d was acknowledged and is lost: %v", c.run, err)
			continue
		}
		s := w.durable(c.run)
		w.report.Statuses[string(s.Status())]++
		if !c.over {
			w.violated(nothingLost, "run %d (%s) never ended: %s", c.run, h.Flow, describe(s))
		}
		if h.Status != string(s.Status()) {
			w.violated(oneOutcome, "run %d: its row says %s, its history %s", c.run, h.Status, s.Status())
		}
		w.outcomes(c.run, h)
		if s.Status() == planner.StatusCompensated {
			w.judgeLeft(c.run, w.flows[h.Flow], s)
		}
	}
	w.auditFamilies()
	for _, id := range slices.Sorted(maps.Keys(w.posted)) {
		w.judgeButton(id, w.posted[id])
	}
}

// judgeLeft asks the functions whether anything is left of a run that was compensated, of steps that undo what may have happened. What a person took for
// not happened while it was still about to happen is that person's affair.
func (w *World) judgeLeft(run int64, p *check.Program, s *planner.State) {
	for _, key := range slices.Sorted(maps.Keys(w.ledger)) {
		e := w.ledger[key]
		if e.run != run || e.ref.Undo || !e.effect || e.undone || !p.Step(e.ref.Step).UndoAttempts {
			continue
		}
		if u := s.Unit(e.ref); u.Resolved == nil || u.Resolved.As != planner.DidNotHappen {
			w.violated(nothingLost, "run %d is compensated, and what %s did is left", run, key)
		}
	}
}

// judgeButton checks that a button has one answer, and that it was taken exactly as often as the answer says.
func (w *World) judgeButton(id string, m message) {
	answer, ok, err := w.store.Answer(background(), id)
	if !ok || err != nil {
		w.violated(nothingLost, "button %s of run %d was lost: %v", id, m.run, err)
		return
	}
	h, err := w.store.Load(background(), m.run)
	if err != nil {
		w.violated(nothingLost, "run %d of button %s: %v", m.run, id, err)
		return
	}
	taken, late := 0, false
	for _, rec := range h.Records { // a button is taken in one transition, whatever that holds of its doing
		did := false
		facts, err := planner.Decode(rec.Facts)
		if err != nil {
			w.violated(poisonAlone, "run %d: %v", m.run, err)
			return
		}
		for _, f := range facts {
			if by, kind := madeBy(f); by == id && kind == m.kind {
				did = true
			}
			switch f := f.(type) {
			case *planner.DeadlinePassed:
				late = late || f.Step == m.step
			case *planner.RunTimedOut:
				late = true
			}
		}
		if did {
			taken++
		}
	}
	want := 0
	if bytes.Contains(answer, []byte(`"ok":true`)) {
		want = 1
	}
	if taken == 0 && want == 1 && m.kind == runtime.ButtonRetryNow && late {
		want = 0 // it found that there was no time left for another attempt, which then is what became of it
	}
	if want == 1 && (m.kind == runtime.ButtonRetryNow || m.kind == runtime.ButtonStopRetrying) {
		w.report.Hurried++
	}
	if taken != want {
		w.violated(nothingLost, "button %s (%s) of run %d was answered %s and taken %d times", id, m.kind, m.run, answer, taken)
	}
}

// madeBy says which button a fact is of, and who pressed it.
func madeBy(f planner.Fact) (by string, kind runtime.ButtonKind) {
	switch f := f.(type) {
	case *planner.RetryRequested:
		return f.By, runtime.ButtonRetry
	case *planner.RunPaused:
		return f.By, runtime.ButtonPause
	case *planner.RunResumed:
		return f.By, runtime.ButtonResume
	case *planner.CancelRequested:
		return f.By, runtime.ButtonCancel
	case *planner.CompensationStarted:
		return f.By, runtime.ButtonCompensate
	case *planner.SignalReceived:
		return f.By, runtime.ButtonSignal
	case *planner.ApprovalDecided:
		return f.By, runtime.ButtonApprove
	case *planner.UncertainResolved:
		return f.By, runtime.ButtonResolve
	case *planner.TimerFired:
		if f.Early {
			return f.By, runtime.ButtonRetryNow
		}
	case *planner.CallFailed:
		for _, d := range f.Fault.Evidence {
			if by, stopped := strings.CutPrefix(d.Value, "stopped by "); stopped && d.Name == "no further attempt" {
				return by, runtime.ButtonStopRetrying
			}
		}
	}
	return "", ""
}

// outcomes checks that each attempt has one recorded outcome.
func (w *World) outcomes(run int64, h journal.History) {
	type id struct {
		planner.Ref
		attempt int
	}
	seen, passed := map[id]bool{}, map[planner.Ref]int{}
	once := func(r planner.Ref, attempt int) {
		if attempt > 0 && seen[id{r, attempt}] {
			w.violated(oneOutcome, "run %d: %v attempt %d has two outcomes", run, r, attempt)
		}
		seen[id{r, attempt}] = true
	}
	for _, rec := range h.Records {
		facts, err := planner.Decode(rec.Facts)
		if err != nil {
			continue // durable has said so
		}
		for _, f := range facts {
			switch f := f.(type) {
			case *planner.CallSucceeded:
				once(f.Ref, f.Attempt)
			case *planner.IterationCompleted:
				once(f.Ref, f.Attempt)
				if passed[f.Ref]++; f.Iteration != passed[f.Ref] {
					w.violated(oneOutcome, "run %d: %v completed iteration %d where %d belongs", run, f.Ref, f.Iteration, passed[f.Ref])
				}
			case *planner.CallFailed:
				once(f.Ref, f.Attempt)
			case *planner.ChildEnded:
				if !f.Open { // of that another fact tells what it came to
					once(f.Ref, f.Attempt)
				}
			}
		}
	}
}

func describe(s *planner.State) string {
	text := fmt.Sprintf("%s, phase %d, in flight %d, waiting %d, uncertain %d;", s.Status(), s.Phase, s.InFlight, s.Waiting, s.Uncertain)
	for name, st := range s.Steps {
		text += fmt.Sprintf(" %s %s", name, st.Show())
	}
	return text
}
