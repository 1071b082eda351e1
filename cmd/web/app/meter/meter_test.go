package meter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// TestNamesAreBounded: however many flows and functions there are, a scrape stays of one size, and nothing is left out of a sum.
func TestNamesAreBounded(t *testing.T) {
	m := New()
	for i := range 3 * mostNames {
		m.Committed(runtime.Committed{Flow: fmt.Sprint("f", i), Facts: []planner.Fact{&planner.RunStarted{}, &planner.RunSucceeded{}}})
		m.Called(fmt.Sprint("f", i), invoke.Result{Started: time.Now()}, 0, time.Second)
	}
	if n := testutil.CollectAndCount(m.runsStarted); n != mostNames+1 {
		t.Errorf("segno_runs_started_total has %d flows, want %d and one for all others", n, mostNames)
	}
	if n := testutil.CollectAndCount(m.attempts); n != mostNames+1 {
		t.Errorf("segno_attempts_total has %d functions, want %d and one for all others", n, mostNames)
	}
	if got := testutil.ToFloat64(m.runsStarted.WithLabelValues(others)); got != 2*mostNames {
		t.Errorf("the others have %v runs, want %d", got, 2*mostNames)
	}
}

func TestBatches(t *testing.T) {
	m := New()
	m.Batch(journal.Batch{Transitions: 3, Took: time.Millisecond})
	m.Batch(journal.Batch{Transitions: 3, Err: fmt.Errorf("writing: %w", journal.ErrFenced)})
	m.Batch(journal.Batch{Transitions: 3, Err: errors.New("gone")})
	if f, e, n := testutil.ToFloat64(m.fenced), testutil.ToFloat64(m.failed), testutil.CollectAndCount(m.commits); f != 1 || e != 1 || n != 1 {
		t.Errorf("got %v fenced, %v failed, %d histograms; want one of each", f, e, n)
	}
}

func TestErrorsOfTheDatabase(t *testing.T) {
	m := New()
	trace := m.Tracer(nil).(tracer)
	for _, err := range []error{nil, context.Canceled, fmt.Errorf("x: %w", context.Canceled), &pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "53100"}, errors.New("reset"),
		context.DeadlineExceeded, &pgconn.PgError{Code: "??"}} {
		trace.TraceQueryEnd(t.Context(), nil, pgx.TraceQueryEndData{Err: err})
	}
	for class, want := range map[string]float64{"57": 1, "53": 1, connection: 2, "other": 1} {
		if got := testutil.ToFloat64(m.errors.WithLabelValues(class)); got != want {
			t.Errorf("class %s: got %v, want %v", class, got, want)
		}
	}
}

// TestBacklog: many scrapers cost the database one look, and one that it does not answer takes nothing else from them.
func TestBacklog(t *testing.T) {
	looks, now := 0, time.Now()
	var fail error
	b := &backlog{now: func() time.Time { return now }, read: func(_ context.Context, statuses []string, bound int) (models.Backlog, error) {
		looks++
		return models.Backlog{Runs: map[string]int{statuses[0]: bound + 1}}, fail
	}}
	for range 3 {
		if n := testutil.CollectAndCount(b, "segno_runs"); n != 1 {
			t.Fatalf("got %d statuses, want 1", n)
		}
	}
	if looks != 1 {
		t.Errorf("three scrapes at once looked %d times, want once", looks)
	}
	now, fail = now.Add(fresh), errors.New("away")
	if n := testutil.CollectAndCount(b); n != 1 || looks != 2 {
		t.Errorf("without the database: got %d metrics after %d looks, want segno_database_up alone after 2", n, looks)
	}
}

func TestQueues(t *testing.T) {
	m := New()
	m.Watch(Sources{Held: func() runtime.Held { return runtime.Held{Calls: map[string]int{"f": 5}} },
		Running: func() map[string]int { return map[string]int{"f": 2, "g": 0} },
		Pools:   func() map[string]*pgxpool.Stat { return nil }, Backlog: func(context.Context, []string, int) (models.Backlog, error) { return models.Backlog{}, nil }})
	err := testutil.GatherAndCompare(m.Registry, strings.NewReader(`
# HELP segno_attempts_in_flight Calls that are being made.
# TYPE segno_attempts_in_flight gauge
segno_attempts_in_flight{function="f"} 2
segno_attempts_in_flight{function="g"} 0
# HELP segno_attempts_queued Calls that wait for their turn: the function's concurrency or rate is used up.
# TYPE segno_attempts_queued gauge
segno_attempts_queued{function="f"} 3
segno_attempts_queued{function="g"} 0
`), "segno_attempts_in_flight", "segno_attempts_queued")
	if err != nil {
		t.Error(err)
	}
}
