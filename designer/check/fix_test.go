package check

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/segno-run/segno/designer/flow"
)

// TestFixes does each edit that an issue of the wrong flows offers: the issue is gone, and nothing worse has come.
func TestFixes(t *testing.T) {
	done := 0
	for _, file := range globbed(t, "testdata/wrong/*/flow.yaml") {
		functions := filepath.Join(filepath.Dir(file), "functions.yaml")
		if _, err := os.Stat(functions); err != nil {
			functions = "testdata/functions.yaml"
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := readCatalog(t, functions)
		_, _, issues := CompileSource(src, c)
		for _, i := range issues {
			if i.Fix == (flow.Fix{}) {
				continue
			}
			mended, ok := i.Fix.Apply(src)
			if !ok || i.Fix.Label == "" {
				t.Errorf("%s:%d:%d: the edit %+v has no place or no label", file, i.Line, i.Column, i.Fix)
				continue
			}
			done++
			_, d, left := CompileSource(mended, c)
			if d == nil {
				t.Errorf("%s:%d:%d: %+v breaks the text: %v", file, i.Line, i.Column, i.Fix, left)
				continue
			}
			if slices.ContainsFunc(left, func(j flow.Issue) bool { return j.Message == i.Message && j.Line == i.Line && j.Column == i.Column }) {
				t.Errorf("%s:%d:%d: %s\n%+v does not mend it:\n%s", file, i.Line, i.Column, i.Message, i.Fix, mended)
			}
			for _, j := range left {
				if j.Severity == flow.Error && j.Line == i.Line && !slices.ContainsFunc(issues, func(o flow.Issue) bool { return o.Line == j.Line && o.Message == j.Message }) {
					t.Logf("%s:%d:%d: after %q there is: %s", file, i.Line, i.Column, i.Fix.Label, j.Message)
				}
			}
		}
	}
	t.Logf("%d edits", done)
	if done < 40 {
		t.Errorf("%d edits are offered by the wrong flows", done)
	}
}
