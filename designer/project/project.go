// Package project owns a project folder: functions.yaml, flows/*.yaml and inputs/*.json, read as one, with every problem of every file.
//
// It reads through an fs.FS, so it knows no disk. A Project is the catalogue that its flows are checked against. What a server holds is told to it;
// it compares the two and plans, and whoever asked carries that out.
package project

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// MaxFiles bounds the files of one folder of a project.
const MaxFiles = 2000

// Project is what a project folder holds.
type Project struct {
	Functions []flow.Function   // in the order of functions.yaml
	Flows     []FlowFile        // by path
	Inputs    map[string][]byte // the sample inputs, raw JSON, by the file's name without ".json"

	extra  map[string]bool // names of functions that are not the folder's own; see With
	links  *links          // what the flows look like to each other; nil for a Project that was not loaded
	server *ServerFlows    // nil: no server was asked
}

var _ check.Catalog = (*Project)(nil)

// FlowFile is one file of flows/.
type FlowFile struct {
	Path   string // within the project, with slashes: "flows/order.yaml"
	Source []byte
	Def    *flow.Definition // nil if the text is not YAML

	// Of a text that is a published version on a server, and in no folder: its number, and which versions it runs where it names none.
	Version int
	Pins    map[string]int
}

// Issue is a problem of one file.
type Issue struct {
	File string `json:"file"` // within the project, with slashes
	flow.Issue
}

// String writes the issue as `file:line:column: message (hint)`.
func (i Issue) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", i.File, i.Line, i.Column, i.Message)
	if i.Severity == flow.Warning {
		s = fmt.Sprintf("%s:%d:%d: warning: %s", i.File, i.Line, i.Column, i.Message)
	}
	if i.Hint != "" {
		s += " (" + i.Hint + ")"
	}
	return s
}

// Issues is every problem of a project, by file, then by position.
type Issues []Issue

// HasErrors reports whether any issue is of severity error.
func (is Issues) HasErrors() bool {
	return slices.ContainsFunc(is, func(i Issue) bool { return i.Severity == flow.Error })
}

// Function returns the function of that name, or nil. With FunctionNames it makes a Project a check.Catalog.
func (p *Project) Function(name string) *flow.Function {
	for i := range p.Functions {
		if p.Functions[i].Name == name {
			return &p.Functions[i]
		}
	}
	return nil
}

// FunctionNames lists the names of the functions, sorted.
func (p *Project) FunctionNames() []string {
	names := make([]string, 0, len(p.Functions))
	for _, f := range p.Functions {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

// File returns the file that defines the flow of that name, or nil.
func (p *Project) File(name string) *FlowFile {
	for i := range p.Flows {
		if d := p.Flows[i].Def; d != nil && d.Name == name && p.Flows[i].Version == 0 {
			return &p.Flows[i]
		}
	}
	return nil
}

// Unread returns the file of a flow that cannot be read as YAML and seems to be the one of that name: it says so in a line `name:`, or is called so.
// What refers to the flow is not wrong, then: it waits until the file is mended. Nil: there is none.
func (p *Project) Unread(name string) *FlowFile {
	for i := range p.Flows {
		f := &p.Flows[i]
		if f.Def != nil || name == "" {
			continue
		}
		said := strings.TrimSuffix(path.Base(f.Path), ".yaml")
		if m := nameLine.FindSubmatch(f.Source); m != nil {
			said = string(m[1])
		}
		if said == name {
			return f
		}
	}
	return nil
}

// nameLine is the line of a text that names its flow.
var nameLine = regexp.MustCompile(`(?m)^name:[ \t]*["']?([a-z][a-z0-9_]*)["']?[ \t]*(?:#.*)?\r?$`)

// loader reads one folder and gathers what is wrong with it.
type loader struct {
	fsys   fs.FS
	issues Issues
}

func (l *loader) report(file string, line, column int, hint, format string, args ...any) {
	l.issues = append(l.issues, Issue{file, flow.Issue{Severity: flow.Error, Line: line, Column: column, Message: fmt.Sprintf(format, args...), Hint: hint}})
}

func (l *loader) add(file string, issues flow.Issues) {
	for _, i := range issues {
		l.issues = append(l.issues, Issue{file, i})
	}
}

// Load reads the project in fsys. It never fails as a whole: whatever can't be read is an issue, and the Project holds the rest. A folder without
// functions.yaml and without flows is not a project, which is an issue, too.
func Load(fsys fs.FS) (*Project, Issues) {
	l := &loader{fsys: fsys}
	p := &Project{Inputs: map[string][]byte{}, links: &links{}}
	src, found := l.read("functions.yaml")
	if found {
		var issues flow.Issues
		p.Functions, issues = flow.ParseFunctions(src)
		l.add("functions.yaml", issues)
	}
	defined := map[string]string{}
	for _, file := range l.list("flows", ".yaml") {
		src, ok := l.read(file)
		if !ok {
			continue
		}
		def, issues := flow.Parse(src)
		l.add(file, issues)
		p.Flows = append(p.Flows, FlowFile{Path: file, Source: src, Def: def})
		if def == nil || def.Name == "" {
			continue
		}
		if other, dup := defined[def.Name]; dup {
			l.report(file, def.NamePos.Line, def.NamePos.Column, "rename one of the two", "the flow `%s` is defined in %s already", def.Name, other)
			continue
		}
		defined[def.Name] = file
	}
	for _, file := range l.list("inputs", ".json") {
		if src, ok := l.read(file); ok && l.input(file, src) {
			p.Inputs[strings.TrimSuffix(path.Base(file), ".json")] = src
		}
	}
	if !found && len(p.Flows) == 0 && len(l.issues) == 0 {
		l.report("functions.yaml", 1, 1, "a project has `functions.yaml` and `flows/*.yaml`", "this folder is not a project: it has no functions.yaml and no flows")
	}
	slices.SortStableFunc(l.issues, func(a, b Issue) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p, l.issues
}

// list gives the files of a folder with that ending, sorted. A folder that is not there has none.
func (l *loader) list(dir, ext string) []string {
	entries, err := fs.ReadDir(l.fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		l.report(dir, 1, 1, "", "reading the folder: %s", plain(err))
		return nil
	}
	var files []string
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir() || strings.HasPrefix(name, "."):
		case path.Ext(name) == ext:
			files = append(files, path.Join(dir, name))
		case ext == ".yaml" && path.Ext(name) == ".yml":
			l.report(path.Join(dir, name), 1, 1, "rename it to "+strings.TrimSuffix(name, ".yml")+".yaml", "only files that end in .yaml are read")
		}
	}
	if len(files) > MaxFiles {
		l.report(dir, 1, 1, "", "the folder has %d files; at most %d are allowed", len(files), MaxFiles)
		files = files[:MaxFiles]
	}
	return files
}

// read reads a file up to one byte more than a text may have, so that the reader of the text can say that it is too long.
func (l *loader) read(file string) ([]byte, bool) {
	f, err := l.fsys.Open(file)
	if errors.Is(err, fs.ErrNotExist) && file == "functions.yaml" {
		return nil, false
	}
	if err == nil {
		var src []byte
		src, err = io.ReadAll(io.LimitReader(f, flow.MaxSource+1))
		err = errors.Join(err, f.Close())
		if err == nil {
			return src, true
		}
	}
	l.report(file, 1, 1, "", "reading the file: %s", plain(err))
	return nil, false
}

// plain is an error without the path, which the issue names.
func plain(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// input checks that a sample input is one JSON value.
func (l *loader) input(file string, src []byte) bool {
	if len(src) > flow.MaxSource {
		l.report(file, 1, 1, "", "the file has more than %d bytes (1 MiB)", flow.MaxSource)
		return false
	}
	var v json.RawMessage
	err := json.Unmarshal(src, &v)
	if err == nil {
		if _, err = flow.FromJSON(src); err == nil {
			return true
		}
		err = errors.Unwrap(err) // what was being read is in the issue
	}
	line, column := 1, 1
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at := min(max(int(syntax.Offset)-1, 0), len(src))
		line = 1 + bytes.Count(src[:at], []byte("\n"))
		column = 1 + len([]rune(string(src[bytes.LastIndexByte(src[:at], '\n')+1:at])))
	}
	l.report(file, line, column, "", "not JSON: %s", err)
	return false
}
