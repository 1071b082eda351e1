package planner

import (
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// Fact is one thing that became true of a run, in the past tense. Facts hold everything that was concluded, so that Apply needs neither the
// program nor an expression. Their encoding is stored for ever: fields are only ever added, with new numbers.
type Fact interface{ fact() }

// JSON is a JSON value as it travels in facts and commands: raw bytes, spliced through unchanged.
type JSON []byte

// Ref names one unit of work of a run: a step, or an item of a for_each; and whether the work itself or its compensation is meant.
type Ref struct {
	Step string `cbor:"1,keyasint"`
	Item int    `cbor:"2,keyasint"` // NoItem outside a for_each
	Undo bool   `cbor:"3,keyasint,omitempty"`
}

// NoItem is the Item of a step without for_each.
const NoItem = -1

// Settled is one edge that became live or dead.
type Settled struct {
	From string `cbor:"1,keyasint"`
	Port string `cbor:"2,keyasint"`
	To   string `cbor:"3,keyasint"`
	Live bool   `cbor:"4,keyasint,omitempty"`
}

// Call is what is known of one attempt when it has ended.
type Call struct {
	Started time.Time `cbor:"1,keyasint,omitempty"` // left the queue
	Ended   time.Time `cbor:"2,keyasint,omitempty"`
	Phases  []Timing  `cbor:"3,keyasint,omitempty"`
	Logs    []LogLine `cbor:"4,keyasint,omitempty"`
	Dropped int       `cbor:"5,keyasint,omitempty"` // log lines that did not fit
}

// Timing is a named part of a call's transport time.
type Timing struct {
	Name string        `cbor:"1,keyasint"`
	Took time.Duration `cbor:"2,keyasint"`
}

// LogLine is one line that a function wrote during an attempt.
type LogLine struct {
	At     time.Time `cbor:"1,keyasint"`
	Stream string    `cbor:"2,keyasint"`
	Text   string    `cbor:"3,keyasint"`
}

// Next says what an attempt's failure led to.
type Next uint8

// What an attempt's failure can lead to.
const (
	NextFail      Next = iota // the attempts are used up, or the class is not retried: the unit failed
	NextRetry                 // another attempt follows at RetryAt
	NextUncertain             // nobody knows whether it happened, and it may not happen twice: a person is asked
	NextCancel                // the run is being cancelled: the unit is cancelled
)

// Resolution is a person's answer for an uncertain unit.
type Resolution string

// The three answers.
const (
	Happened     Resolution = "happened"       // the effect is there; the output is given
	DidNotHappen Resolution = "did_not_happen" // nothing happened; call again
	DidFail      Resolution = "failed"         // treat it as a failure
)

// UndoNode is one step in the plan of a compensation: it may be undone when Waits other nodes have settled, and settling it releases others.
type UndoNode struct {
	Step     string   `cbor:"1,keyasint"`
	Waits    int      `cbor:"2,keyasint,omitempty"`
	Releases []string `cbor:"3,keyasint,omitempty"`
	// Attempts says that a unit which did not complete is undone, too, if it may have happened.
	Attempts bool `cbor:"4,keyasint,omitempty"`
}

// The facts.
type (
	// RunStarted begins every history.
	RunStarted struct {
		ID      string `cbor:"1,keyasint"`
		Flow    string `cbor:"2,keyasint"`
		Version int    `cbor:"3,keyasint"`
		Input   JSON   `cbor:"4,keyasint"`
		By      string `cbor:"5,keyasint,omitempty"`
		// Deadline is when the run times out; zero for never.
		Deadline time.Time `cbor:"6,keyasint,omitempty"`
		// Parent is set in a run that another one started.
		Parent *ParentLink `cbor:"7,keyasint,omitempty"`
	}
	// StepHeld says that a step, or the next item of a for_each, could start but that the run is not starting anything: it starts on Retry, or when a
	// paused run is resumed.
	StepHeld struct {
		Step string `cbor:"1,keyasint"`
	}
	// ItemsPlanned fixes the list of a for_each.
	ItemsPlanned struct {
		Step  string `cbor:"1,keyasint"`
		Items []JSON `cbor:"2,keyasint"`
		// Tolerated is how many of them may fail without failing the step.
		Tolerated int `cbor:"3,keyasint,omitempty"`
	}
	// CallScheduled says that a function is to be called: it is committed before the call goes out. Input is absent where it is the same as that of
	// the attempt before.
	CallScheduled struct {
		Ref
		Attempt    int    `cbor:"4,keyasint"`
		Generation int    `cbor:"5,keyasint,omitempty"`
		Function   string `cbor:"6,keyasint"`
		Input      JSON   `cbor:"7,keyasint,omitempty"`
		Round      int    `cbor:"8,keyasint,omitempty"` // of the attempts that count against the retry policy, from 1
		Iteration  int    `cbor:"9,keyasint,omitempty"` // of a loop, from 1
	}
	// CallStarted is the intent to make, now, a call that may not be made twice. It is committed before the call goes out; without it the call
	// has certainly not been made. Calls of idempotent functions go without.
	CallStarted struct {
		Ref
		Attempt int `cbor:"4,keyasint"`
	}
	// CallSucceeded records an attempt's output. For a step without for_each its StepCompleted follows.
	CallSucceeded struct {
		Ref
		Attempt int  `cbor:"4,keyasint"`
		Output  JSON `cbor:"5,keyasint"`
		Call    Call `cbor:"6,keyasint"`
	}
	// IterationCompleted records the output of an iteration after which the loop's condition was not true: that of an attempt, or (Attempt 0) of a person's
	// word, or that of a child that has ended well. The next iteration begins at NextAt; if that is zero, a fact in the same transition says why there is none.
	IterationCompleted struct {
		Ref
		Attempt   int       `cbor:"4,keyasint,omitempty"`
		Iteration int       `cbor:"5,keyasint"`
		Output    JSON      `cbor:"6,keyasint"`
		Call      Call      `cbor:"7,keyasint"`
		NextAt    time.Time `cbor:"8,keyasint,omitempty"`
	}
	// CallFailed records an attempt's failure and what it leads to. Attempt 0 means that there was no call: the input could not be made.
	CallFailed struct {
		Ref
		Attempt int         `cbor:"4,keyasint,omitempty"`
		Fault   fault.Fault `cbor:"5,keyasint"`
		Next    Next        `cbor:"6,keyasint,omitempty"`
		RetryAt time.Time   `cbor:"7,keyasint,omitempty"`
		Call    Call        `cbor:"8,keyasint"`
		Left    bool        `cbor:"9,keyasint,omitempty"` // no crash of its doing: its server was stopped in good order, or it most likely still waited for its turn
	}
	// DeadlineSet says by when a step must have ended, with all its attempts and items.
	DeadlineSet struct {
		Step string    `cbor:"1,keyasint"`
		At   time.Time `cbor:"2,keyasint"`
	}
	// DeadlinePassed says that a step did not end in time. What becomes of its calls are facts of their own.
	DeadlinePassed struct {
		Step string `cbor:"1,keyasint"`
	}
	// RunTimedOut says that the run did not end in time: nothing new starts, and what is called is told to stop.
	RunTimedOut struct {
		Fault fault.Fault `cbor:"1,keyasint"`
	}
	// UnitCancelled ends a unit that was waiting for its next attempt.
	UnitCancelled struct {
		Ref
	}
	// StepWaiting opens a wait, an approval, or the wait for a signal. Until is zero where there is no timeout.
	StepWaiting struct {
		Step  string    `cbor:"1,keyasint"`
		Until time.Time `cbor:"2,keyasint,omitempty"`
		Ask   bool      `cbor:"3,keyasint,omitempty"` // an approval
		Title string    `cbor:"4,keyasint,omitempty"`
		// Signal is the name of what a signal step waits for; "" for the others.
		Signal string `cbor:"5,keyasint,omitempty"`
	}
	// TimerFired says that a step's or a unit's time has come.
	TimerFired struct {
		Ref
		By    string `cbor:"4,keyasint,omitempty"` // who said so, with Early
		Early bool   `cbor:"5,keyasint,omitempty"` // a person had the next attempt made before its time
	}
	// ApprovalDecided records who said what.
	ApprovalDecided struct {
		Step     string `cbor:"1,keyasint"`
		Approved bool   `cbor:"2,keyasint,omitempty"`
		By       string `cbor:"3,keyasint,omitempty"`
		Comment  string `cbor:"4,keyasint,omitempty"`
	}
	// SignalReceived keeps what was sent to the run until a step takes it.
	SignalReceived struct {
		Name    string `cbor:"1,keyasint"`
		Payload JSON   `cbor:"2,keyasint"`
		By      string `cbor:"3,keyasint,omitempty"`
	}
	// SignalTaken gives a step the oldest signal of that name that is kept. Its StepCompleted follows, and has no Output of its own.
	SignalTaken struct {
		Step string `cbor:"1,keyasint"`
		Name string `cbor:"2,keyasint"`
	}
	// StepCompleted settles a step and its edges. Output is absent where it is the one call's, the signal's, or (Collect) the list of the items'.
	StepCompleted struct {
		Step    string    `cbor:"1,keyasint"`
		Output  JSON      `cbor:"2,keyasint,omitempty"`
		Collect bool      `cbor:"3,keyasint,omitempty"`
		Port    string    `cbor:"4,keyasint,omitempty"` // the branch or answer that was taken
		Edges   []Settled `cbor:"5,keyasint,omitempty"`
		Why     []string  `cbor:"6,keyasint,omitempty"` // a switch: the conditions that were false, as written
	}
	// StepFailed ends a step. Handled: its error port was wired, and its edges settled. Otherwise the run stops starting steps.
	StepFailed struct {
		Step    string      `cbor:"1,keyasint"`
		Item    int         `cbor:"2,keyasint"`
		Fault   fault.Fault `cbor:"3,keyasint"`
		Handled bool        `cbor:"4,keyasint,omitempty"`
		Edges   []Settled   `cbor:"5,keyasint,omitempty"`
	}
	// StepSkipped settles a step that will not run. Because names the dead edge ("big.review"), or is "" when If was false.
	StepSkipped struct {
		Step    string    `cbor:"1,keyasint"`
		Because string    `cbor:"2,keyasint,omitempty"`
		If      string    `cbor:"3,keyasint,omitempty"`
		Edges   []Settled `cbor:"4,keyasint,omitempty"`
	}
	// StepCancelled ends a step that had begun.
	StepCancelled struct {
		Step string `cbor:"1,keyasint"`
	}
	// StepReset takes a failed step's failure back: it is about to run again. Given are inputs that a person (By) gave for what failed.
	StepReset struct {
		Step  string  `cbor:"1,keyasint"`
		Given []Given `cbor:"2,keyasint,omitempty"`
		By    string  `cbor:"3,keyasint,omitempty"`
	}
	// RetryRequested resumes a failed run, or a failed compensation.
	RetryRequested struct {
		By       string    `cbor:"1,keyasint,omitempty"`
		Deadline time.Time `cbor:"2,keyasint,omitempty"` // the run's new one
	}
	// RunPaused keeps the run from starting anything until it is resumed. What is in flight settles, and timers that come are held.
	RunPaused struct {
		By string `cbor:"1,keyasint,omitempty"`
	}
	// RunResumed lets a paused run go on.
	RunResumed struct {
		By string `cbor:"1,keyasint,omitempty"`
	}
	// CancelRequested stops forward work; Then says what follows.
	CancelRequested struct {
		By   string         `cbor:"1,keyasint,omitempty"`
		Then flow.OnFailure `cbor:"2,keyasint"`
	}
	// CompensationStarted fixes the order of undoing.
	CompensationStarted struct {
		By   string     `cbor:"1,keyasint,omitempty"`
		Plan []UndoNode `cbor:"2,keyasint"`
	}
	// UndoSettled says that a step has nothing left to undo.
	UndoSettled struct {
		Step string `cbor:"1,keyasint"`
	}
	// UncertainResolved is a person's answer.
	UncertainResolved struct {
		Ref
		As     Resolution `cbor:"4,keyasint"`
		Output JSON       `cbor:"5,keyasint,omitempty"`
		By     string     `cbor:"6,keyasint,omitempty"`
		Reason string     `cbor:"7,keyasint,omitempty"`
		// GoesOn says that what happened was an iteration of a loop, and not its last: an IterationCompleted follows.
		GoesOn bool `cbor:"8,keyasint,omitempty"`
	}
	// Recovered says that another owner took the run up while calls were in flight.
	Recovered struct {
		Owner int64 `cbor:"1,keyasint"`
	}
	// RunSucceeded ends a run well.
	RunSucceeded struct {
		Output JSON `cbor:"1,keyasint,omitempty"`
	}
	// RunFailed stops a run until a person acts. Step is "" when the flow's own output failed.
	RunFailed struct {
		Step  string      `cbor:"1,keyasint,omitempty"`
		Item  int         `cbor:"2,keyasint"`
		Fault fault.Fault `cbor:"3,keyasint"`
	}
	// RunCancelled ends a cancelled run.
	RunCancelled struct{}
	// RunCompensated ends a run with everything undone.
	RunCompensated struct{}
	// RunCompensationFailed stops a compensation until a person acts.
	RunCompensationFailed struct {
		Step  string      `cbor:"1,keyasint"`
		Item  int         `cbor:"2,keyasint"`
		Fault fault.Fault `cbor:"3,keyasint"`
	}
)

func (*RunStarted) fact()            {}
func (*StepHeld) fact()              {}
func (*ItemsPlanned) fact()          {}
func (*CallScheduled) fact()         {}
func (*CallStarted) fact()           {}
func (*CallSucceeded) fact()         {}
func (*CallFailed) fact()            {}
func (*IterationCompleted) fact()    {}
func (*DeadlineSet) fact()           {}
func (*DeadlinePassed) fact()        {}
func (*RunTimedOut) fact()           {}
func (*UnitCancelled) fact()         {}
func (*StepWaiting) fact()           {}
func (*TimerFired) fact()            {}
func (*ApprovalDecided) fact()       {}
func (*SignalReceived) fact()        {}
func (*SignalTaken) fact()           {}
func (*StepCompleted) fact()         {}
func (*StepFailed) fact()            {}
func (*StepSkipped) fact()           {}
func (*StepCancelled) fact()         {}
func (*StepReset) fact()             {}
func (*RetryRequested) fact()        {}
func (*RunPaused) fact()             {}
func (*RunResumed) fact()            {}
func (*CancelRequested) fact()       {}
func (*CompensationStarted) fact()   {}
func (*UndoSettled) fact()           {}
func (*UncertainResolved) fact()     {}
func (*Recovered) fact()             {}
func (*RunSucceeded) fact()          {}
func (*RunFailed) fact()             {}
func (*RunCancelled) fact()          {}
func (*RunCompensated) fact()        {}
func (*RunCompensationFailed) fact() {}
