package runview

import (
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// StepOf shows one step of a run. Without values its Input, Output and Attempts are left out, and its cost does not depend on how many items it has.
func StepOf(s *planner.State, o *Outline, name string, values bool) view.Step {
	def := o.Step(name)
	v := view.Step{ID: name, Kind: def.Kind, Title: def.Title, Function: def.Function, Flow: def.Flow, Status: string(planner.Pending), MaxAttempts: def.MaxAttempts, ForEach: def.ForEach}
	st, ok := s.Steps[name]
	if !ok {
		v.Reason = blocker(s, o, def)
		return v
	}
	v.Status, v.Port = string(st.Show()), st.Port
	v.StartedAt, v.EndedAt = moment(st.StartedAt), moment(st.EndedAt)
	v.Reason = reason(s, o, def, st)
	if st.Status == planner.Waiting {
		v.NextAt = moment(st.Until)
		if st.Ask {
			v.Deciding = &view.Deciding{Title: st.Title, Deadline: moment(st.Until)}
		}
	}
	v.Error, v.Unknown = stepError(st), st.Unknown()
	if st.Planned {
		v.Items = &view.Items{Total: len(st.Items), Succeeded: st.Done, Failed: len(st.Lost), Running: st.Open, Retrying: st.Retries, Waiting: st.Between, Uncertain: st.Unsure}
	} else {
		v.Attempt = st.Made()
		v.MaxAttempts = bound(def.MaxAttempts, &st.Unit)
		v.Child = childOf(&st.Unit)
		if st.In != nil && st.Unit.Child == "" {
			v.Key = st.Key(s.ID, planner.Ref{Step: name, Item: planner.NoItem})
		}
		switch st.State {
		case planner.Retrying:
			v.NextAt = moment(st.RetryAt)
		case planner.Waiting:
			v.NextAt = moment(st.NextAt)
		}
	}
	v.Loop = loop(def, st, values)
	v.Compensation = stepUndo(s.ID, def, st, values)
	outRef := ""
	if st.Status == planner.Succeeded {
		v.OutputBytes, outRef = sized(st.Result, s.ID, name, planner.NoItem, ValueOutput)
	}
	if values {
		v.Dead = deadEdges(s, o, def, st)
		v.Input = shown(st.In)
		v.InputBytes, v.InputRef = sized(st.In, s.ID, name, planner.NoItem, ValueInput)
		if st.Status == planner.Succeeded {
			v.Output, v.OutputRef = shown(st.Result), outRef
		}
		v.Attempts = attempts(s.ID, &st.Unit)
	}
	return v
}

// bound is the number of the last attempt that the retry policy allows: attempts before the current round don't count against it.
func bound(policy int, u *planner.Unit) int {
	if policy == 0 {
		return 0
	}
	return policy + max(0, u.Made()-u.Round)
}

// stepError is why a step failed, waits for its next attempt, or asks.
func stepError(st *planner.Step) *view.Failure {
	var v *view.Failure
	switch {
	case !st.Planned:
		v = failure("", planner.NoItem, st.Fault)
	case len(st.Lost) > st.Spared && st.Lost[0] < len(st.Items) && st.Items[st.Lost[0]] != nil:
		v = failure("", st.Lost[0], st.Items[st.Lost[0]].Fault)
	}
	if v != nil {
		v.Handled = st.Handled && st.Status == planner.Failed
	}
	return v
}

// signalled says what a step waits for, and where to send it.
func signalled(run string, st *planner.Step) string {
	text := "waits for the signal `" + st.Awaits + "`: POST /api/v1/runs/" + run + "/signals/" + st.Awaits
	if !st.Until.IsZero() {
		text += ", until " + when(st.Until)
	}
	return text
}

func decision(d *planner.ApprovalDecided) string {
	text := "rejected"
	if d.Approved {
		text = "approved"
	}
	if d.By != "" {
		text += " by " + d.By
	}
	if d.Comment != "" {
		text += ": " + d.Comment
	}
	return text
}

// stepUndo shows what became of undoing a step, or nil if it is not part of a compensation.
func stepUndo(run string, def Step, st *planner.Step, values bool) *view.Compensation {
	if st.Undoing == nil || def.Undo == "" && def.Flow == "" {
		return nil
	}
	if !st.Planned {
		if st.Unit.Undo == nil && !st.Undoing.Covers(&st.Unit) {
			return nil // nothing was done, so nothing is undone
		}
		return unitUndo(run, def, &st.Unit, values)
	}
	u := st.Undoing
	if u.Todo == 0 {
		return nil
	}
	v := &view.Compensation{Function: def.Undo, Flow: def.Flow, Status: "pending"}
	if u.Attempts {
		v.Unknown = st.Doubts
	}
	switch {
	case u.Unsure > 0:
		v.Status = string(planner.Uncertain)
	case u.Open > 0:
		v.Status = string(planner.Running)
	case u.Lost > 0:
		v.Status = string(planner.CompensationFailed)
	case u.Done >= u.Todo:
		v.Status = string(planner.Compensated)
	}
	if u.Lost > 0 {
		for i, item := range st.Items {
			if item != nil && item.Undo != nil && item.Undo.State == planner.Failed {
				v.Error = failure("", i, item.Undo.Fault)
				break
			}
		}
	}
	return v
}

// unitUndo shows the compensation of one unit that was done, or may have been.
func unitUndo(run string, def Step, u *planner.Unit, values bool) *view.Compensation {
	v := &view.Compensation{Function: def.Undo, Flow: def.Flow, Status: "pending"}
	if u.Child == "" && u.State != planner.Succeeded {
		v.Unknown = 1
	}
	if u.Undo == nil {
		return v
	}
	if u.Undo.Function != "" {
		v.Function = u.Undo.Function
	}
	switch u.Undo.State {
	case planner.Succeeded:
		v.Status = string(planner.Compensated)
	case planner.Failed:
		v.Status = string(planner.CompensationFailed)
	case "":
	default:
		v.Status = string(u.Undo.State)
	}
	v.Error = failure("", planner.NoItem, u.Undo.Fault)
	if values {
		v.Attempts = attempts(run, u.Undo)
	}
	return v
}

// attempts shows the calls of a unit.
func attempts(run string, u *planner.Unit) []view.Attempt {
	var out []view.Attempt
	for _, a := range u.Attempts {
		v := attempt(a)
		v.Trace = runtime.TraceID(run)
		out = append(out, v)
	}
	return out
}

func attempt(a planner.Attempt) view.Attempt {
	v := view.Attempt{Number: a.Number, Iteration: a.Iteration, Run: a.Child, Said: a.Said, Status: string(a.Status), QueuedAt: a.QueuedAt.UTC(), Error: failure("", planner.NoItem, a.Fault),
		StartedAt: moment(a.Call.Started), EndedAt: moment(a.Call.Ended), Dropped: a.Call.Dropped}
	if a.Status == planner.Running {
		// When a call leaves the queue is recorded with its outcome only, so until then its start is when it was scheduled.
		v.StartedAt = moment(a.QueuedAt)
	}
	if v.EndedAt == nil {
		v.EndedAt = moment(a.EndedAt)
	}
	if a.Fault != nil && a.Fault.Class == fault.Crashed {
		v.Status = "crashed"
	}
	for _, p := range a.Call.Phases {
		v.Phases = append(v.Phases, view.Phase{Name: p.Name, MS: float64(p.Took) / float64(time.Millisecond)})
	}
	for _, l := range a.Call.Logs {
		v.Logs = append(v.Logs, view.LogLine{At: l.At.UTC(), Stream: l.Stream, Text: l.Text})
	}
	return v
}
