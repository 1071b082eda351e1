package runtime

import (
	"container/heap"
	"slices"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// leave takes a run out of memory, and with it, in time, its timers.
func (c *Core) leave(r *run) {
	delete(c.runs, r.id)
	c.departed(r.id)
	if c.uuids[r.uuid] == r.id {
		delete(c.uuids, r.uuid)
	}
	c.dead += r.timers
	if c.dead <= 64 || c.dead <= len(c.timers)/2 {
		return
	}
	c.timers = slices.DeleteFunc(c.timers, func(t timer) bool { r := c.runs[t.run]; return r == nil || r.life != t.life })
	heap.Init(&c.timers)
	c.dead = 0
}

func (c *Core) load(id int64, also ...int) *run {
	r := &run{id: id, life: c.born(), loading: true, held: map[string]bool{}}
	delete(c.adrift, id)
	c.runs[id] = r
	c.out = append(c.out, Load{id, also})
	return r
}

func (c *Core) forget(r *run) {
	c.leave(r)
	if len(r.backlog) > 0 { // its next owner may have taken them since, so they are read again
		c.out = append(c.out, Released{r.id})
	}
	if r.again {
		c.load(r.id)
	}
}

func (c *Core) loaded(ev Loaded) {
	r := c.runs[ev.History.Run]
	if r == nil || !r.loading {
		return
	}
	r.loading = false
	if int64(ev.History.Owner) != c.owner || len(ev.History.Records) == 0 && ev.History.Parent == "" { // it was thought to be ours when its release was on the way
		c.forget(r)
		return
	}
	r.uuid, r.flow, r.version, r.program, r.others = ev.History.UUID, ev.History.Flow, ev.History.Version, ev.Program, ev.Others
	r.state, r.status, r.needs, r.child = planner.NewState(), ev.History.Status, unsaid, ev.History.Parent != ""
	c.uuids[r.uuid], r.active = r.id, c.now
	for p, raw := range ev.Payloads {
		r.state.Give(p, raw)
	}
	for _, rec := range ev.History.Records {
		facts, err := planner.Decode(rec.Facts)
		if err != nil { // a later release's history: it is not ours to touch
			c.leave(r)
			c.out = append(c.out, Broke{r.id, r.uuid, err})
			return
		}
		planner.Fold(r.state, rec.Seq, rec.At, facts)
		r.reader = max(r.reader, planner.ReaderOf(facts)) // its row may carry a later one, which raising it to an earlier one does not change
		r.seq = rec.Seq
	}
	if lacks := r.lacks(); ev.Broken == nil && len(lacks) > 0 {
		r.loading = true
		c.out = append(c.out, Load{r.id, lacks})
		return
	}
	if ev.Broken != nil {
		c.out = append(c.out, Broke{r.id, r.uuid, ev.Broken})
		f := unfit(ev.Broken)
		r.broken = &f
	}
	if r.fresh = len(ev.History.Records) == 0; r.fresh {
		backlog := r.backlog
		r.backlog = nil
		for _, m := range backlog {
			c.press(m)
		}
		return
	}
	if r.broken != nil {
		c.stop(r)
		return
	}
	for _, t := range r.state.Timers() {
		c.setTimer(r, &t)
	}
	c.decide(r, &planner.Recover{Owner: c.owner, Left: r.left}, nil)
	backlog := r.backlog
	r.backlog = nil
	for _, m := range backlog {
		c.press(m)
	}
	c.fire()
	c.rest(r)
	if c.runs[r.id] == r && !r.leaving {
		c.doze(r)
	}
}

// stop ends a run that was loaded only to be stopped, refuses what was asked of it, and lets it go. Whoever loads it next judges what was called.
func (c *Core) stop(r *run) {
	p, t := &pending{}, journal.Transition{Run: r.id, At: c.now}
	facts, commands, err := c.ask(r, &planner.Poison{Fault: *r.broken})
	if err == nil {
		var heard []planner.Fact
		var answers []planner.Command
		heard, answers, err = c.hear(r, p, &t)
		facts, commands = append(facts, heard...), append(commands, answers...)
	}
	if err == nil && len(facts) > 0 {
		if err = c.carry(&t, facts); err == nil {
			r.seq++
			t.Seq, p.seq, p.facts = r.seq, r.seq, facts
			_, p.letters, err = r.post(&t, commands)
		}
	}
	if err != nil { // it can't even be stopped by a fact: it leaves memory and keeps its history
		c.out = append(c.out, Broke{r.id, r.uuid, err})
		c.leave(r)
		c.adrift[r.id] = true
		return
	}
	refusal := &planner.Refusal{Code: planner.Conflict, Message: r.broken.Message}
	for _, m := range r.backlog {
		if !r.held[m.ID] {
			r.held[m.ID] = true
			t.Inbox = append(t.Inbox, journal.Consumed{ID: m.ID, Answer: encodeAnswer(refusal)})
			p.answers = append(p.answers, Answered{m.ID, refusal})
		}
	}
	r.backlog = nil
	t.Row = r.raise(r.gone(), facts)
	c.append(r, p, t)
}

// rest lets a run go that was loaded and has nothing to do: it goes back to sleep, or stays ended.
func (c *Core) rest(r *run) {
	if r.loading || r.leaving || r.needed != 0 || len(r.pending) > 0 {
		return
	}
	if row := r.row(c.now); row != nil && row.Release {
		c.append(r, &pending{}, journal.Transition{Run: r.id, At: c.now, Row: row})
	}
}

// poison stops a run that cannot be carried on. What is in memory may be half decided, so the run is loaded again and only told to stop. msg is the
// message over which it broke, if it was one.
func (c *Core) poison(r *run, err error, msg *Press) {
	c.out = append(c.out, Broke{r.id, r.uuid, err})
	if r.seq == 0 && !r.child {
		c.leave(r)
		c.out = append(c.out, Begun{r.id, err})
		return
	}
	if msg != nil {
		r.backlog = append(r.backlog, *msg)
	}
	f := unfit(err)
	if len(r.pending) > 0 {
		r.broken = &f // first let the journal say what became of what was handed in
		r.leaving = true
		return
	}
	c.reload(r, f)
}

// unfit is the fault of a run that cannot be carried on.
func unfit(err error) fault.Fault {
	return fault.Fault{Class: fault.Expression, Effect: fault.None, Message: "the run cannot be carried on: " + firstLine(err.Error())}
}

func (c *Core) reload(r *run, f fault.Fault) {
	c.leave(r)
	next := c.load(r.id)
	next.broken, next.backlog = &f, r.backlog
	for _, p := range r.pending {
		for _, a := range p.answers {
			next.held[a.ID] = p.seq == 0 // a refusal may still be committed: it stands beside the history, not behind what was refused
		}
	}
}
