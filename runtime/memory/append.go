package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

var errDuplicate = errors.New("duplicate")

// Append implements journal.Store.
func (s *Store) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if len(batch) == 0 {
		return nil
	}
	if err := check(batch); err != nil {
		return err
	}
	if in := s.incs[inc]; in == nil || writer < 0 || writer >= in.writers {
		return journal.ErrFenced
	}
	s.shelve(batch)
	if err := s.duplicates(batch); err != nil {
		return err
	}
	if err := s.missing(batch); err != nil {
		return err
	}
	for _, m := range journal.Merge(batch) {
		s.touch(inc, m)
	}
	for i := range batch {
		s.bear(&batch[i])
	}
	for i := range batch {
		s.deliver(&batch[i])
		s.write(&batch[i])
		s.refer(&batch[i])
	}
	return nil
}

func check(batch []journal.Transition) error {
	var bad journal.BatchError
	for i := range batch {
		if err := journal.Check(&batch[i]); err != nil {
			bad.Bad = append(bad.Bad, i)
			if bad.Err == nil {
				bad.Err = err
			}
		}
	}
	if bad.Err == nil {
		return nil
	}
	return &bad
}

// duplicates finds the transitions that exclude what is there or an earlier one of the batch.
func (s *Store) duplicates(batch []journal.Transition) error {
	type place struct{ run, seq int64 }
	places, rows, uuids := map[place]bool{}, map[int64]bool{}, map[string]bool{}
	var bad journal.BatchError
	for i := range batch {
		t := &batch[i]
		at := place{t.Run, t.Seq}
		_, taken := s.histories[t.Run][t.Seq]
		taken = taken || places[at]
		var uuid string
		if t.New != nil {
			uuid = canonical(t.New.UUID)
			_, known := s.uuids[uuid]
			taken = taken || known || uuids[uuid] || s.runs[t.Run] != nil || rows[t.Run]
		}
		for _, b := range t.Births {
			id := canonical(b.UUID)
			_, known := s.uuids[id]
			taken = taken || known || uuids[id]
		}
		if t.NoFacts() {
			continue
		}
		if taken {
			bad.Bad = append(bad.Bad, i)
			if bad.Err == nil {
				bad.Err = fmt.Errorf("seq %d of run %d: %w", t.Seq, t.Run, errDuplicate)
			}
			continue
		}
		places[at] = true
		for _, b := range t.Births {
			uuids[canonical(b.UUID)] = true
		}
		if t.New != nil {
			rows[t.Run], uuids[uuid] = true, true
		}
	}
	if bad.Err == nil {
		return nil
	}
	return &bad
}

func (s *Store) touch(inc journal.Incarnation, m journal.Merged) {
	r := s.runs[m.Run]
	if m.New != nil {
		r = &run{uuid: canonical(m.New.UUID), flow: m.New.Flow, version: m.New.Version, reader: m.New.Reader, owner: inc, row: journal.BornPending}
		s.runs[m.Run] = r
		s.uuids[r.uuid] = m.Run
	}
	if m.Row == nil || r == nil || r.owner != inc || m.Stale > 0 && s.reached(m.Run, m.Stale) {
		return
	}
	r.row, r.reader, r.version = *m.Row, max(r.reader, m.Row.Reader), cmp.Or(m.Row.Version, r.version)
	r.row.WakeAt, r.row.EndedAt = micro(m.Row.WakeAt), micro(m.Row.EndedAt)
	if m.Row.Release {
		r.owner = 0
	}
}

// reached reports whether the history of a run has that seq.
func (s *Store) reached(run, seq int64) bool {
	_, ok := s.histories[run][seq]
	return ok
}

func (s *Store) write(t *journal.Transition) {
	for _, c := range t.Inbox {
		if m := s.inbox[canonical(c.ID)]; m != nil && !m.consumed {
			m.consumed, m.answer = true, clone(c.Answer)
		}
	}
	if t.NoFacts() {
		return
	}
	h := s.histories[t.Run]
	if h == nil {
		h = map[int64]journal.Record{}
		s.histories[t.Run] = h
	}
	h[t.Seq] = journal.Record{Seq: t.Seq, At: t.At.UTC().Truncate(time.Microsecond), Facts: clone(t.Facts)}
}

// micro copies a time at PostgreSQL's precision.
func micro(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC().Truncate(time.Microsecond)
	return &at
}

// clone copies bytes, so that neither side sees the other's later changes; nil stays nil.
func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}

// canonical is the one spelling of a UUID that has passed ParseUUID.
func canonical(uuid string) string {
	id, err := journal.ParseUUID(uuid)
	if err != nil {
		return uuid
	}
	return journal.FormatUUID(id)
}
