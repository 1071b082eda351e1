package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/runtime/journal"
)

// Committed implements journal.Store.
func (s *Store) Committed(ctx context.Context, run, seq int64) ([]byte, bool, error) {
	var facts []byte
	err := s.others.QueryRow(ctx, `SELECT facts FROM journal WHERE run = $1 AND seq = $2`, run, seq).Scan(&facts)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("postgres: reading seq %d of run %d: %w", seq, run, err)
	}
	return facts, true, nil
}

// Load implements journal.Store.
func (s *Store) Load(ctx context.Context, run int64) (journal.History, error) {
	all, err := s.Loads(ctx, []int64{run})
	if err != nil {
		return journal.History{}, err
	}
	if len(all) == 0 {
		return journal.History{}, journal.ErrNoRun
	}
	return all[0], nil
}

// Loads implements journal.Store. The rows of the runs are read before their histories, so that no owner is newer than what it has written.
func (s *Store) Loads(ctx context.Context, runs []int64) ([]journal.History, error) {
	rows, _ := s.others.Query(ctx, `SELECT id, uuid, flow, version, status, coalesce(owner, 0), parent FROM runs WHERE id = ANY($1) ORDER BY id`, runs)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h journal.History, err error) {
		var id [16]byte
		var parent *[16]byte
		err = row.Scan(&h.Run, &id, &h.Flow, &h.Version, &h.Status, &h.Owner, &parent)
		h.UUID = journal.FormatUUID(id)
		if parent != nil {
			h.Parent = journal.FormatUUID(*parent)
		}
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: loading %d runs: %w", len(runs), err)
	}
	at := make(map[int64]*journal.History, len(all))
	for i := range all {
		at[all[i].Run] = &all[i]
	}
	var run int64
	var r journal.Record
	rows, _ = s.others.Query(ctx, `SELECT run, seq, at, facts FROM journal WHERE run = ANY($1) ORDER BY run, seq`, runs)
	_, err = pgx.ForEachRow(rows, []any{&run, &r.Seq, &r.At, &r.Facts}, func() error {
		if h := at[run]; h != nil {
			h.Records = append(h.Records, journal.Record{Seq: r.Seq, At: r.At.UTC(), Facts: r.Facts})
		}
		r.Facts = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: loading the histories of %d runs: %w", len(runs), err)
	}
	return all, nil
}

// Find implements journal.Store.
func (s *Store) Find(ctx context.Context, uuid string) (int64, error) {
	id, err := journal.ParseUUID(uuid)
	if err != nil {
		return 0, journal.ErrNoRun
	}
	var run int64
	err = s.others.QueryRow(ctx, `SELECT id FROM runs WHERE uuid = $1`, id).Scan(&run)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, journal.ErrNoRun
	case err != nil:
		return 0, fmt.Errorf("postgres: finding run %s: %w", uuid, err)
	}
	return run, nil
}

// ReserveIDs implements journal.Store.
func (s *Store) ReserveIDs(ctx context.Context, n int) (int64, error) {
	if n < 1 {
		return 0, fmt.Errorf("postgres: reserving %d run numbers makes no sense", n)
	}
	var first int64
	if err := s.others.QueryRow(ctx, `UPDATE counters SET next = next + $1 WHERE name = 'run' RETURNING next - $1`, int64(n)).Scan(&first); err != nil {
		return 0, fmt.Errorf("postgres: reserving %d run numbers: %w", n, err)
	}
	return first, nil
}

// ReserveStart implements journal.Store.
func (s *Store) ReserveStart(ctx context.Context, flow, key, uuid string, input []byte) (string, []byte, error) {
	id, err := journal.ParseUUID(uuid)
	if err != nil {
		return "", nil, fmt.Errorf("postgres: reserving a start of %q: %w", flow, err)
	}
	if input == nil {
		input = []byte{}
	}
	flow, key = journal.CleanKey(flow), journal.CleanKey(key)
	for {
		var bound [16]byte
		var hash []byte
		err := s.others.QueryRow(ctx, `WITH fresh AS (
				INSERT INTO starts (flow, key, run, input) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING run, input
			) SELECT run, input FROM fresh UNION ALL SELECT run, input FROM starts WHERE flow = $1 AND key = $2`, flow, key, id, input).Scan(&bound, &hash)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			// Another call has bound the key since this statement's snapshot; the next one sees it.
			if err := ctx.Err(); err != nil {
				return "", nil, fmt.Errorf("postgres: reserving a start of %q: %w", flow, err)
			}
			continue
		case err != nil:
			return "", nil, fmt.Errorf("postgres: reserving a start of %q: %w", flow, err)
		}
		return journal.FormatUUID(bound), hash, nil
	}
}

// Reserved implements journal.Store.
func (s *Store) Reserved(ctx context.Context, flow, key string) (string, []byte, bool, error) {
	var bound [16]byte
	var hash []byte
	err := s.others.QueryRow(ctx, `SELECT run, input FROM starts WHERE flow = $1 AND key = $2`, journal.CleanKey(flow), journal.CleanKey(key)).Scan(&bound, &hash)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", nil, false, nil
	case err != nil:
		return "", nil, false, fmt.Errorf("postgres: reading a start of %q: %w", flow, err)
	}
	return journal.FormatUUID(bound), hash, true, nil
}

// Posted implements journal.Store.
func (s *Store) Posted(ctx context.Context, id string) (journal.Message, error) {
	key, err := journal.ParseUUID(id)
	if err != nil {
		return journal.Message{}, journal.ErrNoMessage
	}
	m := journal.Message{ID: journal.FormatUUID(key)}
	err = s.others.QueryRow(ctx, `SELECT run, kind, body, at FROM inbox WHERE id = $1`, key).Scan(&m.Run, &m.Kind, &m.Body, &m.At)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return journal.Message{}, journal.ErrNoMessage
	case err != nil:
		return journal.Message{}, fmt.Errorf("postgres: reading message %s: %w", id, err)
	}
	m.At = m.At.UTC()
	return m, nil
}

// Post implements journal.Store.
func (s *Store) Post(ctx context.Context, m journal.Message) error {
	id, err := journal.ParseUUID(m.ID)
	if err != nil {
		return fmt.Errorf("postgres: posting to run %d: %w", m.Run, err)
	}
	if m.Body == nil {
		m.Body = []byte{}
	}
	var runs int
	err = s.others.QueryRow(ctx, `WITH run AS (SELECT id FROM runs WHERE id = $2 FOR KEY SHARE), posted AS (
			INSERT INTO inbox (id, run, kind, body, at) SELECT $1, id, $3, $4, clock_timestamp() FROM run ON CONFLICT DO NOTHING
		) SELECT count(*) FROM run`, id, m.Run, journal.CleanText(m.Kind), m.Body).Scan(&runs)
	switch {
	case err != nil:
		return fmt.Errorf("postgres: posting %s to run %d: %w", m.Kind, m.Run, err)
	case runs == 0:
		return journal.ErrNoRun
	}
	return nil
}

// Inbox implements journal.Store.
func (s *Store) Inbox(ctx context.Context, inc journal.Incarnation, limit int) ([]journal.Message, error) {
	rows, _ := s.others.Query(ctx, `SELECT i.id, i.run, i.kind, i.body, i.at FROM inbox i JOIN runs r ON r.id = i.run
		WHERE i.consumed_at IS NULL AND r.owner = $1 ORDER BY i.n LIMIT $2`, int64(inc), limit)
	messages, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (journal.Message, error) {
		var m journal.Message
		var id [16]byte
		var at time.Time
		err := row.Scan(&id, &m.Run, &m.Kind, &m.Body, &at)
		m.ID, m.At = journal.FormatUUID(id), at.UTC()
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: reading the inbox of incarnation %d: %w", inc, err)
	}
	return messages, nil
}

// Answer implements journal.Store.
func (s *Store) Answer(ctx context.Context, id string) ([]byte, bool, error) {
	key, err := journal.ParseUUID(id)
	if err != nil {
		return nil, false, journal.ErrNoMessage
	}
	var answer []byte
	var done bool
	err = s.others.QueryRow(ctx, `SELECT answer, consumed_at IS NOT NULL FROM inbox WHERE id = $1`, key).Scan(&answer, &done)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, false, journal.ErrNoMessage
	case err != nil:
		return nil, false, fmt.Errorf("postgres: reading the answer to %s: %w", id, err)
	}
	return answer, done, nil
}
