package runview

import (
	"encoding/json"

	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
)

// Iterations picks, out of transitions in their order, the outputs of iterations after which a loop went on. That of its last one is the step's own.
type Iterations struct {
	Ref     planner.Ref
	Outputs map[int]json.RawMessage // its keys are the iterations that are wanted; nil: not seen
}

// Take looks through transitions. Of an iteration that was made again the latest counts.
func (i Iterations) Take(all []live.Transition) {
	for _, t := range all {
		for _, f := range t.Facts {
			if f, ok := f.(*planner.IterationCompleted); ok && f.Ref == i.Ref {
				if _, wanted := i.Outputs[f.Iteration]; wanted {
					i.Outputs[f.Iteration] = shownJSON(f.Output)
				}
			}
		}
	}
}
