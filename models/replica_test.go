package models_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/segno-run/segno/models"
)

func TestReplicas(t *testing.T) {
	t.Parallel()
	db, pool := open(t)
	all, free, err := db.Replicas(t.Context())
	ok(t, err)
	if len(all) != 0 || free != (models.Unclaimed{}) {
		t.Fatalf("got %v and %v of an empty database, want nothing", all, free)
	}

	exec(t, pool, `INSERT INTO incarnations (replica, lease_until) VALUES ('a', now() + interval '9 seconds'), ('b', now() - interval '1 minute')`)
	for id := range int64(4) {
		addRun(t, pool, id+1, "order", "waiting", "")
	}
	exec(t, pool, `UPDATE runs SET owner = 1 WHERE id <= 2`)
	exec(t, pool, `UPDATE runs SET wake_at = now() - interval '1 minute' WHERE id = 3`)
	exec(t, pool, `UPDATE runs SET wake_at = now() + interval '1 minute' WHERE id = 4`)
	for run, age := range map[int]string{1: "2 minutes", 2: "1 second", 4: "3 minutes"} {
		exec(t, pool, `INSERT INTO inbox (id, run, kind, body, at) VALUES ($1, $2, 'signal', '', now() - $3::text::interval)`, uuid.New(), run, age)
	}
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ok(t, db.Report(t.Context(), models.ReplicaReport{Incarnation: 1, Host: "one", Addr: "127.0.0.1:8080", Release: "v1", Reader: 4, Since: began, Runs: 7}))
	ok(t, db.Report(t.Context(), models.ReplicaReport{Incarnation: 1, Host: "one", Addr: "127.0.0.1:8080", Release: "v1", Reader: 4, Since: began, Runs: 2, Calls: 3, Queued: 4,
		Events: 5, Transitions: 6, Late: 1500 * time.Millisecond}))

	all, free, err = db.Replicas(t.Context())
	ok(t, err)
	if len(all) != 2 {
		t.Fatalf("got %d servers, want both", len(all))
	}
	a, b := all[0], all[1]
	if a.Replica != "a" || a.Owned != 2 || a.Inbox != 2 || a.InboxAge < 2*time.Minute || a.InboxAge > time.Hour || a.Lease <= 0 || a.Lease > 9*time.Second {
		t.Errorf("got %+v, want server a with its two runs, two messages and what is left of 9 s", a)
	}
	want := models.ReplicaReport{Incarnation: 1, Host: "one", Addr: "127.0.0.1:8080", Release: "v1", Reader: 4, Since: began, Runs: 2, Calls: 3, Queued: 4, Events: 5,
		Transitions: 6, Late: 1500 * time.Millisecond}
	if a.Report == nil || *a.Report != want || a.Said > time.Minute {
		t.Errorf("got report %+v, want %+v", a.Report, want)
	}
	if b.Replica != "b" || b.Owned != 0 || b.Inbox != 0 || b.Lease > -time.Minute || b.Report != nil {
		t.Errorf("got %+v, want server b, gone for a minute, with nothing", b)
	}
	if free.Due != 1 || free.DueAge < time.Minute || free.Inbox != 1 || free.InboxAge < 3*time.Minute {
		t.Errorf("got %+v, want one run that is due since a minute and one message of three", free)
	}

	// What a life that is over has said goes with the next report of anybody; itself it says nothing more.
	exec(t, pool, `DELETE FROM incarnations WHERE id = 1`)
	ok(t, db.Report(t.Context(), models.ReplicaReport{Incarnation: 1, Since: began}))
	ok(t, db.Report(t.Context(), models.ReplicaReport{Incarnation: 2, Since: began}))
	var said []int64
	ok(t, pool.QueryRow(t.Context(), `SELECT array_agg(incarnation) FROM replicas`).Scan(&said))
	if len(said) != 1 || said[0] != 2 {
		t.Errorf("got reports of %v, want that of 2 alone", said)
	}
}

// TestReplicasAreCheap: the page of servers reads entries of indexes and single rows, never a table, also of a server that owns none of many runs.
func TestReplicasAreCheap(t *testing.T) {
	t.Parallel()
	_, pool := open(t)
	exec(t, pool, `INSERT INTO incarnations (replica, lease_until) VALUES ('a', now() + interval '1 hour'), ('b', now() + interval '1 hour'), ('c', now() + interval '1 hour')`)
	exec(t, pool, `INSERT INTO runs (id, uuid, flow, version, status, reader, owner, created_at, updated_at)
		SELECT g, gen_random_uuid(), 'f', 1, 'running', 3, 1, now(), now() FROM generate_series(1, 20000) g`)
	exec(t, pool, `INSERT INTO inbox (id, run, kind, body) SELECT gen_random_uuid(), g, 'signal', '' FROM generate_series(1, 20000) g`)
	readAtMost(t, pool, 400, map[string]question{"servers": {models.ReplicasQuery, "(50, 50)"}, "what nobody owns": {models.UnclaimedQuery, "(50)"}}, models.Straight()...)
}
