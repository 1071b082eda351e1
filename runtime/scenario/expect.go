package scenario

import (
	"fmt"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/runtime/planner"
)

// began is a step that ran, and the time at which it began.
type began struct {
	step string
	at   time.Duration
}

// seen is what a played run has shown, as expectations speak of it.
type seen struct {
	state  *planner.State
	began  []began
	undone []planner.Ref // in the order in which the undos succeeded
	undoAt []time.Duration
}

func look(p *play) *seen {
	s := &seen{state: p.state}
	known, asked := map[string]bool{}, map[planner.Ref]int{}
	start := func(step string, at time.Duration) {
		if !known[step] {
			known[step] = true
			s.began = append(s.began, began{step, at})
		}
	}
	for _, m := range p.moments {
		for _, f := range m.facts {
			switch f := f.(type) {
			case *planner.ItemsPlanned:
				start(f.Step, m.at)
			case *planner.CallScheduled:
				if !f.Undo {
					start(f.Step, m.at)
				}
			case *planner.CallFailed:
				if !f.Undo {
					start(f.Step, m.at)
				}
			case *planner.ChildStarted:
				start(f.Step, m.at)
			case *planner.ChildAsked:
				asked[f.Ref] = f.Iteration
			case *planner.ChildEnded:
				if f.Undo && f.Fault == nil && asked[f.Ref] <= 1 { // a loop is undone when its first run is
					s.undone, s.undoAt = append(s.undone, f.Ref), append(s.undoAt, m.at)
				}
			case *planner.StepWaiting:
				start(f.Step, m.at)
			case *planner.StepCompleted:
				start(f.Step, m.at)
			case *planner.StepFailed:
				start(f.Step, m.at)
			case *planner.CallSucceeded:
				if f.Undo {
					s.undone, s.undoAt = append(s.undone, f.Ref), append(s.undoAt, m.at)
				}
			case *planner.UncertainResolved:
				if f.Undo && f.As == planner.Happened {
					s.undone, s.undoAt = append(s.undone, f.Ref), append(s.undoAt, m.at)
				}
			}
		}
	}
	return s
}

// port is the port that a step took beside `done`: a branch, an answer, `error` for a failure that was handled; "" for none.
func (s *seen) port(step string) string {
	st := s.state.Steps[step]
	switch {
	case st == nil:
		return ""
	case st.Handled:
		return flow.PortError
	}
	return st.Port
}

// divergence is one claim that does not hold.
type divergence struct {
	text string
	at   time.Duration // when it showed; the run's end if it shows only then
	step string        // whose line of the story it is; "" for the last line
	undo bool
	line int // in the test file
}

// judge holds a run against what was expected of it.
func judge(s *seen, e project.Expect, end time.Duration) []divergence {
	var out []divergence
	miss := func(pos flow.Pos, at time.Duration, step string, format string, args ...any) *divergence {
		out = append(out, divergence{text: fmt.Sprintf(format, args...), at: at, step: step, line: pos.Line})
		return &out[len(out)-1]
	}
	if e.Path != nil {
		judgePath(s, e, end, miss)
	}
	for _, p := range e.Skipped {
		st := s.state.Steps[p.Step]
		switch {
		case st == nil:
			miss(p.Pos, end, "", "skipped: `%s` was never reached", p.Step)
		case st.Status != planner.Skipped:
			at := end
			for _, b := range s.began {
				if b.step == p.Step {
					at = b.at
				}
			}
			miss(p.Pos, at, p.Step, "skipped: `%s` ran (%s)", p.Step, st.Show())
		}
	}
	for _, a := range e.Attempts {
		if got := s.calls(a.Step); got != a.Calls {
			miss(a.Pos, end, a.Step, "attempts: `%s` was called %s, expected %d", a.Step, times(got), a.Calls)
		}
	}
	for _, a := range e.Iterations {
		if got := s.iterations(a.Step); got != a.Calls {
			miss(a.Pos, end, a.Step, "iterations: `%s` completed %d, expected %d", a.Step, got, a.Calls)
		}
	}
	for _, f := range e.Outputs {
		st := s.state.Steps[f.Key]
		if st == nil || st.Result == nil || st.Status != planner.Succeeded {
			miss(f.KeyPos, end, f.Key, "outputs: `%s` has no output", f.Key)
			continue
		}
		if d := differs(plainValue(f.Value.JSON()), plainValue(st.Result.JSON()), ""); d != "" {
			miss(f.KeyPos, st.EndedAt.Sub(dawn), f.Key, "outputs: of `%s`, %s", f.Key, d)
		}
	}
	if e.Compensations != nil {
		judgeUndos(s, e, end, miss)
	}
	if e.Failure != nil {
		judgeFailure(s, e.Failure, end, miss)
	}
	if e.Output.Kind != flow.Absent {
		if d := differs(plainValue(e.Output.JSON()), plainValue(jsonOf(s.state.Output)), ""); d != "" {
			miss(e.Output.Pos, end, "", "output: %s", d)
		}
	}
	if got := s.state.Status(); e.Status != "" && string(got) != e.Status {
		miss(e.StatusPos, end, "", "status: the run is %s, expected %s", got, e.Status)
	}
	return out
}

func jsonOf(v *expr.Value) []byte {
	if v == nil {
		return []byte("null")
	}
	return v.JSON()
}

type missing func(pos flow.Pos, at time.Duration, step, format string, args ...any) *divergence

func judgePath(s *seen, e project.Expect, end time.Duration, miss missing) {
	for i, want := range e.Path {
		if i >= len(s.began) {
			miss(want.Pos, end, "", "path: `%s` did not run, expected after %s", want.Text, s.path(i))
			return
		}
		got := s.began[i]
		if got.step != want.Step {
			miss(want.Pos, got.at, got.step, "path: `%s` ran, expected `%s`; the path so far: %s", got.step, want.Text, s.path(i+1))
			return
		}
		if port := s.port(want.Step); want.Port != "" && want.Port != port && (want.Port != flow.PortDone || port == flow.PortError) {
			if port == "" {
				port = flow.PortDone
			}
			miss(want.Pos, got.at, got.step, "path: `%s` took `%s`, expected `%s`", got.step, port, want.Port)
			return
		}
	}
	if n := len(e.Path); n < len(s.began) {
		extra := s.began[n]
		miss(e.PathPos, extra.at, extra.step, "path: `%s` ran, expected nothing after %s", extra.step, s.path(n))
	}
}

// path writes the first n steps that ran.
func (s *seen) path(n int) string {
	var names []string
	for _, b := range s.began[:min(n, len(s.began))] {
		name := b.step
		if port := s.port(name); port != "" {
			name += "." + port
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "the start"
	}
	return strings.Join(names, ", ")
}

func judgeUndos(s *seen, e project.Expect, end time.Duration, miss missing) {
	for i, want := range e.Compensations {
		if i >= len(s.undone) {
			miss(want.Pos, end, "", "compensations: `%s` was not undone", want.Text)
			return
		}
		got := s.undone[i]
		if got.Step != want.Step || want.Item >= 0 && got.Item != want.Item {
			got.Undo = false
			miss(want.Pos, s.undoAt[i], got.Step, "compensations: `%s` was undone, expected `%s`", unitName(got), want.Text).undo = true
			return
		}
	}
	if n := len(e.Compensations); n < len(s.undone) {
		got := s.undone[n]
		got.Undo = false
		miss(e.CompensPos, s.undoAt[n], got.Step, "compensations: `%s` was undone, expected no more than %d", unitName(got), n).undo = true
	}
}

func judgeFailure(s *seen, want *project.ExpectedFailure, end time.Duration, miss missing) {
	got := s.failure()
	if got == nil {
		miss(want.Pos, end, "", "failure: the run did not fail")
		return
	}
	if want.Step != "" && got.Step != want.Step {
		miss(want.StepPos, end, got.Step, "failure: `%s` failed, expected `%s`", got.Step, want.Step)
	}
	if want.Class != "" && string(got.Fault.Class) != want.Class {
		miss(want.ClassPos, end, got.Step, "failure: the class is %s (%s), expected %s", got.Fault.Class, clip(got.Fault.Message, mostJSON), want.Class)
	}
	if !strings.Contains(got.Fault.Message, want.Message) {
		miss(want.Pos, end, got.Step, "failure: the message is %q, expected %q in it", clip(got.Fault.Message, mostJSON), want.Message)
	}
}

// failure is why the run failed. A run whose on_failure undid everything has no failure of its own: it is that of the step which began it.
func (s *seen) failure() *planner.Failure {
	if s.state.Failure != nil {
		return s.state.Failure
	}
	for _, name := range s.state.Failures {
		if st := s.state.Steps[name]; st != nil {
			for _, u := range append([]*planner.Unit{&st.Unit}, st.Items...) {
				if u != nil && u.Fault != nil {
					return &planner.Failure{Step: name, Item: planner.NoItem, Fault: *u.Fault}
				}
			}
		}
	}
	return nil
}

// calls counts the calls of a step's function, its items together.
func (s *seen) calls(step string) int {
	st := s.state.Steps[step]
	if st == nil {
		return 0
	}
	n := st.Made()
	for _, u := range st.Items {
		if u != nil {
			n += u.Made()
		}
	}
	return n
}

// iterations counts the iterations of a loop that completed, its items together.
func (s *seen) iterations(step string) int {
	st := s.state.Steps[step]
	if st == nil {
		return 0
	}
	n := st.Passed
	for _, u := range st.Items {
		if u != nil {
			n += u.Passed
		}
	}
	return n
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
