package project

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// TestSource is a file of a project as a server keeps it with a flow: scenarios, or an input that they name.
type TestSource struct {
	Flow   string
	File   string // without its folder: "order.yaml", "order.json"
	Source []byte // exactly as written
}

// Path is the file within a project: scenarios stand in tests/, inputs in inputs/.
func (t TestSource) Path() string { return TestPath(t.File) }

// TestPath is where a test file of that name stands within a project.
func TestPath(file string) string {
	if strings.HasSuffix(file, ".json") {
		return path.Join("inputs", file)
	}
	return path.Join("tests", file)
}

// TestSources gives what a server keeps of a project's tests: with each flow its test files, the inputs that they name, and the input that has the
// flow's name. known says whether the server will have a flow of that name. A test file that can't go anywhere is an issue; that its scenarios are
// wrong is none of this: they are kept as they are, and the server shows what is wrong.
func (p *Project) TestSources(fsys fs.FS, known func(flow string) bool) ([]TestSource, Issues) {
	files, _ := LoadTests(fsys)
	l := &loader{fsys: fsys}
	var out []TestSource
	add := func(t TestSource) {
		if !slices.ContainsFunc(out, func(o TestSource) bool { return o.Flow == t.Flow && o.File == t.File }) {
			out = append(out, t)
		}
	}
	for _, f := range p.Flows {
		if f.Def == nil || !known(f.Def.Name) {
			continue
		}
		if src, ok := p.Inputs[f.Def.Name]; ok {
			add(TestSource{f.Def.Name, f.Def.Name + ".json", src})
		}
	}
	for _, t := range files {
		switch {
		case t.Flow == "":
			l.report(t.Path, 1, 1, "begin with `flow:` and `scenarios:`", "the file does not say which flow it tests, so it stays here")
			continue
		case !known(t.Flow):
			l.report(t.Path, t.FlowPos.Line, t.FlowPos.Column, "", "there is no flow `%s`, so the file stays here", t.Flow)
			continue
		}
		add(TestSource{t.Flow, path.Base(t.Path), t.Source})
		for _, sc := range t.Scenarios {
			if sc.Input.Kind != flow.String {
				continue
			}
			dir, file := path.Split(path.Clean(sc.Input.Text))
			src, ok := p.Inputs[strings.TrimSuffix(file, ".json")]
			if dir != "inputs/" || !ok {
				l.report(t.Path, sc.Input.Pos.Line, sc.Input.Pos.Column, "put it into inputs/", "a server keeps inputs/*.json only, so it will not find `%s`", sc.Input.Text)
				continue
			}
			add(TestSource{t.Flow, file, src})
		}
	}
	for i := range l.issues {
		l.issues[i].Severity = flow.Warning
	}
	return out, l.issues
}

// TestFilePlan is what happens to one test file, or to one input that tests name.
type TestFilePlan struct {
	Flow   string `json:"flow"`
	File   string `json:"file"` // within the project: "tests/order.yaml"
	Action Action `json:"action"`
}

// PlanTests compares the tests of a project, as TestSources gives them, with those that a server has, by flow and file.
func PlanTests(here, there []TestSource) []TestFilePlan {
	type key struct{ flow, file string }
	actions := map[key]Action{}
	known := map[key][]byte{}
	for _, t := range there {
		k := key{t.Flow, t.Path()}
		known[k], actions[k] = t.Source, ServerOnly
	}
	for _, t := range here {
		k := key{t.Flow, t.Path()}
		switch source, ok := known[k]; {
		case !ok:
			actions[k] = Create
		case bytes.Equal(source, t.Source):
			actions[k] = Keep
		default:
			actions[k] = Update
		}
	}
	plans := make([]TestFilePlan, 0, len(actions))
	for k, action := range actions {
		plans = append(plans, TestFilePlan{k.flow, k.file, action})
	}
	slices.SortFunc(plans, func(a, b TestFilePlan) int {
		return cmp.Or(strings.Compare(a.Flow, b.Flow), strings.Compare(a.File, b.File))
	})
	return plans
}

// TestFiles gives the files of a project folder that hold these tests, by path. Two flows may have inputs of one name that differ, which no folder can
// hold: an error. Of test files of one name the later one is written under its flow's name as well.
func TestFiles(tests []TestSource) (map[string][]byte, error) {
	files, owner := map[string][]byte{}, map[string]string{}
	for _, t := range tests {
		at := t.Path()
		if first, taken := owner[at]; taken && !bytes.Equal(files[at], t.Source) {
			if strings.HasSuffix(t.File, ".json") {
				return nil, fmt.Errorf("the flows %s and %s have an input %s each, and they differ: rename one of them", first, t.Flow, t.File)
			}
			at = TestPath(t.Flow + "_" + t.File)
		}
		files[at], owner[at] = t.Source, t.Flow
	}
	return files, nil
}
