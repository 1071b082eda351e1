package scenario

import (
	"os"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/project"
)

// TestDocs: the test file that docs/testing.md shows is one, and passes on the sample project.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	src, _, ok := strings.Cut(rest, "```")
	file, found := project.ParseTests("docs/testing.md", []byte(src))
	if !ok || len(found) > 0 || len(file.Scenarios) != 1 {
		t.Fatalf("%v in\n%s", found, src)
	}
	p, _ := project.Load(exampleFiles())
	suites, issues := Prepare(p, []project.TestFile{file}, exampleFiles())
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	out, _, err := suites[0].Run(t.Context())
	if err != nil || !out[0].Passed {
		t.Errorf("%v %+v", err, out)
	}
	for _, key := range project.FaultColumns {
		if !strings.Contains(string(text), "| `"+key+"` |") {
			t.Errorf("docs/testing.md does not tell of the column %s", key)
		}
	}
}
