// Package flow owns what a person writes: the YAML text of a flow and of functions.yaml, as typed definitions with positions, their canonical
// form and their content hash.
//
// It knows no expression, no catalogue and no run: a Definition may still be nonsense. What may be trusted is check.Program.
package flow

import (
	"time"

	"github.com/segno-run/segno/designer/fault"
)

// Pos is a place in a source text. Line and Column count from 1 (columns in Unicode code points), Offset in bytes from 0.
// The zero Pos means "nowhere".
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Offset int `json:"-"`
}

// IsZero reports whether p points nowhere.
func (p Pos) IsZero() bool { return p.Line == 0 }

// ValueKind is the JSON kind of a Value.
type ValueKind uint8

// The kinds of a Value. Absent is the zero Value: nothing was written.
const (
	Absent ValueKind = iota
	Null
	Bool
	Number
	String
	List
	Map
)

// Value is a YAML value with positions, restricted to what JSON can say. Strings may hold `${{ }}` templates; flow does not look inside.
type Value struct {
	Kind   ValueKind
	Pos    Pos
	Text   string // Number: the JSON literal; String: the text; Bool: "true" or "false"
	Exact  bool   // String only: Text stands byte for byte in the source from TextPos on, so an offset into it is a position
	TxtPos Pos    // String only: where Text begins in the source (after an opening quote)
	Items  []Value
	Fields []Field // in written order
	Marks  []Mark  // String only: where its parts stand; see At
}

// Field is one entry of a Map.
type Field struct {
	Key    string
	KeyPos Pos
	Value  Value
}

// Get returns the field of that name, or the zero Value.
func (v Value) Get(key string) Value {
	for _, f := range v.Fields {
		if f.Key == key {
			return f.Value
		}
	}
	return Value{}
}

// Kind is what a step does. Each step has exactly one.
type Kind string

// The kinds of step.
const (
	Call     Kind = "call"
	Switch   Kind = "switch"
	Set      Kind = "set"
	Wait     Kind = "wait"
	Signal   Kind = "signal"
	Approval Kind = "approval"
	Fail     Kind = "fail"
	SubFlow  Kind = "flow" // runs another flow
)

// The ports that do not come from a switch's branches.
const (
	PortDone     = "done"     // the default: the step completed (an approval: was approved)
	PortError    = "error"    // the step failed and the failure is handled by whatever is wired here
	PortApproved = "approved" // an approval's yes
	PortRejected = "rejected" // an approval's no
)

// OnFailure is what a run does after an unhandled failure.
type OnFailure string

// The two policies.
const (
	Pause      OnFailure = "pause"      // stop, keep everything, let a person retry or compensate
	Compensate OnFailure = "compensate" // undo at once
)

// Definition is a flow as a person wrote it.
type Definition struct {
	Name      string
	NamePos   Pos
	Title     string
	Notes     string        // for people; it means nothing and is no part of the content hash
	Timeout   time.Duration // of the whole run; 0: none
	Input     Value         // a JSON Schema; Absent if none was written
	Steps     []Step
	Output    Value // a template tree; Absent if none
	OnFailure OnFailure
	Source    []byte // exactly as read

	Positions map[string]Pos // of each top-level key, and of each key of output by path: "on_failure", "output.shipment"
}

// Step returns the step of that name, or nil.
func (d *Definition) Step(name string) *Step {
	for i := range d.Steps {
		if d.Steps[i].Name == name {
			return &d.Steps[i]
		}
	}
	return nil
}

// Step is one step as written. Fields of other kinds than Kind are zero.
type Step struct {
	Name  string
	Pos   Pos // of the name
	End   Pos // just past the last line of the step
	Kind  Kind
	Title string
	Notes string // for people; it means nothing and is no part of the content hash
	Needs Needs

	If          *Expr      // `if`
	ForEach     *Expr      // `for_each`
	MaxParallel int        // 0: DefaultMaxParallel
	Tolerated   *Tolerance // `tolerated_failures`, of a for_each

	Deadline time.Duration // kinds call and flow: of the step with all its attempts and items; 0: none
	Call     *CallSpec     // kind call
	Sub      *SubSpec      // kind flow
	Switch   []Branch      // kind switch, in written order
	Set      Value         // kind set: a Map
	Wait     WaitSpec      // kind wait
	Signal   SignalSpec
	Approval ApprovalSpec
	Fail     FailSpec

	Until *UntilSpec // kinds call and flow: the step loops

	Compensate *CallSpec // kind call only

	Positions map[string]Pos // of each key written, by path: "timeout", "retry.on[0]", "switch.review"
}

// Tolerance is how many items of a for_each may fail without failing the step: a count, or a part of all.
type Tolerance struct {
	Count   int
	Percent float64 // if it is not 0, it counts
}

// DefaultMaxParallel is how many items of a for_each run at once when max_parallel is not written.
const DefaultMaxParallel = 10

// Needs lists the edges into a step. Any tells `needs: {any: […]}` from a list, which means all.
type Needs struct {
	Any   bool
	Edges []Edge
	Pos   Pos
}

// Edge is one entry of needs: `step` or `step.port`.
type Edge struct {
	Step string
	Port string // PortDone when none was written
	Bare bool   // no port was written
	Pos  Pos
}

// Expr is one CEL expression, without its `${{ }}`.
type Expr struct {
	Source string
	Pos    Pos    // where Source begins
	Exact  bool   // Source stands byte for byte in the text, so offsets are positions
	Marks  []Mark // where its parts stand; see At
}

// After says which units of a step its compensation undoes.
type After string

// The two moments from which on there is something to undo.
const (
	AfterSuccess After = "success" // of the units that completed
	AfterAttempt After = "attempt" // and of those that did not, if a call of theirs may have had its effect
)

// CallSpec is a call of a function, or a compensation.
type CallSpec struct {
	After    After // of a compensation; "" means AfterSuccess
	Function string
	FuncPos  Pos
	With     Value         // a Map, or Absent
	Timeout  time.Duration // of one attempt; 0: the function's
	Retry    *Retry        // nil: the function's
	Pos      Pos
}

// SubSpec runs another flow, its child.
type SubSpec struct {
	Flow    string
	FlowPos Pos
	Version int   // 0: the latest when this flow is published
	With    Value // a Map, or Absent: the child's input
	Pos     Pos

	VersionPos Pos // of its number
}

// Retry is a retry policy. Zero fields take the defaults of Normalize.
type Retry struct {
	MaxAttempts int           `json:"max_attempts,omitempty"` // attempts in all, the first included; default 1 without a policy, 3 with one
	Backoff     time.Duration `json:"backoff,omitempty"`      // before the second attempt; default 1s
	Factor      float64       `json:"factor,omitempty"`       // default 2
	MaxBackoff  time.Duration `json:"max_backoff,omitempty"`  // default 5m
	On          []fault.Class `json:"on,omitempty"`           // empty: every class that is safe to retry
}

// UntilSpec calls the step's function, or runs its flow, again and again until a condition is true.
type UntilSpec struct {
	Condition *Expr         // nil if it could not be read
	Every     time.Duration // between the end of an iteration and the next; 0: DefaultEvery
	Max       int           // iterations; 0: DefaultMax
	Pos       Pos
}

// The pause between iterations, and how many there are, when `until` does not say; and how many it may ask for.
const (
	DefaultEvery = time.Second
	DefaultMax   = 100
	MostMax      = 10_000
)

// Branch is one branch of a switch.
type Branch struct {
	Name   string
	Pos    Pos
	Always bool // a literal `true`
	When   Expr
}

// WaitSpec is `wait: 10s` or `wait: {until: …}`; exactly one is set.
type WaitSpec struct {
	For   time.Duration
	Until Value // a template that gives an RFC 3339 time
}

// SignalSpec waits for a message from outside.
type SignalSpec struct {
	Name    string // by which it is sent: POST /runs/{id}/signals/{name}
	NamePos Pos
	Timeout time.Duration // 0: waits for ever
	Schema  Value         // JSON Schema of what is sent, or Absent
}

// ApprovalSpec asks a person.
type ApprovalSpec struct {
	Title   Value         // a template
	Timeout time.Duration // 0: waits for ever
}

// FailSpec ends a path with a failure.
type FailSpec struct {
	Message Value // a template
}

// Function is one entry of functions.yaml.
type Function struct {
	Name        string
	Pos         Pos
	Title       string
	HTTP        *HTTPSpec
	Process     *ProcessSpec
	Local       *LocalSpec
	Idempotent  *bool         // required: nil means that it was not written
	Input       Value         // JSON Schema, or Absent
	Output      Value         // JSON Schema, or Absent
	Timeout     time.Duration // default 30s
	Retry       *Retry
	Concurrency int  // most calls at once by all servers together; 0: DefaultConcurrency by each
	Rate        Rate // most calls that begin in a time, by all servers together
	Source      []byte
}

// Rate is so many calls in a time. The zero Rate is no bound.
type Rate struct {
	Calls int
	Per   time.Duration
}

// Every is how far apart calls begin that keep to the rate.
func (r Rate) Every() time.Duration { return r.Per / time.Duration(max(r.Calls, 1)) }

// DefaultTimeout bounds one attempt when neither the step nor the function says otherwise.
const DefaultTimeout = 30 * time.Second

// DefaultConcurrency is how many calls of one function a server makes at once when the function does not say.
const DefaultConcurrency = 64

// HTTPSpec says how to reach an HTTP function.
type HTTPSpec struct {
	URL     string
	Headers map[string]string
}

// LocalSpec names a Go function of the server's own process. Only a server whose process has registered it takes the registration.
type LocalSpec struct {
	Name string
}

// ProcessSpec says how to run a function as a local process that speaks the AWS Lambda Runtime API.
type ProcessSpec struct {
	Command []string // argv; "segno:NAME" as its only element means a handler built into this server
	Dir     string
	Env     map[string]string // the whole environment, beside what the Runtime API prescribes
}
