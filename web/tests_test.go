package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/web"
)

const orderTests = `# scenarios of the order
flow: order
scenarios:
  - name: released
    input: inputs/small.json
    approvals: [{step: ask, after: 47h, by: ada}]
    expect: {status: succeeded, path: [reserve, ask.approved, ship], attempts: {ship: 1}, output: {shipped: 2}}
  - name: refused
    input: {amount: 5}
    approvals: [{step: ask, approved: false}]
    expect: {status: failed, failure: {step: ask, class: rejected}}
`

// orderEchoes has the function answer as it is called, so that the output of `ship` is known.
const orderEchoes = "functions: {pay: {returns: {n: \"${{ input.n }}\"}}}\n"

// results is the answer of a test.
type results struct {
	Fine    bool
	Version int
	Issues  []struct {
		File, Message string
		Line          int
	}
	Scenarios []struct {
		Name     string
		Passed   bool
		Lasted   time.Duration `json:"lasted_ns"`
		Problems []struct {
			Line    int
			Message string
		}
		Story []string
		First int
	}
	Coverage []struct {
		Steps struct {
			All    int
			Missed []string
		}
	}
	Faults []struct {
		Cells []struct{ Step, Fault, Result, Why string }
	}
}

func (s *site) tested() {
	s.t.Helper()
	s.order()
	s.do("PUT", "/api/v1/flows/order/tests/small.json", `{"amount": 5}`, "Content-Type", "application/json").want(201)
	s.do("PUT", "/api/v1/flows/order/tests/order.yaml", orderTests+orderEchoes, "Content-Type", "application/yaml").want(201)
}

func TestTestFiles(t *testing.T) {
	s := open(t)
	const file = "/api/v1/flows/order/tests/order.yaml"
	s.do("GET", "/api/v1/flows/order/tests", "").want(404, "not_found")
	s.do("PUT", file, orderTests).want(404, "not_found")
	s.order()
	s.do("GET", "/api/v1/flows/order/tests", "").want(200).has(`"tests":[]`, `"inputs":[]`)
	s.do("GET", file, "").want(404, "not_found")

	first := s.do("PUT", file, orderTests, "Content-Type", "application/yaml").want(201).
		has("`inputs/small.json` can't be read", `"name":"released"`, `"path":"tests/order.yaml"`, `"line":4`)
	etag := first.header.Get("ETag")
	if got := s.do("GET", file, "").want(200); string(got.body) != orderTests || got.header.Get("ETag") != etag || got.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("got %q at %s, want what was written at %s", got.body, got.header.Get("ETag"), etag)
	}
	s.do("PUT", file, "x").want(428, "precondition_required")
	s.do("PUT", file, "x", "If-Match", `"0"`).want(412, "conflict").has("scenarios of the order")
	// A file may be wrong, as a draft may; it is kept, and says what is wrong.
	second := s.do("PUT", file, "flow: ordr\nscenarios: []\n", "If-Match", etag).want(200).has("the file tests the flow `ordr`", `"line":1`)
	s.do("PUT", file, "a: [", "If-Match", etag).want(412, "conflict")
	s.do("PUT", file, "a: [", "If-Match", second.header.Get("ETag")).want(200).has(`"severity":"error"`)

	s.do("PUT", "/api/v1/flows/order/tests/small.json", `{"amount": `).want(422, "invalid").has("line 1")
	s.do("PUT", "/api/v1/flows/order/tests/a%2Fb.yaml", "x").want(422, "invalid")
	s.do("PUT", "/api/v1/flows/order/tests/order.txt", "x").want(422, "invalid")
	s.do("PUT", "/api/v1/flows/order/tests/b.yaml", "\xff").want(400, "bad_request")
	s.do("PUT", "/api/v1/flows/order/tests/b.yaml", "x", "Content-Type", "image/png").want(415, "unsupported")
	s.do("DELETE", file, "", "If-Match", etag).want(412, "conflict")
	s.do("DELETE", file, "").want(204)
	s.do("DELETE", file, "").want(404, "not_found")
}

func TestRunTests(t *testing.T) {
	s := open(t)
	s.tested()
	const run = "/api/v1/flows/order/tests/run"
	var r results
	s.do("POST", run, "").want(200).into(&r)
	if !r.Fine || len(r.Scenarios) != 2 || r.Scenarios[0].Lasted < 47*time.Hour || len(r.Coverage) != 1 || r.Coverage[0].Steps.All != 3 || len(r.Coverage[0].Steps.Missed) != 0 {
		t.Errorf("got %+v", r)
	}
	r = results{}
	s.do("POST", run+"?scenario=refused", "").want(200).into(&r)
	if !r.Fine || len(r.Scenarios) != 1 || r.Scenarios[0].Name != "refused" {
		t.Errorf("one scenario: got %+v", r)
	}
	s.do("POST", run, "", "Content-Type", "application/json").want(200)
	s.do("POST", run, "{}", "Content-Type", "application/json").want(415, "unsupported")
	s.do("POST", run+"?scenario=nobody", "").want(404, "not_found")
	s.do("POST", run+"?file=nobody.yaml", "").want(404, "not_found")
	s.do("POST", run+"?version=9", "").want(404, "not_found")
	s.do("POST", "/api/v1/flows/nobody/tests/run", "").want(404, "not_found")

	// The draft goes wrong; the version does not.
	draft := s.do("GET", "/api/v1/flows/order/draft", "").want(200).header.Get("ETag")
	turned := strings.Replace(orderFlow, "with: {n: 2}", "with: {n: 3}", 1)
	s.do("PUT", "/api/v1/flows/order/draft", turned, "If-Match", draft).want(200)
	r = results{}
	s.do("POST", run, "").want(200).into(&r)
	bad := r.Scenarios[0]
	if r.Fine || r.Version != 0 || bad.Passed || len(bad.Problems) != 1 || bad.Problems[0].Line != 7 || bad.Problems[0].Message != "output: `shipped` is 3, expected 2" ||
		bad.First != len(bad.Story)-1 || !r.Scenarios[1].Passed {
		t.Errorf("the draft: got %+v", r)
	}
	r = results{}
	s.do("POST", run+"?version=1", "").want(200).into(&r)
	if !r.Fine || r.Version != 1 {
		t.Errorf("the version: got %+v", r)
	}

	// A text that is not saved is run alone, on the inputs that are.
	r = results{}
	s.do("POST", run, "flow: order\n"+orderEchoes+"scenarios: [{name: mine, input: inputs/small.json, expect: {status: waiting, path: [reserve, ask]}}]").want(200).into(&r)
	if !r.Fine || len(r.Scenarios) != 1 || r.Scenarios[0].Name != "mine" {
		t.Errorf("an unsaved text: got %+v", r)
	}
	r = results{}
	s.do("POST", run, "flow: order\nscenarios: [{name: mine, expect: {path: [resrve]}}]").want(200).into(&r)
	if r.Fine || len(r.Scenarios) != 0 || len(r.Issues) != 2 || r.Issues[1].Line != 2 {
		t.Errorf("an unsaved text that is wrong: got %+v", r)
	}
	// A flow that can't be tested says why.
	s.do("PUT", "/api/v1/flows/order/draft", "name: order\nsteps: {a: {call: nobody}}", "If-Match", "*").want(200)
	r = results{}
	s.do("POST", run, "").want(200).into(&r)
	if r.Fine || len(r.Issues) == 0 || r.Issues[0].File != "flows/order.yaml" {
		t.Errorf("a broken flow: got %+v", r)
	}
}

func TestFaultMatrix(t *testing.T) {
	s := open(t)
	s.tested()
	var r results
	s.do("POST", "/api/v1/flows/order/tests/faults", "").want(200).into(&r)
	if r.Fine || len(r.Faults) != 1 || len(r.Faults[0].Cells) != 11 {
		t.Fatalf("got %+v", r)
	}
	found := map[string]string{}
	for _, c := range r.Faults[0].Cells {
		found[c.Step+" "+c.Fault] = c.Result
	}
	if found["reserve before"] != "clean" || found["ship after"] != "found" || found["ship compensation"] != "none" {
		t.Errorf("got %v", found)
	}
}

// TestTestsAreBounded: one test at a time, none for ever, and none for who has gone.
func TestTestsAreBounded(t *testing.T) {
	s := open(t, func(c *web.Config) { c.TestTime = time.Nanosecond })
	s.tested()
	s.do("POST", "/api/v1/flows/order/tests/run", "").has("took longer").want(422, "invalid")
	s.do("POST", "/api/v1/flows/order/tests/faults", "").want(422, "invalid")

	s = open(t)
	s.tested()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", s.http.URL+"/api/v1/flows/order/tests/run", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := s.client.Do(req); err == nil {
		res.Body.Close()
		t.Error("a request that was given up has an answer")
	}
	s.do("POST", "/api/v1/flows/order/tests/run", "").want(200)
}

// TestRenameFollowsIntoTests: a step renamed on the canvas is renamed in the test files, in the same transaction and in no other byte; Undo takes both back.
func TestRenameFollowsIntoTests(t *testing.T) {
	s := open(t)
	s.tested()
	const draft, file = "/api/v1/flows/order/draft", "/api/v1/flows/order/tests/order.yaml"
	before := orderTests + orderEchoes
	etag := s.do("GET", draft, "").want(200).header.Get("ETag")
	got := s.do("POST", draft+"/edits", `{"edits": [{"op": "rename_step", "step": "ship", "to": "dispatch"}, {"op": "rename_step", "step": "ask", "to": "review"}]}`, "If-Match", etag).want(200)
	want := strings.NewReplacer("ask.approved", "review.approved", "step: ask", "step: review", "[reserve, ask", "[reserve, review", ", ship]", ", dispatch]", "{ship: 1}", "{dispatch: 1}").Replace(before)
	if now := s.do("GET", file, "").want(200); string(now.body) != want {
		t.Errorf("got\n%s\nwant\n%s", now.body, want)
	}
	var r results
	s.do("POST", "/api/v1/flows/order/tests/run", "").want(200).into(&r)
	if !r.Fine {
		t.Errorf("after the rename: %+v", r)
	}
	// An edit that is refused renames nothing.
	s.do("POST", draft+"/edits", `{"edits": [{"op": "rename_step", "step": "dispatch", "to": "send"}, {"op": "dance"}]}`, "If-Match", "*").want(422, "invalid")
	if now := s.do("GET", file, "").want(200); string(now.body) != want {
		t.Errorf("after a refused edit: got\n%s", now.body)
	}
	s.do("PUT", draft+"?renamed=dispatch", orderFlow, "If-Match", "*").want(400, "bad_request")
	s.do("PUT", draft+"?renamed=review:ask&renamed=dispatch:ship", orderFlow, "If-Match", got.header.Get("ETag")).want(200)
	if now := s.do("GET", file, "").want(200); string(now.body) != before {
		t.Errorf("after Undo: got\n%s", now.body)
	}
}
