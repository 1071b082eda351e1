package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const mendFlow = `steps:
  take: {call: payments.reserve, with: {account: acct_1, amount: 5}, compensate: {call: payments.release, with: {key: "${{ key }}", hold: "${{ steps.take.output.hold }}"}}}
  ship: {needs: [take], call: shipping.book, with: {order: A-1, fail: ship}}
`

// repairs publishes a fix, looks at what the failed run would do on it, and has it go on: what had completed keeps its one attempt and its times. Then the
// run goes back to its first step, which is undone before. The server is that of the file's journey.
func repairs(t *testing.T, s site, b *tab) {
	s.publish(t, "mend", mendFlow)
	id, other := s.start(t, "mend", "{}"), s.start(t, "mend", "{}")
	status := func(want string) {
		t.Helper()
		until(t, func() string { return "the run is " + want + "; it is " + s.run(t, id).Status }, func() bool { return s.run(t, id).Status == want })
	}
	status("failed")
	mended := strings.Replace(mendFlow, ", fail: ship", "", 1)
	s.publish(t, "mend", mended)
	s.publish(t, "mend", mended+"  tell: {needs: [ship], set: {told: true}}\n")
	took := func() string {
		var got struct {
			Steps []struct {
				Started  time.Time `json:"started_at"`
				Ended    time.Time `json:"ended_at"`
				Attempts []any
			}
		}
		s.api(t, "GET", "/runs/"+id, "", &got)
		first := got.Steps[0]
		return fmt.Sprint(first.Started, first.Ended, len(first.Attempts))
	}
	before := took()
	b.goTo(s.url + "/runs/" + id + "?step=take&view=input")
	b.await("live", `document.body.dataset.live === "open"`)
	b.click("#confirm-retry > summary")
	b.click(`#run-steps [data-step="ship"] a.row-link`) // what is selected now stays so, and so does what was typed
	b.click("#confirm-retry > summary")
	b.click(`#confirm-retry .plan-versions a[href*="version=2"]`)
	b.await("the selection is kept", `location.search === "?step=ship&plan=retry&version=2"`)
	b.sees(`#confirm-retry [data-step="take"]`, "reuse")
	b.sees(`#confirm-retry [data-step="ship"] .plan-input`, `"A-1"`)
	b.await("the mark on the resume step", `document.querySelector('#confirm-retry [data-step="ship"] .segno')`)
	b.sees("#action-retry-plan", "Retry on version 2")
	b.click("#action-retry-plan")
	status("succeeded")
	b.sees("#run-header .crumbs", "v2")
	if after := took(); after != before {
		t.Errorf("what was reused took %s, and takes %s", before, after)
	}

	b.goTo(s.url + "/runs/" + id + "?step=take")
	b.click("#restart-from")
	b.sees(`#confirm-restart [data-step="take"]`, "undo, then run")
	b.click("#action-restart")
	until(t, func() string { return "it was restarted" }, func() bool { return strings.Contains(events(t, s, id), "RestartRequested") })
	status("succeeded")
	if took() == before {
		t.Error("what was restarted has its first attempt alone")
	}
	goesOn(t, s, b, other)
}

// goesOn types into the plan of a failed run, and somebody else retries it on a version with another step: the page takes that in where it is, and what was typed stays
// until it is discarded.
func goesOn(t *testing.T, s site, b *tab, id string) {
	b.goTo(s.url + "/runs/" + id + "?step=ship&view=input")
	b.await("live", `document.body.dataset.live === "open"`)
	b.click("#confirm-retry > summary")
	b.click(`#confirm-retry [data-step="ship"] .plan-given > summary`)
	const field = `#confirm-retry .plan-given :is(textarea, input[type="text"])`
	b.write(field, "typed here")
	b.click(`#confirm-retry .plan-versions a[href*="version=2"]`)
	b.sees("#action-retry-plan", "Retry on version 2")
	b.await("this page", `window.here = true`)
	s.api(t, "POST", "/runs/"+id+"/retry", `{"version": 3}`, nil)
	b.sees("#run-header .crumbs", "v3")
	b.await("the graph of version 3", `document.querySelector('[data-testid="node-tell"]')?.dataset.status === "succeeded"`)
	b.sees("#confirm-retry .left-note", "What you typed stays")
	b.await("nothing is lost, and nothing can be sent", `window.here && location.search.startsWith("?step=ship&view=input") && document.querySelector("#confirm-retry").open &&
		document.querySelector('`+field+`').value === "typed here" && document.querySelector("#action-retry-plan").disabled`)
	b.click("#confirm-retry .left-note button")
	b.await("it is discarded", `!document.querySelector("#confirm-retry")`)
}
