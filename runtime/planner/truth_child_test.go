package planner

import (
	"strings"

	"github.com/segno-run/segno/designer/fault"
)

const truthChild = `name: charge
input: {type: object}
steps:
  reserve: {call: safe, compensate: {call: undo}}
output: {id: "x"}
`

// paying is a step x that runs another flow, beside what else the flow has, and what happens after the start.
func paying(more string, inputs ...string) func(p *played) {
	return func(p *played) {
		head, tail, found := strings.Cut(more, "steps:")
		if !found {
			head, tail = "", more
		}
		p.w = newWitness(mustCompile(p.t, "name: f\n"+head+"steps:\n  x: {flow: charge"+tail+"\n", truthFunctions, kidOf(truthChild, truthFunctions)))
		p.do("start {}")
		p.do(inputs...)
	}
}

const (
	besides   = "}\n  other: {call: safe}"
	childLost = "told x failed fail denied none reserve"
)

var children = truth{
	rows: map[string][]cases{
		"succeeded": one(paying("}", `told x succeeded {"id":"p"}`), paying("}", "pause", `told x succeeded {"id":"p"}`),
			paying(besides, "done other fail denied none", `told x succeeded {"id":"p"}`), paying("}", "cancel", `told x succeeded {"id":"p"}`)),
		"failed, has compensated by itself, or its compensation has failed": one(paying("}", childLost), paying("}", "pause", childLost),
			paying("}", "told x compensated fail denied none reserve"), paying("}", "told x compensation_failed fail denied none reserve")),
		"is cancelled, which only Cancel of this run does": one(paying("}", "cancel", "told x cancelled"), paying("}", "cancel compensate", "told x compensated")),
		"waits, is uncertain, or somebody has paused it":   one(paying("}")),
	},
	words: map[string]claim{
		"completed, with that run's output": func(p *played) bool {
			return p.is("x", Succeeded) && text(p.w.s.Steps["x"].Result) == `{"id":"p"}`
		},
		"failed, with that run's verdict": func(p *played) bool {
			f := p.w.s.Steps["x"].Fault
			return p.is("x", Failed) && f != nil && f.Class == fault.Denied && strings.Contains(f.Message, "`reserve` failed")
		},
		"cancelled":                           func(p *played) bool { return p.w.s.Steps["x"].Status == Cancelled },
		"running: it hears how that run ends": func(p *played) bool { return p.is("x", Running) && p.w.s.InFlight == 1 },
	},
}

// buttonsOfChildren is what becomes of a run that a step has started when something happens to the run of the step.
var buttonsOfChildren = truth{
	rows: map[string][]cases{
		"Retry, after it failed":                one(paying("}", childLost, "retry")),
		"Retry, after it compensated by itself": one(paying("}", "told x compensated fail denied none reserve", "retry")),
		"Cancel":                                one(paying("}", "cancel"), paying("}", "cancel compensate")),
		"Pause":                                 one(paying("}", "pause")),
		"Resume":                                one(paying("}", "pause", "resume")),
		"a deadline passes, of the step or of this run": one(paying(", deadline: 5s}", "due x"), paying("timeout: 5s\nsteps:}", "due ")),
		"another step fails unhandled":                  one(paying(besides, "done other fail denied none")),
		"the server is lost":                            one(paying("}", "recover"), paying("}", "recover left")),
		"this run compensates, and it is the step's turn": one(paying("}", childLost, "compensate"),
			paying(besides, `told x succeeded {"id":"p"}`, "done other fail denied none", "compensate")),
		"Retry, after its compensation failed": one(paying("}", childLost, "compensate", "told x/undo compensation_failed fail denied none reserve", "retry")),
	},
	words: map[string]claim{
		"goes on from where it failed":       asked("retry", ""),
		"another one is started":             func(p *played) bool { return strings.Contains(p.last(0), "-> start ") },
		"is cancelled":                       asked("cancel", ""),
		"is paused":                          asked("pause", ""),
		"is resumed":                         asked("resume", ""),
		"is told that its time is over":      asked("expire", ""),
		"goes on, and this run waits for it": func(p *played) bool { return !asked("", "")(p) && p.w.s.InFlight == 1 && p.w.s.Failure != nil },
		"goes on by itself":                  func(p *played) bool { return strings.Contains(p.last(0), "nothing") && p.is("x", Running) },
		"undoes whatever it did":             func(p *played) bool { return asked("undo", "attempt=1")(p) },
		"goes on with its compensation":      func(p *played) bool { return asked("undo", "attempt=2")(p) },
	},
}

// asked claims that the last input had the child asked for that.
func asked(ask, attempt string) claim {
	return func(p *played) bool {
		_, rest, ok := strings.Cut(p.last(0), "-> ask child")
		_, rest, to := strings.Cut(rest, " to "+ask)
		return ok && to && strings.Contains(rest, attempt)
	}
}
