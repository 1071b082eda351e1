package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/journal/storetest"
	"github.com/segno-run/segno/runtime/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// open returns a store on a database of its own, and a connection beside it.
func open(t testing.TB) (*postgres.Store, *pgx.Conn) {
	t.Helper()
	url := pgtest.URL(t)
	s, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(s.Close)
	return s, connect(t, url)
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func exec(t testing.TB, c interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, sql string, args ...any) (n int) {
	t.Helper()
	if err := c.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func TestConformance(t *testing.T) {
	conns := map[journal.Store]*pgx.Conn{}
	storetest.Run(t, func(t *testing.T) journal.Store {
		s, c := open(t)
		conns[s] = c
		return s
	}, storetest.Options{
		// The database's clock can't be moved; what is compared with it can.
		Advance: func(t *testing.T, s journal.Store, d time.Duration) {
			t.Helper()
			exec(t, conns[s], `WITH l AS (UPDATE incarnations SET lease_until = lease_until - $1::interval)
				UPDATE runs SET wake_at = wake_at - $1::interval, ended_at = ended_at - $1::interval, created_at = created_at - $1::interval`, d)
		},
		Row: func(t *testing.T, s journal.Store, run int64) journal.RunRow {
			t.Helper()
			var r journal.RunRow
			err := conns[s].QueryRow(t.Context(), `SELECT status, needs, owner IS NULL, wake_at, ended_at, class, step, message FROM runs WHERE id = $1`, run).
				Scan(&r.Status, &r.Needs, &r.Release, &r.WakeAt, &r.EndedAt, &r.Class, &r.Step, &r.Message)
			if err != nil {
				t.Fatalf("reading run %d: %v", run, err)
			}
			return r
		},
	})
}

func join(t testing.TB, s *postgres.Store, replica string) journal.Incarnation {
	t.Helper()
	inc, err := s.Join(t.Context(), replica, 2, time.Hour)
	if err != nil {
		t.Fatalf("Join: %v", err)
	}
	return inc
}

func birth(run int64) journal.Transition {
	return journal.Transition{Run: run, Seq: 1, At: time.Now(), Facts: []byte("born"),
		New: &journal.NewRun{UUID: uuid.Must(uuid.NewV7()).String(), Flow: "order", Version: 1, Reader: 1}, Row: &journal.RunRow{Status: "running"}}
}

func fact(run, seq int64) journal.Transition {
	return journal.Transition{Run: run, Seq: seq, At: time.Now(), Facts: []byte("fact")}
}

// blocked waits until a statement of this database waits for a lock.
func blocked(t testing.TB, c *pgx.Conn) {
	t.Helper()
	for exec(t, c, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 0 {
		if t.Context().Err() != nil {
			t.Fatal("nothing waits for a lock")
		}
	}
}

// TestTakeoverWaitsForBatchInFlight stops an append between its fence and its commit and lets a takeover come.
func TestTakeoverWaitsForBatchInFlight(t *testing.T) {
	url := pgtest.URL(t)
	s, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	watch, holder := connect(t, url), connect(t, url)
	old := join(t, s, "a")
	if err := s.Append(t.Context(), old, 0, []journal.Transition{birth(1)}); err != nil {
		t.Fatal(err)
	}

	// An open transaction that holds the run's row makes the append wait, with its fence locked.
	tx, err := holder.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, `SELECT 1 FROM runs WHERE id = 1 FOR UPDATE`)
	appended := make(chan error, 1)
	change := fact(1, 2)
	change.Row = &journal.RunRow{Status: "paused"}
	go func() { appended <- s.Append(t.Context(), old, 0, []journal.Transition{birth(2), change}) }()
	blocked(t, watch)

	inc := join(t, s, "a")
	type result struct {
		runs []int64
		err  error
	}
	taken := make(chan result, 1)
	go func() {
		runs, err := s.Takeover(context.WithoutCancel(t.Context()), inc, "a")
		taken <- result{runs, err}
	}()
	for exec(t, watch, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) < 2 {
		select {
		case r := <-taken:
			t.Fatalf("Takeover returned %v, %v while a batch was in flight", r.runs, r.err)
		default:
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-appended; err != nil {
		t.Errorf("the batch in flight: got %v, want it committed", err)
	}
	if r := <-taken; r.err != nil || fmt.Sprint(r.runs) != "[1 2]" {
		t.Errorf("Takeover: got %v, %v, want runs 1 and 2, born in the batch it waited for", r.runs, r.err)
	}
	h, err := s.Load(t.Context(), 1)
	if err != nil || len(h.Records) != 2 || h.Status != "paused" {
		t.Errorf("Load after the takeover: got %+v, %v, want both records", h, err)
	}
}

// TestAppendWaitsForTakeover lets an append come while a takeover holds the fence: it must write nothing.
func TestAppendWaitsForTakeover(t *testing.T) {
	s, c := open(t)
	inc := join(t, s, "a")
	if err := s.Append(t.Context(), inc, 0, []journal.Transition{birth(1)}); err != nil {
		t.Fatal(err)
	}
	tx, err := c.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, `SELECT 1 FROM fences WHERE incarnation = $1 FOR UPDATE`, int64(inc))
	exec(t, tx, `WITH d AS (DELETE FROM fences WHERE incarnation = $1) SELECT 1`, int64(inc))
	appended := make(chan error, 1)
	go func() { appended <- s.Append(t.Context(), inc, 0, []journal.Transition{fact(1, 2), birth(2)}) }()
	for exec(t, tx, `SELECT count(*) FROM pg_locks WHERE NOT granted`) == 0 {
		select {
		case err := <-appended:
			t.Fatalf("Append returned %v past a locked fence", err)
		default:
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-appended; !errors.Is(err, journal.ErrFenced) {
		t.Errorf("Append: got %v, want ErrFenced", err)
	}
	if n := exec(t, c, `SELECT count(*) FROM journal`) + exec(t, c, `SELECT count(*) FROM runs`); n != 2 {
		t.Errorf("rows of journal and runs: got %d, want the 2 from before", n)
	}
}

// TestLostConnection kills the connection under an append: the outcome is unknown, not bad data.
func TestLostConnection(t *testing.T) {
	s, c := open(t)
	inc := join(t, s, "a")
	if err := s.Append(t.Context(), inc, 0, []journal.Transition{birth(1)}); err != nil {
		t.Fatal(err)
	}
	tx, err := c.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, `SELECT 1 FROM fences FOR UPDATE`)
	appended := make(chan error, 1)
	go func() { appended <- s.Append(t.Context(), inc, 0, []journal.Transition{fact(1, 2)}) }()
	for exec(t, tx, `SELECT count(*) FROM pg_locks WHERE NOT granted`) == 0 {
		continue
	}
	exec(t, tx, `SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE NOT granted`)
	err = <-appended
	var bad *journal.BatchError
	if err == nil || errors.As(err, &bad) || errors.Is(err, journal.ErrFenced) {
		t.Errorf("Append on a killed connection: got %v, want a plain error", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), inc, 0, []journal.Transition{fact(1, 2)}); err != nil {
		t.Errorf("Append again: %v", err)
	}
}

// TestOneStatement counts what an append and a batch of every kind cost.
func TestOneStatement(t *testing.T) {
	counter := &statements{}
	s, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.URL(t), Writers: 1, Tracer: counter})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inc := join(t, s, "a")
	batch := []journal.Transition{birth(1), fact(1, 2), birth(2)}
	batch[1].Inbox = []journal.Consumed{{ID: uuid.NewString()}}
	counter.n.Store(0)
	for range 3 {
		if err := s.Append(t.Context(), inc, 0, batch); err != nil {
			t.Fatal(err)
		}
		for i := range batch {
			batch[i].New, batch[i].Row = nil, &journal.RunRow{Status: "running"}
			batch[i].Seq += 2
		}
	}
	if got := counter.n.Load(); got != 3 {
		t.Errorf("statements for 3 appends: got %d, want 3", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, cfg := range []postgres.Config{{}, {URL: "postgres:///x?host=/nowhere"}, {URL: "x", Writers: -1}} {
		if s, err := postgres.Open(t.Context(), cfg); err == nil {
			s.Close()
			t.Errorf("Open(%+v): got no error", cfg)
		}
	}
}

// TestTheListenerComesBack ends the connection that listens, and hears again.
func TestTheListenerComesBack(t *testing.T) {
	s, c := open(t)
	inc, other := join(t, s, "a"), join(t, s, "b")
	ctx, cancel := context.WithCancel(t.Context())
	heard, done := make(chan journal.Hint, 10), make(chan struct{})
	go func() {
		defer close(done)
		s.Listen(ctx, inc, func(h journal.Hint) { heard <- h })
	}()
	defer func() { cancel(); <-done }()
	hear := func(want journal.HintKind) {
		t.Helper()
		if got := <-heard; got.Kind != want {
			t.Fatalf("heard %+v, want %s", got, want)
		}
	}
	hear(journal.HintDeaf)
	if n := exec(t, c, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`); n != 1 {
		t.Fatalf("%d connections listen, want 1", n)
	}
	hear(journal.HintDeaf)
	if err := s.Hint(t.Context(), other, []journal.Hint{{Kind: journal.HintLeft, To: inc}}); err != nil {
		t.Fatal(err)
	}
	hear(journal.HintLeft)
}

// TestFewConnectionsAreEnough has a server whose takeover waits for another one's renew its lease, claim and read meanwhile, though it has one connection for
// everything but its writers.
func TestFewConnectionsAreEnough(t *testing.T) {
	url := pgtest.URL(t)
	s, err := postgres.Open(t.Context(), postgres.Config{URL: url, Others: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := connect(t, url)
	inc, dead := join(t, s, "a"), join(t, s, "b")
	if err := s.Append(t.Context(), dead, 0, []journal.Transition{birth(1)}); err != nil {
		t.Fatal(err)
	}
	exec(t, other, `UPDATE incarnations SET lease_until = '-infinity' WHERE id = $1`, int64(dead))
	exec(t, other, `SELECT 1 FROM pg_advisory_lock($1)`, int64(0x7365676e6f01))
	took := make(chan []int64, 1)
	go func() {
		runs, err := s.Takeover(t.Context(), inc, "a")
		if err != nil {
			t.Errorf("Takeover: %v", err)
		}
		took <- runs
	}()
	for range 20 {
		if _, err := s.Renew(t.Context(), inc, time.Hour); err != nil {
			t.Fatalf("Renew: %v", err)
		}
		if _, err := s.Claim(t.Context(), inc, 10); err != nil {
			t.Fatalf("Claim: %v", err)
		}
	}
	exec(t, other, `SELECT 1 FROM pg_advisory_unlock($1)`, int64(0x7365676e6f01))
	if runs := <-took; len(runs) != 1 {
		t.Errorf("got runs %v, want the one of the lost server", runs)
	}
}

// TestARenewalWaitsForNoTakeover does so while its own takeover waits for a batch of the lost server, with the only other connection.
func TestARenewalWaitsForNoTakeover(t *testing.T) {
	url := pgtest.URL(t)
	s, err := postgres.Open(t.Context(), postgres.Config{URL: url, Others: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	watch, holder := connect(t, url), connect(t, url)
	inc, dead := join(t, s, "a"), join(t, s, "b")
	exec(t, watch, `UPDATE incarnations SET lease_until = '-infinity' WHERE id = $1`, int64(dead))
	tx, err := holder.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, `SELECT 1 FROM fences WHERE incarnation = $1 FOR KEY SHARE`, int64(dead))
	took := make(chan error, 1)
	go func() {
		_, err := s.Takeover(t.Context(), inc, "a")
		took <- err
	}()
	blocked(t, watch)
	if _, err := s.Renew(t.Context(), inc, time.Hour); err != nil {
		t.Errorf("Renew: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-took; err != nil {
		t.Errorf("Takeover: %v", err)
	}
}
