package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
)

// epoch is when the stories begin; moments are shown as the time since then.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return "T+" + t.Sub(epoch).String()
}

func (r Ref) String() string {
	text := r.Step
	if r.Item != NoItem {
		text += "#" + itoa(r.Item)
	}
	if r.Undo {
		text += "/undo"
	}
	return text
}

func faultText(f *fault.Fault) string {
	return fmt.Sprintf("%s(%s) %q", f.Class, f.Effect, f.Message)
}

func edgesText(edges []Settled) string {
	var live, dead []string
	for _, e := range edges {
		text := e.From + "." + e.Port + ">" + e.To
		if e.Live {
			live = append(live, text)
		} else {
			dead = append(dead, text)
		}
	}
	text := ""
	if live != nil {
		text += " live=" + strings.Join(live, ",")
	}
	if dead != nil {
		text += " dead=" + strings.Join(dead, ",")
	}
	return text
}

func opt(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + "=" + value
}

// factLine is a fact on one line.
func factLine(f Fact) string {
	name, _ := strings.CutPrefix(fmt.Sprintf("%T", f), "*planner.")
	return name + " " + strings.TrimSpace(factText(f))
}

func factText(f Fact) string {
	switch f := f.(type) {
	case *RunStarted:
		text := fmt.Sprintf("%s v%d input=%s%s", f.Flow, f.Version, f.Input, opt("by", f.By))
		if !f.Deadline.IsZero() {
			text += " deadline=" + moment(f.Deadline)
		}
		if l := f.Parent; l != nil {
			text += fmt.Sprintf(" parent=%s %s attempt=%d depth=%d", l.Run, l.ref(), l.Attempt, l.Depth)
		}
		return text
	case *ChildStarted:
		text := fmt.Sprintf("%s attempt=%d %s v%d %s input=%s", f.Ref, f.Attempt, f.Flow, f.Version, childName(f.Child), f.Input)
		if f.Generation > 0 {
			text += fmt.Sprintf(" generation=%d", f.Generation)
		}
		if f.Iteration > 0 {
			text += fmt.Sprintf(" iteration=%d", f.Iteration)
		}
		return text
	case *ChildAsked:
		text := fmt.Sprintf("%s attempt=%d %s", f.Ref, f.Attempt, f.Ask)
		if f.Iteration > 0 {
			text += fmt.Sprintf(" iteration=%d %s", f.Iteration, childName(f.Child))
		}
		return text
	case *ChildEnded:
		text := fmt.Sprintf("%s attempt=%d %s%s", f.Ref, f.Attempt, f.Status, opt("output", string(f.Output)))
		if f.Fault != nil {
			text += " " + faultText(f.Fault) + " next: " + []string{"fail", "retry", "uncertain", "cancel"}[f.Next]
		}
		if f.Loose {
			text += " (loose)"
		}
		if f.Open {
			text += " (open)"
		}
		return text
	case *ParentAsked:
		text := fmt.Sprintf("%s attempt=%d", f.Ask, f.Attempt)
		if f.Undo {
			text += " /undo"
		}
		return text
	case *StepHeld:
		return f.Step
	case *ItemsPlanned:
		var items []string
		for _, raw := range f.Items {
			items = append(items, string(raw))
		}
		text := fmt.Sprintf("%s [%s]", f.Step, strings.Join(items, " "))
		if f.Tolerated > 0 {
			text += fmt.Sprintf(" tolerated=%d", f.Tolerated)
		}
		return text
	case *CallScheduled:
		text := fmt.Sprintf("%s attempt=%d round=%d %s%s", f.Ref, f.Attempt, f.Round, f.Function, opt("input", string(f.Input)))
		if f.Generation > 0 {
			text += fmt.Sprintf(" generation=%d", f.Generation)
		}
		if f.Iteration > 0 {
			text += fmt.Sprintf(" iteration=%d", f.Iteration)
		}
		return text
	case *CallStarted:
		return fmt.Sprintf("%s attempt=%d", f.Ref, f.Attempt)
	case *CallSucceeded:
		return fmt.Sprintf("%s attempt=%d output=%s", f.Ref, f.Attempt, f.Output)
	case *IterationCompleted:
		text := fmt.Sprintf("%s attempt=%d iteration=%d output=%s", f.Ref, f.Attempt, f.Iteration, f.Output)
		if !f.NextAt.IsZero() {
			text += " next at " + moment(f.NextAt)
		}
		return text
	case *CallFailed:
		next := []string{"fail", "retry at " + moment(f.RetryAt), "uncertain", "cancel"}[f.Next]
		return fmt.Sprintf("%s attempt=%d %s next: %s", f.Ref, f.Attempt, faultText(&f.Fault), next)
	case *DeadlineSet:
		return fmt.Sprintf("%s at %s", f.Step, moment(f.At))
	case *DeadlinePassed:
		return f.Step
	case *RunTimedOut:
		return faultText(&f.Fault)
	case *UnitCancelled:
		return f.Ref.String()
	case *StepWaiting:
		if f.Ask {
			return fmt.Sprintf("%s asks %q until %s", f.Step, f.Title, moment(f.Until))
		}
		if f.Signal != "" {
			return fmt.Sprintf("%s for the signal %s until %s", f.Step, f.Signal, moment(f.Until))
		}
		return fmt.Sprintf("%s until %s", f.Step, moment(f.Until))
	case *TimerFired:
		if f.Early {
			return f.Ref.String() + " early" + opt("by", f.By)
		}
		return f.Ref.String()
	case *ApprovalDecided:
		return fmt.Sprintf("%s approved=%t%s%s", f.Step, f.Approved, opt("by", f.By), opt("comment", f.Comment))
	case *SignalReceived:
		return fmt.Sprintf("%s payload=%s%s", f.Name, f.Payload, opt("by", f.By))
	case *SignalTaken:
		return f.Step + " takes " + f.Name
	case *StepCompleted:
		text := f.Step + opt("port", f.Port) + opt("output", string(f.Output))
		if f.Collect {
			text += " output=collected"
		}
		return text + opt("because-not", strings.Join(f.Why, ",")) + edgesText(f.Edges)
	case *StepFailed:
		text := Ref{Step: f.Step, Item: f.Item}.String() + " " + faultText(&f.Fault)
		if f.Handled {
			text += " handled"
		}
		return text + edgesText(f.Edges)
	case *StepSkipped:
		return f.Step + opt("because", f.Because) + opt("if", f.If) + edgesText(f.Edges)
	case *StepCancelled:
		return f.Step
	case *StepReset:
		text := f.Step
		for _, g := range f.Given {
			text += fmt.Sprintf(" given %s by %s", g.Input, f.By)
			if g.Item != NoItem {
				text += fmt.Sprintf(" to item %d", g.Item)
			}
		}
		return text
	case *RunRevised:
		text := fmt.Sprintf("v%d%s%s", f.Version, opt("by", f.By), opt("from", f.From))
		if !f.Deadline.IsZero() {
			text += " deadline=" + moment(f.Deadline)
		}
		return text + opt("gone", strings.Join(f.Gone, ","))
	case *StepReused:
		return f.Step + edgesText(f.Edges)
	case *StepRenewed:
		return f.Step
	case *RestartRequested:
		text := fmt.Sprintf("%s v%d%s%s", f.Step, f.Version, opt("by", f.By), opt("again", strings.Join(f.Again, ",")))
		if f.Undo {
			text += " (undo first)"
		}
		return text
	case *RetryRequested:
		if !f.Deadline.IsZero() {
			return opt("by", f.By) + " deadline=" + moment(f.Deadline)
		}
		return opt("by", f.By)
	case *RunPaused:
		return opt("by", f.By)
	case *RunResumed:
		return opt("by", f.By)
	case *CancelRequested:
		return "then=" + string(f.Then) + opt("by", f.By)
	case *CompensationStarted:
		var plan []string
		for _, n := range f.Plan {
			text := fmt.Sprintf("%s waits=%d releases=%v", n.Step, n.Waits, n.Releases)
			if n.Attempts {
				text += " attempts"
			}
			plan = append(plan, text)
		}
		return strings.TrimSpace(opt("by", f.By) + " " + strings.Join(plan, "; "))
	case *UndoSettled:
		return f.Step
	case *UncertainResolved:
		text := fmt.Sprintf("%s as %s%s%s%s", f.Ref, f.As, opt("output", string(f.Output)), opt("by", f.By), opt("reason", f.Reason))
		if f.GoesOn {
			text += " goes on"
		}
		return text
	case *Recovered:
		return fmt.Sprintf("owner=%d", f.Owner)
	case *RunSucceeded:
		return opt("output", string(f.Output))
	case *RunFailed:
		return failureText(f.Step, f.Item, &f.Fault)
	case *RunCompensationFailed:
		return failureText(f.Step, f.Item, &f.Fault)
	}
	return ""
}

func failureText(step string, item int, f *fault.Fault) string {
	if step == "" {
		return faultText(f)
	}
	return "at " + Ref{Step: step, Item: item}.String() + " " + faultText(f)
}

func commandLine(c Command) string {
	switch c := c.(type) {
	case *Invoke:
		text := fmt.Sprintf("invoke %s attempt=%d %s key=%s input=%s", c.Ref, c.Attempt, c.Function, c.Key, c.Input)
		if c.Confirm {
			text += " (ask first)"
		}
		return text
	case *SetTimer:
		if c.Step == "" {
			return "timer of the run at " + moment(c.At)
		}
		return fmt.Sprintf("timer %s at %s", c.Ref, moment(c.At))
	case *CancelCall:
		return fmt.Sprintf("stop %s attempt=%d", c.Ref, c.Attempt)
	case *StartChild:
		return fmt.Sprintf("start %s %s v%d for %s attempt=%d depth=%d input=%s", childName(c.Child), c.Flow, c.Version, c.Parent.ref(), c.Parent.Attempt, c.Parent.Depth, c.Input)
	case *Keep:
		return fmt.Sprintf("keep %s", c.Payload.StandIn())
	case *AskChild:
		text := fmt.Sprintf("ask %s to %s attempt=%d%s", childName(c.Child), c.Ask, c.Attempt, opt("then", c.Then))
		if c.Undo {
			text += " /undo"
		}
		if c.Fault != nil {
			text += " " + faultText(c.Fault)
		}
		return text
	case *TellParent:
		text := fmt.Sprintf("tell %s of %s attempt=%d %s%s%s", c.Parent, c.Ref, c.Attempt, c.Status, opt("output", string(c.Output)), opt("at", c.ChildStep))
		if c.Fault != nil {
			text += " " + faultText(c.Fault)
		}
		return text
	}
	return fmt.Sprintf("%T", c)
}

// childName is a child's id, short enough for a story.
func childName(id string) string { return "child…" + id[len(id)-4:] }

// stand is a run and its steps on one line.
func stand(p *check.Program, s *State) string {
	parts := []string{string(s.Status()) + ":"}
	for _, st := range p.Steps {
		got, ok := s.Steps[st.Name]
		if !ok {
			parts = append(parts, st.Name+"=pending")
			continue
		}
		text := st.Name + "=" + string(got.Show())
		if got.Planned {
			text += fmt.Sprintf("[%d/%d]", got.Done, len(got.Items))
		}
		if got.Handled {
			text += "(handled)"
		}
		if slices.Contains(s.Held, st.Name) {
			text += "(held)"
		}
		parts = append(parts, text)
	}
	if fits := s.Fits(); len(fits) > 0 {
		parts = append(parts, "("+strings.Join(fits, " or ")+")")
	}
	return strings.Join(parts, " ")
}

// summary is what a history says in the end. It is compared with what later releases make of the same history, so it shows meaning and no
// structure: fields may be added to State, this stays.
func summary(s *State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "run %s of %s version %d, started %s: %s\n", s.ID, s.Flow, s.Version, moment(s.StartedAt), s.Status())
	fmt.Fprintf(&b, "input %s\n", text(s.Input))
	if l := s.Parent; l != nil {
		fmt.Fprintf(&b, "parent %s %s attempt %d, depth %d\n", l.Run, l.ref(), l.Attempt, l.Depth)
	}
	if s.Output != nil {
		fmt.Fprintf(&b, "output %s\n", text(s.Output))
	}
	if s.Failure != nil {
		fmt.Fprintf(&b, "failure %s\n", failureText(s.Failure.Step, s.Failure.Item, &s.Failure.Fault))
	}
	fmt.Fprintf(&b, "ended %s, cancelled %t, in flight %d, waiting %d, uncertain %d, held %v, failures %v, fits %v\n",
		moment(s.EndedAt), s.Cancelled, s.InFlight, s.Waiting, s.Uncertain, s.Held, s.Failures, oldest(s.Fits()))
	var names []string
	for name := range s.Steps {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		st := s.Steps[name]
		fmt.Fprintf(&b, "step %s %s%s%s%s, %s to %s\n", name, st.Show(), opt("result", text(st.Result)), opt("port", st.Port), opt("because", st.Because),
			moment(st.StartedAt), moment(st.EndedAt))
		st.units(func(i int, u *Unit) {
			unitSummary(&b, Ref{Step: name, Item: i}, u)
			if u.Undo != nil {
				unitSummary(&b, Ref{Step: name, Item: i, Undo: true}, u.Undo)
			}
		})
	}
	return b.String()
}

// oldest are the buttons that the first release knew: what later ones offer is not what a history says.
func oldest(fits []string) []string {
	return slices.DeleteFunc(fits, func(name string) bool { return name == "pause" || name == "resume" })
}

func unitSummary(b *strings.Builder, r Ref, u *Unit) {
	if u.State == "" && len(u.Attempts) == 0 {
		return
	}
	fmt.Fprintf(b, "  unit %s %s %s generation %d%s%s\n", r, u.State, u.Function, u.Generation, opt("input", text(u.In)), opt("output", text(u.Out)))
	if u.Child != "" {
		fmt.Fprintf(b, "    child %s of %s version %d %s\n", u.Child, u.Flow, u.Version, u.ChildStatus)
	}
	for _, a := range u.Attempts {
		fmt.Fprintf(b, "    attempt %d %s, sent %t, %s to %s", a.Number, a.Status, a.Sent, moment(a.QueuedAt), moment(a.EndedAt))
		if a.Fault != nil {
			fmt.Fprintf(b, ", %s", faultText(a.Fault))
		}
		for _, p := range a.Call.Phases {
			fmt.Fprintf(b, ", %s %s", p.Name, p.Took)
		}
		for _, l := range a.Call.Logs {
			fmt.Fprintf(b, ", %s %s %q", moment(l.At), l.Stream, l.Text)
		}
		fmt.Fprintf(b, ", call %s to %s, %d lines dropped\n", moment(a.Call.Started), moment(a.Call.Ended), a.Call.Dropped)
	}
}

func text(v *expr.Value) string {
	if v == nil {
		return ""
	}
	return strings.ReplaceAll(string(v.JSON()), "\x01", "|") // what a stand-in is fenced with
}
