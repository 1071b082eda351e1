package view

import "encoding/json"

// Plan is what a button would do to a run: GET /api/v1/runs/{id}/plan.
type Plan struct {
	Action     string     `json:"action"`                // retry, restart or compensate
	Fits       bool       `json:"fits"`                  // the button fits the run now; else there are no steps
	Seq        int64      `json:"seq"`                   // of the last transition that the plan knows of: the button may name it, and is refused if there is a newer one
	Version    int        `json:"version,omitempty"`     // of the flow that the run goes on with
	RunVersion int        `json:"run_version,omitempty"` // of the flow that the run is on
	From       string     `json:"from,omitempty"`        // restart: the step
	Blocked    bool       `json:"blocked,omitempty"`     // the button would be refused: of what is in the way, something blocks
	Why        []string   `json:"why,omitempty"`         // why it would be refused, apart from single steps
	Steps      []PlanStep `json:"steps"`                 // retry, restart: in written order; compensate: in the order of undoing
}

// PlanStep is what a button would do to one step.
type PlanStep struct {
	ID       string      `json:"id"`
	Does     string      `json:"does"`               // retry, restart: reuse, run_again, run, skip, compensate_first, gone or in_the_way; compensate: undo, nothing or in_the_way
	Function string      `json:"function,omitempty"` // compensate: what would be called; retry: of a call that failed, what it calls
	Flow     string      `json:"flow,omitempty"`     // compensate: whose run would undo what it did
	Items    int         `json:"items,omitempty"`    // how many items of a for_each are concerned
	Reason   string      `json:"reason,omitempty"`
	Blocks   bool        `json:"blocks,omitempty"` // it is in the way, and the button is refused because of it
	Twice    bool        `json:"twice,omitempty"`  // it blocks until a restart names it under `again`
	Inputs   []PlanInput `json:"inputs,omitempty"` // compensate: what the function would be called with, of a for_each the first few; retry: of a call that failed, what it would be called with now, or was if that cannot be made
}

// PlanInput is the input of one call to come, or why there can be none.
type PlanInput struct {
	Item  *int            `json:"item,omitempty"` // of a for_each
	Input json.RawMessage `json:"input,omitempty"`
	Error string          `json:"error,omitempty"`
}

// Counts says how many steps a plan does so with.
func (p Plan) Counts(does ...string) (n int) {
	for _, st := range p.Steps {
		for _, d := range does {
			if st.Does == d {
				n++
			}
		}
	}
	return n
}
