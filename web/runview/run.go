package runview

import (
	"encoding/json"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Run shows a run with all its steps and their values. The items of a for_each are only counted; Items has them.
func Run(s *planner.State, o *Outline) view.Run {
	r := view.Run{
		ID: s.ID, Flow: s.Flow, Version: s.Version, Status: string(s.Status()), Seq: s.Seq,
		Input: shown(s.Input), Output: shown(s.Output), Error: runError(s), CreatedAt: s.StartedAt, EndedAt: endedAt(s),
		Steps: make([]view.Step, 0, len(o.Steps)), Actions: Actions(s),
	}
	r.InputBytes, r.InputRef = sized(s.Input, s.ID, "", planner.NoItem, ValueInput)
	r.OutputBytes, r.OutputRef = sized(s.Output, s.ID, "", planner.NoItem, ValueOutput)
	if l := s.Parent; l != nil {
		r.Parent = &view.Parent{Run: l.Run, Step: l.Step}
		if l.Item != planner.NoItem {
			r.Parent.Item = &l.Item
		}
	}
	if r.Input == nil {
		r.Input = json.RawMessage("null")
	}
	for _, st := range o.Steps {
		r.Steps = append(r.Steps, StepOf(s, o, st.ID, true))
	}
	r.Reads = reads(o, r.Steps)
	return r
}

// reads lists which step reads the output of which. steps are those of the outline, in its order.
func reads(o *Outline, steps []view.Step) []view.Read {
	var out []view.Read
	for _, st := range o.Steps {
		for _, from := range st.Takes {
			one := view.Read{From: from, To: st.ID, Bytes: steps[o.index[from]].OutputBytes}
			for i, before := range st.Needs {
				if before == from {
					one.Ports = append(one.Ports, st.Ports[i])
				}
			}
			out = append(out, one)
		}
	}
	return out
}

// Patch is the run's summary, as a live message carries it.
func Patch(s *planner.State) *view.RunPatch {
	return &view.RunPatch{Status: string(s.Status()), Version: s.Version, EndedAt: endedAt(s), Error: runError(s), Actions: Actions(s)}
}

// Actions lists the buttons that fit the run now; never nil.
func Actions(s *planner.State) []string {
	if fits := s.Fits(); fits != nil {
		return fits
	}
	return []string{}
}

func runError(s *planner.State) *view.Failure {
	if s.Failure == nil {
		return nil
	}
	return failure(s.Failure.Step, s.Failure.Item, &s.Failure.Fault)
}

func endedAt(s *planner.State) *time.Time {
	if s.Ended == "" {
		return nil
	}
	return moment(s.EndedAt)
}

// failure shows a fault; item is planner.NoItem outside a for_each.
func failure(step string, item int, f *fault.Fault) *view.Failure {
	if f == nil {
		return nil
	}
	v := &view.Failure{Step: step, Class: string(f.Class), Effect: string(f.Effect), Message: f.Message}
	if item != planner.NoItem {
		v.Item = &item
	}
	for _, d := range f.Evidence {
		v.Evidence = append(v.Evidence, view.Detail{Name: d.Name, Value: d.Value})
	}
	return v
}

// Failure shows a fault that belongs to no run, such as that of a function being tried.
func Failure(f *fault.Fault) *view.Failure { return failure("", planner.NoItem, f) }

// moment is a time for a view, or nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
