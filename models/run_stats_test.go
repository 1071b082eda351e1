package models_test

import (
	"testing"
	"time"
)

// TestRunStats: days, rates and groups are of the flow's runs since then, and of no other.
func TestRunStats(t *testing.T) {
	db, pool := open(t)
	ctx := t.Context()
	set := func(id int64, sql string) {
		t.Helper()
		exec(t, pool, "UPDATE runs SET "+sql+" WHERE id = $1", id)
	}
	for id := int64(1); id <= 5; id++ {
		addRun(t, pool, id, "order", "succeeded", "")
		set(id, "ended_at = created_at + id * interval '1 s'")
	}
	set(1, "created_at = created_at - interval '1 day', ended_at = NULL, status = 'running'")
	set(4, "status = 'failed', class = 'timeout', step = 'ship', message = 'order 4 timed out'")
	set(5, "status = 'compensation_failed', class = 'timeout', step = 'ship', message = 'order 5 timed out'")
	addRun(t, pool, 6, "refund", "failed", "x")
	addRun(t, pool, 7, "order", "failed", "before")
	set(7, "created_at = created_at - interval '9 days', class = 'timeout'")
	since := born.Add(-24 * time.Hour).Truncate(24 * time.Hour)
	s, err := db.RunStats(ctx, "order", since, 100)
	ok(t, err)
	if len(s.Days) != 2 || s.Days[0].Runs != 1 || s.Days[1].Runs != 4 || s.Days[1].Failed != 2 || !s.Days[1].Day.Equal(born.Truncate(24*time.Hour)) {
		t.Errorf("days: got %+v", s.Days)
	}
	if s.Ended != 4 || s.Succeeded != 2 || s.P50 != 2500*time.Millisecond || s.P95 != 2950*time.Millisecond {
		t.Errorf("rates: got %+v, want 2 of 4 within 2.5 s and 2.95 s", s)
	}
	if s, err := db.RunStats(ctx, "order", since, 1); err != nil || s.Ended != 1 || s.Succeeded != 0 || s.P50 != 0 {
		t.Errorf("of the newest run alone: got %+v, %v", s, err)
	}
	groups, err := db.FailureGroups(ctx, "order", since, 100, 10)
	ok(t, err)
	if len(groups) != 1 || groups[0].N != 2 || groups[0].Message != "order 5 timed out" || groups[0].Step != "ship" {
		t.Errorf("groups: got %+v, want one of two", groups)
	}
}

// TestHistories: the newest runs that have ended, whole, and no more than fit.
func TestHistories(t *testing.T) {
	db, pool := open(t)
	ctx := t.Context()
	for id := int64(1); id <= 3; id++ {
		addRun(t, pool, id, "order", "succeeded", "")
		for seq := range 2 {
			exec(t, pool, `INSERT INTO journal (run, seq, at, facts) VALUES ($1, $2, now(), 'ten bytes!')`, id, seq+1)
		}
	}
	exec(t, pool, `UPDATE runs SET ended_at = created_at WHERE id < 3`)
	for _, c := range []struct {
		runs  int
		bytes int64
		want  int
	}{{10, 1000, 2}, {1, 1000, 1}, {10, 39, 1}, {10, 19, 0}} {
		got, err := db.Histories(ctx, "order", c.runs, c.bytes)
		ok(t, err)
		if len(got) != c.want || c.want > 0 && len(got[2]) != 2 {
			t.Errorf("%d runs within %d bytes: got %v", c.runs, c.bytes, got)
		}
	}
}
