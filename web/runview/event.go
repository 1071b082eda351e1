package runview

import (
	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Event shows a committed transition in words. s is the state after it, at once or later, or nil; with o, and s at once after it, it also carries
// what the transition changed.
func Event(t live.Transition, s *planner.State, o *Outline) view.Event {
	e := view.Event{Seq: t.Seq, At: t.At.UTC(), Facts: make([]view.Fact, 0, len(t.Facts))}
	for _, f := range t.Facts {
		e.Facts = append(e.Facts, Words(f, s))
	}
	if s == nil || o == nil {
		return e
	}
	e.Run = Patch(s)
	for _, name := range Changed([]live.Transition{t}) {
		e.Steps = append(e.Steps, StepOf(s, o, name, false))
	}
	return e
}

// Changed lists the steps whose view any of the transitions can have changed, each once.
func Changed(all []live.Transition) []string {
	var changed []string
	told := map[string]bool{}
	for _, t := range all {
		for _, f := range t.Facts {
			for _, name := range touches(f) {
				if !told[name] {
					told[name] = true
					changed = append(changed, name)
				}
			}
		}
	}
	return changed
}

// touches lists the steps whose view a fact can change.
func touches(f planner.Fact) []string {
	switch f := f.(type) {
	case *planner.CompensationStarted:
		names := make([]string, len(f.Plan))
		for i, n := range f.Plan {
			names[i] = n.Step
		}
		return names
	case *planner.StepCompleted:
		return append([]string{f.Step}, targets(f.Edges)...)
	case *planner.StepFailed:
		return append([]string{f.Step}, targets(f.Edges)...)
	case *planner.StepSkipped:
		return append([]string{f.Step}, targets(f.Edges)...)
	case *planner.StepReused:
		return append([]string{f.Step}, targets(f.Edges)...)
	case *planner.RunFailed, *planner.RunCompensationFailed:
		return nil // they name the step whose own fact came before
	}
	if step := stepOf(f); step != "" {
		return []string{step}
	}
	return nil
}

// targets are the steps behind settled edges: what they wait for is another step now.
func targets(edges []planner.Settled) []string {
	names := make([]string, len(edges))
	for i, e := range edges {
		names[i] = e.To
	}
	return names
}
