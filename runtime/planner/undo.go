package planner

import (
	"slices"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// startUndo fixes the order of undoing and starts with the steps that nothing depends on.
func (d *decider) startUndo(by string) { d.startUndoOf(by, nil) }

// startUndoOf is startUndo for some of the steps, with all that depend on them; nil means all.
func (d *decider) startUndoOf(by string, some map[string]bool) {
	for _, st := range d.p.Steps {
		s, ok := d.s.Steps[st.Name]
		if !ok || some != nil && !some[st.Name] {
			continue
		}
		if s.Status == Waiting {
			d.emit(&StepCancelled{Step: st.Name})
		}
		d.endLoops(st, s)
	}
	f := &CompensationStarted{By: by, Plan: make([]UndoNode, 0, len(d.p.Steps))}
	for _, st := range d.p.Steps {
		if some != nil && !some[st.Name] {
			continue
		}
		releases := d.sources(st)
		if some != nil {
			releases = slices.DeleteFunc(releases, func(name string) bool { return !some[name] })
		}
		f.Plan = append(f.Plan, UndoNode{Step: st.Name, Waits: countTargets(st.Out), Releases: releases, Attempts: d.pinned(st).UndoAttempts})
	}
	d.emit(f)
	for _, st := range d.p.Steps {
		d.undoNext(st)
	}
	d.finishUndo()
}

// countTargets counts the steps behind edges that are sorted by target.
func countTargets(out []check.Edge) int {
	n := 0
	for i, e := range out {
		if i == 0 || e.To != out[i-1].To {
			n++
		}
	}
	return n
}

// sources lists the steps before a step, each once.
func (d *decider) sources(st *check.Step) []string {
	var names []string
	for _, e := range st.In {
		if name := d.p.Steps[e.From].Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// undoable reports whether it is a step's turn in the compensation.
func (d *decider) undoable(st *check.Step) bool {
	s := d.s.Steps[st.Name]
	if s == nil {
		return false
	}
	u := s.Undoing
	return d.s.Phase == PhaseCompensating && d.s.Ended == "" && u != nil && !u.Settled && u.Waits == 0
}

// undoNext starts what can be undone of a step now, and settles the step in the plan when nothing is left to undo.
func (d *decider) undoNext(st *check.Step) {
	if !d.undoable(st) {
		return
	}
	s := d.s.step(st.Name)
	was := d.pinned(st)
	undoes := was.Compensate != nil || was.Kind == flow.SubFlow
	for undoes && s.Undoing.Open < max(was.MaxParallel, 1) {
		r, ok := s.nextUndo()
		if !ok {
			break
		}
		d.scheduleUndo(st, r)
	}
	unsure, going := s.Unsure, s.Open
	if !s.Planned {
		unsure, going = delta(s.Unit.State == Uncertain, false), delta(open(s.Unit.State), false)
	}
	// Whether there is anything to undo of an uncertain unit is for a person to say; of a child that goes on, for the child.
	if unsure > 0 || was.Kind == flow.SubFlow && going > 0 || undoes && s.Undoing.Done < s.Undoing.Todo {
		return
	}
	d.emit(&UndoSettled{Step: st.Name})
	for _, name := range s.Undoing.Releases {
		d.undoNext(d.p.Step(name))
	}
}

// Covers reports whether a unit is to be undone: it completed, or an iteration of its did, or its child did anything, or, with `after: attempt`, may have
// happened without completing.
func (un *Undoing) Covers(u *Unit) bool { return u.Did() || un.Attempts && u.unknown() }

// unknown reports whether a unit did not complete, and a call of its may have had its effect all the same. One that is under way or uncertain may still
// complete.
func (u *Unit) unknown() bool {
	switch u.State {
	case Succeeded, Running, Retrying, Waiting, Uncertain:
		return false
	}
	return u.Maybe
}

// Unknown counts the units that did not complete and may have happened all the same.
func (st *Step) Unknown() int {
	if st.Planned {
		return st.Doubts
	}
	return delta(st.unknown(), false)
}

// nextUndo is the next unit to undo: the last item is the first undone.
func (st *Step) nextUndo() (Ref, bool) {
	un := st.Undoing
	if !st.Planned {
		return Ref{Step: st.Name, Item: NoItem}, un.Covers(&st.Unit) && (st.Unit.Undo == nil || st.Unit.Undo.State == Pending)
	}
	if late := st.Undoing.Late; len(late) > 0 {
		return Ref{Step: st.Name, Item: late[0]}, true
	}
	if un.Open+un.Done+un.Lost+un.Unsure >= un.Todo {
		return Ref{}, false
	}
	for i := st.Undoing.Cursor - 1; i >= 0; i-- {
		if u := st.Items[i]; u != nil && un.Covers(u) && u.Undo == nil {
			return Ref{Step: st.Name, Item: i}, true
		}
	}
	return Ref{}, false
}

func (d *decider) scheduleUndo(st *check.Step, r Ref) {
	generation := d.s.Unit(r).Undone
	r.Undo = true
	if d.edition(r).Kind == flow.SubFlow {
		d.askAgain(r, AskUndo)
		return
	}
	in, f := d.input(st, r)
	if f != nil {
		d.emit(&CallFailed{Ref: r, Fault: *f})
		return
	}
	d.emit(&CallScheduled{Ref: r, Attempt: 1, Generation: generation, Function: d.spec(r).Function, Input: in, Round: 1})
	d.invoke(r)
}

// finishUndo ends a compensation when all is undone, or when what is left is held back by an undo that failed.
func (d *decider) finishUndo() {
	s := d.s
	switch {
	case s.Ended != "" || s.InFlight > 0:
	case s.UndoOpen == 0 && s.Restart != nil:
		d.rewind()
	case s.UndoOpen == 0:
		d.emit(&RunCompensated{})
	case len(s.UndoFailed) > 0 && s.Uncertain == 0:
		r := s.UndoFailed[0]
		d.emit(&RunCompensationFailed{Step: r.Step, Item: r.Item, Fault: *s.Unit(r).Fault})
	}
}
