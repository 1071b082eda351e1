package planner

import (
	"strings"
)

// started lists the runs that were started, by the facts, in their order.
func (p *played) started() []string { return p.named("ChildStarted ", 5) }

// named lists the word of that number in the lines that begin with a text.
func (p *played) named(line string, word int) []string {
	var out []string
	for _, l := range strings.Split(strings.Join(p.told, ""), "\n") {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, line) {
			out = append(out, strings.Fields(l)[word])
		}
	}
	return out
}

// undid lists the runs that were asked to undo what they did.
func (p *played) undid() []string { return p.named("ChildAsked x/undo ", 5) }

// backwards reports whether those runs are these, the last one first.
func backwards(these, those []string) bool {
	if len(these) != len(those) || len(these) == 0 {
		return false
	}
	for i := range these {
		if those[len(those)-1-i] != these[i] {
			return false
		}
	}
	return true
}

const (
	broke   = "told x failed fail denied none a"
	itself  = "told x compensated fail denied none a"
	unwound = "told x/undo compensated"
)

var runsOfALoop = truth{
	rows: map[string][]cases{
		"it succeeded, and the condition is true":     one(runs("}", enough), runs("}", again, "due x", enough)),
		"it succeeded, and the condition is not true": one(runs("}", again, "due x")),
		"it failed":                     one(runs("}", broke, "retry"), runs("}", again, "due x", broke, "retry")),
		"it was compensated, by itself": one(runs("}", itself, "retry"), runs("}", again, "due x", itself, "retry")),
		"the step is compensated": one(runs("}", again, "due x", "cancel compensate", "told x cancelled", unwound, unwound),
			runs("}", again, "due x", again, "compensate", unwound, unwound),
			runs(other+"}", again, "due x", enough, "done other fail denied none", "compensate", unwound, unwound)),
		"the step is compensated, and the last of them did that by itself": one(runs("}", again, "due x", itself, "compensate", unwound), runs("}", again, "due x", itself, "retry", itself, "compensate", unwound)),
		"the undoing of one of them fails":                                 one(runs("}", again, "due x", again, "compensate", unwound, "told x/undo compensation_failed fail denied none a", "retry", unwound)),
	},
	words: map[string]claim{
		"completed, with the output of that run": func(p *played) bool {
			return p.is("x", Succeeded) && text(p.w.s.Steps["x"].Result) == `{"ok":true,"id":3}`
		},
		"the next iteration begins another run when its time comes": func(p *played) bool {
			s := p.started()
			return len(s) == 2 && s[0] != s[1] && p.begun(0) && strings.Contains(p.last(1), "IterationCompleted")
		},
		"failed; Retry has that run go on": func(p *played) bool {
			s := p.started()
			return strings.Contains(p.last(1), "StepFailed x") && strings.Contains(p.last(0), "-> ask "+s[len(s)-1]+" to retry") && p.is("x", Running)
		},
		"failed; Retry begins the same iteration with another run": func(p *played) bool {
			s := p.started()
			return strings.Contains(p.last(1), "StepFailed x") && len(s) > 1 && s[len(s)-1] != s[len(s)-2] && strings.Contains(p.last(0), "generation=1") && p.is("x", Running)
		},
		"each of them is undone, the last one first": func(p *played) bool {
			return p.w.s.Ended == StatusCompensated && len(p.started()) == 2 && backwards(p.started(), p.undid())
		},
		"those before it are undone": func(p *played) bool {
			return p.w.s.Ended == StatusCompensated && len(p.started()) > 1 && backwards(p.started()[:1], p.undid())
		},
		"the compensation fails; Retry goes on with that one": func(p *played) bool {
			u := p.undid()
			return p.w.s.Ended == StatusCompensated && len(u) == 3 && u[1] == u[2] && u[0] != u[1] && strings.Contains(p.last(2), "RunCompensationFailed")
		},
	},
}
