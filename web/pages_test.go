package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/web"
)

var formType = []string{"Content-Type", "application/x-www-form-urlencoded"}

// post sends a form; pairs are its fields.
func (s *site) post(path string, pairs ...string) *answer {
	s.t.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return s.do("POST", path, v.Encode(), formType...)
}

func TestPages(t *testing.T) {
	s := open(t, func(c *web.Config) { c.Tour = "/flows/order/start?fail=ship" })
	s.do("GET", "/", "").want(200)
	s.order()
	id := s.start()
	for path, parts := range map[string][]string{
		"/":                                {"Place an order", "<svg", "Break it"},
		"/flows":                           {"/flows/order/start"},
		"/flows/order":                     {"Place an order", "/functions/pay", "first", id},
		"/flows/order/edit?step=ship":      {`id="draft"`, `data-step="ship"`, "# the money first", `"name":"pay"`},
		"/flows/order/versions":            {"# the money first", "first"},
		"/flows/order/versions?v=1":        {"first"},
		"/flows/order/diff?from=1&to=0":    {"The two texts are the same"},
		"/runs":                            {id, "status=running"},
		"/runs?status=failed":              {"No run fits this filter"},
		"/functions":                       {"pay", "http://127.0.0.1:9/echo", "/flows/order"},
		"/functions/pay":                   {"Try it", `&#34;n&#34;`},
		"/runs/" + id:                      {"Running <code>reserve</code>", `id="run"`, "run of order version 1 started", "<svg"},
		"/runs/" + id + "?step=reserve":    {`data-step="reserve"`},
		"/runs/" + id + "?step=nobody":     {"The run"},
		"/runs/" + id + "?item=x&step=ask": {"waits for <code>reserve</code>, which is running"},
	} {
		s.do("GET", path, "").want(200).has(append(parts, "<!doctype html>")...)
	}
	for _, path := range []string{"/flows/nobody", "/flows/nobody/edit", "/flows/nobody/start", "/flows/order/versions?v=9", "/functions/nobody", "/nowhere"} {
		s.do("GET", path, "").want(404).has("<!doctype html>", "404")
	}
	f := s.do("GET", "/runs/"+id+"/fragments/header", "").want(200).has(`id="run-header"`)
	if strings.Contains(string(f.body), "<html") {
		t.Error("a fragment is a whole page")
	}
	s.do("GET", "/runs/"+id+"/fragments/inspector?step=reserve&view=attempts", "").want(200).has(`id="run-inspector"`, `data-tab="attempts"`)
}

func TestFormAddressesLeadToTheirPages(t *testing.T) {
	s := open(t)
	for path, to := range map[string]string{
		"/runs/x/retry":                   "/runs/x",
		"/runs/x/steps/ship/resolve":      "/runs/x",
		"/flows/order/publish":            "/flows/order/edit",
		"/flows/order/versions/1/restore": "/flows/order/versions",
		"/functions/a%20b/try":            "/functions/a%20b",
	} {
		if got := s.do("GET", path, "").want(303).header.Get("Location"); got != to {
			t.Errorf("GET %s leads to %s, want %s", path, got, to)
		}
	}
}

func TestButtonsOfTheRunPage(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	s.engine.answer(id, "reserve", "", refused)
	s.do("GET", "/runs/"+id, "").want(200).has("no such account", `id="action-retry"`, `action="/runs/`+id+`/retry"`)
	to := s.post("/runs/" + id + "/retry").want(303).header.Get("Location")
	s.do("GET", to, "").want(200).has("Retry goes on")
	s.post("/runs/"+id+"/retry").want(409).has("Back to the run", "/runs/"+id)
	s.engine.answer(id, "reserve", `{"n": 1}`, nil)
	s.do("GET", "/runs/"+id, "").want(200).has("Release 5?", `id="action-approve"`)
	s.post("/runs/" + id + "/approvals/ask").want(422)
	s.post("/runs/"+id+"/approvals/ask", "approved", "true", "comment", "fine").want(303)
	s.do("GET", "/runs/"+id+"?step=ask", "").want(200).has("approved: fine")
	s.post("/runs/" + id + "/cancel").want(303)
	s.engine.answer(id, "ship", "", &fault.Fault{Class: fault.Cancelled, Effect: fault.None, Message: "stopped"})
	s.post("/runs/" + id + "/compensate").want(303)
	s.do("GET", "/api/v1/runs/"+id, "").want(200).has(`"compensating"`)
	s.engine.answer(id, "reserve", `{"n": -1}`, nil)
	s.do("GET", "/runs/"+id, "").want(200).has("Everything that was done has been undone")
}

func TestResolveForm(t *testing.T) {
	s := open(t)
	s.do("PUT", "/api/v1/functions/pay", strings.Replace(echoFunction, `"idempotent": true`, `"idempotent": false`, 1)).want(201)
	s.do("POST", "/api/v1/flows/order/versions", orderFlow).want(201)
	id := s.start()
	s.engine.answer(id, "reserve", "", &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe, Message: "no answer within 30s"})
	s.do("GET", "/runs/"+id, "").want(200).has("What happened to", `id="action-resolve"`)
	path := "/runs/" + id + "/steps/reserve/resolve"
	s.post(path, "outcome", "happened", "output", "not json", "reason", "looked").want(422).has("not JSON", "not json", `value="looked"`)
	s.post(path, "outcome", "happened", "output", `{"m": 1}`, "reason", "looked").want(422).has("breaks its contract")
	s.post(path, "outcome", "perhaps").want(422)
	s.post(path, "outcome", "happened", "output", `{"n": 1}`, "reason", "looked").want(303)
	s.do("GET", "/api/v1/runs/"+id, "").want(200).has(`"waiting"`)
	s.post(path, "outcome", "failed").want(409)
}

func TestStartForm(t *testing.T) {
	s := open(t, func(c *web.Config) {
		c.Inputs = func(string) []byte {
			return []byte(`{"amount": 12.50, "note": "hi", "lines": [{"sku": "cup", "n": 2}]}`)
		}
	})
	s.order()
	s.do("GET", "/flows/order/start", "").want(200).has(`name="amount"`, `value="12.50"`, `name="lines.0.sku"`, `value="cup"`, `name="_rows.lines" value="1"`, "lines.__i__.sku",
		`<option value="ship"`, `<option value="true"`, "above 0")
	s.do("GET", "/flows/order/start?fail=ship", "").want(200).has(`<option value="ship" selected`)

	bad := s.post("/flows/order/start", "_mode", "form", "amount", "-3", "note", "mine", "_rows.lines", "2", "lines.0.sku", "a", "lines.0.n", "two", "lines.1.n", "1").want(422)
	bad.has(`value="-3"`, `value="mine"`, `value="two"`, "must be more than 0", "this is no number", "missing", "does not fit")
	if n := len(s.engine.runs); n != 0 {
		t.Fatalf("refused input started %d runs", n)
	}
	more := s.post("/flows/order/start", "_mode", "form", "amount", "3", "_rows.lines", "2", "lines.0.sku", "a", "lines.1.sku", "b", "_add", "lines").want(200)
	more.has(`name="_rows.lines" value="3"`, `name="lines.2.sku"`)
	less := s.post("/flows/order/start", "_mode", "form", "amount", "3", "_rows.lines", "2", "lines.0.sku", "first", "lines.1.sku", "second", "_remove", "lines.0").want(200)
	less.has(`name="_rows.lines" value="1"`, `value="second"`)
	if strings.Contains(string(less.body), `value="first"`) {
		t.Error("the row that was removed is still there")
	}

	to := s.post("/flows/order/start", "_mode", "form", "_version", "1", "amount", "3.00", "note", "", "express", "true", "fail", "ship", "_rows.lines", "1", "lines.0.sku", "a", "lines.0.n", "4").want(303).header.Get("Location")
	id := strings.TrimPrefix(to, "/runs/")
	s.do("GET", "/api/v1/runs/"+id, "").want(200).has(`"input":{"amount":3.00,"express":true,"lines":[{"sku":"a","n":4}],"fail":"ship"}`)
	s.do("GET", "/flows/order/start?run="+id, "").want(200).has(`value="3.00"`)

	s.post("/flows/order/start", "_mode", "json", "_json", "{").want(422).has("not JSON", "checked")
	s.post("/flows/order/start", "_mode", "json", "_json", `{"amount": 0}`).want(422).has("amount: must be more than 0")
	s.post("/flows/order/start", "_mode", "json", "_json", `{"amount": 9}`).want(303)
	s.do("PUT", "/api/v1/flows/fresh/draft", "name: fresh\n").want(200)
	s.do("GET", "/flows/fresh/start", "").want(409)
}

func TestCanvasWithoutScripts(t *testing.T) {
	s := open(t)
	s.order()
	text := strings.Replace(orderFlow, "Place an order", "Order it", 1)
	s.post("/flows/order/draft", "etag", `"0"`, "source", strings.ReplaceAll(text, "\n", "\r\n")).want(303)
	if got := string(s.do("GET", "/api/v1/flows/order/draft", "").body); got != text {
		t.Errorf("the saved draft: got %q, want the line ends that were typed", got)
	}
	s.post("/flows/order/draft", "etag", `"0"`, "source", "mine").want(409).has("Somebody else", "mine")
	s.post("/flows/order/publish", "message", "by hand").want(303)
	s.do("GET", "/flows/order/versions", "").want(200).has("by hand", "v2")
	s.post("/flows/order/versions/1/restore").want(303)
	if got := string(s.do("GET", "/api/v1/flows/order/draft", "").body); got != orderFlow {
		t.Error("restoring did not bring the first text back")
	}
	s.do("GET", "/flows/order/diff?from=2&to=draft&view=text", "").want(200).has("Order it", "Place an order", "lines alike", "Changed: ", "title: ")
	s.do("PUT", "/api/v1/flows/order/draft", "name: order\n", "If-Match", "*").want(200)
	s.post("/flows/order/publish", "message", "nothing").want(422).has("nothing was published")
}

func TestTryForm(t *testing.T) {
	s := open(t)
	s.order()
	s.post("/functions/pay/try", "input", `{"n": 4}`).want(200).has("called as try/", "4")
	s.post("/functions/pay/try", "input", `{"n": "x"}`).want(422).has("expected integer")
	s.post("/functions/pay/try", "input", "{").want(422).has("not JSON")
	s.post("/functions/nobody/try", "input", "{}").want(404)
}
