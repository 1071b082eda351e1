package models

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// ReplicaReport is what a server says of itself.
type ReplicaReport struct {
	Incarnation int64
	Host, Addr  string
	Release     string
	Reader      int       // the latest histories that it understands
	Since       time.Time // when its process began
	Runs        int       // in memory
	Calls       int       // being made
	Queued      int       // calls that wait for their turn
	Events      int       // that its engine has not taken note of
	Transitions int       // that wait for a commit
	Late        time.Duration
}

// Replica is a server that holds, or held, a lease.
type Replica struct {
	Replica     string // its data directory's id
	Incarnation int64
	Joined      time.Time
	Lease       time.Duration // what is left of it by the database's clock; negative: it has passed
	Owned       int           // runs, up to ReplicaBound: one above it are more
	Inbox       int           // messages to those, up to the bound
	InboxAge    time.Duration
	Report      *ReplicaReport // nil: it has not said anything yet, or is of a release that does not
	Said        time.Duration  // how long ago it did
}

// Unclaimed is what waits for whichever server comes first.
type Unclaimed struct {
	Due      int // sleeping runs whose time has come
	DueAge   time.Duration
	Inbox    int // messages to runs that nobody owns
	InboxAge time.Duration
}

// ReplicaBound is where counting what a server owns ends.
const ReplicaBound = 100_000

const (
	// A row of a life that is over goes with the next report of anybody.
	reportQuery = `WITH gone AS (DELETE FROM replicas WHERE incarnation <> $1 AND NOT EXISTS (SELECT FROM incarnations WHERE id = replicas.incarnation))
 INSERT INTO replicas (incarnation, host, addr, release, reader, since, runs, calls, queued, events, transitions, late_ms, said_at)
 SELECT $1::bigint, $2::text, $3::text, $4::text, $5::int, $6::timestamptz, $7::int, $8::int, $9::int, $10::int, $11::int, $12::bigint, clock_timestamp()
  WHERE EXISTS (SELECT FROM incarnations WHERE id = $1)
 ON CONFLICT (incarnation) DO UPDATE SET runs = excluded.runs, calls = excluded.calls, queued = excluded.queued, events = excluded.events,
  transitions = excluded.transitions, late_ms = excluded.late_ms, said_at = excluded.said_at`

	// Both stop counting at a bound, and look each run of a message up by its key.
	waitingPart = `WITH waiting AS MATERIALIZED (SELECT run, at FROM inbox WHERE consumed_at IS NULL ORDER BY run LIMIT $1),
 letters AS MATERIALIZED (SELECT (SELECT owner FROM runs WHERE id = waiting.run) AS owner, count(*) AS n, min(at) AS oldest FROM waiting GROUP BY 1)`

	replicasQuery = waitingPart + ` SELECT i.replica, i.id, i.started_at, extract(epoch FROM i.lease_until - clock_timestamp())::float8,
 (SELECT count(*) FROM (SELECT FROM runs WHERE runs.owner = i.id LIMIT $2) x), coalesce(l.n, 0), coalesce(extract(epoch FROM clock_timestamp() - l.oldest), 0)::float8,
 r.incarnation, coalesce(r.host, ''), coalesce(r.addr, ''), coalesce(r.release, ''), coalesce(r.reader, 0), r.since, coalesce(r.runs, 0), coalesce(r.calls, 0), coalesce(r.queued, 0),
 coalesce(r.events, 0), coalesce(r.transitions, 0), coalesce(r.late_ms, 0), coalesce(extract(epoch FROM clock_timestamp() - r.said_at), 0)::float8
 FROM incarnations i LEFT JOIN replicas r ON r.incarnation = i.id LEFT JOIN letters l ON l.owner = i.id ORDER BY i.id`

	unclaimedQuery = waitingPart + `, due AS MATERIALIZED (SELECT wake_at FROM runs WHERE owner IS NULL AND wake_at IS NOT NULL AND wake_at <= now() ORDER BY wake_at LIMIT $1)
 SELECT (SELECT count(*) FROM due), coalesce((SELECT extract(epoch FROM clock_timestamp() - min(wake_at)) FROM due), 0)::float8,
 coalesce((SELECT n FROM letters WHERE owner IS NULL), 0), coalesce((SELECT extract(epoch FROM clock_timestamp() - oldest) FROM letters WHERE owner IS NULL), 0)::float8`
)

// Report keeps what a server says of itself, in place of what it said before. It says nothing for a life that is over.
func (db *DB) Report(ctx context.Context, r ReplicaReport) error {
	conn, err := db.gorm.DB()
	if err == nil {
		_, err = conn.ExecContext(ctx, reportQuery, r.Incarnation, clean(r.Host), clean(r.Addr), clean(r.Release), r.Reader, r.Since, r.Runs, r.Calls, r.Queued, r.Events,
			r.Transitions, r.Late.Milliseconds())
	}
	return wrap(err, "reporting as incarnation %d", r.Incarnation)
}

// Replicas lists the servers that hold a lease, or whose lease has passed with nobody having taken over, the oldest life first, and what waits for any of them.
func (db *DB) Replicas(ctx context.Context) (all []Replica, free Unclaimed, err error) {
	conn, err := db.gorm.DB()
	if err != nil {
		return nil, free, wrap(err, "listing servers")
	}
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, free, wrap(err, "listing servers")
	}
	defer func() { _ = tx.Rollback() }()
	for _, setting := range straight {
		if _, err := tx.ExecContext(ctx, setting); err != nil {
			return nil, free, wrap(err, "listing servers")
		}
	}
	if all, err = replicas(ctx, tx); err != nil {
		return nil, free, wrap(err, "listing servers")
	}
	var due, inbox float64
	if err := tx.QueryRowContext(ctx, unclaimedQuery, backlogBound+1).Scan(&free.Due, &due, &free.Inbox, &inbox); err != nil {
		return nil, free, wrap(err, "looking at what no server owns")
	}
	free.DueAge, free.InboxAge = seconds(due), seconds(inbox)
	return all, free, nil
}

// backlogBound is where counting messages and sleepers ends.
const backlogBound = 10_000

// straight keeps the planner to the entries of an index one by one: it would else take a server that owns nothing for one that owns its share, and look for
// that in the whole table.
var straight = []string{"SET LOCAL enable_seqscan = off", "SET LOCAL enable_bitmapscan = off", "SET LOCAL jit = off"}

func replicas(ctx context.Context, tx *sql.Tx) (all []Replica, err error) {
	rows, err := tx.QueryContext(ctx, replicasQuery, backlogBound+1, ReplicaBound+1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r Replica
		var report ReplicaReport
		var lease, inbox, said float64
		var known sql.NullInt64
		var since sql.NullTime
		var late int64
		if err := rows.Scan(&r.Replica, &r.Incarnation, &r.Joined, &lease, &r.Owned, &r.Inbox, &inbox, &known, &report.Host, &report.Addr, &report.Release, &report.Reader,
			&since, &report.Runs, &report.Calls, &report.Queued, &report.Events, &report.Transitions, &late, &said); err != nil {
			return nil, err
		}
		r.Lease, r.InboxAge = time.Duration(lease*float64(time.Second)), seconds(inbox)
		utc(&r.Joined)
		if known.Valid {
			report.Incarnation, report.Since, report.Late = r.Incarnation, since.Time.UTC(), time.Duration(late)*time.Millisecond
			r.Report, r.Said = &report, seconds(said)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}
