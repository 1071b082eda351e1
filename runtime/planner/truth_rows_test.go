package planner

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/fault"
)

// truths are the truth tables of docs/language.md, by the name in the comment above each.
var truths = map[string]truth{
	"joins": joins, "ports": ports, "failure of an attempt": attempts, "loss of the server": losses, "after a failure": aftermath, "signals": signalsTruth,
	"items": items, "deadlines": deadlines, "pause": pauses, "status": statuses, "compensation": compensations, "what is undone": undone,
	"iterations": iterations, "between iterations": between, "runs of a loop": runsOfALoop, "children": children, "what children are told": buttonsOfChildren, "while retrying": whileRetrying, "another version": whatRepairMakes, "restart": whatRestartMakes,
}

func join(needs string, inputs ...string) func(p *played) {
	return func(p *played) {
		p.flow(`a: {if: "${{ input.a }}", call: safe}
b: {if: "${{ input.b }}", call: safe}
j: {needs: `+needs+`, call: safe}`, inputs...)
	}
}

var joins = truth{
	rows: map[string][]cases{
		"all (a list)": {{join("[a, b]", `start {"a":false,"b":true}`), join("[a, b]", `start {"a":true,"b":false}`)},
			{join("[a, b]", `start {"a":true,"b":true}`, "done a {}", "done b {}")}, {join("[a, b]", `start {"a":false,"b":false}`)}},
		"`any`": {{join("{any: [a, b]}", `start {"a":false,"b":true}`)},
			{join("{any: [a, b]}", `start {"a":false,"b":true}`, "done b {}"), join("{any: [a, b]}", `start {"a":true,"b":false}`, "done a {}")},
			{join("{any: [a, b]}", `start {"a":false,"b":false}`)}},
	},
	words: map[string]claim{
		"skipped at once":       func(p *played) bool { return p.is("j", Skipped) && p.w.s.InFlight > 0 },
		"skipped":               func(p *played) bool { return p.is("j", Skipped) && p.w.s.InFlight == 0 },
		"waits":                 func(p *played) bool { return p.is("j", Pending) && p.w.s.InFlight > 0 },
		"starts (all are live)": func(p *played) bool { return p.is("j", Running) && p.w.s.Steps["j"].Dead == 0 },
		"starts":                func(p *played) bool { return p.is("j", Running) && p.w.s.Steps["j"].Dead > 0 },
	},
}

var (
	callPorts     = []string{"done", "error"}
	switchPorts   = []string{"done", "low", "high", "rest", "error"}
	approvalPorts = []string{"done", "approved", "rejected", "error"}
)

// portCase is a step x, what follows each of its ports but the unwired ones, and what happens; its live ports are looked at, or its dead ones.
func portCase(x string, ports []string, unwired string, live bool, inputs ...string) cases {
	return cases{func(p *played) {
		steps := "x: {" + x + "}\n"
		for _, port := range ports {
			if !strings.Contains(unwired, port) {
				steps += "p_" + port + ": {needs: [x." + port + "], set: {v: 1}}\n"
			}
		}
		p.flow(steps, inputs...)
		showPorts(live, ports)(p)
	}}
}

// portRow is both columns of a row.
func portRow(kinds ...func(live bool) cases) []cases {
	var out []cases
	for _, live := range []bool{true, false} {
		var all cases
		for _, kind := range kinds {
			all = append(all, kind(live)...)
		}
		out = append(out, all)
	}
	return out
}

func kind(x string, ports []string, unwired string, inputs ...string) func(live bool) cases {
	return func(live bool) cases { return portCase(x, ports, unwired, live, inputs...) }
}

const branches = `switch: {low: "${{ 6 / input.n > 2 }}", high: "${{ input.n > 9 }}", rest: true}`

var ports = truth{
	rows: map[string][]cases{
		"`call`, `set`, `wait` or `signal`, done": portRow(kind("call: safe", callPorts, "", "start {}", "done x {}"), kind("set: {v: 1}", callPorts, "", "start {}"),
			kind("wait: 5s", callPorts, "", "start {}", "due x"), kind("signal: {name: go}", callPorts, "", "start {}", "send go 1")),
		"`switch` that took a branch":                 portRow(kind(branches, switchPorts, "", `start {"n":1}`)),
		"approval, approved":                          portRow(kind("approval: {title: t}", approvalPorts, "", "start {}", "approve x yes")),
		"approval, rejected, and `rejected` is wired": portRow(kind("approval: {title: t}", approvalPorts, "", "start {}", "approve x no")),
		"failed, and `error` is wired (handled)": portRow(kind("call: safe", callPorts, "", "start {}", "done x fail denied none"),
			kind(`set: {v: "${{ 1 / input.n }}"}`, callPorts, "", `start {"n":0}`), kind(branches, switchPorts, "", `start {"n":0}`),
			kind("approval: {title: t, timeout: 5s}", approvalPorts, "", "start {}", "due x")),
		"failed, and `error` is not wired (unhandled)": portRow(kind("call: safe", callPorts, "error", "start {}", "done x fail denied none"),
			kind("approval: {title: t}", approvalPorts, "error rejected", "start {}", "approve x no"), kind(branches, switchPorts, "error", `start {"n":0}`)),
		"skipped": portRow(kind(`if: "${{ false }}", call: safe`, callPorts, "", "start {}"), kind(`if: "${{ false }}", `+branches, switchPorts, "", "start {}"),
			kind(`if: "${{ false }}", approval: {title: t}`, approvalPorts, "", "start {}")),
	},
	words: map[string]claim{
		"none: its edges stay unsettled": func(p *played) bool {
			return p.w.s.Ended == StatusFailed && !slices.ContainsFunc(p.all, func(port string) bool { return !p.is("p_"+port, Pending) })
		},
	},
	reads: readPorts,
}

// calling is a step a that calls a function, and what happens.
func calling(call string, inputs ...string) func(p *played) {
	return func(p *played) {
		p.flow("a: {call: "+call+"}\nb: {needs: [a], set: {v: 1}}", append([]string{"start {}"}, inputs...)...)
	}
}

var attempts = truth{
	rows: map[string][]cases{
		"the function is not idempotent, and the effect may have happened": one(calling("once", "sent a", "done a fail timeout maybe"),
			calling("once, retry: {on: [rate_limited]}", "sent a", "done a fail unavailable maybe"), calling("once", "sent a", "cancel", "done a fail unavailable maybe")),
		"the run is being cancelled": one(calling("safe", "cancel", "done a fail unavailable maybe"), calling("safe, retry: {max_attempts: 3}", "cancel", "done a fail unavailable maybe"),
			calling("once", "sent a", "cancel", "done a fail denied none")),
		"the class is retried, and attempts are left": one(calling("safe, retry: {max_attempts: 2}", "done a fail unavailable maybe"),
			calling("once, retry: {max_attempts: 2, on: [rate_limited]}", "sent a", "done a fail rate_limited none")),
		"otherwise": one(calling("safe", "done a fail unavailable maybe"), calling("safe, retry: {on: [timeout]}", "done a fail unavailable maybe"),
			calling("safe, retry: {max_attempts: 2}", "done a fail unavailable maybe", "due a", "done a fail unavailable maybe"), calling("once", "sent a", "done a fail denied none")),
	},
	words: map[string]claim{
		"uncertain: a person is asked": func(p *played) bool { return p.is("a", Uncertain) && p.w.s.Uncertain == 1 },
		"cancelled":                    func(p *played) bool { return p.is("a", Cancelled) },
		"retrying":                     func(p *played) bool { return p.is("a", Retrying) },
		"failed":                       func(p *played) bool { return p.is("a", Failed) },
	},
}

var losses = truth{
	rows: map[string][]cases{
		"the function is not idempotent, and the call had gone out": one(calling("once", "sent a", "recover"), calling("once", "sent a", "recover left")),
		"the call had not gone out":                                 one(calling("once", "recover")),
		"fewer than 3 crashes in a row": one(calling("safe", "recover"), calling("safe", "recover", "recover"), calling("safe, retry: {max_attempts: 2, on: [timeout]}", "recover"),
			calling("safe", "recover", "recover", "recover left", "recover left")),
		"otherwise": one(calling("safe", "recover", "recover", "recover"), calling("safe, retry: {max_attempts: 9}", "recover", "recover", "recover")),
	},
	words: map[string]claim{
		"uncertain: a person is asked": func(p *played) bool { return p.is("a", Uncertain) },
		"called, as if nothing had been": func(p *played) bool {
			return p.is("a", Running) && strings.Contains(p.last(0), "key=r/a/-/-/0") && len(p.w.s.Steps["a"].Attempts) == 1
		},
		"called again with the same key, whatever its `retry` says": func(p *played) bool {
			return p.is("a", Running) && strings.Contains(p.last(0), "key=r/a/-/-/0") && len(p.w.s.Steps["a"].Attempts) > 1
		},
		"failed (`crashed`)": func(p *played) bool { return p.is("a", Failed) && p.w.s.Steps["a"].Fault.Class == fault.Crashed },
	},
}

// failing is a run of which one step failed unhandled while another one is called.
func failing(more string, inputs ...string) func(p *played) {
	return func(p *played) {
		p.flow("a: {call: safe}\n"+more, append([]string{"start {}", "done a fail denied none"}, inputs...)...)
	}
}

var aftermath = truth{
	rows: map[string][]cases{
		"a step that becomes ready": one(failing("b: {call: safe}\nx: {needs: [b], call: safe}", "done b {}")),
		"a call in flight, or an item of a step that has begun": one(failing("x: {call: safe}", "done x {}"),
			failing(`x: {for_each: "${{ [1, 2] }}", max_parallel: 1, call: safe}`, "done x#0 {}", "done x#1 {}")),
		"a call that waits for its next attempt":              one(failing("x: {call: safe, retry: {max_attempts: 2}}", "done x fail unavailable maybe", "due x", "done x {}")),
		"a wait, an approval, a step that waits for a signal": one(failing("x: {wait: 5s}"), failing("x: {approval: {title: t}}"), failing("x: {signal: {name: go}}")),
	},
	words: map[string]claim{
		"held: it starts on Retry": func(p *played) bool { return slices.Contains(p.w.s.Held, "x") && p.w.s.Ended == StatusFailed },
		"settles first, then the run fails": func(p *played) bool {
			return p.is("x", Succeeded) && p.w.s.Ended == StatusFailed && !strings.Contains(strings.Join(p.told[:len(p.told)-1], ""), "RunFailed")
		},
		"stays open": func(p *played) bool { return p.is("x", Waiting) && p.w.s.Ended == StatusFailed },
	},
}
