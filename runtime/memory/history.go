package memory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/segno-run/segno/runtime/journal"
)

// Committed implements journal.Store.
func (s *Store) Committed(ctx context.Context, run, seq int64) ([]byte, bool, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	r, ok := s.histories[run][seq]
	return clone(r.Facts), ok, nil
}

// Load implements journal.Store.
func (s *Store) Load(ctx context.Context, run int64) (journal.History, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return journal.History{}, err
	}
	defer unlock()
	r, ok := s.runs[run]
	if !ok {
		return journal.History{}, journal.ErrNoRun
	}
	h := journal.History{Run: run, UUID: r.uuid, Flow: r.flow, Version: r.version, Status: r.row.Status, Owner: r.owner, Parent: r.parent}
	for _, seq := range slices.Sorted(maps.Keys(s.histories[run])) {
		rec := s.histories[run][seq]
		rec.Facts = clone(rec.Facts)
		h.Records = append(h.Records, rec)
	}
	return h, nil
}

// Loads implements journal.Store.
func (s *Store) Loads(ctx context.Context, runs []int64) ([]journal.History, error) {
	var all []journal.History
	for _, run := range slices.Sorted(slices.Values(runs)) {
		h, err := s.Load(ctx, run)
		switch {
		case errors.Is(err, journal.ErrNoRun):
		case err != nil:
			return nil, err
		default:
			all = append(all, h)
		}
	}
	return all, nil
}

// Row returns a run's row as the lists would show it, and its owner (0: nobody), for tests. ErrNoRun.
func (s *Store) Row(run int64) (journal.RunRow, journal.Incarnation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.runs[run]
	if !ok {
		return journal.RunRow{}, 0, journal.ErrNoRun
	}
	return r.row, r.owner, nil
}

// After returns what stands in the history of a run behind a sequence number, for tests. Its bytes must not be changed.
func (s *Store) After(run, seq int64) (records []journal.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.histories[run]
	for next, ok := h[seq+1]; ok; next, ok = h[seq+1] {
		records = append(records, next)
		seq++
	}
	return records
}

// Find implements journal.Store.
func (s *Store) Find(ctx context.Context, uuid string) (int64, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	run, ok := s.uuids[canonical(uuid)]
	if !ok {
		return 0, journal.ErrNoRun
	}
	return run, nil
}

// ReserveIDs implements journal.Store.
func (s *Store) ReserveIDs(ctx context.Context, n int) (int64, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	if n < 1 {
		return 0, fmt.Errorf("memory: reserving %d run numbers makes no sense", n)
	}
	first := s.nextRun
	s.nextRun += int64(n)
	return first, nil
}

// ReserveStart implements journal.Store.
func (s *Store) ReserveStart(ctx context.Context, flow, key, uuid string, input []byte) (string, []byte, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return "", nil, err
	}
	defer unlock()
	if _, err := journal.ParseUUID(uuid); err != nil {
		return "", nil, fmt.Errorf("memory: reserving a start of %q: %w", flow, err)
	}
	at := [2]string{journal.CleanKey(flow), journal.CleanKey(key)}
	bound, ok := s.starts[at]
	if !ok {
		bound = start{uuid: canonical(uuid), input: append([]byte{}, input...)}
		s.starts[at] = bound
	}
	return bound.uuid, clone(bound.input), nil
}

// Reserved implements journal.Store.
func (s *Store) Reserved(ctx context.Context, flow, key string) (string, []byte, bool, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return "", nil, false, err
	}
	defer unlock()
	bound, ok := s.starts[[2]string{journal.CleanKey(flow), journal.CleanKey(key)}]
	return bound.uuid, clone(bound.input), ok, nil
}

// Posted implements journal.Store.
func (s *Store) Posted(ctx context.Context, id string) (journal.Message, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return journal.Message{}, err
	}
	defer unlock()
	m := s.inbox[canonical(id)]
	if m == nil {
		return journal.Message{}, journal.ErrNoMessage
	}
	found := m.Message
	found.Body = clone(found.Body)
	return found, nil
}

// Post implements journal.Store.
func (s *Store) Post(ctx context.Context, m journal.Message) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := journal.ParseUUID(m.ID); err != nil {
		return fmt.Errorf("memory: posting to run %d: %w", m.Run, err)
	}
	if s.runs[m.Run] == nil {
		return journal.ErrNoRun
	}
	m.ID = canonical(m.ID)
	if s.inbox[m.ID] != nil {
		return nil
	}
	s.keep(m)
	return nil
}

// Inbox implements journal.Store.
func (s *Store) Inbox(ctx context.Context, inc journal.Incarnation, limit int) ([]journal.Message, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	// Consumed messages leave the queue here, so that a long simulation does not walk over all that ever came.
	s.arrived = slices.DeleteFunc(s.arrived, func(m *message) bool { return m.consumed })
	var out []journal.Message
	for _, m := range s.arrived {
		if len(out) == limit {
			break
		}
		if s.runs[m.Run].owner == inc {
			kept := m.Message
			kept.Body = clone(kept.Body)
			out = append(out, kept)
		}
	}
	return out, nil
}

// Answer implements journal.Store.
func (s *Store) Answer(ctx context.Context, id string) ([]byte, bool, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	m, ok := s.inbox[canonical(id)]
	if !ok {
		return nil, false, journal.ErrNoMessage
	}
	return clone(m.answer), m.consumed, nil
}
