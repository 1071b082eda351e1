package runview_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

// shelf is the journal of a story, with the places that were noted of it.
type shelf struct {
	places runview.Places
	kept   map[int64][]planner.Fact
}

func (s *shelf) take(t live.Transition) {
	if s.kept == nil {
		s.kept = map[int64][]planner.Fact{}
	}
	s.kept[t.Seq] = t.Facts
	s.places.Take(t.Seq, t.Facts)
}

// read is what stands at the place of an attempt's value.
func (s *shelf) read(r planner.Ref, what string, attempt int) (string, *view.Failure) {
	at, ok := s.places.Attempt(r, what, attempt)
	if !ok {
		return "", nil
	}
	raw, failed := at.Read(r, s.kept[at.Seq])
	return string(raw), failed
}

// agrees compares what stands at the places with what the folded state still has: the input of the last attempt, the output of the one that succeeded, the error of
// each that is kept.
func (s *shelf) agrees(t *testing.T, state *planner.State) {
	t.Helper()
	for name, st := range state.Steps {
		units := map[int]*planner.Unit{planner.NoItem: &st.Unit}
		if st.Planned {
			delete(units, planner.NoItem)
			for i, u := range st.Items {
				units[i] = u
			}
		}
		for item, u := range units {
			if u == nil || u.Made() == 0 {
				continue
			}
			r, n := planner.Ref{Step: name, Item: item}, u.Made()
			if got, _ := s.read(r, runview.ValueInput, n); got != string(u.In.JSON()) {
				t.Errorf("attempt %d of %+v was sent %q at its place, want %s", n, r, got, u.In.JSON())
			}
			for _, a := range u.Attempts {
				out, _ := s.read(r, runview.ValueOutput, a.Number)
				_, failed := s.read(r, runview.ValueError, a.Number)
				if (a.Fault == nil) != (failed == nil) || failed != nil && failed.Message != a.Fault.Message {
					t.Errorf("attempt %d of %+v failed with %+v at its place, want %+v", a.Number, r, failed, a.Fault)
				}
				if a.Number == n && a.Status == planner.Succeeded && u.State == planner.Succeeded && u.Resolved == nil && out != string(u.Out.JSON()) {
					t.Errorf("attempt %d of %+v gave %q at its place, want %s", n, r, out, u.Out.JSON())
				}
			}
		}
	}
}

// TestPlacesOfIterations: every iteration's output and every attempt's values are found again, those that the state has forgotten among them.
func TestPlacesOfIterations(t *testing.T) {
	const source = `name: order
steps:
  poll: {call: pay, with: {n: "${{ iteration }}"}, retry: {max_attempts: 2, backoff: 1s}, until: {condition: "${{ output.n >= 30 }}", every: 1s, max: 40}}
  many: {for_each: "${{ [1, 2] }}", call: take, with: {n: "${{ item * 100 + iteration }}"}, until: {condition: "${{ output.n >= 3 }}", every: 1s, max: 4}}
`
	s := beginFlow(t, source, "{}")
	due := func(r planner.Ref) {
		s.now = s.now.Add(time.Second)
		s.do(&planner.TimerDue{Ref: r})
	}
	poll := planner.Ref{Step: "poll", Item: planner.NoItem}
	s.done("poll", planner.NoItem, false, "", &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "busy"})
	for n := 1; n <= 30; n++ {
		due(poll)
		s.done("poll", planner.NoItem, false, fmt.Sprintf(`{"n":%d}`, n), nil)
	}
	for item := range 2 {
		for n := 1; n <= 3; n++ {
			if n > 1 {
				due(planner.Ref{Step: "many", Item: item})
			}
			s.done("many", item, false, fmt.Sprintf(`{"n":%d,"item":%d}`, n, item), nil)
		}
	}
	if got := s.run().Status; got != "succeeded" {
		t.Fatalf("the run is %s", got)
	}
	for n := 1; n < 30; n++ {
		at, ok := s.journal.places.Iteration(poll, n)
		raw, _ := at.Read(poll, s.journal.kept[at.Seq])
		if want := fmt.Sprintf(`{"n":%d}`, n); !ok || string(raw) != want {
			t.Errorf("iteration %d gave %q, want %s", n, raw, want)
		}
		// Its first iteration took two attempts.
		sent, _ := s.journal.read(poll, runview.ValueInput, n+1)
		gave, _ := s.journal.read(poll, runview.ValueOutput, n+1)
		if want := fmt.Sprintf(`{"n":%d}`, n); sent != want || gave != want {
			t.Errorf("attempt %d was sent %s and gave %s, want %s", n+1, sent, gave, want)
		}
	}
	if _, failed := s.journal.read(poll, runview.ValueError, 1); failed == nil || failed.Message != "busy" {
		t.Errorf("the error of an attempt that the state has forgotten: got %+v", failed)
	}
	for _, n := range []int{0, 30, 31} {
		if at, ok := s.journal.places.Iteration(poll, n); ok {
			t.Errorf("there is a place %+v for iteration %d, after which the loop did not go on", at, n)
		}
	}
	at, _ := s.journal.places.Iteration(planner.Ref{Step: "many", Item: 1}, 2)
	if raw, _ := at.Read(planner.Ref{Step: "many", Item: 1}, s.journal.kept[at.Seq]); string(raw) != `{"n":2,"item":1}` {
		t.Errorf("iteration 2 of item 1 gave %s", raw)
	}
}
