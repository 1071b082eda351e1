package planner

import "strings"

// undoing plays one thing for a step x whose compensation goes after success, and then the same after any attempt. What it is undone with names the
// call by its key, as such a compensation should.
func undoing(call, more string, inputs ...string) []cases {
	var columns []cases
	for _, after := range []string{"success", "attempt"} {
		columns = append(columns, cases{func(p *played) {
			p.flow("on_failure: compensate\nsteps:\n  x: {"+call+", compensate: {after: "+after+`, call: undo, with: {key: "${{ key }}"}}}`+"\n  "+more,
				append([]string{"start {}"}, inputs...)...)
		}})
	}
	return columns
}

// both are the cases of several rows of undoing in one.
func both(rows ...[]cases) []cases {
	out := make([]cases, 2)
	for _, r := range rows {
		for i := range out {
			out[i] = append(out[i], r[i]...)
		}
	}
	return out
}

var undone = truth{
	rows: map[string][]cases{
		"completed": both(undoing("call: safe", "z: {needs: [x], call: safe}", "done x {}", "done z fail denied none"),
			undoing("call: once", "z: {needs: [x], call: safe}", "sent x", "done x {}", "done z fail denied none")),
		"did not complete, though one of its attempts may have had its effect: its answer was late, lost or against the contract, or it was cancelled": both(
			undoing("call: safe", "z: {wait: 1h}", "done x fail timeout maybe"), undoing("call: safe", "z: {wait: 1h}", "cancel compensate", "done x fail cancelled maybe"),
			undoing("call: safe, retry: {max_attempts: 2}", "z: {wait: 1h}", "done x fail unavailable maybe", "due x", "done x fail denied none")),
		"did not complete, and every attempt was refused (effect `none`)": both(undoing("call: safe", "z: {wait: 1h}", "done x fail denied none"),
			undoing("call: once", "z: {wait: 1h}", "sent x", "done x fail denied none")),
		"was never called": undoing("needs: [z], call: safe", "z: {call: safe}", "done z fail denied none"),
		"is *uncertain*: its function is not idempotent, and nobody knows": undoing("call: once", "z: {call: safe}", "sent x", "done x fail timeout maybe", "done z fail denied none"),
		"is said to have failed, by that person":                           undoing("call: once", "z: {call: safe}", "sent x", "done x fail timeout maybe", "done z fail denied none", "resolve x failed"),
	},
	words: map[string]claim{
		"is undone": func(p *played) bool { return strings.Contains(p.last(0), "-> invoke x/undo") },
		"is left": func(p *played) bool {
			return !strings.Contains(strings.Join(p.told, ""), "invoke x/undo") && p.w.s.Ended != ""
		},
		"waits for a person": func(p *played) bool {
			return !strings.Contains(strings.Join(p.told, ""), "invoke x/undo") && p.w.s.Uncertain > 0
		},
	},
}
