package runview

import (
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// ItemFilter narrows the items of a for_each. The zero value narrows nothing.
type ItemFilter struct {
	Status string // of the item as it is shown
	Class  string // of its error
}

func (f ItemFilter) fits(st *planner.Step, i int) bool {
	return (f.Status == "" || itemStatus(st, i) == f.Status) && (f.Class == "" || itemClass(st.Items[i]) == f.Class)
}

// Items shows the items of a for_each that fit from that index on, at most limit of them. next is the index to go on from, or -1 at the end. A step
// without items has none.
func Items(s *planner.State, o *Outline, step string, f ItemFilter, from, limit int) (items []view.Item, next int) {
	st, ok := s.Steps[step]
	if !ok || !st.Planned {
		return nil, -1
	}
	def := o.Step(step)
	for i := max(from, 0); i < len(st.Items); i++ {
		if !f.fits(st, i) {
			continue
		}
		if len(items) == limit {
			return items, i
		}
		items = append(items, item(s, def, st, i))
	}
	return items, -1
}

// ItemsTally counts the items of a for_each.
type ItemsTally struct {
	Statuses map[string]int // all items
	Classes  map[string]int // of errors, of the items of the filter's status
	Fit      int            // items that fit the filter
	Before   int            // of them, those before the index
	Page     int            // the index at which the page before the one at the index begins
}

// TallyItems counts the items of a step, and of those that fit a filter how many stand before an index. limit is how many a page holds.
func TallyItems(s *planner.State, step string, f ItemFilter, from, limit int) ItemsTally {
	t := ItemsTally{Statuses: map[string]int{}, Classes: map[string]int{}}
	st, ok := s.Steps[step]
	if !ok || !st.Planned {
		return t
	}
	var before []int // the last limit of them
	for i, u := range st.Items {
		status, class := itemStatus(st, i), itemClass(u)
		t.Statuses[status]++
		if f.Status != "" && status != f.Status {
			continue
		}
		if class != "" {
			t.Classes[class]++
		}
		if f.Class != "" && class != f.Class {
			continue
		}
		t.Fit++
		if i < from {
			if t.Before++; len(before) == limit {
				before = before[1:]
			}
			before = append(before, i)
		}
	}
	if len(before) > 0 {
		t.Page = before[0]
	}
	return t
}

// FailedItem is the next item after an index that failed, or whose compensation did; with back the last one before it. ok is false if there is none.
func FailedItem(s *planner.State, step string, index int, back bool) (found int, ok bool) {
	st := s.Steps[step]
	if st == nil || !st.Planned {
		return 0, false
	}
	by := 1
	if back {
		by = -1
	}
	for i := index + by; i >= 0 && i < len(st.Items); i += by {
		if u := st.Items[i]; u != nil && (u.State == planner.Failed || u.Undo != nil && u.Undo.State == planner.Failed) {
			return i, true
		}
	}
	return 0, false
}

// itemClass is the class of an item's error, or of that of its compensation; "" without one.
func itemClass(u *planner.Unit) string {
	switch {
	case u == nil:
		return ""
	case u.Undo != nil && u.Undo.Fault != nil:
		return string(u.Undo.Fault.Class)
	case u.Fault != nil:
		return string(u.Fault.Class)
	}
	return ""
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
	v.ItemBytes, _ = sized(st.List[i], run, st.Name, i, ValueItem)
	v.ItemRef = Address(run, st.Name, i, 0, ValueItem)
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
