package scenario

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

// TestEachVersionIsPlayedAsItself: a flow runs another one in two versions, and one of those a third flow in a version that it is pinned to.
func TestEachVersionIsPlayedAsItself(t *testing.T) {
	fns, issues := flow.ParseFunctions([]byte(shopFunctions))
	if issues.HasErrors() {
		t.Fatal(issues)
	}
	file := func(source string, version int, pins map[string]int) project.FlowFile {
		d, issues := flow.Parse([]byte(source))
		if issues.HasErrors() {
			t.Fatal(issues)
		}
		return project.FlowFile{Path: "flows/" + d.Name + ".yaml", Source: []byte(source), Def: d, Version: version, Pins: pins}
	}
	p := project.Of(fns, []project.FlowFile{
		file("name: top\nsteps:\n  old: {flow: kid, version: 1}\n  new: {flow: kid}\noutput: {old: \"${{ steps.old.output.v }}\", new: \"${{ steps.new.output.w }}\", leaf: \"${{ steps.new.output.leaf }}\"}\n", 0, map[string]int{"kid": 2}),
		file("name: kid\nsteps:\n  a: {set: {v: one}}\noutput: {v: \"${{ steps.a.output.v }}\"}\n", 1, nil),
		file("name: kid\nsteps:\n  a: {flow: leaf}\noutput: {w: two, leaf: \"${{ steps.a.output.n }}\"}\n", 2, map[string]int{"leaf": 7}),
		file("name: leaf\nsteps:\n  a: {call: pay, with: {n: 7}}\noutput: {n: 7}\n", 7, nil),
		file("name: leaf\nsteps:\n  a: {set: {n: 8}}\noutput: {n: 8, later: true}\n", 8, nil),
	})
	tests, issues := project.ParseTests("tests/top.yaml", []byte(`
flow: top
functions: {pay: {returns: {id: a}}}
scenarios:
  - name: both
    expect: {status: succeeded, output: {old: one, new: two, leaf: 7}}
`))
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	suites, wrong := Prepare(p, []project.TestFile{tests}, fstest.MapFS{})
	if len(wrong) > 0 || len(suites) != 1 {
		t.Fatalf("%d suites, %v", len(suites), wrong)
	}
	out, _, err := suites[0].Run(t.Context())
	if err != nil || len(out) != 1 || !out[0].Passed {
		t.Errorf("got %v, %+v\n%s", err, out[0].Problems, strings.Join(out[0].Story, "\n"))
	}
}
