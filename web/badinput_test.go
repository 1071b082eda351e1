package web_test

import (
	"context"
	"strings"
	"testing"
)

func ready(missing *[]string) func(context.Context) []string {
	return func(context.Context) []string { return *missing }
}

func TestBadInput(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	const unknown = "01890a5d-ac96-774b-bcce-b302099a8057"
	large := strings.Repeat("x", 1<<20+1)
	deep := `{"input": ` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`
	yaml := []string{"Content-Type", "application/yaml"}
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code, has                string
	}{
		{"a malformed flow", "POST", "/api/v1/flows/order/versions", "name: order\nsteps: [", yaml, 422, "invalid", `"issues"`},
		{"a flow of another name", "POST", "/api/v1/flows/other/versions", orderFlow, yaml, 422, "invalid", "this is the flow `other`"},
		{"a flow's bad name", "POST", "/api/v1/flows/Or-der/versions", orderFlow, yaml, 422, "invalid", "can't name a flow"},
		{"an unknown function", "POST", "/api/v1/flows/order/versions", strings.ReplaceAll(orderFlow, "call: pay", "call: pai"), yaml, 422, "invalid", "pay"},
		{"a function without its word", "PUT", "/api/v1/functions/f", `{"http": {"url": "http://localhost"}}`, nil, 422, "invalid", "idempotent"},
		{"a function's bad name", "PUT", "/api/v1/functions/F!", echoFunction, nil, 422, "invalid", ""},
		{"a Go function that is not there", "PUT", "/api/v1/functions/f", `{"local": {"name": "mine"}, "idempotent": true}`, nil, 422, "invalid", "no Go function called `mine`"},
		{"a broken schema", "PUT", "/api/v1/functions/f", `{"http": {"url": "http://localhost"}, "idempotent": true, "input": {"type": "strnig"}}`, nil, 422, "invalid", "input"},
		{"a flow's broken schema", "POST", "/api/v1/flows/order/versions", strings.Replace(orderFlow, "type: number", "type: numbr", 1), yaml, 422, "invalid", `"issues"`},
		{"input that breaks its schema", "POST", "/api/v1/flows/order/runs", `{"input": {"amount": -1, "express": "no"}}`, nil, 422, "invalid", "violations"},
		{"input for a try", "POST", "/api/v1/functions/pay/invoke", `{"input": {}}`, nil, 422, "invalid", "n: missing"},
		{"a body over the limit", "POST", "/api/v1/flows/order/runs", large, nil, 413, "too_large", ""},
		{"a flow over the limit", "PUT", "/api/v1/flows/order/draft", large, yaml, 413, "too_large", ""},
		{"a body too deep", "POST", "/api/v1/flows/order/runs", deep, nil, 400, "bad_request", "64 levels"},
		{"invalid UTF-8 in JSON", "POST", "/api/v1/flows/order/runs", "{\"input\": {\"note\": \"\xff\"}}", nil, 400, "bad_request", "UTF-8"},
		{"invalid UTF-8 in a draft", "PUT", "/api/v1/flows/order/draft", "name: \xff", yaml, 400, "bad_request", "UTF-8"},
		{"no JSON", "POST", "/api/v1/flows/order/runs", "{\n  input: 1}", nil, 400, "bad_request", "line 2, column 3"},
		{"a misspelt option", "POST", "/api/v1/flows/order/runs", `{"inputs": {}}`, nil, 400, "bad_request", "inputs"},
		{"another type of body", "POST", "/api/v1/flows/order/runs", `{}`, []string{"Content-Type", "multipart/form-data"}, 415, "unsupported", ""},
		{"an unknown flow", "POST", "/api/v1/flows/nobody/runs", `{}`, nil, 404, "not_found", "nobody"},
		{"an unknown version", "POST", "/api/v1/flows/order/runs", `{"version": 7, "input": {"amount": 1}}`, nil, 404, "not_found", "7"},
		{"a negative version", "POST", "/api/v1/flows/order/runs", `{"version": -7, "input": {"amount": 1}}`, nil, 404, "not_found", ""},
		{"an unknown run", "GET", "/api/v1/runs/" + unknown, "", nil, 404, "not_found", unknown},
		{"a malformed run id", "GET", "/api/v1/runs/abc", "", nil, 404, "not_found", ""},
		{"a run id with a NUL", "GET", "/api/v1/runs/%00", "", nil, 404, "not_found", ""},
		{"the events of an unknown run", "GET", "/api/v1/runs/" + unknown + "/events", "", nil, 404, "not_found", ""},
		{"the items of an unknown step", "GET", "/api/v1/runs/" + id + "/steps/nobody/items", "", nil, 404, "not_found", ""},
		{"the items of a step without", "GET", "/api/v1/runs/" + id + "/steps/ship/items", "", nil, 404, "not_found", ""},
		{"retrying an unknown run", "POST", "/api/v1/runs/" + unknown + "/retry", "", nil, 404, "not_found", ""},
		{"retrying a run that did not fail", "POST", "/api/v1/runs/" + id + "/retry", "", nil, 409, "conflict", "running"},
		{"compensating a run that did not fail", "POST", "/api/v1/runs/" + id + "/compensate", "", nil, 409, "conflict", ""},
		{"an odd cancel", "POST", "/api/v1/runs/" + id + "/cancel", `{"then": "explode"}`, nil, 422, "invalid", "explode"},
		{"resolving what is certain", "POST", "/api/v1/runs/" + id + "/steps/ship/resolve", `{"outcome": "failed"}`, nil, 409, "conflict", ""},
		{"an odd resolution", "POST", "/api/v1/runs/" + id + "/steps/ship/resolve", `{"outcome": "perhaps"}`, nil, 422, "invalid", "perhaps"},
		{"an odd cursor", "GET", "/api/v1/runs?after=xyz", "", nil, 400, "bad_request", "cursor"},
		{"an odd limit", "GET", "/api/v1/runs?limit=-1", "", nil, 400, "bad_request", "limit"},
		{"an odd status", "GET", "/api/v1/runs?status=broken", "", nil, 400, "bad_request", "broken"},
		{"an odd plan", "GET", "/api/v1/runs/" + id + "/plan?action=dance", "", nil, 400, "bad_request", "dance"},
		{"an unknown version's text", "GET", "/api/v1/flows/order/versions/9", "", nil, 404, "not_found", ""},
		{"a version that is no number", "GET", "/api/v1/flows/order/versions/x", "", nil, 404, "not_found", ""},
		{"a function that is not there", "DELETE", "/api/v1/functions/nobody", "", nil, 404, "not_found", ""},
		{"an address that is not there", "GET", "/api/v1/nothing", "", nil, 404, "not_found", ""},
		{"a method that is not there", "DELETE", "/api/v1/flows", "", nil, 405, "method_not_allowed", ""},
		{"a websocket without one", "GET", "/api/v1/runs/" + id + "/live", "", nil, 426, "bad_request", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := s.do(tt.method, tt.path, tt.body, tt.headers...)
			a.t = t
			a.want(tt.status, tt.code)
			if tt.has != "" {
				a.has(tt.has)
			}
		})
	}
	s.do("GET", "/runs/"+unknown, "").want(404).has("<!doctype html>")
	s.do("POST", "/runs/"+id+"/retry", "").want(409).has("Back to the run")
	s.do("POST", "/runs/abc/retry", "").want(404)
	if n := len(s.do("GET", "/api/v1/flows/order/versions", "").want(200).body); n == 0 {
		t.Error("the versions are gone")
	}
}

func TestNULInValues(t *testing.T) {
	s := open(t)
	s.order()
	var got struct{ ID string }
	s.do("POST", "/api/v1/flows/order/runs", `{"input": {"amount": 1, "note": "a\u0000b"}}`).want(201).into(&got)
	s.do("GET", "/api/v1/runs/"+got.ID, "").want(200).has(`a\u0000b`)
	s.do("GET", "/runs/"+got.ID, "").want(200)
	s.do("GET", "/api/v1/runs?q=%00%ff&flow=%00", "").want(200).has(`"runs":[]`)
	s.do("POST", "/api/v1/flows/order/versions?message=a%00b", "", "Content-Type", "application/yaml").want(201)
	s.do("PUT", "/api/v1/flows/nul/draft", "name: nul # \x00\n").want(200)
	s.do("GET", "/api/v1/flows/nul/draft", "", "Accept", "application/json").want(200).has(`\u0000`)
	s.do("GET", "/flows/nul/edit", "").want(200)
}

func TestCheckAlwaysAnswers(t *testing.T) {
	s := open(t)
	for _, text := range []string{"", "\xff\xfe", "a: [", "- 1", "name: x\nsteps: {}\n", strings.Repeat("a: {b: ", 200), orderFlow} {
		s.do("POST", "/api/v1/check", text, "Content-Type", "application/yaml").want(200).has(`"issues":[`)
	}
}

func TestBodyOverTheLimitWithoutALength(t *testing.T) {
	s := open(t)
	s.order()
	s.do("PUT", "/api/v1/flows/order/draft", orderFlow).want(200)
	before := string(s.do("GET", "/api/v1/flows/order/draft", "").want(200).body)
	a := s.chunked("POST", "/flows/order/draft", "etag=%221%22&source="+strings.Repeat("x", 1<<20))
	if a.status != 413 {
		t.Errorf("a form over the limit: got %d, want 413", a.status)
	}
	if after := string(s.do("GET", "/api/v1/flows/order/draft", "").want(200).body); after != before {
		t.Error("a form over the limit changed the draft")
	}
}
