package scenario

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/segno-run/segno/designer/project"
)

// prepare reads a project folder with its tests, which must be without a problem.
func prepare(t testing.TB, fsys fs.FS) []*Suite {
	t.Helper()
	p, issues := project.Load(fsys)
	if issues.HasErrors() {
		t.Fatal(issues)
	}
	files, issues := project.LoadTests(fsys)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	suites, issues := Prepare(p, files, fsys)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	return suites
}

func exampleFiles() fs.FS { return os.DirFS("../../examples") }

func TestExamples(t *testing.T) {
	for _, s := range prepare(t, exampleFiles()) {
		outcomes, cover, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			if !o.Passed {
				t.Errorf("%s: %v\n%s", o.Name, o.Problems, strings.Join(o.Story, "\n"))
			}
		}
		for _, part := range []Part{cover.Steps, cover.Branches, cover.ErrorPorts, cover.Compensations} {
			if len(part.Missed) > 0 {
				t.Errorf("%s: the scenarios never exercise %v", s.Flow, part.Missed)
			}
		}
	}
}

// TestCanNotHold: what no run can show is told at its place, and is no failure of the flow.
func TestCanNotHold(t *testing.T) {
	fsys := shop(`flow: shop
scenarios:
  - {name: a, input: {n: 1}, expect: {path: [pay, size, pay], skipped: [size]}}
  - {name: b, input: {n: 1}, expect: {attempts: {size: 1, tell: 0}}}
  - {name: c, input: {n: 1}, expect: {status: failed, output: {a: 1}}}
  - {name: d, input: {n: 1}, expect: {status: succeeded, compensations: [pay]}}
  - {name: e, input: {n: 1}, expect: {path: [pay.error], status: failed}}
  - {name: f, input: {n: 50}, expect: {path: [pay, size.large, tell.done], skipped: [sorry], attempts: {tell: 1}, status: succeeded, compensations: []}}
`)
	p, _ := project.Load(fsys)
	files, issues := project.LoadTests(fsys)
	suites, more := Prepare(p, files, fsys)
	var got strings.Builder
	for _, i := range append(issues, more...) {
		got.WriteString(i.String() + "\n")
	}
	want := "tests/shop.yaml:3:57: `path` can't hold: a step begins once, and `pay` stands there twice (name each step once, where it began)\n" +
		"tests/shop.yaml:3:73: `skipped` can't hold: `size` stands in the path, too (remove it from one of them)\n" +
		"tests/shop.yaml:4:50: `attempts` can't hold: the step `size` calls nothing\n" +
		"tests/shop.yaml:5:63: `output` can't hold: a run that is failed has none (say `status: succeeded`, or remove `output`)\n" +
		"tests/shop.yaml:6:74: `compensations` can't hold: in a run that is succeeded nothing was undone (say `status: compensated`)\n" +
		"tests/shop.yaml:7:46: `path` can't hold: nothing is wired to `pay.error`, so a failure of `pay` is not handled (write `pay` and `failure: {step: pay}`)\n"
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	if out, _, err := suites[0].Run(t.Context()); err != nil || len(out) != 1 || !out[0].Passed {
		t.Errorf("the one that can: %+v, %v", out, err)
	}
}

// TestTemplate: what a new test file holds is without a problem, and passes.
func TestTemplate(t *testing.T) {
	fsys := exampleFiles()
	p, _ := project.Load(fsys)
	with := func(flow string) (*project.Project, string) {
		def := "name: " + flow + "\nsteps:\n  ask: {approval: {title: Really?}}\n  paid: {needs: [ask.approved], signal: {name: paid, schema: {type: object, required: [n], properties: {n: {type: integer}}}}}\n" +
			"  many: {needs: [paid], for_each: [1, 2], call: mail.send, with: {to: a, subject: b}}\n"
		own, _ := project.Load(fstest.MapFS{"flows/x.yaml": {Data: []byte(def)}})
		own.Functions = p.Functions
		return own, flow
	}
	people, name := with("people")
	for _, c := range []struct {
		project *project.Project
		flow    string
		file    string
		want    []string
	}{
		{p, "order", "inputs/order.json", []string{"input: inputs/order.json", "path: [reserve_funds, stock, big.otherwise, ship]", "carrier 1"}},
		{p, "snapvault", "", []string{"flow: snapvault", "snapvault.captions: {returns:"}},
		{people, name, "", []string{"approvals: [{step: ask}]", "signals: [{name: paid, payload: {\"n\": 0}}]", "path: [ask.approved, paid, many]"}},
	} {
		var input []byte
		if c.file != "" {
			input, _ = fs.ReadFile(fsys, c.file)
		}
		text := Template(t.Context(), c.project, c.flow, c.file, input)
		file, issues := project.ParseTests("tests/new.yaml", text)
		suites, more := Prepare(c.project, []project.TestFile{file}, fsys)
		if len(issues)+len(more) > 0 {
			t.Fatalf("%s: %v %v in\n%s", c.flow, issues, more, text)
		}
		out, _, err := suites[0].Run(t.Context())
		if err != nil || len(out) != 1 || !out[0].Passed {
			t.Errorf("%s: %v %+v\n%s", c.flow, err, out, text)
		}
		for _, part := range c.want {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s: no %q in\n%s", c.flow, part, text)
			}
		}
	}
	if text := Template(t.Context(), &project.Project{}, "nobody", "", nil); !strings.Contains(string(text), "flow: nobody") {
		t.Errorf("a flow that is wrong: %s", text)
	}
}
