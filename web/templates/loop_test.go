package templates

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/web/view"
)

// A step between two iterations says which one it waits for and when it begins, and lists what the last ones gave.
func TestALoopInTheInspector(t *testing.T) {
	run := retryingRun()
	s := &run.Steps[4]
	s.Status, s.Attempt, s.MaxAttempts, s.Error, s.NextAt = "waiting", 24, 24, nil, ptr(sampleNow.Add(8*time.Second))
	s.Loop = &view.Loop{Iteration: 3, Max: 30, Completed: 2, Condition: "output.state == 'done'", NextAt: s.NextAt, Output: js(`{"state":"running"}`)}
	s.Attempts = []view.Attempt{{Number: 23, Iteration: 2, Said: `{"state":"running"}`, Status: "succeeded", QueuedAt: sampleNow}}
	html := func(tab string) string {
		t.Helper()
		var b bytes.Buffer
		if err := RunInspector(runPage(run, s.ID, tab)).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for tab, wants := range map[string][]string{
		"attempts": {"Iteration 3 of at most 30, until output.state == &#39;done&#39;", "iteration 2", "{&#34;state&#34;:&#34;running&#34;}", "22 earlier attempts not shown", "Next"},
		"output":   {"Output of iteration 2"},
	} {
		page := html(tab)
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %q is not there:\n%s", tab, want, page)
			}
		}
	}
	if got := attemptsText(*s); got != "↻ 3/30" {
		t.Errorf("in the row: got %q", got)
	}
}
