package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// failing starts an order that fails at ship, and waits for that.
func (s site) failing(t testing.TB) (id string) {
	t.Helper()
	id = s.start(t, "order", `{"order_id": "A-1", "account": "acct_1", "amount": 129.5, "lines": [{"sku": "cup", "n": 1}], "fail": "ship"}`)
	until(t, func() string { return "the run fails; it is " + s.run(t, id).Status }, func() bool { return s.run(t, id).Status == "failed" })
	return id
}

// TestThePlanComesFirst looks at what Retry and Compensate would do, by keyboard, and presses Retry on a plan that somebody else has overtaken.
func TestThePlanComesFirst(t *testing.T) {
	s := boot(t)
	id := s.failing(t)
	b := open(t, 1280, 720)
	b.goTo(s.url + "/runs/" + id)
	b.await("live", `document.body.dataset.live === "open"`)
	b.click(`#run-steps [data-step="review"] a.row-link`)
	b.sees("#inspector-why", "big took otherwise, not review: input.amount > 10000 was false, amount 129.5")
	b.sees("#run-header .verdict-next", "4 steps reused, 1 runs again")
	b.await("the mark on the graph", `document.querySelector('[data-testid="node-ship"] .sg-segno')`)

	b.await("the plan has the focus", `(document.querySelector("#confirm-retry > summary").focus(), document.activeElement.matches("#confirm-retry > summary"))`)
	b.do("opening the plan", chromedp.KeyEvent(kb.Enter))
	b.sees(`#confirm-retry [data-step="ship"]`, "run again")
	b.sees(`#confirm-retry [data-step="reserve_funds"]`, "reuse")
	b.await("the mark on the resume step", `document.querySelector('#confirm-retry [data-step="ship"] .segno')`)
	b.do("closing it", chromedp.KeyEvent(kb.Escape))
	b.await("the plan is shut", `!document.querySelector("#confirm-retry").open`)

	b.click("#confirm-compensate > summary")
	b.sees(`#confirm-compensate [data-step="reserve_funds"]`, "payments.release")
	b.await("its input is evaluated", `/"hold": ?"\w+/.test(document.querySelector('#confirm-compensate [data-step="reserve_funds"] .plan-input').textContent)`)
	b.sees(`#confirm-compensate [data-step="ship"]`, "nothing to undo")
	b.do("closing it", chromedp.KeyEvent(kb.Escape))

	// A page without scripts does not hear that somebody else has retried.
	s.publish(t, "stuck", "steps:\n  sum: {set: {n: 1}}\n  no: {needs: [sum], fail: {message: not today}}\n")
	stuck := s.start(t, "stuck", "{}")
	failed := func(after int64) func() bool {
		return func() bool { r := s.run(t, stuck); return r.Status == "failed" && r.Seq > after }
	}
	until(t, func() string { return "the run fails" }, failed(0))
	old := scriptless(t)
	old.goTo(s.url + "/runs/" + stuck)
	old.click("#confirm-retry > summary")
	old.sees(`#confirm-retry [data-step="no"]`, "in the way")
	seq := s.run(t, stuck).Seq
	s.api(t, "POST", "/runs/"+stuck+"/retry", `{}`, nil)
	until(t, func() string { return "the run fails again" }, failed(seq))
	old.submit("#action-retry-plan")
	old.sees(".flash", "the run has changed")
	old.sees(`#confirm-retry [data-step="sum"]`, "reuse")
	if n := strings.Count(events(t, s, stuck), "RetryRequested"); n != 1 {
		t.Errorf("got %d retries, want the other's alone", n)
	}

	// Two clicks are one retry.
	x, y := b.find("#action-retry").middle()
	b.do("clicking twice", chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)), chromedp.MouseClickXY(x, y))
	b.await("the run goes on", `new URLSearchParams(location.search).get("flash") === "retried" || document.querySelector(".flash")`)
	if n := strings.Count(events(t, s, id), "RetryRequested"); n != 1 {
		t.Errorf("got %d retries, want one for two clicks", n)
	}
	repairs(t, s, b)
	b.clean()
}

func events(t testing.TB, s site, id string) string {
	t.Helper()
	var got struct {
		Events []struct{ Facts []struct{ Type string } }
	}
	s.api(t, "GET", "/runs/"+id+"/events", "", &got)
	return fmt.Sprint(got.Events)
}
