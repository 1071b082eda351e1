package runview

import (
	"fmt"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// childOf shows the run that a unit started, or nil.
func childOf(u *planner.Unit) *view.Child {
	if u.Child == "" {
		return nil
	}
	return &view.Child{Run: u.Child, Flow: u.Flow, Version: u.Version, Status: string(u.ChildStatus)}
}

// childText says a fact of a run that another one started; "" if it is none.
func childText(f planner.Fact) string {
	switch f := f.(type) {
	case *planner.ChildStarted:
		return fmt.Sprintf("%s started %s version %d as run %s%s", unit(f.Ref), f.Flow, f.Version, f.Child, inIteration(f.Iteration))
	case *planner.ChildAsked:
		if f.Ask == planner.AskUndo {
			return unit(f.Ref) + ": its run is to undo what it did" + inIteration(f.Iteration)
		}
		return unit(f.Ref) + ": its run is to go on from its failure" + inIteration(f.Iteration)
	case *planner.ChildEnded:
		s := fmt.Sprintf("the run of %s ended: %s", unit(f.Ref), f.Status)
		if f.Fault != nil {
			s += ", " + f.Fault.Message
		}
		return s
	case *planner.ParentAsked:
		return "the run that started this one " + wishes[f.Ask]
	}
	return ""
}

// childRun is the run of a child that a fact speaks of; "" for any other fact. The fact of its end does not name it: that is the unit's child, unless a
// later one has taken its place.
func childRun(f planner.Fact, s *planner.State) string {
	switch f := f.(type) {
	case *planner.ChildStarted:
		return f.Child
	case *planner.ChildAsked:
		return f.Child
	case *planner.ChildEnded:
		if s == nil {
			return ""
		}
		if u := s.Unit(f.Ref); u != nil {
			for _, a := range u.Attempts {
				if a.Number == f.Attempt {
					return a.Child
				}
			}
		}
	}
	return ""
}

// inIteration says which one of a loop; "" outside one.
func inIteration(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" in iteration %d", n)
}

// wishes are what a parent wants, in words.
var wishes = map[planner.Ask]string{
	planner.AskRetry: "wants it to go on from its failure", planner.AskUndo: "wants what it did undone", planner.AskCancel: "was cancelled",
	planner.AskExpire: "has no more time for it", planner.AskPause: "was paused", planner.AskResume: "was resumed",
}

// childRef is the unit that a fact of a child speaks of.
func childRef(f planner.Fact) (planner.Ref, bool) {
	switch f := f.(type) {
	case *planner.ChildStarted:
		return f.Ref, true
	case *planner.ChildAsked:
		return f.Ref, true
	case *planner.ChildEnded:
		return f.Ref, true
	}
	return planner.Ref{Item: planner.NoItem}, false
}
