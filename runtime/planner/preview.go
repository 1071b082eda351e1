package planner

import (
	"maps"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// UndoNext lists the units of a step that a compensation begun now would undo, in its order, at most so many.
func (s *State) UndoNext(step string, attempts bool, most int) []Ref {
	st, ok := s.Steps[step]
	if !ok {
		return nil
	}
	un := &Undoing{Attempts: attempts}
	if !st.Planned {
		if un.Covers(&st.Unit) && st.Unit.Undo == nil {
			return []Ref{{Step: step, Item: NoItem}}
		}
		return nil
	}
	var out []Ref
	for i := len(st.Items) - 1; i >= 0 && len(out) < most; i-- {
		if u := st.Items[i]; u != nil && un.Covers(u) && u.Undo == nil {
			out = append(out, Ref{Step: step, Item: i})
		}
	}
	return out
}

// UndoInput is what a unit's compensation would be called with as things stand, or why it can't be called. It changes nothing, so a state that others
// read may be asked. A step that no function undoes gives neither.
func (ps Programs) UndoInput(s *State, r Ref) (JSON, *fault.Fault) {
	st := ps.Now.Step(r.Step)
	if st == nil || s.Unit(Ref{Step: r.Step, Item: r.Item}) == nil {
		return nil, nil
	}
	// What expressions read is kept at first use, in the state and in the step that is undone: copies take it.
	own, step := *s, *s.Steps[r.Step]
	own.Steps = maps.Clone(s.Steps)
	own.Steps[r.Step] = &step
	r.Undo = true
	own.vault = &vault{held: maps.Clone(s.vault.held), from: s.vault.from}
	d := &decider{p: ps.Now, others: ps.Others, s: &own}
	if d.spec(r) == nil || d.edition(r).Kind == flow.SubFlow {
		return nil, nil
	}
	return d.input(st, r)
}

// Reading is what an expression at r may read of the run as it stands: what the planner gives it, so what is shown of an expression is what a run makes
// of it. The item is that of r.Item; loop is where a loop stands. The state is not changed, so one that others read may be asked; the scope must not
// outlive the look at it.
func Reading(s *State, r Ref, item *expr.Value, loop expr.Loop) expr.Scope {
	own := *s // what `run` is, is kept at first use: the copy takes it
	sc := scope{s: &own, item: r.Item, v: item, loop: loop}
	if st, ok := s.Steps[r.Step]; ok && r.Undo {
		step := *st
		own.Steps = maps.Clone(s.Steps)
		own.Steps[r.Step] = &step
		sc.undo = r.Step
	}
	return sc
}

// since refuses a button that was pressed on a plan which is not the newest any more. 0 names none.
func (s *State) since(seq int64) error {
	if seq != 0 && seq != s.Seq {
		return conflict("the run has changed since this was planned (transition %d, and now %d): look at the new plan", seq, s.Seq)
	}
	return nil
}
