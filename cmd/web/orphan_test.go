package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/internal/servertest"
	"github.com/segno-run/segno/runtime/postgres"
)

// pen is a pair of functions with large answers. The first answer of each is held until it is let go; each answer is another one.
type pen struct {
	mu    sync.Mutex
	calls map[string]int
	let   chan struct{}
}

func (p *pen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls[r.URL.Path]++
	n := p.calls[r.URL.Path]
	p.mu.Unlock()
	if n == 1 {
		<-p.let
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(draft(r.URL.Path, n))
}

// made is how often a function was called.
func (p *pen) made(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

// draft is the answer to a function's call number n.
func draft(path string, n int) []byte {
	return fmt.Appendf(nil, `{"draft":"%s %d","text":"%s"}`, path, n, strings.Repeat("segno ", 40_000))
}

// TestKilledBetweenPayloadAndTransition kills the server when large outputs are durable and the transitions that would refer to them are not: a lock on the
// journal keeps those from their commit. Nobody ever sees such an output. The idempotent call is made again, the other one is uncertain, and what was left behind
// is swept once its hour is over, and nothing else.
//
// What it catches, each tried by breaking the server so: a call that is not idempotent made again, a sweep that does not wait for the hour, and one that takes
// what is referred to.
func TestKilledBetweenPayloadAndTransition(t *testing.T) {
	url := pgtest.URL(t)
	o := options{Data: dataDir(t), Args: []string{"--database-url", url}, Env: []string{"SEGNO_LEASE=2s"}}
	s := start(t, o)
	p := &pen{calls: map[string]int{}, let: make(chan struct{})}
	there := httptest.NewServer(p)
	t.Cleanup(there.Close)
	for name, idempotent := range map[string]bool{"again": true, "once": false} {
		spec := fmt.Sprintf(`{"http": {"url": %q}, "idempotent": %t, "timeout": "1m"}`, there.URL+"/"+name, idempotent)
		if err := s.call("PUT", "/functions/"+name, nil, spec, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.publishText(t, "pen", "name: pen\nsteps:\n  again: {call: again}\n  once: {call: once}\n"); err != nil {
		t.Fatal(err)
	}
	id := s.startRun(t, "pen", map[string]string{})
	servertest.Eventually(t, "both functions are called", func() bool { return p.made("/again") == 1 && p.made("/once") == 1 })

	connect := func() *pgx.Conn {
		c, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
		return c
	}
	db, holder := connect(), connect() // what a transaction sees of others' activity stays as it was at first
	count := func(sql string) (n int) {
		if err := db.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return n
	}
	const payloads, referred, rows = `SELECT count(*) FROM payloads`, `SELECT count(*) FROM payload_refs`, `SELECT count(*) FROM journal`
	lock, err := holder.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(t.Context(), `LOCK TABLE journal IN SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	before := count(rows)
	close(p.let)
	servertest.Eventually(t, "both outputs are durable", func() bool { return count(payloads) == 2 })
	servertest.Eventually(t, "a transition waits for its commit", func() bool {
		return count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'WITH fence%'`) > 0
	})
	s.Kill(t)
	others := fmt.Sprintf(`FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid NOT IN (pg_backend_pid(), %d)`, holder.PgConn().PID())
	count(`SELECT count(pg_terminate_backend(pid)) ` + others) // or a statement outlives its server
	servertest.Eventually(t, "nobody but this test is connected", func() bool { return count(`SELECT count(*) `+others) == 0 })
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := count(rows); now != before {
		t.Fatalf("the journal has %d rows, want the %d from before: the kill came too late", now, before)
	}
	if n := count(referred); n != 0 {
		t.Errorf("%d references to outputs whose transitions are lost", n)
	}

	s = start(t, o)
	var r runView
	servertest.Eventually(t, "the run goes on", func() bool {
		r = s.run(t, id)
		return r.step("again").Status == "succeeded" && r.step("once").Status == "uncertain"
	})
	if n := p.made("/once"); n != 1 || p.made("/again") != 2 {
		t.Errorf("the functions were called %d and %d times, want 2 for the idempotent one and 1", p.made("/again"), n)
	}
	output := func(step string) (int, []byte) {
		res := s.ask(t, "/api/v1/runs/"+id+"/steps/"+step+"/output", "Accept", "application/json")
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, body
	}
	if status, body := output("again"); status != http.StatusOK || !bytes.Equal(body, draft("/again", 2)) {
		t.Errorf("the output is %d %.60s, want that of the second call", status, body)
	}
	if status, body := output("once"); status != http.StatusNotFound {
		t.Errorf("an output that was never recorded is shown: %d %.60s", status, body)
	}
	s.post(t, "/runs/"+id+"/steps/once/resolve", map[string]any{"outcome": "happened", "output": map[string]int{"sure": 1}, "reason": "seen"}, nil)
	if r = s.settled(t, id); r.Status != "succeeded" {
		t.Fatalf("the run is %s: %+v", r.Status, r.Error)
	}

	store, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	sweep := func() int {
		n, _, err := store.SweepPayloads(t.Context(), time.Hour, 100)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(payloads); n != 3 || count(referred) != 1 {
		t.Errorf("%d payloads, %d of them referred to; want 3 and 1", n, count(referred))
	}
	if n := sweep(); n != 0 {
		t.Errorf("%d payloads were swept within their hour", n)
	}
	if _, err := db.Exec(t.Context(), `UPDATE payloads SET touched_at = touched_at - interval '2 hours'`); err != nil {
		t.Fatal(err)
	}
	if n := sweep(); n != 2 || count(payloads) != 1 || count(`SELECT count(DISTINCT hash) FROM payload_pieces`) != 1 {
		t.Errorf("the sweep took %d and left %d payloads, want 2 and 1", n, count(payloads))
	}
	if status, body := output("again"); status != http.StatusOK || !bytes.Equal(body, draft("/again", 2)) {
		t.Errorf("after the sweep the output is %d %.60s", status, body)
	}
}
