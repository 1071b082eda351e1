package memory

import (
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

// bear makes the rows of the runs that a transition starts, and sends what it tells others.
func (s *Store) bear(t *journal.Transition) {
	for _, b := range t.Births {
		id := canonical(b.UUID)
		s.runs[s.nextRun] = &run{uuid: id, flow: journal.CleanText(b.Flow), version: b.Version, reader: b.Reader, row: journal.BornPending,
			parent: canonical(b.Parent), step: journal.CleanText(b.Step), item: b.Item, born: t.At.UTC().Truncate(time.Microsecond)}
		s.uuids[id] = s.nextRun
		s.nextRun++
	}
}

func (s *Store) deliver(t *journal.Transition) {
	for _, l := range t.Outbox {
		to, ok := s.uuids[canonical(l.To)]
		if id := canonical(l.ID); ok && s.inbox[id] == nil {
			s.keep(journal.Message{ID: id, Run: to, Kind: l.Kind, Body: l.Body})
		}
	}
}

// keep puts a message that is new into the inbox.
func (s *Store) keep(m journal.Message) {
	m.Kind, m.Body, m.At = journal.CleanText(m.Kind), append([]byte{}, m.Body...), s.now()
	kept := &message{Message: m}
	s.inbox[m.ID] = kept
	s.arrived = append(s.arrived, kept)
}

// Family returns the UUIDs of the runs that a run started, for tests, in the order of their numbers.
func (s *Store) Family(parent string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, id := range s.sorted() {
		if r := s.runs[id]; r.parent == canonical(parent) {
			out = append(out, r.uuid)
		}
	}
	return out
}
