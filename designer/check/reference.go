package check

import (
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// reference checks one path that an expression reads. It returns whether the path may be read there.
func (k *compiler) reference(r expr.Ref, sc scope, pl place) bool {
	if r.Root != expr.RootSteps {
		return true
	}
	pos := pl.at(r.Offset)
	path := expr.Edit{At: r.Offset, Old: "steps." + r.Step}
	i, ok := k.index[r.Step]
	if !ok {
		near := k.nearest(r.Step, k.readable(sc))
		if near == "" {
			near = k.nearest(r.Step, k.names)
		}
		hint := meant(near)
		if near == "" {
			hint = k.mayRead(sc)
		}
		is := k.textIssue(flow.Error, pos, sc, hint, "there is no step `%s`%s", r.Step, k.wouldTake(r.String(), sc))
		if near != "" {
			path.New = "steps." + near
			k.mendExpr(is, pl, path, use("steps."+near))
		}
		return false
	}
	if sc.step >= 0 && !k.readableStep(i, sc) {
		if k.vague[sc.step] {
			return true // what is wrong is with the needs, and was reported
		}
		k.notAncestor(i, r, sc, pos)
		return false
	}
	if r.Field == "output" && k.d.Steps[i].Kind == flow.Fail {
		k.textIssue(flow.Error, pos, sc, "", "`%s` is a `fail` step and has no output", r.Step)
		return false
	}
	return true
}

// mayRead lists the steps that an expression may read, if they are few.
func (k *compiler) mayRead(sc scope) string {
	switch names := k.readable(sc); {
	case len(names) == 0:
		return "no step comes before it"
	case len(names) <= 12:
		return "it may read " + listed(names)
	}
	return ""
}

func (k *compiler) readableStep(i int, sc scope) bool {
	return sc.step < 0 || k.ancestors[sc.step].has(i) || sc.own && i == sc.step
}

// readable lists the steps that an expression may read.
func (k *compiler) readable(sc scope) []string {
	if sc.step < 0 {
		return k.names
	}
	var names []string
	k.ancestors[sc.step].each(func(i int) { names = append(names, k.names[i]) })
	if sc.own {
		names = append(names, k.names[sc.step])
	}
	return names
}

func (k *compiler) notAncestor(i int, r expr.Ref, sc scope, pos flow.Pos) {
	self := k.names[sc.step]
	switch {
	case i == sc.step:
		hint := "only its `compensate` may read it"
		if sc.loop == loopCondition {
			hint = "what this iteration gave is `output`"
		}
		k.textIssue(flow.Error, pos, sc, hint, "`%s` reads its own %s, which is not there before it has run", self, r.Field)
	case k.ancestors[i].has(sc.step):
		k.textIssue(flow.Error, pos, sc, "", "`%s` runs after `%s`, so its %s cannot be read here", r.Step, self, r.Field)
	default:
		hint := "add `" + r.Step + "` to its `needs`"
		near := k.nearest(r.Step, k.readable(sc))
		if near != "" {
			hint += "; or did you mean `" + near + "`?"
		}
		is := k.textIssue(flow.Error, pos, sc, hint, "`%s` is not an ancestor of `%s`", r.Step, self)
		if is != nil && near == "" {
			k.addNeed(is, sc.step, r.Step)
		}
	}
}
