// Package check turns a Definition and a Catalog into a Program that the planner may trust, or into every problem that stands in the way.
//
// It owns the graph, the meaning of ports and joins, and reachability. It knows no run, no database and no clock.
package check

import (
	"time"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
)

// Program is a compiled flow. It is immutable and safe for concurrent use.
type Program struct {
	Flow      string
	Hash      string // content hash of the definition and the contracts it was compiled against
	Steps     []*Step
	Input     *schema.Schema // nil: anything
	Output    *expr.Template // nil: the run has no output
	OnFailure flow.OnFailure
	Timeout   time.Duration      // of the whole run; 0: none
	Signals   map[string][]*Step // the steps that wait for a signal, by its name, in written order; they agree on its schema

	index map[string]int
}

// Step returns the step of that name, or nil.
func (p *Program) Step(name string) *Step {
	i, ok := p.index[name]
	if !ok {
		return nil
	}
	return p.Steps[i]
}

// Step is one compiled step.
type Step struct {
	Name  string
	Title string
	Index int // position in Program.Steps, which is the written order
	Kind  flow.Kind

	Any   bool     // the join: any, else all
	In    []Edge   // edges into this step, in written order
	Out   []Edge   // edges out of this step, sorted by the target's index, then port
	Ports []string // every port the step has: done, error, then branches or approved, rejected

	If          *expr.Program
	ForEach     *expr.Program
	MaxParallel int
	Tolerated   *flow.Tolerance // of a for_each; nil: no failure is

	Deadline time.Duration // kinds call and flow: of the step with all its attempts and items; 0: none

	Until *Until // kinds call and flow: it loops; may be nil

	Call       *Call  // kind call
	Child      *Child // kind flow
	Compensate *Call  // may be nil
	// UndoAttempts is `compensate.after: attempt`: a unit that did not complete is undone, too, if a call of its may have had its effect.
	UndoAttempts bool

	Branches []Branch       // kind switch
	Set      *expr.Template // kind set

	WaitFor   time.Duration  // kind wait
	WaitUntil *expr.Template // kind wait; nil when WaitFor counts

	Signal        string         // kind signal: its name
	SignalTimeout time.Duration  // kind signal; 0: none
	SignalSchema  *schema.Schema // kind signal; nil: anything

	ApprovalTitle   *expr.Template // kind approval
	ApprovalTimeout time.Duration  // 0: none

	FailMessage *expr.Template // kind fail
}

// Wired reports whether any edge leaves the step by that port.
func (s *Step) Wired(port string) bool {
	for _, e := range s.Out {
		if e.Port == port {
			return true
		}
	}
	return false
}

// Edge joins a port of one step to another step. Both ends are indices into Program.Steps.
type Edge struct {
	From int
	Port string
	To   int
}

// Until is the loop of a step: its function is called, or its flow run, until the condition is true.
type Until struct {
	Condition *expr.Program
	Every     time.Duration // between the end of an iteration and the next; never 0
	Max       int           // iterations; at least 1
}

// Branch is one branch of a switch.
type Branch struct {
	Name   string
	When   *expr.Program // nil: always true
	Source string        // the expression as written, for the run page's "why"
}

// Call is a function call with everything resolved from the step and the function's entry.
type Call struct {
	Function   string
	Idempotent bool
	With       *expr.Template // nil: the call's input is {}
	Input      *schema.Schema // the function's contract; nil: anything
	Output     *schema.Schema // nil: anything
	Timeout    time.Duration  // of one attempt; never 0
	AtOnce     int            // how many calls of the function may be under way at once, or one server makes; the others wait for their turn
	Retry      Retry
}

// Retry is a retry policy with every default filled in.
type Retry struct {
	MaxAttempts int // at least 1
	Backoff     time.Duration
	Factor      float64
	MaxBackoff  time.Duration
	On          map[fault.Class]bool // nil: DefaultRetryOn
}

// Retries reports whether a failure of class c is to be retried by this policy.
func (r Retry) Retries(c fault.Class) bool {
	if r.On != nil {
		return r.On[c]
	}
	switch c {
	case fault.FunctionError, fault.Timeout, fault.RateLimited, fault.Unavailable, fault.Crashed, fault.NoWorker:
		return true
	}
	return false
}

// Delay is the pause after attempt n (from 1) of a round failed, before the next one.
func (r Retry) Delay(n int) time.Duration {
	d := float64(r.Backoff)
	for i := 1; i < n && d < float64(r.MaxBackoff); i++ {
		d *= r.Factor
	}
	return min(time.Duration(d), r.MaxBackoff)
}

// Catalog is what a flow is compiled against.
type Catalog interface {
	// Function returns the entry of that name, or nil.
	Function(name string) *flow.Function
	// FunctionNames lists every name, sorted; for "did you mean".
	FunctionNames() []string
	// Flow returns what is known of a published flow: of that version, or with version 0 of the one that is meant without a number, which is the latest
	// or, for a version that was published, the one it was pinned to. Nil: there is none.
	Flow(name string, version int) *Signature
	// FlowNames lists every name that Flow knows, sorted; for "did you mean".
	FlowNames() []string
}

// NoFlows is the part of a Catalog that knows no flow.
type NoFlows struct{}

// Flow implements Catalog.
func (NoFlows) Flow(string, int) *Signature { return nil }

// FlowNames implements Catalog.
func (NoFlows) FlowNames() []string { return nil }
