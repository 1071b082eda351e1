package models_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/segno-run/segno/models"
)

func TestBacklog(t *testing.T) {
	t.Parallel()
	db, pool := open(t)
	addRun(t, pool, 1, "order", "failed", "no")
	addRun(t, pool, 2, "order", "waiting", "")
	addRun(t, pool, 3, "order", "waiting", "")
	addRun(t, pool, 4, "order", "uncertain", "")
	exec(t, pool, `UPDATE runs SET wake_at = now() - interval '90 seconds' WHERE id = 2`)
	exec(t, pool, `UPDATE runs SET wake_at = now() + interval '1 hour' WHERE id = 3`)
	exec(t, pool, `UPDATE runs SET needs = 'person' WHERE id = 4`)
	exec(t, pool, `INSERT INTO inbox (id, run, kind, body, at) VALUES ($1, 2, 'signal', '', now() - interval '10 minutes'), ($2, 3, 'signal', '', now())`, uuid.New(), uuid.New())
	exec(t, pool, `INSERT INTO inbox (id, run, kind, body, at, consumed_at) VALUES ($1, 2, 'signal', '', now() - interval '1 day', now())`, uuid.New())
	exec(t, pool, `INSERT INTO doomed (run) VALUES (9)`)
	exec(t, pool, `INSERT INTO incarnations (replica, lease_until) VALUES ('a', now() + interval '9 seconds'), ('b', now() - interval '1 minute')`)

	b, err := db.Backlog(t.Context(), []string{"failed", "waiting", "running"}, 10)
	ok(t, err)
	if b.Runs["failed"] != 1 || b.Runs["waiting"] != 2 || b.Runs["running"] != 0 || len(b.Runs) != 3 {
		t.Errorf("got runs %v, want 1 failed, 2 waiting, none running", b.Runs)
	}
	if b.Inbox != 2 || b.InboxAge < 10*time.Minute || b.InboxAge > time.Hour {
		t.Errorf("got %d messages, the oldest of %s; want 2, of 10 minutes", b.Inbox, b.InboxAge)
	}
	if b.Overdue != 1 || b.OverdueAge < 90*time.Second || b.OverdueAge > time.Hour {
		t.Errorf("got %d overdue, the first by %s; want 1, by 90 s", b.Overdue, b.OverdueAge)
	}
	if b.NeedPerson != 1 || b.NeedRetry != 0 || b.Doomed != 1 || b.Replicas != 1 || b.Expired != 1 {
		t.Errorf("got %+v, want one that waits for a person, one doomed, one server alive and one not", b)
	}
	if b.DatabaseSize < 1<<20 || b.Sizes["journal"] < 8192 || b.Sizes["payload_pieces"] < 8192 {
		t.Errorf("got sizes %d %v, want some", b.DatabaseSize, b.Sizes)
	}
	b, err = db.Backlog(t.Context(), []string{"waiting"}, 1)
	ok(t, err)
	if b.Runs["waiting"] != 2 || b.Inbox != 2 {
		t.Errorf("got %d waiting and %d messages where counting ends at 1, want 2 of each for more", b.Runs["waiting"], b.Inbox)
	}
}

// TestBacklogIsCheap: a scrape reads the first entries of indexes, however many runs there are and whatever the statistics say.
func TestBacklogIsCheap(t *testing.T) {
	t.Parallel()
	_, pool := open(t)
	// All but a few of them have ended: a status that nobody has looked up must not be sought in all of them.
	exec(t, pool, `INSERT INTO runs (id, uuid, flow, version, status, reader, created_at, updated_at, ended_at)
		SELECT g, gen_random_uuid(), 'f', 1, CASE WHEN g % 5000 = 0 THEN 'failed' ELSE 'succeeded' END, 3, now(), now(), now() FROM generate_series(1, 20000) g`)
	exec(t, pool, `INSERT INTO inbox (id, run, kind, body, consumed_at) SELECT gen_random_uuid(), g, 'signal', '', now() FROM generate_series(1, 20000) g`)
	readAtMost(t, pool, 100, map[string]question{
		"what waits": {models.BacklogQuery, "(50)"}, "failed runs": {models.StatusQuery, "('failed', 50)"}, "finished runs": {models.StatusQuery, "('succeeded', 50)"},
		"no runs": {models.StatusQuery, "('paused', 50)"},
	})
}

// question is a statement and what it is asked with.
type question struct{ sql, args string }

// readAtMost holds the rows that each question reads against a bound, whatever the database has planned with and knows of its tables.
func readAtMost(t *testing.T, pool *pgxpool.Pool, most int, all map[string]question, settings ...string) {
	t.Helper()
	for _, statistics := range []string{"SELECT", "VACUUM ANALYZE"} {
		exec(t, pool, statistics)
		for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
			for what, q := range all {
				if n := rowsRead(t, pool, mode, q.sql, q.args, settings...); n > most {
					t.Errorf("%s after %s with %s: it reads %d rows, want at most %d", what, statistics, mode, n, most)
				}
			}
		}
	}
}

// rowsRead executes a statement and returns how many rows its plan took from tables and indexes, those that it then dropped included.
func rowsRead(t *testing.T, pool *pgxpool.Pool, mode, sql, args string, settings ...string) (n int) {
	t.Helper()
	conn, err := pool.Acquire(t.Context())
	ok(t, err)
	defer conn.Release()
	setUp := append([]string{"ROLLBACK", "DEALLOCATE ALL", "BEGIN", "SET LOCAL plan_cache_mode = " + mode}, settings...)
	for _, s := range append(setUp, "PREPARE it AS "+sql) {
		_, err := conn.Exec(t.Context(), s, pgx.QueryExecModeSimpleProtocol)
		ok(t, err)
	}
	var raw []byte
	ok(t, conn.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE it"+args, pgx.QueryExecModeSimpleProtocol).Scan(&raw))
	type node struct {
		Type    string  `json:"Node Type"`
		Table   string  `json:"Relation Name"`
		Rows    float64 `json:"Actual Rows"`
		Loops   float64 `json:"Actual Loops"`
		Dropped float64 `json:"Rows Removed by Filter"`
		Plans   []node
	}
	var plans []struct{ Plan node }
	ok(t, json.Unmarshal(raw, &plans))
	var walk func(node)
	walk = func(p node) {
		if strings.Contains(p.Type, "Scan") {
			n += int((p.Rows + p.Dropped) * p.Loops)
		}
		for _, below := range p.Plans {
			walk(below)
		}
	}
	walk(plans[0].Plan)
	return n
}
