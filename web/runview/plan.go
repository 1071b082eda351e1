package runview

import (
	"fmt"
	"slices"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Plan is what a button would do to a run.
type Plan = view.Plan

// PlanStep is what a button would do to one step.
type PlanStep = view.PlanStep

// inputsShown is how many items' inputs a plan tells of each step.
const inputsShown = 3

// PlanOf foretells a retry or a compensation from the run's state. program is that of the run's version, for the inputs of a compensation; nil, if it does
// not compile any more, leaves them out.
func PlanOf(s *planner.State, o *Outline, program *check.Program, action string) Plan {
	p := Plan{Action: action, Seq: s.Seq, Version: s.Version, Steps: []PlanStep{}, Fits: slices.Contains(s.Fits(), action)}
	if !p.Fits {
		return p
	}
	switch {
	case action == "compensate":
		planUndo(&p, s, o, program)
	case s.Ended == planner.StatusCompensationFailed:
		planResume(&p, s)
	default:
		planRetry(&p, s, o)
	}
	return p
}

func planRetry(p *Plan, s *planner.State, o *Outline) {
	for _, def := range o.Steps {
		step := PlanStep{ID: def.ID, Does: "run"}
		st, ok := s.Steps[def.ID]
		switch {
		case !ok:
		case st.Status == planner.Succeeded, st.Status == planner.Skipped, st.Status == planner.Failed && st.Handled:
			step.Does, step.Reason = "reuse", kept(st)
		case st.Status == planner.Failed:
			step.Does, step.Reason = "run_again", lost(st)
			if st.Planned {
				step.Items = len(st.Lost)
			}
			if why := inVain(def, st); why != "" {
				step.Does, step.Reason = "in_the_way", why
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
func planResume(p *Plan, s *planner.State) {
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
func planUndo(p *Plan, s *planner.State, o *Outline, program *check.Program) {
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
			if def.Attempts && unknown > 0 {
				step.Reason = notKnown(st, unknown)
				did += unknown
			}
			if st.Planned {
				step.Items = did
			}
			if def.Flow != "" && step.Reason == "" {
				step.Reason = "its run undoes itself, as a unit"
				if st.Planned {
					step.Reason = "each item's run undoes itself, as a unit"
				}
				if n := st.Runs(); def.Until != "" && n > 1 {
					step.Reason = fmt.Sprintf("%d runs undo themselves, each as a unit; of each loop the last one first", n)
				}
			}
			step.Inputs = undoInputs(s, def, program)
		}
		p.Steps = append(p.Steps, step)
	}
}

// kept says what a retry reuses of a step.
func kept(st *planner.Step) string {
	switch {
	case st.Status == planner.Skipped:
		return "skipped, and stays so"
	case st.Status == planner.Failed:
		return "failed, and its error port was taken"
	case st.Planned:
		return "succeeded: the outputs of " + count(len(st.Items), "item") + " are kept"
	}
	return "succeeded: its output is kept"
}

// lost says why a step runs again, and what that means for an effect that may have happened.
func lost(st *planner.Step) string {
	f := st.Fault
	if st.Planned {
		if len(st.Lost) == 0 || st.Items[st.Lost[0]] == nil || st.Items[st.Lost[0]].Fault == nil {
			return ""
		}
		f = st.Items[st.Lost[0]].Fault
	}
	if f == nil {
		return ""
	}
	text := string(f.Class) + ": " + f.Message
	switch {
	case st.Unit.Child != "":
		text += "; its run goes on from its own failure"
	case st.Unit.Maybe && st.Iteration == 0:
		text += "; it may have happened, and is asked for with the same idempotency key"
	}
	return text
}

// inVain says why a step would fail again on the same version: what it computes, or that failing is what it is for. "" if it need not.
func inVain(def Step, st *planner.Step) string {
	f := st.Fault
	switch {
	case def.Kind == string(flow.Fail):
		return "the flow ends here by itself: on this version it does so again"
	case f == nil || st.Planned || st.Unit.Made() > 0:
		return ""
	case f.Class == fault.Expression:
		return "what it computes gives the same error again on this version: " + f.Message
	case f.Class == fault.Contract && st.Unit.In == nil && def.Kind == string(flow.Call):
		return "its input breaks the contract again on this version: " + f.Message
	}
	return ""
}

// undoInputs evaluates what a step's compensation would be called with.
func undoInputs(s *planner.State, def Step, program *check.Program) (out []view.PlanInput) {
	if program == nil || def.Undo == "" {
		return nil
	}
	for _, r := range s.UndoNext(def.ID, def.Attempts, inputsShown) {
		in, f := planner.UndoInput(program, s, r)
		v := view.PlanInput{Input: shownJSON(in)}
		if r.Item != planner.NoItem {
			v.Item = &r.Item
		}
		if f != nil {
			v.Error = f.Message
		}
		out = append(out, v)
	}
	return out
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
