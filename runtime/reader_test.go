package runtime_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// A run that an older release began carries a later reader from its first fact on that the older one would not understand: in the same commit, no sooner,
// and whether its row would have been touched or not.
func TestTheReaderRisesWithTheFacts(t *testing.T) {
	b := newBench(t)
	b.begin(1, `
name: f
on_failure: compensate
steps:
  one: {call: a, compensate: {after: attempt, call: undo, with: {key: "${{ key }}"}}}
  paid: {needs: [one], signal: {name: paid}}
`)
	if born := b.queue[0].Transition; born.New.Reader != 4 || born.Row.Reader != 0 {
		t.Errorf("at birth: got reader %d, raised to %d; want %d, and nothing to raise", born.New.Reader, born.Row.Reader, 4)
	}
	b.commitAll()

	b.core = runtime.NewCore(1) // a later life, which knows of the run what its history says: nothing that reader 1 did not know
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.load(1, nil)
	reader := func(what string, want int) {
		t.Helper()
		if len(b.queue) != 1 {
			t.Fatalf("%s: %d transitions", what, len(b.queue))
		}
		got := 0
		if row := b.queue[0].Transition.Row; row != nil {
			got = row.Reader
			if row.Status == "" {
				t.Errorf("%s: the row has no status", what)
			}
		}
		if got != want {
			t.Errorf("%s: got reader %d, want %d", what, got, want)
		}
		b.commitAll()
	}
	reader("recovery", 0)
	b.step(runtime.Press{ID: uuid.NewString(), Run: 1, Input: &planner.Send{Name: "paid", Payload: planner.JSON("1")}})
	reader("a signal", 2)
	one := planner.Ref{Step: "one", Item: planner.NoItem}
	b.step(runtime.Done{Run: 1, Result: &planner.CallDone{Ref: one, Attempt: 2, Fault: &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe}}})
	reader("the compensation of attempts", 3)
	one.Undo = true
	b.step(runtime.Done{Run: 1, Result: &planner.CallDone{Ref: one, Attempt: 1, Output: planner.JSON("{}")}})
	reader("its end", 0)
}
