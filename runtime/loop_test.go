package runtime_test

import (
	"testing"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

const aPoll = `
name: f
steps:
  a: {call: a, until: {condition: "${{ output.ok }}", every: 1h, max: 9}}
`

// Between two iterations a run leaves memory, and an owner that never knew it goes on with the one that comes next.
func TestALoopSleepsBetweenItsIterations(t *testing.T) {
	b := newBench(t)
	b.begin(1, aPoll)
	b.commitAll()
	b.want("append:1:running begun committed:1 invoke:a:1")
	b.done(1, "a", `{"ok":false}`)
	b.want("append:2:waiting:release:wake")
	b.commit()
	b.want("committed:2")
	if b.core.Runs() != 0 {
		t.Error("a run that waits for an hour stays in memory")
	}
	b.owner, b.core = 2, runtime.NewCore(2)
	b.now = b.now.Add(time.Hour)
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.load(1, nil)
	b.commitAll()
	b.want("load append:3:running committed:3 invoke:a:2")
	b.step(runtime.Done{Run: 1, Result: &planner.CallDone{Ref: planner.Ref{Step: "a", Item: planner.NoItem}, Attempt: 2, Output: planner.JSON(`{"ok":true}`)}})
	b.commitAll()
	b.want("append:4:succeeded:release committed:4")
	if got := b.state(1).Steps["a"].Passed; got != 2 {
		t.Errorf("iterations: got %d", got)
	}
}

// A short pause is not worth leaving memory for; its timer is set anew by whoever takes the run over.
func TestTheTimerOfAnIterationIsNotLostWithItsOwner(t *testing.T) {
	b := newBench(t)
	b.begin(1, `
name: f
steps:
  a: {call: a, until: {condition: "${{ output.ok }}", every: 10s}}
`)
	b.commitAll()
	b.done(1, "a", `{"ok":false}`)
	b.commitAll()
	b.look()
	b.owner, b.core = 2, runtime.NewCore(2)
	b.now = b.now.Add(5 * time.Second)
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.load(1, nil)
	b.commitAll()
	b.want("load")
	at, ok := b.core.Next()
	if !ok || at.Sub(b.now).Round(time.Millisecond) != 5*time.Second {
		t.Fatalf("the next timer: got %s, %t", at, ok)
	}
	b.now = at
	b.step(runtime.Tick{})
	b.commitAll()
	b.want("append:3:running committed:3 invoke:a:2")
}
