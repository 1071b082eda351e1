package runtime

import (
	"context"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// Programs compiles published versions. An answer never changes, so it may be kept for ever. A *BrokenVersion stops the runs of that version; any
// other error is taken for a passing one, and the version is asked for again for a while.
type Programs interface {
	Program(ctx context.Context, flow string, version int) (*check.Program, error)
}

// BrokenVersion is the error of a version that cannot be compiled, however often it is tried.
type BrokenVersion struct{ Err error }

func (e *BrokenVersion) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong with the version.
func (e *BrokenVersion) Unwrap() error { return e.Err }

// Functions finds the Invoker of a registered function. The Invoker stays usable while calls are under way, even if the function is registered anew.
type Functions interface {
	// Invoker returns nil if no function of that name is registered.
	Invoker(ctx context.Context, name string) (invoke.Invoker, error)
}

// StartRequest asks for a run.
type StartRequest struct {
	Flow    string
	Version int
	Input   []byte // JSON, at most MaxInput, valid against the flow's input schema
	Key     string // idempotency key; "" for none
	By      string // who asked, for the record

	// Committed is told of each transition of the run that this server makes durable: its sequence number, and once the run has ended, how. It is called
	// in order, by one goroutine, and must not block. A key that had started the run before does not make it heard. May be nil.
	Committed func(seq int64, ended planner.RunStatus)
}

// ErrNoRun says that there is no run of that id.
var ErrNoRun = journal.ErrNoRun

// MaxInput is the largest input of a run, in bytes.
const MaxInput = 1 << 20

// Button is a wish for a run that goes through the durable inbox.
type Button struct {
	// ID makes the button count once, however often it is sent: a UUID. "" takes a fresh one.
	ID   string
	Kind ButtonKind
	By   string

	Then     flow.OnFailure       // Cancel: "" follows the flow
	Step     string               // Restart, Approve, Resolve, RetryNow, StopRetrying
	Item     int                  // Resolve: planner.NoItem outside a for_each; RetryNow, StopRetrying: planner.NoItem for all of them
	Approved bool                 // Approve
	Comment  string               // Approve; Resolve: the reason
	As       planner.Resolution   // Resolve
	Output   []byte               // Resolve as happened; Signal: JSON
	Name     string               // Signal
	Version  int                  // Retry, Restart: to go on with; 0: the run's own
	Given    []planner.GivenInput // Retry: inputs of calls that failed, in place of what the flow computes
	Again    []string             // Restart: steps that may be called a second time
	Seq      int64                // Retry, Restart, Compensate: of the last transition that the plan knew of; 0: does not matter
}

// ButtonKind names a button.
type ButtonKind string

// The buttons.
const (
	ButtonRetry      ButtonKind = "retry"
	ButtonRestart    ButtonKind = "restart"
	ButtonCancel     ButtonKind = "cancel"
	ButtonPause      ButtonKind = "pause"
	ButtonResume     ButtonKind = "resume"
	ButtonCompensate ButtonKind = "compensate"
	ButtonApprove    ButtonKind = "approve"
	ButtonResolve    ButtonKind = "resolve"
	ButtonSignal     ButtonKind = "signal"

	ButtonRetryNow     ButtonKind = "retry_now"
	ButtonStopRetrying ButtonKind = "stop_retrying"
)
