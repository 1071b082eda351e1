package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedDiagnostics validates the flow of docs/cli.md and expects the screen that stands there, and that --fix mends all of it.
func TestDocumentedDiagnostics(t *testing.T) {
	t.Parallel()
	const page = "../../docs/cli.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := regexp.MustCompile("(?ms)^```yaml (\\S+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(files) != 2 {
		t.Fatalf("%d files in %s", len(files), page)
	}
	for _, f := range files {
		path := filepath.Join(dir, f[1])
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f[2]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	screen := regexp.MustCompile("(?ms)^```text\n(.*?)^```$")
	want := screen.FindStringSubmatch(string(text))
	if want == nil {
		t.Fatalf("no screen in %s", page)
	}
	got, _, code := execute(t, dir, "", "segno", "validate")
	if code != notFine {
		t.Errorf("exit %d", code)
	}
	if *update {
		at := screen.FindStringIndex(string(text))
		if err := os.WriteFile(page, []byte(string(text[:at[0]])+"```text\n"+got+"```"+string(text[at[1]:])), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if got != want[1] {
		t.Errorf("the screen (accept with -update):\n%s\nwant:\n%s", got, want[1])
	}
	out, errs, code := execute(t, dir, "", "segno", "validate", "--fix")
	if code != fine || !strings.Contains(errs, "flows/photo.yaml: 4 edits done") || !strings.Contains(out, "no problems") {
		t.Errorf("exit %d\n%s%s", code, errs, out)
	}
}
