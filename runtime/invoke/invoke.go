// Package invoke owns what it means to call a function once: the Invocation that goes out and the Result that comes back.
//
// Each kind of function is a subpackage with an Invoker. An Invoker makes exactly one call: it knows no retry, no flow and no database. It never
// panics and never hangs beyond the invocation's Timeout: whatever goes wrong is a Result with a Fault.
package invoke

import (
	"context"
	"time"

	"github.com/segno-run/segno/designer/fault"
)

// Invocation is one call of one function.
type Invocation struct {
	Function string // its registered name
	Run      string // UUID of the run
	Flow     string
	Version  int
	Step     string
	Item     int // index in a for_each, -1 outside one
	Attempt  int // from 1
	// Iteration of a loop, from 1; 0 outside one.
	Iteration int
	Key       string // idempotency key, the same for every attempt that must have one effect
	// Traceparent is a W3C Trace Context header, version 00. Its parent id is this attempt's span.
	Traceparent string
	Input       []byte // JSON
	Timeout     time.Duration
	MaxOutput   int // bytes of output that the caller takes, at most MostOutput; 0: DefaultOutput
}

// Most is the bytes of output that the caller takes.
func (i Invocation) Most() int {
	if i.MaxOutput <= 0 {
		return DefaultOutput
	}
	return min(i.MaxOutput, MostOutput)
}

// Result is what came of an Invocation: Output or Fault, never both.
type Result struct {
	Output      []byte        // JSON; nil when Fault is set
	Fault       *fault.Fault  // nil on success
	RetryAfter  time.Duration // what the function asked for; 0: nothing
	Started     time.Time     // when the call left the queue
	Ended       time.Time
	Phases      []Phase   // of the transport, in order; may be empty
	Logs        []LogLine // the function's own lines during this attempt, at most MaxLogLines and MaxLogBytes
	LogsDropped int       // lines that did not fit
	Free        func()    // if not nil: to be called when Output is used no more; a large one keeps others waiting until then
}

// Release is Free for a caller that does not care whether there is one.
func (r *Result) Release() {
	if r.Free != nil {
		r.Free()
		r.Free = nil
	}
}

// Phase is a named part of the transport's time: "connect", "tls", "wait", "read"; or "start" for a cold process.
type Phase struct {
	Name string        `json:"name" cbor:"1,keyasint"`
	Took time.Duration `json:"took_ns" cbor:"2,keyasint"`
}

// Limits bound the calls of a function by all servers together. The zero Limits are none.
type Limits struct {
	Concurrency int           // calls under way; 0: no bound
	Every       time.Duration // between the beginnings of two calls; 0: no bound
}

// Limited is an Invoker whose calls are bounded.
type Limited interface{ Limits() Limits }

// LogLine is one line that a function wrote.
type LogLine struct {
	At     time.Time `json:"at" cbor:"1,keyasint"`
	Stream string    `json:"stream" cbor:"2,keyasint"` // "stdout" or "stderr"
	Text   string    `json:"text" cbor:"3,keyasint"`   // valid UTF-8, no newline, at most 4 KiB
}

// Bounds of the log lines kept with one attempt. They are stored with its outcome, so they are part of what a step costs.
const (
	MaxLogLines = 200
	MaxLogBytes = 32 << 10
)

// The largest output a function may return, in bytes: what any caller may take, and what is meant where an Invocation does not say. A larger one is a
// fault of class too_large.
const (
	MostOutput    = 64 << 20
	DefaultOutput = 1 << 20
)

// Invoker calls one function. It is safe for concurrent use.
type Invoker interface {
	// Invoke makes one call and returns when it has an outcome, when inv.Timeout has passed, or when ctx ends (class cancelled).
	Invoke(ctx context.Context, inv Invocation) Result
	// Close frees what the Invoker holds (connections, child processes) and returns when they are gone.
	Close()
}
