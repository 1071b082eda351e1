package check

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// step compiles what the i-th step does.
func (k *compiler) step(i int) {
	w := &k.d.Steps[i]
	s := k.steps[i]
	at := func(field string) scope { return scope{step: i, field: field} }
	s.If = k.program(w.If, at("if"), "bool")
	k.checkIf(i, s.If)
	if w.Kind != flow.Call {
		k.onlyOnCalls(i)
	}
	switch w.Kind {
	case flow.Call:
		k.callStep(i)
	case flow.SubFlow:
		k.childStep(i)
	case flow.Switch:
		k.switchStep(i)
	case flow.Set:
		if w.Set.Kind != flow.Map && !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "set", "", "`set` must be a mapping of values")
		}
		s.Set = k.template(w.Set, at("set"))
	case flow.Wait:
		k.waitStep(i)
	case flow.Signal:
		k.signalStep(i)
	case flow.Approval:
		s.ApprovalTitle = k.template(w.Approval.Title, at("approval.title"))
		s.ApprovalTimeout = w.Approval.Timeout
		if w.Approval.Title.Kind == flow.Absent && !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "approval", "add `title: …`, the question that a person is asked", "`approval` has no `title`")
		}
	case flow.Fail:
		s.FailMessage = k.template(w.Fail.Message, at("fail.message"))
		if w.Fail.Message.Kind == flow.Absent && !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "fail", "add `message: …`", "`fail` has no `message`")
		}
	default:
		if !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "", "give it one of call, flow, switch, set, wait, signal, approval, fail", "the step `%s` has no kind", w.Name)
		}
	}
}

// onlyOnCalls refuses what only a call can have. The parser says the same of a text; a Definition may come from elsewhere.
func (k *compiler) onlyOnCalls(i int) {
	w := &k.d.Steps[i]
	if k.broken[w.Name] {
		return
	}
	if w.ForEach != nil && w.Kind != flow.SubFlow {
		k.stepIssue(flow.Error, i, "for_each", "put the loop on a `call` or `flow` step", "`for_each` belongs to a `call` or `flow` step; this is a `%s` step", w.Kind)
	}
	if w.Until != nil && w.Kind != flow.SubFlow {
		k.stepIssue(flow.Error, i, "until", "put the loop on a `call` or `flow` step", "`until` belongs to a `call` or `flow` step; this is a `%s` step", w.Kind)
	}
	if w.Compensate != nil {
		k.stepIssue(flow.Error, i, "compensate", "", "`compensate` belongs to a `call` step; this is a `%s` step", w.Kind)
	}
}

func (k *compiler) switchStep(i int) {
	w, s := &k.d.Steps[i], k.steps[i]
	if len(w.Switch) == 0 {
		if !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "switch", "", "`switch` has no branches")
		}
		return
	}
	broken := false
	var conditions []*expr.Program
	seen := map[string]bool{}
	for j := range w.Switch {
		b := &w.Switch[j]
		field := "switch." + b.Name
		if seen[b.Name] {
			k.report(flow.Error, b.Pos, w.Name, field, "choose another name", "there is another branch `%s`", b.Name)
		}
		seen[b.Name] = true
		if b.Name == flow.PortDone || b.Name == flow.PortError {
			k.report(flow.Error, b.Pos, w.Name, field, "choose another name", "`%s` can't name a branch: every step has a port of that name", b.Name)
		}
		out := Branch{Name: b.Name, Source: b.When.Source}
		switch {
		case b.Always || strings.TrimSpace(b.When.Source) == "true":
			out.Source = "true"
			conditions = append(conditions, nil)
		case b.When.Source == "":
			broken = true
			if !k.broken[w.Name] {
				k.report(flow.Error, b.Pos, w.Name, field, "write for example `${{ input.amount > 10000 }}`", "the branch `%s` has no condition", b.Name)
			}
		default:
			out.When = k.program(&b.When, scope{step: i, field: field}, "bool")
			broken = broken || out.When == nil
			conditions = append(conditions, out.When)
		}
		s.Branches = append(s.Branches, out)
	}
	if !broken {
		k.checkBranches(i, conditions)
	}
}

func (k *compiler) waitStep(i int) {
	w, s := &k.d.Steps[i], k.steps[i]
	s.WaitFor = w.Wait.For
	if w.Wait.Until.Kind == flow.Absent {
		if w.Wait.For <= 0 && !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "wait", "write `wait: 10s` or `wait: {until: …}`", "`wait` has neither a duration nor `until`")
		}
		return
	}
	until := k.template(w.Wait.Until, scope{step: i, field: "wait.until"})
	if until.IsLiteral() {
		if problem := notATime(until); problem != "" {
			k.report(flow.Error, w.Wait.Until.Pos, w.Name, "wait.until", "write for example 2026-01-31T08:00:00Z", "`wait.until` must be a time as in RFC 3339, found %s", problem)
		}
	}
	s.WaitUntil = until
}

// notATime gives a literal's text if that is no RFC 3339 time.
func notATime(t *expr.Template) string {
	v, err := t.Eval(nil)
	if err != nil {
		return err.Error()
	}
	var text string
	if json.Unmarshal(v.JSON(), &text) != nil {
		return string(v.JSON())
	}
	if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
		return "`" + text + "`"
	}
	return ""
}
