package runview

import (
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Items shows the items of a for_each from that index on, at most limit of them: those of that status, or all for "". next is the index to go on
// from, or -1 at the end. A step without items has none.
func Items(s *planner.State, o *Outline, step, status string, from, limit int) (items []view.Item, next int) {
	st, ok := s.Steps[step]
	if !ok || !st.Planned {
		return nil, -1
	}
	def := o.Step(step)
	for i := max(from, 0); i < len(st.Items); i++ {
		if status != "" && itemStatus(st, i) != status {
			continue
		}
		if len(items) == limit {
			return items, i
		}
		items = append(items, item(s, def, st, i))
	}
	return items, -1
}

// Item shows one item of a for_each. ok is false if there is none of that index.
func Item(s *planner.State, o *Outline, step string, index int) (v view.Item, ok bool) {
	st, found := s.Steps[step]
	if !found || !st.Planned || index < 0 || index >= len(st.Items) {
		return view.Item{}, false
	}
	return item(s, o.Step(step), st, index), true
}

func item(s *planner.State, def Step, st *planner.Step, i int) view.Item {
	u, run := st.Items[i], s.ID
	v := view.Item{Index: i, Status: itemStatus(st, i), Reason: itemWaits(s, def, st, u), Attempts: []view.Attempt{}}
	if u == nil {
		v.Input = shown(st.List[i])
		return v
	}
	v.Input, v.Output, v.Error = shown(u.In), shown(u.Out), failure("", planner.NoItem, u.Fault)
	if v.Input == nil {
		v.Input = shown(st.List[i])
	}
	v.InputBytes, v.InputRef = sized(u.In, run, st.Name, i, ValueInput)
	v.OutputBytes, v.OutputRef = sized(u.Out, run, st.Name, i, ValueOutput)
	if calls := attempts(run, u); calls != nil {
		v.Attempts = calls
	}
	v.Child = childOf(u)
	v.Loop = unitLoop(def, u, true)
	if st.Undoing != nil && (def.Undo != "" || def.Flow != "") && (u.Undo != nil || st.Undoing.Covers(u)) {
		v.Compensation = unitUndo(run, def, u, true)
	}
	return v
}

func itemStatus(st *planner.Step, i int) string {
	u := st.Items[i]
	switch {
	case u == nil || u.State == "":
		return string(planner.Pending)
	case u.Undo == nil:
		return string(u.State)
	}
	switch u.Undo.State {
	case planner.Succeeded:
		return string(planner.Compensated)
	case planner.Failed:
		return string(planner.CompensationFailed)
	case planner.Uncertain:
		return string(planner.Uncertain)
	}
	return string(planner.Compensating)
}
