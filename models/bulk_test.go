package models_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/segno-run/segno/models"
)

func anyNumber(int) error { return nil }

// bulk is one of all failed runs of order.
func bulk(t *testing.T, db *models.DB) models.Bulk {
	t.Helper()
	b, err := db.CreateBulk(t.Context(), models.Bulk{ID: uuid.NewString(), Flow: "order"}, anyNumber)
	ok(t, err)
	return b
}

// settle has the runs of all bulks retried.
func settle(t *testing.T, db *models.DB) {
	t.Helper()
	tasks, err := db.TakeBulk(t.Context(), 1000, time.Minute)
	ok(t, err)
	for _, task := range tasks {
		ok(t, db.SettleBulk(t.Context(), task, "retried", ""))
	}
}

// becomes sets the status of a run.
func becomes(t *testing.T, pool *pgxpool.Pool, run, status string) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `UPDATE runs SET status = $2 WHERE uuid = $1`, run, status)
	ok(t, err)
}

func TestBulkOfNothing(t *testing.T) {
	db, _ := open(t)
	if n, err := db.CountBulk(t.Context(), models.Bulk{Flow: "order"}); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	b, err := db.CreateBulk(t.Context(), models.Bulk{ID: "0193a1d4-0000-7000-8000-000000000001", Flow: "order", Step: "ship"}, anyNumber)
	if err != nil || b.Runs != 0 || b.Step != "ship" || b.CreatedAt.IsZero() {
		t.Errorf("got %+v, %v", b, err)
	}
	if all, err := db.Bulks(t.Context(), "order", 5); len(all) != 1 || err != nil {
		t.Errorf("got %+v, %v", all, err)
	}
	if tasks, err := db.TakeBulk(t.Context(), 5, 1); len(tasks) != 0 || err != nil {
		t.Errorf("got %+v, %v", tasks, err)
	}
	if at, err := db.EndBulk(t.Context(), models.BulkPlace{}, 5); at != (models.BulkPlace{}) || err != nil {
		t.Errorf("got %+v, %v", at, err)
	}
	if err := db.StopBulk(t.Context(), "order", b.ID); !errors.Is(err, models.ErrConflict) {
		t.Errorf("got %v, want a conflict: nothing waits", err)
	}
}

// TestBulkIsWhatWasCounted: a run that fails while the number is being judged is not pulled in, and a number that does not fit leaves nothing behind.
func TestBulkIsWhatWasCounted(t *testing.T) {
	db, pool := open(t)
	addRun(t, pool, 1, "order", "failed", "")
	addRun(t, pool, 2, "order", "compensation_failed", "")
	counted := 0
	wish := models.Bulk{ID: uuid.NewString(), Flow: "order"}
	no := errors.New("no")
	_, err := db.CreateBulk(t.Context(), wish, func(n int) error { counted = n; return no })
	if !errors.Is(err, no) || counted != 2 {
		t.Errorf("got %v for %d runs", err, counted)
	}
	_, err = db.Bulk(t.Context(), "order", wish.ID)
	is(t, err, models.ErrNotFound)

	b, err := db.CreateBulk(t.Context(), wish, func(n int) error {
		counted = n
		addRun(t, pool, 3, "order", "failed", "")
		return nil
	})
	ok(t, err)
	runs, err := db.BulkRuns(t.Context(), b.ID, "", 0, 10)
	ok(t, err)
	if counted != 2 || b.Runs != 2 || b.Waiting != 2 || len(runs) != 2 {
		t.Errorf("counted %d, made %+v with %d runs", counted, b, len(runs))
	}
	again, err := db.CreateBulk(t.Context(), wish, func(int) error { return no })
	if err != nil || again.ID != b.ID || again.Runs != 2 {
		t.Errorf("the same again: got %+v, %v", again, err)
	}
}

// TestBulkEnds: each retried run counts as it first ended, once, and none counts as under way when it has ended or is gone.
func TestBulkEnds(t *testing.T) {
	db, pool := open(t)
	statuses := []string{"succeeded", "failed", "compensation_failed", "cancelled", "compensated", "deleted", "running", "waiting", "paused", "uncertain", "compensating"}
	var runs []string
	for i := range statuses {
		runs = append(runs, addRun(t, pool, int64(len(statuses)-i), "order", "failed", "")) // the newest first, as in a bulk
	}
	b := bulk(t, db)
	look := func(want models.Bulk) {
		t.Helper()
		for at, first := (models.BulkPlace{}), true; first || at != (models.BulkPlace{}); first = false { // round, four at a time
			var err error
			at, err = db.EndBulk(t.Context(), at, 4)
			ok(t, err)
		}
		got, err := db.Bulk(t.Context(), "order", b.ID)
		ok(t, err)
		if got.Waiting != want.Waiting || got.Retried != want.Retried || got.Succeeded != want.Succeeded || got.Failed != want.Failed || got.Otherwise != want.Otherwise {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	look(models.Bulk{Waiting: 11}) // they have failed, but not after this retry
	for _, run := range runs {
		becomes(t, pool, run, "running")
	}
	settle(t, db)
	look(models.Bulk{Retried: 11})
	for i, status := range statuses {
		if status != "deleted" {
			becomes(t, pool, runs[i], status)
			continue
		}
		_, err := pool.Exec(t.Context(), `DELETE FROM runs WHERE uuid = $1`, runs[i])
		ok(t, err)
	}
	other, err := pool.Begin(t.Context()) // another server is looking
	ok(t, err)
	_, err = other.Exec(t.Context(), `SELECT pg_advisory_xact_lock($1)`, int64(0x7365676e6f02))
	ok(t, err)
	look(models.Bulk{Retried: 11})
	ok(t, other.Rollback(t.Context()))
	look(models.Bulk{Retried: 11, Succeeded: 1, Failed: 2, Otherwise: 3})
	if at, err := db.EndBulk(t.Context(), models.BulkPlace{}, 6); at != (models.BulkPlace{}) || err != nil { // the five under way are all that there are
		t.Errorf("got %+v, %v, want it to have come round", at, err)
	}
	becomes(t, pool, runs[1], "succeeded") // by another Retry
	becomes(t, pool, runs[6], "succeeded")
	look(models.Bulk{Retried: 11, Succeeded: 2, Failed: 2, Otherwise: 3})
	all, err := db.BulkRuns(t.Context(), b.ID, "retried", 0, 20)
	ok(t, err)
	for i, r := range all {
		want := statuses[i]
		if i >= 6 {
			want = map[bool]string{true: "succeeded"}[i == 6]
		}
		if r.Run != runs[i] || r.Outcome != want {
			t.Errorf("run %d: got %+v, want outcome %q", i, r, want)
		}
	}
}

// TestBulkStopped: what has had its turn is not said to be left out, and is recorded when it is decided.
func TestBulkStopped(t *testing.T) {
	db, pool := open(t)
	for i := range 5 {
		addRun(t, pool, int64(i+1), "order", "failed", "")
	}
	b := bulk(t, db)
	tasks, err := db.TakeBulk(t.Context(), 2, time.Nanosecond) // and the server that took them is killed
	ok(t, err)
	ok(t, db.StopBulk(t.Context(), "order", b.ID))
	is(t, db.StopBulk(t.Context(), "order", b.ID), models.ErrConflict)
	if b, err = db.Bulk(t.Context(), "order", b.ID); err != nil || b.Waiting != 2 || b.Stopped != 3 || b.StoppedAt == nil {
		t.Errorf("got %+v, %v, want two that wait and three stopped", b, err)
	}
	again, err := db.TakeBulk(t.Context(), 5, time.Minute)
	ok(t, err)
	if len(again) != 2 || again[0].Run != tasks[0].Run || again[1].Run != tasks[1].Run {
		t.Fatalf("got %+v, want the two that were taken: %+v", again, tasks)
	}
	ok(t, db.SettleBulk(t.Context(), again[0], "retried", ""))
	ok(t, db.SettleBulk(t.Context(), again[1], "refused", "why"))
	ok(t, db.SettleBulk(t.Context(), tasks[0], "refused", "the killed one comes back"))
	if b, err = db.Bulk(t.Context(), "order", b.ID); err != nil || b.Waiting != 0 || b.Retried != 1 || b.Refused != 1 || b.Stopped != 3 {
		t.Errorf("got %+v, %v", b, err)
	}
}

// TestBulkCountsOfMany: what several servers record at once is counted once each.
func TestBulkCountsOfMany(t *testing.T) {
	db, pool := open(t)
	_, err := pool.Exec(t.Context(), `INSERT INTO runs (id, uuid, flow, version, status, reader, created_at, updated_at)
		SELECT n, gen_random_uuid(), 'order', 1, 'failed', 1, now(), now() FROM generate_series(1, 400) n`)
	ok(t, err)
	ids := []string{bulk(t, db).ID, bulk(t, db).ID}
	_, err = pool.Exec(t.Context(), `UPDATE runs SET status = CASE WHEN id % 3 = 0 THEN 'succeeded' ELSE 'cancelled' END`)
	ok(t, err)
	var servers sync.WaitGroup
	errs := make(chan error, 20)
	try := func(err error) bool {
		if err != nil && !errors.Is(err, models.ErrConflict) {
			errs <- err
		}
		return err == nil
	}
	for i := range 4 {
		servers.Go(func() {
			for {
				tasks, err := db.TakeBulk(t.Context(), 7, time.Minute)
				if !try(err) || len(tasks) == 0 {
					return
				}
				for _, task := range tasks {
					if !try(db.SettleBulk(t.Context(), task, []string{"retried", "refused"}[task.N%2], "")) {
						return
					}
				}
				if i == 0 && tasks[0].N > 150 && tasks[0].Bulk == ids[1] {
					try(db.StopBulk(t.Context(), "order", ids[1]))
				}
			}
		})
		servers.Go(func() {
			var at models.BulkPlace
			for range 40 {
				var err error
				if at, err = db.EndBulk(t.Context(), at, 30); !try(err) {
					return
				}
			}
		})
	}
	servers.Wait()
	select {
	case err := <-errs:
		t.Fatal(err)
	default:
	}
	_, err = db.EndBulk(t.Context(), models.BulkPlace{}, 1000)
	ok(t, err)
	for _, id := range ids {
		var counted, found string
		ok(t, pool.QueryRow(t.Context(), `SELECT concat_ws(' ', retried, refused, stopped, succeeded, failed, otherwise) FROM bulks WHERE id = $1`, id).Scan(&counted))
		ok(t, pool.QueryRow(t.Context(), `SELECT concat_ws(' ', count(*) FILTER (WHERE state = 'retried'), count(*) FILTER (WHERE state = 'refused'), count(*) FILTER (WHERE state = 'stopped'),
			count(*) FILTER (WHERE outcome = 'succeeded'), 0, count(*) FILTER (WHERE outcome = 'cancelled')) FROM bulk_runs WHERE bulk = $1`, id).Scan(&found))
		if counted != found {
			t.Errorf("counted %s, and the rows say %s", counted, found)
		}
		var done, runs int
		ok(t, pool.QueryRow(t.Context(), `SELECT retried + refused + stopped, runs FROM bulks WHERE id = $1 AND retried = succeeded + failed + otherwise`, id).Scan(&done, &runs))
		if done != 400 || runs != 400 {
			t.Errorf("%d of %d are done", done, runs)
		}
	}
}
