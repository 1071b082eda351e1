package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// offset writes a time since the run's start.
func offset(d time.Duration) string {
	if d == 0 {
		return "+0s"
	}
	return "+" + flow.FormatDuration(d)
}

// unitName writes a unit as `step`, `step[2]`, or `undo of step[2]`.
func unitName(r planner.Ref) string {
	s := r.Step
	if r.Item != planner.NoItem {
		s = fmt.Sprintf("%s[%d]", r.Step, r.Item)
	}
	if r.Undo {
		return "undo of " + s
	}
	return s
}

// line is one sentence of a story.
type line struct {
	at   time.Duration
	text string
	step string // that it tells of, "" for the run
	undo bool
}

func (l line) String() string { return fmt.Sprintf("%-8s %s", offset(l.at), l.text) }

// story tells a run's history in sentences.
func story(moments []moment) []line {
	var lines []line
	known := map[*member]map[planner.Ref]planner.JSON{}
	for _, m := range moments {
		inputs, prefix := known[m.of], ""
		if inputs == nil {
			inputs = map[planner.Ref]planner.JSON{}
			known[m.of] = inputs
		}
		if m.of != nil && m.of.path != "" {
			prefix = strings.TrimSuffix(m.of.path, ".") + ": "
		}
		for _, f := range m.facts {
			if s, ok := f.(*planner.CallScheduled); ok && s.Input != nil {
				inputs[s.Ref] = s.Input
			}
			text, r := sentence(f, inputs)
			if text != "" {
				if prefix != "" { // no line of the scenario's own steps
					r = planner.Ref{Step: m.of.path + r.Step, Undo: r.Undo}
				}
				lines = append(lines, line{m.at, prefix + text, r.Step, r.Undo})
			}
		}
	}
	return lines
}

const mostJSON = 160 // characters of a value in a sentence

func short(j planner.JSON) string { return clip(string(j), mostJSON) }

func sentence(f planner.Fact, inputs map[planner.Ref]planner.JSON) (string, planner.Ref) {
	ref := func(step string) planner.Ref { return planner.Ref{Step: step, Item: planner.NoItem} }
	switch f := f.(type) {
	case *planner.RunStarted:
		return "the run starts with " + short(f.Input), planner.Ref{}
	case *planner.ItemsPlanned:
		return fmt.Sprintf("%s: the list has length %d", f.Step, len(f.Items)), ref(f.Step)
	case *planner.CallScheduled:
		again := ""
		if f.Attempt > 1 {
			again = fmt.Sprintf(", attempt %d,", f.Attempt)
		}
		if f.Iteration > 0 {
			again = strings.TrimSuffix(again, ",") + fmt.Sprintf(", iteration %d,", f.Iteration)
		}
		return fmt.Sprintf("%s%s calls %s with %s", unitName(f.Ref), again, f.Function, short(inputs[f.Ref])), f.Ref
	case *planner.CallSucceeded:
		return fmt.Sprintf("%s gets %s", unitName(f.Ref), short(f.Output)), f.Ref
	case *planner.IterationCompleted:
		next := ""
		if !f.NextAt.IsZero() {
			next = "; the next begins at " + offset(f.NextAt.Sub(dawn))
		}
		return fmt.Sprintf("%s gets %s in iteration %d, and its condition is not true%s", unitName(f.Ref), short(f.Output), f.Iteration, next), f.Ref
	case *planner.CallFailed:
		next := map[planner.Next]string{planner.NextFail: "and gives up", planner.NextRetry: "and will try again",
			planner.NextUncertain: "and is uncertain: a person is asked", planner.NextCancel: "and is cancelled"}[f.Next]
		return fmt.Sprintf("%s fails with %s, effect %s (%s), %s", unitName(f.Ref), f.Fault.Class, f.Fault.Effect, clip(f.Fault.Message, mostJSON), next), f.Ref
	case *planner.UnitCancelled:
		return unitName(f.Ref) + " is cancelled before it is called", f.Ref
	case *planner.StepWaiting:
		until := ""
		if !f.Until.IsZero() {
			until = ", until " + offset(f.Until.Sub(dawn)) + " at the latest"
		}
		if f.Ask {
			return fmt.Sprintf("%s asks a person %q%s", f.Step, f.Title, until), ref(f.Step)
		}
		return f.Step + " waits" + until, ref(f.Step)
	case *planner.DeadlinePassed:
		return f.Step + " has not ended by its deadline", ref(f.Step)
	case *planner.RunTimedOut:
		return "the run's time is up: " + clip(f.Fault.Message, mostJSON), planner.Ref{}
	case *planner.SignalReceived:
		return fmt.Sprintf("the signal %s comes with %s", f.Name, short(f.Payload)), planner.Ref{}
	case *planner.SignalTaken:
		return fmt.Sprintf("%s takes the signal %s", f.Step, f.Name), ref(f.Step)
	case *planner.TimerFired:
		return unitName(f.Ref) + ": its time has come", f.Ref
	case *planner.ApprovalDecided:
		word := "rejects"
		if f.Approved {
			word = "approves"
		}
		who := f.By
		if who == "" {
			who = "somebody"
		}
		return fmt.Sprintf("%s %s %s", who, word, f.Step), ref(f.Step)
	case *planner.StepCompleted:
		why := ""
		if len(f.Why) > 0 {
			why = "; false: " + strings.Join(f.Why, ", ")
		}
		if f.Port != "" {
			return fmt.Sprintf("%s takes `%s`%s", f.Step, f.Port, why), ref(f.Step)
		}
		return f.Step + " completes", ref(f.Step)
	case *planner.StepFailed:
		if f.Handled {
			return fmt.Sprintf("%s fails (%s); its error port goes on", f.Step, f.Fault.Class), ref(f.Step)
		}
		return fmt.Sprintf("%s fails (%s: %s); nobody handles it", f.Step, f.Fault.Class, clip(f.Fault.Message, mostJSON)), ref(f.Step)
	case *planner.StepSkipped:
		if f.Because == "" {
			return fmt.Sprintf("%s is skipped: `%s` is false", f.Step, f.If), ref(f.Step)
		}
		return fmt.Sprintf("%s is skipped: `%s` is dead", f.Step, f.Because), ref(f.Step)
	case *planner.StepCancelled:
		return f.Step + " is cancelled", ref(f.Step)
	case *planner.StepHeld:
		return f.Step + " is held back", ref(f.Step)
	case *planner.StepReset:
		return f.Step + " begins anew", ref(f.Step)
	case *planner.RetryRequested:
		return "somebody presses Retry", planner.Ref{}
	case *planner.RunPaused:
		return "somebody presses Pause", planner.Ref{}
	case *planner.RunResumed:
		return "somebody presses Resume", planner.Ref{}
	case *planner.CancelRequested:
		return "somebody presses Cancel", planner.Ref{}
	case *planner.CompensationStarted:
		return "the compensation starts", planner.Ref{}
	case *planner.UncertainResolved:
		return fmt.Sprintf("a person says of %s: %s", unitName(f.Ref), strings.ReplaceAll(string(f.As), "_", " ")), f.Ref
	case *planner.ChildStarted:
		again := ""
		if f.Generation > 0 {
			again = " anew"
		}
		if f.Iteration > 0 {
			again += fmt.Sprintf(" in iteration %d", f.Iteration)
		}
		return fmt.Sprintf("%s starts a run of %s%s with %s", unitName(f.Ref), f.Flow, again, short(f.Input)), f.Ref
	case *planner.ChildAsked:
		if f.Ask == planner.AskUndo {
			if f.Iteration > 0 {
				return fmt.Sprintf("%s: its run of iteration %d is to undo what it did", unitName(f.Ref), f.Iteration), f.Ref
			}
			return unitName(f.Ref) + ": its run is to undo what it did", f.Ref
		}
		return unitName(f.Ref) + ": its run is to go on", f.Ref
	case *planner.ChildEnded:
		if f.Fault == nil && !f.Undo {
			return fmt.Sprintf("%s gets %s", unitName(f.Ref), short(f.Output)), f.Ref
		}
		return fmt.Sprintf("%s: its run is %s", unitName(f.Ref), strings.ReplaceAll(string(f.Status), "_", " ")), f.Ref
	case *planner.ParentAsked:
		if f.Ask == planner.AskExpire {
			return "the run that started it says that its time is up", planner.Ref{}
		}
		return "", planner.Ref{}
	case *planner.RunSucceeded:
		if f.Output == nil {
			return "the run succeeds", planner.Ref{}
		}
		return "the run succeeds with " + short(f.Output), planner.Ref{}
	case *planner.RunFailed:
		return fmt.Sprintf("the run fails: %s: %s", f.Fault.Class, clip(f.Fault.Message, mostJSON)), planner.Ref{}
	case *planner.RunCancelled:
		return "the run is cancelled", planner.Ref{}
	case *planner.RunCompensated:
		return "everything is undone", planner.Ref{}
	case *planner.RunCompensationFailed:
		return fmt.Sprintf("the compensation fails: %s: %s", f.Fault.Class, clip(f.Fault.Message, mostJSON)), planner.Ref{}
	}
	return "", planner.Ref{}
}
