package main

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestManyRetriesAreOne presses Retry from many hands at once.
func TestManyRetriesAreOne(t *testing.T) {
	s := start(t, options{Data: dataDir(t)})
	input := sampleInput(t, "order")
	input["fail"] = "ship"
	id := s.settled(t, s.startRun(t, "order", input)).ID
	var accepted, refused atomic.Int64
	var hands sync.WaitGroup
	for range 12 {
		hands.Go(func() {
			switch err := s.call("POST", "/runs/"+id+"/retry", nil, nil, nil); {
			case err == nil:
				accepted.Add(1)
			case isRefused(err, http.StatusConflict):
				refused.Add(1)
			default:
				t.Errorf("a Retry among many: got %v, want it accepted or 409", err)
			}
		})
	}
	hands.Wait()
	if accepted.Load() != 1 || refused.Load() != 11 {
		t.Errorf("got %d of 12 Retries accepted and %d refused, want 1 and 11", accepted.Load(), refused.Load())
	}
	r := s.settled(t, id)
	if n := len(r.step("ship").Attempts); r.Status != "succeeded" || n != 2 {
		t.Errorf("got %s with %d attempts of ship, want succeeded with 2", r.Status, n)
	}
}

// TestHostileValues sends values that databases and logs choke on through a whole run, and a run beside it to see that it is none the worse.
func TestHostileValues(t *testing.T) {
	o := options{Data: dataDir(t)}
	s := start(t, o)
	nasty := "a\u0000b\u2028\ufffd😀\"\\\r\n\u202e ${{ input.account }} <script>"
	input := sampleInput(t, "order")
	input["order_id"], input["account"] = nasty, nasty
	beside := s.startRun(t, "order", sampleInput(t, "order"))
	id := s.startRun(t, "order", input)
	if r := s.settled(t, beside); r.Status != "succeeded" {
		t.Errorf("the run beside it: got %s, want succeeded", r.Status)
	}
	before := s.settled(t, id)
	if before.Status != "succeeded" || !strings.Contains(string(before.Input), `\u0000`) {
		t.Errorf("got %s with input %s, want succeeded with the input as it was sent: %+v", before.Status, before.Input, before.Error)
	}
	s.Kill(t)
	if after := start(t, o).run(t, id); string(after.Input) != string(before.Input) || string(after.Output) != string(before.Output) {
		t.Errorf("after a restart the run reads\n%s %s, want\n%s %s", after.Input, after.Output, before.Input, before.Output)
	}
}

func TestBadRequests(t *testing.T) {
	s := start(t, options{Data: dataDir(t)})
	id := s.settled(t, s.startRun(t, "order", sampleInput(t, "order"))).ID
	foreign := http.Header{"Origin": {"http://elsewhere.example"}}
	for _, c := range []struct {
		what, method, path, body string
		header                   http.Header
		status                   int
	}{
		{"a malformed flow", "POST", "/flows/x/versions", "name: x\nsteps: [", http.Header{"Content-Type": {"application/yaml"}}, 422},
		{"an unknown function", "POST", "/flows/x/versions", "name: x\nsteps: {a: {call: no.such}}\n", http.Header{"Content-Type": {"application/yaml"}}, 422},
		{"a broken schema", "PUT", "/functions/x", `{"http": {"url": "http://127.0.0.1:1"}, "idempotent": true, "input": {"type": "strnig"}}`, nil, 422},
		{"an input that breaks its schema", "POST", "/flows/order/runs", `{"input": {"order_id": 7}}`, nil, 422},
		{"no JSON", "POST", "/flows/order/runs", `{"input":`, nil, 400},
		{"invalid UTF-8", "POST", "/flows/order/runs", "{\"input\": {\"order_id\": \"\xff\"}}", nil, 400},
		{"a body over the limit", "POST", "/flows/order/runs", `{"input": "` + strings.Repeat("x", 2<<20) + `"}`, nil, 413},
		{"an unknown run", "GET", "/runs/01890a5d-ac96-774b-bcce-b302099a8057", "", nil, 404},
		{"a malformed run id", "GET", "/runs/seven", "", nil, 404},
		{"an unknown flow", "POST", "/flows/nope/runs", `{"input": {}}`, nil, 404},
		{"Retry of a run that did not fail", "POST", "/runs/" + id + "/retry", "", nil, 409},
		{"Compensate of a run that succeeded", "POST", "/runs/" + id + "/compensate", "", nil, 409},
		{"a POST from another origin", "POST", "/runs/" + id + "/retry", "", foreign, 403},
		{"a read by a foreign Host", "GET", "/runs", "", http.Header{"Host": {"rebound.example"}}, 403},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		if err := s.call(c.method, c.path, c.header, body, nil); !isRefused(err, c.status) {
			t.Errorf("%s: got %v, want %d with a code and a message", c.what, err, c.status)
		}
	}
	if strings.Contains(s.Logged(), "panic") {
		t.Error("the server panicked")
	}
}
