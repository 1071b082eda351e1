package runtime

import (
	"errors"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

func (c *Core) append(r *run, p *pending, t journal.Transition) {
	c.tag++
	p.tag = c.tag
	if t.NoFacts() {
		t.After = r.seq
	}
	if t.Row != nil && t.Row.Release {
		r.leaving, p.release = true, true
	}
	for i := range p.letters {
		if to := c.runs[c.uuids[p.letters[i].to]]; to != nil {
			p.letters[i].life = to.life
		}
	}
	if len(r.pending) == 0 {
		r.pending = r.room[:0] // as a rule no more than two wait
	}
	r.pending = append(r.pending, p)
	c.out = append(c.out, Append{p.tag, t})
}

// durable lets out what waited for a commit.
func (c *Core) durable(ev Durable) {
	r := c.runs[ev.Run]
	if r == nil || len(r.pending) == 0 || r.pending[0].tag != ev.Tag {
		return
	}
	p := r.pending[0]
	if r.pending = r.pending[1:]; len(r.pending) == 0 {
		r.pending, r.room = nil, [2]*pending{} // a run that waits keeps nothing of what it has committed
	}
	if ev.Err != nil {
		c.refused(r, p, ev.Err)
		return
	}
	if p.begun {
		c.out = append(c.out, Begun{Run: r.id})
	}
	for _, a := range p.answers {
		c.out = append(c.out, a)
	}
	if p.seq > 0 {
		c.out = append(c.out, Committed{r.id, r.uuid, r.flow, r.version, p.seq, p.ended, p.facts})
	}
	c.mail(p.letters)
	for _, cmd := range p.commands {
		switch cmd := cmd.(type) {
		case *planner.Invoke:
			c.invoke(r, cmd)
		case *planner.CancelCall:
			c.out = append(c.out, Abort{r.id, cmd})
		case *planner.SetTimer: // set when it was decided: a timer that fires early only comes behind in the journal
		}
	}
	switch {
	case len(r.pending) > 0 || !r.leaving:
	case r.broken != nil && !p.release:
		c.reload(r, *r.broken)
	default:
		c.forget(r)
	}
}

// invoke lets a call out, or first has the intent to make it committed. A call that was given up before its own commit was known is not made: the run may
// have ended by that, and be somebody else's.
func (c *Core) invoke(r *run, cmd *planner.Invoke) {
	switch u := r.state.Unit(cmd.Ref); {
	case u == nil || u.State != planner.Running || u.Made() != cmd.Attempt:
	case !cmd.Confirm:
		c.out = append(c.out, Invoke{r.id, r.uuid, r.flow, r.version, cmd})
	case !c.draining && !r.leaving: // if the run is about to be stopped, the call was not made
		c.decide(r, &planner.Dispatch{Ref: cmd.Ref, Attempt: cmd.Attempt}, nil)
	}
}

// Drain has the core begin no call any more that may not be made twice: the next owner does.
func (c *Core) Drain() { c.draining = true }

// refused judges a transition that the store would not take. Nothing that was decided after it stands either.
func (c *Core) refused(r *run, p *pending, err error) {
	c.out = append(c.out, Broke{r.id, r.uuid, err})
	if p.begun {
		c.leave(r)
		c.out = append(c.out, Begun{r.id, err})
		return
	}
	var bad *journal.BatchError
	if !errors.As(err, &bad) || r.broken != nil && p.release {
		// The lease is gone, or the journal is closed: whoever owns the run next reads what was committed. Or not even its end can be stored.
		c.leave(r)
		c.adrift[r.id] = true
		return
	}
	c.reload(r, fault.Fault{Class: fault.Contract, Effect: fault.None, Message: "a result could not be stored: " + firstLine(bad.Err.Error())})
}
