package models

import (
	"context"
	"time"
)

// Backlog is what waits in the database, for whichever server comes to it. Numbers stop at the bound that they were asked with: one above it stands for
// any more.
type Backlog struct {
	Inbox        int           // messages that no server has consumed
	InboxAge     time.Duration // how long the oldest of those has waited
	Overdue      int           // sleeping runs that are due and that no server has claimed
	OverdueAge   time.Duration // how long the first of them has been due
	NeedPerson   int           // runs that wait for a person
	NeedRetry    int           // runs in which a failed attempt is waited for
	Doomed       int           // deleted runs whose histories are not yet
	Replicas     int           // servers with a lease that has not passed
	Expired      int           // servers whose lease has passed and whose runs nobody has taken over
	DatabaseSize int64         // bytes
	Runs         map[string]int
	Sizes        map[string]int64 // bytes on disk by table, indexes and TOAST included
}

// The statements read the first entries of an index each, whatever the tables hold: bounded by LIMIT, and ordered so that the planner has no reason to
// sort or to go through a table.
const (
	backlogQuery = `SELECT
 (SELECT count(*) FROM (SELECT FROM inbox WHERE consumed_at IS NULL ORDER BY run LIMIT $1) x) AS inbox,
 (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8 FROM (SELECT at FROM inbox WHERE consumed_at IS NULL ORDER BY run LIMIT $1) x) AS inbox_age,
 (SELECT count(*) FROM (SELECT FROM runs WHERE owner IS NULL AND wake_at IS NOT NULL AND wake_at <= now() ORDER BY wake_at LIMIT $1) x) AS overdue,
 (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(wake_at)), 0)::float8 FROM (SELECT wake_at FROM runs WHERE owner IS NULL AND wake_at IS NOT NULL AND wake_at <= now()
  ORDER BY wake_at LIMIT 1) x) AS overdue_age,
 (SELECT count(*) FROM (SELECT FROM runs WHERE needs <> '' AND needs = 'person' ORDER BY created_at DESC, id DESC LIMIT $1) x) AS need_person,
 (SELECT count(*) FROM (SELECT FROM runs WHERE needs <> '' AND needs = 'retry' ORDER BY created_at DESC, id DESC LIMIT $1) x) AS need_retry,
 (SELECT count(*) FROM (SELECT FROM doomed ORDER BY run LIMIT $1) x) AS doomed,
 (SELECT count(*) FROM incarnations WHERE lease_until >= clock_timestamp()) AS replicas,
 (SELECT count(*) FROM incarnations WHERE lease_until < clock_timestamp()) AS expired,
 pg_database_size(current_database()) AS database_size`

	statusQuery = `SELECT count(*) FROM (SELECT FROM runs WHERE status = $1 ORDER BY created_at DESC, id DESC LIMIT $2) x`

	sizesQuery = `SELECT c.relname AS name, pg_total_relation_size(c.oid) AS size FROM pg_class c
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY($1) AND c.relkind = 'r'`
)

// measured are the tables that grow with what runs do.
var measured = []string{"runs", "run_keys", "journal", "inbox", "starts", "payloads", "payload_pieces", "payload_refs"}

// Backlog looks at what waits, and at the runs of those statuses, up to bound of each.
func (db *DB) Backlog(ctx context.Context, statuses []string, bound int) (Backlog, error) {
	conn, err := db.gorm.DB()
	if err != nil {
		return Backlog{}, wrap(err, "looking at what waits")
	}
	b := Backlog{Runs: map[string]int{}, Sizes: map[string]int64{}}
	var inbox, overdue float64
	if err := conn.QueryRowContext(ctx, backlogQuery, bound+1).Scan(&b.Inbox, &inbox, &b.Overdue, &overdue, &b.NeedPerson, &b.NeedRetry, &b.Doomed, &b.Replicas,
		&b.Expired, &b.DatabaseSize); err != nil {
		return Backlog{}, wrap(err, "looking at what waits")
	}
	b.InboxAge, b.OverdueAge = seconds(inbox), seconds(overdue)
	for _, status := range statuses {
		n := 0
		if err := conn.QueryRowContext(ctx, statusQuery, status, bound+1).Scan(&n); err != nil {
			return Backlog{}, wrap(err, "counting runs that are %s", status)
		}
		b.Runs[status] = n
	}
	rows, err := conn.QueryContext(ctx, sizesQuery, measured)
	if err != nil {
		return Backlog{}, wrap(err, "measuring tables")
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var size int64
		if err := rows.Scan(&name, &size); err != nil {
			return Backlog{}, wrap(err, "measuring tables")
		}
		b.Sizes[name] = size
	}
	return b, wrap(rows.Err(), "measuring tables")
}

func seconds(s float64) time.Duration { return time.Duration(max(0, s) * float64(time.Second)) }
