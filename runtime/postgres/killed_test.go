package postgres_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

// TestJournalOverKilledConnections commits through connections that the database keeps killing: every transition is written once, and none is
// answered with an error.
func TestJournalOverKilledConnections(t *testing.T) {
	s, c := open(t)
	inc := join(t, s, "a")
	const runs, seqs = 20, 100
	j := journal.New(s, inc, journal.Config{MaxBatch: 50, RetryBackoff: time.Millisecond, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	answers := make(chan error, runs*seqs)
	answered := 0
	await := func(n int) {
		t.Helper()
		for ; answered < n; answered++ {
			if err := <-answers; err != nil {
				t.Errorf("a transition: got %v, want it durable", err)
			}
		}
	}
	for seq := int64(1); seq <= seqs; seq++ {
		for run := int64(1); run <= runs; run++ {
			tr := fact(run, seq)
			if seq == 1 {
				tr = birth(run)
			}
			j.Submit(tr, func(err error) { answers <- err })
		}
		exec(t, c, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'active' AND query LIKE 'WITH fence%'`)
		await(int(seq-1) * runs)
	}
	if err := j.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatalf("Close: %v", err)
	}
	await(runs * seqs)
	if n := exec(t, c, `SELECT count(*) FROM journal`); n != runs*seqs {
		t.Errorf("rows of history: got %d, want %d", n, runs*seqs)
	}
	t.Logf("%d appends for %d transitions", j.Stats().Appends, j.Stats().Transitions)
}
