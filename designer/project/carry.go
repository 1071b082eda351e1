package project

import (
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
