package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/segno-run/segno/cmd/web/app"
)

// The passwords of a server that wants one.
const operator, viewer = "an operator's own", "a viewer's own"

// locked is a server that wants a password.
func locked(t testing.TB) site {
	t.Helper()
	return bootWith(t, "", func(c *app.Config) { c.Password, c.ViewerPassword = operator, viewer })
}

// signIn signs in with a password and waits for the page that it leads to.
func (b *tab) signIn(password, when string) {
	b.Helper()
	b.write("#password", password)
	b.submit(".login form .button")
	b.await("the page behind the sign-in", when)
}

// retriedAndCancelled is the address of a bulk retry of one run, which was cancelled then: its page says so, and is still.
func retriedAndCancelled(t testing.TB, s site) string {
	t.Helper()
	s.publish(t, "denied", "title: Ask the bank\nsteps:\n  ask: {fail: {message: no}}\n")
	id := s.start(t, "denied", "{}")
	becomes := func(status string) {
		t.Helper()
		until(t, said("the run is %s", status), func() bool { return s.run(t, id).Status == status })
	}
	becomes("failed")
	s.publish(t, "denied", "title: Ask the bank\nsteps:\n  ask: {wait: 1h}\n")
	var bulk struct{ ID string }
	s.api(t, "POST", "/flows/denied/retries", `{"version": 2, "runs": 1}`, &bulk)
	becomes("waiting")
	s.api(t, "POST", "/runs/"+id+"/cancel", "{}", nil)
	return s.url + "/flows/denied/retries/" + bulk.ID
}

// laterStates lists what states has made but for the run's own pages: lists over time, differences, dialogs, and who may not do everything. id is a run of
// the order that succeeded, failed one that failed.
func laterStates(t testing.TB, s site, id, failed string) []state {
	t.Helper()
	shut := locked(t)
	s.publish(t, "import", "title: Import the orders\nsteps:\n  order: {flow: order, with: {order_id: A-9, account: acc-7, amount: 20000, lines: [{sku: cup, n: 1}]}}\n")
	s.start(t, "import", "{}")
	source := s.draft(t, "")
	s.send(t, http.MethodPost, "/flows/order/versions?message=Ship+without+stock", strings.Replace(source, "any: [big.otherwise,", "any: [stock.error, big.otherwise,", 1), nil)
	hour := time.Now().UTC().Truncate(time.Hour)
	at := func(h int) string { return hour.Add(time.Duration(h) * time.Hour).Format("2006-01-02T15:04") }
	const diffPage = plainPage + ` && document.body.dataset.diff === "ready"`
	return []state{
		{"bulk", retriedAndCancelled(t, s), plainPage + ` && document.querySelector("#bulk").dataset.live === "" && document.querySelector("#bulk .part-undo")`, nil},
		{"runs-time", s.url + "/runs?over=" + at(-9) + ".." + at(1) + "&from=" + at(0) + "&to=" + at(1) + "&status=failed&class=rejected", plainPage, nil},
		{"runs-waiting", s.url + "/runs?needs=person", plainPage, nil},
		{"runs-input", s.url + "/runs?input.order_id=nobody", plainPage, nil},
		{"diff-reach", s.url + "/flows/order/diff?from=2&to=3", diffPage, nil},
		{"diff-lines", s.url + "/flows/order/diff?from=1&to=3&view=text&lines=split", plainPage, nil},
		{"diff-markdown", s.url + "/flows/order/diff?from=1&to=3&view=markdown", plainPage, nil},
		{"canvas-find", s.url + "/flows/order/edit", canvasPage, func(b *tab) {
			b.do("Ctrl+F", chromedp.KeyEvent("f", chromedp.KeyModifiers(kb.ModifierCtrl)))
			b.await("the search", `document.activeElement.matches("input")`)
			b.do("typing", chromedp.KeyEvent("s"))
		}},
		{"canvas-rename", s.url + "/flows/order/edit?step=stock", canvasPage, func(b *tab) {
			b.await("the focus on the step", `(document.querySelector('.react-flow__node[data-id="stock"]').focus(), true)`)
			b.do("F2", chromedp.KeyEvent(kb.F2))
			b.find("dialog[open]")
		}},
		{"run-items", s.url + "/runs/" + id + "?step=stock", runPage, nil},
		{"run-plan", s.url + "/runs/" + failed + "?plan=retry", runPage, nil},
		{"run-restart", s.url + "/runs/" + failed + "?plan=restart&step=stock", runPage, nil},
		{"palette", s.url + "/runs", plainPage, func(b *tab) {
			b.do("Ctrl+K", chromedp.KeyEvent("k", chromedp.KeyModifiers(kb.ModifierCtrl)))
			b.find("#palette-input")
			b.do("typing", chromedp.KeyEvent("order"))
		}},
		{"login", shut.url + "/login", plainPage, nil},
		{"login-refused", shut.url + "/login", plainPage, func(b *tab) { b.signIn("wrong", `document.querySelector("#password-error")`) }},
		{"viewer-overview", shut.url + "/login?next=/flows/order", plainPage, func(b *tab) {
			b.signIn(viewer, fmt.Sprintf(`location.pathname === "/flows/order" && %s`, plainPage))
		}},
		{"viewer-canvas", shut.url + "/login?next=/flows/order/edit", plainPage, func(b *tab) {
			b.signIn(viewer, `location.pathname !== "/login" && document.querySelector(".sg-node")`)
		}},
	}
}
