package project

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestTestSources: what a server keeps of a project's tests, and what has to stay in the folder.
func TestTestSources(t *testing.T) {
	fsys := fstest.MapFS{
		"flows/a.yaml":      {Data: []byte("name: a\nsteps: {x: {wait: 1s}}\n")},
		"inputs/a.json":     {Data: []byte("{}\n")},
		"inputs/two.json":   {Data: []byte("{}")},
		"inputs/other.json": {Data: []byte("{}")},
		"tests/a.yaml":      {Data: []byte("flow: a\nscenarios:\n- {name: n, input: inputs/two.json, expect: {path: [nobody]}}\n- {name: m, input: data/two.json, expect: {path: []}}\n")},
		"tests/b.yaml":      {Data: []byte("flow: b\nscenarios: []\n")},
		"tests/c.yaml":      {Data: []byte("a: [")},
	}
	p, _ := Load(fsys)
	got, issues := p.TestSources(fsys, func(flow string) bool { return flow == "a" })
	var names []string
	for _, g := range got {
		names = append(names, g.Flow+" "+g.Path())
	}
	if s := strings.Join(names, ", "); s != "a inputs/a.json, a tests/a.yaml, a inputs/two.json" || string(got[0].Source) != "{}\n" {
		t.Errorf("got %s", s)
	}
	if len(issues) != 3 || issues.HasErrors() || !strings.Contains(fmt.Sprint(issues), "tests/a.yaml:4:20") {
		t.Errorf("got %v", issues)
	}
}

func TestPlanTests(t *testing.T) {
	source := func(file, text string) TestSource { return TestSource{"a", file, []byte(text)} }
	plan := PlanTests([]TestSource{source("new.yaml", ""), source("same.json", "1"), source("changed.yaml", "2")},
		[]TestSource{source("same.json", "1"), source("changed.yaml", "1"), source("gone.yaml", "")})
	want := "[{a inputs/same.json unchanged} {a tests/changed.yaml update} {a tests/gone.yaml server_only} {a tests/new.yaml create}]"
	if got := fmt.Sprint(plan); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestTestFiles: the tests of all flows in one folder.
func TestTestFiles(t *testing.T) {
	files, err := TestFiles([]TestSource{{"a", "t.yaml", []byte("1")}, {"b", "t.yaml", []byte("2")}, {"a", "i.json", []byte("1")}, {"b", "i.json", []byte("1")}})
	if err != nil || len(files) != 3 || string(files["tests/t.yaml"]) != "1" || string(files["tests/b_t.yaml"]) != "2" || string(files["inputs/i.json"]) != "1" {
		t.Errorf("got %v, %v", files, err)
	}
	if _, err := TestFiles([]TestSource{{"a", "i.json", []byte("1")}, {"b", "i.json", []byte("2")}}); err == nil || !strings.Contains(err.Error(), "inputs") && !strings.Contains(err.Error(), "i.json") {
		t.Errorf("two inputs that differ: got %v", err)
	}
}
