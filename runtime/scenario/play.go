package scenario

import (
	"container/heap"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
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

// play is one run in virtual time, with those that it starts: the journal, the clock, the functions and the inboxes around a Core, all in one goroutine.
type play struct {
	ctx     context.Context // ends a play that nobody waits for any more
	program *check.Program
	core    *runtime.Core
	now     time.Time
	agenda  agenda
	turn    int                        // numbers the agenda, so that what comes at one time comes in order
	flows   map[edition]*check.Program // that a run may start
	members []*member                  // by number, the scenario's own first
	commits int                        // of all members
	written int                        // bytes of their records
	moments []moment                   // of the scenario's own run
	told    []moment                   // of all
	state   *planner.State             // of the scenario's own run: what is committed
	open    map[callID]bool
	inbox   []message // that nobody has answered, in the order in which they came
	pressed int

	answer  func(runtime.Invoke, *check.Call) (reply, string)
	noticed func(*member, planner.Fact)                    // after each committed fact
	refused func(what planner.Input, why *planner.Refusal) // a button that did not fit
	resting func() bool                                    // nothing will ever happen any more, unless this does something and says so
	deaf    bool                                           // calls in flight do not hear that they are to stop
	patient bool                                           // no call times out of itself
	trouble []string
}

type callID struct {
	run int64
	planner.Ref
	attempt int
}

func newPlay(ctx context.Context, s *Suite) *play {
	own := &member{number: runNumber, uuid: runID, version: 1, program: s.Program, owned: true, state: planner.NewState()}
	return &play{ctx: ctx, program: s.Program, flows: s.flows, core: runtime.NewCore(owner), now: dawn, members: []*member{own}, state: own.state, open: map[callID]bool{}}
}

// run starts the run and goes on until nothing is left that could happen.
func (p *play) run(input []byte) {
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
	case turns > mostTurns || p.commits > mostTurns:
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
			queue = append(queue, p.core.Step(runtime.Durable{Run: out.Transition.Run, Tag: out.Tag}, p.now)...)
		case runtime.Load:
			m := p.member(out.Run)
			h := journal.History{Run: m.number, UUID: m.uuid, Flow: m.program.Flow, Version: m.version, Status: m.row, Parent: m.parent, Owner: owner, Records: m.records}
			queue = append(queue, p.core.Step(runtime.Loaded{History: h, Program: m.program}, p.now)...)
		case runtime.Invoke:
			p.invoke(out)
		case runtime.Abort:
			p.abort(out)
		case runtime.Answered:
			i := slices.IndexFunc(p.inbox, func(m message) bool { return m.id == out.ID })
			if i < 0 {
				continue
			}
			what := p.inbox[i].in
			p.inbox = slices.Delete(p.inbox, i, i+1)
			if out.Refusal != nil && p.refused != nil {
				p.refused(what, out.Refusal)
			}
		case runtime.Released, runtime.Mailed:
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
	m := p.member(t.Run)
	if t.Row != nil {
		m.row = t.Row.Status
		if t.Row.Release {
			m.owned = false
			m.wake++
			if at := t.Row.WakeAt; at != nil {
				wake := m.wake
				p.after(max(at.Sub(p.now), 0), func() {
					if wake == m.wake && !m.owned {
						m.owned = true
						p.step(runtime.Adopt{Runs: []int64{m.number}})
					}
				})
			}
		}
	}
	if t.NoFacts() {
		return
	}
	p.commits++
	p.written += len(t.Facts)
	m.records = append(m.records, journal.Record{Seq: t.Seq, At: t.At, Facts: t.Facts})
	facts, err := planner.Decode(t.Facts)
	if err != nil {
		p.trouble = append(p.trouble, "the history can't be read: "+err.Error())
		return
	}
	p.born(m, t.Births, facts)
	p.letters(t.Outbox)
	planner.Fold(m.state, t.Seq, t.At, facts)
	p.told = append(p.told, moment{t.At.Sub(dawn), m, facts})
	if m.parent == "" {
		p.moments = append(p.moments, moment{t.At.Sub(dawn), m, facts})
	}
	if p.noticed == nil {
		return
	}
	for _, f := range facts {
		p.noticed(m, f)
	}
}

// post puts a message into the inbox of the scenario's own run.
func (p *play) post(in planner.Input) { p.postTo(p.members[0], in) }

// postTo puts a message into a member's inbox.
func (p *play) postTo(m *member, in planner.Input) {
	p.pressed++
	p.inbox = append(p.inbox, message{fmt.Sprintf("message-%06d", p.pressed), m.number, in})
	p.deliver()
}

// send has every signal come at its time.
func (p *play) send(signals []project.Signal) {
	for _, g := range signals {
		p.after(g.At, func() { p.postTo(p.hear(g.Name), &planner.Send{Name: g.Name, Payload: g.Payload.JSON(), By: "test"}) })
	}
}

// deliver hands every message that waits to its run, which is loaded if it is asleep.
func (p *play) deliver() {
	var events []runtime.Event
	for _, msg := range p.inbox {
		if m := p.member(msg.run); !m.owned {
			m.owned = true
			events = append(events, runtime.Adopt{Runs: []int64{m.number}})
		}
	}
	for _, msg := range p.inbox {
		events = append(events, runtime.Press{ID: msg.id, Run: msg.run, Input: msg.in})
	}
	p.step(events...)
}

// callOf is the call that a unit makes.
func (p *play) callOf(run int64, r planner.Ref) *check.Call {
	st := p.member(run).program.Step(r.Step)
	if r.Undo {
		return st.Compensate
	}
	return st.Call
}

func (p *play) invoke(in runtime.Invoke) {
	id := callID{in.Run, in.Ref, in.Attempt}
	p.open[id] = true
	r, problem := p.answer(in, p.callOf(in.Run, in.Ref))
	if problem != "" {
		p.trouble = append(p.trouble, fmt.Sprintf("%s %s: %s", offset(p.since()), p.member(in.Run).path+unitName(in.Ref), problem))
		r = reply{fault: &fault.Fault{Class: fault.NotFound, Effect: fault.None, Message: problem}}
	}
	started := p.now
	if !p.patient && in.Timeout > 0 && r.takes > in.Timeout {
		r = reply{takes: in.Timeout, fault: &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe, Message: "no answer within " + flow.FormatDuration(in.Timeout),
			Evidence: []fault.Detail{{Name: "timeout", Value: flow.FormatDuration(in.Timeout)}}}}
	}
	p.after(r.takes, func() { p.done(id, r, started) })
}

// done ends a call, unless it has been told to stop.
func (p *play) done(id callID, r reply, started time.Time) {
	if !p.open[id] {
		return
	}
	delete(p.open, id)
	p.step(runtime.Done{Run: id.run, Result: &planner.CallDone{Ref: id.Ref, Attempt: id.attempt, Output: r.output, Fault: r.fault,
		Call: planner.Call{Started: started, Ended: p.now}}})
}

// abort tells a call to stop. It does, at once, and nobody knows how far it came.
func (p *play) abort(a runtime.Abort) {
	id := callID{a.Run, a.Ref, a.Attempt}
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
