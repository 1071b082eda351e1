package templates

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/web/view"
)

func TestVerdict(t *testing.T) {
	undone := failedRun()
	undone.Status, undone.Actions = "compensation_failed", []string{"retry"}
	undone.Error = &view.Failure{Step: "stock", Item: ptr(2), Class: "timeout", Effect: "maybe", Message: "no answer within 10s"}
	handled := failedRun()
	handled.Steps[4].Error = &view.Failure{Class: "rejected", Handled: true}
	done := failedRun()
	done.Status, done.Error, done.Actions, done.EndedAt = "succeeded", nil, nil, ptr(at(3200))
	done.Steps[4].Status = "succeeded"
	both := waitingRun()
	both.Steps[4].Status = "running"
	brood := parentRun("ask", "Charge the card?")
	brood.Children[0].Item = ptr(3)
	brood.Children = append(brood.Children, view.ChildState{Shown: "ask", Step: "ship"}, view.ChildState{Step: "ship"})
	beside := parentRun("waiting", "`x` waits.")
	beside.Steps[1].Status = "running"
	for name, c := range map[string]struct {
		run              view.Run
		status, sentence string
		next, primary    string
	}{
		"failed":              {failedRun(), "failed", "`ship` failed: the carrier refused the booking: told to fail by the input's fail.", "4 steps reused, 1 runs again.", "retry"},
		"handled":             {handled, "failed", "`ship` failed: the carrier refused the booking: told to fail by the input's fail.", "5 steps reused, 0 run again.", "retry"},
		"compensation failed": {undone, "compensation_failed", "Undoing `stock` item 2 failed: no answer within 10s.", "Retry goes on with undoing where it stopped.", "retry"},
		"succeeded":           {done, "succeeded", "Finished in 3.2 s: 4 steps done, 1 skipped.", "", ""},
		"approval":            {waitingRun(), "ask", "Release order A-1042 over 12 400 €?", "", ""},
		"approval beside":     {both, "waiting", "Running `ship`.", "", ""},
		"retrying":            {retryingRun(), "retrying", "`ship` is retrying 3/4, next in 12 s. Last error: shipping.book answered 503 Service Unavailable.", "", ""},
		"uncertain":           {uncertainRun(), "uncertain", "Nobody knows whether `ship` happened. Its function must not be called twice, so a person decides.", "Say below what happened; the run goes on from there.", ""},
		"a child asks":        {parentRun("ask", "Charge the card?"), "ask", "In the run of `ship`: Charge the card?", "", ""},
		"a child retries":     {parentRun("retrying", ""), "retrying", "In the run of `ship`: Retrying.", "", ""},
		"a child waits":       {parentRun("waiting", "`x` waits."), "waiting", "In the run of `ship`: `x` waits.", "", ""},
		"a child is at work":  {parentRun("", "Running `x`."), "running", "Running `ship`.", "", ""},
		"one of its children": {brood, "ask", "In the run of `ship` item 3: Charge the card?", "So it is in 1 more run below.", ""},
		"a step beside it":    {beside, "running", "Running `stock`, `ship`.", "", ""},
	} {
		v := VerdictOf(c.run, sampleNow)
		if v.Status != c.status || v.Sentence != c.sentence || v.Next != c.next || v.Primary != c.primary {
			t.Errorf("%s: got  %s | %s | %s | %s\nwant %s | %s | %s | %s", name, v.Status, v.Sentence, v.Next, v.Primary, c.status, c.sentence, c.next, c.primary)
		}
	}
}

// What a compensation undoes is told step by step, with the inputs, and with what may have happened; a retry with the mark where it goes on.
func TestAWaitIsSaidOnce(t *testing.T) {
	t.Parallel()
	at := sampleNow
	for _, c := range []struct {
		name string
		st   view.Step
		want string
	}{
		{"a signal", view.Step{ID: "a", Kind: "signal", Reason: "waits for the signal `go`: POST /x"}, "`a` waits for the signal `go`: POST /x"},
		{"a signal that nothing is said of", view.Step{ID: "a", Kind: "signal", NextAt: &at}, "`a` waits for its signal until " + full(at)},
		{"a time", view.Step{ID: "a", Kind: "wait", NextAt: &at, Reason: "waits until noon"}, "`a` waits until " + full(at)},
		{"another reason", view.Step{ID: "a", Reason: "the rate limit"}, "`a` waits: the rate limit"},
		{"no reason", view.Step{ID: "a"}, "`a` waits"},
	} {
		if got := waitText(c.st); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPlansOnThePage(t *testing.T) {
	r := failedRun()
	r.Steps[0].Status, r.Steps[0].Unknown = "failed", 1
	p := runPage(r, "reserve_funds", "")
	p.Inspector.Step.Compensation = &view.Compensation{Function: "payments.release", Status: "compensated", Unknown: 1}
	page := drawnText(t, Run(p))
	for _, want := range []string{"It goes on here", "3 steps reused, 1 runs again, 1 to come.", "On version 3, the run's own.", `name="seq" value="14"`, "Undoes 2 steps, the last one first.",
		"violin-strings-g", "and 1 more", "has no hold", "nobody knows whether it happened", "though nobody knows whether it had happened</span>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, `id="confirm-retry" open`) {
		t.Error("the plan is open though the address does not say so")
	}
	p.Plans[0].Steps[4].Does, p.Open = "in_the_way", "retry"
	page = drawnText(t, Run(p))
	if !strings.Contains(page, "Retry all the same") || !strings.Contains(page, `id="confirm-retry" open`) || strings.Contains(page, `id="action-retry"`) {
		t.Error("with a step in the way, Retry is still one click, or its plan is shut")
	}
}

func TestRows(t *testing.T) {
	rows := RowsOf(failedRun(), "ship", sampleNow)
	last := rows[len(rows)-1]
	if !last.Selected || !last.Resume || last.Duration != "460 ms" || last.Attempts != "1" {
		t.Errorf("ship: got %+v, want it selected, to resume, 460 ms, 1 attempt", last)
	}
	if got, want := rows[1].Attempts, "3/3"; got != want {
		t.Errorf("items of stock: got %q, want %q", got, want)
	}
	if got := rows[3]; got.Duration != "" || len(got.Bars) != 0 {
		t.Errorf("a skipped step: got %q and %d bars, want none", got.Duration, len(got.Bars))
	}
	for _, r := range rows {
		for _, b := range r.Bars {
			if b.X < 0 || b.W <= 0 || b.X+b.W > 100.0001 {
				t.Errorf("%s: bar from %.2f for %.2f leaves the line", r.Step.ID, b.X, b.W)
			}
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 ms", 0: "0 ms", 999 * time.Millisecond: "999 ms", 3270 * time.Millisecond: "3.2 s", 59 * time.Second: "59 s", 125 * time.Second: "2 min 5 s",
		2 * time.Hour: "2 h", 50 * time.Hour: "2 d 2 h",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v): got %q, want %q", d, got, want)
		}
	}
}

// Whatever stands in a name, a value or a log line is text on the page, never markup; and JSON keeps its digits and its order.
func TestHostileTextStaysText(t *testing.T) {
	const evil = `</script><img src=x onerror=alert(1)>"'&`
	r := failedRun()
	r.Input = js(`{"z":9007199254740993,"a":"</script><img src=x onerror=alert(1)>"}`)
	r.Steps[4].Title, r.Steps[4].Error.Message, r.Error.Message = evil, evil, evil
	r.Steps[4].Attempts[0].Logs = []view.LogLine{{At: at(0), Stream: "stdout", Text: evil}}
	r.Steps[4].Input = r.Input
	for _, tab := range []string{"error", "input", "resolved", "logs", "attempts", "output"} {
		var out bytes.Buffer
		if err := Run(runPage(r, "ship", tab)).Render(context.Background(), &out); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "<img src=x") {
			t.Errorf("%s: the text became markup", tab)
		}
		if tab == "resolved" && !strings.Contains(out.String(), `<span class="jn">9007199254740993</span>`) {
			t.Errorf("the number lost its digits")
		}
	}
	v := VersionsPage{Chrome: chrome("x", ""), Versions: sampleVersions(), Open: &sampleVersions()[0], Source: "a: " + evil + "\n# " + evil + "\n${{ " + evil + " }}"}
	var out bytes.Buffer
	if err := Versions(v).Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "<img src=x") {
		t.Error("YAML became markup")
	}
}

func TestHighlightLosesNothing(t *testing.T) {
	for _, text := range []string{`{"a": [1, -2.5e3, true, null, "x\"y\\"], "é": "ü"}`, `not json at all: "open`, `"`, ``, "\x00\xff", `{"a": "\`} {
		got := strings.NewReplacer(`<span class="jk">`, "", `<span class="jt">`, "", `<span class="jn">`, "", `<span class="jw">`, "", "</span>", "", "&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(highlight(text))
		if got != text {
			t.Errorf("highlight(%q): the text became %q", text, got)
		}
	}
}

func TestTheRunOfAStepLeadsToItAndSaysNoMoreThanItKnows(t *testing.T) {
	t.Parallel()
	const child = "01a209af-9abe-87fb-9130-526978b92465"
	run := failedRun()
	run.Error.Evidence = []view.Detail{{Name: "run", Value: child}, {Name: "its status", Value: "failed"}}
	run.Error.Effect = "none"
	var b strings.Builder
	if err := RunHeader(runPage(run, "", "")).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if !strings.Contains(page, `<a href="/runs/`+child+`">`) {
		t.Errorf("the run that failed is no link in %s", page)
	}
	if strings.Contains(page, "Nothing was done") {
		t.Error("the header says that nothing was done, of a run of which nobody asked")
	}
}

// parentRun is a run whose step ship runs a flow that shows so and says that.
func parentRun(shown, says string) view.Run {
	r := failedRun()
	r.Status, r.Error, r.Actions = "running", nil, nil
	r.Steps[4].Status, r.Steps[4].Error, r.Steps[4].Kind = "running", nil, "flow"
	r.Children = []view.ChildState{{Run: "r-1", Shown: shown, Step: "ship", Depth: 1, Says: says}}
	return r
}
