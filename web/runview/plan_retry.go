package runview

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Wish is the button that a plan is asked for.
type Wish struct {
	Action  string // retry, restart or compensate
	Version int    // retry, restart: to go on with; 0: the run's own
	Step    string // restart: from where
	Again   []string
}

// Input is what the planner is asked.
func (w Wish) Input() planner.Input {
	if w.Action == "restart" {
		return &planner.Restart{Step: w.Step, Version: w.Version, Again: w.Again}
	}
	return &planner.Retry{Version: w.Version}
}

// planForward foretells what goes forward again: the planner follows the wish on a copy of the state, and what is said here of each step is what it made
// of it.
func planForward(p *Plan, s *planner.State, o *Outline, ps planner.Programs, w Wish) {
	if ps.Now == nil {
		p.Blocked, p.Why = true, []string{"the run's version does not compile any more, so nobody can say what it has done"}
		return
	}
	look, err := ps.Foretell(s, w.Input(), time.Now())
	var refused *planner.Refusal
	switch {
	case errors.As(err, &refused):
		p.Blocked, p.Why = true, []string{refused.Message}
		return
	case err != nil:
		p.Blocked, p.Why = true, []string{err.Error()}
		return
	}
	p.Version, p.Blocked, p.Why = look.Version, look.Blocks, look.Blocked
	for _, f := range look.Steps {
		step := PlanStep{ID: f.Step, Does: string(f.Does), Reason: f.Why, Blocks: f.Blocks, Twice: f.Twice}
		if st, ok := s.Steps[f.Step]; ok {
			told(&step, s, st, f, o.Step(f.Step), p.Version != s.Version)
			if w.Action == "retry" {
				given(&step, st, ps, look)
				if u := failedRun(st); u != nil && f.Does == planner.DoesRunAgain {
					step.Flow = u.Flow
				}
			}
			if w.Action == "restart" && (f.Does == planner.DoesRunAgain || f.Does == planner.DoesUndo) {
				begins(&step, ps, look)
			}
		}
		p.Steps = append(p.Steps, step)
	}
}

// told puts into words what the planner says nothing of, because it goes without saying.
func told(step *PlanStep, s *planner.State, st *planner.Step, f planner.Foreseen, def Step, another bool) {
	switch {
	case f.Does == planner.DoesUndo && st.Planned:
		step.Items, _ = st.Undoable()
	case f.Does == planner.DoesReuse && f.Why == "":
		switch {
		case st.Status == planner.Waiting:
			step.Reason = "it still waits"
		case st.Show() == planner.Waiting:
			step.Does, step.Reason = "run", "it goes on with its next iteration"
		case st.Status == planner.Running:
			step.Does, step.Reason = "run", "it goes on"
		default:
			step.Reason = kept(st)
		}
	case st.Status == planner.Failed && !st.Handled && f.Does != planner.DoesUndo && !f.Blocks:
		if st.Planned {
			step.Items = len(st.Lost)
		}
		why := lost(st)
		switch {
		case def.Kind == string(flow.Fail) && f.Does == planner.DoesBlock && !another:
			why = "the flow ends here by itself: on this version it does so again"
		case f.Does == planner.DoesBlock:
			why = f.Why
			if !another {
				why += " (on this version)"
			}
		case f.Why != "" && why != "":
			why = f.Why + "; it failed: " + why
		case f.Why != "":
			why = f.Why
		}
		step.Reason = why
	}
}

// begins says of a step that runs a flow which version of it a new run is of.
func begins(step *PlanStep, ps planner.Programs, look *planner.Outlook) {
	p := ps.Now
	if other := ps.Others[look.Version]; other != nil {
		p = other
	}
	def := p.Step(step.ID)
	if def == nil || def.Child == nil {
		return
	}
	step.Flow = def.Child.Flow
	text := fmt.Sprintf("runs version %d of `%s`", def.Child.Version, def.Child.Flow)
	if step.Reason != "" {
		text = step.Reason + ", then it " + text
	}
	step.Reason = text
}

// given says what a call that failed would be called with, so that a person can give something else.
func given(step *PlanStep, st *planner.Step, ps planner.Programs, look *planner.Outlook) {
	p := ps.Now
	if other := ps.Others[look.Version]; other != nil {
		p = other
	}
	def := p.Step(st.Name)
	if st.Status != planner.Failed || st.Handled || def == nil || def.Kind != flow.Call || step.Blocks {
		return
	}
	add := func(item int, u *planner.Unit) {
		in := view.PlanInput{Input: shown(u.In)}
		if next := look.Unit(planner.Ref{Step: st.Name, Item: item}); next != nil && next.In != nil {
			in.Input = shown(next.In)
		}
		if item != planner.NoItem {
			in.Item = &item
		}
		step.Function, step.Inputs = def.Call.Function, append(step.Inputs, in)
	}
	if !st.Planned {
		add(planner.NoItem, &st.Unit)
		return
	}
	lost := slices.Sorted(slices.Values(st.Lost))
	for _, i := range lost[:min(len(lost), inputsShown)] {
		add(i, st.Items[i])
	}
}
