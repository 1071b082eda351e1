package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// How long calls take in a trial: those that shall end before the failing one, and itself. Those that shall end after it take as long as all its
// attempts, and midst more. They are short, because steps have deadlines and runs have time limits.
const (
	soon  = time.Millisecond
	midst = time.Second
)

// trial is one run of the matrix.
type trial struct {
	w       *world
	target  *place // the unit that fails; nil: none does
	nth     int    // of a loop: the iteration whose call fails; 0: none in particular
	fault   string
	variant int
	late    map[string]bool // the steps that end after the target

	play    *play
	actors  *actors
	ledger  *ledger
	applied bool // the fault has come to pass
	mended  bool // from now on nothing fails
	pressed int
}

func newTrial(ctx context.Context, w *world, target *place, fault string) *trial {
	t := &trial{w: w, target: target, fault: fault, ledger: newLedger(w), actors: newActors(w.scripts), play: newPlay(ctx, w.m.s)}
	t.actors.healthy = true
	t.ledger.play = t.play
	t.play.deaf = true
	t.play.patient = true
	t.play.answer = t.answer
	t.play.noticed = t.notice
	t.play.resting = t.rest
	t.applied = target == nil
	return t
}

func (t *trial) run() {
	t.play.send(t.w.signals)
	t.play.run(t.w.input)
}

// hits reports whether a call is of the unit that fails.
func (t *trial) hits(in runtime.Invoke) bool {
	r, m := in.Ref, t.play.member(in.Run)
	if t.nth > 0 && !r.Undo && in.Iteration != t.nth {
		return false
	}
	return t.target != nil && !t.mended && m.path == t.target.path && r.Step == t.target.Step && r.Item == t.target.Item && r.Undo == (t.fault == "compensation")
}

func (t *trial) answer(in runtime.Invoke, call *check.Call) (reply, string) {
	out := t.good(in, call)
	r := reply{output: out, takes: t.takes(place{t.play.member(in.Run).path, in.Ref})}
	if !t.hits(in) {
		if in.Undo {
			t.ledger.undid(in, in.Attempt > 1 && call.Idempotent)
		} else {
			t.ledger.did(in, call, out)
		}
		return r, ""
	}
	t.applied = true
	fails := func(class fault.Class, effect fault.Effect, message string) (reply, string) {
		return reply{takes: r.takes, fault: &fault.Fault{Class: class, Effect: effect, Message: message}}, ""
	}
	switch {
	case t.fault == "compensation" && t.variant == 0:
		return fails(fault.Unavailable, fault.None, "the undo fails before its effect")
	case t.fault == "compensation":
		t.ledger.undid(in, in.Attempt > 1 && call.Idempotent)
		return fails(fault.FunctionError, fault.Maybe, "the undo fails after its effect")
	case t.fault == "before":
		return fails(fault.Unavailable, fault.None, "the call fails before its effect")
	case t.fault == "unknown" && t.variant == 0:
		return fails(fault.Timeout, fault.Maybe, "no answer, and nothing happened")
	}
	t.ledger.did(in, call, out)
	switch t.fault {
	case "unknown":
		return fails(fault.Timeout, fault.Maybe, "no answer, though it happened")
	case "contract":
		return reply{takes: r.takes, output: broken(call)}, ""
	}
	return fails(fault.FunctionError, fault.Maybe, "the call fails after its effect")
}

// takes is how long a call takes.
func (t *trial) takes(r place) time.Duration {
	switch {
	case t.target == nil || r.Undo:
		return soon
	case r == *t.target:
		return midst
	case t.late[r.step()]:
		return t.longest()
	}
	return soon
}

// longest is more than all attempts of the target can take.
func (t *trial) longest() time.Duration {
	retry, loop := check.Retry{}, (*check.Until)(nil)
	for _, st := range t.w.m.placesOf(t.w.m.s.Program, "") {
		if st.name == t.target.step() {
			retry, loop = st.Call.Retry, st.Until
		}
	}
	d := 2 * midst
	for n := 1; n < retry.MaxAttempts; n++ {
		d += retry.Delay(n) + midst
	}
	if loop != nil {
		d = (d + loop.Every) * time.Duration(t.w.iterations[*t.target]+1)
	}
	return d
}

// good is what a function returns when all is well: as a scenario says, or a sample of its contract in which the texts are this unit's own.
func (t *trial) good(in runtime.Invoke, call *check.Call) []byte {
	if r, problem := t.actors.answer(in, call); problem == "" && call.BreachOfOutput(r.output) == nil && len(t.w.scripts[in.Function]) > 0 {
		return r.output
	}
	sample := example(call.Output)
	mark := t.mark(in)
	own, err := json.Marshal(mapTexts(plainValue(sample), "", func(string, string) string { return mark }))
	if err != nil || call.BreachOfOutput(own) != nil {
		return sample
	}
	return own
}

// mark names a call in what it returns: by its key, with the run's path for its id.
func (t *trial) mark(in runtime.Invoke) string {
	m := t.play.member(in.Run)
	return m.path + strings.TrimPrefix(in.Key, m.uuid+"/")
}

// broken is an output that a function's contract does not allow; nil if it allows everything.
func broken(call *check.Call) []byte {
	for _, raw := range []string{`null`, `"?"`, `[]`, `{}`, `0`} {
		if call.BreachOfOutput([]byte(raw)) != nil {
			return []byte(raw)
		}
	}
	return nil
}

// notice has people do what they can: they answer approvals as scripted, and say the truth about what is uncertain.
func (t *trial) notice(m *member, f planner.Fact) {
	switch f := f.(type) {
	case *planner.StepWaiting:
		i := slices.IndexFunc(t.w.people, func(a project.Approval) bool { return a.Step == plainPath(m.path)+f.Step })
		if !f.Ask || i < 0 {
			return
		}
		a := t.w.people[i]
		t.play.after(a.After, func() {
			t.play.postTo(m, &planner.Approve{Step: f.Step, Approved: a.Approved, By: a.By, Comment: a.Comment})
		})
	case *planner.CallFailed:
		if f.Next == planner.NextUncertain {
			r := f.Ref
			t.play.after(soon, func() { t.resolve(m, r) })
		}
	case *planner.StepCompleted:
		if t.fault == "compensation" && m.path == t.target.path && f.Step == t.target.Step && t.pressed == 0 {
			t.pressed++
			t.play.after(0, func() { t.play.post(&planner.Cancel{By: "test", Then: flow.Compensate}) })
		}
	}
}

func (t *trial) resolve(m *member, r planner.Ref) {
	in := &planner.Resolve{Step: r.Step, Item: r.Item, By: "test"}
	forward := planner.Ref{Step: r.Step, Item: r.Item}
	e := t.ledger.of(m, forward)
	call := t.play.callOf(m.number, r)
	u := m.state.Unit(r)
	if u == nil {
		return
	}
	key := u.Key(m.uuid, r)
	if u.Iteration > 0 {
		e = t.ledger.effects[key] // and not that of an iteration before
	}
	happened := e != nil && (!r.Undo || e.undone)
	switch {
	case happened:
		in.As = planner.Happened
		in.Output = t.good(runtime.Invoke{Run: m.number, Invoke: &planner.Invoke{Ref: r, Key: key, Function: call.Function, Input: u.In.JSON()}}, call)
	case r.Undo:
		t.mended = true
		in.As = planner.DidNotHappen
	default:
		in.As = planner.DidFail
	}
	t.play.postTo(m, in)
}

// rest presses what a person would: Compensate after a failure of a flow that can undo, and Retry, once all is well again, after one of the undoing.
func (t *trial) rest() bool {
	switch t.play.state.Status() {
	case planner.StatusFailed:
		if !t.w.m.saga || t.pressed > 3 {
			return false
		}
		t.pressed++
		t.play.post(&planner.Undo{By: "test"})
		return true
	case planner.StatusCompensationFailed:
		if t.pressed > 3 {
			return false
		}
		t.pressed++
		t.mended = true
		t.play.post(&planner.Retry{By: "test"})
		return true
	}
	return false
}

// findings judges how the run has ended.
func (t *trial) findings() []Finding {
	l, s := t.ledger, t.play.state
	for _, text := range t.play.trouble {
		l.report(FoundNoEnd, "%s", text)
	}
	status := s.Status()
	switch {
	case !status.Terminal():
		l.report(FoundNoEnd, "the run stays %s for ever%s", status, t.waiting())
	case status == planner.StatusCompensationFailed:
		r := planner.Ref{Step: s.Failure.Step, Item: s.Failure.Item}
		l.report(FoundNoEnd, "the compensation never ends: the undo of `%s` fails however often it is retried: %s", unitName(r), s.Failure.Fault.Message)
	}
	if !t.w.m.saga || !status.Terminal() || status == planner.StatusFailed {
		return l.found
	}
	for _, e := range l.left() {
		u := e.m.state.Unit(e.ref)
		bare := e.m.program.Step(e.ref.Step).Compensate == nil
		switch {
		case t.fault == "compensation" && bare: // the Cancel that begins it all comes when it likes; what else fails then is told by other cells
		case status == planner.StatusSucceeded && u != nil && u.State == planner.Succeeded:
		case status == planner.StatusSucceeded:
			l.report(FoundLeft, "what `%s` did is left, though the step failed and the run went on", e.name())
		case bare:
			l.report(FoundLeft, "what `%s` did is left: the step has no `compensate`", e.name())
		case u != nil && u.Maybe && !e.m.program.Step(e.ref.Step).UndoAttempts:
			l.report(FoundLeft, "what `%s` did is left: it did not complete, and its `compensate` is not `after: attempt`", e.name())
		default:
			l.report(FoundLeft, "what `%s` did is left: nothing undoes it", e.name())
		}
	}
	return l.found
}

// waiting says for what a run waits.
func (t *trial) waiting() string {
	for _, m := range t.play.members {
		for _, st := range m.program.Steps {
			if s := m.state.Steps[st.Name]; s != nil && (s.Status == planner.Waiting || s.Show() == planner.Uncertain) {
				return fmt.Sprintf(": `%s` is %s", m.path+st.Name, s.Show())
			}
		}
	}
	return ""
}

// orderText says what ended when beside the target.
func (t *trial) orderText() string {
	if len(t.late) == 0 || t.target == nil {
		return ""
	}
	var words []string
	for _, name := range sortedKeys(t.late) {
		what, when := "`"+name+"` ends", "before"
		if name == t.target.step() {
			what = "its other items end"
		}
		if t.late[name] {
			when = "after"
		}
		words = append(words, what+" "+when+" it")
	}
	return ", " + strings.Join(words, ", ")
}
