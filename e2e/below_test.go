package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBelowAStep: what a step consists of stands on the page of its run.
func TestBelowAStep(t *testing.T) {
	s := boot(t)
	t.Run("a child", func(t *testing.T) { aChildOnItsParent(t, s) })
	t.Run("iterations", func(t *testing.T) { iterations(t, s) })
}

// iterations walks the iterations of a loop, each with what changed since the one before.
func iterations(t *testing.T, s site) {
	var calls atomic.Int64
	fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"n": %d, "state": "%s", "job": {"id": 7}}`, n, map[bool]string{true: "done", false: "open"}[n >= 3])
	}))
	t.Cleanup(fn.Close)
	s.api(t, "PUT", "/functions/loop.poll", `{"http": {"url": "`+fn.URL+`"}, "idempotent": true}`, nil)
	s.publish(t, "polling", "steps:\n  poll: {call: loop.poll, with: {}, until: {condition: \"${{ output.state == 'done' }}\", every: 100ms, max: 5}}\n")
	id := s.start(t, "polling", "{}")
	until(t, said("the loop ends"), func() bool { return s.run(t, id).Status == "succeeded" })
	b := open(t, 1280, 800)
	b.goTo(s.url + "/runs/" + id + "?step=poll")
	b.await("the page follows", `document.querySelector(".sg-node")`)
	b.sees("#iteration-title", "Iteration 3 of poll")
	b.sees("#iteration", `2 fields changed since iteration 2`)
	b.sees("#iteration .changes", `output.n− 2+ 3output.state− "open"+ "done"`)
	b.click("#iteration-previous")
	b.sees("#iteration", `1 field changed since iteration 1`)
	b.click("#iteration-previous")
	b.sees("#iteration", "The first one.")
	b.sees("#iteration-output", `"n": 1`)
	b.await("the address names it", `location.search.includes("iteration=1")`)
	b.do("going back", chromedp.NavigateBack())
	b.sees("#iteration-title", "Iteration 2 of poll")
	b.clean()
}

// aChildOnItsParent: a run whose child asks says so and leads there, and shows the child's steps in place.
func aChildOnItsParent(t *testing.T, s site) {
	s.publish(t, "charge", "steps:\n  hold: {set: {a: 1}}\n  sure: {needs: [hold], approval: {title: \"Charge the card?\"}}\n  no: {needs: [sure.rejected], fail: {message: \"not wanted\"}}\n")
	s.publish(t, "early", "steps:\n  early: {signal: {name: paid}}\n")
	s.publish(t, "shop", "steps:\n  pay: {flow: charge}\n  listen: {flow: early}\n  done: {needs: [pay], set: {a: 1}}\n")
	id := s.start(t, "shop", "{}")
	b := open(t, 1280, 800)
	b.goTo(s.url + "/runs/" + id)
	b.sees("#run-header h1", "Waiting for a person")
	b.sees("#run-header h1", "In the run of pay: Charge the card?")
	b.click(`#run-steps [data-step=pay] a.row-link`)
	b.sees("#child-steps", "Charge the card?")
	b.await("its steps", `document.querySelector("#child-steps [data-child-step=hold][data-status=succeeded]") && document.querySelector("#child-steps [data-child-step=sure][data-status=waiting]")`)
	b.sees("#inspector-why", "its run waits for a person")
	x, y := b.find(`[data-testid=node-done]`).middle()
	b.do("pointing at a step that waits", chromedp.MouseEvent(chromedp.MouseMoved, x, y))
	b.await("why it waits", `document.querySelector("[data-testid=node-done]").title === "waits for pay, which is running"`)
	b.await("its node shows what it waits for", `document.querySelector("[data-testid=node-pay]").dataset.asks`)
	child, _ := ask[string](b, `document.querySelector("#child-steps").dataset.run`)
	b.await("the log leads to it", `document.querySelector("#run-log a.log-run")?.getAttribute("href") === "/runs/`+child+`"`)
	b.await("the page is live", `document.body.dataset.live === "open"`)
	s.api(t, "POST", "/runs/"+child+"/pause", "{}", nil)
	b.sees("#child-steps .child-verdict", "Paused")
	b.await("its node too", `document.querySelector("[data-testid=node-pay]").dataset.status !== "running"`)
	s.api(t, "POST", "/runs/"+child+"/resume", "{}", nil)
	res, err := http.Post(s.url+"/api/v1/runs/"+id+"/signals/paid", "application/json", strings.NewReader("1"))
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(said), "signals/paid") || !strings.Contains(string(said), "waits for it at its step `early`") {
		t.Errorf("a signal that a child waits for: got %s %s", res.Status, said)
	}
	b.click("#open-child")
	b.sees("#run-header h1", "Charge the card?")
	b.sees("#parent-hint", "A part of pay")
	b.click("#action-approve")
	b.await("it is done", `document.querySelector("#run-header[data-status=succeeded]")`)
	b.click("#parent-run")
	b.await("its parent waits on", `document.querySelector("#run-header[data-status=running]") && location.pathname === "/runs/`+id+`"`)
	b.sees("#run-header h1", "In the run of listen: early waits")
	listening, _ := ask[string](b, `document.querySelector("#open-child").getAttribute("href")`)
	s.api(t, "POST", listening+"/signals/paid", "1", nil)
	b.await("its parent too", `document.querySelector("#run-header[data-status=succeeded]") && location.pathname === "/runs/`+id+`"`)
	b.await("its steps are still there", `document.querySelectorAll("#child-steps [data-status=succeeded]").length === 2`)
	b.clean()
}
