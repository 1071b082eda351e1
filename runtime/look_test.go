package runtime_test

import (
	"testing"

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
