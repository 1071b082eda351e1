package planner

import (
	"slices"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// keptAttempts is how many attempts of a loop are kept in the state from the iterations before the one under way: enough to look at, and the same for a
// loop of ten thousand.
const keptAttempts = 20

// Made is how many attempts the unit has made, those included that are not kept any more. It is the number of the last one.
func (u *Unit) Made() int { return u.Dropped + len(u.Attempts) }

// attempt is the attempt of that number, or nil if there is none or it is not kept any more.
func (u *Unit) attempt(n int) *Attempt {
	if n <= u.Dropped || n > u.Made() {
		return nil
	}
	return &u.Attempts[n-u.Dropped-1]
}

// last is the attempt made last; there must be one.
func (u *Unit) last() *Attempt { return &u.Attempts[len(u.Attempts)-1] }

// Did reports whether the unit has done something that is to be undone: it completed, or it is a loop that ended early and some iteration did,
// or its child ended and did not undo it by itself.
func (u *Unit) Did() bool {
	if u.Child != "" {
		return u.owed()
	}
	return u.State == Succeeded || u.partly(u.State)
}

// Undoable counts the units of a step that a compensation would undo now: those that did something, loops that it would stop between two iterations
// among them; and those of which nobody knows.
func (st *Step) Undoable() (done, unknown int) {
	st.units(func(_ int, u *Unit) {
		did := u.Did() || u.State == Waiting && u.Passed > 0
		done += delta(did, false)
		unknown += delta(!did && u.unknown(), false)
	})
	return done, unknown
}

// partly reports whether a unit in that state has completed iterations, and goes on with none.
func (u *Unit) partly(in StepStatus) bool {
	return u.Passed > 0 && !open(in) && in != Succeeded && in != Waiting && in != Uncertain
}

// pass counts a completed iteration; 0 is that of a unit which does not loop.
func (u *Unit) pass(iteration int, out *expr.Value) {
	if iteration > 0 {
		u.Passed, u.Iteration, u.Last, u.NextAt = iteration, iteration, out, time.Time{}
		u.Given, u.GivenBy = nil, ""
	}
}

// output is what an undo of the unit reads: its output, or that of the last iteration that completed.
func (u *Unit) output() *expr.Value {
	if u.State == Succeeded {
		return u.Out
	}
	return u.Last
}

// iterated applies the end of an iteration that was not the last.
func (s *State) iterated(f *IterationCompleted, at time.Time) {
	u := s.unit(f.Ref)
	u.end(f.Attempt, Succeeded, nil, f.Call, at)
	if a := u.attempt(f.Attempt); a != nil {
		a.Said = shorten(string(expr.Shown(f.Output)))
	}
	u.pass(f.Iteration, s.value(f.Output))
	u.Fault, u.Crashes, u.RetryAt, u.NextAt, u.Maybe = nil, 0, time.Time{}, f.NextAt, false
	u.forget()
	if u.Child != "" {
		s.reported(f.Ref, u, StatusSucceeded)
	}
	s.step(f.Step).partial = nil
	if !f.NextAt.IsZero() {
		s.move(f.Ref, u, Waiting)
		s.pushIteration(f.NextAt, f.Ref)
	}
}

// forget drops the attempts of a loop that are not kept.
func (u *Unit) forget() {
	if extra := len(u.Attempts) - keptAttempts; extra > 0 {
		u.Attempts = slices.Delete(u.Attempts, 0, extra)
		u.Dropped += extra
	}
}

// iterates reports whether loops go on. While they do not, they wait where they are.
func (s *State) iterates() bool {
	return s.ID != "" && s.Ended == "" && s.Phase == PhaseForward && !s.Paused
}

// loops visits the units that wait for their next iteration.
func (s *State) loops(st *Step, visit func(r Ref, u *Unit)) {
	if st.State != Waiting && st.Between == 0 {
		return
	}
	st.units(func(i int, u *Unit) {
		if u.State == Waiting {
			visit(Ref{Step: st.Name, Item: i}, u)
		}
	})
}

// wakeLoops sets the wakes of all loops and deadlines anew: while the run had ended they were dropped.
func (s *State) wakeLoops() {
	for _, st := range s.Steps {
		s.wakes.push(st.Deadline, Ref{Step: st.Name, Item: NoItem})
		s.loops(st, func(r Ref, u *Unit) { s.pushIteration(u.NextAt, r) })
	}
}

// iteration is the number of the iteration that a unit is at, or begins; 0 if it does not loop.
func (d *decider) iteration(st *check.Step, r Ref) int {
	if st.Until == nil || r.Undo {
		return 0
	}
	if u := d.s.Unit(r); u != nil {
		return u.Passed + 1
	}
	return 1
}

// loop is what the expressions of a unit's loop may read.
func (d *decider) loop(st *check.Step, r Ref, output *expr.Value) expr.Loop {
	l := expr.Loop{Iteration: d.iteration(st, r), Output: output}
	if u := d.s.Unit(r); u != nil && l.Iteration > 0 {
		l.Previous = u.Last
	}
	return l
}

// succeeded records a call's output: a unit's, or that of one iteration.
func (d *decider) succeeded(st *check.Step, in *CallDone) {
	done, f := d.enough(st, in.Ref, in.Output)
	if done {
		d.emit(&CallSucceeded{Ref: in.Ref, Attempt: in.Attempt, Output: in.Output, Call: in.Call})
		d.unitDone(st, in.Ref)
		return
	}
	d.iterated(st, &IterationCompleted{Ref: in.Ref, Attempt: in.Attempt, Output: in.Output, Call: in.Call}, f)
}

// enough judges the condition of a unit's loop by an iteration's output; what does not loop is done after its first call. The fault is that of the
// condition itself.
func (d *decider) enough(st *check.Step, r Ref, output JSON) (bool, *fault.Fault) {
	if d.iteration(st, r) == 0 {
		return true, nil
	}
	sc := d.unitScope(r)
	sc.loop = d.loop(st, r, d.s.value(output))
	yes, err := st.Until.Condition.EvalBool(sc)
	if err != nil {
		f := exprFault(err)
		f.Effect = fault.Maybe // the iteration did happen
		return false, f
	}
	return yes, nil
}

// iterated goes on after an iteration whose condition was not true, or (broken) could not be evaluated.
func (d *decider) iterated(st *check.Step, done *IterationCompleted, broken *fault.Fault) {
	u := d.s.Unit(done.Ref)
	done.Iteration = u.Passed + 1
	stopped := d.s.Phase == PhaseCancelling || d.s.Phase == PhaseCompensating
	switch {
	case stopped || broken != nil:
	case done.Iteration-u.Base >= st.Until.Max:
		broken = d.exhausted(st, done)
	case d.tooLate(st, d.now):
		broken = d.overdueFault(st)
		broken.Effect = fault.Maybe
	default:
		done.NextAt = d.now.Add(st.Until.Every)
		d.emit(done)
		d.command(&SetTimer{done.Ref, done.NextAt})
		return
	}
	d.emit(done)
	if broken == nil {
		d.emit(&UnitCancelled{done.Ref})
		d.unitCancelled(st, done.Ref)
		return
	}
	d.emit(&CallFailed{Ref: done.Ref, Fault: *broken})
	d.unitFailed(st, done.Ref)
}

// exhausted is the failure of a loop whose iterations are used up. They did happen, all of them.
func (d *decider) exhausted(st *check.Step, last *IterationCompleted) *fault.Fault {
	did := " was called in "
	if st.Kind == flow.SubFlow {
		did = " ran in "
	}
	return &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe,
		Message: quote(st.Name) + did + itoa(st.Until.Max) + " iterations, and after none of them its condition was true",
		Evidence: []fault.Detail{{Name: "timeout", Value: "until"}, {Name: "iterations", Value: itoa(last.Iteration) + " completed"},
			{Name: "condition", Value: shorten(st.Until.Condition.Source())}, {Name: "last output", Value: shorten(string(expr.Shown(last.Output)))},
			{Name: "bytes of the last output", Value: itoa(int(expr.SizeOf(last.Output)))}}}
}

// failure is why a unit failed. Of a loop that says, too, that its iterations did happen.
func (u *Unit) failure() *fault.Fault {
	if u.Passed == 0 {
		return u.Fault
	}
	f := *u.Fault
	f.Effect = fault.Maybe
	if !slices.ContainsFunc(f.Evidence, func(d fault.Detail) bool { return d.Name == "iterations" }) {
		f.Evidence = append([]fault.Detail{{Name: "iterations", Value: itoa(u.Passed) + " completed"}}, f.Evidence...)
	}
	return &f
}

// nextIteration begins the next iteration of a unit whose time has come. It returns whether it has.
func (d *decider) nextIteration(st *check.Step, r Ref) bool {
	u := d.s.Unit(r)
	if u == nil || u.State != Waiting || u.NextAt.After(d.now) || !d.s.iterates() {
		return false
	}
	if st.Kind == flow.SubFlow {
		d.startChild(st, r)
		return true
	}
	d.schedule(st, r, 1)
	return true
}

// resumeLoops goes on with the loops that waited while the run stood still, with their time anew.
func (d *decider) resumeLoops() {
	var due []Ref
	for _, st := range d.p.Steps {
		s, ok := d.s.Steps[st.Name]
		if !ok {
			continue
		}
		waits := len(due)
		d.s.loops(s, func(r Ref, _ *Unit) { due = append(due, r) })
		if len(due) > waits && !s.Held { // what is held has its time set with the rest of what it does
			d.setDeadline(st)
		}
	}
	for _, r := range due {
		if u := d.s.Unit(r); !d.nextIteration(d.p.Step(r.Step), r) && u.State == Waiting {
			d.command(&SetTimer{r, u.NextAt})
		}
	}
}

// endLoops cancels the units of a step that wait for their next iteration.
func (d *decider) endLoops(st *check.Step, s *Step) {
	var waits []Ref
	d.s.loops(s, func(r Ref, _ *Unit) { waits = append(waits, r) })
	for _, r := range waits {
		d.emit(&UnitCancelled{r})
	}
	if len(waits) > 0 && s.Open == 0 && s.Unsure == 0 && s.Status == Running {
		d.emit(&StepCancelled{Step: st.Name})
	}
}
