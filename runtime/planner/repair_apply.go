package planner

import (
	"slices"
	"time"
)

// revised begins the look at everything that the run has done.
func (s *State) revised(f *RunRevised) {
	another := f.Version != s.Version
	if another {
		if !slices.Contains(s.Former, s.Version) {
			s.Former = append(s.Former, s.Version)
		}
		s.Version, s.run = f.Version, nil
	}
	s.Phase, s.Ended, s.EndedAt, s.Failure, s.Output, s.Restart = PhaseForward, "", time.Time{}, nil, nil, nil
	s.UndoOpen, s.UndoFailed, s.Held, s.Failures, s.Settled = 0, nil, nil, nil, 0
	s.setDeadline(f.Deadline)
	for name, st := range s.Steps {
		st.Live, st.Dead, st.Held, st.Undoing = 0, 0, false, nil
		if st.Gone = slices.Contains(f.Gone, name); st.Gone {
			s.leaveWaiting(st)
			if st.Status == Waiting {
				st.Status = Cancelled
			}
		}
		st.Stale = st.Status != Pending && !st.Gone
		st.units(func(_ int, u *Unit) {
			if another && u.State != Succeeded {
				u.Given, u.GivenBy = nil, ""
			}
		})
	}
	s.wakeLoops()
}

// reused counts a step as what it was.
func (s *State) reused(f *StepReused) {
	st := s.step(f.Step)
	st.Stale = false
	if st.Status == Succeeded || st.Status == Skipped || st.Status == Failed && st.Handled {
		s.Settled++
	}
	s.settle(f.Edges)
}

// renewed takes a step back to before it began.
func (s *State) renewed(f *StepRenewed) {
	st := s.step(f.Step)
	s.leaveWaiting(st)
	s.unhold(f.Step)
	if st.Took != nil {
		if s.Signals == nil {
			s.Signals = map[string][]Signal{}
		}
		s.Signals[st.Awaits] = append([]Signal{*st.Took}, s.Signals[st.Awaits]...)
	}
	st.units(func(_ int, u *Unit) { s.Waiting -= delta(u.State == Waiting, false) })
	next := Step{Name: st.Name, Status: Pending, Live: st.Live, Dead: st.Dead, Unit: st.Unit.renewed()}
	for _, u := range st.Items {
		if u != nil {
			anew := u.renewed()
			u = &anew
		}
		next.Items = append(next.Items, u)
	}
	*st = next
}

// renewed is a unit that has made its calls and is to make them anew.
func (u *Unit) renewed() Unit {
	next := Unit{Attempts: u.Attempts, Dropped: u.Dropped, Floor: u.Floor, Top: u.Top, Undone: u.Undone}
	if u.Undo != nil {
		next.Undone++
	}
	switch {
	case u.Undo == nil && u.Child == "" && u.State != Succeeded && u.Passed == 0: // what it asks for has not been done, or nobody knows: the key is the same until another thing is asked for
		next.Function, next.In, next.Generation, next.Iteration, next.Maybe, next.Edition, next.Fault, next.Resolved = u.Function, u.In, u.Generation, u.Iteration, u.Maybe, u.Edition, u.Fault, u.Resolved
	case u.Made() > 0:
		next.Floor = u.Top + 1
	}
	return next
}

// replan gives the items of a list that is planned anew what is known of their calls.
func (st *Step) replan(items []*Unit) {
	for i := range min(len(items), len(st.Items)) {
		if items[i] = st.Items[i]; items[i] != nil {
			items[i].doubted = items[i].unknown()
			st.Doubts += delta(items[i].doubted, false)
		}
	}
}
