package planner

import (
	"fmt"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
)

const manyIterations = `
name: f
steps:
  poll: {call: safe, retry: {max_attempts: 2, backoff: 1s}, until: {condition: "${{ output.n == 5000 }}", every: 1ms, max: 10000}}
`

// A loop of 5,000 iterations keeps as much in its state as one of fifty, and counts on all the same.
func TestALoopDoesNotGrow(t *testing.T) {
	p := mustCompile(t, manyIterations, randomFunctions)
	s, now := NewState(), epoch
	take := func(in Input) {
		t.Helper()
		if _, _, err := Decide(p, s, in, now); err != nil {
			t.Fatal(err)
		}
	}
	r := Ref{Step: "poll", Item: NoItem}
	var small int
	take(&Start{ID: "r", Version: 1, Input: JSON("{}")})
	for n := 1; n <= 5000; n++ {
		if got := s.Unit(r).Iteration; got != n {
			t.Fatalf("iteration: got %d, want %d", got, n)
		}
		take(&CallDone{Ref: r, Attempt: s.Unit(r).Made(), Output: JSON(fmt.Sprintf(`{"n":%d,"pad":"%064d"}`, n, n))})
		if n == 50 {
			small = len(dump(s))
		}
		if n < 5000 {
			now = s.Unit(r).NextAt
			take(&TimerDue{r})
		}
	}
	u := s.Unit(r)
	if s.Ended != StatusSucceeded || u.Passed != 5000 || u.Made() != 5000 {
		t.Errorf("got %s after %d iterations and %d attempts", s.Status(), u.Passed, u.Made())
	}
	if got := len(dump(s)); got > small*3/2 {
		t.Errorf("the state grew from %d to %d", small, got)
	}
	if len(s.wakes) > 2*keptAttempts {
		t.Errorf("%d wakes are kept", len(s.wakes))
	}
}

// What may have happened in an iteration has happened when the iteration completes: the calls of one have one key.
func TestACompletedIterationLeavesNoDoubt(t *testing.T) {
	p := mustCompile(t, manyIterations, randomFunctions)
	s, r := NewState(), Ref{Step: "poll", Item: NoItem}
	take := func(in Input, at time.Time) {
		t.Helper()
		if facts, _, err := Decide(p, s, in, at); err != nil || len(facts) == 0 {
			t.Fatalf("%T: %d facts, %v", in, len(facts), err)
		}
	}
	take(&Start{ID: "r", Version: 1, Input: JSON("{}")}, epoch)
	take(&CallDone{Ref: r, Attempt: 1, Fault: &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe, Message: "no answer"}}, epoch)
	if !s.Unit(r).Maybe {
		t.Error("a call without an answer leaves no doubt")
	}
	take(&TimerDue{r}, s.Unit(r).RetryAt)
	take(&CallDone{Ref: r, Attempt: 2, Output: JSON(`{"n":1}`)}, epoch.Add(time.Minute))
	if s.Unit(r).Maybe {
		t.Error("an iteration that completed leaves a doubt")
	}
}

func TestKeysOfIterations(t *testing.T) {
	step, item := Ref{Step: "s", Item: NoItem}, Ref{Step: "s", Item: 4}
	for want, got := range map[string]string{
		"r/s/-/-/0": Key("r", step, 0, 0), "r/s/4/-/2": Key("r", item, 0, 2), "r/s/-/3/0": Key("r", step, 3, 0), "r/s/4/12/1": Key("r", item, 12, 1),
		"r/s/-/-/0/undo": Key("r", Ref{Step: "s", Item: NoItem, Undo: true}, 0, 0),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A loop's first call is for readers that know loops: to others its output would be the step's.
func TestALoopWantsALaterReader(t *testing.T) {
	standIn := expr.PayloadOf([]byte(`"large"`)).StandIn()
	for _, c := range []struct {
		f    Fact
		want int
	}{{&CallScheduled{}, 1}, {&CallScheduled{Iteration: 1}, 3}, {&IterationCompleted{}, 3}, {&CallScheduled{Iteration: 1, Input: standIn}, 4}, {&RunStarted{Input: standIn}, 4}} {
		if got := ReaderOf([]Fact{c.f}); got != c.want {
			t.Errorf("%s: got reader %d, want %d", factLine(c.f), got, c.want)
		}
	}
}
