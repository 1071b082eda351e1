package planner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/fault"
)

const manyRuns = `
name: f
steps:
  x: {flow: kid, until: {condition: "${{ output.ok }}", every: 1ms, max: 10000}}
  y: {needs: [x], call: safe}
`

// teller plays a parent's loop by hand.
type teller struct {
	t *testing.T
	*witness
}

func (w teller) take(in Input) []Fact {
	w.t.Helper()
	facts, _, err := w.decide(in)
	if err != nil || len(facts) == 0 || len(w.broken) > 0 {
		w.t.Fatalf("%T: %d facts, %v, %v", in, len(facts), err, w.broken)
	}
	return facts
}

func (w teller) word(r Ref, status RunStatus, output string) *ChildDone {
	u := w.s.Unit(r)
	return &ChildDone{Ref: r, Attempt: u.Made(), Child: u.Child, Status: status, Output: JSON(output)}
}

// unplanned is a decision that is made while the run cannot be carried on: its version does not compile, say.
func (w teller) unplanned(in Input) []Fact {
	p := w.p
	w.p = nil
	defer func() { w.p = p }()
	facts, _, err := Decide(nil, w.s, in, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(facts) > 0 {
		raw, err := Encode(facts)
		if err != nil {
			w.t.Fatal(err)
		}
		back, err := Decode(raw)
		if err != nil {
			w.t.Fatal(err)
		}
		w.owes(back)
		w.s.Seq++
		Fold(w.folded, w.folded.Seq+1, w.now, back)
		if got, want := dump(w.folded), dump(w.s); got != want {
			w.t.Errorf("the folded state is another:\n%s", diff(want, got))
		}
	}
	return facts
}

// What the run of an iteration says while its parent cannot be carried on is judged when it can, once.
func TestALooseIteration(t *testing.T) {
	x := Ref{Step: "x", Item: NoItem}
	for output, want := range map[string]string{`{"ok":false}`: "IterationCompleted x", `{"ok":true}`: "StepCompleted x", `{}`: "StepFailed x"} {
		w := teller{t, newWitness(mustCompile(t, manyRuns, truthFunctions, truthKid))}
		w.take(&Start{ID: "r", Version: 1, Input: JSON("{}")})
		w.unplanned(&Poison{Fault: fault.Fault{Class: fault.Expression, Message: "no program"}})
		said := w.word(x, StatusSucceeded, output)
		if facts := w.unplanned(said); len(facts) != 1 || !strings.Contains(factLine(facts[0]), "(loose) (open)") {
			t.Fatalf("%s: %d facts", output, len(facts))
		}
		if again := w.unplanned(said); len(again) != 0 {
			t.Errorf("%s: a second word counts, too: %s", output, factLine(again[0]))
		}
		var told string
		for _, f := range w.take(&Recover{Owner: 2}) {
			told += factLine(f) + "\n"
		}
		if !strings.Contains(told, want) {
			t.Errorf("%s: got\n%s, want %s", output, told, want)
		}
		w.take(&Retry{})
	}
}

// A compensation that cannot be carried on between two runs of a loop goes on with the one before.
func TestALooseUndoOfALoop(t *testing.T) {
	x := Ref{Step: "x", Item: NoItem}
	undo := Ref{Step: "x", Item: NoItem, Undo: true}
	w := teller{t, newWitness(mustCompile(t, manyRuns, truthFunctions, truthKid))}
	w.take(&Start{ID: "r", Version: 1, Input: JSON("{}")})
	w.take(w.word(x, StatusSucceeded, `{"ok":false}`))
	w.now = w.s.Unit(x).NextAt
	w.take(&TimerDue{x})
	w.take(w.word(x, StatusSucceeded, `{"ok":true}`))
	w.take(&Cancel{Then: "compensate"})
	w.take(&CallDone{Ref: Ref{Step: "y", Item: NoItem}, Attempt: 1, Output: JSON("{}")})
	w.unplanned(w.word(undo, StatusCompensated, ""))
	w.take(&Recover{Owner: 2})
	w.take(w.word(undo, StatusCompensated, ""))
	if w.s.Ended != StatusCompensated {
		t.Errorf("the run is %s", w.s.Status())
	}
}

// A loop of 2,000 runs keeps as much in its state as one of fifty, and all of them are undone, the last one first.
func TestALoopOfRunsDoesNotGrow(t *testing.T) {
	const most = 2000
	p := mustCompile(t, manyRuns, truthFunctions, truthKid)
	s, now := NewState(), epoch
	var born, undone []string
	take := func(in Input) {
		t.Helper()
		facts, _, err := Decide(p, s, in, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range facts {
			switch f := f.(type) {
			case *ChildStarted:
				born = append(born, f.Child)
			case *ChildAsked:
				undone = append(undone, f.Child)
			}
		}
	}
	r := Ref{Step: "x", Item: NoItem}
	word := func(r Ref, status RunStatus, output string) {
		u := s.Unit(r)
		take(&ChildDone{Ref: r, Attempt: u.Made(), Child: u.Child, Status: status, Output: JSON(output)})
	}
	small := 0
	take(&Start{ID: "r", Version: 1, Input: JSON("{}")})
	for n := 1; n <= most; n++ {
		word(r, StatusSucceeded, fmt.Sprintf(`{"ok":%t,"pad":"%064d"}`, n == most, n))
		if n == 50 {
			small = len(dump(s))
		}
		if n < most {
			now = s.Unit(r).NextAt
			take(&TimerDue{r})
		}
	}
	if got := len(dump(s)); got > small*3/2 {
		t.Errorf("the state grew from %d to %d", small, got)
	}
	for n, child := range born {
		if got := s.Unit(r).Former("r", r, n+1); got != child {
			t.Fatalf("the run of iteration %d: got %s, want %s", n+1, got, child)
		}
	}
	take(&CallDone{Ref: Ref{Step: "y", Item: NoItem}, Attempt: 1, Fault: &fault.Fault{Class: fault.Denied, Effect: fault.None}})
	take(&Undo{})
	for s.Ended == "" {
		word(Ref{Step: "x", Item: NoItem, Undo: true}, StatusCompensated, "")
	}
	if got := len(dump(s)); got > small*3 {
		t.Errorf("with the undoing the state grew from %d to %d", small, got)
	}
	if s.Ended != StatusCompensated || !backwards(born, undone) {
		t.Errorf("the run is %s, and %d of %d are undone", s.Status(), len(undone), len(born))
	}
}
