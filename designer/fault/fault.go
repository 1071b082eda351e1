// Package fault owns the closed list of error classes and what each says about the effect of a call.
//
// It knows nothing of flows, runs or transports: whoever observes a failure says its class, and everything else in Segno (retry rules, verdicts,
// the question "may we call again?") follows from the class, the effect and the function's own word on idempotency.
package fault

import "slices"

// Class names why a step failed. The list is closed: it is part of the flow language (`retry.on`), of the API and of stored histories.
type Class string

// The error classes.
const (
	FunctionError Class = "function_error" // the function answered that it failed (HTTP 500, a handler's error)
	Timeout       Class = "timeout"        // a time limit passed; the evidence says which
	RateLimited   Class = "rate_limited"   // HTTP 429: refused for now
	Denied        Class = "denied"         // HTTP 401 or 403, or an address that policy forbids
	Rejected      Class = "rejected"       // any other 4xx, a person's "no", or a `fail` step
	NotFound      Class = "not_found"      // HTTP 404, or a function that is not registered
	Unavailable   Class = "unavailable"    // HTTP 502 or 503, or a refused connection
	Contract      Class = "contract"       // a value breaks the schema it was promised to fit
	Expression    Class = "expression"     // an expression of the flow could not be evaluated
	TooLarge      Class = "too_large"      // a value is above its size limit
	Crashed       Class = "crashed"        // the server or the function's process died during the call
	Cancelled     Class = "cancelled"      // somebody asked for the run to stop
	NoWorker      Class = "no_worker"      // no worker took the call in time
)

var classes = []Class{FunctionError, Timeout, RateLimited, Denied, Rejected, NotFound, Unavailable, Contract, Expression, TooLarge, Crashed, Cancelled, NoWorker}

// Classes returns every class, in the order in which the documentation lists them.
func Classes() []Class { return slices.Clone(classes) }

// Valid reports whether c is one of the closed list.
func (c Class) Valid() bool { return slices.Contains(classes, c) }

// Effect says whether what the call was meant to do may have happened.
type Effect string

// The two effects a failure can leave behind.
const (
	None  Effect = "none"  // certainly nothing happened
	Maybe Effect = "maybe" // it may have happened; nobody knows
)

// MaybeEffect reports whether a failure of class c can leave an effect behind at all. The checker refuses to retry such a class for a function
// that is not idempotent; at run time the Fault's own Effect decides.
func (c Class) MaybeEffect() bool {
	switch c {
	case FunctionError, Timeout, Unavailable, Contract, TooLarge, Crashed, Cancelled:
		return true
	}
	return false
}

// Detail is one line of evidence: what was observed, in words ("status", "502"; "field", "ocr_result.has_text").
type Detail struct {
	Name  string `json:"name" cbor:"1,keyasint"`
	Value string `json:"value" cbor:"2,keyasint"`
}

// Fault is one failure with everything that a verdict needs.
type Fault struct {
	Class    Class    `json:"class" cbor:"1,keyasint"`
	Effect   Effect   `json:"effect" cbor:"2,keyasint"`
	Message  string   `json:"message" cbor:"3,keyasint"` // one sentence for a person
	Evidence []Detail `json:"evidence,omitempty" cbor:"4,keyasint,omitempty"`
}

// Error makes a Fault usable as an error: "timeout: no response headers within 10s".
func (f *Fault) Error() string { return string(f.Class) + ": " + f.Message }
