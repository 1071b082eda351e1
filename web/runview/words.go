package runview

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
	"github.com/segno-run/segno/web/words"
)

// Words says a fact in one line: "stock completed". s is the folded state at or after the fact, and may be nil: then fewer words are sure.
func Words(f planner.Fact, s *planner.State) view.Fact {
	v := view.Fact{Type: reflect.TypeOf(f).Elem().Name(), Step: stepOf(f), Text: text(f)}
	if f, ok := f.(*planner.UndoSettled); ok {
		v.Text = undoSettled(f, s)
	}
	if item := itemOf(f); item != planner.NoItem {
		v.Item = &item
	}
	v.Run = childRun(f, s)
	return v
}

// refOf is the unit of work that a fact speaks of.
func refOf(f planner.Fact) (planner.Ref, bool) {
	switch f := f.(type) {
	case *planner.CallScheduled:
		return f.Ref, true
	case *planner.CallStarted:
		return f.Ref, true
	case *planner.CallSucceeded:
		return f.Ref, true
	case *planner.IterationCompleted:
		return f.Ref, true
	case *planner.CallFailed:
		return f.Ref, true
	case *planner.UnitCancelled:
		return f.Ref, true
	case *planner.TimerFired:
		return f.Ref, true
	case *planner.UncertainResolved:
		return f.Ref, true
	case *planner.StepFailed:
		return planner.Ref{Step: f.Step, Item: f.Item}, true
	case *planner.RunFailed:
		return planner.Ref{Step: f.Step, Item: f.Item}, true
	case *planner.RunCompensationFailed:
		return planner.Ref{Step: f.Step, Item: f.Item, Undo: true}, true
	}
	return childRef(f)
}

func itemOf(f planner.Fact) int {
	r, _ := refOf(f)
	return r.Item
}

func stepOf(f planner.Fact) string {
	if r, ok := refOf(f); ok {
		return r.Step
	}
	switch f := f.(type) {
	case *planner.StepHeld:
		return f.Step
	case *planner.ItemsPlanned:
		return f.Step
	case *planner.StepWaiting:
		return f.Step
	case *planner.ApprovalDecided:
		return f.Step
	case *planner.SignalTaken:
		return f.Step
	case *planner.StepCompleted:
		return f.Step
	case *planner.StepSkipped:
		return f.Step
	case *planner.StepCancelled:
		return f.Step
	case *planner.StepReset:
		return f.Step
	case *planner.StepReused:
		return f.Step
	case *planner.StepRenewed:
		return f.Step
	case *planner.UndoSettled:
		return f.Step
	case *planner.DeadlineSet:
		return f.Step
	case *planner.DeadlinePassed:
		return f.Step
	}
	return ""
}

// unit names a unit of work: "stock", "stock item 3", "undoing stock".
func unit(r planner.Ref) string {
	name := r.Step
	if r.Item != planner.NoItem {
		name += fmt.Sprintf(" item %d", r.Item)
	}
	if r.Undo {
		return "undoing " + name
	}
	return name
}

func text(f planner.Fact) string {
	switch f := f.(type) {
	case *planner.RunStarted:
		return fmt.Sprintf("run of %s version %d started%s", f.Flow, f.Version, by(f.By))
	case *planner.StepHeld:
		return f.Step + " is ready, and held"
	case *planner.ItemsPlanned:
		return fmt.Sprintf("%s has %s", f.Step, count(len(f.Items), "item"))
	case *planner.IterationCompleted:
		said := fmt.Sprintf("%s completed iteration %d, and its condition was not true", unit(f.Ref), f.Iteration)
		if !f.NextAt.IsZero() {
			said += "; the next begins at " + f.NextAt.UTC().Format(time.RFC3339)
		}
		return said
	case *planner.CallScheduled:
		if f.Iteration > 0 {
			return fmt.Sprintf("%s called %s, iteration %d, attempt %d", unit(f.Ref), f.Function, f.Iteration, f.Attempt)
		}
		if f.Attempt > 1 {
			return fmt.Sprintf("%s called %s, attempt %d", unit(f.Ref), f.Function, f.Attempt)
		}
		return unit(f.Ref) + " called " + f.Function
	case *planner.CallStarted:
		return "the call of " + unit(f.Ref) + " went out"
	case *planner.CallSucceeded:
		return unit(f.Ref) + " got its answer"
	case *planner.CallFailed:
		return callFailed(f)
	case *planner.DeadlineSet:
		return f.Step + " has time until " + f.At.UTC().Format(time.RFC3339)
	case *planner.DeadlinePassed:
		return "the time of " + f.Step + " is over"
	case *planner.UnitCancelled:
		return unit(f.Ref) + " was cancelled"
	case *planner.StepWaiting:
		return waiting(f)
	case *planner.TimerFired:
		if f.Early {
			return unit(f.Ref) + " is tried again at once, as asked for" + by(f.By)
		}
		return "the time of " + unit(f.Ref) + " came"
	case *planner.ApprovalDecided:
		return f.Step + " was " + decision(f)
	case *planner.SignalTaken:
		return f.Step + " took the signal " + f.Name
	case *planner.StepCompleted:
		if f.Port != "" {
			return f.Step + " completed: " + f.Port
		}
		return f.Step + " completed"
	case *planner.StepFailed:
		return stepFailed(f)
	case *planner.StepSkipped:
		if f.If != "" {
			return f.Step + " was skipped: " + f.If + " was false"
		}
		return f.Step + " was skipped: " + f.Because + " was not taken"
	case *planner.StepCancelled:
		return f.Step + " was cancelled"
	case *planner.StepReset:
		if len(f.Given) > 0 {
			return f.Step + " runs again, with " + count(len(f.Given), "input") + " given" + by(f.By)
		}
		return f.Step + " runs again"
	case *planner.StepReused:
		return f.Step + " stands as it is"
	case *planner.StepRenewed:
		return f.Step + " begins anew"
	case *planner.UncertainResolved:
		return resolved(f)
	}
	return runText(f)
}

func runText(f planner.Fact) string {
	switch f := f.(type) {
	case *planner.SignalReceived:
		return "the signal " + f.Name + " came" + by(f.By)
	case *planner.RetryRequested:
		return "retry was asked for" + by(f.By)
	case *planner.RestartRequested:
		said := "going back to " + f.Step + " was asked for" + by(f.By)
		if f.Undo {
			said += "; what was done from there on is undone first"
		}
		return said
	case *planner.RunRevised:
		if f.From != "" {
			return fmt.Sprintf("the run goes on from %s, on version %d", f.From, f.Version)
		}
		return fmt.Sprintf("the run goes on, on version %d", f.Version)
	case *planner.RunTimedOut:
		return f.Fault.Message
	case *planner.RunPaused:
		return "the run was paused" + by(f.By)
	case *planner.RunResumed:
		return "the run was resumed" + by(f.By)
	case *planner.CancelRequested:
		if f.Then == flow.Compensate {
			return "cancelling and undoing was asked for" + by(f.By)
		}
		return "cancelling was asked for" + by(f.By)
	case *planner.CompensationStarted:
		return "undoing what was done began" + by(f.By)
	case *planner.Recovered:
		return "another server took the run up while calls were under way"
	case *planner.RunSucceeded:
		return "the run succeeded"
	case *planner.RunFailed:
		return "the run failed: " + f.Fault.Message
	case *planner.RunCancelled:
		return "the run was cancelled"
	case *planner.RunCompensated:
		return "everything that was done has been undone"
	case *planner.RunCompensationFailed:
		return "undoing stopped at " + f.Step + ": " + f.Fault.Message
	}
	if text := childText(f); text != "" {
		return text
	}
	return reflect.TypeOf(f).Elem().Name()
}

func callFailed(f *planner.CallFailed) string {
	var s strings.Builder
	s.WriteString(unit(f.Ref))
	if f.Attempt > 0 {
		fmt.Fprintf(&s, ", attempt %d", f.Attempt)
	}
	fmt.Fprintf(&s, ": %s, %s", f.Fault.Class, f.Fault.Message)
	switch f.Next {
	case planner.NextRetry:
		s.WriteString("; another attempt follows")
	case planner.NextUncertain:
		s.WriteString("; nobody knows whether it happened")
	case planner.NextCancel:
		s.WriteString("; the run is being cancelled")
	case planner.NextFail:
	}
	return s.String()
}

func stepFailed(f *planner.StepFailed) string {
	s := fmt.Sprintf("%s failed: %s", unit(planner.Ref{Step: f.Step, Item: f.Item}), f.Fault.Message)
	if f.Handled {
		s += "; its error port goes on"
	}
	return s
}

// undoSettled tells a step that was undone from one that had done nothing to undo; the fact itself is the same for both.
func undoSettled(f *planner.UndoSettled, s *planner.State) string {
	if s == nil || s.Steps[f.Step] == nil || s.Steps[f.Step].Undoing == nil {
		return f.Step + " has nothing left to undo"
	}
	if st := s.Steps[f.Step]; st.Undoing.Done > 0 {
		text := f.Step + " is undone"
		switch n := st.Unknown(); {
		case n == 0 || !st.Undoing.Attempts:
		case !st.Planned:
			text += ", though nobody knows whether it had happened"
		default:
			text += ", though of " + count(n, "item") + " nobody knows whether it had happened"
		}
		return text
	}
	return f.Step + " has nothing to undo"
}

func waiting(f *planner.StepWaiting) string {
	if f.Ask {
		return f.Step + " asks: " + f.Title
	}
	if f.Signal != "" {
		text := f.Step + " waits for the signal " + f.Signal
		if f.Until.IsZero() {
			return text
		}
		return text + ", until " + f.Until.UTC().Format(time.RFC3339)
	}
	return f.Step + " waits until " + f.Until.UTC().Format(time.RFC3339)
}

func resolved(f *planner.UncertainResolved) string {
	var said string
	switch f.As {
	case planner.Happened:
		said = "it happened"
	case planner.DidNotHappen:
		said = "it did not happen"
	case planner.DidFail:
		said = "it failed"
	}
	s := unit(f.Ref) + " was uncertain: " + said + ", said"
	if f.By == "" {
		s += " a person"
	} else {
		s += " " + f.By
	}
	if f.Reason != "" {
		s += ": " + f.Reason
	}
	return s
}

func by(who string) string {
	if who == "" {
		return ""
	}
	return " by " + who
}

func count(n int, noun string) string { return words.Count(n, noun) }
