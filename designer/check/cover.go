package check

import (
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// checkBranches proves that a switch takes a branch whatever the values are, and that each branch is taken for some. A nil program is always true.
// Of a switch with a broken condition nothing is said.
func (k *compiler) checkBranches(i int, conditions []*expr.Program) {
	w := &k.d.Steps[i]
	sure := false
	for _, c := range conditions {
		sure = sure || c == nil
	}
	found := expr.Cover(conditions, k.env(scope{step: i, field: "switch"}))
	for _, dead := range found.Dead {
		b := w.Switch[dead.Index]
		field := "switch." + b.Name
		switch {
		case len(dead.Behind) == 0:
			k.report(flow.Warning, b.Pos, w.Name, field, "remove it, or mend its condition", "the branch `%s` is never taken: its condition is never true", b.Name)
		case len(dead.Behind) == 1:
			before := w.Switch[dead.Behind[0]].Name
			why := "whenever its condition is true, that of `" + before + "` before it is, too"
			if conditions[dead.Behind[0]] == nil {
				why = "`" + before + "` before it is always true"
			}
			k.report(flow.Warning, b.Pos, w.Name, field, "move it before `"+before+"`", "the branch `%s` is never taken: %s", b.Name, why)
		default:
			var before []string
			for _, j := range dead.Behind {
				before = append(before, w.Switch[j].Name)
			}
			k.report(flow.Warning, b.Pos, w.Name, field, "remove it, or change those before", "the branch `%s` is never taken: %s before it take all of its cases", b.Name, listed(before))
		}
	}
	if sure || found.Complete {
		return
	}
	hint, otherwise := "add `otherwise: true` as the last branch", false
	for _, b := range w.Switch {
		otherwise = otherwise || b.Name == "otherwise"
	}
	if otherwise {
		hint = "make `otherwise` the last branch and its condition `true`"
	}
	missing := ""
	if found.Missing != "" {
		missing = ": none is where " + found.Missing
	}
	is := k.stepIssue(flow.Error, i, "switch", hint, "no branch of the switch is sure to be true%s", missing)
	if !otherwise {
		k.addOtherwise(is, i)
	}
}

// checkIf warns of an `if` that always comes out the same.
func (k *compiler) checkIf(i int, p *expr.Program) {
	if p == nil {
		return
	}
	found := expr.Cover([]*expr.Program{p}, k.env(scope{step: i, field: "if"}))
	switch name := k.names[i]; {
	case found.Complete:
		k.stepIssue(flow.Warning, i, "if", "leave it out", "the `if` of `%s` is always true", name)
	case len(found.Dead) > 0:
		k.stepIssue(flow.Warning, i, "if", "remove the step, or mend the condition", "the `if` of `%s` is never true, so the step never runs", name)
	}
}

// maxGiven bounds the conditions that are carried from step to step.
const maxGiven = 24

// given is what is known, from the conditions of switches and `if`s, where an expression of a step stands: what leads to the step came out that way.
func (k *compiler) given(sc scope) *expr.Known {
	if sc.step < 0 || k.vague[sc.step] {
		return nil
	}
	if k.givens == nil {
		k.findGivens()
	}
	i := sc.step
	before := sc.field == "if"
	if k.typing.known[i][b2i(before)] == nil {
		all := k.givens[i]
		if own := k.condition(k.d.Steps[i].If); own != nil && !before {
			all = append(all[:len(all):len(all)], expr.Given{Program: own, Is: true})
		}
		if len(all) == 0 {
			return nil
		}
		k.typing.known[i][b2i(before)] = expr.Know(all)
	}
	known := k.typing.known[i][b2i(before)]
	if name, ok := strings.CutPrefix(sc.field, "switch."); ok { // the branches before were not taken
		known = k.notBefore(i, name, known)
	}
	return known
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (k *compiler) notBefore(i int, branch string, known *expr.Known) *expr.Known {
	all := k.givens[i]
	if own := k.condition(k.d.Steps[i].If); own != nil {
		all = append(all[:len(all):len(all)], expr.Given{Program: own, Is: true})
	}
	n := len(all)
	for _, b := range k.d.Steps[i].Switch {
		if b.Name == branch {
			break
		}
		if p := k.condition(&b.When); p != nil {
			all = append(all[:len(all):len(all)], expr.Given{Program: p})
		}
	}
	if len(all) == n {
		return known
	}
	return expr.Know(all)
}

// condition compiles a condition, whatever is wrong with it elsewhere.
func (k *compiler) condition(e *flow.Expr) *expr.Program {
	if e == nil || e.Source == "" || e.Source == "true" {
		return nil
	}
	key := exprKey{source: e.Source}
	c, ok := k.compiled[key]
	if !ok {
		c.program, c.problems = expr.Compile(e.Source, expr.Options{})
		k.compiled[key] = c
	}
	return c.program
}

// findGivens finds, for each step, the conditions that have come out one way whenever it starts.
func (k *compiler) findGivens() {
	k.givens = make([][]expr.Given, len(k.steps))
	for _, i := range k.order() {
		s := k.steps[i]
		if s.Any && len(s.In) > 1 || k.vague[i] {
			continue
		}
		var all []expr.Given
		seen := map[expr.Given]bool{}
		add := func(g expr.Given) {
			if g.Program != nil && !seen[g] {
				seen[g] = true
				all = append(all, g)
			}
		}
		for _, e := range s.In {
			from := &k.d.Steps[e.From]
			for _, g := range k.givens[e.From] {
				add(g)
			}
			if e.Port == flow.PortError {
				continue // it may be the condition that failed
			}
			add(expr.Given{Program: k.condition(from.If), Is: true})
			if from.Kind != flow.Switch || e.Port == flow.PortDone {
				continue
			}
			for j := range from.Switch {
				b := &from.Switch[j]
				taken := b.Name == e.Port
				add(expr.Given{Program: k.condition(&b.When), Is: taken})
				if taken {
					break
				}
			}
		}
		if n := len(all); n > maxGiven { // the last are the nearest
			all = all[n-maxGiven:]
		}
		k.givens[i] = all
	}
}
