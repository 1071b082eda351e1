package project

import (
	"fmt"
	"os"
	"testing"
	"testing/fstest"

	"github.com/segno-run/segno/designer/flow"
)

func TestPlan(t *testing.T) {
	p, issues := Load(fstest.MapFS{
		"functions.yaml":   {Data: []byte("a.new: {http: {url: \"https://a.example\"}, idempotent: true}\na.same: {http: {url: \"https://a.example\"}, idempotent: true}\na.slow: {http: {url: \"https://a.example\"}, idempotent: true, timeout: 20s}\n")},
		"flows/fresh.yaml": {Data: []byte("name: fresh\nsteps:\n  x: {wait: 1s}\n")},
		"flows/same.yaml":  {Data: []byte("name: same\nsteps:\n  x: {wait: 1s}\n")},
		"flows/said.yaml":  {Data: []byte("name: said\nsteps:\n  x: {wait: 1s} # why\n")},
		"flows/more.yaml":  {Data: []byte("name: more\nsteps:\n  x: {wait: 1s}\n  y: {needs: [x], wait: 2s}\n")},
		"flows/draft.yaml": {Data: []byte("name: draft\nsteps:\n  x: {wait: 1s}\n")},
	})
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	entry := func(more string) []byte {
		return []byte(`{"http":{"url":"https://a.example"},"idempotent":true` + more + `}`)
	}
	server := State{
		Functions: map[string][]byte{"a.same": entry(""), "a.slow": entry(`,"timeout":"10s"`), "a.gone": entry("")},
		Flows: map[string]Published{"same": {Version: 3, Source: []byte("name: same\nsteps:\n  x: {wait: 1s}\n")}, "said": {Version: 1, Source: []byte("name: said\nsteps:\n  x: {wait: 1s}\n")},
			"more": {Version: 4, Source: []byte("name: more\nsteps:\n  x: {wait: 1s}\n")}, "gone": {Version: 1, Source: []byte("name: gone\n")}, "draft": {}},
	}
	var others []flow.Function
	for name, e := range server.Functions {
		f, _ := flow.ParseFunctionJSON(name, e)
		others = append(others, f)
	}
	plan := p.With(others).Plan(server)
	want := `+ function a.new
~ function a.slow
    timeout: 10s → 20s
+ flow draft (flows/draft.yaml)
+ flow fresh (flows/fresh.yaml)
~ flow more: version 4 → 5: 1 step added; 1 edge
    + step y (wait)
    + edge x → y
~ flow said: version 1 → 2: no difference in meaning
? function a.gone is on the server only; it stays
? flow gone is on the server only; it stays
`
	if got := plan.Text(); got != want || plan.Changes() != 6 {
		t.Errorf("got %d changes\n%s\nwant 6\n%s", plan.Changes(), got, want)
	}
	want = "### function a.new: new\n\n### function a.slow\n\n**Flow**\n\n- `timeout`: `10s` → `20s`\n\n### flow draft: new\n\n### flow fresh: new\n\n" +
		"### flow more: 1 step added; 1 edge\n\n**Steps**\n\n- added `y` (wait)\n\n**Edges**\n\n- added `x → y`\n\n" +
		"### flow said: no difference in meaning\n\nNo difference in meaning.\n\nOn the server only, and left there: function `a.gone`, flow `gone`.\n"
	if got := plan.Markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := p.Plan(State{Functions: map[string][]byte{}}).Changes(); got != 8 {
		t.Errorf("an empty server: got %d changes, want 8", got)
	}
}

// TestFunctionsYAML: what is written reads back as the same entries, odd texts included.
func TestFunctionsYAML(t *testing.T) {
	p, _ := Load(os.DirFS("../../examples"))
	entries := map[string][]byte{}
	for _, f := range p.Functions {
		entries[f.Name] = f.JSON()
	}
	for i, text := range []string{"yes", "a: b", "# no", "- x", "1e3", "0x1f", "é ü\u2028\x7f", "\"'", "*a", "null", "", " a", "a ", "{}", "<&>", "a\nb\tc", "true", "2026-11-23", "~"} {
		f, issues := flow.ParseFunctionJSON("odd", []byte(fmt.Sprintf(`{"title": %q, "http": {"url": "https://a.example/x?y=1#z"}, "idempotent": false, "input": {"enum": [%q, 1.50, null, [true, {}]], "x": {}}}`, "t"+text, text)))
		if text == "a\nb\tc" || text == "é ü\u2028\x7f" || text == "\"'" {
			issues = nil // what %q writes of these is not all JSON; the reader says so, and keeps the rest
		}
		if issues.HasErrors() {
			t.Fatal(issues)
		}
		entries[fmt.Sprintf("odd.a%d", i)] = f.JSON()
	}
	text, err := FunctionsYAML(entries)
	if err != nil {
		t.Fatal(err)
	}
	functions, issues := flow.ParseFunctions(text)
	if issues.HasErrors() || len(functions) != len(entries) {
		t.Errorf("got %d functions and %v, want %d", len(functions), issues, len(entries))
	}
	if _, err := FunctionsYAML(map[string][]byte{"a.b": []byte("{")}); err == nil {
		t.Error("got no error for an entry that is not JSON")
	}
}
