package planner

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/segno-run/segno/designer/check"
)

// TestNestingIsBounded: a program of another release, or one that was forced, does not start runs without end.
func TestNestingIsBounded(t *testing.T) {
	p := mustCompile(t, "name: f\nsteps:\n  pay: {flow: kid}\n", randomFunctions, randomKid)
	for depth := range check.MaxNesting {
		s := NewState()
		start := &Start{ID: "r", Version: 1, Input: JSON("{}")}
		if depth > 0 {
			start.Parent = &ParentLink{Run: "mum", Step: "pay", Item: NoItem, Attempt: 1, Depth: depth}
		}
		if _, _, err := Decide(p, s, start, epoch); err != nil {
			t.Fatal(err)
		}
		deepest := depth == check.MaxNesting-1
		if got := s.Children == 0; got != deepest {
			t.Errorf("at depth %d: refused %t, want %t", depth, got, deepest)
		}
		if deepest && (s.Failure == nil || !strings.Contains(s.Failure.Fault.Message, "9 runs would stand in one another")) {
			t.Errorf("failure: %+v", s.Failure)
		}
	}
}

func TestChildID(t *testing.T) {
	const parent = "01890a5d-ac96-774b-bcce-b302099a8057"
	r := Ref{Step: "pay", Item: 3}
	id := ChildID(parent, r, 0, 1)
	if err := uuid.Validate(id); err != nil || !strings.HasPrefix(id, parent[:14]+"8") {
		t.Errorf("the id %s: %v, want a version 8 of the parent's time", id, err)
	}
	r.Undo = true
	if ChildID(parent, r, 0, 1) != id {
		t.Error("the unit's compensation has another child")
	}
	for _, other := range []string{ChildID(parent, Ref{Step: "pay", Item: 3}, 0, 2), ChildID(parent, Ref{Step: "pay", Item: 4}, 0, 1), ChildID(parent, Ref{Step: "buy", Item: 3}, 0, 1),
		ChildID("01890a5d-ac96-774b-bcce-b302099a8058", Ref{Step: "pay", Item: 3}, 0, 1)} {
		if other == id {
			t.Errorf("two units have the child %s", id)
		}
	}
}

// judgeChildren holds what is sent to other runs against the tables.
func (w *witness) judgeChildren(facts []Fact, commands []Command) {
	ends, told := false, 0
	for _, f := range facts {
		switch f := f.(type) {
		case *RunSucceeded, *RunFailed, *RunCancelled, *RunCompensated, *RunCompensationFailed:
			ends = true
		case *ParentAsked:
			ends = ends || (f.Ask == AskRetry || f.Ask == AskUndo) && w.s.Ended != ""
		}
	}
	for _, c := range commands {
		switch c := c.(type) {
		case *StartChild:
			w.judgeStart(c)
		case *AskChild:
			w.judgeAsk(c)
		case *TellParent:
			told++
			if l := w.s.Parent; l == nil || c.Status != w.s.Ended || c.Ref != l.ref() || c.Attempt != l.Attempt || c.Child != w.s.ID {
				w.violated("the parent (%+v) is told %+v by a run that is %s", l, c, w.s.Ended)
			}
		}
	}
	if want := delta(ends && w.s.Ended != "" && w.s.Parent != nil, false); told != want {
		w.violated("the parent is told %d times, want %d; the run is %s", told, want, w.s.Status())
	}
}

func (w *witness) judgeStart(c *StartChild) {
	r := c.Parent.ref()
	u := w.s.Unit(r)
	switch {
	case u == nil || u.State != Running || u.Child != c.Child || c.Parent.Attempt != u.Made():
		w.violated("%s is started for %s, and its unit is %+v", c.Child, r, u)
	case w.kids[c.Child]:
		w.violated("%s is started twice", c.Child)
	case w.s.Ended != "" || w.s.Phase == PhaseCompensating || w.s.Phase == PhaseCancelling:
		w.violated("%s is started in phase %d of a run that is %s", r, w.s.Phase, w.s.Status())
	case w.done[r]:
		w.violated("%s is started again though it completed", r)
	}
	if why := w.unready(w.p.Step(r.Step)); why != "" {
		w.violated("%s is started, but %s", r, why)
	}
	if w.kids == nil {
		w.kids = map[string]bool{}
	}
	w.kids[c.Child] = true
}

func (w *witness) judgeAsk(c *AskChild) {
	if !w.kids[c.Child] {
		w.violated("%s is asked to %s, and was never started", c.Child, c.Ask)
	}
	switch c.Ask {
	case AskRetry:
		if c.Undo || w.s.Phase == PhaseCompensating || w.s.Ended != "" {
			w.violated("%s is asked to go on in phase %d", c.Child, w.s.Phase)
		}
	case AskUndo:
		if !c.Undo || w.s.Phase != PhaseCompensating {
			w.violated("%s is asked to undo in phase %d", c.Child, w.s.Phase)
		}
		for _, st := range w.s.Steps {
			for _, r := range st.refs() {
				if u := w.s.Unit(r); u.Undo != nil && u.Undo.Child == c.Child && u.Undo.State == Running {
					r.Undo = true
					w.judgeUndo(r)
				}
			}
		}
	}
}

// owes keeps its own account, from the facts alone, of the children that have something to undo: each is asked, the last one first, and none is left when the
// run is compensated.
func (w *witness) owes(facts []Fact) {
	did := func(r Ref) {
		if child := w.latest[r]; child != "" && !slices.Contains(w.owing[r], child) {
			w.owing[r] = append(w.owing[r], child)
		}
	}
	for _, f := range facts {
		switch f := f.(type) {
		case *ChildStarted:
			if was := w.latest[f.Ref]; w.ends[was] == StatusCancelled { // only a parent that is being cancelled does that, and it starts no other
				w.owing[f.Ref] = slices.DeleteFunc(w.owing[f.Ref], func(child string) bool { return child == was })
			}
			w.latest[f.Ref] = f.Child
		case *IterationCompleted:
			did(f.Ref)
		case *ChildAsked:
			r := Ref{Step: f.Step, Item: f.Item}
			child := f.Child
			if child == "" {
				child = w.latest[r]
			}
			if owing := w.owing[r]; f.Undo && (len(owing) == 0 || owing[len(owing)-1] != child) {
				w.violated("%s: %s is asked to undo, and those that have to are %v", f.Ref, child, owing)
			}
		case *ChildEnded:
			r := Ref{Step: f.Step, Item: f.Item}
			owing := w.owing[r]
			if !f.Undo {
				w.ends[w.latest[r]] = f.Status
			}
			switch {
			case f.Undo && f.Status == StatusCompensated:
				w.owing[r] = owing[:max(len(owing)-1, 0)]
			case f.Undo, f.Open:
			case f.Status == StatusCompensated:
				w.owing[r] = slices.DeleteFunc(owing, func(child string) bool { return child == w.latest[r] })
			default:
				did(r)
			}
		case *RunCompensated:
			for r, owing := range w.owing {
				if len(owing) > 0 {
					w.violated("the run is compensated, and of %s %v have undone nothing", r, owing)
				}
			}
		}
	}
}
