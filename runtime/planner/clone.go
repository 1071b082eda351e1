package planner

import (
	"maps"
	"slices"
)

// clone is a state of its own. Values never change, so both have the same.
func (s *State) clone() *State {
	own := *s
	own.Held, own.Failures, own.UndoFailed, own.Former = slices.Clone(s.Held), slices.Clone(s.Failures), slices.Clone(s.UndoFailed), slices.Clone(s.Former)
	own.wakes = slices.Clone(s.wakes)
	own.vault = &vault{held: maps.Clone(s.vault.held), from: s.vault.from}
	if s.Signals != nil {
		own.Signals = make(map[string][]Signal, len(s.Signals))
		for name, kept := range s.Signals {
			own.Signals[name] = slices.Clone(kept)
		}
	}
	own.Steps = make(map[string]*Step, len(s.Steps))
	for name, st := range s.Steps {
		own.Steps[name] = st.clone()
	}
	return &own
}

func (st *Step) clone() *Step {
	own := *st
	own.Unit = *st.Unit.clone()
	if st.Items != nil {
		own.Items = make([]*Unit, len(st.Items))
		for i, u := range st.Items {
			own.Items[i] = u.clone()
		}
	}
	own.Again, own.Lost = slices.Clone(st.Again), slices.Clone(st.Lost)
	if st.Undoing != nil {
		un := *st.Undoing
		un.Late = slices.Clone(un.Late)
		own.Undoing = &un
	}
	return &own
}

func (u *Unit) clone() *Unit {
	if u == nil {
		return nil
	}
	own := *u
	own.Attempts, own.Anew, own.Undo = slices.Clone(u.Attempts), maps.Clone(u.Anew), u.Undo.clone()
	return &own
}
