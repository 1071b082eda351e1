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

// A step that runs a flow has no log lines of its own, and each of its attempts names the run that it was.
func TestALoopOfRunsInTheInspector(t *testing.T) {
	const first, second = "01890a5d-ac96-874b-bcce-b302099a8001", "01890a5d-ac96-874b-bcce-b302099a8002"
	run := retryingRun()
	s := &run.Steps[4]
	s.Kind, s.Flow, s.Function, s.Status, s.Error, s.NextAt = "flow", "deliver", "", "running", nil, nil
	s.Child = &view.Child{Run: second, Flow: "deliver", Version: 3}
	s.Loop = &view.Loop{Iteration: 2, Max: 7, Completed: 1, Condition: "output.ok"}
	s.Attempts = []view.Attempt{{Number: 1, Iteration: 1, Run: first, Said: `{"ok":false}`, Status: "succeeded", QueuedAt: sampleNow}, {Number: 2, Iteration: 2, Run: second, Status: "running", QueuedAt: sampleNow}}
	for tab, wants := range map[string][]string{
		"":         {`id="child-run"`, "/runs/" + second, "Iteration 2 of at most 7, until output.ok"},
		"attempts": {`href="/runs/` + first + `"`, `href="/runs/` + second + `"`, "iteration 1"},
	} {
		var b bytes.Buffer
		if err := RunInspector(runPage(run, s.ID, tab)).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%q: %q is not there:\n%s", tab, want, page)
			}
		}
		if strings.Contains(page, "Logs") {
			t.Errorf("%q: there is a tab for log lines:\n%s", tab, page)
		}
	}
}
