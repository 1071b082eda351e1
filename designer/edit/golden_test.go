package edit

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/segno-run/segno/designer/flow"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestCases does op.json to in.yaml of every folder under testdata/cases and expects out.yaml, or error.json if the operation is refused.
func TestCases(t *testing.T) {
	dirs, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			src := read(t, dir, "in.yaml")
			var op Op
			if err := json.Unmarshal(read(t, dir, "op.json"), &op); err != nil {
				t.Fatal(err)
			}
			before := bytes.Clone(src)
			out, undo, err := Apply(src, op)
			if !bytes.Equal(src, before) {
				t.Fatal("Apply changed its input")
			}
			name, other := "out.yaml", "error.json"
			if err != nil {
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("not an *Error: %v", err)
				}
				if out, err = json.MarshalIndent(e, "", "  "); err != nil {
					t.Fatal(err)
				}
				out = append(out, '\n')
				name, other = other, name
			} else {
				checkApplied(t, src, out, undo)
			}
			if *update {
				if err := os.WriteFile(filepath.Join(dir, name), out, 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.Remove(filepath.Join(dir, other)); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
				return
			}
			if want := read(t, dir, name); !bytes.Equal(out, want) {
				t.Errorf("got\n%s\nwant\n%s", out, want)
			}
		})
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// checkApplied checks what holds for every edit: the result can be read, and the inverse gives the text back.
func checkApplied(t interface {
	Helper()
	Fatalf(string, ...any)
}, src, out []byte, undo Patch) {
	t.Helper()
	if tree, issues := flow.ParseTree(out); tree == nil {
		t.Fatalf("the result can't be read: %v\n%s", issues, out)
	}
	back, err := undo.Apply(out)
	if err != nil {
		t.Fatalf("undo: %v", err)
	}
	if !bytes.Equal(back, src) {
		t.Fatalf("undo gives\n%s\nwant\n%s", back, src)
	}
}
