package planner

import (
	"strings"
)

// repaired is a step x that has come to something beside a step that fails, and then the run goes on with another version of x: a column each for one that
// asks for the same, and one that does not. x reads what `of` gives.
func repaired(x string, inputs ...string) []cases {
	column := func(of string) cases {
		return cases{func(p *played) {
			steps := "bad: {call: safe}\nof: {set: {v: 1}}\nx: " + x
			p.flow(steps, append([]string{"start {}"}, inputs...)...)
			if p.w.s.Ended == "" {
				p.do("done bad fail denied none")
			}
			next := strings.Replace(steps, "of: {set: {v: 1}}", "of: {set: {v: "+of+"}}", 1)
			p.w.others[2] = mustCompile(p.t, "name: f\nsteps:\n  "+strings.ReplaceAll(next, "\n", "\n  "), truthFunctions, truthKid)
			p.do("retry-on 2")
		}}
	}
	return []cases{column("1"), column("2")}
}

const reads = `with: {n: "${{ steps.of.output.v }}"}`

// again reports whether x is called now under a key of that generation.
func (p *played) again(generation string) bool {
	return strings.Contains(p.last(0), "-> invoke x ") && strings.Contains(p.last(0), "key=r/x/-/-/"+generation+" ")
}

var whatRepairMakes = truth{
	rows: map[string][]cases{
		"a call, completed":                  repaired("{needs: [of], call: safe, "+reads+"}", "done x {}"),
		"a run of a `flow`, completed":       repaired("{needs: [of], flow: kid, "+reads+"}", "told x succeeded {}"),
		"a call, failed, its effect `none`":  repaired("{needs: [of], call: safe, "+reads+"}", "done x fail denied none", "done bad {}"),
		"a call, failed, its effect `maybe`": repaired("{needs: [of], call: safe, "+reads+"}", "done x fail timeout maybe", "done bad {}"),
		"items of a `for_each`, some of them completed": repaired(`{needs: [of], for_each: "${{ [1, 2] }}", call: safe, with: {n: "${{ item * steps.of.output.v }}"}}`,
			"done x#0 {}", "done x#1 fail denied none", "done bad {}"),
		"a loop, completed":  repaired(`{needs: [of], call: safe, `+reads+`, until: {condition: "${{ output.ok == true }}", every: 1s, max: 2}}`, `done x {"ok": true}`),
		"a `set`":            repaired(`{needs: [of], set: {n: "${{ steps.of.output.v }}"}}`),
		"a `switch`":         repaired(`{needs: [of], switch: {one: "${{ steps.of.output.v == 1 }}", other: true}}`),
		"an answer":          repaired(`{needs: [of], approval: {title: "${{ steps.of.output.v }}?"}}`, "approve x yes"),
		"an open approval":   repaired(`{needs: [of], approval: {title: "${{ steps.of.output.v }}?"}}`),
		"a step not skipped": repaired(`{needs: [of], if: "${{ steps.of.output.v == 1 }}", call: safe}`, "done x {}"),
	},
	words: map[string]claim{
		"stands": func(p *played) bool {
			return strings.Contains(p.last(0), "StepReused x") && !p.w.s.Steps["x"].Ask && p.w.s.Steps["x"].Status == Succeeded && !strings.Contains(p.last(0), "invoke x")
		},
		"in the way": func(p *played) bool {
			return strings.Contains(p.last(0), "refused: something is in the way: `x`:") && p.w.s.Version == 1
		},
		"called again, with the same key": func(p *played) bool { return p.again("0") },
		"called again, with another key":  func(p *played) bool { return p.again("1") },
		"uncertain: somebody is asked":    func(p *played) bool { return p.is("x", Uncertain) },
		"what failed is called again": func(p *played) bool {
			return strings.Contains(p.last(0), "-> invoke x#1 ") && !strings.Contains(p.last(0), "-> invoke x#0 ")
		},
		"computed anew": func(p *played) bool { return strings.Contains(p.last(0), "StepRenewed x") && p.is("x", Succeeded) },
		"asked anew": func(p *played) bool {
			return strings.Contains(p.last(0), `StepWaiting x asks "2?"`) && p.is("x", Waiting)
		},
		"stands, with its answer": func(p *played) bool {
			return strings.Contains(p.last(0), "StepReused x") && p.is("x", Succeeded) && p.w.s.Steps["x"].Ask
		},
		"still waits": func(p *played) bool { return strings.Contains(p.last(0), "StepReused x") && p.is("x", Waiting) },
	},
}

// restarted is a step x that has come to something, and a step z behind it that failed; then the run goes back to x.
func restarted(x, wish string, inputs ...string) []cases {
	return []cases{{func(p *played) {
		p.flow("y: {call: safe}\nx: "+x+"\nz: {needs: [x], call: safe}", append([]string{"start {}", "done y {}"}, inputs...)...)
		p.do("done z fail denied none", wish)
	}}}
}

var whatRestartMakes = truth{
	rows: map[string][]cases{
		"completed, with a `compensate`":              restarted("{call: safe, compensate: {call: undo}}", "restart x", "done x {}"),
		"completed, without one, `idempotent: true`":  restarted("{call: safe}", "restart x", "done x {}"),
		"completed, without one, `idempotent: false`": restarted("{call: once}", "restart x", "sent x", "done x {}"),
		"the same, named under `again`":               restarted("{call: once}", "restart x again x", "sent x", "done x {}"),
		"a run of a `flow`":                           restarted("{flow: kid}", "restart x", "told x succeeded {}"),
		"an approval":                                 restarted(`{approval: {title: "2?"}}`, "restart x", "approve x yes"),
		"a signal":                                    restarted("{signal: {name: go}}", "restart x", "send go 1"),
		"failed, and behind it":                       restarted("{set: {v: 1}}", "restart x"),
		"beside it":                                   restarted("{set: {v: 1}}", "restart z"),
	},
	words: map[string]claim{
		"undone, and then called with another key": func(p *played) bool {
			return strings.Contains(p.last(0), "-> invoke x/undo") && !strings.Contains(p.last(0), "-> invoke x ") && p.doThen("done x/undo {}").again("1")
		},
		"called with another key": func(p *played) bool {
			return p.again("1") && p.w.s.Steps["x"].Undone == 0 && !strings.Contains(p.last(0), "again=x")
		},
		"refused, until it is named under `again`": func(p *played) bool {
			return strings.Contains(p.last(0), "refused: something is in the way: `x`: it has been done, it may not happen twice")
		},
		"called a second time, with another key": func(p *played) bool { return p.again("1") && strings.Contains(p.last(0), "again=x") },
		"undone by itself, and another one is started": func(p *played) bool {
			return strings.Contains(p.last(0), "to undo") && strings.Contains(p.doThen("told x/undo compensated").last(0), "-> start")
		},
		"asked anew":                func(p *played) bool { return p.is("x", Waiting) && p.w.s.Steps["x"].Ask },
		"there again, and is taken": func(p *played) bool { return strings.Contains(p.last(0), "SignalTaken x takes go") },
		"called again when its turn comes, with the same key as long as it asks for the same": func(p *played) bool {
			return strings.Contains(p.last(0), "StepRenewed z") && strings.Contains(p.last(0), "StepCompleted x output") && strings.Contains(p.last(0), "key=r/z/-/-/0 ")
		},
		"stands": func(p *played) bool {
			return strings.Contains(p.last(0), "StepReused y") && strings.Contains(p.last(0), "StepReused x")
		},
	},
}

// doThen gives the run one more input.
func (p *played) doThen(input string) *played {
	p.do(input)
	return p
}
