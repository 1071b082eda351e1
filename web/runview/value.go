package runview

import (
	"encoding/json"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// The values that a run records.
const (
	ValueInput  = "input"  // of a run; of a step, what was sent: its evaluated `with`
	ValueOutput = "output" // of a run or a step
	ValueItem   = "item"   // of a for_each: one of its list
	ValueError  = "error"  // of a run or a step: why it failed
)

// Value is one recorded value; nil if there is none. step is empty for the run itself, item is planner.NoItem outside a for_each.
func Value(s *planner.State, step string, item int, what string) *expr.Value {
	if step == "" {
		if what == ValueInput {
			return s.Input
		}
		return s.Output
	}
	st, ok := s.Steps[step]
	if !ok {
		return nil
	}
	if item != planner.NoItem {
		if !st.Planned || item < 0 || item >= len(st.Items) {
			return nil
		}
		if what == ValueItem {
			return st.List[item]
		}
		u := st.Items[item]
		switch {
		case what == ValueInput && (u == nil || u.In == nil):
			return st.List[item]
		case u == nil:
			return nil
		case what == ValueInput:
			return u.In
		case u.Out == nil:
			return u.Last
		}
		return u.Out
	}
	switch {
	case what == ValueItem:
		return nil
	case what == ValueInput:
		return st.In
	case st.Status == planner.Succeeded:
		return st.Result
	}
	return st.Last
}

// ItemValue is the item of a for_each as the list has it; nil if there is none of that index.
func ItemValue(s *planner.State, step string, item int) json.RawMessage {
	if st, ok := s.Steps[step]; ok && st.Planned && item >= 0 && item < len(st.List) {
		return shown(st.List[item])
	}
	return nil
}

// Fault is why a run, a step or one of its items failed, waits for its next attempt, or asks; nil if nothing did.
func Fault(s *planner.State, o *Outline, step string, item int) *view.Failure {
	if step == "" {
		return runError(s)
	}
	if item != planner.NoItem {
		if one, ok := Item(s, o, step, item); ok {
			return one.Error
		}
		return nil
	}
	return StepOf(s, o, step, false).Error
}

// Made is how many attempts a step has made, or one of its items; ok is false for a step whose items make them, and for an item that is not there.
func Made(s *planner.State, step string, item int) (n int, ok bool) {
	st := s.Steps[step]
	switch {
	case st == nil:
		return 0, item == planner.NoItem
	case item == planner.NoItem:
		return st.Made(), !st.Planned
	case !st.Planned || item < 0 || item >= len(st.Items):
		return 0, false
	case st.Items[item] == nil:
		return 0, true
	}
	return st.Items[item].Made(), true
}

// Written lists what a step's definition says of its input: expressions as they were written, evaluated nowhere. None without a definition.
func Written(d *flow.Definition, step string) (out []view.Written) {
	if d == nil {
		return nil
	}
	for _, st := range d.Steps {
		if st.Name != step {
			continue
		}
		if st.If != nil {
			out = append(out, view.Written{Name: "if", Text: template(*st.If)})
		}
		if st.ForEach != nil {
			out = append(out, view.Written{Name: "for_each", Text: template(*st.ForEach)})
		}
		for _, b := range st.Switch {
			text := "true"
			if !b.Always {
				text = template(b.When)
			}
			out = append(out, view.Written{Name: b.Name, Text: text})
		}
		with := flow.Value{}
		switch {
		case st.Call != nil:
			with = st.Call.With
		case st.Sub != nil:
			with = st.Sub.With
		case st.Set.Kind == flow.Map:
			return append(out, view.Written{Name: "set", JSON: st.Set.JSON()})
		}
		if with.Kind != flow.Absent {
			out = append(out, view.Written{Name: "with", JSON: with.JSON()})
		}
	}
	return out
}

func template(e flow.Expr) string { return "${{ " + e.Source + " }}" }
