package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/segno-run/segno/internal/servertest"
)

// state is one thing that a person may see: a page, in one of its states.
type state struct {
	name string
	url  string
	when string     // an expression that is true once the page is whole
	do   func(*tab) // what is done on it; nil: nothing
}

// Whole pages: those with a bundle say so themselves.
const (
	plainPage  = listens + ` && document.querySelector("h1")`
	runPage    = `document.body.dataset.live && document.querySelector(".sg-node")`
	readPage   = `document.body.dataset.read === "ready" && document.querySelector(".sg-node")`
	canvasPage = `document.body.dataset.canvas === "ready" && document.querySelector(".sg-node")`
)

const (
	lossyFlow   = "title: Send the invoice\nsteps:\n  send: {call: mail.lossy, with: {to: ada@example.org}}\n"
	busyFlow    = "title: Ask a busy service\nsteps:\n  ask: {call: quota.busy, with: {}, retry: {max_attempts: 4, backoff: 1h, on: [unavailable]}}\n"
	signalFlow  = "title: Wait for the courier\nsteps:\n  courier: {signal: {name: arrived}}\n  done: {needs: [courier], set: {ok: true}}\n"
	inboxFlow   = "title: Order and count\nsteps:\n  order: {flow: order, with: {order_id: A-9, account: acc-7, amount: 12, lines: [{sku: cup, n: 1}]}}\n"
	tickFlow    = "steps:\n  tick: {set: {ok: true}}\noutput: {id: \"${{ run.id }}\", ok: true}\n"
	loopFlow    = "title: Twice\nsteps:\n  poll: {flow: tick, until: {condition: \"${{ iteration >= 2 }}\", every: 100ms, max: 3}}\n"
	aboveFlow   = "title: Deliver\nsteps:\n  deliver: {flow: courier}\n  done: {needs: [deliver], set: {ok: true}}\n"
	brokenDraft = "name: order\ninput: {type: object, properties: {amount: {type: number}}}\nsteps:\n  reserve_funds:\n    call: payments.reserve\n" +
		"    with: {account: acc-7, amount: \"${{ input.amuont }}\"}\n  ship: {needs: [reserve_funds], call: shipping.bok, with: {order: \"1\"}}\n"
)

// states fills a server with runs that ended in every way and lists what there is to see. empty is a server of an empty project folder.
func states(t testing.TB, s, empty site) []state {
	t.Helper()
	lossy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(lossy.Close)
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "come back later", http.StatusServiceUnavailable)
	}))
	t.Cleanup(busy.Close)
	s.api(t, "PUT", "/functions/mail.lossy", `{"http": {"url": "`+lossy.URL+`"}, "idempotent": false}`, nil)
	s.api(t, "PUT", "/functions/quota.busy", `{"http": {"url": "`+busy.URL+`"}, "idempotent": true}`, nil)
	for name, text := range map[string]string{"invoice": lossyFlow, "quota": busyFlow, "courier": signalFlow, "intake": inboxFlow, "tick": tickFlow} {
		s.publish(t, name, text)
	}
	s.publish(t, "twice", loopFlow)
	s.publish(t, "delivery", aboveFlow)

	run := func(flow, input string, path ...string) (id string) {
		t.Helper()
		id = s.start(t, flow, input)
		for _, status := range path {
			if action, ok := strings.CutPrefix(status, "/"); ok {
				s.api(t, "POST", "/runs/"+id+"/"+action, "{}", nil)
				continue
			}
			until(t, func() string { return flow + " is " + s.run(t, id).Status + ", want " + status }, func() bool { return s.run(t, id).Status == status })
		}
		return id
	}
	cheap, failing, dear := fmt.Sprintf(order, 20, ""), fmt.Sprintf(order, 20, `, "fail": "ship"`), fmt.Sprintf(order, 20000, "")
	done := run("order", cheap, "succeeded")
	failed := run("order", failing, "failed")
	mended := run("order", failing, "failed", "/retry", "succeeded")
	undone := run("order", failing, "failed", "/compensate", "compensated")
	asked := run("order", dear, "waiting")
	stopped := run("order", dear, "waiting", "/cancel", "cancelled")
	doubt := run("invoice", "{}", "uncertain")
	waits := run("courier", "{}", "waiting")
	parent := run("intake", "{}", "succeeded")
	loop := run("twice", "{}", "succeeded")
	above := run("delivery", "{}", "running")
	retrying := run("quota", "{}")
	until(t, said("quota.busy is tried again"), func() bool { r := s.run(t, retrying); return r.Steps[0].Status == "retrying" })
	s.api(t, "POST", "/flows/order/tests/run", "", nil)
	s.api(t, "POST", "/flows/order/tests/faults", "", nil)
	source := s.draft(t, "")
	s.send(t, http.MethodPost, "/flows/order/versions?message=Expensive+from+5000", strings.Replace(source, "> 10000", "> 5000", 1), nil)
	s.send(t, http.MethodPut, "/flows/snapvault/draft", strings.Replace(brokenDraft, "name: order", "name: snapvault", 1), nil)

	s.putDraft(t, "first", "name: first\nsteps: {}\n")

	list := []state{
		{"flows", s.url + "/flows", plainPage, nil},
		{"flows-empty", empty.url + "/flows", plainPage, nil},
		{"new-flow", s.url + "/flows/new?template=saga", plainPage, nil},
		{"new-flow-refused", empty.url + "/flows/new?template=fan-out&name=Each+One", plainPage, func(b *tab) {
			b.submit("#new-flow button.primary")
			b.sees("#name-error", "each_one")
		}},
		{"canvas-blank", s.url + "/flows/first/edit", `document.body.dataset.canvas === "ready"`, nil},
		{"overview", s.url + "/flows/order", plainPage, nil},
		{"overview-never-run", s.url + "/flows/snapvault", plainPage, nil},
		{"canvas", s.url + "/flows/order/edit", canvasPage, nil},
		{"canvas-step", s.url + "/flows/order/edit?step=stock", canvasPage + ` && document.querySelector(".sg-worth code")`, nil},
		{"canvas-problems", s.url + "/flows/snapvault/edit?step=reserve_funds", canvasPage, nil},
		{"canvas-publish", s.url + "/flows/order/edit", canvasPage, func(b *tab) {
			b.click(`[data-testid="publish-open"]`)
			b.find(`[data-testid="publish-message"]`)
		}},
		{"canvas-yaml", s.url + "/flows/order/edit", canvasPage, func(b *tab) {
			b.click(`[data-testid="yaml-toggle"]`)
			b.sees(`[data-testid="yaml-panel"]`, "name: order")
		}},
		{"tests", s.url + "/flows/order/tests", plainPage, nil},
		{"tests-faults", s.url + "/flows/order/tests?view=faults&cell=reserve_funds.after", plainPage, nil},
		{"tests-file", s.url + "/flows/order/tests?view=file", plainPage, nil},
		{"tests-none", s.url + "/flows/courier/tests", plainPage, nil},
		{"versions", s.url + "/flows/order/versions", plainPage, nil},
		{"version-graph", s.url + "/flows/order/versions/1?step=big", readPage, nil},
		{"diff", s.url + "/flows/order/diff?from=1&to=2", plainPage, nil},
		{"bulk-plan", s.url + "/flows/order/retries?step=ship", plainPage, nil},
		{"bulk-none", s.url + "/flows/snapvault/retries", plainPage, nil},
		{"start", s.url + "/flows/order/start?fail=ship", plainPage, nil},
		{"start-refused", s.url + "/flows/order/start", plainPage, func(b *tab) {
			b.write(`#start-form [name="amount"]`, "-1")
			b.submit("#start-form button.primary")
			b.sees("#start-error", "does not fit")
		}},
		{"runs", s.url + "/runs", plainPage, nil},
		{"runs-none-found", s.url + "/runs?q=nothing+like+it", plainPage, nil},
		{"runs-empty", empty.url + "/runs", plainPage, nil},
		{"run-succeeded", s.url + "/runs/" + done, runPage, nil},
		{"run-failed", s.url + "/runs/" + failed + "?step=ship", runPage, nil},
		{"run-compensate", s.url + "/runs/" + failed, runPage, func(b *tab) { b.click("#confirm-compensate > summary") }},
		{"run-retried", s.url + "/runs/" + mended + "?step=ship&view=attempts", runPage, nil},
		{"run-output", s.url + "/runs/" + mended + "?step=reserve_funds&view=output", runPage, func(b *tab) { b.write(".jtree-search", "hold") }},
		{"run-logs", s.url + "/runs/" + mended + "?step=ship&view=logs&attempt=all#l1-2", runPage, nil},
		{"run-resolved", s.url + "/runs/" + mended + "?step=ship&view=resolved", runPage, nil},
		{"run-diff-success", s.url + "/runs/" + failed + "?step=ship&view=diff", runPage, nil},
		{"run-diff", s.url + "/runs/" + mended + "?step=ship&view=diff&base=attempt", runPage, nil},
		{"run-compare", s.url + "/runs/" + failed + "/compare?with=" + done, plainPage, nil},
		{"run-compare-none", s.url + "/runs/" + done + "/compare", plainPage, nil},
		{"run-compensated", s.url + "/runs/" + undone + "?step=stock", runPage, nil},
		{"run-approval", s.url + "/runs/" + asked, runPage, nil},
		{"run-cancelled", s.url + "/runs/" + stopped, runPage, nil},
		{"run-uncertain", s.url + "/runs/" + doubt, runPage, nil},
		{"run-retrying", s.url + "/runs/" + retrying + "?step=ask", runPage, nil},
		{"run-waiting", s.url + "/runs/" + waits + "?step=courier", runPage, nil},
		{"run-sub-flow", s.url + "/runs/" + parent + "?step=order", runPage, nil},
		{"run-item", s.url + "/runs/" + failed + "?step=stock&item=0&status=succeeded", runPage, nil},
		{"run-iteration", s.url + "/runs/" + loop + "?step=poll", runPage + ` && document.querySelector("#iteration .changes")`, nil},
		{"run-above", s.url + "/runs/" + above + "?step=deliver", runPage + ` && document.querySelector("#open-child")`, nil},
		{"functions", s.url + "/functions", plainPage, nil},
		{"replicas", s.url + "/replicas", plainPage, nil},
		{"functions-empty", empty.url + "/functions", plainPage, nil},
		{"function", s.url + "/functions/payments.reserve", plainPage, nil},
		{"function-tried", s.url + "/functions/mail.lossy", plainPage, func(b *tab) {
			b.submit(".try button.primary")
			b.find(".tried")
		}},
		{"keys", s.url + "/flows", plainPage, func(b *tab) {
			b.do("opening the list of keys", chromedp.KeyEvent("?"))
			b.find("#keys")
		}},
		{"not-found", s.url + "/nowhere", plainPage, nil},
		{"run-not-found", s.url + "/runs/nobody", plainPage, nil},
	}
	list = append(list, laterStates(t, s, done, failed)...)
	return append(list, wrongStates(t, s, empty)...)
}

// nothing is a server of a project folder that holds no flow.
func nothing(t testing.TB) site {
	t.Helper()
	return bootWith(t, servertest.Project(t, map[string]string{"functions.yaml": "{}\n"}))
}

// see opens a page in its state, at rest: nothing on it moves.
func (b *tab) see(st state, theme string) {
	b.Helper()
	b.do("asking for no motion", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: theme}}})
		return err
	}))
	b.goTo(st.url)
	b.await("all of "+st.name, st.when)
	if st.do != nil {
		st.do(b)
	}
}

// wear puts the page that is open into a theme.
func (b *tab) wear(theme string) {
	b.Helper()
	b.await("the theme", fmt.Sprintf(`(localStorage.setItem("segno-theme", %[1]q), dispatchEvent(new Event("segno-theme")), document.documentElement.dataset.theme === %[1]q)`, theme))
}
