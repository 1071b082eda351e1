package scenario

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/segno-run/segno/designer/project"
)

// TestDocs: the flows and test files that docs/testing.md shows are ones, and pass on the sample project.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, name := range []string{"functions.yaml", "flows/order.yaml", "inputs/order.json"} {
		src, err := fs.ReadFile(exampleFiles(), name)
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: src}
	}
	want := 0
	for i, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		name, _, _ := strings.Cut(block[1], "\n")
		switch {
		case strings.HasPrefix(name, "# flows/"), strings.HasPrefix(name, "# tests/"):
			name = strings.TrimPrefix(name, "# ")
		case strings.HasPrefix(name, "flow:"):
			name = fmt.Sprintf("tests/block_%d.yaml", i)
		case strings.HasPrefix(name, "faults:"):
			name = fmt.Sprintf("tests/block_%d.yaml", i)
			block[1] = "flow: order\n" + strings.ReplaceAll(block[1], "prices.look_up", "payments.reserve")
		}
		fsys[name] = &fstest.MapFile{Data: []byte(block[1])}
		want += strings.Count(block[1], "- name:")
	}
	got := 0
	for _, s := range prepare(t, fsys) {
		out, _, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out {
			got++
			if !o.Passed {
				t.Errorf("%s: %v\n%s", o.Name, o.Problems, strings.Join(o.Story, "\n"))
			}
		}
	}
	if got != want || got < 6 {
		t.Errorf("%d scenarios were run, want %d", got, want)
	}
	for _, key := range project.FaultColumns {
		if !strings.Contains(string(text), "| `"+key+"` |") {
			t.Errorf("docs/testing.md does not tell of the column %s", key)
		}
	}
}
