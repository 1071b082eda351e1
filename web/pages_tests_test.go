package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/web"
)

// page gets the page of order's tests.
func (s *site) testsPage(query string) *answer {
	s.t.Helper()
	return s.do("GET", "/flows/order/tests?"+query, "").want(200).has("<!doctype html>", `id="tests"`)
}

// lacks is the opposite of has.
func (a *answer) lacks(parts ...string) *answer {
	a.t.Helper()
	for _, p := range parts {
		if strings.Contains(string(a.body), p) {
			a.t.Errorf("got %q in %.3000s", p, a.body)
		}
	}
	return a
}

// TestTestsPage walks the tab with plain forms, as a browser without scripts does.
func TestTestsPage(t *testing.T) {
	s := open(t)
	s.do("GET", "/flows/order/tests", "").want(404)
	s.order()
	s.testsPage("").has("no scenario yet", "new=1").lacks("Run all")
	s.do("GET", "/flows/order/edit", "").want(200)
	s.do("GET", "/flows/order", "").want(200).has(`href="/flows/order/tests"`)

	// A new file begins with a template that passes.
	fresh := s.testsPage("view=file&new=1").has(`value="order.yaml"`, "flow: order", "pay: {returns:", "approvals: [{step: ask}]", "path: [reserve, ask.approved, ship]")
	_, source, _ := strings.Cut(string(fresh.body), `aria-label="The file">`)
	source, _, _ = strings.Cut(source, "</textarea>")
	source = strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&amp;", "&").Replace(source)
	if got := s.post("/flows/order/tests/save", "file", "order.yaml", "etag", "", "source", strings.ReplaceAll(source, "\n", "\r\n"), "then", "run").want(303); got.header.Get("Location") != "/flows/order/tests" {
		t.Errorf("went to %s", got.header.Get("Location"))
	}
	if kept := s.do("GET", "/api/v1/flows/order/tests/order.yaml", "").want(200); string(kept.body) != source {
		t.Errorf("kept %q, want %q", kept.body, source)
	}
	s.testsPage("").has("1 scenario passed", "against the draft", "everything goes well", `data-result="passed"`, "3 of 3")
	s.post("/flows/order/tests/save", "file", "order.yaml", "etag", "", "source", "mine").want(409).has("There is a file <code>order.yaml</code> already", "mine")
	s.post("/flows/order/tests/save", "file", "a b", "etag", "", "source", "mine").want(422).has("can&#39;t name a test file", "mine")

	// The draft goes wrong.
	s.do("PUT", "/api/v1/flows/order/draft", strings.Replace(orderFlow, "output:", "  more: {needs: [ask.approved], call: pay, with: {n: 4}}\noutput:", 1), "If-Match", "*").want(200)
	s.testsPage("").has("1 scenario passed", "has changed since")
	if got := s.post("/flows/order/tests/run", "file", "order.yaml", "scenario", "everything goes well").want(303); got.header.Get("Location") != "/flows/order/tests?file=order.yaml&scenario=everything+goes+well" {
		t.Errorf("went to %s", got.header.Get("Location"))
	}
	s.testsPage("").has(`id="scenario-run"`, `id="tests-run"`).has(`hx-disable="#tests-run, #scenario-run"`).lacks("#paused")
	s.testsPage("").has("1 of 1 scenario failed", "path: <code>more</code> ran, expected nothing after", "Here it left what was expected", "the run starts with", "Run this one")
	s.post("/flows/order/tests/run").want(303)
	s.testsPage("").has("never:", "<code>ask.rejected</code>", `class="node kind-approval missed"`)
	s.testsPage("version=1").has("Not run against version 1 yet", `name="version" value="1"`)
	s.post("/flows/order/tests/run", "version", "1").want(303)
	s.testsPage("version=1").has("1 scenario passed", "against version 1")

	// The fault matrix, and one of its cells.
	s.testsPage("view=faults").has("Not tried against the draft yet")
	s.post("/flows/order/tests/faults", "version", "1").want(303)
	s.testsPage("view=faults&version=1").has("not clean", `data-cell="ship.after"`, `data-result="found"`, "Choose a cell")
	s.testsPage("view=faults&version=1&file=order.yaml&cell=ship.after").has("what <code>ship</code> did is left: the step has no <code>compensate</code>", "The call fails after its effect", "The story", "faults.accept")
	s.testsPage("view=faults&version=1&cell=ship.compensation").has("The step has no <code>compensate</code>")

	// A draft that can't be tested says so.
	s.do("PUT", "/api/v1/flows/order/draft", "name: order\nsteps: {a: {call: nobody}}", "If-Match", "*").want(200)
	s.testsPage("").has("The draft has 1 problem and can")
	s.testsPage("view=file&new=1").has("everything goes well")
}

// TestTestEditor: a file is changed with its problems beside it, by who has seen its latest text; and removed.
func TestTestEditor(t *testing.T) {
	s := open(t)
	s.tested()
	etag := s.do("GET", "/api/v1/flows/order/tests/order.yaml", "").header.Get("ETag")
	s.testsPage("view=file").has("# scenarios of the order", "small.json")
	s.testsPage("view=file&file=small.json").has("&#34;amount&#34;: 5")
	s.do("GET", "/flows/order/tests?view=file&file=nobody.yaml", "").want(404)
	got := s.post("/flows/order/tests/save", "file", "order.yaml", "etag", etag, "source", "flow: order\nscenarios: [{name: a, input: {amount: 1}, expect: {path: [resrve]}}]\n").want(303)
	s.do("GET", got.header.Get("Location"), "").want(200).has("The file is saved.", "line 2", "has no step <code>resrve</code>", "did you mean <code>reserve</code>?", "1 problem")
	s.post("/flows/order/tests/save", "file", "order.yaml", "etag", etag, "source", "mine").want(409).has("Somebody else has changed this file", ">mine</textarea>")
	s.post("/flows/order/tests/save", "file", "small.json", "etag", `"0"`, "source", "{").want(422).has("not JSON")
	s.post("/flows/order/tests/save", "file", "order.yaml", "etag", "x", "source", "mine").want(400)
	s.post("/flows/order/tests/delete", "file", "order.yaml", "etag", etag).want(409)
	etag = s.do("GET", "/api/v1/flows/order/tests/order.yaml", "").header.Get("ETag")
	s.post("/flows/order/tests/delete", "file", "order.yaml", "etag", etag).want(303)
	s.do("GET", "/api/v1/flows/order/tests/order.yaml", "").want(404)
	for _, form := range []string{"run", "faults", "save", "delete"} {
		if to := s.do("GET", "/flows/order/tests/"+form, "").want(303).header.Get("Location"); to != "/flows/order/tests" {
			t.Errorf("%s leads to %s", form, to)
		}
	}
}

// TestTestsThatTakeTooLong are told on the page.
func TestTestsThatTakeTooLong(t *testing.T) {
	s := open(t, func(c *web.Config) { c.TestTime = time.Nanosecond })
	s.tested()
	s.post("/flows/order/tests/run").want(422).has("took longer than", `id="tests"`)
	s.post("/flows/order/tests/faults").want(422).has("took longer than", `data-view="faults"`)
}
