package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkStart is how long an offline command takes from the start of its process for a flow of twenty steps. Wanted: at most 50 ms.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	twenty(b, dir)
	for _, words := range [][]string{{"validate", "."}, {"render", "flows/long.yaml"}, {"diff", "flows/long.yaml", "flows/long.yaml"}} {
		b.Run(words[0], func(b *testing.B) {
			for b.Loop() {
				cmd := exec.Command(binary, words...)
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%s: %v\n%s", words, err, out)
				}
			}
		})
	}
}

// twenty writes a project with one flow of twenty calls, each with a schema and expressions.
func twenty(t testing.TB, dir string) {
	t.Helper()
	functions := "work.do:\n  http: {url: \"https://work.example/do\"}\n  idempotent: true\n" +
		"  input: {type: object, required: [n], properties: {n: {type: integer}, text: {type: string}}}\n" +
		"  output: {type: object, required: [n], properties: {n: {type: integer}}}\n"
	var flow strings.Builder
	flow.WriteString("name: long\ninput: {type: object, required: [n], properties: {n: {type: integer}}}\nsteps:\n" +
		"  s0: {call: work.do, with: {n: \"${{ input.n }}\"}}\n")
	for i := 1; i < 20; i++ {
		fmt.Fprintf(&flow, "  s%d: {needs: [s%d], call: work.do, with: {n: \"${{ steps.s%d.output.n + %d }}\", text: \"after ${{ steps.s%d.output.n }}\"}}\n", i, i-1, i-1, i, i-1)
	}
	if err := os.MkdirAll(filepath.Join(dir, "flows"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"functions.yaml": functions, "flows/long.yaml": flow.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoServerInside: the command line starts in milliseconds because its commands use nothing of the server, its database or its engine. The one that boots
// a server, bench, reaches it through one package (ADR 0024).
func TestNoServerInside(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	rooms := []string{"list", "-deps"}
	for room := range strings.Lines(string(out)) {
		if room = strings.TrimSpace(room); !strings.HasSuffix(room, "segno/cmd/web/app/bench") {
			rooms = append(rooms, room)
		}
	}
	if out, err = exec.Command("go", rooms...).Output(); err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		for _, not := range []string{"segno/cmd/web", "segno/models", "jackc/pgx", "gorm.io", "labstack/echo"} {
			if strings.Contains(dep, not) {
				t.Errorf("the command line links %s", strings.TrimSpace(dep))
			}
		}
	}
}

// TestDocumented: docs/cli.md has a section for every command.
func TestDocumented(t *testing.T) {
	docs, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range newRoot(terminal{}).Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" && !strings.Contains(string(docs), "\n## segno "+c.Name()) {
			t.Errorf("docs/cli.md has no section `## segno %s`", c.Name())
		}
	}
}
