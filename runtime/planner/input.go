package planner

import (
	"fmt"
	"strconv"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// Input is one thing that happened to a run, or that somebody wishes for it.
type Input interface{ input() }

// The inputs.
type (
	// Start begins a run. The input has been validated against the flow's schema by whoever made it.
	Start struct {
		ID      string // UUIDv7, or a ChildID
		Version int
		Input   JSON
		By      string
		Parent  *ParentLink // nil: nobody's
	}
	// Dispatch says that a call whose Invoke had Confirm is about to go out.
	Dispatch struct {
		Ref
		Attempt int
	}
	// CallDone is the outcome of an Invoke: Output or Fault.
	CallDone struct {
		Ref
		Attempt    int
		Key        string // of the call: a step that has begun anew numbers its undo from 1 again; "" is not looked at
		Output     JSON   // a stand-in for what is larger than MaxRead: durable, and held against the contract already
		Kept       bool   // Output is no stand-in, and durable as a payload already
		Fault      *fault.Fault
		RetryAfter time.Duration // what the function asked for; 0: nothing
		Call       Call
	}
	// TimerDue says that the time of a SetTimer has come.
	TimerDue struct{ Ref }
	// Recover is the first input of an owner that took a run over from another one. Left says that the other one has left in good order.
	Recover struct {
		Owner int64
		Left  bool
	}
	// Poison stops a run that cannot be carried on, such as one whose version does not compile any more.
	// Start begins it first, if it has not begun: whoever waits for it must hear of it.
	Poison struct {
		Fault fault.Fault
		Start *Start
		Flow  string // of the run, with Start
	}

	// Retry resumes a failed run or a failed compensation.
	Retry struct {
		By      string
		Seq     int64        // of the last transition that whoever asks knows of; 0: does not matter
		Version int          // to go on with; 0: the run's own
		Given   []GivenInput // inputs of calls that failed, in place of what the flow computes
	}
	// Cancel stops a run. Then overrides the flow's on_failure; "" does not.
	Cancel struct {
		By   string
		Then flow.OnFailure
	}
	// Pause keeps a run from starting anything; Resume lets it go on.
	Pause  struct{ By string }
	Resume struct{ By string }
	// Undo is the Compensate button.
	Undo struct {
		By  string
		Seq int64 // as of Retry
	}
	// Approve answers an approval.
	Approve struct {
		Step     string
		Approved bool
		By       string
		Comment  string
	}
	// Send gives a run something that a step waits for, or will.
	Send struct {
		Name    string
		Payload JSON
		By      string
	}
	// Resolve answers for an uncertain unit. Output is wanted with Happened alone.
	Resolve struct {
		Step   string
		Item   int
		As     Resolution
		Output JSON
		By     string
		Reason string
	}
	// RetryNow makes the next attempt at once that a step waits for, or an item of it; planner.NoItem: all of them.
	RetryNow struct {
		Step string
		Item int
		By   string
	}
	// StopRetrying counts as failed what a step waits to try again.
	StopRetrying struct {
		Step string
		Item int
		By   string
	}
	// Unreadable is a wish that nobody here can read. It is refused.
	Unreadable struct{ Why string }
)

func (*Start) input()        {}
func (*Dispatch) input()     {}
func (*CallDone) input()     {}
func (*TimerDue) input()     {}
func (*Recover) input()      {}
func (*Poison) input()       {}
func (*Retry) input()        {}
func (*Cancel) input()       {}
func (*Undo) input()         {}
func (*Pause) input()        {}
func (*Resume) input()       {}
func (*Approve) input()      {}
func (*Send) input()         {}
func (*Resolve) input()      {}
func (*RetryNow) input()     {}
func (*StopRetrying) input() {}
func (*Unreadable) input()   {}

// Command is a wish to the world. It goes out only after the facts it came with are committed.
type Command interface{ command() }

// The commands.
type (
	// Invoke calls a function once. Its outcome comes back as a CallDone with the same Ref and Attempt.
	//
	// With Confirm the function is not idempotent: instead of calling it, ask with a Dispatch; the Invoke that follows is the one to make.
	Invoke struct {
		Ref
		Attempt   int
		Iteration int // of a loop, from 1; 0 outside one
		Confirm   bool
		Key       string // idempotency key
		Function  string
		Input     JSON // with stand-ins for what is larger than MaxRead
		Timeout   time.Duration
	}
	// SetTimer asks for a TimerDue at a time by the journal's clock.
	SetTimer struct {
		Ref
		At time.Time
	}
	// CancelCall tells a call in flight to stop. Its outcome still comes back.
	CancelCall struct {
		Ref
		Attempt int
	}
)

func (*Invoke) command()     {}
func (*SetTimer) command()   {}
func (*CancelCall) command() {}

// RefusalCode says why a button was refused.
type RefusalCode string

// The two kinds of refusal.
const (
	Conflict RefusalCode = "conflict" // it does not fit the run's state
	Invalid  RefusalCode = "invalid"  // it could never fit: an output that breaks its contract, an unknown step
)

// Refusal is the error of a button that does not apply. The run is unchanged.
type Refusal struct {
	Code    RefusalCode
	Message string
}

func (r *Refusal) Error() string { return r.Message }

func conflict(format string, args ...any) error {
	return &Refusal{Conflict, fmt.Sprintf(format, args...)}
}

// Key is the idempotency key of a unit's call: run/step/item/iteration/generation, and /undo for a compensation. A part that does not apply is
// "-"; iteration is 0 outside a loop. Every attempt of a generation has the same key.
func Key(run string, r Ref, iteration, generation int) string {
	var room [128]byte
	key := append(append(append(room[:0], run...), '/'), r.Step...)
	if key = append(key, '/'); r.Item != NoItem {
		key = strconv.AppendInt(key, int64(r.Item), 10)
	} else {
		key = append(key, '-')
	}
	if key = append(key, '/'); iteration > 0 {
		key = strconv.AppendInt(key, int64(iteration), 10)
	} else {
		key = append(key, '-')
	}
	key = strconv.AppendInt(append(key, '/'), int64(generation), 10)
	if r.Undo {
		key = append(key, "/undo"...)
	}
	return string(key)
}

// Key is the key of the call that the unit made last, or makes.
func (u *Unit) Key(run string, r Ref) string { return Key(run, r, u.Iteration, u.Generation) }
