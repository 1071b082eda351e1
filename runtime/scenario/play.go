package scenario

import (
	"container/heap"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// The one run of a play.
const (
	runNumber = 1
	owner     = journal.Incarnation(1)
	runID     = "00000000-0000-7000-8000-000000000001"
	mostTurns = 200_000  // events of one play; beyond them it is told to be endless
	mostBytes = 64 << 20 // of a play's history; beyond them it is stopped
)

var dawn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// moment is one committed transition.
type moment struct {
	at    time.Duration // since the start
	facts []planner.Fact
}

// play is one run in virtual time: the journal, the clock, the functions and the inbox around a Core, all in one goroutine.
type play struct {
	ctx     context.Context // ends a play that nobody waits for any more
	program *check.Program
	core    *runtime.Core
	now     time.Time
	agenda  agenda
	turn    int // numbers the agenda, so that what comes at one time comes in order
	owned   bool
	row     string
	wake    int // which of the run's wake-ups counts
	records []journal.Record
	written int // bytes of the records
	moments []moment
	state   *planner.State // what is committed
	open    map[callID]bool
	posted  map[string]planner.Input // messages that nobody has answered
	pressed int

	answer  func(runtime.Invoke, *check.Call) (reply, string)
	noticed func(planner.Fact)                             // after each committed fact
	refused func(what planner.Input, why *planner.Refusal) // a button that did not fit
	resting func() bool                                    // nothing will ever happen any more, unless this does something and says so
	deaf    bool                                           // calls in flight do not hear that they are to stop
	patient bool                                           // no call times out of itself
	trouble []string
}

type callID struct {
	planner.Ref
	attempt int
}

func newPlay(ctx context.Context, p *check.Program) *play {
	return &play{ctx: ctx, program: p, core: runtime.NewCore(owner), now: dawn, state: planner.NewState(), open: map[callID]bool{},
		posted: map[string]planner.Input{}}
}

// run starts the run and goes on until nothing is left that could happen.
func (p *play) run(input []byte) {
	p.owned = true
	p.step(runtime.Begin{Run: runNumber, Program: p.program, Start: &planner.Start{ID: runID, Version: 1, Input: input, By: "test"}})
	for n := 0; ; n++ {
		if p.over(n) {
			return
		}
		at, ok := p.core.Next()
		switch {
		case len(p.agenda) > 0 && (!ok || !p.agenda[0].at.After(at)):
			e := heap.Pop(&p.agenda).(entry)
			p.now = e.at
			e.do()
		case ok:
			p.now = at
			p.step(runtime.Tick{})
		case p.resting == nil || !p.resting():
			return
		}
	}
}

// over reports whether a play has to stop before its end: nobody waits for it, or it has none.
func (p *play) over(turns int) bool {
	switch {
	case p.ctx.Err() != nil: // who asked for the play says so
	case turns > mostTurns || len(p.records) > mostTurns:
		p.trouble = append(p.trouble, "the run does not come to an end")
	case p.written > mostBytes:
		p.trouble = append(p.trouble, fmt.Sprintf("the run has written more than %d MiB and was stopped", mostBytes>>20))
	default:
		return false
	}
	return true
}

// since is the time that has passed in the run.
func (p *play) since() time.Duration { return p.now.Sub(dawn) }

func (p *play) after(d time.Duration, do func()) {
	p.turn++
	heap.Push(&p.agenda, entry{p.now.Add(d), p.turn, do})
}

// step gives the core events, and then everything that follows from them at once: here a commit takes no time and never fails.
func (p *play) step(events ...runtime.Event) {
	var queue []runtime.Output
	for _, ev := range events {
		queue = append(queue, p.core.Step(ev, p.now)...)
	}
	for len(queue) > 0 && p.ctx.Err() == nil && p.written <= mostBytes {
		out := queue[0]
		queue = queue[1:]
		switch out := out.(type) {
		case runtime.Append:
			p.commit(out.Transition)
			queue = append(queue, p.core.Step(runtime.Durable{Run: runNumber, Tag: out.Tag}, p.now)...)
		case runtime.Load:
			h := journal.History{Run: runNumber, UUID: runID, Flow: p.program.Flow, Version: 1, Status: p.row, Owner: owner, Records: p.records}
			queue = append(queue, p.core.Step(runtime.Loaded{History: h, Program: p.program}, p.now)...)
		case runtime.Invoke:
			p.invoke(out)
		case runtime.Abort:
			p.abort(out)
		case runtime.Answered:
			what := p.posted[out.ID]
			delete(p.posted, out.ID)
			if out.Refusal != nil && p.refused != nil {
				p.refused(what, out.Refusal)
			}
		case runtime.Released:
			p.after(0, p.deliver)
		case runtime.Begun:
			if out.Err != nil {
				p.trouble = append(p.trouble, "the run could not be started: "+out.Err.Error())
			}
		case runtime.Broke:
			p.trouble = append(p.trouble, "the run broke: "+out.Err.Error())
		}
	}
}

// commit keeps a transition, and has the people who look at the run see it.
func (p *play) commit(t journal.Transition) {
	if t.Row != nil {
		p.row = t.Row.Status
		if t.Row.Release {
			p.owned = false
			p.wake++
			if at := t.Row.WakeAt; at != nil {
				wake := p.wake
				p.after(max(at.Sub(p.now), 0), func() {
					if wake == p.wake && !p.owned {
						p.owned = true
						p.step(runtime.Adopt{Runs: []int64{runNumber}})
					}
				})
			}
		}
	}
	if t.NoFacts() {
		return
	}
	p.records = append(p.records, journal.Record{Seq: t.Seq, At: t.At, Facts: t.Facts})
	p.written += len(t.Facts)
	facts, err := planner.Decode(t.Facts)
	if err != nil {
		p.trouble = append(p.trouble, "the history can't be read: "+err.Error())
		return
	}
	planner.Fold(p.state, t.Seq, t.At, facts)
	p.moments = append(p.moments, moment{t.At.Sub(dawn), facts})
	if p.noticed == nil {
		return
	}
	for _, f := range facts {
		p.noticed(f)
	}
}

// post puts a message into the inbox.
func (p *play) post(in planner.Input) {
	p.pressed++
	p.posted[fmt.Sprintf("message-%06d", p.pressed)] = in
	p.deliver()
}

// send has every signal come at its time.
func (p *play) send(signals []project.Signal) {
	for _, g := range signals {
		p.after(g.At, func() { p.post(&planner.Send{Name: g.Name, Payload: g.Payload.JSON(), By: "test"}) })
	}
}

// deliver hands every message that waits to the run, which is loaded if it is asleep.
func (p *play) deliver() {
	var events []runtime.Event
	if !p.owned {
		p.owned = true
		events = append(events, runtime.Adopt{Runs: []int64{runNumber}})
	}
	for _, id := range slices.Sorted(maps.Keys(p.posted)) {
		events = append(events, runtime.Press{ID: id, Run: runNumber, Input: p.posted[id]})
	}
	p.step(events...)
}

// callOf is the call that a unit makes.
func (p *play) callOf(r planner.Ref) *check.Call {
	st := p.program.Step(r.Step)
	if r.Undo {
		return st.Compensate
	}
	return st.Call
}

func (p *play) invoke(in runtime.Invoke) {
	id := callID{in.Ref, in.Attempt}
	p.open[id] = true
	r, problem := p.answer(in, p.callOf(in.Ref))
	if problem != "" {
		p.trouble = append(p.trouble, fmt.Sprintf("%s %s: %s", offset(p.since()), unitName(in.Ref), problem))
		r = reply{fault: &fault.Fault{Class: fault.NotFound, Effect: fault.None, Message: problem}}
	}
	started := p.now
	if !p.patient && in.Timeout > 0 && r.takes > in.Timeout {
		r = reply{takes: in.Timeout, fault: &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe, Message: "no answer within " + in.Timeout.String(),
			Evidence: []fault.Detail{{Name: "timeout", Value: in.Timeout.String()}}}}
	}
	p.after(r.takes, func() { p.done(id, r, started) })
}

// done ends a call, unless it has been told to stop.
func (p *play) done(id callID, r reply, started time.Time) {
	if !p.open[id] {
		return
	}
	delete(p.open, id)
	p.step(runtime.Done{Run: runNumber, Result: &planner.CallDone{Ref: id.Ref, Attempt: id.attempt, Output: r.output, Fault: r.fault,
		Call: planner.Call{Started: started, Ended: p.now}}})
}

// abort tells a call to stop. It does, at once, and nobody knows how far it came.
func (p *play) abort(a runtime.Abort) {
	id := callID{a.Ref, a.Attempt}
	if !p.open[id] || p.deaf {
		return
	}
	now := p.now
	p.after(0, func() {
		p.done(id, reply{fault: &fault.Fault{Class: fault.Cancelled, Effect: fault.Maybe, Message: "the call was told to stop"}}, now)
	})
}

// entry is something that will happen.
type entry struct {
	at   time.Time
	turn int
	do   func()
}

type agenda []entry

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].turn < a[j].turn
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(entry)) }
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}
