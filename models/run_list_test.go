package models_test

import (
	"encoding/json"
	"fmt"
	"slices"
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
	exec(t, pool, `UPDATE runs SET created_at = $1 WHERE id < 5`, born) // alike: the number decides
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
		exec(t, pool, "UPDATE runs SET "+sql+" WHERE id = $1", append([]any{id}, args...)...)
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
	slots := models.RunSlots{From: born.Add(2 * time.Second), Width: 2 * time.Second, N: 2}
	tally := func(f models.RunFilter, bound int) (got string, capped bool) {
		t.Helper()
		counts, capped, err := db.RunTally(t.Context(), f, slots, bound)
		ok(t, err)
		var lines []string
		for _, c := range counts {
			lines = append(lines, fmt.Sprintf("%s%s@%d:%t=%d", c.Status, c.Needs, c.Slot, c.In, c.N))
		}
		slices.Sort(lines)
		return strings.Join(lines, " "), capped
	}
	// Runs 1 to 6 began 1 to 6 seconds after born; 5 is another flow's.
	if got, capped := tally(models.RunFilter{Flow: "order", Statuses: []string{"failed"}}, 100); got != "failed@-1:true=1 failed@0:true=2 running@2:true=1 waitingperson@1:true=1" || capped {
		t.Errorf("counts: got %s, capped %t", got, capped)
	}
	if got, _ := tally(models.RunFilter{From: born.Add(3 * time.Second), To: born.Add(5 * time.Second)}, 100); got != "failed@0:false=1 failed@0:true=1 runningretry@1:false=1 waitingperson@1:true=1" {
		t.Errorf("counts of a part: got %s", got)
	}
	if _, capped := tally(models.RunFilter{}, 6); !capped {
		t.Error("counts with a bound of 6 over 6 runs are not said to be capped")
	}
	slots.From = time.Date(-30, 1, 1, 0, 0, 0, 0, time.UTC)
	if got, _ := tally(models.RunFilter{Flow: "refund"}, 100); got != "runningretry@2:true=1" {
		t.Errorf("counts over slots before the first year: got %s", got)
	}
	slots.From = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	if got, _ := tally(models.RunFilter{Flow: "refund"}, 100); got != "runningretry@-1:true=1" {
		t.Errorf("counts over slots after the last year: got %s", got)
	}
	oldest := func(bound int) {
		t.Helper()
		for flow, want := range map[string]time.Time{"": born.Add(time.Second), "refund": born.Add(5 * time.Second), "none": {}} {
			if got, err := db.OldestRun(t.Context(), flow, bound); err != nil || !got.Equal(want) {
				t.Errorf("the oldest run of %q: got %s, %v, want %s", flow, got, err, want)
			}
		}
	}
	oldest(100)
	if got, err := db.OldestRun(t.Context(), "", 2); err != nil || !got.Equal(born.Add(5*time.Second)) {
		t.Errorf("the older of the newest two: got %s, %v", got, err)
	}
	exec(t, pool, "ANALYZE runs")
	oldest(6) // six runs by the planner's estimate: the oldest of all
	if got, err := db.OldestRun(t.Context(), "", 2); err != nil || !got.Equal(born.Add(5*time.Second)) {
		t.Errorf("the older of the newest two, by the estimate: got %s, %v", got, err)
	}
	found, err := db.RunsNamed(t.Context(), one.Runs[0].UUID[28:], 5)
	ok(t, err)
	if len(found) != 1 || found[0].ID != one.Runs[0].ID {
		t.Errorf("by the end of its id: got %v", found)
	}
}

// TestFamilies: children are told from what people started, and who stands above one that waits for a person waits as well.
func TestFamilies(t *testing.T) {
	db, pool := open(t)
	var ids []string
	for id := int64(1); id <= 5; id++ {
		ids = append(ids, addRun(t, pool, id, "order", "running", ""))
	}
	for child, parent := range map[int64]string{2: ids[0], 3: ids[1], 4: ids[0]} { // 1 over 2 over 3, 1 over 4; 5 alone
		exec(t, pool, `UPDATE runs SET parent = $2 WHERE id = $1`, child, parent)
	}
	exec(t, pool, `UPDATE runs SET needs = 'person', status = 'waiting' WHERE id = 3`)
	for _, c := range []struct {
		f    models.RunFilter
		want string
	}{
		{models.RunFilter{Parent: models.TopLevel}, "51"},
		{models.RunFilter{Parent: ids[0]}, "42"},
		{models.RunFilter{Parent: "nobody"}, ""},
		{models.RunFilter{Needs: "person"}, "321"},
		{models.RunFilter{Needs: "person", Parent: models.TopLevel}, "1"},
	} {
		runs, _, err := db.Runs(t.Context(), c.f)
		ok(t, err)
		got := ""
		for _, r := range runs {
			got += string(rune('0' + r.ID))
		}
		if got != c.want {
			t.Errorf("%+v: got runs %s, want %s", c.f, got, c.want)
		}
	}
	below, err := db.WaitingBelow(t.Context(), append(ids, "nobody"))
	ok(t, err)
	if len(below) != 2 || below[ids[0]] != ids[2] || below[ids[1]] != ids[2] {
		t.Errorf("who waits below: got %v, want %s below %s and %s", below, ids[2], ids[0], ids[1])
	}
	counts, _, err := db.RunTally(t.Context(), models.RunFilter{}, models.RunSlots{From: born, Width: time.Hour, N: 1}, 100)
	ok(t, err)
	person := 0
	for _, c := range counts {
		if c.Needs == "person" {
			person += c.N
		}
	}
	if person != 3 {
		t.Errorf("%d runs are counted as waiting for a person, want 3 as the list has them: %+v", person, counts)
	}
	exec(t, pool, `UPDATE runs SET ended_at = created_at, status = 'cancelled' WHERE id = 1`)
	if below, err = db.WaitingBelow(t.Context(), ids); err != nil || len(below) != 1 {
		t.Errorf("a run that has ended waits for nobody: got %v, %v", below, err)
	}
}

// TestFoundByInput: a run is found by all the keys that are asked for; one that was there before keys were is found once it has been read.
func TestFoundByInput(t *testing.T) {
	db, pool := open(t)
	for id := int64(1); id <= 5; id++ {
		addRun(t, pool, id, "order", "running", "")
		exec(t, pool, `INSERT INTO journal (run, seq, at, facts) VALUES ($1, 1, now(), $2), ($1, 2, now(), 'other')`, id, fmt.Appendf(nil, "[%d, %d]", id%2, id))
	}
	exec(t, pool, `INSERT INTO run_keys (run, keys) VALUES (5, '{1,5}')`)
	ok(t, db.PutSetting(t.Context(), "inputs-unread", []byte("4"))) // as the migration has it
	found := func(keys ...int64) string {
		t.Helper()
		runs, _, err := db.Runs(t.Context(), models.RunFilter{Keys: keys})
		ok(t, err)
		got := ""
		for _, r := range runs {
			got += string(rune('0' + r.ID))
		}
		return got
	}
	if got := found(1); got != "5" {
		t.Errorf("before the old ones are read: got runs %s, want 5", got)
	}
	if at, err := db.InputsUnread(t.Context()); err != nil || !at.Equal(born.Add(4*time.Second)) {
		t.Errorf("unread until: got %s, %v, want when run 4 began", at, err)
	}
	keys := func(first []byte) (keys []int64) {
		if json.Unmarshal(first, &keys) != nil {
			return nil
		}
		return keys
	}
	rounds := 0
	for more := true; more; rounds++ {
		var err error
		more, err = db.ReadInputs(t.Context(), 3, keys)
		ok(t, err)
	}
	if rounds != 3 {
		t.Errorf("four runs by three were read in %d rounds, want 3, the last of which finds none", rounds)
	}
	if at, err := db.InputsUnread(t.Context()); err != nil || !at.IsZero() {
		t.Errorf("unread after all are read: got %s, %v", at, err)
	}
	if got := [3]string{found(1), found(1, 3), found(2, 3)}; got != [3]string{"531", "3", ""} {
		t.Errorf("by 1, by 1 and 3, by 2 and 3: got runs %q, want 531, 3 and none", got)
	}
	if more, err := db.ReadInputs(t.Context(), 3, keys); more || err != nil {
		t.Errorf("reading again: got %t, %v, want nothing to do", more, err)
	}
}
