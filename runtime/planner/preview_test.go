package planner

import (
	"errors"
	"strings"
	"testing"
)

// A preview of a compensation says what will be called with what, and leaves no trace in the state.
func TestUndoIsForetold(t *testing.T) {
	p := &played{story: &story{t: t}}
	p.flow(`x: {for_each: "${{ [1, 2, 3] }}", tolerated_failures: 1, call: safe, with: {n: "${{ item }}"}, compensate: {call: undo, with: {n: "${{ item }}", all: "${{ size(steps.x.output) }}", key: "${{ key }}"}}}
y: {needs: [x], fail: {message: "no"}}`, "start {}", "done x#0 {}", "done x#1 fail denied none", "done x#2 {}")
	s := p.w.s
	refs := s.UndoNext("x", false, 9)
	if len(refs) != 2 || refs[0].Item != 2 || refs[1].Item != 0 || len(s.UndoNext("x", false, 1)) != 1 || len(s.UndoNext("y", false, 9)) != 0 {
		t.Fatalf("what is undone next: got %v", refs)
	}
	told := map[Ref]string{}
	for _, r := range refs {
		in, f := Programs{Now: p.w.p}.UndoInput(s, r)
		if f != nil {
			t.Fatalf("%v: %v", r, f)
		}
		told[r] = string(in)
	}
	if s.Steps["x"].partial != nil {
		t.Error("the preview left what it read in the state")
	}
	p.do("compensate")
	for _, r := range refs {
		u := s.Unit(Ref{Step: r.Step, Item: r.Item, Undo: true})
		if u == nil { // one after the other
			p.do("done x#2/undo {}")
			u = s.Unit(Ref{Step: r.Step, Item: r.Item, Undo: true})
		}
		if u == nil || string(u.In.JSON()) != told[r] || !strings.Contains(told[r], "/x/") {
			t.Errorf("%v: foretold %s, called with %v", r, told[r], u)
		}
	}
}

// A button on a plan that the run has left behind is refused, and changes nothing.
func TestAButtonOnAnOldPlan(t *testing.T) {
	p := &played{story: &story{t: t}}
	p.flow(`x: {call: safe}`, "start {}", "done x fail denied none")
	p.w.s.Seq = 7
	for _, in := range []Input{&Retry{Seq: 6}, &Undo{Seq: 8}} {
		var refused *Refusal
		if facts, _, err := Decide(p.w.p, p.w.s, in, p.w.now); !errors.As(err, &refused) || refused.Code != Conflict || len(facts) > 0 {
			t.Errorf("%T: got %v and %v, want a conflict", in, facts, err)
		}
	}
	if _, _, err := Decide(p.w.p, p.w.s, &Retry{Seq: 7}, p.w.now); err != nil {
		t.Errorf("on the newest plan: %v", err)
	}
}
