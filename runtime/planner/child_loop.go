package planner

import "time"

// another notes that the unit starts another child: that of another iteration, or one that stands in for the last.
func (u *Unit) another(f *ChildStarted) {
	if f.Iteration > u.Iteration {
		if u.Child != "" && u.Generation > 0 {
			if u.Anew == nil {
				u.Anew = map[int]int{}
			}
			u.Anew[u.Iteration] = u.Generation
		}
		u.Iteration, u.Crashes, u.Resolved = f.Iteration, 0, nil
	}
	u.NextAt = time.Time{}
}

// Former is the run that iteration n of a loop started, the last one if there was more than one; r is the loop's unit. The iterations before the one
// under way need not be kept for that: what they are called follows from their numbers.
func (u *Unit) Former(run string, r Ref, n int) string {
	if n == u.Iteration {
		return u.Child
	}
	return ChildID(run, r, n, u.Anew[n])
}

// undoes is the iteration of a loop whose child is to be undone now: the last that did anything, then the others in reverse order. 0 outside a loop.
func (u *Unit) undoes() int {
	switch v := u.Undo; {
	case u.Iteration == 0:
		return 0
	case v != nil && v.State == Pending:
		return v.Iteration - 1
	case v != nil:
		return v.Iteration
	case u.ChildStatus == StatusCompensated: // by itself
		return u.Iteration - 1
	}
	return u.Iteration
}

// meant is which iteration of a loop, and which child, a wish is for; 0 and "" outside a loop.
func (s *State) meant(r Ref) (iteration int, child string) {
	forward := Ref{Step: r.Step, Item: r.Item}
	u := s.Unit(forward)
	if u == nil || u.Iteration == 0 {
		return 0, ""
	}
	n := u.Iteration
	if r.Undo {
		n = u.undoes()
	}
	return n, u.Former(s.ID, forward, n)
}

// iterationEnded takes the word of a child that succeeded and was an iteration of a loop.
func (d *decider) iterationEnded(f *ChildEnded) {
	if d.p == nil {
		f.Loose, f.Open = true, true
		d.emit(f)
		return
	}
	if d.s.Ended != "" { // see childSettled
		d.halts = true
		defer func() { d.halts = false }()
	}
	d.judgeIteration(f)
}

// judgeIteration asks the condition whether that was the last iteration.
func (d *decider) judgeIteration(f *ChildEnded) {
	st := d.p.Step(f.Step)
	done, broken := d.enough(st, f.Ref, f.Output)
	if done {
		d.emit(f)
		d.unitDone(st, f.Ref)
		return
	}
	d.iterated(st, &IterationCompleted{Ref: f.Ref, Attempt: f.Attempt, Output: f.Output}, broken)
}

// Runs counts the runs that a compensation of the step would ask to undo, if it runs a flow in a loop; 0 for every other step.
func (st *Step) Runs() int {
	n := 0
	st.units(func(_ int, u *Unit) {
		if u.Child != "" && u.Did() {
			n += u.undoes()
		}
	})
	return n
}
