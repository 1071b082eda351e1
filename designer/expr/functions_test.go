package expr

import (
	"slices"
	"strings"
	"testing"
)

// What is offered is there: every example compiles, uses the function it is of, and the list is in order.
func TestFunctions(t *testing.T) {
	all := Functions()
	for _, f := range all {
		if _, problems := Compile(f.Example, Options{}); len(problems) > 0 {
			t.Errorf("%s: %s: %v", f.Name, f.Example, problems)
		}
		call := f.Name + "("
		if f.Method {
			call = "." + call
		}
		if !strings.Contains(f.Example, call) {
			t.Errorf("the example of %s does not call it: %s", f.Name, f.Example)
		}
		if !strings.HasPrefix(f.Signature, "(") || !strings.HasSuffix(f.About, ".") {
			t.Errorf("%s: %q %q", f.Name, f.Signature, f.About)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b Function) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("they are not in the order of their names")
	}
}
