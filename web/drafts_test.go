package web_test

import (
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/diff"
	"github.com/segno-run/segno/web/view"
)

func TestDrafts(t *testing.T) {
	s := open(t)
	s.do("GET", "/api/v1/flows/order/draft", "").want(404, "not_found")
	s.do("PUT", "/api/v1/functions/pay", echoFunction).want(201)

	first := s.do("PUT", "/api/v1/flows/order/draft", orderFlow, "Content-Type", "application/yaml").want(200)
	etag := first.header.Get("ETag")
	if string(first.body) != orderFlow || etag == "" {
		t.Fatalf("the first draft: got %q with ETag %s", first.body, etag)
	}
	s.do("PUT", "/api/v1/flows/order/draft", orderFlow).want(428, "precondition_required")
	s.do("PUT", "/api/v1/flows/order/draft", orderFlow, "If-Match", `W/"x"`).want(412, "conflict")

	var d view.Draft
	s.do("GET", "/api/v1/flows/order/draft", "", "Accept", "application/json").want(200).into(&d)
	if d.ETag != etag || d.Published != 0 || !d.Changed || d.Broken || len(d.Graph.Nodes) != 3 || len(d.Issues) != 0 || d.Title != "Place an order" {
		t.Fatalf("the draft as JSON: got %+v", d)
	}
	reserve, ship := d.Graph.Nodes[0], d.Graph.Nodes[2]
	if reserve.Compensate != "pay" || !strings.Contains(string(reserve.Spec), `"call":"pay"`) || reserve.W == 0 || ship.Y <= reserve.Y || reserve.Line != 14 {
		t.Errorf("the first node: got %+v", reserve)
	}
	if e := d.Graph.Edges; len(e) != 2 || e[1] != (view.Edge{ID: "ask.approved>ship", From: "ask", Port: "approved", To: "ship"}) {
		t.Errorf("the edges: got %+v", e)
	}

	broken := strings.Replace(orderFlow, "call: pay\n    with: {n: 2}", "call: pai\n    with: {n: 2}", 1)
	second := s.do("PUT", "/api/v1/flows/order/draft", broken, "If-Match", etag, "Accept", "application/json").want(200)
	second.into(&d)
	if len(d.Issues) == 0 || d.Issues[0].Step != "ship" || d.Graph.Nodes[2].Errors == 0 {
		t.Errorf("a draft with a problem: got %+v", d.Issues)
	}
	lost := s.do("PUT", "/api/v1/flows/order/draft", orderFlow, "If-Match", etag).want(412, "conflict")
	var conflict struct {
		Error struct {
			Details struct{ Draft view.Draft }
		}
	}
	lost.into(&conflict)
	if conflict.Error.Details.Draft.Source != broken || conflict.Error.Details.Draft.ETag != second.header.Get("ETag") {
		t.Errorf("who lost: got %+v, want what somebody else saved", conflict.Error.Details.Draft)
	}
	s.do("POST", "/api/v1/flows/order/versions", "").want(422, "invalid").has("did you mean `pay`")
	s.do("PUT", "/api/v1/flows/order/draft", "a: [", "If-Match", "*", "Accept", "application/json").want(200).has(`"broken":true`)
	s.do("PUT", "/api/v1/flows/order/draft", orderFlow, "If-Match", "*").want(200)
}

// The forms of the canvas read the flow's own keys beside its graph, and set a schema as YAML.
func TestFlowSpec(t *testing.T) {
	s := open(t)
	s.do("PUT", "/api/v1/flows/f/draft", "name: f\ntimeout: 2h\ninput: {type: object}\nsteps:\n  a: {wait: 1s}\non_failure: compensate\n").want(200)
	a := s.do("GET", "/api/v1/flows/f/draft", "", "Accept", "application/json").want(200)
	a.has(`"spec":{"name":"f","timeout":"2h","input":{"type":"object"},"on_failure":"compensate"}`)
	s.do("POST", "/api/v1/flows/f/draft/edits", `{"edits": [{"op": "set_field", "path": "input", "yaml": "type: object\nrequired: [x]"}]}`, "If-Match", "*", "Accept", "application/json").
		want(200).has(`"input":{"type":"object","required":["x"]}`)
	s.do("POST", "/api/v1/flows/f/draft/edits", `{"edits": [{"op": "set_field", "path": "input", "yaml": "type: [\n"}]}`, "If-Match", "*").want(422, "invalid").has("not YAML", "line 1")
}

func TestEdits(t *testing.T) {
	s := open(t)
	s.order()
	const edits = "/api/v1/flows/order/draft/edits"
	a := s.do("GET", "/api/v1/flows/order/draft", "", "Accept", "application/json").want(200)
	etag := a.header.Get("ETag")
	add := `{"edits": [
		{"op": "add_step", "step": "thank", "kind": "call", "function": "pay", "needs": ["ship"]},
		{"op": "set_field", "step": "thank", "path": "with.n", "value": 3}]}`
	s.do("POST", edits, add).want(428, "precondition_required")
	s.do("POST", edits, `{"edits": []}`, "If-Match", etag).want(400, "bad_request")
	s.do("POST", edits, `{"edits": [{"op": "dance"}]}`, "If-Match", etag).want(422, "invalid")

	var d view.Draft
	s.do("POST", edits, add, "If-Match", etag, "Accept", "application/json").want(200).into(&d)
	if len(d.Graph.Nodes) != 4 || len(d.Issues) != 0 || !d.Changed || d.Published != 1 {
		t.Fatalf("after two operations: got %+v", d)
	}
	if !strings.HasPrefix(d.Source, orderFlow[:strings.Index(orderFlow, "output:")]) {
		t.Errorf("the operations changed more than they must:\n%s", d.Source)
	}
	s.do("POST", edits, add, "If-Match", etag).want(412, "conflict")
	half := `{"edits": [{"op": "set_field", "step": "", "path": "title", "value": "Half"}, {"op": "delete_step", "step": "nobody"}]}`
	s.do("POST", edits, half, "If-Match", d.ETag).want(422, "invalid").has(`"edit":1`, `"unknown_step"`)
	if now := string(s.do("GET", "/api/v1/flows/order/draft", "").body); now != d.Source {
		t.Error("operations of which one is refused changed the draft")
	}
	s.do("POST", "/api/v1/flows/order/versions?message=thanks", "", "If-Match", etag).want(412, "conflict")
	s.do("POST", "/api/v1/flows/order/versions?message=thanks", "", "If-Match", d.ETag).want(201).has(`"version":2`)
	s.do("GET", "/api/v1/flows/order/draft", "", "Accept", "application/json").want(200).has(`"changed":false`, `"published":2`)
}

func TestVersions(t *testing.T) {
	s := open(t)
	s.order()
	a := s.do("GET", "/api/v1/flows/order/versions/1", "").want(200)
	if string(a.body) != orderFlow || a.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("version 1: got %q as %s, want the exact text", a.body, a.header.Get("Content-Type"))
	}
	second := strings.Replace(orderFlow, "with: {n: 2}", "with: {n: 20}", 1) + "# the end\n"
	b := s.do("POST", "/api/v1/flows/order/versions", second, "X-Segno-Message", "twenty").want(201)
	if got := b.header.Get("Location"); got != "/api/v1/flows/order/versions/2" {
		t.Errorf("Location: got %s", got)
	}
	s.do("GET", "/api/v1/flows/order/versions", "").want(200).has(`"version":2`, `"message":"twenty"`, `"message":"first"`)
	s.do("GET", "/api/v1/flows/order/versions/latest", "", "Accept", "application/json").want(200).has(`"version":2`, `"source":"name: order`)
	s.do("GET", "/api/v1/flows", "").want(200).has(`"published":2`, `"title":"Place an order"`)

	var d struct {
		Lines                   []struct{ Op, Text string }
		Added, Removed, Changed []string
		Semantic                diff.Diff
	}
	s.do("GET", "/api/v1/flows/order/diff?from=1&to=2", "").want(200).into(&d)
	if got, want := d.Semantic.Text(), "~ step ship\n    with.n: 2 → 20\n"; got != want {
		t.Errorf("what it means: got %q, want %q", got, want)
	}
	markdown := s.do("GET", "/api/v1/flows/order/diff?from=1&to=2&format=markdown", "").want(200).has("### order: 1 step changed\n\n**Steps**\n\n- changed `ship`\n  - `with.n`: `2` → `20`\n")
	if got := markdown.header.Get("Content-Type"); got != "text/markdown; charset=utf-8" {
		t.Errorf("Content-Type: got %s", got)
	}
	s.do("GET", "/api/v1/flows/order/diff?from=1&to=1", "", "Accept", "text/markdown").want(200).has("No difference in meaning.")
	s.do("GET", "/api/v1/flows/order/diff?from=1&to=2&format=pdf", "").want(400, "bad_request")
	var changed []string
	for _, l := range d.Lines {
		if l.Op != " " {
			changed = append(changed, l.Op+l.Text)
		}
	}
	if got := strings.Join(changed, "|"); got != "-    with: {n: 2}|+    with: {n: 20}|+# the end" {
		t.Errorf("the lines that differ: got %s", got)
	}
	if len(d.Added) != 0 || len(d.Removed) != 0 || strings.Join(d.Changed, " ") != "ship" {
		t.Errorf("the steps that differ: got +%v -%v ~%v", d.Added, d.Removed, d.Changed)
	}
	s.do("GET", "/api/v1/flows/order/diff?from=9&to=2", "").want(404, "not_found")
}

func TestFunctions(t *testing.T) {
	s := open(t)
	s.order()
	s.do("GET", "/api/v1/functions", "").want(200).has(`"name":"pay"`, `"used_by":["order"]`, `"idempotent":true`, `"kind":"http"`)
	s.do("GET", "/api/v1/functions/pay", "").want(200).has(`"url":"http://127.0.0.1:9/echo"`)
	s.do("PUT", "/api/v1/functions/pay", echoFunction).want(200)
	s.do("DELETE", "/api/v1/functions/pay", "").want(409, "conflict").has(`"flow":"order"`, `"issues":[{"severity":"error","line":`, "there is no function `pay`")
	s.do("POST", "/api/v1/functions/pay/invoke", `{"input": {"n": 3}}`).want(200).has(`"output":{"n":3}`, "called as try/")

	// A flow that retries what may have happened needs a function that may be called twice.
	retrying := strings.Replace(orderFlow, "with: {n: 2}", "with: {n: 2}\n    retry: {max_attempts: 3, on: [timeout]}", 1)
	s.do("POST", "/api/v1/flows/order/versions", retrying).want(201)
	twice := strings.Replace(echoFunction, `"idempotent": true`, `"idempotent": false`, 1)
	s.do("PUT", "/api/v1/functions/pay", twice).want(409, "conflict").has(`"flow":"order"`, `"version":2`,
		`"issues":[{"severity":"error","line":25,`, "cannot be retried after `timeout`")
	s.do("PUT", "/api/v1/functions/pay?force=true", twice).want(200)
	s.do("DELETE", "/api/v1/functions/pay?force=true", "").want(204)
	s.do("GET", "/api/v1/functions/pay", "").want(404, "not_found")
	s.do("PUT", "/api/v1/functions/spare", echoFunction).want(201)
	s.do("DELETE", "/api/v1/functions/spare", "").want(204)
	if got := strings.Join(s.functions.changed, " "); got != "pay pay pay pay spare spare" {
		t.Errorf("who calls functions was told of %s", got)
	}
}

func TestIdempotencyKey(t *testing.T) {
	s := open(t)
	s.order()
	var first, second struct{ ID string }
	const path = "/api/v1/flows/order/runs"
	s.do("POST", path, `{"input": {"amount": 5}}`, "Idempotency-Key", "k").want(201).into(&first)
	s.do("POST", path, `{ "input": { "amount":5 } }`, "Idempotency-Key", "k").want(201).into(&second)
	if first != second {
		t.Errorf("the same key: got %s and %s, want one run", first.ID, second.ID)
	}
	s.do("POST", path, `{"input": {"amount": 6}}`, "Idempotency-Key", "k").want(409, "conflict")
	stricter := strings.Replace(orderFlow, "amount", "sum", -1)
	s.do("POST", "/api/v1/flows/order/versions?message=stricter", stricter, "Content-Type", "application/yaml").want(201)
	s.do("POST", path, `{"input": {"amount": 5}}`).want(422, "invalid")
	s.do("POST", path, `{"input": {"amount": 5}}`, "Idempotency-Key", "k").want(201).into(&second)
	if first != second {
		t.Errorf("the same key after a stricter version: got %s and %s, want what it started", first.ID, second.ID)
	}
	s.do("POST", path, `{"input": {"amount": 6}}`, "Idempotency-Key", "k").want(409, "conflict")
	s.do("POST", path, `{"input": {"amount": 6}}`, "Idempotency-Key", "a\xffb").want(400, "bad_request")
	s.do("POST", "/api/v1/flows/draft/versions", "").want(404, "not_found")
	s.do("PUT", "/api/v1/flows/draft/draft", "name: draft\n").want(200)
	s.do("POST", "/api/v1/flows/draft/runs", `{}`).want(409, "conflict")
}

func TestProblemsAreToldWithinABound(t *testing.T) {
	s := open(t)
	text := "name: f\nsteps:\n" + strings.Repeat("  a: {cal: x}\n", 1200)
	var told struct{ Issues []view.Issue }
	s.do("POST", "/api/v1/check", text, "Content-Type", "application/yaml").want(200).into(&told)
	if n := len(told.Issues); n != 1001 || !strings.Contains(told.Issues[n-1].Message, "more problems from here on") {
		t.Errorf("got %d problems, the last %+v", n, told.Issues[max(n-1, 0)])
	}
}

// TestDiffOfOutputTypes: a version pins its contracts, so that two versions of one text differ where the function's did.
func TestDiffOfOutputTypes(t *testing.T) {
	s := open(t)
	entry := func(pages string) string {
		return `{"http": {"url": "http://127.0.0.1:9/echo"}, "idempotent": true, "output": {"type": "object", "required": ["pages"], "properties": {"pages": {"type": "` + pages + `"}}}}`
	}
	const text = "name: scan\nsteps:\n  ocr: {call: ocr}\noutput: {v: \"${{ steps.ocr.output.pages }}\"}\n"
	s.do("PUT", "/api/v1/functions/ocr", entry("integer")).want(201)
	s.do("POST", "/api/v1/flows/scan/versions", text).want(201)
	s.do("PUT", "/api/v1/functions/ocr", entry("string")).want(200)
	s.do("POST", "/api/v1/flows/scan/versions", text+"# again\n").want(201)
	var d struct{ Semantic diff.Diff }
	s.do("GET", "/api/v1/flows/scan/diff?from=1&to=2", "").want(200).into(&d)
	if got, want := d.Semantic.Text(), "~ type of the output of ocr\n    pages: integer → string\n~ type of the flow's output\n    v: integer → string\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.do("GET", "/api/v1/flows/scan/diff?from=1&to=2&format=markdown", "").want(200).has("**Output types**", "- of `ocr`\n  - `pages`: integer → string")
	s.do("GET", "/flows/scan/diff?from=1&to=2", "", "Accept", "text/html").want(200).has("type of the output of ocr", "pages: integer → string")
	s.do("GET", "/api/v1/flows/scan/versions/1", "", "Accept", "application/json").want(200).has(`"contracts":`, `"ocr":`)
	s.do("GET", "/api/v1/flows/scan/diff?from=2&to=draft", "").want(200).into(&d)
	if !d.Semantic.Empty() {
		t.Errorf("got %q", d.Semantic.Text())
	}
}
