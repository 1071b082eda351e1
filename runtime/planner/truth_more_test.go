package planner

import (
	"strings"
	"time"

	"github.com/segno-run/segno/designer/fault"
)

// taker is the step that the case expects to take the signal.
func taker(want, steps string, inputs ...string) func(p *played) {
	return func(p *played) {
		p.want = want
		p.flow(steps, inputs...)
	}
}

func (p *played) takes(back int) bool {
	return strings.Contains(p.last(back), "SignalTaken "+p.want+" takes ")
}

var signalsTruth = truth{
	rows: map[string][]cases{
		"a step waits for it": one(
			taker("second", "nap: {wait: 5s}\nfirst: {needs: [nap], signal: {name: go}}\nsecond: {signal: {name: go}}", "start {}", "due nap", "send go 1"),
			taker("first", "first: {signal: {name: go}}\nsecond: {signal: {name: go}}", "start {}", "send go 1")),
		"fewer are kept than steps are left that may wait for it": one(
			taker("later", "nap: {wait: 5s}\nlater: {needs: [nap], signal: {name: go}}", "start {}", "send go 1", "due nap"),
			taker("x", "x: {signal: {name: go, timeout: 1s}}", "start {}", "due x", "send go 1", "retry")),
		"otherwise": one(taker("x", "x: {signal: {name: go}}", "start {}", "send go 1", "send go 2"),
			taker("later", "nap: {wait: 5s}\nlater: {needs: [nap], signal: {name: go}}", "start {}", "send go 1", "send go 2"),
			taker("x", "x: {if: \"${{ false }}\", signal: {name: go}}\nnap: {wait: 5s}", "start {}", "send go 1")),
	},
	words: map[string]claim{
		"taken by the one that waits longest; of equals, by the first as written": func(p *played) bool {
			return p.takes(0) && strings.Contains(p.last(0), "SignalReceived")
		},
		"kept, and taken by the next step that begins to wait": func(p *played) bool {
			return p.takes(0) && !strings.Contains(p.last(0), "SignalReceived") && strings.Contains(p.last(1), "SignalReceived")
		},
		"refused: nothing would take it": func(p *played) bool { return strings.Contains(p.last(0), "refused: ") },
	},
}

// each is a for_each over four items, two at once, of which one may fail.
func each(inputs ...string) func(p *played) {
	return func(p *played) {
		p.flow(`x: {for_each: "${{ [1, 2, 3, 4] }}", max_parallel: 2, tolerated_failures: 1, call: safe}
out: {needs: [x], set: {v: "${{ steps.x.output }}"}}`, append([]string{"start {}"}, inputs...)...)
	}
}

var items = truth{
	rows: map[string][]cases{
		"at most the tolerated": {{each("done x#0 fail denied none")},
			{each("done x#0 fail denied none", `done x#1 "b"`, `done x#2 "c"`, `done x#3 "d"`)}, nil},
		"more": {{each("done x#0 fail denied none", "done x#1 fail denied none")},
			{each(`done x#0 "a"`, `done x#1 "b"`, "done x#2 fail denied none", "done x#3 fail denied none")},
			{each("done x#0 fail denied none", "done x#1 fail denied none", "done x#2 {}")}},
	},
	words: map[string]claim{
		"yes": func(p *played) bool { return strings.Contains(p.last(0), "-> invoke x#") },
		"no":  func(p *played) bool { return !strings.Contains(p.last(0), "-> invoke") && p.is("x", Running) },
		"completed; null for those that failed": func(p *played) bool {
			return p.is("x", Succeeded) && text(p.w.s.Steps["out"].Result) == `{"v":[null,"b","c","d"]}`
		},
		"failed": func(p *played) bool { return p.is("x", Failed) && p.w.s.Ended == StatusFailed },
	},
}

// within plays a step x that has a deadline of its own, and then the same in a run that times out.
func within(step string, inputs ...string) []func(p *played) {
	return []func(p *played){
		func(p *played) {
			p.flow("x: {deadline: 10s, "+step+"}", append([]string{"start {}"}, inputs...)...)
			p.do("pass 10s", "early x")
		},
		func(p *played) {
			p.flow("timeout: 10s\nsteps:\n  x: {"+step+"}", append([]string{"start {}"}, inputs...)...)
			p.do("pass 10s", "early ")
		},
	}
}

// then lets something happen after each of the plays.
func then(plays []func(p *played), inputs ...string) []func(p *played) {
	var out []func(p *played)
	for _, play := range plays {
		out = append(out, func(p *played) { play(p); p.do(inputs...) })
	}
	return out
}

// late plays a step x whose error is wired in a run that times out, beside one whose call is in flight then.
func late(step string, inputs ...string) func(p *played) {
	return func(p *played) {
		p.flow(`timeout: 10s
steps:
  ask: {approval: {title: "?"}}
  held: {call: once}
  x: {`+step+`}
  saved: {needs: [x.error], set: {v: 1}}`, `start {"n":2}`, "sent held", "pass 10s", "early ", "done held {}")
		p.do(inputs...)
	}
}

func (p *played) timedOut(effect fault.Effect) bool {
	x := p.w.s.Steps["x"]
	return p.is("x", Failed) && !x.Planned && x.Fault != nil && x.Fault.Class == fault.Timeout && x.Fault.Effect == effect
}

var deadlines = truth{
	rows: map[string][]cases{
		"a call of an idempotent function is in flight":          one(within("call: safe")...),
		"a call of another one is in flight":                     one(then(within("call: once", "sent x"), "done x {}")...),
		"a call has not gone out, or waits for its next attempt": one(append(within("call: once"), within("call: safe, retry: {max_attempts: 3, backoff: 9s}", "done x fail rate_limited none")...)...),
		"items that have not begun":                              one(within(`for_each: "${{ [1, 2, 3] }}", max_parallel: 1, call: safe`)...),
		"waits, approvals and signals":                           one(within("wait: 1h")[1], within("approval: {title: t}")[1], within("signal: {name: go}")[1]),
		"the run's time was over, and Retry came: a step fails": one(late("call: safe", "retry", "done x fail denied none"),
			late(`needs: [held], set: {v: "${{ 6 / (input.n - 2) }}"}`, "retry")), // in the decision of Retry itself
	},
	words: map[string]claim{
		"failed (`timeout`, its effect `maybe`), and told to stop": func(p *played) bool {
			return p.timedOut(fault.Maybe) && strings.Contains(p.last(0), "-> stop x attempt=1")
		},
		"told to stop; its own outcome decides": func(p *played) bool {
			return p.is("x", Succeeded) && strings.Contains(p.last(1), "-> stop x attempt=1") && !strings.Contains(p.last(1), "CallFailed")
		},
		"failed (`timeout`)": func(p *played) bool { return p.timedOut(fault.None) && !strings.Contains(p.last(0), "-> stop") },
		"not begun; the `for_each` fails": func(p *played) bool {
			x := p.w.s.Steps["x"]
			return p.is("x", Failed) && x.Planned && x.Items[1] == nil && x.Items[2] == nil
		},
		"handled by its error port: the run has its time anew": func(p *played) bool {
			return p.w.s.Steps["x"].Handled && p.is("saved", Succeeded) && !p.w.s.TimedOut && p.w.s.Deadline.Equal(p.w.now.Add(10*time.Second)) && p.w.s.Ended == ""
		},
		"left open: a step's deadline is of calls alone, and the run fails": func(p *played) bool { return p.is("x", Waiting) && p.w.s.Ended == StatusFailed },
	},
}

func paused(steps string, inputs ...string) func(p *played) {
	return func(p *played) { p.flow(steps, append([]string{"start {}"}, inputs...)...) }
}

var pauses = truth{
	rows: map[string][]cases{
		"a step or an item is ready": one(paused("a: {call: safe}\nx: {needs: [a], call: safe}", "pause", "done a {}"),
			paused(`x: {for_each: "${{ [1, 2] }}", max_parallel: 1, call: safe}`, "pause", "done x#0 {}")),
		"a call in flight ends":            one(paused("x: {call: safe}\nz: {wait: 5s}", "pause", "done x {}"), paused("x: {call: safe, retry: {max_attempts: 2}}", "pause", "done x fail unavailable maybe")),
		"the server is lost during a call": one(paused("x: {call: safe}", "pause", "recover")),
		"a timer comes": one(paused("x: {wait: 5s}\nn: {needs: [x], set: {v: 1}}", "pause", "due x", "resume"), paused("x: {approval: {title: t, timeout: 5s}}", "pause", "due x", "resume"),
			paused("x: {call: safe, retry: {max_attempts: 2}}", "done x fail unavailable maybe", "pause", "due x", "resume")),
		"an approval, a signal, or a word on an uncertain step": one(paused("x: {approval: {title: t}}\nz: {wait: 5s}", "pause", "approve x yes"),
			paused("x: {signal: {name: go}}\nz: {wait: 5s}", "pause", "send go 1"), paused("x: {call: once}\nz: {wait: 5s}", "sent x", "pause", "done x fail timeout maybe", "resolve x happened {}")),
		"nothing is in flight any more after an unhandled failure": one(paused("x: {call: safe}\nz: {wait: 5s}", "pause", "done x fail denied none")),
		"the same, and `on_failure` compensates":                   one(paused("on_failure: compensate\nsteps:\n  x: {call: safe}\n  z: {wait: 5s}", "pause", "done x fail denied none", "resume")),
		"Cancel":                                                   one(paused("x: {wait: 5s}", "pause", "cancel")),
	},
	words: map[string]claim{
		"held until Resume": func(p *played) bool {
			return p.w.s.Paused && (strings.Contains(p.last(0), "StepHeld x") || p.w.s.Steps["x"].Planned && p.w.s.Steps["x"].Items[1] == nil && !strings.Contains(p.last(0), "invoke"))
		},
		"recorded as ever; another attempt waits for its time": func(p *played) bool {
			return p.w.s.Paused && (strings.Contains(p.last(0), "CallSucceeded x attempt") || p.is("x", Retrying) && strings.Contains(p.last(0), "CallFailed x"))
		},
		"called again as ever: it was in flight": func(p *played) bool { return p.w.s.Paused && strings.Contains(p.last(0), "-> invoke x attempt=2") },
		"held: looked at on Resume, by the time it is then": func(p *played) bool {
			return len(p.told) > 3 && strings.TrimSpace(p.last(1)) == "nothing" &&
				(strings.Contains(p.last(0), "StepCompleted x") || strings.Contains(p.last(0), "TimerFired x") || strings.Contains(p.last(0), "-> invoke x attempt=2"))
		},
		"taken": func(p *played) bool {
			return p.w.s.Paused && strings.Contains(p.last(0), "StepCompleted x") && !strings.Contains(p.last(0), "CallSucceeded")
		},
		"failed": func(p *played) bool {
			return p.w.s.Ended == StatusFailed && strings.HasPrefix(p.last(1), "  RunPaused")
		},
		"held, and compensated on Resume": func(p *played) bool {
			return p.is("x", Failed) && strings.Contains(p.last(0), "CompensationStarted") && !strings.Contains(p.last(1), "RunFailed")
		},
		"ends the pause": func(p *played) bool { return !p.w.s.Paused && p.w.s.Ended == StatusCancelled },
	},
}

var statuses = truth{
	rows: map[string][]cases{
		"it has ended, and an approval is open": one(paused("a: {call: safe}\nx: {approval: {title: t}}", "done a fail denied none")),
		"what was done is being undone, and a compensation is uncertain": one(paused("a: {call: safe, compensate: {call: once}}\nb: {call: safe, compensate: {call: safe}}\nc: {needs: [a, b], call: safe}",
			"done a {}", "done b {}", "done c fail denied none", "compensate", "sent a/undo", "done a/undo fail timeout maybe")),
		"a step is uncertain, and the run is paused": one(paused("a: {call: once}\nb: {wait: 5s}", "sent a", "done a fail timeout maybe", "pause")),
		"it is paused, and a call is in flight":      one(paused("a: {call: safe}", "pause")),
		"a call is in flight, and a step waits":      one(paused("a: {call: safe}\nb: {wait: 5s}")),
		"a step waits, and nothing else":             one(paused("b: {wait: 5s}"), paused("b: {approval: {title: t}}"), paused("b: {signal: {name: go}}")),
	},
	words: map[string]claim{
		"the end: `failed`, say": func(p *played) bool { return p.w.s.Status() == StatusFailed && p.w.s.Waiting > 0 },
		"`compensating`":         func(p *played) bool { return p.w.s.Status() == StatusCompensating && p.w.s.Uncertain > 0 },
		"`uncertain`":            func(p *played) bool { return p.w.s.Status() == StatusUncertain && p.w.s.Paused },
		"`paused`":               func(p *played) bool { return p.w.s.Status() == StatusPaused && p.w.s.InFlight > 0 },
		"`running`":              func(p *played) bool { return p.w.s.Status() == StatusRunning && p.w.s.Waiting > 0 },
		"`waiting`":              func(p *played) bool { return p.w.s.Status() == StatusWaiting },
	},
}

// saga is a, then b and c beside each other, then d, which fails; then it is undone.
func saga(a, b, c string, inputs ...string) func(p *played) {
	return paused("a: {call: safe"+a+"}\nb: {needs: [a], call: safe"+b+"}\nc: {needs: [a], call: safe"+c+"}\nd: {needs: [b, c], call: safe}",
		append([]string{"done a {}", "done b {}", "done c {}", "done d fail denied none", "compensate"}, inputs...)...)
}

const (
	undoSafe = ", compensate: {call: safe}"
	undoOnce = ", compensate: {call: once}"
)

var compensations = truth{
	rows: map[string][]cases{
		"all steps behind it are settled":   one(saga(undoSafe, undoSafe, undoSafe, "done b/undo {}", "done c/undo {}")),
		"a step behind it is not settled":   one(saga(undoSafe, undoSafe, undoSafe, "done b/undo {}"), saga(undoSafe, undoSafe, "", "pass 1s")),
		"nothing of it is to be undone":     one(saga(undoSafe, "", "")),
		"an undo behind it failed for good": one(saga(undoSafe, undoSafe, undoSafe, "done b/undo fail denied none", "done c/undo {}")),
		"a unit behind it is uncertain":     one(saga(undoSafe, undoSafe, undoOnce, "done b/undo {}", "sent c/undo", "done c/undo fail timeout maybe")),
	},
	words: map[string]claim{
		"its completed units are undone": func(p *played) bool {
			return strings.Contains(p.last(0), "-> invoke a/undo") && !strings.Contains(p.last(0), "CompensationStarted")
		},
		"it waits": func(p *played) bool {
			return !strings.Contains(strings.Join(p.told, ""), "invoke a/undo") && p.w.s.Status() == StatusCompensating && p.w.s.Uncertain == 0
		},
		"it settles at once": func(p *played) bool {
			return strings.Contains(p.last(0), "CompensationStarted") && strings.Contains(p.last(0), "-> invoke a/undo")
		},
		"it is held back, and the run ends `compensation_failed`": func(p *played) bool {
			return !strings.Contains(strings.Join(p.told, ""), "invoke a/undo") && p.w.s.Status() == StatusCompensationFailed
		},
		"it is held back until a person has said": func(p *played) bool {
			return !strings.Contains(strings.Join(p.told, ""), "invoke a/undo") && p.w.s.Status() == StatusCompensating && p.w.s.Uncertain > 0
		},
	},
}
