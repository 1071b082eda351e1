package templates

import "github.com/segno-run/segno/web/view"

// ChildRun is the run that a step of kind flow has started, unfolded on the page of its parent.
type ChildRun struct {
	Run     view.Run
	Verdict Verdict
	Rows    []StepRow
}
