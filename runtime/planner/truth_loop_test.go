package planner

import (
	"strings"

	"github.com/segno-run/segno/designer/fault"
)

// loops is a step x that loops, beside what else the flow has, and what happens.
func loops(more string, inputs ...string) func(p *played) {
	return func(p *played) {
		head := ""
		if strings.Contains(more, "steps:") {
			head, more, _ = strings.Cut(more, "steps:")
		}
		p.flow(head+"steps:\n  x: {call: safe, "+`until: {condition: "${{ output.ok }}", every: 5s, max: 2}, compensate: {call: undo, with: {id: "${{ steps.x.output.id }}"}}`+more,
			append([]string{"start {}"}, inputs...)...)
	}
}

// runs is loops with a flow in place of the function.
func runs(more string, inputs ...string) func(p *played) {
	return func(p *played) {
		head := ""
		if strings.Contains(more, "steps:") {
			head, more, _ = strings.Cut(more, "steps:")
		}
		p.flow(head+"steps:\n  x: {flow: kid, "+`until: {condition: "${{ output.ok }}", every: 5s, max: 2}`+more, append([]string{"start {}"}, inputs...)...)
	}
}

// eachRuns is eachLoops with a flow.
func eachRuns(inputs ...string) func(p *played) {
	return func(p *played) {
		p.flow(`x: {for_each: "${{ [1, 2] }}", max_parallel: 1, flow: kid, until: {condition: "${{ output.ok }}", every: 5s, max: 2}}`, append([]string{"start {}"}, inputs...)...)
	}
}

const (
	again  = `told x succeeded {"ok":false,"id":1}`
	enough = `told x succeeded {"ok":true,"id":3}`
	notYet = `done x {"ok":false,"id":1}`
	other  = "}\n  other: {call: safe"
)

// eachLoops is a for_each whose items loop, one at once.
func eachLoops(inputs ...string) func(p *played) {
	return func(p *played) {
		p.flow(`x: {for_each: "${{ [1, 2] }}", max_parallel: 1, call: safe, until: {condition: "${{ output.ok }}", every: 5s, max: 2}}`, append([]string{"start {}"}, inputs...)...)
	}
}

func (p *played) failedBy(class fault.Class) bool {
	f := p.w.s.Steps["x"].Fault // of a for_each it is the run's
	if f == nil && p.w.s.Failure != nil {
		f = &p.w.s.Failure.Fault
	}
	return p.is("x", Failed) && f.Class == class && f.Effect == fault.Maybe
}

var iterations = truth{
	rows: map[string][]cases{
		"its condition is true": one(loops("}", `done x {"ok":true,"id":3}`), loops("}", notYet, "due x", `done x {"ok":true,"id":3}`),
			loops("}", "pause", `done x {"ok":true,"id":3}`), loops(other+"}", "done other fail denied none", `done x {"ok":true,"id":3}`), loops("}", "cancel pause", `done x {"ok":true,"id":3}`),
			runs("}", enough), runs("}", again, "due x", enough), runs("}", "cancel pause", enough), runs(other+"}", "done other fail denied none", enough)),
		"its condition cannot be evaluated": one(loops("}", "done x {}"), loops("}", notYet, "due x", `done x {"ok":1}`), eachLoops("done x#0 {}"),
			runs("}", again, "due x", "told x succeeded {}"), eachRuns("told x#0 succeeded {}")),
		"the run is being cancelled": one(loops("}", "cancel pause", notYet), loops("}", notYet, "due x", "cancel pause", notYet),
			runs("}", "cancel pause", again), runs("}", again, "due x", "cancel pause", again)),
		"`max` iterations have completed since it began, or since Retry": one(loops("}", notYet, "due x", notYet), loops("}", notYet, "due x", notYet, "retry", notYet, "due x", notYet),
			eachLoops(`done x#0 {"ok":false}`, "due x#0", `done x#0 {"ok":false}`),
			runs("}", again, "due x", again), runs("}", again, "due x", again, "retry", again, "due x", again)),
		"the time of the step or of the run is over": one(
			func(p *played) {
				p.flow(`x: {call: once, deadline: 3s, until: {condition: "${{ output.ok }}", every: 5s}}`, "start {}", "sent x", "pass 3s", "early x", notYet)
			},
			func(p *played) {
				p.flow("timeout: 3s\nsteps:\n  x: {call: once, until: {condition: \"${{ output.ok }}\", every: 5s}}", "start {}", "sent x", "pass 3s", "early ", notYet)
			},
			runs(", deadline: 3s}", "pass 3s", "early x", again), runs("timeout: 3s\nsteps:}", again, "due x", again)),
		"otherwise": one(loops("}", notYet), loops("}", notYet, "due x", "done x fail denied none", "retry", notYet), eachLoops(`done x#0 {"ok":false}`),
			runs("}", again), runs("}", again, "due x", "told x failed fail denied none a", "retry", again), eachRuns(`told x#0 succeeded {"ok":false}`)),
	},
	words: map[string]claim{
		"completed, with this iteration's output": func(p *played) bool {
			return p.is("x", Succeeded) && text(p.w.s.Steps["x"].Result) == `{"ok":true,"id":3}`
		},
		"failed (`expression`)":                 func(p *played) bool { return p.failedBy(fault.Expression) },
		"cancelled":                             func(p *played) bool { return p.is("x", Cancelled) && p.w.s.Ended == StatusCancelled },
		"failed (`timeout`)":                    func(p *played) bool { return p.failedBy(fault.Timeout) },
		"waits until the next iteration begins": func(p *played) bool { return p.is("x", Waiting) && p.w.s.Status() == StatusWaiting },
	},
}

// begun reports whether the input that many before the last one had iteration 2 begin.
func (p *played) begun(back int) bool { return strings.Contains(p.last(back), "iteration=2") }

// itself reports whether it was no button that led to the last thing.
func (p *played) itself() bool {
	return !strings.Contains(p.last(0), "RunResumed") && !strings.Contains(p.last(0), "RetryRequested")
}

var between = truth{
	rows: map[string][]cases{
		"the time of the next one comes":   one(loops("}", notYet, "due x"), runs("}", again, "due x")),
		"it comes while the run is paused": one(loops("}", notYet, "pause", "due x", "resume"), loops("}", "pause", notYet, "due x", "resume"), runs("}", again, "pause", "due x", "resume"), runs("}", "pause", again, "due x", "resume")),
		"another step has failed unhandled": one(loops(other+"}", notYet, "done other fail denied none", "due x", "retry"), loops(other+"}", "done other fail denied none", notYet, "due x", "retry"),
			loops(other+"}\n  third: {call: safe}", notYet, "done other fail denied none", "due x", "done third {}", "retry"),
			runs(other+"}", again, "done other fail denied none", "due x", "retry"), runs(other+"}", "done other fail denied none", again, "due x", "retry")),
		"the server is lost": one(loops("}", notYet, "recover", "due x"), loops("}", notYet, "recover left", "due x"), runs("}", again, "recover", "due x")),
		"the run is cancelled, or is compensated": one(loops("}", notYet, "cancel compensate", "done x/undo {}"), loops(other+"}", notYet, "done other fail denied none", "compensate", "done x/undo {}"),
			loops("on_failure: compensate\nsteps:"+other+"}", notYet, "done other fail denied none", "done x/undo {}"),
			runs("}", again, "cancel compensate", "told x/undo compensated"), runs("on_failure: compensate\nsteps:"+other+"}", again, "done other fail denied none", "told x/undo compensated")),
		"a deadline passes": one(loops(", deadline: 4s}", notYet, "pass 4s", "early x"), loops("timeout: 4s\nsteps:}", notYet, "pass 4s", "early "),
			runs(", deadline: 4s}", again, "pass 4s", "early x"), runs("timeout: 4s\nsteps:}", again, "pass 4s", "early ")),
		"`max_parallel` items of a `for_each` have begun": one(eachLoops(`done x#0 {"ok":false}`), eachRuns(`told x#0 succeeded {"ok":false}`)),
	},
	words: map[string]claim{
		"it begins": func(p *played) bool {
			return p.begun(0) && strings.Contains(p.last(1), "IterationCompleted") && p.itself()
		},
		"it begins on Resume": func(p *played) bool { return p.begun(0) && strings.Contains(p.last(0), "RunResumed") },
		"the run ends without it, and it begins on Retry": func(p *played) bool {
			return p.begun(0) && strings.Contains(p.last(0), "RetryRequested") && !strings.Contains(strings.Join(p.told[:len(p.told)-1], ""), "iteration=2")
		},
		"it begins when its time comes: nothing was in flight": func(p *played) bool {
			return p.begun(0) && strings.Contains(p.last(1), "nothing") && p.itself()
		},
		"cancelled; iterations that completed are undone": func(p *played) bool {
			return p.is("x", Compensated) && p.w.s.Ended == StatusCompensated && p.w.s.Steps["x"].Status == Cancelled &&
				(strings.Contains(strings.Join(p.told, ""), `undo input={"id":1}`) || strings.Contains(strings.Join(p.told, ""), " to undo "))
		},
		"failed (`timeout`)": func(p *played) bool { return p.failedBy(fault.Timeout) },
		"no other item begins": func(p *played) bool {
			return p.is("x", Waiting) && p.w.s.Steps["x"].Planned && !strings.Contains(p.last(0), "invoke") && !strings.Contains(p.last(0), "start child")
		},
	},
}
