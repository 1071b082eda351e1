package models_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestDescendants: what goes on below a run, children's children among them, what a person has to look at first.
func TestDescendants(t *testing.T) {
	db, pool := open(t)
	ids := map[int64]string{}
	add := func(id, parent int64, status, needs, step string, item int) {
		t.Helper()
		ids[id] = addRun(t, pool, id, fmt.Sprint("f", id), status, "")
		exec(t, pool, `UPDATE runs SET needs = $2, ended_at = CASE WHEN status IN ('succeeded', 'failed') THEN now() END WHERE id = $1`, id, needs)
		if parent > 0 {
			exec(t, pool, `UPDATE runs SET parent = $2, parent_step = $3, parent_item = $4 WHERE id = $1`, id, ids[parent], step, item)
		}
	}
	add(1, 0, "running", "", "", -1)
	add(2, 1, "running", "", "plain", -1)
	add(3, 1, "waiting", "", "late", 4)
	add(4, 1, "succeeded", "", "over", -1)
	add(5, 2, "waiting", "person", "deep", 7)
	add(6, 1, "running", "retry", "again", -1)
	add(7, 4, "waiting", "person", "below_what_is_over", -1)
	add(8, 0, "waiting", "person", "", -1)
	add(9, 1, "paused", "", "held", -1)
	list := func(limit int) string {
		t.Helper()
		found, err := db.Descendants(t.Context(), ids[1], limit)
		ok(t, err)
		var out []string
		for _, d := range found {
			out = append(out, fmt.Sprintf("%s %s %d %d", d.Flow, d.ChildStep, d.ChildItem, d.Depth))
		}
		return strings.Join(out, ", ")
	}
	if got, want := list(10), "f5 plain -1 2, f6 again -1 1, f9 held -1 1, f3 late 4 1, f2 plain -1 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := list(1), "f5 plain -1 2"; got != want {
		t.Errorf("the first: got %s, want %s", got, want)
	}
}
