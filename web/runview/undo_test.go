package runview_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
)

const doubtful = `name: order
input: {type: object}
steps:
  first: {call: pay, compensate: {call: refund, with: {key: "${{ key }}"}}}
  reserve: {call: pay, compensate: {after: attempt, call: refund, with: {key: "${{ key }}"}}}
  stock:
    needs: [reserve.error]
    for_each: ${{ input.lines }}
    call: take
    compensate: {after: attempt, call: put_back, with: {key: "${{ key }}"}}
  busy: {call: pay, compensate: {after: attempt, call: refund, with: {key: "${{ key }}"}}}
`

// What may have happened is said to be so: before it is undone, while, and after.
func TestUndoneThoughNobodyKnows(t *testing.T) {
	s := beginFlow(t, doubtful, `{"lines": ["a", "b", "c"]}`)
	s.done("reserve", none, false, "", lost)
	s.done("stock", 0, false, `1`, nil)
	s.done("stock", 1, false, "", lost)
	s.done("stock", 2, false, "", wrong)
	s.done("busy", none, false, "", wrong)
	s.done("first", none, false, "", lost)
	if got := s.run(); got.Status != "failed" || s.step("reserve").Unknown != 1 || s.step("stock").Unknown != 1 || s.step("busy").Unknown != 0 {
		t.Fatalf("got %s", text(got))
	}
	plan := runview.PlanOf(s.folded, s.outline, planner.Programs{Now: s.program}, runview.Wish{Action: "compensate"})
	var got []string
	for _, st := range plan.Steps {
		got = append(got, st.ID+" "+st.Does+": "+st.Reason)
	}
	want := []string{"busy nothing: nothing was done", "stock undo: 1 item did not complete, and nobody knows whether that happened",
		"reserve undo: it did not complete, and nobody knows whether it happened",
		"first nothing: it did not complete, and nobody knows whether it happened, and only what completed is undone"}
	if !slices.Equal(got, want) || plan.Steps[1].Items != 2 {
		t.Errorf("the plan is\n%s\nwant\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), text(plan))
	}
	s.do(&planner.Undo{By: "ada"})
	if c := s.step("reserve").Compensation; c == nil || c.Status != "pending" || c.Unknown != 1 {
		t.Errorf("reserve before its turn: got %s", text(c))
	}
	s.done("stock", 1, true, `{}`, nil)
	s.done("stock", 0, true, `{}`, nil)
	if c := s.step("stock").Compensation; c == nil || c.Status != "compensated" || c.Unknown != 1 {
		t.Errorf("stock undone: got %s", text(c))
	}
	for i, want := range []struct {
		status  string
		unknown int
	}{{"compensated", 0}, {"compensated", 1}, {"failed", -1}} {
		item, _ := runview.Item(s.folded, s.outline, "stock", i)
		if unknown := item.Compensation; item.Status != want.status || (unknown == nil) != (want.unknown < 0) || unknown != nil && unknown.Unknown != want.unknown {
			t.Errorf("item %d: got %s", i, text(item))
		}
	}
	s.done("reserve", none, true, `{}`, nil)
	if st := s.step("reserve"); st.Status != "compensated" || st.Compensation.Unknown != 1 || s.run().Status != "compensated" {
		t.Errorf("reserve undone: got %s", text(st))
	}
	if st := s.step("first"); st.Status != "failed" || st.Compensation != nil {
		t.Errorf("first, which is undone only when it completed: got %s", text(st))
	}
	for _, line := range []string{"reserve is undone, though nobody knows whether it had happened", "stock is undone, though of 1 item nobody knows whether it had happened",
		"busy has nothing to undo"} {
		if !slices.Contains(s.log, line) {
			t.Errorf("the log lacks %q:\n%s", line, strings.Join(s.log, "\n"))
		}
	}
}

func TestOutlineOfAttempts(t *testing.T) {
	def, _ := flow.Parse([]byte(doubtful))
	for _, st := range runview.FromDefinition(def).Steps {
		if st.Attempts != (st.ID != "first") {
			t.Errorf("%s: undoes attempts: %t", st.ID, st.Attempts)
		}
	}
}
