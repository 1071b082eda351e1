package planner

import (
	"strings"

	"github.com/segno-run/segno/designer/fault"
)

// pressing is a step x that waits for its next attempt, or did, and then both buttons: a column each.
func pressing(steps string, inputs ...string) []cases {
	press := func(button string) cases {
		return cases{func(p *played) {
			p.flow(steps, append([]string{"start {}"}, inputs...)...)
			p.want = button
			p.do(button + " x ann")
		}}
	}
	return []cases{press("retry-now"), press("stop-retrying")}
}

// beside joins the columns of rows.
func beside(rows ...[]cases) []cases {
	out := make([]cases, 2)
	for _, r := range rows {
		for i := range out {
			out[i] = append(out[i], r[i]...)
		}
	}
	return out
}

const (
	retried = "{call: safe, retry: {max_attempts: 3}}"
	busy    = "done x fail unavailable none"
	fanned  = `x: {for_each: "${{ [1, 2] }}", max_parallel: 2, call: safe, retry: {max_attempts: 3}}`
)

// invoked counts the calls that the last input led to.
func (p *played) invoked() int { return strings.Count(p.last(0), "-> invoke x") }

var whileRetrying = truth{
	rows: map[string][]cases{
		"a step": pressing("x: "+retried, busy),
		"a `for_each`, all of whose items that are left wait": pressing(fanned, "done x#0 fail unavailable none", "done x#1 fail unavailable none"),
		"its compensation": pressing("x: {call: safe, compensate: {call: undo, retry: {max_attempts: 3}}}\nz: {needs: [x], call: safe}", "done x {}", "done z fail denied none", "compensate",
			"done x/undo fail unavailable none"),
		"a step whose `error` is wired":      pressing("x: "+retried+"\nh: {needs: [x.error], set: {v: 1}}", busy),
		"a step beside one that has failed":  pressing("x: "+retried+"\nz: {call: safe}", busy, "done z fail denied none"),
		"a step whose run is paused":         pressing("x: "+retried+"\nz: {wait: 5s}", busy, "pause"),
		"a step whose deadline has passed":   pressing("x: {deadline: 10s, call: safe, retry: {max_attempts: 3, backoff: 9s}}", busy, "pass 10s"),
		"a step that does not wait for that": beside(pressing("x: "+retried), pressing("x: "+retried, "done x {}"), pressing(`x: {call: safe, until: {condition: "${{ iteration > 1 }}", every: 5s, max: 3}}`, "done x {}")),
		"a step of a run that was cancelled": pressing("x: "+retried, busy, "cancel"),
	},
	words: map[string]claim{
		"called at once, as the attempt that it waited for": func(p *played) bool {
			return p.is("x", Running) && !p.w.s.Steps["x"].Planned && p.invoked() == 1 && strings.Contains(p.last(0), "TimerFired x early by=ann") && strings.Contains(p.last(0), "invoke x attempt=2")
		},
		"each is called at once": func(p *played) bool {
			return p.w.s.Steps["x"].Planned && p.w.s.Steps["x"].Open == 2 && p.w.s.Retries == 0 && p.invoked() == 2
		},
		"undone at once": func(p *played) bool {
			return p.is("x", Compensating) && strings.Contains(p.last(0), "-> invoke x/undo attempt=2")
		},
		"failed, with its last error": func(p *played) bool {
			return p.is("x", Failed) && !p.w.s.Steps["x"].Planned && !p.w.s.Steps["x"].Handled && p.stopped(p.w.s.Steps["x"].Fault)
		},
		"each has failed, with its last error": func(p *played) bool {
			x := p.w.s.Steps["x"]
			return p.is("x", Failed) && x.Planned && p.stopped(x.Items[0].Fault) && p.stopped(x.Items[1].Fault)
		},
		"failed, with its last error, and handled": func(p *played) bool { return p.is("h", Succeeded) && p.stopped(p.w.s.Steps["x"].Fault) },
		"its compensation has failed": func(p *played) bool {
			return p.w.s.Ended == StatusCompensationFailed && p.stopped(p.w.s.Steps["x"].Undo.Fault)
		},
		"failed (`timeout`)": func(p *played) bool { return p.timedOut(fault.None) && p.invoked() == 0 },
		"refused: Resume comes first": func(p *played) bool {
			return p.is("x", Retrying) && strings.Contains(p.last(0), "refused: the run is paused")
		},
		"refused: there is nothing to": func(p *played) bool {
			return strings.Contains(p.last(0), "refused: `x` does not wait for another attempt")
		},
	},
}

// stopped reports whether a fault is the last one of a step, with the word of who has stopped it.
func (p *played) stopped(f *fault.Fault) bool {
	if f == nil || f.Class != fault.Unavailable || len(f.Evidence) == 0 {
		return false
	}
	last := f.Evidence[len(f.Evidence)-1]
	return p.want == "stop-retrying" && last.Name == "no further attempt" && last.Value == "stopped by ann"
}
