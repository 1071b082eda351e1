package check

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/flow"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// catalog is a Catalog of the functions in a functions.yaml, and of the flows in flows/NAME@VERSION.yaml beside it.
type catalog struct {
	functions map[string]*flow.Function
	dir       string
	flows     map[string]*Signature // by path, once asked for
}

func (c catalog) Function(name string) *flow.Function { return c.functions[name] }

func (c catalog) FunctionNames() []string { return slices.Sorted(maps.Keys(c.functions)) }

func (c catalog) Flow(name string, version int) *Signature {
	if version == 0 {
		for version = 9; version > 0 && !exists(c.file(name, version)); version-- {
		}
	}
	file := c.file(name, version)
	src, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	if c.flows[file] == nil {
		s, issues := SignatureOf(src, version, c)
		if issues.HasErrors() {
			s.Broken = issues[0].Message
		}
		c.flows[file] = s
	}
	return c.flows[file]
}

func (c catalog) FlowNames() []string {
	files, _ := filepath.Glob(filepath.Join(c.dir, "*.yaml"))
	var names []string
	for _, f := range files {
		name, _, _ := strings.Cut(filepath.Base(f), "@")
		names = append(names, name)
	}
	return slices.Compact(names)
}

func (c catalog) file(name string, version int) string {
	return filepath.Join(c.dir, fmt.Sprintf("%s@%d.yaml", name, version))
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func readCatalog(t testing.TB, path string) catalog {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fs, issues := flow.ParseFunctions(src)
	if issues.HasErrors() {
		t.Fatalf("%s: %v", path, issues)
	}
	c := catalog{functions: map[string]*flow.Function{}, dir: filepath.Join(filepath.Dir(path), "flows"), flows: map[string]*Signature{}}
	for i := range fs {
		c.functions[fs[i].Name] = &fs[i]
	}
	return c
}

// render writes issues the way the command line does, with the hint below.
func render(issues flow.Issues) string {
	var b strings.Builder
	for _, i := range issues {
		fmt.Fprintf(&b, "flow.yaml:%d:%d: %s: %s\n", i.Line, i.Column, i.Severity, i.Message)
		if i.Hint != "" {
			fmt.Fprintf(&b, "    %s\n", i.Hint)
		}
		if f := i.Fix; f != (flow.Fix{}) {
			fmt.Fprintf(&b, "    %d:%d-%d %s: %q\n", f.Line, f.Column, f.EndColumn, f.Label, f.Text)
		}
	}
	return b.String()
}

// TestCases: each folder of testdata/wrong and testdata/right is a case: flow.yaml, optionally functions.yaml, and the exact issues.txt.
func TestCases(t *testing.T) {
	for _, kind := range []string{"wrong", "right"} {
		dirs, err := filepath.Glob("testdata/" + kind + "/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			t.Run(kind+"/"+filepath.Base(dir), func(t *testing.T) {
				functions := filepath.Join(dir, "functions.yaml")
				if _, err := os.Stat(functions); err != nil {
					functions = "testdata/functions.yaml"
				}
				src, err := os.ReadFile(filepath.Join(dir, "flow.yaml"))
				if err != nil {
					t.Fatal(err)
				}
				c := readCatalog(t, functions)
				p, _, issues := CompileSource(src, c)
				if (p == nil) != issues.HasErrors() {
					t.Errorf("program is nil: %t, issues have errors: %t", p == nil, issues.HasErrors())
				}
				if issues.HasErrors() != (kind == "wrong") && !strings.HasPrefix(filepath.Base(dir), "warns_") {
					t.Errorf("issues have errors: %t, in a case of %s flows", issues.HasErrors(), kind)
				}
				golden(t, filepath.Join(dir, "issues.txt"), render(issues))
			})
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (accept with -update):\n got:\n%s\nwant:\n%s", path, got, want)
	}
}
