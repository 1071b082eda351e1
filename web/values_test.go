package web_test

import (
	"testing"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/planner"
)

func TestValuesAreAnsweredAsTheyWereRecorded(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	at := "/api/v1/runs/" + id
	if got := string(s.do("GET", at+"/input", "").want(200).body); got != `{"amount":5}` {
		t.Errorf("the run's input is %s", got)
	}
	s.do("GET", at+"/output", "").want(404, "not_found").has("the run has no output yet")
	s.do("GET", at+"/steps/reserve/output", "").want(404, "not_found").has("`reserve` has no output")
	s.do("GET", at+"/steps/nobody/output", "").want(404, "not_found").has("no step `nobody`")
	s.do("GET", at+"/steps/reserve/output?item=x", "").want(400, "bad_request")
	s.do("GET", at+"/steps/reserve/output?item=0", "").want(404, "not_found").has("item 0")
	s.do("GET", "/api/v1/runs/nobody/input", "").want(404, "not_found")

	const value = `{"n": 12345678901234567890.10, "z":1,"a":"\u003cb\u003e"}`
	s.engine.answer(id, "reserve", value, nil)
	got := s.do("GET", at+"/steps/reserve/output", "").want(200)
	if string(got.body) != value {
		t.Errorf("got %s, want it byte for byte: %s", got.body, value)
	}
	tag := got.header.Get("ETag")
	if tag == "" || got.header.Get("Content-Disposition") != "" {
		t.Errorf("got ETag %q and Content-Disposition %q", tag, got.header.Get("Content-Disposition"))
	}
	s.do("GET", at+"/steps/reserve/output", "", "If-None-Match", tag).want(304)
	if file := s.do("GET", at+"/steps/reserve/output?download", "").want(200).header.Get("Content-Disposition"); file != `attachment; filename="`+id[:8]+`-reserve-output.json"` {
		t.Errorf("the file is %s", file)
	}
	s.do("GET", at+"/steps/reserve/input", "").want(200).has(`{"n":1}`)
	s.do("GET", "/runs/"+id+"?step=reserve&view=output", "").want(200).has(`data-value="/api/v1/runs/`+id+`/steps/reserve/output"`, `data-value-root="steps.reserve.output"`, "12345678901234567890.10")
	s.do("GET", "/runs/"+id+"?step=reserve&view=resolved", "").want(200).has("what was sent to reserve", "Idempotency key")
	s.do("GET", "/runs/"+id+"?step=reserve&tab=output", "").want(200).has(`data-tab="output"`) // as older links have it
}

func TestInputIsShownAsItWasWritten(t *testing.T) {
	s := open(t)
	s.do("PUT", "/api/v1/functions/pay", echoFunction).want(201)
	s.do("POST", "/api/v1/flows/each/versions", `name: each
input: {type: object, required: [list], properties: {list: {type: array, items: {type: integer}}}}
steps:
  way: {switch: {many: "${{ size(input.list) > 1 }}", otherwise: true}}
  go: {needs: [way.many], for_each: "${{ input.list }}", call: pay, with: {n: "${{ item }}"}}
`).want(201)
	var run struct{ ID string }
	s.do("POST", "/api/v1/flows/each/runs", `{"input": {"list": [7, 8]}}`).want(201).into(&run)
	s.do("GET", "/runs/"+run.ID+"?step=go&view=input", "").want(200).has("for_each", "${{ input.list }}", "${{ item }}")
	s.do("GET", "/runs/"+run.ID+"?step=go&item=1&view=input", "").want(200).has("Item 1", `data-value-root="item"`, "type=\"application/json\">8\n<")
	s.do("GET", "/runs/"+run.ID+"?step=way&view=input", "").want(200).has("many", "${{ size(input.list) &gt; 1 }}", "otherwise")
	s.do("GET", "/api/v1/runs/"+run.ID+"/steps/go/input?item=1", "").want(200).has(`{"n":8}`)
	s.do("GET", "/api/v1/runs/"+run.ID+"/steps/go/input?item=2", "").want(404, "not_found")
}

func TestLogsAreAFile(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	at := time.Date(2026, 11, 23, 20, 0, 0, 5e6, time.UTC)
	s.engine.end(id, "reserve", "", &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "busy"}, planner.Call{Started: at, Ended: at, Dropped: 3,
		Logs: []planner.LogLine{{At: at, Stream: "stderr", Text: "\x1b[31mno <b>luck</b>\x1b[0m"}}})
	path := "/api/v1/runs/" + id + "/steps/reserve/logs"
	got := s.do("GET", path, "").want(200)
	if want := "2026-11-23T20:00:00.005Z stderr \x1b[31mno <b>luck</b>\x1b[0m\n# 3 more lines were not kept\n"; string(got.body) != want {
		t.Errorf("got %q, want %q", got.body, want)
	}
	if kind := got.header.Get("Content-Type"); kind != "text/plain; charset=utf-8" {
		t.Errorf("its type is %s", kind)
	}
	s.do("GET", path+"?attempt=1", "").want(200).has("luck")
	s.do("GET", path+"?attempt=2", "").want(404, "not_found")
	s.do("GET", path+"?attempt=0", "").want(400, "bad_request")
	s.do("POST", "/api/v1/runs/"+id+"/retry", "").want(200)
	s.engine.answer(id, "reserve", "", refused)
	s.do("GET", path, "").want(200).has("# attempt 1, failed\n", "# attempt 2, failed\n")
	s.do("GET", "/runs/"+id+"?step=reserve&view=logs&attempt=all", "").want(200).has(`id="l1-1"`, `href="#l1-1"`, `<span class="a-f1">no &lt;b&gt;luck&lt;/b&gt;</span>`, "3 more lines", "Attempt 2")
	s.do("GET", "/runs/"+id+"?step=reserve&view=logs", "").want(200).has("The function wrote nothing") // the last attempt
}
