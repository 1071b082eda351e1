// Package journal owns how facts become durable: the Store it needs, and the group commit in front of it.
//
// A transition is everything that one input made true of one run. It is appended as one row, under the fence of the writer that appends it, in
// the same statement as whatever goes with it: the run's own row, the inbox messages that it consumed, the runs that it starts, and the messages that it
// sends to other runs. journal treats facts as bytes; what
// they mean is the planner's.
package journal

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/segno-run/segno/runtime/planner"
)

// ErrFenced says that this incarnation has lost its runs to a takeover (or has left): nothing was written, and nothing will ever be again.
var ErrFenced = errors.New("journal: this server's lease was taken over; it may not write any more")

// ErrNoRun says that there is no run of that id.
var ErrNoRun = errors.New("journal: no such run")

// Incarnation is one life of one server. Ids rise and are never used again.
type Incarnation int64

// Transition is one row of a run's history with all that commits together with it.
type Transition struct {
	Run   int64 // the run's number, from ReserveIDs
	Seq   int64 // from 1, without gaps
	At    time.Time
	Facts []byte // planner.Encode

	New   *NewRun    // set on Seq 1: creates the run's row
	Keys  []int64    // on Seq 1: by what the lists find the run, each once
	Row   *RunRow    // nil: the run's row stays as it is
	After int64      // without facts: the run's last Seq when this was decided
	Inbox []Consumed // messages used up by this transition

	Births []Birth  // runs that this one starts
	Outbox []Letter // messages to other runs

	// Refs are the payloads that the facts refer to. They must be in the store when the transition is committed, and stay there as long as the run does: a
	// store refuses a transition that refers to what it does not have.
	Refs []planner.Payload
	Kept []Kept // payloads that Append stores before anything else
}

// Kept is a payload with its bytes.
type Kept struct {
	Payload planner.Payload
	Raw     []byte
}

// NoFacts reports whether t only consumes inbox messages (a refusal): then Seq is 0 and no history row is written. A Row with Release may go
// with it, which is how a run that was claimed for nothing is put down again. Such a Row is not written if history has gone on since (After).
func (t *Transition) NoFacts() bool { return t.Seq == 0 }

// NewRun is what the run's row needs at birth.
type NewRun struct {
	UUID    string
	Flow    string
	Version int
	Reader  int // the lowest reader version that understands the history so far
}

// RunRow is what the lists of runs show and what wakes a run up. It is written whole, and only while the appending incarnation owns the run.
// Of several rows of one run in a batch the last counts, and a Release and the highest Reader in any of them.
type RunRow struct {
	Status  string
	Needs   string     // what it waits for that its status does not say, "" for nothing
	Version int        // of the flow, that the run goes on with; 0 changes nothing
	Reader  int        // the lowest reader version that understands the history from here on; a lower one than the run has, such as 0, changes nothing
	Release bool       // give up ownership with this commit: the run is terminal, or asleep
	WakeAt  *time.Time // when a released run must be claimed again; nil: only by a message
	EndedAt *time.Time // set when Status is terminal
	Class   string     // of the failure, "" without one
	Step    string     // that failed
	Message string     // of the failure, at most 500 bytes
}

// Consumed marks an inbox message as used, with its answer.
type Consumed struct {
	ID     string
	Answer []byte // opaque to the journal; what Answer() gives back
}

// Message is a wish of a person or a program that waits for the run's owner: a button, a signal. ID makes it count once.
type Message struct {
	ID   string // UUID
	Run  int64
	Kind string
	Body []byte
	At   time.Time // by the database's clock
}

// Record is one row of history as read back.
type Record struct {
	Seq   int64
	At    time.Time
	Facts []byte
}

// History is a run as loaded by its owner.
type History struct {
	Run     int64
	UUID    string
	Flow    string
	Version int
	Status  string
	Parent  string      // UUID of the run that started it; "": none did. Such a run may have no records yet: a message begins it
	Owner   Incarnation // 0: nobody; whoever is not the owner must not act on what it read
	Records []Record
}

// Store keeps histories. All methods are safe for concurrent use, except that one writer makes one Append at a time.
//
// Two implementations exist, on PostgreSQL and in memory; storetest holds the suite that both pass.
type Store interface {
	// Join begins an incarnation of the replica with that stable id (one per data directory) and makes its fence rows, one for each writer.
	// The lease runs from now by the store's clock.
	Join(ctx context.Context, replica string, writers int, lease time.Duration) (Incarnation, error)
	// Renew extends the lease and returns the store's time. ErrFenced if the incarnation was taken over.
	Renew(ctx context.Context, inc Incarnation, lease time.Duration) (now time.Time, err error)
	// Leave ends an incarnation gracefully: its fences go, and its runs that have not ended become claimable at once. A second Leave is no error.
	Leave(ctx context.Context, inc Incarnation) error

	// Append writes a batch atomically under the fence of (inc, writer): all of it, or nothing and an error. It returns after the commit,
	// and keeps nothing of the slice, which the caller uses again.
	// ErrFenced: the fence is gone. A *BatchError names a transition that the store cannot hold (bad data, a duplicate), so that the caller can
	// write the others without it. Any other error leaves it unknown whether the batch was committed.
	Append(ctx context.Context, inc Incarnation, writer int, batch []Transition) error

	// Takeover fences every incarnation whose lease has passed, and every other one of the same replica, and moves their runs to inc.
	// It returns the numbers of the runs that moved, ascending. A run whose history needs a later reader than this release's is released instead. When it returns, no batch of a fenced incarnation can commit any more. ErrFenced if
	// inc itself was taken over.
	Takeover(ctx context.Context, inc Incarnation, replica string) (runs []int64, err error)
	// Claim takes ownership of at most limit runs that nobody owns and that are due (WakeAt passed) or have unconsumed messages. It returns their
	// numbers, ascending. A run whose history needs a later reader than this release's is left alone. ErrFenced if inc was taken over.
	Claim(ctx context.Context, inc Incarnation, limit int) (runs []int64, err error)
	// Owned returns the numbers of all runs that inc owns, ascending. After an error of Takeover or Claim, whose outcome is then unknown, it tells
	// which runs came.
	Owned(ctx context.Context, inc Incarnation) (runs []int64, err error)
	// Committed reads one row of history back: whether an Append whose outcome is unknown was committed. ok is false without such a row.
	Committed(ctx context.Context, run, seq int64) (facts []byte, ok bool, err error)
	// Load reads the history of a run. ErrNoRun.
	Load(ctx context.Context, run int64) (History, error)
	// Loads reads the histories of several runs in as few round trips as of one. Runs that do not exist are left away; the others come in order of their numbers.
	Loads(ctx context.Context, runs []int64) ([]History, error)
	// Find returns the number of the run with that UUID. ErrNoRun, also when the text is no UUID.
	Find(ctx context.Context, uuid string) (run int64, err error)

	// ReserveIDs sets n fresh run numbers aside and returns the first; they are consecutive.
	ReserveIDs(ctx context.Context, n int) (first int64, err error)
	// ReserveStart binds an idempotency key of a flow to a run's UUID and a hash of its input, once. It returns what is bound: the arguments, or
	// what an earlier call bound. Whether that run exists yet is another question (Find).
	ReserveStart(ctx context.Context, flow, key, uuid string, input []byte) (boundUUID string, boundInput []byte, err error)

	// Reserved reads what ReserveStart has bound to an idempotency key of a flow. ok is false if nothing has been.
	Reserved(ctx context.Context, flow, key string) (boundUUID string, boundInput []byte, ok bool, err error)

	// Post adds a message to the inbox; its At is ignored. A message whose ID is known already changes nothing. ErrNoRun.
	Post(ctx context.Context, m Message) error
	// Posted reads a message of the inbox back, consumed or not. ErrNoMessage.
	Posted(ctx context.Context, id string) (Message, error)
	// Inbox returns unconsumed messages of runs that inc owns, in the order in which they came, at most limit.
	Inbox(ctx context.Context, inc Incarnation, limit int) ([]Message, error)
	// Answer returns the answer that a message was consumed with. ok is false while it waits; ErrNoMessage if there is none of that id.
	Answer(ctx context.Context, id string) (answer []byte, ok bool, err error)

	// PutPayload stores a payload, compressed and once, however often it comes; it is durable when PutPayload returns. raw must be what p names. Until a
	// transition refers to it, SweepPayloads may take it away again.
	PutPayload(ctx context.Context, p planner.Payload, raw []byte) error
	// ReadPayload writes the bytes of a payload from one offset up to, not including, another, piece by piece; to is at most p.Size. ErrNoPayload.
	ReadPayload(ctx context.Context, p planner.Payload, from, to int64, w io.Writer) error
	// SweepPayloads deletes payloads that no transition refers to and that nobody has stored within grace, at most limit. It returns how many, and their sizes' sum.
	SweepPayloads(ctx context.Context, grace time.Duration, limit int) (n int, size int64, err error)

	// Expire deletes runs that a flow's retention gives up, the oldest first, at most limit of those that no other run started, each with all runs below it. None
	// that goes on, or has been asked for something, is deleted, and none of a family in which one does. A deleted run is gone from that moment; what belonged to it goes
	// with Clear. The idempotency keys of its start are free again.
	Expire(ctx context.Context, r Retention, limit int) (runs int, err error)
	// Clear deletes what is left of deleted runs, about limit rows of it. It returns 0 when nothing is left.
	Clear(ctx context.Context, limit int) (n int, err error)
}

// ErrNoPayload says that the store has no payload of that content.
var ErrNoPayload = errors.New("journal: no such payload")

// ErrNoMessage says that the inbox has never seen that id.
var ErrNoMessage = errors.New("journal: no such message")

// BatchError says which transitions of a batch the store refuses for what they hold; the rest of the batch was not written either.
type BatchError struct {
	Bad []int // indices into the batch
	Err error
}

func (e *BatchError) Error() string {
	return "journal: the store refuses a transition: " + e.Err.Error()
}

// Unwrap returns the store's own error.
func (e *BatchError) Unwrap() error { return e.Err }
