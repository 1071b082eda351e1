package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestCases compares old.yaml with new.yaml of each folder of testdata, and expects text.txt, pr.md and diff.json.
func TestCases(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) < 15 {
		t.Errorf("only %d cases", len(dirs))
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			from, to := read(t, filepath.Join(dir, "old.yaml")), read(t, filepath.Join(dir, "new.yaml"))
			old, now := catalogue(t, filepath.Join(dir, "old.functions.yaml")), catalogue(t, filepath.Join(dir, "new.functions.yaml"))
			d := OfTyped(from, to, old, now)
			golden(t, filepath.Join(dir, "text.txt"), []byte(d.Summary()+"\n"+d.Text()))
			golden(t, filepath.Join(dir, "pr.md"), []byte(d.Markdown()))
			raw, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "diff.json"), append(raw, '\n'))
			for range 5 {
				if again := OfTyped(from, to, old, now); !reflect.DeepEqual(again, d) {
					t.Fatalf("another diff of the same texts: got\n%s\nwant\n%s", again.Text(), d.Text())
				}
			}
			if !Of(from, from).Empty() || !Of(to, to).Empty() {
				t.Errorf("a definition differs from itself:\n%s\n%s", Of(from, from).Text(), Of(to, to).Text())
			}
		})
	}
}

// functions is a catalogue of the functions of a file.
type functions struct {
	check.NoFlows
	all map[string]*flow.Function
}

func (f functions) Function(name string) *flow.Function { return f.all[name] }
func (f functions) FunctionNames() []string             { return nil }

// catalogue reads a case's functions; nil if it has none.
func catalogue(t *testing.T, name string) check.Catalog {
	t.Helper()
	src, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	all, issues := flow.ParseFunctions(src)
	if err != nil || issues.HasErrors() {
		t.Fatal(err, issues)
	}
	out := functions{all: map[string]*flow.Function{}}
	for i := range all {
		out.all[all[i].Name] = &all[i]
	}
	return out
}

func read(t *testing.T, name string) *flow.Definition {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := flow.Parse(src)
	return d
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s\n got\n%s\nwant\n%s", name, got, want)
	}
}

// TestNothing: either side may be missing.
func TestNothing(t *testing.T) {
	if d := Of(nil, nil); !d.Empty() || d.Text() != "" || d.Markdown() != "No difference in meaning.\n" {
		t.Errorf("got %q and %q, want nothing", d.Text(), d.Markdown())
	}
	def, _ := flow.Parse([]byte("name: a\nsteps:\n  x: {wait: 1s}\n"))
	d := Of(nil, def)
	if len(d.Added) != 1 || d.Added[0] != (Step{Name: "x", Kind: "wait"}) || len(d.Removed) != 0 {
		t.Errorf("got %+v, want x added", d)
	}
	if back := Of(def, nil); len(back.Removed) != 1 || len(back.Added) != 0 {
		t.Errorf("got %+v, want x removed", back)
	}
}

// TestJSON compares contracts as the plan of a project does.
func TestJSON(t *testing.T) {
	got := JSON([]byte(`{"timeout":"10s","input":{"properties":{"a.b":{"type":"string"}}},"l":[{"x":1},{"x":2}]}`),
		[]byte(`{"idempotent":true,"input":{"properties":{"a.b":{"type":"number"}}},"l":[{"x":1},{"x":3}]}`))
	var said []string
	for _, c := range got {
		said = append(said, c.String())
	}
	want := []string{"idempotent: added true", `input.properties."a.b".type: string → number`, "l[1].x: 2 → 3", "timeout: removed, was 10s"}
	if !reflect.DeepEqual(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
	if c := JSON([]byte("{"), []byte("}")); len(c) != 1 || c[0].String() != `value: "{" → "}"` {
		t.Errorf("got %v, want the two texts", c)
	}
	if c := JSON([]byte(`{"a": 1}`), []byte(`{"a":1}`)); len(c) != 0 {
		t.Errorf("got %v, want nothing", c)
	}
}

// TestLarge: a diff of thousands of steps takes no more than a moment; every step behind the one that changed inherits its reach.
func TestLarge(t *testing.T) {
	long := func(first string) *flow.Definition {
		var b strings.Builder
		b.WriteString("name: long\nsteps:\n  a: {wait: 1s}\n")
		fmt.Fprintf(&b, "  s0: {wait: 1s%s}\n", first)
		for i := 1; i < 3000; i++ {
			fmt.Fprintf(&b, "  s%d: {needs: [s%d], wait: 1s}\n", i, i-1)
		}
		d, issues := flow.Parse([]byte(b.String()))
		if len(issues) > 0 {
			t.Fatal(issues)
		}
		return d
	}
	d := Of(long(", needs: [a]"), long(""))
	if got, want := d.Text(), "! s0 can now run without a\n- edge a → s0\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzDiff(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src, src)
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		from, _ := flow.Parse(a)
		to, _ := flow.Parse(b)
		d := Of(from, to)
		if d.Text() == "" != d.Empty() || d.Markdown() == "" {
			t.Errorf("a diff without words: %+v", d)
		}
		if same := Of(from, from); !same.Empty() {
			t.Errorf("a definition differs from itself:\n%s", same.Text())
		}
	})
}

func TestPinned(t *testing.T) {
	d, _ := flow.Parse([]byte("name: f\nsteps:\n  a: {flow: pay}\n  b: {flow: pay, version: 1}\n  c: {flow: other}\n"))
	got := Of(Pinned(d, map[string]int{"pay": 2}), Pinned(d, map[string]int{"pay": 3}))
	if want := "~ step a\n    version: 2 → 3\n"; got.Text() != want {
		t.Errorf("got\n%s\nwant\n%s", got.Text(), want)
	}
	if d.Steps[0].Sub.Version != 0 || !Of(d, Pinned(d, nil)).Empty() {
		t.Error("the definition itself was changed")
	}
}
