package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/segno-run/segno/internal/servertest"
)

// bulkView is what this test reads of a bulk retry.
type bulkView struct {
	ID                                                          string
	Done                                                        bool
	Runs, Waiting, Retried, Refused, Stopped, Succeeded, Failed int
}

// TestBulkSurvivesKills has many runs fail alike, retries them all, and kills the server in the middle, twice. Each is retried once, and the progress is kept.
func TestBulkSurvivesKills(t *testing.T) {
	const runs = 60
	o := options{Data: dataDir(t)}
	s := start(t, o)
	input := sampleInput(t, "order")
	input["fail"] = "ship"
	for n := range runs {
		var started struct{ ID string }
		header := http.Header{"Idempotency-Key": {fmt.Sprint("bulk-", n)}}
		if err := s.call("POST", "/flows/order/runs", header, map[string]any{"input": input}, &started); err != nil {
			t.Fatal(err)
		}
	}
	servertest.Eventually(t, "all have failed", func() bool { return len(s.runs(t, "failed")) == runs })
	var plan struct{ Runs, Planned, Fit int }
	s.post(t, "/flows/order/retries", map[string]any{"step": "ship", "dry_run": true}, &plan)
	if plan.Runs != runs || plan.Planned != runs || plan.Fit != runs {
		t.Errorf("the dry run: got %+v, want all %d to fit", plan, runs)
	}
	var b bulkView
	s.post(t, "/flows/order/retries", map[string]any{"step": "ship", "runs": runs}, &b)
	look := func() { s.get(t, "/flows/order/retries/"+b.ID, &b) }
	for _, part := range []int{runs / 5, runs / 2} {
		servertest.Eventually(t, fmt.Sprintf("%d have had their turn", part), func() bool { look(); return b.Retried >= part })
		s.Kill(t)
		s = start(t, o)
	}
	servertest.Eventually(t, "all have had their turn, and ended", func() bool { look(); return b.Done && b.Succeeded+b.Failed == b.Retried })
	if b.Retried != runs || b.Succeeded != runs || b.Refused != 0 {
		t.Errorf("got %+v, want all %d retried and succeeded", b, runs)
	}
	for _, id := range s.runs(t) {
		asked := 0
		for _, e := range s.events(t, id) {
			for _, f := range e.Facts {
				if f.Type == "RetryRequested" {
					asked++
				}
			}
		}
		if asked != 1 {
			t.Errorf("run %s was retried %d times, want once", id, asked)
		}
	}
}
