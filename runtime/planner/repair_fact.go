package planner

import "time"

// The facts of repair: a run that goes on with another version, or from an earlier step.
type (
	// RunRevised says that the run is looked through from its beginning, on Version, and goes on: its joins are counted anew, and what stands of each step is
	// a fact of its own that follows (StepReused, StepReset, StepRenewed). A step of Gone is not in that version; what it gave is kept for whoever undoes.
	RunRevised struct {
		Version  int       `cbor:"1,keyasint"`
		By       string    `cbor:"2,keyasint,omitempty"`
		From     string    `cbor:"3,keyasint,omitempty"` // the step that it was restarted from; "": Retry
		Deadline time.Time `cbor:"4,keyasint,omitempty"` // the run's new one
		Gone     []string  `cbor:"5,keyasint,omitempty"`
	}
	// StepReused says that what a step has come to stands as it is, and which of its edges it settles.
	StepReused struct {
		Step  string    `cbor:"1,keyasint"`
		Edges []Settled `cbor:"2,keyasint,omitempty"`
	}
	// StepRenewed takes a step back to before it began. The calls that it has made are kept; what completed has another key the next time, and what did not
	// keeps its own for as long as it asks for the same. A signal that it took is there again.
	StepRenewed struct {
		Step string `cbor:"1,keyasint"`
	}
	// RestartRequested is a person's wish to go on from an earlier step. What those steps did is undone first (Undo), by a compensation of their own.
	RestartRequested struct {
		By      string   `cbor:"1,keyasint,omitempty"`
		Step    string   `cbor:"2,keyasint"`
		Version int      `cbor:"3,keyasint"`
		Again   []string `cbor:"4,keyasint,omitempty"` // steps that may be called a second time, though they are not idempotent
		Undo    bool     `cbor:"5,keyasint,omitempty"`
	}
)

func (*RunRevised) fact()       {}
func (*StepReused) fact()       {}
func (*StepRenewed) fact()      {}
func (*RestartRequested) fact() {}

// Given is an input that a person gave for the next call of a unit, in place of what the flow would compute. It stands until the unit has completed (an
// iteration of it), begins anew, or the run goes on with another version.
type Given struct {
	Item  int  `cbor:"1,keyasint"` // NoItem outside a for_each
	Input JSON `cbor:"2,keyasint"`
}

// GivenInput is a Given with its step.
type GivenInput struct {
	Step  string
	Item  int
	Input JSON
}

// Restart resets a step and all that come after it, and goes on from there.
type Restart struct {
	By      string
	Step    string
	Version int      // 0: the run's own
	Again   []string // steps that may be called a second time, though they are not idempotent and have no compensation
	Seq     int64    // as of Retry
}

func (*Restart) input() {}
