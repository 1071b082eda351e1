package planner

import (
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// branch takes the first branch whose condition is true, in written order.
func (d *decider) branch(st *check.Step) {
	switch b, not, err := d.choose(st); {
	case err != nil:
		d.fail(st, NoItem, exprFault(err))
	case b == nil: // The checker insists on a branch that is sure to be true, so only a program of another release gets here.
		d.fail(st, NoItem, &fault.Fault{Class: fault.Expression, Effect: fault.None, Message: "no branch of the switch is true"})
	default:
		d.complete(st, &StepCompleted{Output: object("branch", b.Name), Port: b.Name, Why: not}, flow.PortDone, b.Name)
	}
}

// choose is the branch that a switch takes, nil for none, and the conditions before it, which are false.
func (d *decider) choose(st *check.Step) (taken *check.Branch, not []string, err error) {
	for i, b := range st.Branches {
		if b.When != nil {
			yes, err := b.When.EvalBool(d.scope(NoItem, nil))
			if err != nil {
				return nil, nil, err
			}
			if !yes {
				not = append(not, b.Source)
				continue
			}
		}
		return &st.Branches[i], not, nil
	}
	return nil, not, nil
}

func (d *decider) wait(st *check.Step) {
	until := d.now.Add(st.WaitFor)
	if st.WaitUntil != nil {
		v, err := st.WaitUntil.Eval(d.scope(NoItem, nil))
		if err != nil {
			d.fail(st, NoItem, exprFault(err))
			return
		}
		if until, err = time.Parse(time.RFC3339Nano, plain(d.s.Inline(v.JSON()))); err != nil {
			d.fail(st, NoItem, &fault.Fault{Class: fault.Expression, Effect: fault.None,
				Message: "wait.until gave " + shorten(string(expr.Shown(v.JSON()))) + ", which is no RFC 3339 time such as \"2026-01-31T09:00:00Z\""})
			return
		}
	}
	d.emit(&StepWaiting{Step: st.Name, Until: until})
	if !until.After(d.now) {
		d.waited(st)
		return
	}
	d.command(&SetTimer{Ref{Step: st.Name, Item: NoItem}, until})
}

func (d *decider) waited(st *check.Step) {
	until := d.s.step(st.Name).Until
	d.complete(st, &StepCompleted{Output: object("until", until.UTC().Format(time.RFC3339Nano))}, flow.PortDone)
}

func (d *decider) ask(st *check.Step) {
	title := ""
	if st.ApprovalTitle != nil {
		v, err := st.ApprovalTitle.Eval(d.scope(NoItem, nil))
		if err != nil {
			d.fail(st, NoItem, exprFault(err))
			return
		}
		var f *fault.Fault
		if title, f = d.words("the title", v); f != nil {
			d.fail(st, NoItem, f)
			return
		}
	}
	f := &StepWaiting{Step: st.Name, Ask: true, Title: title}
	if st.ApprovalTimeout > 0 {
		f.Until = d.now.Add(st.ApprovalTimeout)
		d.command(&SetTimer{Ref{Step: st.Name, Item: NoItem}, f.Until})
	}
	d.emit(f)
}

func (d *decider) failStep(st *check.Step) {
	message := "the flow ends here"
	if st.FailMessage != nil {
		v, err := st.FailMessage.Eval(d.scope(NoItem, nil))
		if err != nil {
			d.fail(st, NoItem, exprFault(err))
			return
		}
		var f *fault.Fault
		if message, f = d.words("the message", v); f != nil {
			d.fail(st, NoItem, f)
			return
		}
	}
	d.fail(st, NoItem, &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: message})
}

// plan evaluates the list of a for_each once and for all, and starts the first items.
func (d *decider) plan(st *check.Step) {
	list, err := st.ForEach.EvalList(d.scope(NoItem, nil))
	if err != nil {
		d.fail(st, NoItem, exprFault(err))
		return
	}
	f := &ItemsPlanned{Step: st.Name, Items: make([]JSON, len(list)), Tolerated: st.Tolerates(len(list))}
	for i, v := range list {
		f.Items[i] = v.JSON()
	}
	d.emit(f)
	d.advance(st)
}

// advance starts items until max_parallel are open, and settles the step when none is left.
func (d *decider) advance(st *check.Step) {
	s := d.s.step(st.Name)
	stopped := d.s.Phase == PhaseCancelling || d.s.Phase == PhaseCompensating
	late := d.tooLate(st, d.now)
	for !stopped && !late && len(s.Lost) <= s.Spared && s.Open+s.Unsure < max(st.MaxParallel, 1) {
		i, ok := s.nextItem()
		if !ok {
			break
		}
		if d.s.Ended != "" || d.s.Paused { // ended: stopped by a Poison
			if !s.Held {
				d.emit(&StepHeld{Step: st.Name})
			}
			break
		}
		if st.Kind == flow.SubFlow {
			d.startChild(st, Ref{Step: st.Name, Item: i})
			continue
		}
		d.schedule(st, Ref{Step: st.Name, Item: i}, 1)
	}
	if s.Open > 0 || s.Unsure > 0 || s.Status == Failed || s.Status == Succeeded {
		return
	}
	switch {
	case s.Done+len(s.Lost) == len(s.Items) && len(s.Lost) <= s.Spared:
		d.complete(st, &StepCompleted{Collect: true}, flow.PortDone)
	case stopped:
		if s.Status != Cancelled {
			d.emit(&StepCancelled{Step: st.Name})
		}
	case len(s.Lost) > s.Spared, late && len(s.Lost) > 0:
		i := s.Lost[0]
		f := *s.Items[i].failure()
		f.Evidence = append([]fault.Detail{{Name: "item", Value: itoa(i)}}, f.Evidence...)
		if s.Spared > 0 {
			f.Evidence = append(f.Evidence, fault.Detail{Name: "failed items", Value: itoa(len(s.Lost)) + ", and " + itoa(s.Spared) + " are tolerated"})
		}
		d.fail(st, i, &f)
	case late:
		d.fail(st, NoItem, d.overdueFault(st))
	}
}

// nextItem is the first item that is to be called: one that was reset, or the first that was never scheduled.
func (st *Step) nextItem() (int, bool) {
	if n := len(st.Again); n > 0 {
		return st.Again[0], true
	}
	return st.Next, st.Next < len(st.Items)
}
