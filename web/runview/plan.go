package runview

import (
	"fmt"
	"slices"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Plan is what a button would do to a run.
type Plan = view.Plan

// PlanStep is what a button would do to one step.
type PlanStep = view.PlanStep

// inputsShown is how many items' inputs a plan tells of each step.
const inputsShown = 3

// PlanOf foretells a button from the run's state. ps are the versions that the run was on, and that it would go on with; without the one that it is on,
// because it does not compile any more, a compensation tells no inputs, and nothing can go forward.
func PlanOf(s *planner.State, o *Outline, ps planner.Programs, w Wish) Plan {
	p := Plan{Action: w.Action, Seq: s.Seq, Version: s.Version, RunVersion: s.Version, From: w.Step, Steps: []PlanStep{}}
	if w.Action == "restart" {
		p.Fits = s.Restarts() == ""
	} else {
		p.Fits = slices.Contains(s.Fits(), w.Action)
	}
	switch {
	case !p.Fits && w.Action == "restart":
		p.Why = []string{s.Restarts()}
	case !p.Fits:
	case w.Action == "compensate":
		planUndo(&p, s, o, ps)
	case s.Ended == planner.StatusCompensationFailed:
		planResume(&p, s)
		if w.Version != 0 && w.Version != s.Version {
			p.Blocked, p.Why = true, []string{"the compensation failed: what is undone is undone by the version that did it"}
		}
	default:
		planForward(&p, s, o, ps, w)
	}
	return p
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
func planUndo(p *Plan, s *planner.State, o *Outline, ps planner.Programs) {
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
			step.Inputs = undoInputs(s, def, ps)
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
	switch u := failedRun(st); {
	case u != nil && st.Planned:
		text += fmt.Sprintf("; the runs of its items go on from their own failures, on version %d of `%s`", u.Version, u.Flow)
	case u != nil:
		text += fmt.Sprintf("; its run goes on from its own failure, on version %d of `%s`", u.Version, u.Flow)
	case st.Unit.Maybe && st.Iteration == 0:
		text += "; it may have happened, and is asked for with the same idempotency key"
	}
	return text
}

// failedRun is the unit whose run made a step fail, of items the first one; nil if none did.
func failedRun(st *planner.Step) *planner.Unit {
	u := &st.Unit
	if st.Planned {
		if len(st.Lost) == 0 || st.Items[st.Lost[0]] == nil {
			return nil
		}
		u = st.Items[st.Lost[0]]
	}
	if u.Child == "" {
		return nil
	}
	return u
}

// undoInputs evaluates what a step's compensation would be called with.
func undoInputs(s *planner.State, def Step, ps planner.Programs) (out []view.PlanInput) {
	if ps.Now == nil || def.Undo == "" {
		return nil
	}
	for _, r := range s.UndoNext(def.ID, def.Attempts, inputsShown) {
		in, f := ps.UndoInput(s, r)
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
