package scenario

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/project"
)

// prepare reads a project folder with its tests, which must be without a problem.
func prepare(t testing.TB, fsys fs.FS) []*Suite {
	t.Helper()
	p, issues := project.Load(fsys)
	if issues.HasErrors() {
		t.Fatal(issues)
	}
	files, issues := project.LoadTests(fsys)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	suites, issues := Prepare(p, files, fsys)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	return suites
}

func exampleFiles() fs.FS { return os.DirFS("../../examples") }

func TestExamples(t *testing.T) {
	for _, s := range prepare(t, exampleFiles()) {
		outcomes, cover, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			if !o.Passed {
				t.Errorf("%s: %v\n%s", o.Name, o.Problems, strings.Join(o.Story, "\n"))
			}
		}
		for _, part := range []Part{cover.Steps, cover.Branches, cover.ErrorPorts, cover.Compensations} {
			if len(part.Missed) > 0 {
				t.Errorf("%s: the scenarios never exercise %v", s.Flow, part.Missed)
			}
		}
	}
}
