package planner

import (
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// Decide concludes what an input makes true of a run, and what is to be done about it.
//
// It advances s by every fact as it concludes it, so that s afterwards is what folding the returned facts would have given; what it costs is
// proportional to the edges it touches. A caller that cannot commit the facts must throw s away. A *Refusal leaves s as it was. No facts and no
// error mean that the input is stale (a late result, a timer that was overtaken): there is nothing to commit.
func Decide(p *check.Program, s *State, in Input, now time.Time) ([]Fact, []Command, error) {
	return Programs{Now: p}.Decide(s, in, now)
}

// Decide is Decide for a run that has been, or may come to be, on other versions. What they are is looked at on a copy of the state where the input
// could turn out, half way, to be refused.
func (ps Programs) Decide(s *State, in Input, now time.Time) ([]Fact, []Command, error) {
	if _, stops := in.(*Poison); !stops {
		if err := ps.known(s); err != nil {
			return nil, nil, err
		}
	}
	d := &decider{p: ps.Now, others: ps.Others, s: s, now: now, facts: make([]Fact, 0, 4)}
	if !repairs(in) {
		return d.decide(in)
	}
	d.s = s.clone()
	facts, commands, err := d.decide(in)
	if err == nil {
		*s = *d.s
	}
	return facts, commands, err
}

// decide is one Decide. Refused, it may leave the state changed only where it is a copy.
func (d *decider) decide(in Input) ([]Fact, []Command, error) {
	p, s := d.p, d.s
	var err error
	switch in := in.(type) {
	case *Start:
		d.start(in)
	case *Dispatch:
		d.dispatch(in)
	case *CallDone:
		d.callDone(in)
	case *ChildDone:
		d.childDone(in)
	case *Asked:
		d.asked(in)
	case *TimerDue:
		d.timerDue(in)
	case *Recover:
		d.recover(in)
	case *Poison:
		d.poison(in)
	case *Retry:
		if err = s.owned("retry"); err == nil {
			err = d.retry(in)
		}
	case *Restart:
		if err = s.owned("restart"); err == nil {
			err = d.restart(in)
		}
	case *Cancel:
		if err = s.owned("cancel"); err == nil {
			err = d.cancel(in)
		}
	case *Pause:
		err = d.pause(in)
	case *Resume:
		err = d.resume(in)
	case *Undo:
		if err = s.owned("compensate"); err == nil {
			err = d.compensate(in)
		}
	case *Approve:
		err = d.approve(in)
	case *Send:
		err = d.send(in)
	case *Resolve:
		err = d.resolve(in)
	case *RetryNow:
		err = d.retryNow(in)
	case *StopRetrying:
		err = d.stopRetrying(in)
	case *Unreadable:
		err = &Refusal{Invalid, in.Why}
	}
	if err == nil {
		err = d.blocks()
	}
	if err != nil {
		return nil, nil, err
	}
	if len(d.facts) > 0 && p != nil {
		d.finish()
	}
	d.tellParent()
	return d.facts, d.cmds, nil
}

// decider is one Decide under way.
type decider struct {
	p     *check.Program
	s     *State
	now   time.Time
	facts []Fact
	cmds  []Command
	queue []turn // a queue, because a chain of a thousand `set` steps must not be a thousand frames deep
	busy  bool
	tell  bool         // the run has ended, or is asked what it cannot do any more
	unfit *fault.Fault // why it cannot do what it is asked
	halts bool         // a failure is the server's, not the step's: no error port handles it

	others map[int]*check.Program // the flow's other versions that are known here
	repair
}

// turn is a step whose join has been decided.
type turn struct {
	step *check.Step
	dead string // the dead edge because of which it is skipped; "": it starts
}

func (d *decider) emit(f Fact) {
	d.store(f)
	Apply(d.s, f, d.now)
	d.facts = append(d.facts, f)
	switch f.(type) {
	case *RunSucceeded, *RunFailed, *RunCancelled, *RunCompensated, *RunCompensationFailed:
		d.tell = true
	}
}

func (d *decider) command(c Command) { d.cmds = append(d.cmds, c) }

func (d *decider) start(in *Start) {
	if d.s.ID != "" {
		return
	}
	d.emit(&RunStarted{ID: in.ID, Flow: d.p.Flow, Version: in.Version, Input: in.Input, By: in.By, Deadline: d.runDeadline(), Parent: in.Parent})
	d.enterRoots()
	d.drain()
}

// enterRoots queues the steps that need no other.
func (d *decider) enterRoots() {
	for _, st := range d.p.Steps {
		if len(st.In) == 0 {
			d.queue = append(d.queue, turn{step: st})
		}
	}
}

// poison stops a run where it stands. What was called is judged by the next owner's Recover.
func (d *decider) poison(in *Poison) {
	if d.s.ID == "" && in.Start != nil {
		d.emit(&RunStarted{ID: in.Start.ID, Flow: in.Flow, Version: in.Start.Version, Input: in.Start.Input, By: in.Start.By, Parent: in.Start.Parent})
	}
	if d.s.Ended == "" {
		d.askAll(Asked{Ask: AskExpire, Fault: &fault.Fault{Class: fault.Cancelled, Effect: fault.None, Message: "the run that started this one was stopped"}})
	}
	switch {
	case d.s.ID == "":
	case d.s.Ended != "":
	case d.s.Phase == PhaseCompensating:
		d.emit(&RunCompensationFailed{Item: NoItem, Fault: in.Fault})
	default:
		d.emit(&RunFailed{Item: NoItem, Fault: in.Fault})
	}
}

// drain starts or skips the steps whose turn has come, and those whose turn comes by that.
func (d *decider) drain() {
	if d.busy {
		return
	}
	d.busy = true
	for len(d.queue) > 0 {
		t := d.queue[0]
		d.queue = d.queue[1:]
		switch s := d.s.step(t.step.Name); {
		case s.Stale:
			d.revisit(t.step, s, t.dead)
		case s.Held && s.Planned && s.Status == Running:
			d.advance(t.step)
		case s.Status != Pending: // queued twice: a second edge of its join settled in the same decision
		case t.dead != "":
			d.skip(t.step, t.dead, "")
		default:
			d.begin(t.step, s)
		}
	}
	d.busy = false
}

// begin starts a step whose join is satisfied, or holds it.
func (d *decider) begin(st *check.Step, s *Step) {
	switch {
	case d.s.Phase == PhaseForward && d.s.Ended == "" && !d.s.Paused:
		d.enter(st)
	case !s.Held:
		d.emit(&StepHeld{Step: st.Name})
	}
}

// enter asks a step's condition and starts its work.
func (d *decider) enter(st *check.Step) {
	if st.If != nil {
		yes, err := st.If.EvalBool(d.scope(NoItem, nil))
		if err != nil {
			d.fail(st, NoItem, exprFault(err))
			return
		}
		if !yes {
			d.skip(st, "", st.If.Source())
			return
		}
	}
	d.run(st)
}

// run starts a step's work.
func (d *decider) run(st *check.Step) {
	switch st.Kind {
	case flow.Call:
		d.setDeadline(st)
		if st.ForEach != nil {
			d.plan(st)
			return
		}
		d.schedule(st, Ref{Step: st.Name, Item: NoItem}, 1)
	case flow.SubFlow:
		d.setDeadline(st)
		if st.ForEach != nil {
			d.plan(st)
			return
		}
		d.startChild(st, Ref{Step: st.Name, Item: NoItem})
	case flow.Switch:
		d.branch(st)
	case flow.Set:
		out, err := st.Set.Eval(d.scope(NoItem, nil))
		if err != nil {
			d.fail(st, NoItem, exprFault(err))
			return
		}
		d.complete(st, &StepCompleted{Output: out.JSON()}, flow.PortDone)
	case flow.Wait:
		d.wait(st)
	case flow.Signal:
		d.await(st)
	case flow.Approval:
		d.ask(st)
	case flow.Fail:
		d.failStep(st)
	}
}

// finish concludes the run, or its next phase, when nothing is left to wait for.
func (d *decider) finish() {
	s := d.s
	if s.Ended != "" || s.ID == "" {
		return
	}
	switch s.Phase {
	case PhaseForward:
		if s.Settled == len(d.p.Steps) {
			d.succeed()
		}
	case PhaseFailing:
		switch {
		case s.InFlight > 0:
		case d.p.OnFailure == flow.Compensate:
			if !s.Paused { // undoing is something new, too
				d.startUndo("")
			}
		case s.Uncertain == 0:
			d.emit(&RunFailed{Step: s.Failure.Step, Item: s.Failure.Item, Fault: s.Failure.Fault})
		}
	case PhaseCancelling:
		switch {
		case s.InFlight > 0:
		case s.CancelThen == flow.Compensate:
			d.startUndo(s.CancelledBy)
		case s.Uncertain == 0:
			d.emit(&RunCancelled{})
		}
	case PhaseCompensating:
		if d.finishUndo(); s.Phase != PhaseCompensating { // it was a restart's, and the run goes on
			d.finish()
		}
	}
}

func (d *decider) succeed() {
	if d.p.Output == nil {
		d.emit(&RunSucceeded{})
		return
	}
	out, err := d.p.Output.Eval(d.scope(NoItem, nil))
	if err != nil {
		d.emit(&RunFailed{Item: NoItem, Fault: *exprFault(err)})
		return
	}
	d.emit(&RunSucceeded{Output: out.JSON()})
}

// complete settles a step that ended well. done are its live ports; every other edge is dead.
func (d *decider) complete(st *check.Step, f *StepCompleted, live ...string) {
	f.Step = st.Name
	f.Edges = d.edges(st, live...)
	d.emit(f)
	d.propagate(st, f.Edges)
}

func (d *decider) skip(st *check.Step, because, condition string) {
	f := &StepSkipped{Step: st.Name, Because: because, If: condition, Edges: d.edges(st)}
	d.emit(f)
	d.propagate(st, f.Edges)
}

// fail ends a step with a failure: handled if its error port is wired and the run is not being stopped, by a person or because its time is over.
func (d *decider) fail(st *check.Step, item int, f *fault.Fault) {
	handled := st.Wired(flow.PortError) && !d.halts && !d.s.TimedOut && (d.s.Phase == PhaseForward || d.s.Phase == PhaseFailing)
	fact := &StepFailed{Step: st.Name, Item: item, Fault: *f, Handled: handled}
	if handled {
		fact.Edges = d.edges(st, flow.PortError)
	}
	d.emit(fact)
	if handled {
		d.propagate(st, fact.Edges)
	}
}

// edges lists a step's edges as settled: those of the live ports live, the others dead.
func (d *decider) edges(st *check.Step, live ...string) []Settled {
	if len(st.Out) == 0 {
		return nil
	}
	out := make([]Settled, len(st.Out))
	for i, e := range st.Out {
		alive := false
		for _, port := range live {
			alive = alive || port == e.Port
		}
		out[i] = Settled{st.Name, e.Port, d.p.Steps[e.To].Name, alive}
	}
	return out
}

// propagate applies the truth table of joins to the steps behind one that has just settled. settled are its edges, in the order of st.Out.
func (d *decider) propagate(st *check.Step, settled []Settled) {
	for i := 0; i < len(st.Out); {
		to, dead := d.p.Steps[st.Out[i].To], ""
		for ; i < len(st.Out) && st.Out[i].To == to.Index; i++ { // sorted by target: two edges into one join are looked at once
			if !settled[i].Live && dead == "" {
				dead = settled[i].From + "." + settled[i].Port
			}
		}
		d.join(to, dead)
	}
	d.drain()
}

// join judges a step some of whose edges have just settled; dead names one of them that is dead, if any is.
func (d *decider) join(to *check.Step, dead string) {
	st := d.s.step(to.Name)
	switch {
	case !to.Any && st.Dead > 0, to.Any && st.Dead == len(to.In):
		if dead != "" { // else it was queued at its first dead edge
			d.queue = append(d.queue, turn{to, dead})
		}
	case st.Live+st.Dead == len(to.In):
		d.queue = append(d.queue, turn{step: to})
	}
}
