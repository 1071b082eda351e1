// Package runtime is what a run does: Core, a synchronous machine over all runs that a server owns, and Engine, the thin shell of goroutines,
// clock, database and function calls around it.
package runtime

import (
	"bytes"
	"container/heap"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// sleepAfter is how far away a run's next timer must be for the run to leave memory until then. Below it, reloading the history costs more than
// keeping it.
const sleepAfter = 30 * time.Second

// Core holds the runs that one incarnation owns. It has no clock, no I/O and no goroutine: every consequence of Step is returned as data, in the
// order in which it must happen. Not safe for concurrent use.
type Core struct {
	owner  int64
	runs   map[int64]*run
	uuids  map[string]int64 // of the runs in memory that have been loaded or begun
	timers timers
	now    time.Time
	lives  uint64
	seen   atomic.Uint64    // lives, for other goroutines
	looked atomic.Uint64    // what that was when the last look began
	gone   map[int64]uint64 // runs that have left memory, and lives then
	tag    uint64           // of the last Append, over all runs: a run that is loaded anew must not take its former life's answers for its own
	dead   int              // timers in the heap whose run has left memory
	out    []Output
	draft  bytes.Buffer // to encode in

	// adrift are runs that are still ours though they could not stay in memory. A message takes them up again; one for any other run that is not
	// in memory was read before the run was released, and is its next owner's to take.
	adrift map[int64]bool

	draining bool
}

// NewCore returns the core of an incarnation that owns nothing yet.
func NewCore(owner journal.Incarnation) *Core {
	return &Core{owner: int64(owner), runs: map[int64]*run{}, uuids: map[string]int64{}, adrift: map[int64]bool{}, gone: map[int64]uint64{}}
}

// Event is an input of the core.
type Event interface{ event() }

// The events.
type (
	// Begin starts a new run. A Begun answers it.
	Begin struct {
		Run     int64
		Program *check.Program
		Start   *planner.Start
	}
	// Adopt hands runs over that the store says are owned now. A Load follows for each that is not in memory. Left says that nobody owned them
	// before: whoever did has released them, and did not crash. Claimed is the look that has claimed them; zero: none did.
	Adopt struct {
		Runs    []int64
		Left    bool
		Claimed Look
	}
	// Loaded answers a Load.
	Loaded struct {
		History journal.History
		// Payloads are those of the history that expressions may look into (journal.Contents).
		Payloads map[planner.Payload][]byte
		Program  *check.Program         // nil if Broken is set
		Others   map[int]*check.Program // the other versions that the Load asked for
		Broken   error                  // the history or a version cannot be read
	}
	// Found answers a Need. Program is nil if there is no such version, or if it does not compile.
	Found struct {
		Run     int64
		Version int
		Program *check.Program
	}
	// LoadFailed answers a Load that could not be answered; the run is forgotten and loaded again when it is adopted again.
	LoadFailed struct{ Run int64 }
	// Press is a message of the inbox. A Released answers one that may be an old story: the inbox is to be looked at again.
	Press struct {
		ID    string
		Run   int64
		Input planner.Input
		Look  Look
	}
	// Done is a call's outcome.
	Done struct {
		Run    int64
		Result *planner.CallDone
	}
	// Durable says that an Append was committed, or (Err) was not and never will be.
	Durable struct {
		Run int64
		Tag uint64 // of the Append
		Err error
	}
	// Tick only moves the time on.
	Tick struct{}
)

func (Begin) event()      {}
func (Adopt) event()      {}
func (Loaded) event()     {}
func (LoadFailed) event() {}
func (Found) event()      {}
func (Press) event()      {}
func (Done) event()       {}
func (Durable) event()    {}
func (Tick) event()       {}

// Output is a consequence of Step.
type Output interface{ output() }

// The outputs.
type (
	// Append is to be made durable; Durable answers it with the same Tag. Appends of one run keep their order.
	Append struct {
		Tag        uint64
		Transition journal.Transition
	}
	// Load asks for a run's history and program, and for those of Also, which are versions that the run was on before.
	Load struct {
		Run  int64
		Also []int
	}
	// Need asks for a version of a run's flow that somebody wishes it to go on with. A Found answers it.
	Need struct {
		Run     int64
		Flow    string
		Version int
	}
	// Invoke calls a function. A Done answers it.
	Invoke struct {
		Run     int64
		UUID    string
		Flow    string
		Version int
		*planner.Invoke
	}
	// Abort tells a call in flight to stop.
	Abort struct {
		Run int64
		*planner.CancelCall
	}
	// Begun answers a Begin after its first transition is durable, or was refused.
	Begun struct {
		Run int64
		Err error
	}
	// Answered says that a message was consumed, durably, and how. Refusal is nil if it was accepted.
	Answered struct {
		ID      string
		Refusal *planner.Refusal
	}
	// Committed says that a run has a new durable transition.
	Committed struct {
		Run     int64
		UUID    string
		Flow    string
		Version int
		Seq     int64
		Ended   planner.RunStatus // how, if the run had ended with it; ""
		Facts   []planner.Fact    // what it made true; not to be changed
	}
	// Released says that a run left memory with messages undecided: the inbox is to be looked at soon.
	Released struct{ Run int64 }
	// Broke says that a run was stopped because it cannot be carried on; for the log.
	Broke struct {
		Run  int64
		UUID string // "" if its history could not be read
		Err  error
	}
)

func (Append) output()    {}
func (Load) output()      {}
func (Need) output()      {}
func (Invoke) output()    {}
func (Abort) output()     {}
func (Begun) output()     {}
func (Answered) output()  {}
func (Committed) output() {}
func (Released) output()  {}
func (Broke) output()     {}

// Step takes one event at a time by the journal's clock and returns what follows, which is good until the next Step. Time never runs backwards: an earlier one counts as the last.
//
// Stores keep microseconds. What is concluded must not depend on whether the run was loaded since, so times are cut to that before they are used:
// upwards, because a timer that was due must stay due.
func (c *Core) Step(ev Event, now time.Time) []Output {
	if now = now.UTC().Add(time.Microsecond - 1).Truncate(time.Microsecond); now.After(c.now) {
		c.now = now
	}
	clear(c.out) // what was returned is not kept
	c.out = c.out[:0]
	switch ev := ev.(type) {
	case Begin:
		c.begin(ev)
	case Adopt:
		for _, id := range ev.Runs {
			switch r := c.runs[id]; {
			case r == nil:
				r = c.load(id)
				r.left, r.claimed = ev.Left, c.claim(id, ev.Claimed)
			case r.leaving:
				r.again = true // its release is committed already, and so is the claim that made it ours again
			case ev.Claimed.N > 0: // we thought so before it was so
				r.claimed = c.claim(id, ev.Claimed)
			}
		}
	case Loaded:
		c.loaded(ev)
	case LoadFailed:
		if r := c.runs[ev.Run]; r != nil && r.loading {
			c.leave(r)
			c.adrift[r.id] = true
		}
	case Found:
		c.found(ev)
	case Press:
		c.press(ev)
	case Done:
		if r := c.runs[ev.Run]; r != nil && !r.loading && !r.leaving {
			c.decide(r, ev.Result, nil)
		}
	case Durable:
		c.durable(ev)
	case Tick:
	}
	c.fire()
	return c.out
}

// Next is when the core wants a Tick at the latest. ok is false if it waits for nothing.
func (c *Core) Next() (at time.Time, ok bool) {
	if len(c.timers) == 0 {
		return time.Time{}, false
	}
	return c.timers[0].at, true
}

// Runs is how many runs are in memory.
func (c *Core) Runs() int { return len(c.runs) }

// fire gives the runs whose timers are due their time.
func (c *Core) fire() {
	for len(c.timers) > 0 && !c.timers[0].at.After(c.now) {
		t := heap.Pop(&c.timers).(timer)
		r := c.runs[t.run]
		if r == nil || r.life != t.life { // a run that was reloaded has set its timers anew, and one that is asleep is woken by the store
			c.dead--
			continue
		}
		r.timers--
		switch {
		case t.doze:
			c.nod(r)
		case !r.loading && !r.leaving:
			c.decide(r, &planner.TimerDue{Ref: t.ref}, nil)
		}
	}
}

func (c *Core) setTimer(r *run, t *planner.SetTimer) {
	heap.Push(&c.timers, timer{at: t.At, run: r.id, life: r.life, ref: t.Ref})
	r.timers++
}

func (c *Core) begin(ev Begin) {
	r := &run{id: ev.Run, life: c.born(), uuid: ev.Start.ID, flow: ev.Program.Flow, version: ev.Start.Version, program: ev.Program, state: planner.NewState(), held: map[string]bool{},
		reader: planner.ReaderAtBirth}
	c.runs[r.id], c.uuids[r.uuid] = r, r.id
	c.decide(r, ev.Start, nil)
}

func (c *Core) press(ev Press) {
	r := c.runs[ev.Run]
	if r == nil {
		if !c.adrift[ev.Run] {
			return
		}
		r = c.load(ev.Run)
	}
	switch {
	case r.stale(ev.Look):
		c.out = append(c.out, Released{r.id})
	case r.held[ev.ID]: // decided already; the inbox was read again before the commit, and we hear of it before or after
	case r.loading || r.leaving || r.needed != 0:
		r.backlog = append(r.backlog, ev)
	case c.needs(r, ev.Input):
		r.backlog = append(r.backlog, ev)
	case r.fresh:
		c.unborn(r, ev)
	default:
		r.held[ev.ID] = true
		c.decide(r, ev.Input, &ev)
	}
}

// decide asks the planner, and turns what it says into an Append with everything that waits for its commit.
func (c *Core) decide(r *run, in planner.Input, msg *Press) {
	facts, commands, err := c.ask(r, in)
	var refusal *planner.Refusal
	if err != nil && !errors.As(err, &refusal) {
		c.poison(r, err, msg)
		return
	}
	if len(facts) == 0 && msg == nil {
		// Nothing to commit, so there is nothing to wait for: calls that were decided by facts already durable (after a recovery) go out now.
		for _, cmd := range commands {
			if inv, ok := cmd.(*planner.Invoke); ok {
				c.invoke(r, inv)
			}
		}
		return
	}
	p := &pending{commands: commands}
	t := journal.Transition{Run: r.id, At: c.now}
	if len(facts) > 0 {
		r.active = c.now
		r.revise()
		if err = c.carry(&t, facts); err != nil {
			c.poison(r, err, msg)
			return
		}
		r.seq++
		r.state.Seq, t.Seq, p.seq, p.ended = r.seq, r.seq, r.seq, r.state.Ended
		p.facts = facts
		if p.commands, p.letters, err = r.post(&t, commands); err != nil {
			c.poison(r, err, msg)
			return
		}
		for _, cmd := range commands {
			if s, ok := cmd.(*planner.SetTimer); ok {
				c.setTimer(r, s)
			}
		}
	}
	if t.Seq == 1 {
		t.Keys = keysOf(r.state, facts)
	}
	if r.seq == 1 && t.Seq == 1 && !r.child {
		t.New = &journal.NewRun{UUID: r.uuid, Flow: r.flow, Version: r.version, Reader: planner.ReaderAtBirth}
		p.begun = true
	}
	if msg != nil {
		t.Inbox = []journal.Consumed{{ID: msg.ID, Answer: encodeAnswer(refusal)}}
		p.answers = []Answered{{msg.ID, refusal}}
	}
	t.Row = r.raise(r.row(c.now), facts)
	c.append(r, p, t)
	if !r.leaving {
		c.doze(r)
	}
}

// ask is Decide with a net: a panic in it stops this run and no other.
func (c *Core) ask(r *run, in planner.Input) (facts []planner.Fact, commands []planner.Command, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("deciding %T: %v\n%s", in, p, debug.Stack())
		}
	}()
	return planner.Programs{Now: r.program, Others: r.others}.Decide(r.state, in, c.now)
}
