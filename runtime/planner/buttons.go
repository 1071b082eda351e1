package planner

import (
	"encoding/json"
	"slices"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// Fits lists the buttons that fit the run now: "retry", "compensate", "resume", "pause", "cancel". Of a run that another one started only "resume" and
// "pause": the others are pressed there.
func (s *State) Fits() []string {
	fits := s.could()
	if s.Parent != nil {
		fits = slices.DeleteFunc(fits, func(button string) bool { return button != "pause" && button != "resume" })
	}
	return fits
}

// could lists the buttons that fit, whoever may press them.
func (s *State) could() []string {
	var fits []string
	if s.Ended == StatusFailed && !s.Cancelled || s.Ended == StatusCompensationFailed {
		fits = append(fits, "retry")
	}
	if s.Ended == StatusFailed || s.Ended == StatusCancelled {
		fits = append(fits, "compensate")
	}
	if s.ID != "" && s.Ended == "" && s.Phase != PhaseCompensating && s.Phase != PhaseCancelling {
		if s.Paused {
			fits = append(fits, "resume", "cancel")
		} else {
			fits = append(fits, "pause", "cancel")
		}
	}
	return fits
}

func (s *State) fits(button string) bool { return slices.Contains(s.could(), button) }

func (d *decider) retry(in *Retry) error {
	if !d.s.fits("retry") {
		return conflict("the run is %s: Retry applies to a run that failed or whose compensation failed", d.s.Status())
	}
	if err := d.s.since(in.Seq); err != nil {
		return err
	}
	p, err := d.target(in.Version)
	if err != nil {
		return err
	}
	if err := d.give(p, in); err != nil {
		return err
	}
	if in.Version != 0 && in.Version != d.s.Version {
		return d.retryOn(in, p)
	}
	undos, failures := slices.Clone(d.s.UndoFailed), slices.Clone(d.s.Failures)
	f := &RetryRequested{By: in.By}
	if d.s.Phase != PhaseCompensating {
		f.Deadline = d.runDeadline()
	}
	d.emit(f)
	if d.s.Phase == PhaseCompensating {
		for _, r := range undos {
			d.retryUndo(r)
		}
		for _, st := range d.p.Steps { // what could not begin because the compensation was stopped in its midst
			d.undoNext(st)
		}
		return nil
	}
	if len(d.s.Steps) == 0 { // it was stopped before it began
		d.enterRoots()
	}
	for _, name := range failures {
		d.reset(d.p.Step(name))
	}
	for _, name := range d.s.Held {
		if d.s.step(name).Planned { // a for_each that was stopped half way has its time anew, too
			d.setDeadline(d.p.Step(name))
		}
		d.queue = append(d.queue, turn{step: d.p.Step(name)})
	}
	d.drain()
	d.resumeLoops()
	return nil
}

// retryUndo calls a compensation again whose attempts were used up.
func (d *decider) retryUndo(r Ref) {
	if u := d.s.Unit(r); u.Child != "" {
		d.askAgain(r, AskUndo)
		return
	} else if u.In != nil {
		d.again(r, 1)
		return
	}
	// Its input could not be made before; perhaps the answer is the same, then it fails again and says so.
	r.Undo = false
	d.scheduleUndo(d.p.Step(r.Step), r)
}

// reset runs a failed step again from its own beginning: with the same key as long as its input is the same.
func (d *decider) reset(st *check.Step) {
	f := &StepReset{Step: st.Name, Given: d.given[st.Name]}
	if f.Given != nil {
		f.By = d.giver
	}
	d.emit(f)
	if s := d.s.step(st.Name); s.Planned {
		d.setDeadline(st)
		d.advance(st)
		return
	}
	d.enter(st)
}

func (d *decider) cancel(in *Cancel) error {
	if d.s.Phase == PhaseCancelling && d.s.Ended == "" {
		return conflict("the run is being cancelled already")
	}
	if !d.s.fits("cancel") {
		return conflict("the run is %s: Cancel applies to a run that is still going forward", d.s.Status())
	}
	then := in.Then
	if then == "" {
		then = d.p.OnFailure
	}
	d.emit(&CancelRequested{By: in.By, Then: then})
	for _, st := range d.p.Steps {
		if s, ok := d.s.Steps[st.Name]; ok {
			d.stop(st, s)
		}
	}
	return nil
}

// stop ends what a step waits for and tells its calls to stop.
func (d *decider) stop(st *check.Step, s *Step) {
	if s.Status == Waiting {
		d.emit(&StepCancelled{Step: st.Name})
		return
	}
	for _, r := range s.refs() {
		switch u := d.s.Unit(r); {
		case u.Child != "" && u.State == Running:
			d.ask1(r, Asked{Ask: AskCancel, Then: string(d.s.CancelThen)})
		case u.State == Retrying, u.State == Waiting:
			d.emit(&UnitCancelled{r})
			d.unitCancelled(st, r)
		case u.State == Running:
			if !d.spec(r).Idempotent && !u.last().Sent {
				d.emit(&UnitCancelled{r}) // it has not gone out, and will not
				d.unitCancelled(st, r)
				continue
			}
			d.command(&CancelCall{r, u.Made()})
		}
	}
	if s.Planned && s.Status == Running {
		d.advance(st)
	}
}

func (d *decider) compensate(in *Undo) error {
	if !d.s.fits("compensate") {
		return conflict("the run is %s: Compensate applies to a run that failed or was cancelled", d.s.Status())
	}
	if err := d.s.since(in.Seq); err != nil {
		return err
	}
	d.startUndo(in.By)
	return nil
}

func (d *decider) approve(in *Approve) error {
	st := d.p.Step(in.Step)
	if st == nil || st.Kind != flow.Approval {
		return &Refusal{Invalid, "the flow has no approval called " + quote(in.Step)}
	}
	s, ok := d.s.Steps[in.Step]
	switch {
	case d.s.Restart != nil:
		return conflict("the run is being compensated before it restarts: %s can be answered after that", quote(in.Step))
	case ok && s.Status == Waiting:
	case ok && s.Decision != nil:
		return conflict("%s was %s already%s", quote(in.Step), answer(s.Decision.Approved), by(s.Decision.By))
	default:
		return conflict("%s is not waiting for an answer", quote(in.Step))
	}
	d.emit(&ApprovalDecided{Step: in.Step, Approved: in.Approved, By: in.By, Comment: in.Comment})
	out := object("approved", in.Approved, "by", in.By, "comment", in.Comment, "at", d.now.UTC().Format(timeLayout))
	switch {
	case in.Approved:
		d.complete(st, &StepCompleted{Output: out, Port: flow.PortApproved}, flow.PortDone, flow.PortApproved)
	case st.Wired(flow.PortRejected):
		d.complete(st, &StepCompleted{Output: out, Port: flow.PortRejected}, flow.PortRejected)
	default:
		message := "the approval was rejected" + by(in.By)
		if in.Comment != "" {
			message += ": " + in.Comment
		}
		d.fail(st, NoItem, &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: message})
	}
	return nil
}

func (d *decider) resolve(in *Resolve) error {
	st := d.p.Step(in.Step)
	if st == nil {
		return &Refusal{Invalid, "the flow has no step called " + quote(in.Step)}
	}
	r := Ref{Step: in.Step, Item: in.Item}
	u := d.s.Unit(r)
	if u != nil && u.Undo != nil && u.Undo.State == Uncertain {
		r.Undo = true
		u = u.Undo
	}
	if u == nil || u.State != Uncertain {
		return conflict("%s is not uncertain", quote(in.Step))
	}
	f := &UncertainResolved{Ref: r, As: in.As, By: in.By, Reason: in.Reason}
	switch in.As {
	case Happened:
		c := d.spec(r)
		if f.Output = in.Output; f.Output == nil {
			f.Output = JSON("null")
		}
		if !json.Valid(f.Output) {
			return &Refusal{Invalid, "the output is not JSON"}
		}
		if bad := c.BreachOfOutput(f.Output); bad != nil {
			return &Refusal{Invalid, bad.Message}
		}
	case DidNotHappen, DidFail:
	default:
		return &Refusal{Invalid, "an uncertain step is resolved as happened, did_not_happen or failed, not as " + quote(string(in.As))}
	}
	if in.As == Happened {
		done, broken := d.enough(st, r, f.Output)
		if !done {
			f.GoesOn = true
			d.emit(f)
			d.iterated(st, &IterationCompleted{Ref: r, Output: f.Output}, broken)
			return nil
		}
	}
	d.emit(f)
	stopped := !r.Undo && (d.s.Phase == PhaseCancelling || d.s.Phase == PhaseCompensating)
	switch {
	case in.As == Happened:
		d.unitDone(st, r)
	case in.As == DidFail:
		d.unitFailed(st, r)
	case stopped:
		d.emit(&UnitCancelled{r})
		d.unitCancelled(st, r)
	case d.s.Ended != "":
		d.halt(r)
	case !r.Undo && d.tooLate(st, d.now):
		d.emit(&CallFailed{Ref: r, Fault: *d.overdueFault(st)})
		d.unitFailed(st, r)
	case r.Undo:
		d.again(r, 1)
	default:
		d.schedule(st, r, 1) // its input may be another one now
	}
	return nil
}

const timeLayout = "2006-01-02T15:04:05.999999999Z07:00"

func quote(s string) string { return "`" + shorten(s) + "`" }

func answer(approved bool) string {
	if approved {
		return "approved"
	}
	return "rejected"
}

func by(who string) string {
	if who == "" {
		return ""
	}
	return " by " + who
}
