package project

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/segno-run/segno/designer/flow"
)

func TestGood(t *testing.T) {
	p, issues := Load(os.DirFS("testdata/good"))
	if len(issues) > 0 {
		t.Fatalf("got %v, want no issues", issues)
	}
	if got, want := p.FunctionNames(), []string{"caption", "payments.reserve"}; !slices.Equal(got, want) {
		t.Errorf("functions: got %v, want %v", got, want)
	}
	if f := p.Function("caption"); f == nil || f.Process == nil || p.Function("x") != nil {
		t.Errorf("got %+v", f)
	}
	if f := p.File("order"); f == nil || f.Path != "flows/order.yaml" || len(f.Def.Steps) != 5 || p.File("x") != nil || len(p.Flows) != 2 {
		t.Errorf("got %+v", f)
	}
	if got := string(p.Inputs["order"]); len(p.Inputs) != 1 || !strings.Contains(got, "order_id") {
		t.Errorf("got %q", got)
	}
}

// TestBad: every problem of every file, in the order of files and lines.
func TestBad(t *testing.T) {
	p, issues := Load(os.DirFS("testdata/bad"))
	var got []string
	for _, i := range issues {
		got = append(got, i.String())
	}
	want := []string{
		"flows/b.yaml:1:7: the flow `x` is defined in flows/a.yaml already (rename one of the two)",
		"flows/c.yaml:1:7: the `{` that opens here is never closed",
		"flows/d.yml:1:1: only files that end in .yaml are read (rename it to d.yaml)",
		"functions.yaml:2:3: the function `f` does not say how it is called (add `http: {url: …}` or `process: {command: […]}`)",
		"inputs/a.json:2:10: not JSON: invalid character ',' looking for beginning of object key string",
		"inputs/b.json:1:1: not JSON: the key \"a\" is there twice",
		"inputs/c.json:1:1: not JSON: unexpected end of JSON input",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !issues.HasErrors() || len(p.Flows) != 3 || len(p.Inputs) != 0 {
		t.Errorf("got %d flows, %d inputs", len(p.Flows), len(p.Inputs))
	}
}

// broken is a file system in which some files can't be opened.
type broken struct {
	files fstest.MapFS
	bad   string
}

func (b broken) Open(name string) (fs.File, error) {
	if name == b.bad {
		return nil, &fs.PathError{Op: "open", Path: "/secret/place/" + name, Err: fs.ErrPermission}
	}
	return b.files.Open(name)
}

func TestUnreadable(t *testing.T) {
	files := fstest.MapFS{"flows/a.yaml": {Data: []byte("name: a\nsteps: {a: {wait: 1s}}\n")}, "functions.yaml": {}}
	for _, name := range []string{"flows/a.yaml", "functions.yaml", "flows"} {
		_, issues := Load(broken{files, name})
		if len(issues) != 1 || issues[0].File != name || !strings.Contains(issues[0].Message, "permission denied") || strings.Contains(issues[0].String(), "secret") {
			t.Errorf("%s: got %v", name, issues)
		}
	}
}

func TestNoProject(t *testing.T) {
	if _, issues := Load(fstest.MapFS{"README": {}}); len(issues) != 1 || !strings.Contains(issues[0].Message, "not a project") {
		t.Errorf("got %v", issues)
	}
	if _, issues := Load(fstest.MapFS{"functions.yaml": {}}); len(issues) != 0 {
		t.Errorf("got %v, want none", issues)
	}
	big := strings.Repeat("#", flow.MaxSource+1)
	_, issues := Load(fstest.MapFS{"flows/a.yaml": {Data: []byte(big)}, "inputs/a.json": {Data: []byte(big)}, "functions.yaml": {Data: []byte(big)}})
	if len(issues) != 3 {
		t.Errorf("got %v, want three", issues)
	}
	warning := Issue{"flows/a.yaml", flow.Issue{Severity: flow.Warning, Line: 1, Column: 2, Message: "m"}}
	if got := warning.String(); got != "flows/a.yaml:1:2: warning: m" {
		t.Errorf("got %s", got)
	}
}
