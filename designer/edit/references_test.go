package edit

import (
	"reflect"
	"testing"
)

func TestReferences(t *testing.T) {
	const src = `name: f
steps:
  a: {set: {steps: a}}
  ab:
    needs: [a]
    set: {text: "steps.a and ${{ steps.a.output.x }}", other: "${{ steps.ab.output }}"}
  c:
    needs: {any: [a.done, ab]}
    if: steps.a.output.x == 1
    call: f
    compensate: {call: g, with: {x: "${{ steps.a.output.x }}"}}
output: {a: "${{ steps.a.output }}"}
`
	want := []Reference{
		{InNeeds, "ab", 5, "needs: [a]"},
		{InExpression, "ab", 6, `set: {text: "steps.a and ${{ steps.a.output.x }}", other: "${{ steps.ab.output }}"}`},
		{InNeeds, "c", 8, "needs: {any: [a.done, ab]}"},
		{InExpression, "c", 9, "if: steps.a.output.x == 1"},
		{InCompensation, "c", 11, `compensate: {call: g, with: {x: "${{ steps.a.output.x }}"}}`},
		{InExpression, "", 12, `output: {a: "${{ steps.a.output }}"}`},
	}
	got, err := References([]byte(src), "a")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v (error %v), want %+v", got, err, want)
	}
	if _, err := References([]byte(src), "zz"); err == nil {
		t.Error("a step that is not there has references")
	}
	tests := ReferencesInTest([]byte("flow: f\nscenarios:\n  - name: a\n    expect:\n      path: [a, ab]\n"), "a")
	if len(tests) != 1 || tests[0] != (Reference{In: InTest, Line: 5, Text: "path: [a, ab]"}) {
		t.Errorf("in a test: %+v", tests)
	}
}
