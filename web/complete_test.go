package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/segno-run/segno/web/view"
)

func TestComplete(t *testing.T) {
	s := open(t)
	s.order()
	ask := func(text string, place string) view.Assist {
		t.Helper()
		var a view.Assist
		s.do("POST", "/api/v1/complete?"+place, text, "Content-Type", "application/yaml").want(200).into(&a)
		if a.Items == nil {
			t.Error("no list of items")
		}
		return a
	}
	const text = "name: tiny\nsteps:\n  é: {call: x}\n  b:\n    call: \n"
	a := ask(text, "line=5&column=11")
	if len(a.Items) == 0 || a.Items[0].Kind != "function" || a.From != (view.Place{Line: 5, Column: 11}) {
		t.Errorf("got %+v", a)
	}
	if a = ask("name: tiny\nsteps:\n  b:\n    call: x\n    ret", "line=5&column=8"); len(a.Items) == 0 || a.Items[0].Insert != "retry: " || a.From.Column != 5 || a.To.Column != 8 {
		t.Errorf("got %+v", a)
	}
	if a = ask("name: tiny\nsteps:\n  b:\n    retry: {}", "line=4&column=6"); a.Hover == nil || a.Hover.Label != "retry" || a.Hover.Detail == "" {
		t.Errorf("got %+v", a)
	}
	ask("\x00 [ {", "line=9&column=9")
	ask("", "line=1&column=1")

	var e view.Assist
	s.do("POST", "/api/v1/complete", `{"source": "name: f\nsteps:\n  a: {set: {é: 1}}\n  b: {needs: [a], wait: 1s}\n", "step": "b", "field": "if", "expression": "'é' == steps.a.output.", "cursor": 22}`,
		"Content-Type", "application/json").want(200).into(&e)
	if len(e.Items) == 0 || e.Items[0].Label != "é" && e.Items[0].Kind != "field" || e.Wanted != "boolean" || e.From.Column != 23 {
		t.Errorf("got %+v", e)
	}

	for _, place := range []string{"", "line=1", "line=0&column=1", "line=1&column=x", "line=99999999999999999999&column=1"} {
		s.do("POST", "/api/v1/complete?"+place, text, "Content-Type", "application/yaml").want(400, "bad_request").has("line", "column")
	}
	for _, body := range []string{`{}`, `{"field": "if", "cursor": 1}`, `{"field": "if", "cursor": -1}`, `{"fild": "if"}`, `[`} {
		s.do("POST", "/api/v1/complete", body, "Content-Type", "application/json").want(400, "bad_request")
	}
	s.do("POST", "/api/v1/complete?line=1&column=1", strings.Repeat("x", 1<<20+1), "Content-Type", "application/yaml").want(413, "too_large")
	s.do("POST", "/api/v1/complete?line=1&column=1", "x", "Content-Type", "image/png").want(415, "unsupported")
	s.do("POST", "/api/v1/complete?"+url.Values{"line": {"1"}, "column": {"1"}}.Encode(), "x", "Content-Type", "application/yaml", "Origin", "https://elsewhere.example").want(403, "forbidden")
}
