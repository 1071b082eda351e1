package sim

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// How often a server keeps house, how long a payload may wait for its transition, and which flows' finished runs are deleted. All is quicker than in life,
// so that it happens within a simulation; the payload's wait is longer than a server that stood still may go on.
const (
	houseEvery = 20 * time.Second
	grace      = 30 * time.Second
)

var retention = []journal.Retention{{Flow: "vault", Age: 30 * time.Second}, {Flow: "fan", Age: time.Minute}}

// keepHouse deletes what nobody needs any more.
func (s *server) keepHouse() {
	s.soon(houseEvery, s.keepHouse)
	for _, r := range retention {
		kept := s.w.ended(r.Flow)
		n, err := s.store.Expire(background(), r, 1)
		if err != nil {
			s.w.violated(theWorld, "%s can't delete finished runs: %v", s.name, err)
			return
		}
		s.w.report.Expired += n
		for _, c := range kept {
			if _, err := s.w.store.Find(background(), c.uuid); err != nil {
				s.w.bury(c, r)
			}
		}
	}
	n, _, err := s.store.SweepPayloads(background(), grace, 20)
	if err != nil {
		s.w.violated(theWorld, "%s can't sweep: %v", s.name, err)
	}
	s.w.report.Swept += n
}

// ended lists whose runs of a flow could be deleted. The answers to what was asked of them are read while they are there.
func (w *World) ended(name string) (all []*client) {
	for _, c := range w.runs {
		if c.flow != name || c.run == 0 || c.gone {
			continue
		}
		all = append(all, c)
		for _, member := range w.family(c) {
			for _, m := range w.posted {
				if m.run == member.run && m.answer == nil {
					if answer, ok, err := w.store.Answer(background(), m.id); ok && err == nil {
						m.answer = answer
					}
				}
			}
		}
	}
	return all
}

// bury judges what was deleted: the family of a run that has ended long enough ago, and of which nobody wants anything.
func (w *World) bury(c *client, r journal.Retention) {
	for _, member := range w.family(c) {
		f := w.folded[member.run]
		switch {
		case f == nil || f.state.Ended == "":
			w.violated(nothingLost, "run %d (%s) was deleted before it had ended", member.run, member.flow)
			return
		case member == c && !slices.Contains(r.Finished(), string(f.state.Ended)):
			w.violated(nothingLost, "run %d (%s) was deleted, and it could be retried: %s", member.run, member.flow, describe(f.state))
		case member == c && w.storeNow().Sub(f.state.EndedAt) < r.Age:
			w.violated(nothingLost, "run %d (%s) was deleted %s after its end", member.run, member.flow, w.storeNow().Sub(f.state.EndedAt))
		}
		member.gone, member.over = true, true
		if member == c {
			w.report.Statuses[string(f.state.Ended)]++
		}
		for _, m := range w.buttons() {
			if m.run == member.run {
				w.judgeButton(m)
			}
		}
	}
}

// family lists a client and those of the runs below its run.
func (w *World) family(c *client) []*client {
	all := []*client{c}
	for _, kid := range w.kids {
		if slices.Contains(all, kid.parent) {
			all = append(all, kid)
		}
	}
	return all
}

// auditPayloads judges what is kept in the end: all that a run refers to, and nothing else.
func (w *World) auditPayloads() {
	needed := map[planner.Payload]bool{}
	for run, f := range w.folded {
		if c := w.byRun[run]; c == nil || !c.gone {
			maps.Copy(needed, f.refs)
		}
	}
	w.now = w.now.Add(grace + lease + time.Second)
	if _, _, err := w.store.SweepPayloads(background(), grace, 1000); err != nil {
		w.violated(theWorld, "sweeping: %v", err)
	}
	byName := func(a, b planner.Payload) int { return bytes.Compare(a.Hash[:], b.Hash[:]) }
	for _, p := range slices.SortedFunc(maps.Keys(needed), byName) {
		if !w.kept(p) {
			w.violated(nothingLost, "payload %s is gone, and a run refers to it", p.Name())
		}
	}
	for _, v := range values() {
		if !needed[v.payload] && w.kept(v.payload) {
			w.violated(nothingLost, "payload %s is kept for nobody", v.payload.Name())
		}
	}
}

// read is a payload's content; nil if the store does not have it.
func (w *World) read(p planner.Payload) []byte {
	var raw bytes.Buffer
	if w.store.ReadPayload(background(), p, 0, p.Size, &raw) != nil {
		return nil
	}
	return raw.Bytes()
}

// kept reports whether the store has a payload.
func (w *World) kept(p planner.Payload) bool {
	return w.store.ReadPayload(background(), p, 0, 0, nil) == nil
}
