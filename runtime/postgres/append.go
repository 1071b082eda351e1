package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/segno-run/segno/runtime/journal"
)

// Append implements journal.Store: one statement, one round trip, one commit.
func (s *Store) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	if len(batch) == 0 {
		return nil
	}
	if err := checkAll(batch); err != nil {
		return err
	}
	batch, err := s.number(ctx, batch)
	if err != nil {
		return fmt.Errorf("postgres: appending %d transitions: %w", len(batch), err)
	}
	if err := s.keep(ctx, batch); err != nil {
		return fmt.Errorf("postgres: appending %d transitions: %w", len(batch), err)
	}
	fenced, err := appendOn(ctx, s.writers, inc, writer, batch)
	switch {
	case err != nil && isData(err):
		return s.bisect(ctx, inc, writer, batch, err)
	case err != nil:
		return fmt.Errorf("postgres: appending %d transitions: %w", len(batch), err)
	case fenced:
		return journal.ErrFenced
	}
	return nil
}

// checkAll refuses what needs no database to be refused.
func checkAll(batch []journal.Transition) error {
	var bad []int
	var first error
	for i := range batch {
		if err := journal.Check(&batch[i]); err != nil {
			bad = append(bad, i)
			if first == nil {
				first = err
			}
		}
	}
	if bad == nil {
		return nil
	}
	return &journal.BatchError{Bad: bad, Err: first}
}

// isData reports whether PostgreSQL refused the data of a statement, and nothing else was wrong: class 22 (data exception), 23 (integrity) or 54
// (a limit exceeded). Nothing was written then.
func isData(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && len(pg.Code) == 5 && (pg.Code[:2] == "22" || pg.Code[:2] == "23" || pg.Code[:2] == "54")
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// appendOn runs the statement. fenced: the fence was not there, so nothing was written.
func appendOn(ctx context.Context, q querier, inc journal.Incarnation, writer int, batch []journal.Transition) (fenced bool, err error) {
	sql, args := statement(inc, writer, batch)
	var n int
	if err := q.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
		return false, err
	}
	return n == 0, nil
}

// The parts of the statement. Each is guarded by the fence: EXISTS over a CTE is evaluated once and before the first row, and it locks the row
// until the commit, so a takeover either waits for this batch or makes it write nothing.
//
// Rows are found by their keys, one by one. What else a row must be is written so that no index answers it (IS NOT DISTINCT FROM, coalesce): the plan is
// made once, without values, and would else go through all runs that the server owns, or all messages that wait, with every batch.
//
// All parts see the database as it was before the statement; Merge has made sure that none needs to see another's work.
const (
	fencePart = `WITH fence AS MATERIALIZED (SELECT 1 FROM fences WHERE incarnation = $1 AND writer = $2 FOR KEY SHARE)`

	bornPart = `, born AS (INSERT INTO runs (id, uuid, flow, version, reader, status, needs, owner, wake_at, created_at, updated_at, ended_at, class, step, message)
 SELECT id, uuid, flow, version, reader, status, needs, CASE WHEN release THEN NULL ELSE $1::bigint END, wake_at, created_at, updated_at, ended_at, class, step, message
 FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::int[], %s::int[], %s::text[], %s::text[], %s::bool[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
 AS u (id, uuid, flow, version, reader, status, needs, release, wake_at, created_at, updated_at, ended_at, class, step, message) WHERE EXISTS (SELECT FROM fence))`

	rowPart = `, touched AS (UPDATE runs SET status = u.status, needs = u.needs, version = COALESCE(NULLIF(u.version, 0), runs.version), reader = GREATEST(runs.reader, u.reader), owner = CASE WHEN u.release THEN NULL ELSE runs.owner END,
 wake_at = u.wake_at, updated_at = u.updated_at, ended_at = u.ended_at, class = u.class, step = u.step, message = u.message
 FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::int[], %s::bool[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
 AS u (id, status, needs, version, reader, release, wake_at, updated_at, ended_at, class, step, message)
 WHERE runs.id = u.id AND runs.owner IS NOT DISTINCT FROM $1::bigint AND EXISTS (SELECT FROM fence))`

	inboxPart = `, consumed AS (UPDATE inbox SET consumed_at = now(), answer = u.answer
 FROM unnest(%s::uuid[], %s::bytea[]) AS u (id, answer)
 WHERE inbox.id = u.id AND coalesce(inbox.consumed_at, 'infinity') = 'infinity' AND EXISTS (SELECT FROM fence))`

	journalPart = `, written AS (INSERT INTO journal (run, seq, at, facts)
 SELECT run, seq, at, facts FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bytea[]) AS u (run, seq, at, facts)
 WHERE EXISTS (SELECT FROM fence))`

	// A child's first transition may come a second time after a commit whose outcome was unknown: its history refuses it then, not its keys.
	keysPart = `, keyed AS (INSERT INTO run_keys (run, keys)
 SELECT run, keys::bigint[] FROM unnest(%s::bigint[], %s::text[]) AS u (run, keys) WHERE EXISTS (SELECT FROM fence) ON CONFLICT DO NOTHING)`

	countPart = ` SELECT count(*) FROM fence`
)

// shape is which parts a statement has, a bit each.
type shape uint8

// The parts in the order in which statements have them.
const (
	born = iota
	touched
	bornChildren
	sent
	used
	written
	keyed
	referred
)

var parts = [...]string{born: bornPart, touched: rowPart, bornChildren: childrenPart, sent: outboxPart, used: inboxPart, written: journalPart,
	keyed: keysPart, referred: refsPart}

// texts are the statements of the shapes that have been met.
var texts sync.Map

// text is the statement of that shape. There are 256 at most; each connection prepares the ones that it meets.
func (s shape) text() string {
	if known, ok := texts.Load(s); ok {
		return known.(string)
	}
	var sql strings.Builder
	sql.WriteString(fencePart)
	n := 2 // parameters so far
	for i, part := range parts {
		if s&(1<<i) == 0 {
			continue
		}
		names := make([]any, strings.Count(part, "%s"))
		for k := range names {
			n++
			names[k] = fmt.Sprintf("$%d", n)
		}
		fmt.Fprintf(&sql, part, names...)
	}
	sql.WriteString(countPart)
	texts.Store(s, sql.String())
	return sql.String()
}

// statement builds what the batch needs of the parts, so that the common batch, history rows only, pays for no other.
func statement(inc journal.Incarnation, writer int, batch []journal.Transition) (string, []any) {
	var made shape
	args := make([]any, 2, 48)
	args[0], args[1] = int64(inc), writer
	add := func(part int, columns ...any) {
		made |= 1 << part
		args = append(args, columns...)
	}

	var births, rows runColumns
	for _, m := range journal.Merge(batch) {
		if m.New != nil {
			births.add(m)
		} else {
			rows.add(m)
		}
	}
	if b := &births; len(b.id) > 0 {
		add(born, b.id, b.uuid, b.flow, b.version, b.reader, b.status, b.needs, b.release, b.wake, b.created, b.updated, b.ended, b.class, b.step, b.message)
	}
	if r := &rows; len(r.id) > 0 {
		add(touched, r.id, r.status, r.needs, r.version, r.reader, r.release, r.wake, r.updated, r.ended, r.class, r.step, r.message)
	}
	columns, numbers := children(batch)
	if len(numbers) > 0 {
		add(bornChildren, columns...)
	}
	if columns := letters(batch, numbers); columns != nil {
		add(sent, columns...)
	}
	if ids, answers := consumed(batch); len(ids) > 0 {
		add(used, ids, answers)
	}
	if runs, seqs, ats, facts := history(batch); len(runs) > 0 {
		add(written, runs, seqs, ats, facts)
	}
	if runs, keys := keys(batch); len(runs) > 0 {
		add(keyed, runs, keys)
	}
	if runs, hashes := refs(batch); len(runs) > 0 {
		add(referred, runs, hashes)
	}
	return made.text(), args
}

// runColumns are rows of runs, a slice a column.
type runColumns struct {
	id                   []int64
	uuid                 [][16]byte
	flow                 []string
	version, reader      []int32
	status, needs        []string
	class, step, message []string
	release              []bool
	wake, ended          []*time.Time
	created, updated     []time.Time
}

func (c *runColumns) add(m journal.Merged) {
	row := m.Row
	if row == nil {
		row = &journal.BornPending
	}
	if m.New != nil {
		id, _ := journal.ParseUUID(m.New.UUID) // Check has parsed it
		c.uuid = append(c.uuid, id)
		c.flow = append(c.flow, m.New.Flow)
		c.version = append(c.version, int32(m.New.Version))
		c.reader = append(c.reader, int32(m.New.Reader))
		c.created = append(c.created, m.Born)
	} else {
		c.version = append(c.version, int32(row.Version))
		c.reader = append(c.reader, int32(row.Reader))
	}
	c.id = append(c.id, m.Run)
	c.status = append(c.status, row.Status)
	c.needs = append(c.needs, row.Needs)
	c.release = append(c.release, row.Release)
	c.wake = append(c.wake, row.WakeAt)
	c.ended = append(c.ended, row.EndedAt)
	c.updated = append(c.updated, m.At)
	c.class = append(c.class, row.Class)
	c.step = append(c.step, row.Step)
	c.message = append(c.message, row.Message)
}

// consumed lists the messages of a batch; of one that is named twice, the first answer counts, as it would if the transitions came one by one.
func consumed(batch []journal.Transition) (ids [][16]byte, answers [][]byte) {
	seen := map[[16]byte]bool{}
	for i := range batch {
		for _, c := range batch[i].Inbox {
			id, _ := journal.ParseUUID(c.ID) // Check has parsed it
			if seen[id] {
				continue
			}
			seen[id] = true
			ids, answers = append(ids, id), append(answers, c.Answer)
		}
	}
	return ids, answers
}

func history(batch []journal.Transition) (runs, seqs []int64, ats []time.Time, facts [][]byte) {
	n := len(batch)
	runs, seqs, ats, facts = make([]int64, 0, n), make([]int64, 0, n), make([]time.Time, 0, n), make([][]byte, 0, n)
	for i := range batch {
		t := &batch[i]
		if t.NoFacts() {
			continue
		}
		runs, seqs, ats, facts = append(runs, t.Run), append(seqs, t.Seq), append(ats, t.At), append(facts, t.Facts)
	}
	return runs, seqs, ats, facts
}

// keys lists the runs of a batch that have keys, and those as the text of an array: one column holds no arrays of different lengths.
func keys(batch []journal.Transition) (runs []int64, keys []string) {
	for i := range batch {
		t := &batch[i]
		if len(t.Keys) == 0 {
			continue
		}
		text := []byte{'{'}
		for k, key := range t.Keys {
			if k > 0 {
				text = append(text, ',')
			}
			text = strconv.AppendInt(text, key, 10)
		}
		runs, keys = append(runs, t.Run), append(keys, string(append(text, '}')))
	}
	return runs, keys
}
