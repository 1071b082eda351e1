package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/edit"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/scenario"
)

// testFileName is how files of tests are called: order.yaml holds scenarios, order.json an input that they name as inputs/order.json.
var testFileName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,94}\.(yaml|json)$`)

// folderOf is the folder of a project in which a test file stands.
func folderOf(file string) string {
	if strings.HasSuffix(file, ".json") {
		return "inputs"
	}
	return "tests"
}

// testbed is a flow, as draft or as a version, with everything that it is tested with.
type testbed struct {
	flow    string
	version int // 0: the draft
	latest  int // the latest version; 0: none
	draft   *draft
	source  []byte // of the flow
	def     *flow.Definition
	project *project.Project // just the flow with those that it runs, and the functions that they may call
	rows    []models.FlowTest
	files   []project.TestFile
	suites  []*scenario.Suite
	issues  project.Issues // of the test files
	broken  flow.Issues    // what keeps the flow itself from being tested
	basis   string         // hash of all of it
}

// storedInputs lets scenarios read the inputs that are kept beside them.
type storedInputs []models.FlowTest

// Open implements fs.FS. There is nothing but whole files to be read.
func (storedInputs) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadFile implements fs.ReadFileFS.
func (in storedInputs) ReadFile(name string) ([]byte, error) {
	for _, t := range in {
		if project.TestPath(t.File) == name {
			return t.Source, nil
		}
	}
	return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
}

// newTestbed reads a flow with its tests. version is as in an address: a number, "latest", or "" and "draft". unsaved, if it has a name, stands in for
// the file of that name.
func (s *Server) newTestbed(ctx context.Context, name, version string, unsaved *models.FlowTest) (*testbed, error) {
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return nil, err
	}
	b := &testbed{flow: name, draft: d, source: d.source}
	if d.flow.Published != nil {
		b.latest = *d.flow.Published
	}
	var functions Catalog
	var pins map[string]int
	if version == "" || version == "draft" {
		functions, err = readCatalog(ctx, s.DB)
	} else {
		var v models.FlowVersion
		if v, err = s.version(ctx, name, version); err != nil {
			return nil, err
		}
		b.version, b.source = v.Version, v.Source
		functions, pins, err = readContracts(v.Contracts)
	}
	if err != nil {
		return nil, err
	}
	if b.rows, err = s.DB.FlowTests(ctx, name); err != nil {
		return nil, err
	}
	if unsaved != nil {
		b.rows = slices.DeleteFunc(b.rows, func(t models.FlowTest) bool { return t.File == unsaved.File })
		b.rows = append(b.rows, *unsaved)
		slices.SortFunc(b.rows, func(x, y models.FlowTest) int { return strings.Compare(x.File, y.File) })
	}
	made, err := s.compileWith(ctx, b.source, functions, pins)
	if err != nil {
		return nil, err
	}
	b.def, b.broken = made.def, append(slices.Clone(made.issues), misnamed(made.def, b.flow)...)
	flows, err := s.family(ctx, b.def, pins, functions)
	if err != nil {
		return nil, err
	}
	b.prepare(functions, pins, flows)
	return b, nil
}

// family gathers the texts of the flows that a definition runs, and of those that they run, each version once: those of pins, or the latest. Functions that
// they were published with, and that are not among functions, are added to those.
func (s *Server) family(ctx context.Context, d *flow.Definition, pins map[string]int, functions Catalog) ([]project.FlowFile, error) {
	var out []project.FlowFile
	seen := map[childRef]bool{}
	var gather func(d *flow.Definition, pins map[string]int) error
	gather = func(d *flow.Definition, pins map[string]int) error {
		for _, c := range childrenOf(d, pins) {
			if seen[c] {
				continue
			}
			seen[c] = true
			v, err := s.DB.Version(ctx, c.Flow, c.Version)
			if errors.Is(err, models.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			own, below, err := readContracts(v.Contracts)
			if err != nil {
				return err
			}
			for name, f := range own {
				if functions[name] == nil {
					functions[name] = f
				}
			}
			def, _ := flow.Parse(v.Source)
			out = append(out, project.FlowFile{Path: "flows/" + c.Flow + ".yaml", Source: v.Source, Def: def, Version: c.Version, Pins: below})
			if err := gather(def, below); err != nil {
				return err
			}
		}
		return nil
	}
	return out, gather(d, pins)
}

// prepare reads the flow's tests. flows are those that it runs, pins their versions where it names none.
func (b *testbed) prepare(functions Catalog, pins map[string]int, flows []project.FlowFile) {
	sum := sha256.New()
	part := func(text []byte) { fmt.Fprintf(sum, "%d:%s", len(text), text) }
	part(b.source)
	var known []flow.Function
	for _, name := range functions.FunctionNames() {
		f := functions[name]
		known = append(known, *f)
		part(f.JSON())
	}
	for _, f := range flows {
		part(f.Source)
	}
	b.project = project.Of(known, append([]project.FlowFile{{Path: "flows/" + b.flow + ".yaml", Source: b.source, Def: b.def, Pins: pins}}, flows...))
	var whole []project.TestFile
	for _, row := range b.rows {
		part([]byte(row.File))
		part(row.Source)
		if folderOf(row.File) != "tests" {
			continue
		}
		t, issues := project.ParseTests("tests/"+row.File, row.Source)
		for _, i := range issues {
			b.issues = append(b.issues, project.Issue{File: t.Path, Issue: i})
		}
		b.files = append(b.files, t)
		switch {
		case t.Flow != "" && t.Flow != b.flow:
			b.issues = append(b.issues, project.Issue{File: t.Path, Issue: flow.Issue{Severity: flow.Error, Line: t.FlowPos.Line, Column: t.FlowPos.Column,
				Message: fmt.Sprintf("the file tests the flow `%s`, but it is kept with `%s`", t.Flow, b.flow), Hint: "write `flow: " + b.flow + "`"}})
		case !b.broken.HasErrors(): // a flow that is wrong has problems of its own to tell
			whole = append(whole, t)
		}
	}
	b.basis = hex.EncodeToString(sum.Sum(nil))
	if len(whole) > 0 {
		var more project.Issues
		b.suites, more = scenario.Prepare(b.project, whole, storedInputs(b.rows))
		b.issues = append(b.issues, more...)
	}
}

// of gives the problems of one file.
func (b *testbed) of(file string) project.Issues {
	out := project.Issues{}
	for _, i := range b.issues {
		if i.File == project.TestPath(file) {
			out = append(out, i)
		}
	}
	return out
}

// testReport is what a test says: what `segno test --json` prints, and against what it ran.
type testReport struct {
	Fine    bool           `json:"fine"`
	Version int            `json:"version"` // 0: the draft
	Issues  project.Issues `json:"issues"`  // of the test files, and of the flow if it can't be tested
	TookMS  float64        `json:"took_ms"` // on the server's clock; what scenarios say is virtual
	*scenario.Report
}

// The kinds of test results.
const (
	kindScenarios = "scenarios"
	kindFaults    = "faults"
)

// chosen says what of a testbed is run. Empty: all of it.
type chosen struct {
	file, scenario string
}

func (ch chosen) all() bool { return ch == chosen{} }

func (ch chosen) suites(all []*scenario.Suite) []*scenario.Suite {
	var out []*scenario.Suite
	for _, suite := range all {
		switch {
		case ch.file != "" && suite.File != "tests/"+ch.file:
		case ch.scenario != "":
			out = append(out, suite.Only(ch.scenario))
		default:
			out = append(out, suite)
		}
	}
	return out
}

// play runs a testbed in the one seat there is, within the time that a test may take.
func (s *Server) play(ctx context.Context, b *testbed, kind string, ch chosen) (*testReport, error) {
	if err := s.takeSeat(ctx); err != nil {
		return nil, err
	}
	defer func() { <-s.testing }()
	within, cancel := context.WithTimeout(ctx, s.TestTime)
	defer cancel()
	began := time.Now()
	r := &testReport{Version: b.version, Issues: slices.Clone(b.issues)}
	for _, i := range b.broken {
		if i.Severity == flow.Error {
			r.Issues = append(r.Issues, project.Issue{File: b.project.Flows[0].Path, Issue: i})
		}
	}
	r.Issues = append(project.Issues{}, r.Issues[:min(len(r.Issues), mostIssues)]...)
	var err error
	if kind == kindFaults {
		r.Report = &scenario.Report{Scenarios: []scenario.Outcome{}, Coverage: []*scenario.Coverage{}, Faults: []*scenario.Matrix{}}
		for _, suite := range ch.suites(b.suites) {
			var m *scenario.Matrix
			if m, err = suite.Faults(within); err != nil {
				break
			}
			r.Faults = append(r.Faults, m)
		}
	} else {
		r.Report, err = scenario.Test(within, ch.suites(b.suites), false)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fail(CodeInvalid, "the test took longer than %s and was stopped; `segno test` has no such limit", s.TestTime)
	case err != nil:
		return nil, err
	}
	if len(r.Scenarios) == 0 && kind == kindScenarios {
		r.Untested = []string{b.flow}
	}
	r.Fine = r.Report.Fine() && !r.Issues.HasErrors()
	r.TookMS = float64(time.Since(began).Microseconds()) / 1000
	return r, nil
}

// takeSeat waits for the seat of tests, as long as a test may take.
func (s *Server) takeSeat(ctx context.Context) error {
	select {
	case s.testing <- struct{}{}:
		return nil
	default:
	}
	wait := time.NewTimer(s.TestTime)
	defer wait.Stop()
	select {
	case s.testing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return fail(CodeUnavailable, "other tests are running; try again")
	}
}

// renames are steps that a change of a draft renames, from and to, one after the other.
type renames [][2]string

// follow gives the test files that renames change, with their new text.
func (s *Server) follow(ctx context.Context, name string, steps renames) ([]models.FlowTest, error) {
	if len(steps) == 0 {
		return nil, nil
	}
	rows, err := s.DB.FlowTests(ctx, name)
	if err != nil {
		return nil, err
	}
	var changed []models.FlowTest
	for _, row := range rows {
		if folderOf(row.File) != "tests" {
			continue
		}
		text := row.Source
		for _, r := range steps {
			text = edit.RenameInTests(text, r[0], r[1])
		}
		if !bytes.Equal(text, row.Source) {
			row.Source = text
			changed = append(changed, row)
		}
	}
	return changed, nil
}
