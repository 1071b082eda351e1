package planner

import "time"

// owed reports whether the unit's child has anything that a compensation must ask for, or those of its loop's iterations before. What was compensated by
// itself owes nothing any more.
func (u *Unit) owed() bool {
	return u.Child != "" && u.ChildStatus != "" && (u.ChildStatus != StatusCompensated || u.Passed > 0)
}

// reported notes a child's end, or (status "") that it goes on.
func (s *State) reported(r Ref, u *Unit, status RunStatus) {
	was := u.owed()
	u.ChildStatus = status
	if r.Undo {
		return
	}
	st := s.step(r.Step)
	st.Owed += delta(u.owed(), was)
	if un := st.Undoing; un != nil && u.owed() && !was { // it went on until now, though its parent had been stopped
		un.Todo++
		if r.Item != NoItem && r.Item >= un.Cursor {
			un.Late = append(un.Late, r.Item)
		}
	}
}

// stopped notes which children go on while their run had ended: a Poison has stopped it, and told them to stop.
func (s *State) stopped() {
	if s.Children == 0 {
		return
	}
	for _, st := range s.Steps {
		st.units(func(_ int, u *Unit) { u.Stopped = u.Child != "" && u.State == Running })
	}
}

func (s *State) childStarted(f *ChildStarted, at time.Time) {
	s.begin(f.Step, at).taken(f.Item)
	u := s.unit(f.Ref)
	s.reported(f.Ref, u, "")
	u.another(f)
	u.Stopped, u.Child, u.Flow, u.Version, u.Generation, u.In = false, f.Child, f.Flow, f.Version, f.Generation, s.value(f.Input)
	u.Top, u.Edition = max(u.Top, f.Generation), s.Version
	u.Attempts = append(u.Attempts, Attempt{Number: f.Attempt, Iteration: f.Iteration, Child: f.Child, Status: Running, QueuedAt: at})
	s.move(f.Ref, u, Running)
}

func (s *State) childAsked(f *ChildAsked, at time.Time) {
	if !f.Undo {
		s.begin(f.Step, at).taken(f.Item)
	}
	u := s.unit(f.Ref)
	if f.Undo {
		of := s.unit(Ref{Step: f.Step, Item: f.Item})
		u.Child, u.Flow, u.Version = of.Child, of.Flow, of.Version
		if f.Child != "" {
			u.Child, u.Iteration = f.Child, f.Iteration
		}
	}
	u.Stopped = false
	s.reported(f.Ref, u, "")
	u.Attempts = append(u.Attempts, Attempt{Number: f.Attempt, Iteration: f.Iteration, Child: u.Child, Status: Running, QueuedAt: at})
	s.move(f.Ref, u, Running)
}

func (s *State) childEnded(f *ChildEnded, at time.Time) {
	u := s.unit(f.Ref)
	if f.Loose {
		u.Loose = true
		s.loose++
	}
	ended, to := Failed, Failed
	switch {
	case f.Open: // where it goes from here is not known yet
		u.Out = s.value(f.Output)
		u.end(f.Attempt, Succeeded, nil, Call{}, at)
		return
	case f.Fault == nil && f.Undo && u.Iteration > 1:
		ended, to = Succeeded, Pending // the children of the iterations before are still to be undone
		u.forget()
	case f.Fault == nil:
		ended, to = Succeeded, Succeeded
		u.Out = s.value(f.Output)
		if !f.Undo {
			u.pass(u.Iteration, u.Out)
			s.step(f.Step).partial = nil
		}
	case f.Next == NextCancel:
		ended, to = Cancelled, Cancelled
	}
	u.Fault = f.Fault
	u.end(f.Attempt, ended, f.Fault, Call{}, at)
	s.move(f.Ref, u, to)
	s.reported(f.Ref, u, f.Status)
}

// tied notes that what children said has been looked at.
func (s *State) tied() {
	if s.loose == 0 {
		return
	}
	s.loose = 0
	for _, st := range s.Steps {
		st.units(func(_ int, u *Unit) {
			u.Loose = false
			if u.Undo != nil {
				u.Undo.Loose = false
			}
		})
	}
}

func (s *State) parentAsked(f *ParentAsked) {
	if s.Parent == nil {
		return
	}
	link := *s.Parent
	link.Attempt, link.Undo = f.Attempt, f.Undo
	s.Parent = &link
}
