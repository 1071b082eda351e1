package runtime

import (
	"container/heap"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// Mailed says that a transition has left messages for runs that are not in memory, or started some: the inbox is to be looked at now. To are the UUIDs of those
// that were there before, which another server may own.
type Mailed struct{ To []string }

func (Mailed) output() {}

// mail hands committed messages over. A child's word goes straight to a parent in memory, as the inbox would bring it later: it is decided once. What a
// parent wishes goes through the inbox alone, which keeps the order, so that a wish never overtakes the one before it.
//
// We may hear of the commit long after it, when the inbox has brought the word already: the parent knows what it has decided in this life of it, and in no other.
func (c *Core) mail(letters []letter) {
	poke := false
	var away []string
	for _, l := range letters {
		r := c.runs[c.uuids[l.to]]
		if !l.news || r == nil || r.life != l.life || r.loading || r.leaving {
			poke = true
			if r == nil && !l.birth {
				away = append(away, l.to)
			}
			continue
		}
		in, err := readLetter(journal.Message{ID: l.id, Run: r.id, Kind: letterEnd, Body: l.body})
		if err != nil || in == nil {
			poke = true
			continue
		}
		c.press(Press{ID: l.id, Run: r.id, Input: in})
	}
	if poke {
		c.out = append(c.out, Mailed{To: away})
	}
}

// unborn takes a message to a child that has not begun: it begins with its first one, and what came before that waits for it.
func (c *Core) unborn(r *run, ev Press) {
	start, ok := ev.Input.(*planner.Start)
	if !ok {
		r.backlog = append(r.backlog, ev)
		return
	}
	start.ID = r.uuid
	r.fresh = false
	backlog := r.backlog
	r.backlog = nil
	if r.broken != nil {
		c.stillborn(r, ev, start)
		r.backlog = append(r.backlog, backlog...)
		return
	}
	r.held[ev.ID] = true
	c.decide(r, start, &ev)
	for _, m := range backlog {
		c.press(m)
	}
}

// stillborn begins a child that cannot be carried on, only to end it: its parent hears of it.
func (c *Core) stillborn(r *run, ev Press, start *planner.Start) {
	facts, commands, err := c.ask(r, &planner.Poison{Fault: *r.broken, Start: start, Flow: r.flow})
	p, t := &pending{}, journal.Transition{Run: r.id, Seq: 1, At: c.now}
	if err == nil {
		err = c.carry(&t, facts)
	}
	if err == nil {
		_, p.letters, err = r.post(&t, commands)
	}
	if err != nil {
		c.out = append(c.out, Broke{r.id, r.uuid, err})
		c.leave(r)
		c.adrift[r.id] = true
		return
	}
	r.seq, p.seq, p.facts, r.state.Seq, t.Keys = 1, 1, facts, 1, keysOf(r.state, facts)
	r.held[ev.ID] = true
	t.Inbox = []journal.Consumed{{ID: ev.ID, Answer: encodeAnswer(nil)}}
	t.Row = r.gone()
	c.append(r, p, t)
}

// doze has a run that waits for nothing but its children looked at again when it may leave memory: reloading its history for every one of many short
// children would cost more than keeping it.
func (c *Core) doze(r *run) {
	if s := r.state; s.Ended != "" || s.Children == 0 || s.InFlight > s.Children || r.dozes {
		return
	}
	r.dozes = true
	heap.Push(&c.timers, timer{at: c.now.Add(sleepAfter), run: r.id, life: r.life, doze: true})
	r.timers++
}

// nod lets a run sleep that has waited for its children for long.
func (c *Core) nod(r *run) {
	r.dozes = false
	if c.now.Sub(r.active) >= sleepAfter {
		c.rest(r)
	}
	if !r.leaving { // a commit is waited for, or its next timer comes soon
		c.doze(r)
	}
}

// hear notes what other runs say to a run that is stopped: they say it once. What children say is taken down; a parent that wishes that it goes on, or undoes
// what it did, is told that it cannot, or it would wait for ever.
func (c *Core) hear(r *run, p *pending, t *journal.Transition) (facts []planner.Fact, commands []planner.Command, err error) {
	program := r.program
	r.program = nil // it is not to be trusted
	defer func() { r.program = program }()
	for _, m := range r.backlog {
		in := m.Input
		switch said := in.(type) {
		case *planner.ChildDone:
		case *planner.Asked:
			wish := *said
			wish.Fault = r.broken
			in = &wish
		default:
			continue
		}
		if r.held[m.ID] {
			continue
		}
		heard, answers, err := c.ask(r, in)
		if err != nil {
			return nil, nil, err
		}
		facts, commands = append(facts, heard...), append(commands, answers...)
		r.held[m.ID] = true
		t.Inbox = append(t.Inbox, journal.Consumed{ID: m.ID, Answer: encodeAnswer(nil)})
		p.answers = append(p.answers, Answered{ID: m.ID})
	}
	return facts, commands, nil
}
