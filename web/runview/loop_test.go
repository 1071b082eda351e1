package runview_test

import (
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

const loops = `name: order
steps:
  poll: {call: pay, retry: {max_attempts: 2, backoff: 1s}, until: {condition: "${{ output.ok }}", every: 8s, max: 3}, compensate: {call: refund}}
  many: {for_each: "${{ [1, 2] }}", call: take, until: {condition: "${{ output.ok }}", every: 5s, max: 4}}
`

func TestALoopShowsWhereItStands(t *testing.T) {
	p, _, issues := check.CompileSource([]byte(loops), catalog{"pay": true, "refund": true, "take": true})
	if p == nil {
		t.Fatalf("the loops do not compile: %+v", issues)
	}
	s := &story{t: t, program: p, outline: runview.FromProgram(p), state: planner.NewState(), folded: planner.NewState(), now: t0, shown: map[string]view.Step{}}
	for _, st := range s.outline.Steps {
		s.shown[st.ID] = bare(runview.StepOf(s.folded, s.outline, st.ID, false))
	}
	s.do(&planner.Start{ID: "01890a5d-ac96-774b-bcce-b302099a8057", Version: 2, Input: planner.JSON("{}")})
	s.done("poll", planner.NoItem, false, "", &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "busy"})
	s.now = s.now.Add(time.Second)
	s.do(&planner.TimerDue{Ref: planner.Ref{Step: "poll", Item: planner.NoItem}})
	s.done("poll", planner.NoItem, false, `{"ok":false}`, nil)
	s.done("many", 0, false, `{"ok":false}`, nil)
	s.done("many", 1, false, `{"ok":false}`, nil)
	poll := s.step("poll")
	if poll.Status != "waiting" || poll.NextAt == nil || poll.Reason != "`output.ok` was false" || !strings.HasSuffix(poll.Key, "/poll/-/1/0") {
		t.Errorf("between two iterations: got %s", text(poll))
	}
	if l := poll.Loop; l == nil || l.Iteration != 2 || l.Max != 3 || l.Completed != 1 || l.Condition != "output.ok" || string(l.Output) != `{"ok":false}` || l.NextAt == nil {
		t.Errorf("its loop: got %s", text(poll.Loop))
	}
	if len(poll.Attempts) != 2 || poll.Attempts[0].Iteration != 1 || poll.Attempts[1].Iteration != 1 || poll.Attempts[1].Said != `{"ok":false}` {
		t.Errorf("its attempts: got %s", text(poll.Attempts))
	}
	many := s.step("many")
	if many.Status != "waiting" || many.Loop != nil || many.Reason != "2 items wait for the next iteration" || many.Items.Running != 2 {
		t.Errorf("items that loop: got %s", text(many))
	}
	if item, _ := runview.Item(s.folded, s.outline, "many", 1); item.Status != "waiting" || item.Loop == nil || item.Loop.Iteration != 2 || item.Loop.Max != 4 {
		t.Errorf("one of them: got %s", text(item))
	}
	s.do(&planner.Pause{})
	s.now = s.now.Add(time.Minute)
	s.do(&planner.Resume{})
	s.done("poll", planner.NoItem, false, "", &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "no"})
	s.done("many", 0, false, `{"ok":true}`, nil)
	s.done("many", 1, false, `{"ok":false}`, nil)
	if got := s.step("many"); got.Status != "waiting" || got.Reason != "1 item waits for the next iteration" {
		t.Errorf("in a run that failed: got %s", text(got))
	}
	if e := s.step("poll").Error; e == nil || e.Effect != "maybe" {
		t.Errorf("a failure after an iteration that happened: got %s", text(e))
	}
	does := func(action string) string {
		var out []string
		for _, st := range runview.PlanOf(s.folded, s.outline, planner.Programs{Now: s.program}, runview.Wish{Action: action}).Steps {
			out = append(out, st.ID+" "+st.Does+" "+st.Reason)
		}
		return strings.Join(out, "; ")
	}
	if got, want := does("retry"), "poll run_again rejected: no; many run it goes on with its next iteration"; got != want {
		t.Errorf("the plan of Retry: got %q, want %q", got, want)
	}
	if got, want := does("compensate"), "many nothing it has no compensation; poll undo "; got != want {
		t.Errorf("the plan of Compensate: got %q, want %q", got, want)
	}
	s.do(&planner.Undo{})
	s.done("poll", planner.NoItem, true, `{}`, nil)
	if c := s.step("poll").Compensation; c == nil || c.Status != "compensated" {
		t.Errorf("a loop that failed and was undone: got %s", text(c))
	}
	for _, want := range []string{"poll called pay, iteration 1, attempt 1", "poll completed iteration 1, and its condition was not true; the next begins at 2026-01-31T09:00:12Z"} {
		if !strings.Contains(strings.Join(s.log, "\n"), want) {
			t.Errorf("the log lacks %q", want)
		}
	}
}
