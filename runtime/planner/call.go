package planner

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// spec is the call that a unit makes.
func (d *decider) spec(r Ref) *check.Call {
	st := d.p.Step(r.Step)
	if r.Undo {
		return d.edition(r).Compensate
	}
	return st.Call
}

// schedule evaluates a unit's input and records the intent to call. round counts the attempts against the retry policy.
func (d *decider) schedule(st *check.Step, r Ref, round int) {
	in, f := d.input(st, r)
	if f != nil {
		d.emit(&CallFailed{Ref: r, Fault: *f})
		d.unitFailed(st, r)
		return
	}
	generation, n, iteration := 0, 0, d.iteration(st, r)
	if u := d.s.Unit(r); u != nil && u.In != nil {
		n = u.Made()
		same := bytes.Equal(u.In.JSON(), in) && u.Function == d.spec(r).Function
		switch {
		case iteration != u.Iteration: // another effect, as it should be
		case same:
			generation = u.Generation
		case u.Maybe:
			what := "input"
			if bytes.Equal(u.In.JSON(), in) {
				what = "function"
			}
			d.emit(&CallFailed{Ref: r, Fault: *doubt(u, what), Next: NextUncertain}) // under the new key it could happen a second time
			return
		default:
			generation = u.Generation + 1 // the effect asked for is another one, so it must not be taken for the one asked for before
		}
		if same {
			in = nil
		}
	}
	if u := d.s.Unit(r); u != nil {
		n, generation = u.Made(), max(generation, u.Floor)
	}
	c := d.spec(r)
	d.emit(&CallScheduled{Ref: r, Attempt: n + 1, Generation: generation, Function: c.Function, Input: in, Round: round, Iteration: iteration})
	d.invoke(r)
}

// doubt is why nobody may ask a unit for another effect: a call that asked for the one before may have had it.
func doubt(u *Unit, what string) *fault.Fault {
	f := fault.Fault{Class: fault.Crashed, Effect: fault.Maybe}
	for _, a := range u.Attempts {
		if a.Fault != nil && a.Fault.Effect == fault.Maybe {
			f = *a.Fault
		}
	}
	f.Message = "the " + what + " is another one now, and what was asked for with the one before may have happened: " + f.Message
	return &f
}

// again records the next attempt of a unit whose input stands.
func (d *decider) again(r Ref, round int) {
	u := d.s.Unit(r)
	d.emit(&CallScheduled{Ref: r, Attempt: u.Made() + 1, Generation: u.Generation, Function: u.Function, Round: round, Iteration: u.Iteration})
	d.invoke(r)
}

func (d *decider) invoke(r Ref) {
	u, c := d.s.Unit(r), d.spec(r)
	d.command(&Invoke{Ref: r, Attempt: u.Made(), Iteration: u.Iteration, Confirm: !c.Idempotent && !u.last().Sent, Key: u.Key(d.s.ID, r), Function: u.Function, Input: d.s.Inline(u.In.JSON()),
		Timeout: c.Timeout})
}

// dispatch records the intent to make a call that may not be made twice.
func (d *decider) dispatch(in *Dispatch) {
	u := d.s.Unit(in.Ref)
	if u == nil || u.Child != "" || d.s.Ended != "" || u.State != Running || in.Attempt != u.Made() || u.last().Sent {
		return
	}
	d.emit(&CallStarted{in.Ref, in.Attempt})
	d.invoke(in.Ref)
}

// input evaluates `with` and holds it against the function's contract.
func (d *decider) input(st *check.Step, r Ref) (JSON, *fault.Fault) {
	sc := d.unitScope(r)
	sc.loop = d.loop(st, r, nil)
	c := d.spec(r)
	in := JSON("{}")
	if u := d.s.Unit(r); u != nil && u.Given != nil {
		in = u.Given.JSON()
	} else if c.With != nil {
		v, err := c.With.Eval(sc)
		if err != nil {
			return nil, exprFault(err)
		}
		in = v.JSON()
	}
	if f := oversized("the input of "+c.Function, in); f != nil {
		return nil, f
	}
	// What is larger than anything here can read is held against the contract where it is read to be sent.
	if whole := d.s.Inline(in); !expr.HasPayloads(whole) {
		if f := c.BreachOfInput(whole); f != nil {
			return nil, f
		}
	}
	return d.keep(in), nil
}

func (d *decider) callDone(in *CallDone) {
	st, u := d.p.Step(in.Step), d.s.Unit(in.Ref)
	if st == nil || u == nil || u.Child != "" || u.State != Running || in.Attempt != u.Made() {
		return // a late result of an attempt that has been judged already
	}
	if in.Key != "" && in.Key != u.Key(d.s.ID, in.Ref) {
		return // or of one of the same number, before the step began anew
	}
	c, f := d.spec(in.Ref), in.Fault
	if in.Kept {
		d.s.Give(expr.PayloadOf(in.Output), in.Output)
	}
	if f == nil && !expr.HasPayloads(in.Output) {
		f = c.BreachOfOutput(in.Output)
	}
	if f == nil {
		d.succeeded(st, in)
		return
	}
	fact := &CallFailed{Ref: in.Ref, Attempt: in.Attempt, Fault: *f, Call: in.Call}
	stopping := d.s.Phase == PhaseCancelling && !in.Undo
	switch {
	case f.Effect == fault.Maybe && !c.Idempotent:
		fact.Next = NextUncertain
	case stopping:
		fact.Next = NextCancel
	case c.Retry.Retries(f.Class) && u.Round < c.Retry.MaxAttempts:
		at := d.now.Add(max(c.Retry.Delay(u.Round), in.RetryAfter))
		if why := d.inVain(st, at); !in.Undo && why != "" {
			fact.Fault.Evidence = append(slices.Clone(f.Evidence), fault.Detail{Name: "no further attempt", Value: why})
			break
		}
		fact.Next, fact.RetryAt = NextRetry, at
	}
	d.emit(fact)
	switch fact.Next {
	case NextRetry:
		d.command(&SetTimer{in.Ref, fact.RetryAt})
	case NextFail:
		d.unitFailed(st, in.Ref)
	case NextCancel:
		d.unitCancelled(st, in.Ref)
	case NextUncertain:
	}
}

// unitDone goes on after a unit succeeded.
func (d *decider) unitDone(st *check.Step, r Ref) {
	switch {
	case r.Undo:
		d.undoNext(st)
		return
	case r.Item != NoItem:
		d.advance(st)
	default:
		d.complete(st, &StepCompleted{}, flow.PortDone)
	}
	d.undoNext(st) // if it was a person's word on an uncertain unit that came during the compensation
}

// unitFailed goes on after a unit's attempts are used up.
func (d *decider) unitFailed(st *check.Step, r Ref) {
	switch {
	case r.Undo:
	case r.Item != NoItem:
		d.advance(st)
	default:
		d.fail(st, NoItem, d.s.Unit(r).failure())
	}
	d.undoNext(st)
}

// unitCancelled goes on after a unit was cancelled.
func (d *decider) unitCancelled(st *check.Step, r Ref) {
	switch {
	case r.Undo:
	case r.Item != NoItem:
		d.advance(st)
	default:
		d.emit(&StepCancelled{Step: st.Name})
	}
	d.undoNext(st)
}

func (d *decider) timerDue(in *TimerDue) {
	if d.s.Paused || d.s.Restart != nil && !in.Undo { // what comes due now is looked at on Resume, or once what is restarted is undone
		return
	}
	if in.Step == "" {
		d.runDue()
		return
	}
	st := d.p.Step(in.Step)
	if st == nil || d.expired(st) {
		return
	}
	if u := d.s.Unit(in.Ref); u != nil && d.s.Ended == "" && u.State == Retrying && !u.RetryAt.IsZero() && !u.RetryAt.After(d.now) {
		d.emit(&TimerFired{Ref: in.Ref})
		d.again(in.Ref, u.Round+1)
		return
	}
	if d.nextIteration(st, in.Ref) {
		return
	}
	s, ok := d.s.Steps[in.Step]
	if !ok || s.Status != Waiting || s.Until.IsZero() || s.Until.After(d.now) {
		return
	}
	f := fault.Fault{Class: fault.Timeout, Effect: fault.None}
	switch {
	case s.Ask:
		f.Message = "nobody answered the approval within " + flow.FormatDuration(st.ApprovalTimeout)
	case s.Awaits != "":
		f.Message = "the signal " + quote(s.Awaits) + " did not come within " + flow.FormatDuration(st.SignalTimeout)
	default:
		d.waited(st)
		return
	}
	f.Evidence = []fault.Detail{{Name: "timeout", Value: string(st.Kind)}, {Name: "deadline", Value: s.Until.UTC().Format(time.RFC3339)}}
	d.emit(&TimerFired{Ref: in.Ref})
	d.fail(st, NoItem, &f)
}

// Timers lists every timer that a run waits for, soonest first. An owner that loads a run sets them anew. Loops wait for none while their run fails or has
// ended: Retry sets theirs.
func (s *State) Timers() []SetTimer {
	var out []SetTimer
	if s.onTheClock() {
		out = append(out, SetTimer{Ref{Item: NoItem}, s.Deadline})
	}
	for name, st := range s.Steps {
		if st.Status == Waiting && !st.Until.IsZero() {
			out = append(out, SetTimer{Ref{Step: name, Item: NoItem}, st.Until})
		}
		if s.dueBy(st) {
			out = append(out, SetTimer{Ref{Step: name, Item: NoItem}, st.Deadline})
		}
		st.units(func(i int, u *Unit) {
			switch u.State {
			case Retrying:
				out = append(out, SetTimer{Ref{Step: name, Item: i}, u.RetryAt})
			case Waiting:
				if s.Ended == "" && s.Phase == PhaseForward {
					out = append(out, SetTimer{Ref{Step: name, Item: i}, u.NextAt})
				}
			}
			if u.Undo != nil && u.Undo.State == Retrying {
				out = append(out, SetTimer{Ref{Step: name, Item: i, Undo: true}, u.Undo.RetryAt})
			}
		})
	}
	slices.SortFunc(out, func(a, b SetTimer) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(Key("", a.Ref, 0, 0), Key("", b.Ref, 0, 0))
	})
	return out
}

var _ expr.Scope = scope{}
