package planner

import "github.com/segno-run/segno/designer/fault"

// ParentLink says which unit of which run a run belongs to, and what it was asked last.
type ParentLink struct {
	Run     string `cbor:"1,keyasint"` // UUID
	Step    string `cbor:"2,keyasint"`
	Item    int    `cbor:"3,keyasint"` // NoItem outside a for_each
	Attempt int    `cbor:"4,keyasint"` // of the unit: which of its wishes is the last
	Undo    bool   `cbor:"5,keyasint,omitempty"`
	Depth   int    `cbor:"6,keyasint"` // how many runs stand above this one; at least 1
}

// ref is the unit that waits for the run.
func (l *ParentLink) ref() Ref { return Ref{Step: l.Step, Item: l.Item, Undo: l.Undo} }

// Ask is what a run wishes of a run that it started.
type Ask string

// The wishes.
const (
	AskRetry  Ask = "retry"  // go on from where you failed
	AskUndo   Ask = "undo"   // compensate whatever you did
	AskCancel Ask = "cancel" // stop
	AskExpire Ask = "expire" // your time is over, as if your own timeout had passed
	AskPause  Ask = "pause"
	AskResume Ask = "resume"
)

// The facts of sub-flows.
type (
	// ChildStarted says that a unit starts a run of its own: that run's row and its first message are committed with it. It opens an attempt.
	ChildStarted struct {
		Ref
		Attempt    int    `cbor:"4,keyasint"`
		Generation int    `cbor:"5,keyasint,omitempty"`
		Child      string `cbor:"6,keyasint"` // ChildID
		Flow       string `cbor:"7,keyasint"`
		Version    int    `cbor:"8,keyasint,omitempty"`
		Input      JSON   `cbor:"9,keyasint"`
		Iteration  int    `cbor:"10,keyasint,omitempty"` // of a loop, from 1
	}
	// ChildAsked says that the child is to go on after a failure (AskRetry), or, of the unit's compensation, to undo what it did (AskUndo). The message
	// is committed with it. It opens an attempt.
	ChildAsked struct {
		Ref
		Attempt int `cbor:"4,keyasint"`
		Ask     Ask `cbor:"5,keyasint"`
		// Of a loop: the iteration whose child is meant, and that child.
		Iteration int    `cbor:"6,keyasint,omitempty"`
		Child     string `cbor:"7,keyasint,omitempty"`
	}
	// ChildEnded records how the child ended, and what that makes of the unit: it succeeded, or Fault says why not, and Next what that leads to. For a
	// child after which a loop goes on there is an IterationCompleted in its place. In a compensation, a unit of a loop has come to its end with the child
	// of the first iteration.
	ChildEnded struct {
		Ref
		Attempt int          `cbor:"4,keyasint"`
		Status  RunStatus    `cbor:"5,keyasint"`
		Output  JSON         `cbor:"6,keyasint,omitempty"`
		Fault   *fault.Fault `cbor:"7,keyasint,omitempty"`
		Next    Next         `cbor:"8,keyasint,omitempty"`
		// Loose says that the run could not be carried on at that moment: what follows for the step is concluded when it can.
		Loose bool `cbor:"9,keyasint,omitempty"`
		// Open says that it is an iteration of a loop, and that nobody could ask the condition: that is done with the rest of what is Loose, and another
		// ChildEnded or an IterationCompleted tells the answer.
		Open bool `cbor:"10,keyasint,omitempty"`
	}
	// ParentAsked records, in the child, what its parent wished. What follows are facts of their own.
	ParentAsked struct {
		Ask     Ask  `cbor:"1,keyasint"`
		Attempt int  `cbor:"2,keyasint"`
		Undo    bool `cbor:"3,keyasint,omitempty"`
	}
)

func (*ChildStarted) fact() {}
func (*ChildAsked) fact()   {}
func (*ChildEnded) fact()   {}
func (*ParentAsked) fact()  {}

// The inputs of sub-flows.
type (
	// ChildDone is a child's word that it has ended.
	ChildDone struct {
		Ref
		Attempt int
		Child   string
		Status  RunStatus
		Output  JSON
		Fault   *fault.Fault // why it did not succeed, or why it was compensated; nil: no reason
		// ChildStep is the step of the child that failed; "" for none.
		ChildStep string
	}
	// Asked is a parent's wish.
	Asked struct {
		Ask     Ask
		Attempt int // of the parent's unit
		Undo    bool
		Then    string       // AskCancel: pause or compensate; "": as the flow says
		Fault   *fault.Fault // AskExpire: why; any other, if the run cannot be carried on: why that is
	}
)

func (*ChildDone) input() {}
func (*Asked) input()     {}

// The commands of sub-flows. Unlike the others they are no wishes that follow a commit: they are messages to other runs, committed with the facts that
// they come with.
type (
	// StartChild makes a run: its row, and the message that begins it.
	StartChild struct {
		Child   string
		Flow    string
		Version int
		Input   JSON
		By      string
		Parent  ParentLink
	}
	// AskChild is a message to a run that was started before. An Asked comes of it.
	AskChild struct {
		Child string
		Asked
	}
	// TellParent is a message to the run that started this one. A ChildDone comes of it.
	TellParent struct {
		Parent string
		ChildDone
	}
)

func (*StartChild) command() {}
func (*AskChild) command()   {}
func (*TellParent) command() {}
