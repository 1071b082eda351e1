package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/planner"
)

// TestAnItemIsAValue: an item of a for_each has an address of its own, one above 64 KiB like a small one.
func TestAnItemIsAValue(t *testing.T) {
	s := open(t)
	s.do("PUT", "/api/v1/functions/pay", `{"http": {"url": "http://127.0.0.1:9/echo"}, "idempotent": true}`).want(201)
	s.do("POST", "/api/v1/flows/each/versions", `name: each
input: {type: object, required: [list], properties: {list: {type: array}}}
steps:
  go: {for_each: "${{ input.list }}", max_parallel: 1, call: pay, with: {n: 1}}
`).want(201)
	large := `{"text":"` + strings.Repeat("segno ", 20_000) + `"}`
	var run struct{ ID string }
	s.do("POST", "/api/v1/flows/each/runs", `{"input": {"list": [`+large+`, {"n": 7}]}}`).want(201).into(&run)
	at := "/api/v1/runs/" + run.ID + "/steps/go"
	got := s.do("GET", at+"/item?item=0", "").want(200)
	if string(got.body) != large {
		t.Errorf("item 0 has %d bytes, want its %d: %.80s", len(got.body), len(large), got.body)
	}
	if length := got.header.Get("Content-Length"); length != fmt.Sprint(len(large)) {
		t.Errorf("its Content-Length is %q", length)
	}
	s.do("GET", at+"/item?item=0", "", "If-None-Match", got.header.Get("ETag")).want(304)
	part := s.do("GET", at+"/item?item=0", "", "Range", "bytes=0-7").want(206)
	if string(part.body) != `{"text":` {
		t.Errorf("its first bytes are %q", part.body)
	}
	if file := s.do("GET", at+"/item?item=0&download", "").want(200).header.Get("Content-Disposition"); file != `attachment; filename="`+run.ID[:8]+`-go-0-item.json"` {
		t.Errorf("the file is %s", file)
	}
	if got := s.do("GET", at+"/item?item=1", "").want(200); string(got.body) != `{"n":7}` && string(got.body) != `{"n": 7}` {
		t.Errorf("item 1 is %s", got.body)
	}
	s.do("GET", at+"/item", "").want(400, "bad_request").has("which item?")
	s.do("GET", at+"/item?item=0&attempt=1", "").want(400, "bad_request")
	s.do("GET", at+"/item?item=2", "").want(404, "not_found").has("`go` has no item 2")
	s.do("GET", at+"/output?attempt=1", "").want(404, "not_found").has("each item of `go` has attempts of its own")
	var page struct {
		Items []struct {
			ItemBytes int    `json:"item_bytes"`
			ItemRef   string `json:"item_ref"`
		}
	}
	s.do("GET", at+"/items", "").want(200).into(&page)
	if len(page.Items) != 2 || page.Items[0].ItemBytes != len(large) || page.Items[0].ItemRef != at+"/item?item=0" {
		t.Errorf("the items say %+v", page.Items)
	}
	s.do("GET", "/runs/"+run.ID+"?step=go&item=0&view=input", "").want(200).has(`data-value="`+at+`/item?item=0"`, `data-value-root="item"`, " of 117 KiB.", "The first ", "segno segno", `/item?item=0&amp;download`)
	s.do("GET", "/runs/"+run.ID+"?step=go&item=1&view=input", "").want(200).has(`data-value="`+at+`/item?item=1"`, `"n"`)
}

// TestAttemptsHaveValues: what each attempt was sent, gave and failed with is asked for by its number, and the page shows it.
func TestAttemptsHaveValues(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	at, page := "/api/v1/runs/"+id+"/steps/reserve", "/runs/"+id+"?step=reserve"
	s.do("GET", at+"/input?attempt=2", "").want(404, "not_found").has("there is no attempt 2 of `reserve`: there is attempt 1 alone")
	s.do("GET", "/api/v1/runs/"+id+"/steps/ship/input?attempt=1", "").want(404, "not_found").has("it has made none")
	s.engine.answer(id, "reserve", "", &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "no such account", Evidence: []fault.Detail{{Name: "status", Value: "422 Unprocessable"}}})
	s.do("GET", at+"/error", "").want(200).has(`"class":"rejected"`, `"value":"422 Unprocessable"`)
	s.do("GET", "/api/v1/runs/"+id+"/error", "").want(200).has(`"step":"reserve"`)
	s.do("POST", "/api/v1/runs/"+id+"/retry", "").want(200)
	s.engine.answer(id, "reserve", `{"n": 2}`, nil)

	s.do("GET", at+"/error", "").want(404, "not_found").has("`reserve` has no error")
	s.do("GET", at+"/error?attempt=1", "").want(200).has(`"message":"no such account"`, `"value":"422 Unprocessable"`)
	s.do("GET", at+"/error?attempt=2", "").want(404, "not_found").has("attempt 2 of `reserve` has no error")
	s.do("GET", at+"/output?attempt=1", "").want(404, "not_found").has("attempt 1 of `reserve` has no output")
	for _, n := range []string{"1", "2"} { // the second was sent what the first was
		if got := string(s.do("GET", at+"/input?attempt="+n, "").want(200).body); got != `{"n":1}` {
			t.Errorf("attempt %s was sent %s", n, got)
		}
	}
	if got := s.do("GET", at+"/output?attempt=2&download", "").want(200); string(got.body) != `{"n": 2}` || !strings.Contains(got.header.Get("Content-Disposition"), "-reserve-output-2.json") {
		t.Errorf("attempt 2 gave %s, as %s", got.body, got.header.Get("Content-Disposition"))
	}
	s.do("GET", at+"/output?attempt=3", "").want(404, "not_found").has("there is no attempt 3 of `reserve`: there are 1 to 2")
	s.do("GET", at+"/logs?attempt=3", "").want(404, "not_found").has("there are 1 to 2")
	s.do("GET", at+"/output?attempt=x", "").want(400, "bad_request")
	s.do("GET", "/api/v1/runs/"+id+"/input?attempt=1", "").want(400, "bad_request").has("has no items and no attempts")

	s.do("GET", page+"&attempt=1&view=error", "").want(200).has("422 Unprocessable", `data-tab="error"`)
	s.do("GET", page+"&attempt=1&view=output", "").want(200).has("Attempt 1 gave no output: it failed.")
	s.do("GET", page+"&attempt=1&view=resolved", "").want(200).has(`data-value="`+at+`/input?attempt=1"`, "what was sent to attempt 1 of reserve")
	s.do("GET", page+"&attempt=2&view=output", "").want(200).has(`data-value="`+at+`/output?attempt=2"`, `data-value-root="steps.reserve.output"`)
	s.do("GET", page+"&view=output", "").want(200).has(`data-value="`+at+`/output"`, `title="What counts now" aria-current="true"`)
	if n := s.folds(); n != "1" {
		t.Errorf("the run was folded %s times, want once", n)
	}
}

// TestIterationsComeFromTheirPlaces: the page of a loop shows any of its iterations without folding the run again, and an attempt of each has its values.
func TestIterationsComeFromTheirPlaces(t *testing.T) {
	s := open(t)
	s.do("PUT", "/api/v1/functions/pay", `{"http": {"url": "http://127.0.0.1:9/echo"}, "idempotent": true}`).want(201)
	s.do("POST", "/api/v1/flows/polling/versions", "name: polling\nsteps:\n  poll: {call: pay, with: {n: \"${{ iteration }}\"}, until: {condition: \"${{ output.n >= 30 }}\", every: 1s, max: 40}}\n").want(201)
	var run struct{ ID string }
	s.do("POST", "/api/v1/flows/polling/runs", `{"input": {}}`).want(201).into(&run)
	ref := planner.Ref{Step: "poll", Item: planner.NoItem}
	for n := 1; n <= 30; n++ {
		if n > 1 {
			s.engine.due(run.ID, ref)
		}
		if err := s.engine.input(t.Context(), run.ID, &planner.CallDone{Ref: ref, Attempt: n, Output: fmt.Appendf(nil, `{"n":%d,"said":"word %d"}`, n, n)}); err != nil {
			t.Fatal(err)
		}
	}
	at := "/api/v1/runs/" + run.ID + "/steps/poll"
	for n := 1; n <= 30; n++ {
		output := "/output?download" // of the last one the step's
		if n < 30 {
			output = fmt.Sprintf("/output?attempt=%d&amp;download", n)
		}
		got := s.do("GET", fmt.Sprintf("/runs/%s?step=poll&iteration=%d", run.ID, n), "").want(200).has(fmt.Sprintf("word %d&#34;", n), `href="`+at+output+`"`)
		if n > 1 {
			got.has(fmt.Sprintf("2 fields changed since iteration %d", n-1), fmt.Sprintf("word %d&#34;", n-1))
		}
		s.do("GET", fmt.Sprintf("%s/output?attempt=%d", at, n), "").want(200).has(fmt.Sprintf(`"word %d"`, n))
		s.do("GET", fmt.Sprintf("%s/input?attempt=%d", at, n), "").want(200).has(fmt.Sprintf(`{"n":%d}`, n))
	}
	if n := s.folds(); n != "1" {
		t.Errorf("the run was folded %s times, want once", n)
	}
}
