package planner

import "github.com/segno-run/segno/designer/flow"

// theParent is who presses a child's buttons.
const theParent = "the run that started this one"

// owned refuses the buttons of a run that belongs to another one: two people who decide the same thing in two places would not get either.
func (s *State) owned(button string) error {
	if s.Parent == nil {
		return nil
	}
	return conflict("this run belongs to the step %s of the run %s: %s that one, and what follows for this one is done", quote(s.Parent.Step), s.Parent.Run, button)
}

// asked does what the parent wishes, as far as it fits: whatever the child is, it answers a wish to go on or to undo, now or when it ends.
func (d *decider) asked(in *Asked) {
	s := d.s
	if s.Parent == nil || s.ID == "" {
		return
	}
	if d.p == nil { // it has been stopped
		if in.Ask == AskRetry || in.Ask == AskUndo {
			d.emit(&ParentAsked{in.Ask, in.Attempt, in.Undo})
			d.tell, d.unfit = true, in.Fault
		}
		return
	}
	switch in.Ask {
	case AskPause:
		if s.fits("pause") {
			d.emit(&RunPaused{By: theParent})
			d.askAll(Asked{Ask: AskPause})
		}
		return
	case AskResume:
		if s.Paused {
			_ = d.resume(&Resume{By: theParent})
		}
		return
	case AskCancel:
		if s.fits("cancel") {
			d.emit(&ParentAsked{in.Ask, in.Attempt, in.Undo})
			_ = d.cancel(&Cancel{By: theParent, Then: flow.OnFailure(in.Then)})
		}
		return
	case AskExpire:
		if s.forward() && !s.TimedOut && in.Fault != nil {
			d.emit(&ParentAsked{in.Ask, in.Attempt, in.Undo})
			if s.Paused {
				d.emit(&RunResumed{By: theParent})
			}
			d.timeOut(*in.Fault)
		}
		return
	}
	d.emit(&ParentAsked{in.Ask, in.Attempt, in.Undo})
	switch {
	case s.Ended == "":
	case s.fits("retry") && (in.Ask == AskRetry || s.Ended == StatusCompensationFailed):
		_ = d.retry(&Retry{By: theParent})
	case in.Ask == AskUndo && s.Ended != StatusCompensated:
		d.startUndo(theParent)
	default:
		d.tell = true
	}
}

// tellParent sends the parent how the run has ended, if it has just now, or if it was asked what it cannot do any more.
func (d *decider) tellParent() {
	s := d.s
	if s.Parent == nil || s.Ended == "" || !d.tell {
		return
	}
	t := &TellParent{Parent: s.Parent.Run, ChildDone: ChildDone{Ref: s.Parent.ref(), Attempt: s.Parent.Attempt, Child: s.ID, Status: s.Ended}}
	if s.Ended == StatusSucceeded {
		if s.Output != nil {
			t.Output = s.Inline(s.Output.JSON())
		}
	} else if s.Failure != nil {
		f := s.Failure.Fault
		t.Fault, t.ChildStep = &f, s.Failure.Step
	}
	if d.unfit != nil {
		t.Output, t.Fault, t.ChildStep = nil, d.unfit, ""
	}
	d.command(t)
}
