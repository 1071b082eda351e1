package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// tell writes what a server's core was told of the run whose story is wanted, and what it said.
func (w *World) tell(s *server, ev runtime.Event, out []runtime.Output) {
	if w.cfg.Run == 0 {
		return
	}
	lines := []string{fmt.Sprintf("%s %s, incarnation %d: %T", w.now.Sub(epoch), s.name, s.inc, ev)}
	run, what := eventOf(ev)
	if run == 0 && what == "" {
		return
	}
	lines[0] += " " + what
	mine := run == w.cfg.Run
	if a, ok := ev.(runtime.Adopt); ok {
		mine = slices.Contains(a.Runs, w.cfg.Run)
	}
	for _, o := range out {
		if run, what := outputOf(o); run == w.cfg.Run {
			lines = append(lines, fmt.Sprintf("  -> %T %s", o, what))
			mine = true
		}
	}
	if mine {
		fmt.Fprintln(w.cfg.Story, strings.Join(lines, "\n"))
	}
}

// eventOf says which run an event is about, and what.
func eventOf(ev runtime.Event) (run int64, what string) {
	switch ev := ev.(type) {
	case runtime.Begin:
		return ev.Run, ev.Start.ID
	case runtime.Adopt:
		return 0, fmt.Sprintf("%+v", ev)
	case runtime.Loaded:
		return ev.History.Run, fmt.Sprintf("%s of %d, %d transitions, broken: %v", ev.History.Status, ev.History.Owner, len(ev.History.Records), ev.Broken)
	case runtime.LoadFailed:
		return ev.Run, ""
	case runtime.Press:
		return ev.Run, fmt.Sprintf("%s %T %.200s", ev.ID, ev.Input, fmt.Sprintf("%+v", ev.Input))
	case runtime.Done:
		return ev.Run, fmt.Sprintf("%v attempt %d: %.80s, %v", ev.Result.Ref, ev.Result.Attempt, ev.Result.Output, ev.Result.Fault)
	case runtime.Durable:
		return ev.Run, fmt.Sprintf("%d: %v", ev.Tag, ev.Err)
	}
	return 0, "time"
}

// outputOf says which run an output is about, and what.
func outputOf(o runtime.Output) (run int64, what string) {
	switch o := o.(type) {
	case runtime.Append:
		t := o.Transition
		what = fmt.Sprintf("%d as %d", o.Tag, t.Seq)
		facts, err := planner.Decode(t.Facts)
		if err != nil {
			what += " " + err.Error()
		}
		for _, f := range facts {
			what += fmt.Sprintf("\n       %T %.200s", f, fmt.Sprintf("%+v", f))
		}
		for _, c := range t.Inbox {
			what += fmt.Sprintf("\n       takes %s: %s", c.ID, c.Answer)
		}
		for _, l := range t.Outbox {
			what += fmt.Sprintf("\n       sends %s %s to %s", l.Kind, l.ID, l.To)
		}
		if t.Row != nil {
			what += fmt.Sprintf("\n       row %+v", *t.Row)
		}
		return t.Run, what
	case runtime.Load:
		return o.Run, ""
	case runtime.Invoke:
		return o.Run, fmt.Sprintf("%s attempt %d", o.Key, o.Attempt)
	case runtime.Abort:
		return o.Run, fmt.Sprintf("%v attempt %d", o.Ref, o.Attempt)
	case runtime.Begun:
		return o.Run, fmt.Sprint(o.Err)
	case runtime.Committed:
		return o.Run, fmt.Sprint(o.Seq)
	case runtime.Released:
		return o.Run, ""
	case runtime.Broke:
		return o.Run, fmt.Sprint(o.Err)
	}
	return 0, ""
}
