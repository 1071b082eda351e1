package planner

import (
	"errors"
	"fmt"
	"slices"

	"github.com/segno-run/segno/designer/check"
)

// mends is what a witness knows of a run that goes on with another version, or from an earlier step.
type mends struct {
	version  int
	calledOn map[Ref]int       // the version that made a unit's last call, by the facts
	keyed    map[string]string // what each key was used for
	spent    map[string]bool   // keys of calls that completed
	since    map[Ref]int       // the attempts before a unit began anew
	undone   map[Ref]bool      // units that were undone since they began
	again    []string          // steps that may happen twice, by the last restart
	kept     map[string]string // what the last plan said stands, by step
}

func newMends() mends {
	return mends{version: 1, calledOn: map[Ref]int{}, keyed: map[string]string{}, spent: map[string]bool{}, since: map[Ref]int{}, undone: map[Ref]bool{}}
}

// calledBy is the step of a unit as the version had it that called it last.
func (w *witness) calledBy(r Ref) *check.Step {
	r.Undo = false
	v := w.calledOn[r]
	if v == 0 || v == w.version {
		return w.p.Step(r.Step)
	}
	return w.others[v].Step(r.Step)
}

// follow goes along with a run that changes its version, and with the steps that begin anew.
func (w *witness) follow(f Fact) {
	switch f := f.(type) {
	case *CallScheduled:
		if !f.Undo {
			w.calledOn[f.Ref] = w.version
		}
	case *ChildStarted:
		w.calledOn[f.Ref] = w.version
	case *CallSucceeded:
		if f.Undo {
			w.undone[Ref{Step: f.Step, Item: f.Item}] = true
		}
	case *UncertainResolved:
		if f.Undo && f.As == Happened {
			w.undone[Ref{Step: f.Step, Item: f.Item}] = true
		}
	case *RestartRequested:
		w.again = f.Again
	case *RunRevised:
		if f.Version != w.version {
			w.others[w.version], w.p = w.p, w.others[f.Version]
			w.version = f.Version
		}
	case *StepRenewed:
		w.renewed(f.Step)
	}
}

// spend notes the keys under which calls have completed, of loops those of their last iterations.
func (w *witness) spend() {
	for r := range w.calledOn {
		for _, r := range []Ref{r, {Step: r.Step, Item: r.Item, Undo: true}} {
			if u := w.s.Unit(r); u != nil && u.Child == "" && u.State == Succeeded && u.Function != "" {
				w.spent[u.Key(w.s.ID, r)] = true
			}
		}
	}
}

// renewed forgets what a step did that begins anew, and holds that against what may not happen twice.
func (w *witness) renewed(step string) {
	for _, r := range w.refsOf(step) {
		by := w.calledBy(r)
		call := (*check.Call)(nil)
		if by != nil {
			call = by.Call
		}
		did := w.done[r] || w.passed[r] > 0
		if did && call != nil && !call.Idempotent && !w.undone[r] && !slices.Contains(w.again, step) {
			w.violated("%s begins anew, though it has happened, may not happen twice, and is not undone", r)
		}
		if did && by != nil && by.Compensate != nil && !w.undone[r] {
			w.violated("%s begins anew, and what it did is not undone", r)
		}
		if len(w.owing[r]) > 0 {
			w.violated("%s begins anew, and %v have done something", r, w.owing[r])
		}
		if w.maybe[r] && !w.undone[r] && (did || r.Item != NoItem) {
			w.violated("%s begins anew, and nobody knows whether a call of its happened", r)
		}
		if u := w.folded.Unit(r); u != nil && did {
			w.since[r] = u.Made()
		}
		undo := r
		undo.Undo = true
		w.maybe[r] = w.maybe[r] && !w.undone[r]
		delete(w.done, r)
		delete(w.done, undo)
		delete(w.passed, r)
		delete(w.undone, r)
		delete(w.maybe, undo)
	}
}

// refsOf lists the units of a step that anything is known of.
func (w *witness) refsOf(step string) (refs []Ref) {
	add := func(r Ref) {
		if r.Undo = false; r.Step == step && !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
	}
	for r := range w.calledOn {
		add(r)
	}
	for r := range w.owing {
		add(r)
	}
	return refs
}

// judgeKeys checks that a key asks for one thing only, and that a call which completed is not made again under its key.
func (w *witness) judgeKeys(commands []Command) {
	for _, c := range commands {
		inv, ok := c.(*Invoke)
		if !ok {
			continue
		}
		what := inv.Function + " " + string(inv.Input)
		if was, ok := w.keyed[inv.Key]; ok && was != what {
			w.violated("the key %s asks for %s, and has asked for %s", inv.Key, what, was)
		}
		w.keyed[inv.Key] = what
		if w.spent[inv.Key] {
			w.violated("%s is called under the key %s, under which it has completed", inv.Ref, inv.Key)
		}
	}
}

// foresee asks for the plan of a wish, nil for other inputs.
func (w *witness) foresee(in Input) *Outlook {
	switch in.(type) {
	case *Retry, *Restart:
	default:
		return nil
	}
	if w.s.Parent != nil || w.s.Ended == StatusCompensationFailed {
		return nil
	}
	before := dump(w.s)
	o, err := Programs{Now: w.p, Others: w.others}.Foretell(w.s, in, w.now)
	if after := dump(w.s); after != before {
		w.violated("to foretell %T changed the state:\n%s", in, diff(before, after))
	}
	if err != nil {
		return &Outlook{Blocks: true}
	}
	return o
}

// asForeseen holds what was done against the plan: a plan that blocks is refused and no other, what it reuses stays untouched, now and for as long as no
// other plan is followed, and what it undoes or runs again does not.
func (w *witness) asForeseen(o *Outlook, in Input, facts []Fact, err error) {
	var refused *Refusal
	if o == nil {
		w.stillKept()
		return
	}
	if o.Blocks != errors.As(err, &refused) {
		w.violated("%T %+v: the plan blocks: %t, and the answer is %v", in, in, o.Blocks, err)
	}
	if err != nil {
		return
	}
	w.kept = map[string]string{}
	for _, f := range o.Steps {
		st := w.s.Steps[f.Step]
		undone := slices.ContainsFunc(facts, func(fact Fact) bool {
			c, ok := fact.(*CompensationStarted)
			return ok && w.restarts(facts) && slices.ContainsFunc(c.Plan, func(n UndoNode) bool { return n.Step == f.Step })
		})
		touched := slices.ContainsFunc(facts, func(fact Fact) bool {
			switch fact := fact.(type) {
			case *StepReset:
				return fact.Step == f.Step
			case *StepRenewed:
				return fact.Step == f.Step
			}
			return undone
		})
		switch f.Does {
		case DoesReuse:
			if touched {
				w.violated("%s is reused by the plan, and not by %v", f.Step, facts)
			}
			if st.Status == Succeeded || st.Status == Skipped {
				w.kept[f.Step] = footing(st)
			}
		case DoesUndo:
			if !undone {
				w.violated("%s is undone first by the plan, and nothing undoes it", f.Step)
			}
		case DoesRunAgain:
			if !touched && st != nil && (st.Status == Succeeded || st.Status == Skipped) {
				w.violated("%s runs again by the plan, and stands", f.Step)
			}
		case DoesGone:
			if w.s.Phase != PhaseCompensating && !st.Gone && st.Status != Pending {
				w.violated("%s is gone by the plan, and there it is", f.Step)
			}
		}
	}
	w.stillKept()
}

// restarts reports whether a compensation is the first half of a restart. A run that fails again at once may compensate by itself.
func (w *witness) restarts(facts []Fact) bool {
	return slices.ContainsFunc(facts, func(f Fact) bool { r, ok := f.(*RestartRequested); return ok && r.Undo })
}

// stillKept checks that what a plan reused has its attempts, its times and what it gave.
func (w *witness) stillKept() {
	for name, was := range w.kept {
		if is := footing(w.s.Steps[name]); is != was {
			w.violated("%s was to be reused and was\n%s\nand is\n%s", name, was, is)
		}
	}
}

func footing(st *Step) string {
	made := ""
	st.units(func(i int, u *Unit) { made += fmt.Sprintf(" %d:%d/%d", i, u.Made(), u.Generation) })
	return fmt.Sprintf("%s %s %s %s%s", st.Status, st.StartedAt, st.EndedAt, text(st.Result), made)
}
