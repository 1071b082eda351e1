package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/internal/bounded"
)

// costly are flows that a careless compiler spends much on.
func costly() []string {
	loops := "1"
	for i := range 8 {
		loops = fmt.Sprintf("input.l.map(x%d, %s)", i, loops)
	}
	switches, diamonds := "", "  s0: {set: {v: 1}}\n"
	for i := range 40 {
		switches += fmt.Sprintf("  s%d: {switch: {a: \"${{ input.n > %d }}\", b: true}}\n", i, i)
		diamonds += fmt.Sprintf("  l%[1]d: {needs: [s%[1]d], set: {v: 1}}\n  r%[1]d: {needs: [s%[1]d], set: {v: 1}}\n  s%[2]d: {needs: [l%[1]d, r%[1]d], set: {v: 1}}\n", i, i+1)
	}
	all := ""
	for i := range 40 {
		all += fmt.Sprintf("s%d.b, ", i)
	}
	refs := `{"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "array", "items": {"$ref": "#/$defs/a"}}]}}, "type": "object", "properties": {"l": {"$ref": "#/$defs/a"}}}`
	return []string{"name: f\nsteps:\n  a: {set: {v: \"${{ " + loops + " }}\"}}\n", "name: f\nsteps:\n" + switches + "  j: {needs: {any: [" + all + "]}, set: {v: \"${{ steps.s0.output.branch }}\"}}\n",
		"name: f\nsteps:\n" + diamonds + "output: {v: \"${{ steps.l0.output.v }}\"}\n", "name: f\ninput: " + refs + "\nsteps:\n  a: {set: {v: \"${{ input.l }}\"}}\n",
		"name: f\nsteps:\n  a: {needs: [a], set: {v: \"${{ steps.a.output" + strings.Repeat(".v", 500) + " }}\"}}\n",
		"name: f\nsteps:\n  a: {set: {v: \"${{ " + strings.Repeat("(", 70) + "1" + strings.Repeat(")", 70) + " }}\"}}\n",
		"name: f\nsteps:\n  a: {set: {v: \"" + strings.Repeat("${{ input.a }} ", 400) + "\"}}\n",
		"name: f\nsteps:\n  a: {set: {v: \"${{ 'a'.matches('(((((a{1,99}){1,99}){1,99}){1,99}){1,99})') }}\"}}\n"}
}

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
	for _, src := range costly() {
		f.Add([]byte(src))
	}
	c := readCatalog(f, "testdata/functions.yaml")
	f.Fuzz(func(t *testing.T, src []byte) {
		var p *Program
		var d *flow.Definition
		var issues flow.Issues
		bounded.Run(t, func() { p, d, issues = CompileSource(src, c) })
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
