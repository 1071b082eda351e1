package planner

import (
	"bytes"
	"slices"
	"time"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
)

// Fold applies the facts of one committed transition.
func Fold(s *State, seq int64, at time.Time, facts []Fact) {
	for _, f := range facts {
		Apply(s, f, at)
	}
	s.Seq = seq
}

// Apply remembers one fact. It sees no program and evaluates nothing: whoever folds the same facts gets the same state, today and in years.
func Apply(s *State, f Fact, at time.Time) {
	switch f := f.(type) {
	case *RunStarted:
		s.ID, s.Flow, s.Version, s.Input, s.By, s.StartedAt = f.ID, f.Flow, f.Version, s.value(f.Input), f.By, at
		s.Parent = f.Parent
		s.setDeadline(f.Deadline)
	case *StepHeld:
		s.Held = append(s.Held, f.Step)
		s.step(f.Step).Held = true
	case *ItemsPlanned:
		st := s.begin(f.Step, at)
		st.Spared = f.Tolerated
		items := make([]*Unit, len(f.Items))
		st.replan(items)
		st.Planned, st.Items, st.List = true, items, make([]*expr.Value, len(f.Items))
		for i, raw := range f.Items {
			st.List[i] = s.value(raw)
		}
	case *CallScheduled:
		s.scheduled(f, at)
	case *CallStarted:
		if u := s.unit(f.Ref); f.Attempt == u.Made() {
			u.attempt(f.Attempt).Sent = true
		}
	case *CallSucceeded:
		u := s.unit(f.Ref)
		u.Out, u.Fault, u.Crashes, u.RetryAt, u.Maybe = s.value(f.Output), nil, 0, time.Time{}, false
		u.end(f.Attempt, Succeeded, nil, f.Call, at)
		u.pass(u.Iteration, u.Out)
		s.move(f.Ref, u, Succeeded)
	case *IterationCompleted:
		s.iterated(f, at)
	case *CallFailed:
		s.failed(f, at)
	case *UnitCancelled:
		u := s.unit(f.Ref)
		u.RetryAt, u.NextAt = time.Time{}, time.Time{}
		if a := u.attempt(u.Made()); a != nil && a.Status == Running { // it had not gone out
			a.Status, a.EndedAt = Cancelled, at
		}
		s.move(f.Ref, u, Cancelled)
	case *DeadlineSet:
		st := s.step(f.Step)
		st.Deadline, st.Overdue = f.At, false
		s.wakes.push(f.At, Ref{Step: f.Step, Item: NoItem})
	case *DeadlinePassed:
		s.step(f.Step).Overdue = true
	case *RunTimedOut:
		s.timedOut(f)
	case *StepWaiting:
		st := s.begin(f.Step, at)
		st.Status, st.Until, st.Ask, st.Title, st.Decision, st.Awaits = Waiting, f.Until, f.Ask, f.Title, nil, f.Signal
		s.Waiting++
		if f.Ask {
			s.Asking++
		}
		s.wakes.push(f.Until, Ref{Step: f.Step, Item: NoItem})
	case *TimerFired:
		if u := s.Unit(f.Ref); u != nil && u.State == Retrying {
			u.RetryAt = time.Time{}
		} else if st := s.step(f.Step); st.Status == Waiting {
			st.Until = time.Time{}
		}
	case *ApprovalDecided:
		st := s.step(f.Step)
		st.Decision, st.DecidedAt = f, at
	case *SignalReceived:
		if s.Signals == nil {
			s.Signals = map[string][]Signal{}
		}
		s.Signals[f.Name] = append(s.Signals[f.Name], Signal{s.value(f.Payload), f.By, at})
	case *SignalTaken:
		s.taken(f)
	case *StepCompleted:
		s.completed(f, at)
	case *StepFailed:
		s.stepFailed(f, at)
	case *StepSkipped:
		st := s.step(f.Step)
		st.Status, st.Because, st.If, st.EndedAt = Skipped, f.Because, f.If, at
		s.unhold(f.Step)
		s.Settled++
		s.settle(f.Edges)
	case *StepCancelled:
		st := s.step(f.Step)
		s.leaveWaiting(st)
		st.Status, st.EndedAt = Cancelled, at
	case *StepReset:
		st := s.step(f.Step)
		st.Status, st.EndedAt, st.Fault, st.Result, st.errValue, st.Handled, st.Stale = Running, time.Time{}, nil, nil, nil, false, false
		st.Deadline, st.Overdue = time.Time{}, false
		st.Again, st.Lost = append(st.Again, st.Lost...), nil
		slices.Sort(st.Again)
		st.units(func(_ int, u *Unit) {
			if u.State == Failed {
				u.State, u.Round, u.Crashes, u.Fault, u.Base = "", 0, 0, nil, u.Passed
			}
		})
		for _, g := range f.Given {
			u := s.unit(Ref{Step: f.Step, Item: g.Item})
			u.Given, u.GivenBy = s.value(g.Input), f.By
		}
		s.Failures = slices.DeleteFunc(s.Failures, func(name string) bool { return name == f.Step })
	case *RetryRequested:
		s.retried()
		s.setDeadline(f.Deadline)
	case *RunPaused:
		s.Paused, s.PausedBy = true, f.By
	case *RunResumed:
		s.resume()
	case *CancelRequested:
		s.resume()
		s.Phase, s.Cancelled, s.CancelThen, s.CancelledBy = PhaseCancelling, true, f.Then, f.By
	case *CompensationStarted:
		s.resume()
		s.Phase, s.Ended, s.EndedAt = PhaseCompensating, "", time.Time{}
		s.UndoOpen = len(f.Plan)
		for _, n := range f.Plan {
			st := s.step(n.Step)
			un := &Undoing{Waits: n.Waits, Releases: n.Releases, Attempts: n.Attempts, Cursor: len(st.Items)}
			st.Undoing = un
			st.units(func(_ int, u *Unit) { un.Todo += delta(un.Covers(u), false) })
		}
	case *UndoSettled:
		st := s.step(f.Step)
		st.Undoing.Settled = true
		s.UndoOpen--
		for _, to := range st.Undoing.Releases {
			s.step(to).Undoing.Waits--
		}
	case *UncertainResolved:
		s.resolved(f)
	case *RunRevised:
		s.revised(f)
	case *StepReused:
		s.reused(f)
	case *StepRenewed:
		s.renewed(f)
	case *RestartRequested:
		s.Restart = f
	case *ChildStarted:
		s.childStarted(f, at)
	case *ChildAsked:
		s.childAsked(f, at)
	case *ChildEnded:
		s.childEnded(f, at)
	case *ParentAsked:
		s.parentAsked(f)
	case *Recovered:
		s.tied()
	case *RunSucceeded:
		s.Output = s.value(f.Output)
		s.end(StatusSucceeded, at)
	case *RunFailed:
		s.Failure = &Failure{f.Step, f.Item, f.Fault}
		s.end(StatusFailed, at)
	case *RunCancelled:
		s.end(StatusCancelled, at)
	case *RunCompensated:
		s.end(StatusCompensated, at)
	case *RunCompensationFailed:
		s.Failure = &Failure{f.Step, f.Item, f.Fault}
		s.end(StatusCompensationFailed, at)
	}
}

func (s *State) end(status RunStatus, at time.Time) {
	s.Ended, s.EndedAt = status, at
	s.resume()
}

func (s *State) setDeadline(at time.Time) {
	s.Deadline, s.TimedOut = at, false
	s.wakes.push(at, Ref{Item: NoItem})
}

func (s *State) timedOut(f *RunTimedOut) {
	s.TimedOut = true
	s.expiry = &f.Fault
	if s.Failure == nil {
		s.Failure = &Failure{Item: NoItem, Fault: f.Fault}
	}
	if s.Phase == PhaseForward {
		s.Phase = PhaseFailing
	}
}

func (s *State) resume() { s.Paused, s.PausedBy = false, "" }

// begin marks a step as started.
func (s *State) begin(name string, at time.Time) *Step {
	st := s.step(name)
	if st.StartedAt.IsZero() {
		st.StartedAt = at
	}
	st.Status = Running
	s.unhold(name)
	return st
}

func (s *State) unhold(name string) {
	st := s.step(name)
	if !st.Held {
		return
	}
	st.Held = false
	s.Held = without(s.Held, name)
}

// without takes v out of list. Those who take do so from the front as a rule, which moves nothing.
func without[T comparable](list []T, v T) []T {
	if len(list) > 0 && list[0] == v {
		return list[1:]
	}
	if i := slices.Index(list, v); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

func (s *State) leaveWaiting(st *Step) {
	if st.Status == Waiting {
		s.Waiting--
		if st.Ask {
			s.Asking--
		}
		st.Until = time.Time{}
	}
}

// open reports whether a unit of this status is in flight.
func open(st StepStatus) bool { return st == Running || st == Retrying }

// move changes a unit's status and every counter that follows from it.
func (s *State) move(r Ref, u *Unit, to StepStatus) {
	from, st := u.State, s.step(r.Step)
	u.State = to
	d := delta(open(to), open(from))
	unsure := delta(to == Uncertain, from == Uncertain)
	between := delta(to == Waiting, from == Waiting)
	s.InFlight += d
	if u.Child != "" {
		s.Children += d
	}
	s.Uncertain += unsure
	s.Waiting += between
	s.Retries += delta(to == Retrying, from == Retrying)
	switch {
	case r.Undo:
		un := st.Undoing
		un.Open += d
		un.Unsure += unsure
		un.Done += delta(to == Succeeded, from == Succeeded)
		un.Lost += delta(to == Failed, from == Failed)
		if r.Item != NoItem {
			un.Late = without(un.Late, r.Item)
			un.Cursor = min(un.Cursor, r.Item)
			if to == Pending && u.Child != "" { // the child of another iteration comes next
				un.Late = append(un.Late, r.Item)
			}
		}
		if to == Failed {
			s.UndoFailed = append(s.UndoFailed, r)
		}
	case r.Item != NoItem:
		st.Open += d + between
		st.Between += between
		st.Retries += delta(to == Retrying, from == Retrying)
		st.Unsure += unsure
		if to == Succeeded {
			st.Done++
			st.partial = nil
		}
		if to == Failed {
			st.Lost = append(st.Lost, r.Item)
		}
		st.Doubts += delta(u.unknown(), u.doubted)
		u.doubted = u.unknown()
	}
	// What a person said of an uncertain unit while the run is being undone. Nothing else ends then.
	// Of runs it is what they say that counts, see reported.
	if un := st.Undoing; un != nil && u.Child == "" && !r.Undo && (from == Uncertain || from == Running) && un.Covers(u) {
		un.Todo++
		if r.Item >= un.Cursor {
			un.Late = append(un.Late, r.Item)
		}
	}
}

// taken notes that an item is no longer among those to be called.
func (st *Step) taken(item int) {
	if item == NoItem {
		return
	}
	st.Again = without(st.Again, item)
	st.Next = max(st.Next, item+1)
}

func delta(is, was bool) int {
	switch {
	case is && !was:
		return 1
	case was && !is:
		return -1
	}
	return 0
}

func (s *State) scheduled(f *CallScheduled, at time.Time) {
	if !f.Undo {
		st := s.begin(f.Step, at)
		st.taken(f.Item)
	}
	u := s.unit(f.Ref)
	u.Function, u.Generation, u.Round, u.RetryAt, u.NextAt = f.Function, f.Generation, f.Round, time.Time{}, time.Time{}
	u.Top, u.Edition = max(u.Top, f.Generation), s.Version
	if f.Iteration != u.Iteration {
		u.Iteration, u.Crashes, u.Resolved = f.Iteration, 0, nil
	}
	if f.Input != nil {
		u.In = s.value(f.Input)
	}
	u.Attempts = append(u.Attempts, Attempt{Number: f.Attempt, Iteration: f.Iteration, Status: Running, QueuedAt: at})
	s.move(f.Ref, u, Running)
}

// end closes attempt n with its outcome.
func (u *Unit) end(n int, status StepStatus, f *fault.Fault, c Call, at time.Time) {
	if a := u.attempt(n); a != nil {
		a.Status, a.Fault, a.Call, a.EndedAt = status, f, c, at
	}
}

func (s *State) failed(f *CallFailed, at time.Time) {
	if f.Attempt == 0 && !f.Undo {
		s.begin(f.Step, at).taken(f.Item)
	}
	u := s.unit(f.Ref)
	u.Fault, u.RetryAt, u.NextAt = &f.Fault, f.RetryAt, time.Time{}
	switch {
	case f.Left:
	case f.Fault.Class == fault.Crashed:
		u.Crashes++
	default:
		u.Crashes = 0
	}
	ended, to := Failed, Failed
	switch f.Next {
	case NextRetry:
		to = Retrying
	case NextUncertain:
		to = Uncertain
	case NextCancel:
		ended, to = Cancelled, Cancelled
	case NextFail:
	}
	u.Maybe = u.Maybe || f.Attempt > 0 && f.Fault.Effect == fault.Maybe
	u.end(f.Attempt, ended, &f.Fault, f.Call, at)
	s.move(f.Ref, u, to)
	if to == Uncertain && f.Item == NoItem && !f.Undo {
		s.step(f.Step).Status = Uncertain
	}
}

func (s *State) completed(f *StepCompleted, at time.Time) {
	st := s.step(f.Step)
	s.leaveWaiting(st)
	if st.StartedAt.IsZero() {
		st.StartedAt = at
	}
	s.unhold(f.Step)
	st.Status, st.EndedAt, st.Port, st.Why = Succeeded, at, f.Port, f.Why
	switch {
	case f.Collect:
		st.Result = s.collect(st.Items, func(u *Unit) *expr.Value { return u.Out })
	case f.Output != nil:
		st.Result = s.value(f.Output)
	default:
		st.Result = st.Out
	}
	s.Settled++
	s.settle(f.Edges)
}

// taken moves the oldest signal of a name from the run to a step.
func (s *State) taken(f *SignalTaken) {
	kept := s.Signals[f.Name]
	if len(kept) == 0 {
		return
	}
	st, sig := s.step(f.Step), kept[0]
	st.Awaits, st.Took, st.Out = f.Name, &sig, sig.Payload
	if s.Signals[f.Name] = kept[1:]; len(kept) == 1 {
		delete(s.Signals, f.Name)
	}
}

// collect is the list of the items' outputs, aligned with the items.
func (s *State) collect(items []*Unit, output func(*Unit) *expr.Value) *expr.Value {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, u := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		if u != nil {
			if out := output(u); out != nil {
				b.Write(out.JSON())
				continue
			}
		}
		b.WriteString("null")
	}
	b.WriteByte(']')
	return s.value(b.Bytes())
}

func (s *State) stepFailed(f *StepFailed, at time.Time) {
	st := s.step(f.Step)
	s.leaveWaiting(st)
	if st.StartedAt.IsZero() {
		st.StartedAt = at
	}
	s.unhold(f.Step)
	st.Status, st.EndedAt, st.Handled = Failed, at, f.Handled
	if !st.Planned {
		st.Fault = &f.Fault
	}
	st.errValue = faultValue(&f.Fault)
	if f.Handled {
		s.Settled++
		s.settle(f.Edges)
		return
	}
	s.Failures = append(s.Failures, f.Step)
	if s.Failure == nil {
		s.Failure = &Failure{f.Step, f.Item, f.Fault}
	}
	if s.Phase == PhaseForward && s.Ended == "" {
		s.Phase = PhaseFailing
	}
}

// settle counts edges at their targets.
func (s *State) settle(edges []Settled) {
	for _, e := range edges {
		if to := s.step(e.To); e.Live {
			to.Live++
		} else {
			to.Dead++
		}
	}
}

func (s *State) retried() {
	if s.Ended == StatusCompensationFailed {
		s.Phase = PhaseCompensating
		for _, r := range s.UndoFailed {
			s.unit(r).Crashes = 0
		}
		s.UndoFailed = nil
	} else {
		s.Phase = PhaseForward
		s.stopped()
	}
	s.Ended, s.EndedAt, s.Failure = "", time.Time{}, nil
	s.wakeLoops()
}

func (s *State) resolved(f *UncertainResolved) {
	u := s.unit(f.Ref)
	u.Resolved = f
	if f.Item == NoItem && !f.Undo {
		s.step(f.Step).Status = Running
	}
	switch f.As {
	case Happened:
		u.Fault, u.Crashes, u.Maybe = nil, 0, false
		if f.GoesOn {
			s.move(f.Ref, u, Running) // until the fact that follows
			return
		}
		u.Out = s.value(f.Output)
		u.pass(u.Iteration, u.Out)
		s.move(f.Ref, u, Succeeded)
	case DidNotHappen:
		u.Maybe = false
		// The call goes out again (or is cancelled) by a fact of its own in the same transition.
		s.move(f.Ref, u, Pending)
	case DidFail:
		s.move(f.Ref, u, Failed)
	}
}
