package planner

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// differs says why a step, as the run's version has it now, would not have done what it did; "": it would. What is asked for counts, and of whom: not
// how long it may take, how often it is tried, or what undoes it.
func (d *decider) differs(st *check.Step, s *Step) string {
	if why := d.otherShape(st); why != "" {
		return why
	}
	if st.If != nil {
		yes, err := st.If.EvalBool(d.scope(NoItem, nil))
		if err != nil {
			return "its condition cannot be evaluated: " + exprFault(err).Message
		}
		if !yes && s.Status != Skipped {
			return "its condition is false on this version: " + st.If.Source()
		}
		if !yes {
			return ""
		}
	}
	if s.Status == Skipped {
		return "this version does not skip it"
	}
	switch st.Kind {
	case flow.Set:
		out, err := st.Set.Eval(d.scope(NoItem, nil))
		if err != nil {
			return "its values cannot be computed: " + exprFault(err).Message
		}
		if s.Result == nil || !bytes.Equal(d.keep(out.JSON()), s.Result.JSON()) {
			return "its values are others on this version"
		}
	case flow.Switch:
		b, _, err := d.choose(st)
		if err != nil {
			return "its conditions cannot be evaluated: " + exprFault(err).Message
		}
		if b == nil || b.Name != s.Port {
			return "it takes another branch on this version"
		}
	case flow.Wait:
		return d.otherWait(st, s)
	case flow.Approval:
		if st.ApprovalTitle != nil {
			v, err := st.ApprovalTitle.Eval(d.scope(NoItem, nil))
			if err != nil {
				return "its title cannot be made: " + exprFault(err).Message
			}
			if title, f := d.words("the title", v); f != nil || title != s.Title {
				return "it asks for something else on this version"
			}
		}
	case flow.Signal:
		if st.Signal != s.Awaits {
			return "it waits for another signal on this version"
		}
	case flow.Call, flow.SubFlow:
		if s.Planned {
			return d.otherItems(st, s)
		}
		return d.otherCall(st, Ref{Step: st.Name, Item: NoItem}, &s.Unit)
	case flow.Fail:
	}
	return ""
}

// otherShape says why a step is not the same kind of thing any more.
func (d *decider) otherShape(st *check.Step) string {
	old := d.old.Step(st.Name)
	switch {
	case old == nil:
		return "the version that the run was on had no such step"
	case old.Kind != st.Kind:
		return "it was a " + string(old.Kind) + ", and is a " + string(st.Kind) + " on this version"
	case (old.ForEach == nil) != (st.ForEach == nil):
		return "for_each makes it another step on this version"
	case (old.Until == nil) != (st.Until == nil):
		return "until makes it another step on this version"
	case st.Kind == flow.SubFlow && old.Child.Flow != st.Child.Flow:
		return "it runs another flow on this version, " + quote(st.Child.Flow)
	}
	return ""
}

// otherItems says why the items of a for_each would not have been what they were.
func (d *decider) otherItems(st *check.Step, s *Step) string {
	list, err := st.ForEach.EvalList(d.scope(NoItem, nil))
	if err != nil {
		return "its list cannot be computed: " + exprFault(err).Message
	}
	if len(list) != len(s.List) {
		return "its list has " + itoa(len(list)) + " items on this version, and had " + itoa(len(s.List))
	}
	for i, v := range list {
		if !bytes.Equal(d.keep(v.JSON()), s.List[i].JSON()) {
			return "item " + itoa(i) + " of its list is another one on this version"
		}
	}
	partly := s.Status != Succeeded && !s.Handled
	for i, u := range s.Items {
		if u == nil || !u.Did() && !u.Maybe && u.State != Waiting {
			continue
		}
		if was := d.stepOf(u.Edition, st.Name); partly && d.undoneElse(was, st) {
			return "some items have completed, and this version undoes them only in part: what undoes a step must be there for all of its items, or for none"
		}
		if !u.Did() {
			continue
		}
		if why := d.otherCall(st, Ref{Step: st.Name, Item: i}, u); why != "" {
			return "of item " + itoa(i) + ", " + why
		}
	}
	return ""
}

// undoneElse reports whether two versions do not agree on what of a step is undone.
func (d *decider) undoneElse(was, is *check.Step) bool {
	return (was.Compensate == nil) != (is.Compensate == nil) || was.UndoAttempts != is.UndoAttempts
}

// otherCall says why a unit that completed would not have been called as it was.
func (d *decider) otherCall(st *check.Step, r Ref, u *Unit) string {
	if st.Kind == flow.Call && u.Function != "" && st.Call.Function != u.Function {
		return "it calls " + quote(st.Call.Function) + " on this version, and called " + quote(u.Function)
	}
	if u.Child != "" && u.State != Succeeded && u.Version != st.Child.Version {
		return "its run was on version " + itoa(u.Version) + " of " + quote(u.Flow) + ", and this version runs version " + itoa(st.Child.Version)
	}
	if st.Until != nil {
		return d.otherLoop(st)
	}
	if u.In != nil {
		ask := d.input
		if st.Kind == flow.SubFlow {
			ask = d.childInput
		}
		in, f := ask(st, r)
		if f != nil {
			return "its input cannot be made on this version: " + f.Message
		}
		if !bytes.Equal(in, u.In.JSON()) {
			return "its input is another one on this version: " + shorten(string(expr.Shown(in)))
		}
	}
	if st.Kind == flow.Call && u.State == Succeeded {
		if whole := d.s.Inline(u.Out.JSON()); !expr.HasPayloads(whole) {
			if f := st.Call.BreachOfOutput(whole); f != nil {
				return "what it gave breaks the contract of this version: " + f.Message
			}
		}
	}
	return ""
}

// otherLoop compares a loop by its text: what its iterations but the last were given is not kept.
func (d *decider) otherLoop(st *check.Step) string {
	old := d.old.Step(st.Name)
	var was, is *expr.Template
	if st.Kind == flow.Call {
		was, is = old.Call.With, st.Call.With
	} else {
		was, is = old.Child.With, st.Child.With
	}
	switch {
	case !was.Same(is):
		return "its iterations are given something else on this version"
	case old.Until.Condition.Source() != st.Until.Condition.Source():
		return "its loop ends on another condition on this version: " + st.Until.Condition.Source()
	}
	for _, p := range append(is.Programs(), st.Until.Condition) {
		for _, path := range p.Reads() {
			if path.Root == "steps" && d.moved[path.Step] {
				return "its iterations read " + quote(path.Step) + ", which gives something else on this version"
			}
		}
	}
	return ""
}

// otherWait says why a wait would not have ended when it did.
func (d *decider) otherWait(st *check.Step, s *Step) string {
	old := d.old.Step(st.Name)
	if st.WaitUntil == nil {
		if old.WaitUntil != nil || old.WaitFor != st.WaitFor {
			return "it waits for " + flow.FormatDuration(st.WaitFor) + " on this version"
		}
		return ""
	}
	v, err := st.WaitUntil.Eval(d.scope(NoItem, nil))
	if err != nil {
		return "its time cannot be computed: " + exprFault(err).Message
	}
	until, err := time.Parse(time.RFC3339Nano, plain(d.s.Inline(v.JSON())))
	if err != nil {
		return "its time is none: " + shorten(string(expr.Shown(v.JSON())))
	}
	at := s.Until
	if s.Status == Succeeded {
		var out struct{ Until time.Time }
		if json.Unmarshal(s.Result.JSON(), &out) == nil {
			at = out.Until
		}
	}
	if !until.Equal(at) {
		return "it waits until " + until.UTC().Format(time.RFC3339) + " on this version"
	}
	return ""
}
