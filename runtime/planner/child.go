package planner

import (
	"slices"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
)

// startChild starts the unit's child, or has the one that failed go on.
func (d *decider) startChild(st *check.Step, r Ref) {
	u := d.s.Unit(r)
	if u != nil && (u.ChildStatus == StatusFailed || u.ChildStatus == StatusCompensationFailed) {
		d.askAgain(r, AskRetry)
		return
	}
	in, f := d.childInput(st, r)
	if f != nil {
		d.emit(&CallFailed{Ref: r, Fault: *f})
		d.unitFailed(st, r)
		return
	}
	attempt, generation, iteration := 1, 0, d.iteration(st, r)
	if u != nil {
		attempt = u.Made() + 1
		if u.Child != "" && u.Iteration == iteration { // that one has been undone, or was stopped for good
			generation = u.Generation + 1
		}
		generation = max(generation, u.Floor)
	}
	c := st.Child
	id := ChildID(d.s.ID, r, iteration, generation)
	d.emit(&ChildStarted{Ref: r, Attempt: attempt, Generation: generation, Child: id, Flow: c.Flow, Version: c.Version, Input: in, Iteration: iteration})
	d.command(&StartChild{Child: id, Flow: c.Flow, Version: c.Version, Input: d.s.Inline(in), By: d.s.By,
		Parent: ParentLink{Run: d.s.ID, Step: r.Step, Item: r.Item, Attempt: attempt, Depth: d.s.depth() + 1}})
}

// depth is how many runs stand above this one.
func (s *State) depth() int {
	if s.Parent == nil {
		return 0
	}
	return s.Parent.Depth
}

// childInput evaluates `with` and holds it against the child's contract.
func (d *decider) childInput(st *check.Step, r Ref) (JSON, *fault.Fault) {
	if d.s.depth()+2 > check.MaxNesting {
		return nil, &fault.Fault{Class: fault.Rejected, Effect: fault.None,
			Message: "with " + quote(st.Child.Flow) + ", " + itoa(d.s.depth()+2) + " runs would stand in one another; at most " + itoa(check.MaxNesting) + " may"}
	}
	in := JSON("{}")
	if st.Child.With != nil {
		sc := d.unitScope(r)
		sc.loop = d.loop(st, r, nil)
		v, err := st.Child.With.Eval(sc)
		if err != nil {
			return nil, exprFault(err)
		}
		in = v.JSON()
	}
	if f := oversized("the input of "+st.Child.Flow, in); f != nil {
		return nil, f
	}
	if whole := d.s.Inline(in); !expr.HasPayloads(whole) {
		if f := st.Child.BreachOfInput(whole); f != nil {
			return nil, f
		}
	}
	return d.keep(in), nil
}

// askAgain opens an attempt that asks the child for something.
func (d *decider) askAgain(r Ref, ask Ask) {
	attempt := 1
	if u := d.s.Unit(r); u != nil {
		attempt = u.Made() + 1
	}
	f := &ChildAsked{Ref: r, Attempt: attempt, Ask: ask}
	f.Iteration, f.Child = d.s.meant(r)
	d.emit(f)
	d.ask1(r, Asked{Ask: ask})
}

// ask1 sends a unit's child a wish.
func (d *decider) ask1(r Ref, in Asked) {
	u := d.s.Unit(r)
	in.Attempt, in.Undo = u.Made(), r.Undo
	d.command(&AskChild{u.Child, in})
}

// askAll sends every child that goes forward a wish.
func (d *decider) askAll(in Asked) {
	if d.s.Children == 0 {
		return
	}
	for _, name := range sortedSteps(d.s.Steps) {
		st := d.s.Steps[name]
		st.units(func(i int, u *Unit) {
			if u.Child != "" && u.State == Running {
				d.ask1(Ref{Step: name, Item: i}, in)
			}
		})
	}
}

func sortedSteps(steps map[string]*Step) []string {
	names := make([]string, 0, len(steps))
	for name := range steps {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// childDone takes a child's word. A word for a wish that has been overtaken says nothing any more.
func (d *decider) childDone(in *ChildDone) {
	u := d.s.Unit(in.Ref)
	if u == nil || u.State != Running || u.Child == "" || u.Child != in.Child || in.Attempt != u.Made() || u.last().Status != Running {
		return
	}
	f := &ChildEnded{Ref: in.Ref, Attempt: in.Attempt, Status: in.Status, Loose: d.p == nil}
	switch {
	case in.Undo && in.Status == StatusCompensated:
	case !in.Undo && in.Status == StatusSucceeded:
		if f.Output = in.Output; f.Output == nil {
			f.Output = JSON("null")
		}
		if u.Iteration > 0 {
			d.iterationEnded(f)
			return
		}
	default:
		f.Fault = d.verdict(in)
		if !in.Undo && (d.s.Phase == PhaseCancelling || d.s.Phase == PhaseCompensating) {
			f.Next = NextCancel
		}
	}
	d.emit(f)
	if d.p != nil {
		d.childSettled(d.p.Step(in.Ref.Step), in.Ref)
	}
}

// verdict is what a child's end says of its unit.
func (d *decider) verdict(in *ChildDone) *fault.Fault {
	f := fault.Fault{Class: fault.Cancelled, Effect: fault.None, Message: "the run of " + quote(d.s.Unit(in.Ref).Flow) + " was cancelled"}
	if in.Fault != nil {
		f = *in.Fault
		if in.ChildStep != "" {
			f.Message = quote(in.ChildStep) + " failed: " + f.Message
		}
	}
	if s := d.s.step(in.Ref.Step); f.Class == fault.Timeout && s.Overdue && !in.Undo && d.p != nil {
		f.Message = d.overdueFault(d.p.Step(in.Ref.Step)).Message
	}
	evidence := []fault.Detail{{Name: "run", Value: in.Child}, {Name: "its status", Value: string(in.Status)}}
	if in.ChildStep != "" {
		evidence = append(evidence, fault.Detail{Name: "its step", Value: in.ChildStep})
	}
	f.Evidence = append(evidence, f.Evidence...)
	return &f
}

// childSettled goes on after a child's end has been recorded.
func (d *decider) childSettled(st *check.Step, r Ref) {
	if d.s.Ended != "" || d.s.Unit(r).Stopped { // by a Poison: no error port handles what a person has to look at
		d.halts = true
		defer func() { d.halts = false }()
	}
	switch u := d.s.Unit(r); u.State {
	case Running: // a loose iteration, of which only the output is known
		d.judgeIteration(&ChildEnded{Ref: r, Attempt: u.Made(), Status: StatusSucceeded, Output: u.Out.JSON()})
	case Pending: // of a compensation: an iteration is undone, and those before it are not
		d.undoNext(st)
	case Succeeded:
		d.unitDone(st, r)
	case Failed:
		d.unitFailed(st, r)
	case Cancelled:
		d.unitCancelled(st, r)
	}
}

// looseEnds concludes what children said while the run could not be carried on.
func (d *decider) looseEnds(owner int64) {
	if d.s.loose == 0 {
		return
	}
	var refs []Ref
	for _, st := range d.p.Steps {
		if s, ok := d.s.Steps[st.Name]; ok {
			for _, r := range s.refs() {
				for _, undo := range []bool{false, true} {
					r.Undo = undo
					if u := d.s.Unit(r); u != nil && u.Loose {
						refs = append(refs, r)
					}
				}
			}
		}
	}
	d.emit(&Recovered{Owner: owner})
	for _, r := range refs {
		d.childSettled(d.p.Step(r.Step), r)
	}
}
