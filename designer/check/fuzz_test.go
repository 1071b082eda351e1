package check

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzCompile: whatever the text, the compiler ends, a program comes out exactly when there is no error, and every issue has a place.
func FuzzCompile(f *testing.F) {
	for _, pattern := range []string{"testdata/wrong/*/flow.yaml", "testdata/right/*/flow.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, p := range paths {
			src, err := os.ReadFile(p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	c := readCatalog(f, "testdata/functions.yaml")
	f.Fuzz(func(t *testing.T, src []byte) {
		p, d, issues := CompileSource(src, c)
		if (p == nil) != issues.HasErrors() {
			t.Fatalf("program is nil: %t; issues: %v", p == nil, issues)
		}
		for _, i := range issues {
			if i.Line < 1 || i.Column < 1 || i.Message == "" {
				t.Fatalf("an issue without a place or a message: %+v", i)
			}
		}
		if d != nil {
			for i := range d.Steps {
				Ancestors(d, d.Steps[i].Name)
			}
		}
	})
}
