package flow

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDiagnostics reads in.yaml of every folder under testdata/flows and testdata/functions and expects the issues in issues.txt and what could be
// read in canonical.json.
func TestDiagnostics(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, dir := range dirs {
		group := filepath.Base(filepath.Dir(dir))
		if group == "fuzz" {
			continue
		}
		ran++
		t.Run(group+"/"+filepath.Base(dir), func(t *testing.T) {
			src, err := os.ReadFile(filepath.Join(dir, "in.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			var canonical []byte
			var issues Issues
			if group == "functions" {
				var fs []Function
				fs, issues = ParseFunctions(src)
				for _, f := range fs {
					canonical = append(canonical, fmt.Sprintf("%s %s\n", f.Name, f.JSON())...)
				}
			} else {
				var def *Definition
				if def, issues = Parse(src); def != nil {
					canonical = append(Canonical(def), '\n')
				}
			}
			golden(t, filepath.Join(dir, "issues.txt"), []byte(show(issues)))
			golden(t, filepath.Join(dir, "canonical.json"), canonical)
		})
	}
	if ran < 50 {
		t.Errorf("only %d cases ran", ran)
	}
}

// show writes issues one a line.
func show(issues Issues) string {
	var b bytes.Buffer
	for _, i := range issues {
		fmt.Fprintf(&b, "%d:%d %s", i.Line, i.Column, i.Severity)
		if i.Step != "" {
			fmt.Fprintf(&b, " step=%s", shorten(i.Step))
		}
		if i.Field != "" {
			fmt.Fprintf(&b, " field=%s", shorten(i.Field))
		}
		fmt.Fprintf(&b, ": %s", i.Message)
		if i.Hint != "" {
			fmt.Fprintf(&b, " (%s)", i.Hint)
		}
		b.WriteByte('\n')
	}
	return b.String()
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
