package web_test

import (
	"regexp"
	"strings"
	"testing"
)

var etagField = regexp.MustCompile(`name="etag" value="&#34;(\d+)&#34;"`)

// seenETag is the revision of the draft that a page has shown.
func seenETag(t *testing.T, page []byte) string {
	t.Helper()
	m := etagField.FindSubmatch(page)
	if m == nil {
		t.Fatalf("the page names no draft:\n%s", page)
	}
	return `"` + string(m[1]) + `"`
}

// TestVersionsPage: each version with its difference to the former one, its text to download, and what it was published with.
func TestVersionsPage(t *testing.T) {
	s := open(t)
	s.order()
	s.do("POST", "/api/v1/flows/order/versions?message=second", strings.Replace(orderFlow, "{n: 2}", "{n: 3}", 1), "Content-Type", "application/yaml").want(201)
	s.do("GET", "/flows/order/versions", "").want(200).has("second", "/flows/order/diff?from=1&amp;to=2", `id="version-diff"`, `download="order-v2.yaml"`, `href="/api/v1/flows/order/versions/2"`, `id="version-pins"`, "/functions/pay")
	if first := s.do("GET", "/flows/order/versions?v=1", "").want(200); strings.Contains(string(first.body), `id="version-diff"`) {
		t.Error("the first version is compared with none")
	}
	s.do("POST", "/api/v1/flows/mother/versions", "name: mother\nsteps:\n  go: {flow: order, with: {amount: 1}}\n", "Content-Type", "application/yaml").want(201)
	s.do("GET", "/flows/mother/versions", "").want(200).has("Pinned flows", "/flows/order/versions?v=2")
}

// TestRestore: a draft of its own is replaced only by who has seen it, and comes back by Undo unless somebody has gone on from there.
func TestRestore(t *testing.T) {
	s := open(t)
	s.order()
	draft := func() string { return string(s.do("GET", "/api/v1/flows/order/draft", "").body) }
	save := func(text string) {
		s.do("PUT", "/api/v1/flows/order/draft", text, "If-Match", "*", "Content-Type", "application/yaml").want(200)
	}
	mine := strings.Replace(orderFlow, "Place an order", "Mine", 1)

	before := seenETag(t, s.do("GET", "/flows/order/versions", "").want(200).body)
	save(mine)
	s.post("/flows/order/versions/1/restore", "etag", before).want(409).has("Nothing was replaced", "they are replaced")
	s.post("/flows/order/versions/1/restore").want(409)
	if draft() != mine {
		t.Fatal("a draft that the form had not seen was replaced")
	}
	s.post("/flows/order/unrestore").want(409).has("no restore")

	page := s.do("GET", "/flows/order/versions?v=1", "").want(200).has("they are replaced", "What becomes of them")
	s.post("/flows/order/versions/1/restore", "etag", seenETag(t, page.body)).want(303)
	if draft() != orderFlow {
		t.Fatal("the draft has not the text of the version")
	}
	s.do("GET", "/flows/order/versions", "").want(200).has(`id="restored"`, "The draft has the text of v1 now")
	s.post("/flows/order/unrestore").want(303)
	if draft() != mine {
		t.Fatal("Undo did not bring the draft back")
	}
	if after := s.do("GET", "/flows/order/versions", "").want(200); strings.Contains(string(after.body), `id="restored"`) {
		t.Error("what has been undone can be undone again")
	}

	page = s.do("GET", "/flows/order/versions?v=1", "").want(200)
	s.post("/flows/order/versions/1/restore", "etag", seenETag(t, page.body)).want(303)
	save(strings.Replace(orderFlow, "Place an order", "Gone on", 1))
	if after := s.do("GET", "/flows/order/versions", "").want(200); strings.Contains(string(after.body), `id="restored"`) {
		t.Error("Undo is offered for a draft that somebody has gone on with")
	}
	s.post("/flows/order/unrestore").want(409).has("has been changed since")
}

// TestRunOnAnOlderVersion: its page says what is live and leads to what changed.
func TestRunOnAnOlderVersion(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	if page := s.do("GET", "/runs/"+id, "").want(200); strings.Contains(string(page.body), `id="run-latest"`) {
		t.Error("a run on the latest version is said to be behind")
	}
	s.do("POST", "/api/v1/flows/order/versions?message=second", strings.Replace(orderFlow, "{n: 2}", "{n: 3}", 1), "Content-Type", "application/yaml").want(201)
	s.do("GET", "/runs/"+id, "").want(200).has(`id="run-latest"`, "/flows/order/diff?from=1&amp;to=2", "v2 is live: what changed")
	s.do("GET", "/runs/"+id+"/fragments/header", "").want(200).has(`id="run-latest"`)
}

// A version as a graph: its steps as links, the chosen one with its text, what it hangs on and the contract that is pinned; found by words; the draft, too.
func TestVersionAsAGraph(t *testing.T) {
	s := open(t)
	s.order()
	s.do("PUT", "/api/v1/functions/pay?force=true", strings.Replace(echoFunction, `"integer"`, `"number"`, 1)).want(200)
	all := s.do("GET", "/flows/order/versions/1", "").want(200).has(`id="graph"`, `class="flow-graph"`, `href="/flows/order/versions/1?step=ship"`, "Find a step", "On failure", `href="/flows/order/edit"`)
	if strings.Contains(string(all.body), "As written") {
		t.Error("no step is chosen, and one is shown")
	}
	one := s.do("GET", "/flows/order/versions/1?step=ship&q=ship", "").want(200)
	one.has("As written", `aria-current="true"`, "Needs", `data-step-link="ask"`, "ask.approved", `href="/functions/pay"`, `href="/flows/order/edit?step=ship"`, `integer`)
	if strings.Contains(string(one.body), `data-step="reserve"`) {
		t.Error("the list has what was not looked for")
	}
	s.do("GET", "/flows/order/versions/1?q=nothing+like+it", "").want(200).has("No step has these words.")
	s.do("GET", "/flows/order/versions/1?step=nobody", "").want(200).has("On failure")
	s.do("GET", "/flows/order/versions/draft", "").want(200).has("not published")
	s.do("GET", "/flows/order/versions/latest", "").want(200).has("v1")
	s.do("GET", "/flows/order/versions/9", "").want(404)
	s.do("GET", "/flows/nobody/versions/draft", "").want(404)
	s.do("PUT", "/api/v1/flows/order/draft", "name: [", "Content-Type", "application/yaml", "If-Match", "*").want(200)
	s.do("GET", "/flows/order/versions/draft", "").want(200).has("This text can't be read", "There is no graph to draw")
	s.do("PUT", "/api/v1/flows/flat/draft", "name: flat\nsteps: {a: {set: {x: 1}}, b: {needs: [a], set: {y: 2}}}\n", "Content-Type", "application/yaml").want(200)
	if got := string(s.do("GET", "/flows/flat/versions/draft?step=b", "").want(200).body); strings.Contains(got, "As written") {
		t.Error("a step on one line with others is shown with them")
	}
}
