package runview_test

import (
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
)

const whyFlow = `name: why
input: {type: object}
steps:
  first: {call: pay, retry: {max_attempts: 3, backoff: 1m, on: [unavailable]}}
  big:
    needs: [first]
    switch:
      huge: ${{ input.order.amount > 10000 && input.vip }}
      large: ${{ input.order.amount > 1000 }}
      small: true
  asked: {needs: [big.huge], approval: {title: "Sure?", timeout: 1h}}
  behind: {needs: [asked.approved], call: pay}
  far: {needs: [behind], call: pay}
  each: {needs: [big.small], for_each: "${{ input.lines }}", max_parallel: 2, call: take}
  gift: {needs: [first], if: "${{ steps.first.output.points > 100 }}", set: {a: 1}}
  person: {needs: [each], approval: {title: "Go?", timeout: 1h}}
  last: {needs: [person.approved], call: pay}
`

var busy = &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "busy"}

// For every step that does not run there is one reason, with the values that it comes from.
func TestWhyIsntItRunning(t *testing.T) {
	s := beginFlow(t, whyFlow, `{"order": {"amount": 420}, "vip": true, "lines": ["a", "b", "c", "d"]}`)
	why := func(step, want string) {
		t.Helper()
		if got := s.step(step).Reason; got != want {
			t.Errorf("%s: got %q, want %q", step, got, want)
		}
	}
	why("big", "waits for `first`, which is running")
	why("far", "waits for `behind`: `first` is running")
	s.done("first", none, false, "", busy)
	why("first", "attempt 2 of 3 comes at "+s.step("first").NextAt.Format("2006-01-02 15:04:05 MST"))
	why("big", "waits for `first`, which is retrying")
	s.now = s.now.Add(2 * time.Minute)
	s.do(&planner.TimerDue{Ref: planner.Ref{Step: "first", Item: none}})
	s.done("first", none, false, `{"points": 7}`, nil)

	why("big", "`input.order.amount > 10000 && input.vip`, `input.order.amount > 1000` were false, amount 420, vip true")
	why("asked", "`big` took `small`, not `huge`: `input.order.amount > 10000 && input.vip` was false, amount 420, vip true")
	why("behind", "`asked` was skipped, because `big` took `small`, not `huge`: `input.order.amount > 10000 && input.vip` was false, amount 420, vip true")
	why("far", "`behind` was skipped, because `big` took `small`, not `huge`: `input.order.amount > 10000 && input.vip` was false, amount 420, vip true")
	why("gift", "`steps.first.output.points > 100` was false, points 7")
	why("each", "2 items not begun: max_parallel is 2")
	for i, want := range []string{"", "", "2 items not begun: max_parallel is 2"} {
		if item, _ := runview.Item(s.folded, s.outline, "each", i); item.Reason != want {
			t.Errorf("item %d: got %q, want %q", i, item.Reason, want)
		}
	}
	s.do(&planner.Pause{By: "ada"})
	s.done("each", 0, false, `1`, nil)
	why("each", "2 items held by the pause by ada")
	s.done("each", 1, false, `1`, nil)
	s.do(&planner.Resume{By: "ada"})
	s.done("each", 2, false, `1`, nil)
	why("person", "waits for `each`, which is running")
	s.done("each", 3, false, `1`, nil)
	until := s.step("person").NextAt.Format("2006-01-02 15:04:05 MST")
	why("person", "a person has to decide, until "+until)
	why("last", "waits for `person.approved`, which waits for a person")
	s.do(&planner.Pause{By: "ada"})
	s.do(&planner.Approve{Step: "person", Approved: true})
	why("last", "ready, and held by the pause by ada: it starts on Resume")
	s.do(&planner.Cancel{By: "bob"})
	if got := s.run(); got.Status != "cancelled" {
		t.Fatalf("got %s", got.Status)
	}
	for _, st := range s.run().Steps {
		if st.Status == "pending" && st.Reason == "" {
			t.Errorf("%s does not run, and nothing says why", st.ID)
		}
	}
}

// A step that waits behind a failure says whose.
func TestHeldByAFailure(t *testing.T) {
	s := beginFlow(t, "name: held\ninput: {type: object}\nsteps:\n  a: {call: pay}\n  b: {call: pay}\n  c: {needs: [b], call: pay}\n  d: {needs: [a], call: pay}\n", `{}`)
	s.done("a", none, false, "", wrong)
	s.done("b", none, false, `1`, nil)
	if got := s.step("c").Reason; !strings.Contains(got, "held by the failure of `a`: it starts on Retry") {
		t.Errorf("c: got %q", got)
	}
	if got := s.step("d").Reason; got != "waits for `a`, which failed" {
		t.Errorf("d: got %q", got)
	}
}
