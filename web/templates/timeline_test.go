package templates

import (
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/web/view"
)

func kinds(bars []Bar) string {
	var out []string
	for _, b := range bars {
		out = append(out, b.Kind)
	}
	return strings.Join(out, " ")
}

// A wait of days between calls of milliseconds is folded with its length, and the calls stay in sight, in their order.
func TestALongGapIsFolded(t *testing.T) {
	nap := view.Step{ID: "nap", Kind: "wait", Status: "succeeded", StartedAt: ptr(at(200)), EndedAt: ptr(at(200 + 3*3600*1000))}
	after := call("after", "f", "succeeded", 200+3*3600*1000, 400+3*3600*1000)
	run := view.Run{Status: "succeeded", CreatedAt: at(0), EndedAt: ptr(at(400 + 3*3600*1000)), Steps: []view.Step{call("first", "f", "succeeded", 0, 200), nap, after}}
	rows, axis := RowsOf(run, "", sampleNow), AxisOf(run, sampleNow)
	if len(axis.Folds) != 1 || axis.Folds[0].Text != "3 h" {
		t.Fatalf("the folds: got %+v", axis.Folds)
	}
	first, last := rows[0].Bars[len(rows[0].Bars)-1], rows[2].Bars[len(rows[2].Bars)-1]
	if first.W < 20 || last.W < 20 || last.X < axis.Folds[0].X+axis.Folds[0].W-0.01 {
		t.Errorf("the calls around it: got %+v and %+v", first, last)
	}
	if got := kinds(rows[1].Bars); got != "wait" {
		t.Errorf("the wait: got %s", got)
	}
	run.Steps = run.Steps[:1]
	run.EndedAt = ptr(at(400))
	if axis := AxisOf(run, sampleNow); len(axis.Folds) != 0 || len(axis.Ticks) < 3 {
		t.Errorf("a run without a long gap: got %+v", axis)
	}
}

// Attempts are spans of their own: the queue before the first, the backoff between, and what is waited for after the last.
func TestAttemptsAreSpans(t *testing.T) {
	s := call("ship", "f", "retrying", 0, 0)
	s.Attempts = []view.Attempt{
		{Number: 1, Status: "failed", QueuedAt: at(0), StartedAt: ptr(at(100)), EndedAt: ptr(at(300))},
		{Number: 2, Status: "failed", QueuedAt: at(900), StartedAt: ptr(at(900)), EndedAt: ptr(at(1000))}}
	run := view.Run{Status: "running", CreatedAt: at(0), Steps: []view.Step{s}}
	rows := RowsOf(run, "", at(1400))
	if got, want := kinds(rows[0].Bars), "queued fail backoff fail backoff"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for i, b := range rows[0].Bars[1:] {
		if b.X < rows[0].Bars[i].X+rows[0].Bars[i].W-0.7 {
			t.Errorf("bar %d overlaps the one before: %+v", i+1, rows[0].Bars)
		}
	}
}

func TestTicksReadWell(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{0: time.Millisecond, 30 * time.Millisecond: 50 * time.Millisecond, 700 * time.Millisecond: time.Second, 9 * time.Second: 10 * time.Second, 40 * time.Minute: time.Hour, 100 * 24 * time.Hour: 101 * 24 * time.Hour} {
		if got := roundStep(d); got != want {
			t.Errorf("%s: got %s, want %s", d, got, want)
		}
	}
}
