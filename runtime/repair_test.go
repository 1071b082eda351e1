package runtime_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

const (
	paysOne = `
name: f
steps:
  look: {call: a, with: {n: 1}}
  pay: {needs: [look], call: b, with: {n: 1}, compensate: {call: undo, with: {of: 1}}}
`
	paysTwo = `
name: f
steps:
  look: {call: a, with: {n: 1}}
  pay: {needs: [look], call: b, with: {n: 2}, compensate: {call: undo, with: {of: 2}}}
  more: {needs: [pay], call: b}
`
)

// A wish that names a version waits for it: the run stays in memory meanwhile, what else is asked of it waits its turn, and the fact, the version and the
// reader of its row are one commit. Whoever loads it next is given the versions that it was on.
func TestRetryOnAnotherVersion(t *testing.T) {
	b := newBench(t)
	b.begin(1, paysOne)
	b.commitAll()
	b.done(1, "look", "{}")
	b.commitAll()
	b.done(1, "pay", "")
	b.commitAll()
	retry := runtime.Press{ID: uuid.NewString(), Run: 1, Input: &planner.Retry{By: "ann", Version: 2}}
	again := runtime.Press{ID: uuid.NewString(), Run: 1, Input: &planner.Retry{By: "bob"}}
	b.core = runtime.NewCore(1)
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.step(retry)
	b.step(again)
	b.out = nil
	b.load(1, nil)
	if got := needs(b.out); got != "1 f 2" || len(b.queue) > 0 {
		t.Fatalf("the version is asked for as %q, and %d transitions were made before it came", got, len(b.queue))
	}
	two := compile(b.t, paysTwo, functions)
	b.step(runtime.Found{Run: 1, Version: 2, Program: two})
	if len(b.queue) != 2 {
		t.Fatalf("got %d transitions, want those of two buttons", len(b.queue))
	}
	row := b.queue[0].Transition.Row
	if row == nil || row.Version != 2 || row.Reader != 5 || row.Status != "running" {
		t.Errorf("the row that comes with the facts: got %+v", row)
	}
	b.commitAll()
	refused := 0
	for _, out := range b.out {
		if a, ok := out.(runtime.Answered); ok && a.Refusal != nil {
			refused++
		}
		if i, ok := out.(runtime.Invoke); ok && (i.Version != 2 || !strings.HasSuffix(i.Key, "/pay/-/-/1")) {
			t.Errorf("called on version %d under %s", i.Version, i.Key)
		}
	}
	if refused != 1 {
		t.Errorf("%d of two retries were refused, want the second", refused)
	}

	// The next owner compensates by what each completion says.
	b.step(runtime.Done{Run: 1, Result: &planner.CallDone{Ref: planner.Ref{Step: "pay", Item: planner.NoItem}, Attempt: 2, Output: planner.JSON("{}")}})
	b.commitAll()
	b.core = runtime.NewCore(1)
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.out = nil
	b.step(runtime.Loaded{History: journal.History{Run: 1, UUID: "u", Flow: "f", Version: 2, Owner: b.owner, Records: b.rows[1]}, Program: two})
	var also []int
	for _, out := range b.out {
		if l, ok := out.(runtime.Load); ok {
			also = l.Also
		}
	}
	if len(also) != 1 || also[0] != 1 || len(b.queue) > 0 {
		t.Fatalf("a run that was on version 1 is taken up without it: asked for %v, %d transitions", also, len(b.queue))
	}
	b.step(runtime.Loaded{History: journal.History{Run: 1, UUID: "u", Flow: "f", Version: 2, Owner: b.owner, Records: b.rows[1]}, Program: two, Others: map[int]*check.Program{1: compile(b.t, paysOne, functions)}})
	if len(b.queue) == 0 {
		t.Error("nothing was concluded from the calls that were under way")
	}
}

// A version that there is not is no reason to wait, nor to stop the run.
func TestRetryOnAVersionThatIsNotThere(t *testing.T) {
	b := newBench(t)
	b.begin(1, paysOne)
	b.done(1, "look", "")
	b.commitAll()
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.step(runtime.Press{ID: uuid.NewString(), Run: 1, Input: &planner.Restart{Step: "look", Version: 9}})
	b.out = nil
	b.load(1, nil)
	b.step(runtime.Found{Run: 1, Version: 9})
	b.commitAll()
	for _, out := range b.out {
		if a, ok := out.(runtime.Answered); ok {
			if a.Refusal == nil || a.Refusal.Code != planner.Invalid || !strings.Contains(a.Refusal.Message, "no version 9") {
				t.Errorf("got %+v", a.Refusal)
			}
			return
		}
	}
	t.Error("the wish was not answered")
}

func needs(out []runtime.Output) string {
	for _, o := range out {
		if n, ok := o.(runtime.Need); ok {
			return strings.Join([]string{"1", n.Flow, string(rune('0' + n.Version))}, " ")
		}
	}
	return ""
}
