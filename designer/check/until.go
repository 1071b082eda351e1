package check

import (
	"cmp"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// loop says what an expression of a step with `until` may read beside the rest.
type loop uint8

const (
	noLoop        loop = iota
	loopWith           // `iteration` and `previous`
	loopCondition      // and `output`
)

// loopOf is what the `with` of a step may read.
func loopOf(s *flow.Step) loop {
	if s.Until == nil {
		return noLoop
	}
	return loopWith
}

// noIteration says why there is no iteration at a place.
func (k *compiler) noIteration(sc scope, otherwise string) string {
	if sc.step < 0 {
		return ""
	}
	switch s := &k.d.Steps[sc.step]; {
	case s.Kind != flow.Call && s.Kind != flow.SubFlow:
		return "only a `call` or `flow` step can loop"
	case s.Until != nil:
		return otherwise
	}
	return "add `until: {condition: ${{ … }}}` to the step"
}

// until compiles the loop of a step.
func (k *compiler) until(i int, item bool) *Until {
	w := &k.d.Steps[i]
	u := w.Until
	if u == nil {
		return nil
	}
	if u.Condition == nil {
		if !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "until", "add `condition: ${{ output.done }}`, say", "`until` has no `condition`")
		}
		return nil
	}
	const field = "until.condition"
	out := &Until{Every: cmp.Or(u.Every, flow.DefaultEvery), Max: cmp.Or(u.Max, flow.DefaultMax)}
	out.Condition = k.program(u.Condition, scope{step: i, field: field, item: item, loop: loopCondition}, "bool")
	if out.Condition == nil {
		return nil
	}
	if changes(out.Condition) {
		return out
	}
	if len(out.Condition.Refs()) > 0 {
		k.report(flow.Warning, u.Condition.Pos, w.Name, field, "read `output`, `iteration` or `previous`",
			"this is the same in every iteration: the loop ends after the first, or never before `max`")
		return out
	}
	switch yes, err := out.Condition.EvalBool(nil); {
	case err != nil:
		k.report(flow.Error, u.Condition.Pos, w.Name, field, "read what it returns: `output`", "this can never be evaluated: %s", err)
	case !yes:
		k.report(flow.Error, u.Condition.Pos, w.Name, field, "read what it returns: `output`", "this is never true: the step would loop until `max`, and fail")
	default:
		k.report(flow.Warning, u.Condition.Pos, w.Name, field, "remove `until`, or read what it returns: `output`", "this is always true: there is only one iteration")
	}
	return out
}

// changes reports whether a condition can be another one in another iteration.
func changes(p *expr.Program) bool {
	for _, r := range p.Refs() {
		switch r.Root {
		case expr.RootOutput, expr.RootIteration, expr.RootPrevious:
			return true
		}
	}
	return false
}
