package project

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/segno-run/segno/designer/flow"
)

// TestCheck: what the compiler sees comes on top of what the files themselves show, each problem once.
func TestCheck(t *testing.T) {
	p, issues := Load(os.DirFS("../../examples"))
	if got := p.Check(issues); got.HasErrors() {
		t.Errorf("got %v, want no errors", got)
	}
	p, issues = Load(fstest.MapFS{
		"functions.yaml": {Data: []byte("a.b:\n  http: {url: \"https://a.example\"}\n  idempotent: false\n  retry: {max_attempts: 2, on: [timeout]}\n")},
		"flows/x.yaml":   {Data: []byte("name: x\nsteps:\n  s: {call: a.c}\n  t: {wait: soon}\n")},
	})
	loaded := len(issues)
	got := p.Check(issues)
	if loaded != 1 || len(got) != 3 {
		t.Fatalf("got %d and %v, want one problem of the text and three in all", loaded, got)
	}
	for i, want := range []string{"flows/x.yaml:3:13: there is no function `a.c`", "flows/x.yaml:4:13: ", "functions.yaml:1:1: "} {
		if s := got[i].String(); !strings.HasPrefix(s, want) {
			t.Errorf("got %q, want it to begin with %q", s, want)
		}
	}
}

// TestWith: a server's functions may be called, the folder's own come first, and nothing is said about the server's.
func TestWith(t *testing.T) {
	p, issues := Load(fstest.MapFS{"flows/x.yaml": {Data: []byte("name: x\nsteps:\n  s: {call: a.c}\n")}})
	f, problems := flow.ParseFunctionJSON("a.c", []byte(`{"http": {"url": "https://a.example"}, "idempotent": false, "retry": {"max_attempts": 2, "on": ["timeout"]}}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	all := p.With([]flow.Function{f})
	for _, i := range all.Check(issues) {
		if i.File == "functions.yaml" || i.Severity == flow.Error && strings.Contains(i.Message, "there is no function") {
			t.Errorf("got %v", i)
		}
	}
	if again := all.With([]flow.Function{{Name: "a.c", Title: "other"}}); again.Function("a.c").Title != "" || len(p.Functions) != 0 {
		t.Errorf("got %+v, want the first to stay", again.Function("a.c"))
	}
}
