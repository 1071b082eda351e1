package scenario

import (
	"strings"
	"testing"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// TestLedgerIsSharp: what the planner never does is seen all the same, should it ever.
func TestLedgerIsSharp(t *testing.T) {
	for name, c := range map[string]struct {
		calls string // the step's first letter; small: the call, large: its undo
		want  string
	}{
		"in order":      {"psSP", ""},
		"out of order":  {"psPS", "out_of_order: `pay` is undone before `ship`, which needs it"},
		"twice":         {"pPP", "without_effect: the undo of `pay` runs, though what it undoes was undone before"},
		"nothing there": {"P", "without_effect: the undo of `pay` runs, though there is nothing to undo"},
		"done again":    {"ssS", "left: what `ship` does was done twice"},
		"safe to do":    {"ppP", ""},
	} {
		s := prepare(t, shopWith(`
name: shop
steps:
  pay: {call: pay, with: {n: 1}, compensate: {call: refund, with: {id: "${{ steps.pay.output.id }}"}}}
  ship: {needs: [pay], call: mail, compensate: {call: refund, with: {id: x}}}
`))[0]
		m, err := s.Faults(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l := newLedger(&world{m: m})
		for _, letter := range c.calls {
			r := planner.Ref{Step: "pay", Item: planner.NoItem}
			if strings.ToLower(string(letter)) == "s" {
				r.Step = "ship"
			}
			st := s.Program.Step(r.Step)
			if letter < 'a' {
				r.Undo = true
				l.undid(runtime.Invoke{Invoke: &planner.Invoke{Ref: r, Key: r.Step + "/undo", Function: "refund"}}, false)
				continue
			}
			l.did(runtime.Invoke{Invoke: &planner.Invoke{Ref: r, Key: r.Step, Function: st.Call.Function}}, st.Call, []byte(`{}`))
		}
		got := ""
		for _, f := range l.found {
			got += f.Kind + ": " + f.Message
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestManyBeside: beyond the bound the orders stay few.
func TestManyBeside(t *testing.T) {
	var src strings.Builder
	src.WriteString("name: shop\nsteps:\n")
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		src.WriteString("  " + name + ": {call: pay, with: {n: 1}}\n")
	}
	m, err := prepare(t, shopWith(src.String()))[0].Faults(t.Context())
	if err != nil || !m.Fine() {
		t.Fatal(err, m.Text())
	}
	for _, c := range m.Cells {
		if c.Fault == "before" && c.Runs != 16 { // all early, all late, and each of seven alone otherwise
			t.Errorf("%s: %d runs, want 16", c.Step, c.Runs)
		}
	}
}
