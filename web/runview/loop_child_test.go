package runview_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

// withKid is a catalogue with one flow.
type withKid struct {
	catalog
	kid *check.Signature
}

func (c withKid) Flow(string, int) *check.Signature { return c.kid }

func TestALoopOfRunsShowsEachRun(t *testing.T) {
	c := withKid{catalog: catalog{"pay": true, "refund": true}}
	c.kid, _ = check.SignatureOf([]byte("name: kid\nsteps:\n  a: {call: pay, compensate: {call: refund}}\noutput: {ok: \"${{ steps.a.output.ok }}\"}\n"), 3, c)
	p, _, issues := check.CompileSource([]byte("name: order\nsteps:\n  x: {flow: kid, until: {condition: \"${{ output.ok }}\", every: 8s, max: 3}}\n"), c)
	if p == nil {
		t.Fatalf("the loop does not compile: %+v", issues)
	}
	s := &story{t: t, program: p, outline: runview.FromProgram(p), state: planner.NewState(), folded: planner.NewState(), now: t0, shown: map[string]view.Step{}}
	for _, st := range s.outline.Steps {
		s.shown[st.ID] = bare(runview.StepOf(s.folded, s.outline, st.ID, false))
	}
	x := planner.Ref{Step: "x", Item: planner.NoItem}
	told := func(status planner.RunStatus, undo bool, output string) {
		r := x
		r.Undo = undo
		u := s.state.Unit(r)
		s.do(&planner.ChildDone{Ref: r, Attempt: u.Made(), Child: u.Child, Status: status, Output: planner.JSON(output)})
	}
	s.do(&planner.Start{ID: "01890a5d-ac96-774b-bcce-b302099a8057", Version: 2, Input: planner.JSON("{}")})
	told(planner.StatusSucceeded, false, `{"ok":false}`)
	if st := s.step("x"); st.Status != "waiting" || st.Loop == nil || st.Loop.Iteration != 2 || st.Loop.Completed != 1 || st.Reason != "`output.ok` was false" || st.NextAt == nil {
		t.Errorf("between two runs: got %s", text(st))
	}
	s.now = s.now.Add(8 * time.Second)
	s.do(&planner.TimerDue{Ref: x})
	st := s.step("x")
	if len(st.Attempts) != 2 || st.Attempts[0].Run == "" || st.Attempts[0].Run == st.Attempts[1].Run || st.Child == nil || st.Child.Run != st.Attempts[1].Run || st.Attempts[1].Iteration != 2 {
		t.Errorf("its runs: got %s", text(st))
	}
	s.do(&planner.Cancel{Then: "pause"})
	told(planner.StatusSucceeded, false, `{"ok":false}`)
	if plan := runview.PlanOf(s.folded, s.outline, planner.Programs{Now: s.program}, runview.Wish{Action: "compensate"}); len(plan.Steps) != 1 || plan.Steps[0].Does != "undo" || plan.Steps[0].Reason != "2 runs undo themselves, each as a unit; of each loop the last one first" {
		t.Errorf("the plan: got %s", text(plan))
	}
	s.do(&planner.Undo{})
	told(planner.StatusCompensated, true, "")
	if st := s.step("x"); st.Status != "compensating" || st.Compensation == nil || len(st.Compensation.Attempts) != 2 {
		t.Errorf("half undone: got %s", text(st))
	}
	told(planner.StatusCompensated, true, "")
	if st := s.step("x"); st.Status != "compensated" || st.Compensation.Attempts[1].Run != st.Attempts[0].Run {
		t.Errorf("undone: got %s", text(st))
	}
	for _, want := range []string{"in iteration 2", "its run is to undo what it did in iteration 1"} {
		if !slices.ContainsFunc(s.log, func(l string) bool { return strings.Contains(l, want) }) {
			t.Errorf("the log lacks %q: %q", want, s.log)
		}
	}
}
