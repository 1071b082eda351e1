package models_test

import (
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/models"
)

// TestRunPages: the pages of a list join without a gap and without a row twice, down and up again.
func TestRunPages(t *testing.T) {
	db, pool := open(t)
	for id := int64(1); id <= 7; id++ {
		addRun(t, pool, id, "order", "succeeded", "")
	}
	_, err := pool.Exec(t.Context(), `UPDATE runs SET created_at = $1 WHERE id < 5`, born) // alike: the number decides
	ok(t, err)
	page := func(f models.RunFilter, want string) models.RunList {
		t.Helper()
		f.Limit = 3
		p, err := db.RunPage(t.Context(), f)
		ok(t, err)
		got := ""
		for _, r := range p.Runs {
			got += string(rune('0' + r.ID))
		}
		if got != want {
			t.Errorf("got runs %s, want %s", got, want)
		}
		return p
	}
	first := page(models.RunFilter{}, "765")
	if first.Newer != "" {
		t.Error("the first page has a newer one")
	}
	second := page(models.RunFilter{After: first.Older}, "432")
	third := page(models.RunFilter{After: second.Older}, "1")
	if third.Older != "" {
		t.Error("the last page has an older one")
	}
	back := page(models.RunFilter{Before: third.Newer}, "432")
	top := page(models.RunFilter{Before: back.Newer}, "765")
	if top.Newer != "" || top.Older == "" {
		t.Errorf("the first page, reached from below: got %+v", top)
	}
	n, err := db.RunsSince(t.Context(), models.RunFilter{}, second.Newer, 10)
	ok(t, err)
	if n != 3 {
		t.Errorf("above the second page: got %d runs, want 3", n)
	}
	_, err = db.RunPage(t.Context(), models.RunFilter{Before: "x"})
	is(t, err, models.ErrCursor)
	_, err = db.RunsSince(t.Context(), models.RunFilter{}, "x", 10)
	is(t, err, models.ErrCursor)
}

// TestRunFilters: each filter chooses what it names, and the counts go by all of them but the status.
func TestRunFilters(t *testing.T) {
	db, pool := open(t)
	set := func(id int64, sql string, args ...any) {
		t.Helper()
		_, err := pool.Exec(t.Context(), "UPDATE runs SET "+sql+" WHERE id = $1", append([]any{id}, args...)...)
		ok(t, err)
	}
	for id := int64(1); id <= 6; id++ {
		addRun(t, pool, id, "order", "running", "")
	}
	set(1, "status = 'failed', class = 'timeout', step = 'ship', message = 'hold 17 of \"a\" timed out', ended_at = created_at + interval '10 s'")
	set(2, "status = 'failed', class = 'timeout', step = 'ship', message = 'hold 4 of \"bc\" timed out', ended_at = created_at + interval '90 s'")
	set(3, "status = 'failed', class = 'timeout', step = 'pay', message = 'hold 4 of \"bc\" timed out', ended_at = created_at + interval '90 s'")
	set(4, "status = 'waiting', needs = 'person', version = 2")
	set(5, "needs = 'retry', flow = 'refund'")
	ids := func(f models.RunFilter) string {
		t.Helper()
		f.Now = born.Add(time.Hour)
		runs, _, err := db.Runs(t.Context(), f)
		ok(t, err)
		got := ""
		for _, r := range runs {
			got += string(rune('0' + r.ID))
		}
		return got
	}
	one, err := db.RunPage(t.Context(), models.RunFilter{Step: "ship"})
	ok(t, err)
	print := one.Runs[0].Fingerprint
	if print == "" || strings.Contains(print, " ") {
		t.Errorf("fingerprint of a failure: %q", print)
	}
	for _, c := range []struct {
		name string
		f    models.RunFilter
		want string
	}{
		{"version", models.RunFilter{Version: 2}, "4"},
		{"needs", models.RunFilter{Needs: "person"}, "4"},
		{"retrying", models.RunFilter{Needs: "retry", Flow: "refund"}, "5"},
		{"class", models.RunFilter{Class: "timeout"}, "321"},
		{"step", models.RunFilter{Step: "pay"}, "3"},
		{"fingerprint", models.RunFilter{Fingerprint: print}, "21"},
		{"longer", models.RunFilter{Longer: time.Minute, Statuses: []string{"failed"}}, "32"},
		{"shorter", models.RunFilter{Shorter: time.Minute}, "1"},
		{"from", models.RunFilter{From: born.Add(5 * time.Second)}, "65"},
		{"to", models.RunFilter{To: born.Add(2 * time.Second)}, "1"},
		{"nobody's", models.RunFilter{Class: "a\x00"}, ""},
	} {
		if got := ids(c.f); got != c.want {
			t.Errorf("%s: got runs %s, want %s", c.name, got, c.want)
		}
	}
	counts, capped, err := db.StatusCounts(t.Context(), models.RunFilter{Flow: "order", Statuses: []string{"failed"}}, 100)
	ok(t, err)
	if counts["failed"] != 3 || counts["waiting"] != 1 || counts["needs:person"] != 1 || counts["running"] != 1 || capped {
		t.Errorf("counts: got %v, capped %t", counts, capped)
	}
	if _, capped, err = db.StatusCounts(t.Context(), models.RunFilter{}, 6); err != nil || !capped {
		t.Errorf("counts with a bound of 6 over 6 runs: capped %t, %v", capped, err)
	}
	found, err := db.RunsNamed(t.Context(), one.Runs[0].UUID[28:], 5)
	ok(t, err)
	if len(found) != 1 || found[0].ID != one.Runs[0].ID {
		t.Errorf("by the end of its id: got %v", found)
	}
}
