package runview

import (
	"fmt"
	"slices"

	"github.com/segno-run/segno/runtime/planner"
)

// Plan is what a button would do to a run.
type Plan struct {
	Action string     `json:"action"` // retry or compensate
	Fits   bool       `json:"fits"`   // the button fits the run now; else there are no steps
	Seq    int64      `json:"seq"`    // of the last transition that the plan knows of
	Steps  []PlanStep `json:"steps"`  // retry: in written order; compensate: in the order of undoing
}

// PlanStep is what a button would do to one step.
type PlanStep struct {
	ID       string `json:"id"`
	Does     string `json:"does"`               // retry: reuse, run_again or run; compensate: undo, nothing or in_the_way
	Function string `json:"function,omitempty"` // compensate: what would be called
	Flow     string `json:"flow,omitempty"`     // compensate: whose run would undo what it did
	Items    int    `json:"items,omitempty"`    // how many items of a for_each are concerned
	Reason   string `json:"reason,omitempty"`
}

// PlanOf foretells a retry or a compensation from the run's state.
func PlanOf(s *planner.State, o *Outline, action string) Plan {
	p := Plan{Action: action, Seq: s.Seq, Steps: []PlanStep{}, Fits: slices.Contains(s.Fits(), action)}
	if !p.Fits {
		return p
	}
	switch {
	case action == "compensate":
		p.compensate(s, o)
	case s.Ended == planner.StatusCompensationFailed:
		p.resume(s)
	default:
		p.retry(s, o)
	}
	return p
}

func (p *Plan) retry(s *planner.State, o *Outline) {
	for _, def := range o.Steps {
		step := PlanStep{ID: def.ID, Does: "run"}
		st, ok := s.Steps[def.ID]
		switch {
		case !ok:
		case st.Status == planner.Succeeded, st.Status == planner.Skipped, st.Status == planner.Failed && st.Handled:
			step.Does, step.Reason = "reuse", string(st.Status)
		case st.Status == planner.Failed:
			step.Does = "run_again"
			if st.Planned {
				step.Items = len(st.Lost)
			}
			if st.Fault != nil {
				step.Reason = string(st.Fault.Class) + ": " + st.Fault.Message
			}
		case st.Status == planner.Waiting:
			step.Does, step.Reason = "reuse", "it still waits"
		case st.Show() == planner.Waiting:
			step.Reason = "it goes on with its next iteration"
		}
		p.Steps = append(p.Steps, step)
	}
}

// resume lists the compensations that failed: they are called again, and what they held back follows.
func (p *Plan) resume(s *planner.State) {
	for _, r := range s.UndoFailed {
		step := PlanStep{ID: r.Step, Does: "undo", Reason: "undoing it failed"}
		if u := s.Unit(r); u != nil {
			step.Function, step.Flow = u.Function, u.Flow
		}
		if i := slices.IndexFunc(p.Steps, func(have PlanStep) bool { return have.ID == r.Step }); i >= 0 {
			p.Steps[i].Items++
			continue
		}
		if r.Item != planner.NoItem {
			step.Items = 1
		}
		p.Steps = append(p.Steps, step)
	}
}

// compensate lists the steps in an order in which each comes after all that depend on it.
func (p *Plan) compensate(s *planner.State, o *Outline) {
	for _, def := range reversed(o) {
		step := PlanStep{ID: def.ID, Does: "nothing", Function: def.Undo, Flow: def.Flow}
		st, ok := s.Steps[def.ID]
		did, unknown := 0, 0
		if ok {
			did, unknown = st.Undoable()
		}
		switch {
		case !ok || did+unknown == 0 && !unsure(st):
			step.Function, step.Flow, step.Reason = "", "", "nothing was done"
		case unsure(st):
			step.Does, step.Reason = "in_the_way", "nobody knows whether it happened"
		case def.Undo == "" && def.Flow == "":
			step.Reason = "it has no compensation"
		case did == 0 && !def.Attempts:
			step.Function, step.Reason = "", notKnown(st, unknown)+", and only what completed is undone"
		default:
			step.Does = "undo"
			if n := st.Runs(); n > 1 {
				step.Reason = fmt.Sprintf("%d runs, of each loop the last one first", n)
			}
			if def.Attempts && unknown > 0 {
				step.Reason = notKnown(st, unknown)
				did += unknown
			}
			if st.Planned {
				step.Items = did
			}
		}
		p.Steps = append(p.Steps, step)
	}
}

// notKnown says of how much nobody knows whether it happened.
func notKnown(st *planner.Step, n int) string {
	if !st.Planned {
		return "it did not complete, and nobody knows whether it happened"
	}
	return count(n, "item") + " did not complete, and nobody knows whether that happened"
}

func unsure(st *planner.Step) bool {
	return st.Unsure > 0 || !st.Planned && st.Unit.State == planner.Uncertain
}

// reversed is a reverse topological order of the steps, the same for the same flow.
func reversed(o *Outline) []Step {
	behind := map[string]int{} // steps that need it and are not listed yet
	for _, st := range o.Steps {
		for _, name := range st.Needs {
			behind[name]++
		}
	}
	var out []Step
	listed := map[string]bool{}
	for len(out) < len(o.Steps) {
		before := len(out)
		for i := len(o.Steps) - 1; i >= 0; i-- {
			st := o.Steps[i]
			if listed[st.ID] || behind[st.ID] > 0 {
				continue
			}
			listed[st.ID] = true
			out = append(out, st)
			for _, name := range st.Needs {
				behind[name]--
			}
		}
		if len(out) == before {
			return out // a cycle, which no published version has
		}
	}
	return out
}
