package planner

import (
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// forward reports whether the run does what the flow says, or settles what of that is in flight: deadlines count then, and then alone.
func (s *State) forward() bool {
	return s.ID != "" && s.Ended == "" && (s.Phase == PhaseForward || s.Phase == PhaseFailing)
}

// onTheClock reports whether the run's own deadline counts.
func (s *State) onTheClock() bool { return s.forward() && !s.TimedOut && !s.Deadline.IsZero() }

// dueBy reports whether the step's deadline counts.
func (s *State) dueBy(st *Step) bool {
	return s.forward() && !st.Overdue && !st.Deadline.IsZero() && (st.Status == Running || st.Status == Uncertain)
}

// setDeadline gives a step that begins its deadline.
func (d *decider) setDeadline(st *check.Step) {
	if st.Deadline <= 0 {
		return
	}
	f := &DeadlineSet{Step: st.Name, At: d.now.Add(st.Deadline)}
	d.emit(f)
	d.command(&SetTimer{Ref{Step: st.Name, Item: NoItem}, f.At})
}

// runDeadline is when a run that begins, or goes on, times out.
func (d *decider) runDeadline() time.Time {
	if d.p.Timeout <= 0 {
		return time.Time{}
	}
	at := d.now.Add(d.p.Timeout)
	d.command(&SetTimer{Ref{Item: NoItem}, at})
	return at
}

// tooLate reports whether nothing of the step may begin at that time any more.
func (d *decider) tooLate(st *check.Step, at time.Time) bool {
	s := d.s.step(st.Name)
	return d.s.TimedOut || s.Overdue || !s.Deadline.IsZero() && !at.Before(s.Deadline)
}

// inVain says why an attempt that could begin only at that time is not waited for: a deadline will have passed, the step's or the run's. "" if it is.
func (d *decider) inVain(st *check.Step, at time.Time) string {
	switch {
	case d.tooLate(st, at):
		return d.overdueFault(st).Message
	case d.s.onTheClock() && !at.Before(d.s.Deadline):
		return d.runFault().Message
	}
	return ""
}

// overdueFault says which time was not kept.
func (d *decider) overdueFault(st *check.Step) *fault.Fault {
	if d.s.TimedOut {
		if d.s.expiry != nil {
			f := *d.s.expiry
			return &f
		}
		return d.runFault()
	}
	return timeoutFault(quote(st.Name)+" was not done within "+flow.FormatDuration(st.Deadline)+", all attempts included", "step", d.s.step(st.Name).Deadline)
}

func (d *decider) runFault() *fault.Fault {
	return timeoutFault("the run was not done within "+flow.FormatDuration(d.p.Timeout), "run", d.s.Deadline)
}

func timeoutFault(message, which string, at time.Time) *fault.Fault {
	return &fault.Fault{Class: fault.Timeout, Effect: fault.None, Message: message,
		Evidence: []fault.Detail{{Name: "timeout", Value: which}, {Name: "deadline", Value: at.UTC().Format(time.RFC3339)}}}
}

// expired ends a step whose deadline has come. It returns whether it has.
func (d *decider) expired(st *check.Step) bool {
	s, ok := d.s.Steps[st.Name]
	if !ok || !d.s.dueBy(s) || s.Deadline.After(d.now) {
		return false
	}
	d.emit(&DeadlinePassed{Step: st.Name})
	d.expire(st)
	return true
}

// runDue stops a run whose time is over. What waits for a person or a signal stays open, as in any run that failed.
func (d *decider) runDue() {
	if !d.s.onTheClock() || d.s.Deadline.After(d.now) {
		return
	}
	d.timeOut(*d.runFault())
}

// timeOut stops a run whose time is over, for that reason.
func (d *decider) timeOut(why fault.Fault) {
	d.emit(&RunTimedOut{Fault: why})
	for _, st := range d.p.Steps {
		if s, ok := d.s.Steps[st.Name]; ok && (s.Status == Running || s.Status == Uncertain) {
			d.expire(st)
		}
	}
}

// expire fails what is open of a step. A call that may not be made twice is told to stop, and its own outcome decides: to call it failed while it may
// be happening would be a guess.
func (d *decider) expire(st *check.Step) {
	s, f := d.s.step(st.Name), d.overdueFault(st)
	for _, r := range s.refs() {
		u := d.s.Unit(r)
		if u.Child != "" && u.State == Running { // it ends, and says how
			d.ask1(r, Asked{Ask: AskExpire, Fault: f})
			continue
		}
		fact := &CallFailed{Ref: r, Fault: *f}
		switch u.State {
		case Retrying:
		case Waiting:
			fact.Fault.Effect = fault.Maybe // its iterations did happen
		case Running:
			fact.Attempt = u.Made()
			sent := u.last().Sent
			if d.spec(r).Idempotent {
				fact.Fault.Effect = fault.Maybe
			}
			if sent || d.spec(r).Idempotent {
				d.command(&CancelCall{r, fact.Attempt})
			}
			if sent && !d.spec(r).Idempotent {
				continue
			}
		default:
			continue
		}
		d.emit(fact)
		d.unitFailed(st, r)
	}
	if s.Planned && s.Status == Running {
		d.advance(st)
	}
}
