package runtime_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

const oneApproval = `
name: f
steps:
  ask: {approval: {title: "?"}}
`

// TestAMessageOfAFormerLifeIsReadAgain has a look at the inbox come so late that the message it brings was consumed in between, by a life of the run that
// has ended: the next one can't know.
func TestAMessageOfAFormerLifeIsReadAgain(t *testing.T) {
	pause := func(at runtime.Look) runtime.Press {
		return runtime.Press{ID: "m", Run: 1, Input: &planner.Pause{}, Look: at}
	}
	for _, c := range []struct {
		name    string
		claimed int    // the look that the store gave us the run by; 0: we found that we own it
		early   uint64 // how much had not happened yet when that look began
		later   bool   // the message is of a look that began when the run was in memory again
		want    string
	}{
		{"found", 0, 0, false, "load released append:0:waiting:release"},
		{"claimed before", 2, 0, false, "load released append:0:waiting:release"},
		{"claimed by this look", 1, 0, false, "load append:2:paused:release"},
		{"claimed before its release was known", 1, 1, false, "load released append:0:waiting:release"},
		{"read since", 0, 0, true, "load append:2:paused:release"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.begin(1, oneApproval)
			b.commitAll()
			b.want("append:1:waiting:release begun committed:1")
			look := b.core.Look(1)
			look.Lives -= c.early
			b.step(runtime.Adopt{Runs: []int64{1}, Claimed: runtime.Look{N: c.claimed, Lives: look.Lives}})
			if c.later {
				look = b.core.Look(2)
			}
			b.step(pause(look))
			b.load(1, nil)
			b.want(c.want)
		})
	}
}

// TestALateResultOfAnUndoIsNotTheNextOnes restarts a run twice from a step that is undone each time. Both undos are numbered from 1; what the first one says
// late is no outcome of the second.
func TestALateResultOfAnUndoIsNotTheNextOnes(t *testing.T) {
	b := newBench(t)
	b.begin(1, "name: f\nsteps:\n  pay: {call: a, compensate: {call: undo}}\n")
	b.commitAll()
	undo := planner.Ref{Step: "pay", Item: planner.NoItem, Undo: true}
	said := func(key string) {
		b.step(runtime.Done{Run: 1, Result: &planner.CallDone{Ref: undo, Attempt: 1, Key: key, Output: planner.JSON("{}")}})
		b.commitAll()
	}
	var keys []string
	for round := 1; round <= 2; round++ {
		b.step(runtime.Done{Run: 1, Result: &planner.CallDone{Ref: planner.Ref{Step: "pay", Item: planner.NoItem}, Attempt: round, Output: planner.JSON("{}")}})
		b.commitAll()
		b.take(1, runtime.Press{ID: uuid.NewString(), Run: 1, Input: &planner.Restart{Step: "pay"}})
		b.commitAll()
		keys = append(keys, b.state(1).Unit(undo).Key(b.state(1).ID, undo))
		if round == 1 {
			said(keys[0])
		}
	}
	said(keys[0])
	if u := b.state(1).Unit(undo); keys[0] == keys[1] || u == nil || u.State != planner.Running {
		t.Errorf("after the late result: got %+v with keys %v, want the second undo still running", u, keys)
	}
	if said(keys[1]); b.state(1).Unit(undo) != nil {
		t.Error("the second undo's own result was not taken")
	}
}
