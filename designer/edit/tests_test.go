package edit

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/designer/flow"
)

// namesSteps holds the step `a` in every place of a test file that names steps, and beside it everything that only looks like it.
const namesSteps = `# a: the step a is named in "a" places
flow: a
functions:
  a: {returns: {a: "${{ input.a }}"}}   # a function called a
scenarios:
  - name: a
    input: {a: [a, a.b]}
    signals: [{name: a, payload: a}]
    approvals:
    - {step: a, by: a, comment: a}
    - step: 'a'
      after: 3s
    resolutions: [{step: "\x61", as: happened, output: {a: a}}]
    buttons: [retry]
    expect:
      path: [a, b, "a.done", 'a[1]', ab]
      skipped: [ a ,  a ]
      output: {a: a}
      outputs: {a: {a: a}, "a" : a}
      attempts: {a: 1, ab: 2}
      compensations: ["a[0]", a]
      failure: {step: a, message: a}
faults:
  effectless: [a]
  accept: [{step: a, faults: [after], why: a}]
`

// TestRenameInTests: the places that name the step change, and nothing else does.
func TestRenameInTests(t *testing.T) {
	want := strings.NewReplacer("{step: a,", "{step: zz,", "step: 'a'", "step: 'zz'", `"\x61"`, `"zz"`, `path: [a, b, "a.done", 'a[1]', ab]`, `path: [zz, b, "zz.done", 'zz[1]', ab]`,
		"skipped: [ a ,  a ]", "skipped: [ zz ,  zz ]", `outputs: {a: {a: a}, "a" : a}`, `outputs: {zz: {a: a}, "zz" : a}`, "attempts: {a: 1", "attempts: {zz: 1",
		`["a[0]", a]`, `["zz[0]", zz]`).Replace(namesSteps)
	if got := RenameInTests([]byte(namesSteps), "a", "zz"); string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, broken := range []string{"", "a: [", "- a", "scenarios: a", "scenarios: [a, {expect: a}]", "faults: {accept: a}"} {
		if got := RenameInTests([]byte(broken), "a", "zz"); string(got) != broken {
			t.Errorf("%q became %q", broken, got)
		}
	}
}

// TestRenameInTestsAndBack: a rename and its way back give the same bytes, whatever the names are, as long as nothing was written with escapes.
func TestRenameInTestsAndBack(t *testing.T) {
	src, err := os.ReadFile("../../examples/tests/order.yaml")
	if err != nil {
		t.Fatal(err)
	}
	steps := []string{"reserve_funds", "stock", "big", "ship", "review", "amount", "input", "unknown"}
	rapid.Check(t, func(t *rapid.T) {
		old := rapid.SampledFrom(steps).Draw(t, "old")
		name := rapid.StringMatching(`[a-z][a-z0-9_]{0,12}x9`).Draw(t, "name")
		out := RenameInTests(src, old, name)
		if _, issues := flow.ParseTree(out); len(issues) > 0 {
			t.Fatalf("the result can't be read: %v", issues)
		}
		if back := RenameInTests(out, name, old); !bytes.Equal(back, src) {
			t.Fatalf("%s → %s and back differs:\n%s", old, name, back)
		}
		if got, want := bytes.Count(out, []byte("\n")), bytes.Count(src, []byte("\n")); got != want {
			t.Fatalf("%d lines became %d", want, got)
		}
	})
}
