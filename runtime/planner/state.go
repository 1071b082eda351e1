package planner

import (
	"time"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// Phase is where a run stands between its start and its end.
type Phase uint8

// The phases.
const (
	PhaseForward      Phase = iota // steps start as they become ready
	PhaseFailing                   // a step failed unhandled: nothing new starts, what is in flight settles
	PhaseCancelling                // somebody asked to stop: what is in flight settles
	PhaseCompensating              // what was done is being undone
)

// State is everything that a run's facts say, folded. It is made by Apply alone and needs no program to be read.
type State struct {
	ID        string
	Flow      string
	Version   int   // that it is on now
	Former    []int // those that it was on before, each once
	Input     *expr.Value
	By        string
	StartedAt time.Time
	Parent    *ParentLink // nil: nobody's

	Seq     int64 // of the last transition applied
	Phase   Phase
	Ended   RunStatus // "" while the run goes on
	EndedAt time.Time
	Output  *expr.Value
	Failure *Failure // why the run failed, or why its compensation did

	Deadline time.Time // when the run times out; zero: never
	TimedOut bool      // it has, and stops

	Paused   bool // nothing new starts; never in a run that has ended or is being cancelled or compensated
	PausedBy string

	CancelThen  flow.OnFailure
	CancelledBy string
	Cancelled   bool // a cancel came first: the run ends cancelled, or compensated

	Signals map[string][]Signal // kept until a step takes them, by name, the oldest first

	Steps    map[string]*Step // those that any fact has touched
	Held     []string         // ready, but not started
	Failures []string         // steps that failed unhandled, in order

	Settled   int // steps that succeeded, were skipped, or whose failure was handled
	InFlight  int // units that are called, wait for their next attempt, or have a child that goes on
	Children  int // of them, those that have a child
	Waiting   int // waits, approvals and steps that wait for a signal
	Uncertain int // units that wait for a person's word
	Asking    int // of the waiting, approvals
	Retries   int // units that wait for their next attempt, undos among them

	Restart *RestartRequested // a compensation that is the first half of a restart; nil: none

	UndoOpen   int // steps of the compensation's plan that are not settled
	UndoFailed []Ref

	run    *expr.Value  // what `run` is in expressions
	loose  int          // units whose Loose is set
	expiry *fault.Fault // why it timed out
	wakes  wakes        // of the waits and approvals that have a time
	vault  *vault       // what stands behind the stand-ins in its values
}

// Signal is something that was sent to a run.
type Signal struct {
	Payload *expr.Value
	By      string
	At      time.Time
}

// Failure says where and why a run failed.
type Failure struct {
	Step  string
	Item  int
	Fault fault.Fault
}

// Step is one step of a run.
type Step struct {
	Name   string
	Status StepStatus // of its forward work
	Live   int        // edges into it that are live
	Dead   int
	Held   bool // it is among the run's Held
	Stale  bool // what stands here is from before the run was revised, and was not looked at yet; never after a decision
	Gone   bool // the run's version has no such step; what it gave stands here for those that are undone
	Unit        // its one call, if it has no for_each

	Planned bool          // a for_each: the list is fixed
	List    []*expr.Value // a for_each: the items
	Items   []*Unit       // as many; nil where an item has not been touched
	Next    int           // a for_each: the first item that was never scheduled
	Again   []int         // a for_each: items to call again after a reset
	Open    int           // items called, retrying, or between two iterations
	Retries int           // of them, those that wait for their next attempt
	Unsure  int           // items uncertain
	Between int           // items that wait for their next iteration; they are among the open
	Done    int           // items succeeded
	Doubts  int           // items that did not complete and may have happened
	Lost    []int         // items failed, in the order of their failures
	Spared  int           // a for_each: how many items may fail without failing it
	Owed    int           // units whose child has something that a compensation asks for

	Deadline time.Time // by when it must have ended; zero: whenever
	Overdue  bool      // it has not

	Port    string   // the branch or answer taken
	Why     []string // a switch: conditions that were false
	Because string   // skipped: the dead edge
	If      string   // skipped: the condition that was false
	Result  *expr.Value
	Handled bool

	StartedAt time.Time
	EndedAt   time.Time
	Until     time.Time // of a wait, or the timeout of an approval or a signal
	Ask       bool
	Title     string
	Decision  *ApprovalDecided
	DecidedAt time.Time
	Awaits    string  // the name of the signal that it waits for, or waited for
	Took      *Signal // the signal that it took

	Undoing *Undoing // nil outside a compensation

	errValue *expr.Value
	partial  *expr.Value // the outputs of a for_each that did not complete; nil: to be collected
}

// Undoing is a step's place in the compensation.
type Undoing struct {
	Waits    int
	Releases []string
	Settled  bool
	Attempts bool // a unit that did not complete is undone, too, if it may have happened
	Todo     int  // units that are to be undone, those that have been among them
	Open     int  // undos called or retrying
	Done     int
	Lost     int   // undos failed
	Unsure   int   // undos uncertain
	Cursor   int   // a for_each: items from here on have had their undo scheduled, Late aside
	Late     []int // a for_each: items from Cursor on that a person found to be undone after it had passed them
}

// Unit is one function's work: a step's, an item's, or a compensation's.
type Unit struct {
	State      StepStatus // "" until scheduled
	Function   string
	Generation int
	In         *expr.Value
	Out        *expr.Value
	Fault      *fault.Fault
	Attempts   []Attempt   // the last ones; of a loop not all are kept
	Dropped    int         // attempts that are not kept any more; they came before
	Round      int         // attempts that count against the retry policy
	Crashes    int         // in a row
	Top        int         // the highest generation so far
	Floor      int         // the least one of the next call: those before were of a step that has begun anew since
	Edition    int         // the flow's version that made its last call: it says what undoes it
	Undone     int         // how often it has been undone before it began anew
	Given      *expr.Value // the input that a person gave for its next call; nil: what the flow computes
	GivenBy    string
	Maybe      bool // a call of its may have had its effect, though it did not complete and nobody has said otherwise
	RetryAt    time.Time
	Undo       *Unit
	Resolved   *UncertainResolved

	Child       string    // a unit that runs a flow: its run, the latest one. Those of a loop's iterations before follow from their numbers
	Flow        string    // of the child
	Version     int       // of the child's flow
	ChildStatus RunStatus // how the child ended, as the parent was told; "" while it goes on
	Loose       bool      // what that means for the step is not concluded yet
	Stopped     bool      // its run was stopped and goes on now, and the child has not said what became of it then

	Iteration int         // of a loop: the one under way, or the last; from 1. Of its compensation: the one whose child is asked to undo
	Passed    int         // iterations that completed
	Base      int         // iterations that do not count against the loop's bound, because Retry came after them
	Last      *expr.Value // the output of the last iteration that completed
	NextAt    time.Time   // when the next iteration begins, while State is Waiting
	Anew      map[int]int // of a loop of runs: the generation of each iteration before this one whose run was not the first

	doubted bool // it counts among its step's Doubts
}

// Attempt is one call of a unit.
type Attempt struct {
	Number    int
	Iteration int        // 0 outside a loop
	Child     string     // of a unit that runs a flow: the run that was started, or asked
	Said      string     // of an iteration after which the loop went on: what its output began with
	Status    StepStatus // Running, Succeeded, Failed or Cancelled
	Sent      bool       // the intent to make the call was committed; only for functions that are not idempotent
	QueuedAt  time.Time
	EndedAt   time.Time // by the journal's clock
	Fault     *fault.Fault
	Call      Call
}

// NewState is a run without a history.
func NewState() *State { return &State{Steps: map[string]*Step{}, vault: &vault{}} }

// step returns the step of that name, making it on first touch.
func (s *State) step(name string) *Step {
	st, ok := s.Steps[name]
	if !ok {
		st = &Step{Name: name, Status: Pending}
		s.Steps[name] = st
	}
	return st
}

// Unit returns the unit that r names, or nil.
func (s *State) Unit(r Ref) *Unit {
	st, ok := s.Steps[r.Step]
	if !ok {
		return nil
	}
	u := &st.Unit
	if r.Item != NoItem {
		if r.Item < 0 || r.Item >= len(st.Items) || st.Items[r.Item] == nil {
			return nil
		}
		u = st.Items[r.Item]
	}
	if r.Undo {
		return u.Undo
	}
	return u
}

// unit is Unit, making the unit on first touch.
func (s *State) unit(r Ref) *Unit {
	st := s.step(r.Step)
	u := &st.Unit
	if r.Item != NoItem {
		if st.Items[r.Item] == nil {
			st.Items[r.Item] = &Unit{}
		}
		u = st.Items[r.Item]
	}
	if r.Undo {
		if u.Undo == nil {
			u.Undo = &Unit{}
		}
		return u.Undo
	}
	return u
}

// Show is the status of the step as pages show it: its forward work, unless undoing it has begun.
func (st *Step) Show() StepStatus {
	if u := st.Undoing; u != nil {
		switch {
		case u.Unsure > 0:
			return Uncertain
		case u.Lost > 0 && u.Open == 0:
			return CompensationFailed
		case u.Done > 0 && u.Settled:
			return Compensated
		case u.Open > 0 || u.Done > 0 || st.Unit.Undo != nil: // the last: a loop some of whose runs are undone
			return Compensating
		}
	}
	switch {
	case st.Unsure > 0 || st.Status == Uncertain:
		return Uncertain
	case st.Status != Running:
		return st.Status
	case !st.Planned && st.State == Waiting, st.Planned && st.Open > 0 && st.Between == st.Open:
		return Waiting
	case !st.Planned && st.State == Retrying, st.Planned && st.Open > 0 && st.Retries+st.Between == st.Open:
		return Retrying
	}
	return Running
}

// refs lists a step's units that exist.
func (st *Step) refs() []Ref {
	var refs []Ref
	st.units(func(i int, _ *Unit) { refs = append(refs, Ref{Step: st.Name, Item: i}) })
	return refs
}

// units visits the step's units that exist, with their item index.
func (st *Step) units(visit func(item int, u *Unit)) {
	if !st.Planned {
		visit(NoItem, &st.Unit)
		return
	}
	for i, u := range st.Items {
		if u != nil {
			visit(i, u)
		}
	}
}
