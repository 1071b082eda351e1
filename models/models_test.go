package models_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/models"
)

func TestMain(m *testing.M) { pgtest.Main(m, pgtest.WithoutFsync()) }

// open returns the models on a database of their own, and the pool beneath for rows that models only reads.
func open(t testing.TB) (*models.DB, *pgxpool.Pool) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	db, err := models.Open(pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db, pool
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("got error %v, want none", err)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

// born is when the first run of the tests began; each later one a second after.
var born = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// exec has the database do what no query of models does.
func exec(t testing.TB, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	_, err := pool.Exec(t.Context(), sql, args...)
	ok(t, err)
}

func addRun(t *testing.T, pool *pgxpool.Pool, id int64, flow, status, message string) string {
	t.Helper()
	u := uuid.Must(uuid.NewV7()).String()
	exec(t, pool, `INSERT INTO runs (id, uuid, flow, version, status, reader, created_at, updated_at, message)
		VALUES ($1, $2, $3, 1, $4, 1, $5, $5, $6)`, id, u, flow, status, born.Add(time.Duration(id)*time.Second), message)
	return u
}

func TestDrafts(t *testing.T) {
	db, _ := open(t)
	ctx := t.Context()
	_, err := db.Flow(ctx, "order")
	is(t, err, models.ErrNotFound)
	_, err = db.SaveDraft(ctx, "order", []byte("x"), 3)
	is(t, err, models.ErrNotFound)

	rev, err := db.SaveDraft(ctx, "order", []byte("one\x00"), 0)
	ok(t, err)
	_, err = db.SaveDraft(ctx, "order", []byte("two"), 0)
	is(t, err, models.ErrConflict)
	next, err := db.SaveDraft(ctx, "order", []byte("two"), rev)
	ok(t, err)
	_, err = db.SaveDraft(ctx, "order", []byte("three"), rev)
	is(t, err, models.ErrConflict)
	f, err := db.Flow(ctx, "order")
	ok(t, err)
	if string(f.Draft) != "two" || f.DraftRev != next || next <= rev || f.Published != nil || f.CreatedAt.Location() != time.UTC {
		t.Errorf("Flow: got %+v, want draft two at revision %d", f, next)
	}
	next, err = db.SaveDraft(ctx, "order", []byte("four"), models.AnyRev)
	ok(t, err)
	_, err = db.DiscardDraft(ctx, "order", rev)
	is(t, err, models.ErrConflict)
	_, err = db.DiscardDraft(ctx, "refund", models.AnyRev)
	is(t, err, models.ErrNotFound)
	next, err = db.DiscardDraft(ctx, "order", next)
	ok(t, err)
	if f, err := db.Flow(ctx, "order"); err != nil || f.Draft != nil {
		t.Errorf("after DiscardDraft: got %q, %v, want no draft", f.Draft, err)
	}
	_, err = db.SaveDraft(ctx, "order", nil, next)
	ok(t, err)
	_, err = db.SaveDraft(ctx, "a\x00", nil, 0)
	is(t, err, models.ErrNotFound)
	_, err = db.Flow(ctx, "\xff")
	is(t, err, models.ErrNotFound)
}

func TestDraftRace(t *testing.T) {
	db, _ := open(t)
	rev, err := db.SaveDraft(t.Context(), "order", []byte("x"), 0)
	ok(t, err)
	var mu sync.Mutex
	won := 0
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, err := db.SaveDraft(t.Context(), "order", fmt.Append(nil, i), rev)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, models.ErrConflict) {
				t.Errorf("got %v, want ErrConflict", err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("eight saves of one revision: %d won, want 1", won)
	}
}

func TestVersions(t *testing.T) {
	db, _ := open(t)
	ctx := t.Context()
	_, err := db.Version(ctx, "order", 0)
	is(t, err, models.ErrNotFound)
	publish := func(hash string) models.Published {
		t.Helper()
		p, err := db.Publish(ctx, models.FlowVersion{Flow: "order", Source: []byte("name: order # " + hash), Hash: hash, Message: "m\x00" + hash, Author: "me"})
		ok(t, err)
		return p
	}
	_, err = db.SaveDraft(ctx, "order", []byte("draft"), 0)
	ok(t, err)
	for i, tt := range []struct {
		hash string
		want models.Published
	}{{"a", models.Published{Version: 1}}, {"b", models.Published{Version: 2}}, {"b", models.Published{Version: 3, SameAs: 2}}, {"a", models.Published{Version: 4}}} {
		if got := publish(tt.hash); got != tt.want {
			t.Errorf("publication %d: got %+v, want %+v", i+1, got, tt.want)
		}
	}
	vs, err := db.Versions(ctx, "order")
	ok(t, err)
	if len(vs) != 4 || vs[0].Version != 4 || vs[3].Hash != "a" || vs[0].Source != nil || vs[0].Message != "m\uFFFDa" || vs[0].CreatedAt.IsZero() {
		t.Errorf("Versions: got %+v, want four, the latest first, without sources", vs)
	}
	for most, want := range map[int][]int{2: {4, 3}, 9: {4, 3, 2, 1}} {
		if got, err := db.NewestVersions(ctx, "order", most); err != nil || !slices.Equal(got, want) {
			t.Errorf("NewestVersions(%d): got %v, %v, want %v", most, got, err, want)
		}
	}
	if got, err := db.NewestVersions(ctx, "nobody", 2); err != nil || len(got) > 0 {
		t.Errorf("NewestVersions of an unknown flow: got %v, %v, want none", got, err)
	}
	for _, n := range []int{0, 4} {
		v, err := db.Version(ctx, "order", n)
		ok(t, err)
		if v.Version != 4 || string(v.Source) != "name: order # a" {
			t.Errorf("Version(%d): got %+v, want version 4", n, v)
		}
	}
	for _, n := range []int{5, -1, 1 << 40} {
		_, err = db.Version(ctx, "order", n)
		is(t, err, models.ErrNotFound)
	}
	if f, err := db.Flow(ctx, "order"); err != nil || *f.Published != 4 || string(f.Draft) != "draft" {
		t.Errorf("Flow: got %+v, %v, want 4 published and the draft as it was", f, err)
	}

	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { publish("c") })
	}
	wg.Wait()
	if v, err := db.Version(ctx, "order", 0); err != nil || v.Version != 12 {
		t.Errorf("after eight at once: got %d, %v, want 12", v.Version, err)
	}
}

func TestFlows(t *testing.T) {
	db, pool := open(t)
	ctx := t.Context()
	_, err := db.SaveDraft(ctx, "zeta", []byte("draft"), 0)
	ok(t, err)
	for _, source := range []string{"one", "two"} {
		_, err := db.Publish(ctx, models.FlowVersion{Flow: "order", Source: []byte(source)})
		ok(t, err)
	}
	addRun(t, pool, 1, "order", "failed", "")
	last := addRun(t, pool, 3, "order", "succeeded", "")
	addRun(t, pool, 2, "order", "succeeded", "")
	addRun(t, pool, 4, "gone", "succeeded", "")
	flows, err := db.Flows(ctx)
	ok(t, err)
	if len(flows) != 2 || flows[0].Name != "order" || flows[1].Name != "zeta" {
		t.Fatalf("Flows: got %+v, want order and zeta", flows)
	}
	o, z := flows[0], flows[1]
	if string(o.Source) != "two" || o.Counts["succeeded"] != 2 || o.Counts["failed"] != 1 || o.Last == nil || o.Last.UUID != last {
		t.Errorf("order: got %+v, want source two, counts 2 and 1, last %s", o, last)
	}
	if z.Source != nil || len(z.Counts) != 0 || z.Last != nil || string(z.Draft) != "draft" {
		t.Errorf("zeta: got %+v, want nothing but a draft", z)
	}
}

func TestFunctions(t *testing.T) {
	db, _ := open(t)
	ctx := t.Context()
	const name = "payments.reserve"
	_, err := db.PutFunction(ctx, name, []byte("{}"), 1)
	is(t, err, models.ErrNotFound)
	rev, err := db.PutFunction(ctx, name, []byte("{}"), 0)
	ok(t, err)
	_, err = db.PutFunction(ctx, name, []byte("{}"), 0)
	is(t, err, models.ErrConflict)
	next, err := db.PutFunction(ctx, name, []byte(`{"a":"\u0000"}`), rev)
	ok(t, err)
	_, err = db.PutFunction(ctx, name, nil, rev)
	is(t, err, models.ErrConflict)
	f, err := db.Function(ctx, name)
	ok(t, err)
	if string(f.Spec) != `{"a":"\u0000"}` || f.Rev != next {
		t.Errorf("Function: got %+v, want revision %d", f, next)
	}
	_, err = db.PutFunction(ctx, "a", []byte("1"), models.AnyRev)
	ok(t, err)
	fs, err := db.Functions(ctx)
	if err != nil || len(fs) != 2 || fs[0].Name != "a" {
		t.Errorf("Functions: got %+v, %v, want two by name", fs, err)
	}
	ok(t, db.DeleteFunction(ctx, "a"))
	is(t, db.DeleteFunction(ctx, "a"), models.ErrNotFound)
	is(t, db.DeleteFunction(ctx, "\x00"), models.ErrNotFound)
}

func TestRuns(t *testing.T) {
	db, pool := open(t)
	ctx := t.Context()
	uuids := map[int64]string{}
	for id := int64(1); id <= 25; id++ {
		flow, status, message := "order", "succeeded", ""
		if id%2 == 0 {
			flow = "refund"
		}
		if id%5 == 0 {
			status, message = "failed", fmt.Sprintf("the Gateway said 100%% no_%d", id)
		}
		uuids[id] = addRun(t, pool, id, flow, status, message)
	}
	// Two that began at the same moment must neither be lost nor doubled between pages.
	exec(t, pool, `UPDATE runs SET created_at = (SELECT created_at FROM runs WHERE id = 11) WHERE id IN (10, 12)`)

	list := func(f models.RunFilter) (ids []int64) {
		t.Helper()
		for {
			runs, next, err := db.Runs(ctx, f)
			ok(t, err)
			for _, r := range runs {
				ids = append(ids, r.ID)
			}
			if next == "" {
				return ids
			}
			if len(runs) != f.Limit {
				t.Fatalf("a page before the last: got %d runs, want %d", len(runs), f.Limit)
			}
			f.After = next
		}
	}
	for limit := 1; limit <= 26; limit++ {
		ids := list(models.RunFilter{Limit: limit})
		if len(ids) != 25 || ids[0] != 25 || ids[24] != 1 {
			t.Fatalf("pages of %d: got %v, want 25 to 1", limit, ids)
		}
		for i := 1; i < len(ids); i++ {
			if ids[i] >= ids[i-1] {
				t.Fatalf("pages of %d: got %v, want them to fall", limit, ids)
			}
		}
	}
	for _, tt := range []struct {
		f    models.RunFilter
		want string
	}{
		{models.RunFilter{Flow: "order", Statuses: []string{"failed"}}, "[25 15 5]"},
		{models.RunFilter{Statuses: []string{"failed", "cancelled"}}, "[25 20 15 10 5]"},
		{models.RunFilter{Statuses: []string{"\x00"}}, "[]"},
		{models.RunFilter{Flow: "order' OR true --"}, "[]"},
		{models.RunFilter{Q: "gateway SAID"}, "[25 20 15 10 5]"},
		{models.RunFilter{Q: "100%"}, "[25 20 15 10 5]"},
		{models.RunFilter{Q: "no_5"}, "[5]"},
		{models.RunFilter{Q: "no%5"}, "[]"},
		{models.RunFilter{Q: `\`}, "[]"},
		{models.RunFilter{Q: uuids[7]}, "[7]"},
		{models.RunFilter{Q: " " + strings.ToUpper(uuids[7][:35]) + " "}, "[7]"},
		{models.RunFilter{Q: uuids[7] + "0"}, "[]"},
		{models.RunFilter{Q: "\x00"}, "[]"},
	} {
		tt.f.Limit = 2
		if got := fmt.Sprint(list(tt.f)); got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.f, got, tt.want)
		}
	}
	for text, want := range map[string]int{"no_5": 1, "gateway SAID": 5, uuids[7]: 1, "no%5": 0, "": 25} {
		counts, err := db.RunCounts(ctx, text)
		ok(t, err)
		n := 0
		for _, by := range counts {
			for _, some := range by {
				n += some
			}
		}
		if n != want {
			t.Errorf("RunCounts of %q: got %d in %v, want %d", text, n, counts, want)
		}
	}
	for _, after := range []string{"x", "%", "MSAy IDM", strings.Repeat("A", 10000)} {
		_, _, err := db.Runs(ctx, models.RunFilter{After: after})
		is(t, err, models.ErrCursor)
	}

	r, err := db.Run(ctx, strings.ToUpper(uuids[10]))
	ok(t, err)
	if r.ID != 10 || r.UUID != uuids[10] || r.Status != "failed" || r.EndedAt != nil || r.CreatedAt.Location() != time.UTC {
		t.Errorf("Run: got %+v, want number 10", r)
	}
	for _, id := range []string{uuid.NewString(), "", "10", "{" + uuids[1] + "}", "\x00"} {
		_, err := db.Run(ctx, id)
		is(t, err, models.ErrNotFound)
	}
}

func TestEvents(t *testing.T) {
	db, pool := open(t)
	ctx := t.Context()
	exec(t, pool, `INSERT INTO journal (run, seq, at, facts) SELECT 7, s, now(), ('fact ' || s)::bytea FROM generate_series(1, 10) s`)
	events, err := db.Events(ctx, 7, 3, 4)
	ok(t, err)
	if len(events) != 4 || events[0].Seq != 4 || string(events[3].Facts) != "fact 7" || events[0].At.Location() != time.UTC {
		t.Errorf("Events: got %+v, want 4 to 7", events)
	}
	if some, err := db.EventsAt(ctx, 7, []int64{9, 2, 11}); err != nil || len(some) != 2 || some[0].Seq != 2 || string(some[1].Facts) != "fact 9" {
		t.Errorf("EventsAt: got %+v, %v, want 2 and 9", some, err)
	}
	if none, err := db.EventsAt(ctx, 7, nil); err != nil || len(none) != 0 {
		t.Errorf("EventsAt nothing: got %+v, %v", none, err)
	}
	if all, err := db.Events(ctx, 7, 0, 0); err != nil || len(all) != 10 {
		t.Errorf("all: got %d, %v, want 10", len(all), err)
	}
	if none, err := db.Events(ctx, 8, 0, 0); err != nil || len(none) != 0 {
		t.Errorf("unknown run: got %v, %v, want none", none, err)
	}
}

func TestSettings(t *testing.T) {
	db, _ := open(t)
	ctx := t.Context()
	_, err := db.Setting(ctx, "sample")
	is(t, err, models.ErrNotFound)
	kept, isNew, err := db.SettingOnce(ctx, "sample", []byte("a"))
	if err != nil || !isNew || string(kept) != "a" {
		t.Errorf("SettingOnce: got %q, %v, %v, want a, new", kept, isNew, err)
	}
	kept, isNew, err = db.SettingOnce(ctx, "sample", []byte("b"))
	if err != nil || isNew || string(kept) != "a" {
		t.Errorf("SettingOnce again: got %q, %v, %v, want a, not new", kept, isNew, err)
	}
	ok(t, db.PutSetting(ctx, "sample", []byte("c")))
	if v, err := db.Setting(ctx, "sample"); err != nil || string(v) != "c" {
		t.Errorf("Setting: got %q, %v, want c", v, err)
	}
	ok(t, db.DeleteSetting(ctx, "sample"))
	_, err = db.Setting(ctx, "sample")
	is(t, err, models.ErrNotFound)
}

func TestContextEnds(t *testing.T) {
	db, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := db.Flows(ctx)
	is(t, err, context.Canceled)
}
