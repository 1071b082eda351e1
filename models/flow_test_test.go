package models_test

import (
	"fmt"
	"testing"

	"github.com/segno-run/segno/models"
)

// TestFlowTests: a test file is kept as written, changed by who knows its revision only, and a revision is never used twice.
func TestFlowTests(t *testing.T) {
	db, _ := open(t)
	ctx := t.Context()
	_, err := db.SaveFlowTest(ctx, "order", "a.yaml", []byte("x"), 0)
	is(t, err, models.ErrNotFound)
	_, err = db.SaveDraft(ctx, "order", []byte("name: order"), 0)
	ok(t, err)
	first, err := db.SaveFlowTest(ctx, "order", "a.yaml", []byte("x\r\n\x00"), 0)
	ok(t, err)
	_, err = db.SaveFlowTest(ctx, "order", "a.yaml", []byte("y"), 0)
	is(t, err, models.ErrConflict)
	_, err = db.SaveFlowTest(ctx, "order", "a.yaml", []byte("y"), first+1)
	is(t, err, models.ErrConflict)
	got, err := db.FlowTest(ctx, "order", "a.yaml")
	ok(t, err)
	if string(got.Source) != "x\r\n\x00" || got.Rev != first {
		t.Errorf("got %q at %d", got.Source, got.Rev)
	}
	second, err := db.SaveFlowTest(ctx, "order", "a.yaml", []byte("y"), first)
	ok(t, err)
	is(t, db.DeleteFlowTest(ctx, "order", "a.yaml", first), models.ErrConflict)
	ok(t, db.DeleteFlowTest(ctx, "order", "a.yaml", second))
	is(t, db.DeleteFlowTest(ctx, "order", "a.yaml", models.AnyRev), models.ErrNotFound)
	third, err := db.SaveFlowTest(ctx, "order", "a.yaml", []byte("z"), models.AnyRev)
	ok(t, err)
	if third == first || third == second {
		t.Errorf("revision %d was used before", third)
	}
	for n := 1; n < models.MaxFlowTests; n++ {
		_, err := db.SaveFlowTest(ctx, "order", fmt.Sprintf("b%d.json", n), []byte("{}"), 0)
		ok(t, err)
	}
	_, err = db.SaveFlowTest(ctx, "order", "c.json", []byte("{}"), 0)
	is(t, err, models.ErrTooMany)
	files, err := db.FlowTests(ctx, "order")
	ok(t, err)
	if len(files) != models.MaxFlowTests || files[0].File != "a.yaml" {
		t.Errorf("got %d files", len(files))
	}
}

// TestSaveDraftWithTests: a draft and the test files that change with it are kept together, or none of them.
func TestSaveDraftWithTests(t *testing.T) {
	db, _ := open(t)
	ctx := t.Context()
	draft, err := db.SaveDraft(ctx, "order", []byte("one"), 0)
	ok(t, err)
	rev, err := db.SaveFlowTest(ctx, "order", "a.yaml", []byte("one"), 0)
	ok(t, err)
	two := []models.FlowTest{{File: "a.yaml", Source: []byte("two"), Rev: rev}}
	draft, err = db.SaveDraftWithTests(ctx, "order", []byte("two"), draft, two)
	ok(t, err)
	_, err = db.SaveDraftWithTests(ctx, "order", []byte("three"), draft, two)
	is(t, err, models.ErrConflict)
	f, err := db.Flow(ctx, "order")
	ok(t, err)
	got, err := db.FlowTest(ctx, "order", "a.yaml")
	ok(t, err)
	if string(f.Draft) != "two" || string(got.Source) != "two" {
		t.Errorf("got draft %q, test %q, want both two", f.Draft, got.Source)
	}
}

// TestFlowTestResults: the last result of a kind and a version is kept.
func TestFlowTestResults(t *testing.T) {
	db, _ := open(t)
	ctx := t.Context()
	for _, text := range []string{"one", "two"} {
		ok(t, db.SaveFlowTestResult(ctx, models.FlowTestResult{Flow: "order", Version: 3, Kind: "faults", Basis: text, Report: []byte(text)}))
	}
	r, err := db.FlowTestResult(ctx, "order", 3, "faults")
	ok(t, err)
	if string(r.Report) != "two" || r.Basis != "two" || r.At.IsZero() {
		t.Errorf("got %+v", r)
	}
	_, err = db.FlowTestResult(ctx, "order", 0, "faults")
	is(t, err, models.ErrNotFound)
}
