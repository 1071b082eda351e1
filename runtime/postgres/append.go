package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

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
	c, err := s.writers.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("postgres: appending %d transitions: %w", len(batch), err)
	}
	fenced, err := s.appendOn(ctx, c.Conn(), inc, writer, batch)
	c.Release() // before the bad one is looked for, which takes a connection of its own
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

// appendOn runs the statement. fenced: the fence was not there, so nothing was written.
func (s *Store) appendOn(ctx context.Context, c *pgx.Conn, inc journal.Incarnation, writer int, batch []journal.Transition) (fenced bool, err error) {
	args := statement(inc, writer, batch)
	defer args.free()
	text := args.made.text()
	if t := s.tracer; t != nil { // what is sent below pgx is seen all the same
		ctx = t.TraceQueryStart(ctx, c, pgx.TraceQueryStartData{SQL: text})
		defer func() { t.TraceQueryEnd(ctx, c, pgx.TraceQueryEndData{Err: err}) }()
	}
	prepared, err := c.Prepare(ctx, args.made.name(), text)
	if err != nil {
		return false, err
	}
	formats := []int16{pgx.BinaryFormatCode}
	res := c.PgConn().ExecStatement(ctx, prepared, args.parameters(), formats, formats).Read()
	if res.Err != nil {
		return false, res.Err
	}
	if len(res.Rows) != 1 || len(res.Rows[0]) != 1 || len(res.Rows[0][0]) != 8 {
		return false, fmt.Errorf("a batch was answered with %d rows, where one count was due", len(res.Rows))
	}
	return bytes.Equal(res.Rows[0][0], make([]byte, 8)), nil
}

// The parts of the statement. Each is guarded by the fence: EXISTS over a CTE is evaluated once and before the first row, and it locks the row
// until the commit, so a takeover either waits for this batch or makes it write nothing.
//
// Rows are found by their keys, one by one. What else a row must be is written so that no index answers it (IS NOT DISTINCT FROM, coalesce): the plan is
// made once, without values, and would else go through all runs that the server owns, or all messages that wait, with every batch.
//
// The question whether history has gone past a row asks for an inequality: of an equality the plan could make a hash of all histories.
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
 FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::int[], %s::bool[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::bigint[])
 AS u (id, status, needs, version, reader, release, wake_at, updated_at, ended_at, class, step, message, stale)
 WHERE runs.id = u.id AND runs.owner IS NOT DISTINCT FROM $1::bigint AND EXISTS (SELECT FROM fence)
 AND (u.stale = 0 OR NOT EXISTS (SELECT FROM journal WHERE journal.run = u.id AND journal.seq >= u.stale)))`

	inboxPart = `, consumed AS (UPDATE inbox SET consumed_at = now(), answer = u.answer
 FROM unnest(%s::uuid[], %s::bytea[]) AS u (id, answer)
 WHERE inbox.id = u.id AND coalesce(inbox.consumed_at, 'infinity') = 'infinity' AND EXISTS (SELECT FROM fence))`

	journalPart = `, written AS (INSERT INTO journal (run, seq, at, facts)
 SELECT run, seq, at, facts FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bytea[]) AS u (run, seq, at, facts)
 WHERE EXISTS (SELECT FROM fence))`

	keysPart = `, keyed AS (INSERT INTO run_keys (run, keys)
 SELECT run, keys::bigint[] FROM unnest(%s::bigint[], %s::text[]) AS u (run, keys) WHERE EXISTS (SELECT FROM fence))`

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

// name is what the statement is prepared as.
func (s shape) name() string { return "append_" + strconv.Itoa(int(s)) }

// statement builds what the batch needs of the parts, so that the common batch, history rows only, pays for no other. The sheet is to be freed.
func statement(inc journal.Incarnation, writer int, batch []journal.Transition) *sheet {
	s := sheets.Get().(*sheet)
	binary.BigEndian.PutUint64(s.head[:], uint64(inc))
	binary.BigEndian.PutUint32(s.head[8:], uint32(writer))

	s.rows(journal.Merge(batch))
	s.letters(batch, s.children(batch))
	s.consumed(batch)
	s.history(batch)
	s.keys(batch)
	s.refs(batch)
	return s
}

// rows writes what becomes of the runs' rows: first those that are new.
func (s *sheet) rows(merged []journal.Merged) {
	var c []column
	for i := range merged {
		m := &merged[i]
		if m.New == nil {
			continue
		}
		if c == nil {
			c = s.add(born)
		}
		row := m.Row
		if row == nil {
			row = &journal.BornPending
		}
		id, _ := journal.ParseUUID(m.New.UUID) // Check has parsed it
		c[0].int64(m.Run)
		c[1].uuid(id)
		c[2].text(m.New.Flow)
		c[3].int32(m.New.Version)
		c[4].int32(m.New.Reader)
		c[5].text(row.Status)
		c[6].text(row.Needs)
		c[7].bool(row.Release)
		c[8].maybe(row.WakeAt)
		c[9].time(m.Born)
		c[10].time(m.At)
		c[11].maybe(row.EndedAt)
		c[12].text(row.Class)
		c[13].text(row.Step)
		c[14].text(row.Message)
	}
	c = nil
	for i := range merged {
		m := &merged[i]
		if m.New != nil {
			continue
		}
		if c == nil {
			c = s.add(touched)
		}
		c[0].int64(m.Run)
		c[1].text(m.Row.Status)
		c[2].text(m.Row.Needs)
		c[3].int32(m.Row.Version)
		c[4].int32(m.Row.Reader)
		c[5].bool(m.Row.Release)
		c[6].maybe(m.Row.WakeAt)
		c[7].time(m.At)
		c[8].maybe(m.Row.EndedAt)
		c[9].text(m.Row.Class)
		c[10].text(m.Row.Step)
		c[11].text(m.Row.Message)
		c[12].int64(m.Stale)
	}
}

// consumed writes the messages of a batch; of one that is named twice, the first answer counts, as it would if the transitions came one by one.
func (s *sheet) consumed(batch []journal.Transition) {
	var c []column
	var seen map[[16]byte]bool
	for i := range batch {
		for _, m := range batch[i].Inbox {
			id, _ := journal.ParseUUID(m.ID) // Check has parsed it
			if seen[id] {
				continue
			}
			if c == nil {
				c, seen = s.add(used), map[[16]byte]bool{}
			}
			seen[id] = true
			c[0].uuid(id)
			c[1].blob(m.Answer)
		}
	}
}

func (s *sheet) history(batch []journal.Transition) {
	var c []column
	for i := range batch {
		t := &batch[i]
		if t.NoFacts() {
			continue
		}
		if c == nil {
			c = s.add(written)
		}
		c[0].int64(t.Run)
		c[1].int64(t.Seq)
		c[2].time(t.At)
		c[3].bytes(t.Facts)
	}
}

// keys writes the keys of the runs of a batch that have some, as the text of an array: one column holds no arrays of different lengths.
func (s *sheet) keys(batch []journal.Transition) {
	var c []column
	var text []byte
	for i := range batch {
		t := &batch[i]
		if len(t.Keys) == 0 {
			continue
		}
		if c == nil {
			c = s.add(keyed)
		}
		text = append(text[:0], '{')
		for k, key := range t.Keys {
			if k > 0 {
				text = append(text, ',')
			}
			text = strconv.AppendInt(text, key, 10)
		}
		c[0].int64(t.Run)
		c[1].bytes(append(text, '}'))
	}
}
