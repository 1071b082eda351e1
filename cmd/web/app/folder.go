package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/segno-run/segno/cmd/web/app/watch"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/web"
	"github.com/segno-run/segno/web/view"
)

// watched are the files of a project.
var watched = []string{"functions.yaml", "flows/*.yaml", "inputs/*.json", "tests/*.yaml"}

// folder is a project folder that the server follows. Only what changed in it is applied, so what somebody published from the canvas stays until the
// file of that flow changes. Everything but state and input belongs to one goroutine.
type folder struct {
	files fs.FS
	name  string // as people know it
	seen  string // the fingerprint before the first look
	out   io.Writer
	log   *slog.Logger
	apply func(ctx context.Context, p web.Project, message, author string) (web.Applied, error)

	around func(ctx context.Context, p *project.Project) (*surroundings, error)

	applied map[string][]byte // what was applied last, by "function NAME", "flow NAME" and web.TestKey
	gone    map[string]bool   // what of it is no longer in the folder, and was reported
	said    string            // the problems that were reported last
	state   atomic.Pointer[view.Project]
	inputs  atomic.Pointer[map[string][]byte]
}

// found is what a look at the folder came to.
type found struct {
	issues  project.Issues // those that keep it from being applied
	sources map[string][]byte
	changed []string
	notes   []string
}

func (f found) lines() string {
	lines := make([]string, 0, len(f.issues))
	for _, i := range f.issues {
		lines = append(lines, placed(i))
	}
	return strings.Join(lines, "\n")
}

// placed is an issue with its place, if it has one.
func placed(i project.Issue) string {
	if i.Line == 0 {
		return strings.TrimPrefix(i.File+": ", ": ") + i.Message
	}
	return i.String()
}

// once looks at the folder and applies what is new in it, or nothing of it if anything is wrong. An error is the server's own trouble.
func (f *folder) once(ctx context.Context, message string) (found, error) {
	p, issues := project.Load(f.files)
	known, err := f.around(ctx, p)
	if err != nil {
		return found{}, err
	}
	got := found{sources: map[string][]byte{}}
	for _, file := range p.Flows {
		got.sources[file.Path] = file.Source
	}
	if src, err := fs.ReadFile(f.files, "functions.yaml"); err == nil {
		got.sources["functions.yaml"] = src
	}
	if _, err := fs.Stat(f.files, "."); err != nil {
		issues = project.Issues{{Issue: flow.Issue{Severity: flow.Error, Message: "the folder is not there; what was applied of it stays"}}}
	}
	if issues, err = known.check(issues); err != nil {
		return found{}, err
	}
	got.issues = slices.DeleteFunc(issues, func(i project.Issue) bool { return i.Severity != flow.Error })
	if len(got.issues) > 0 {
		return got, nil
	}
	todo, now, left := f.changes(p)
	done, err := f.apply(ctx, todo, message, "")
	got.changed, got.notes = done.Changed, done.Notes
	for _, i := range left {
		got.notes = append(got.notes, i.String())
	}
	if err != nil {
		return got, err
	}
	for _, r := range done.Refused {
		got.issues = append(got.issues, refusals(p, r)...)
	}
	if len(got.issues) > 0 {
		f.inPart(todo, done.Refused, now)
		return got, nil
	}
	got.notes = append(got.notes, f.missing(now)...)
	f.applied = now
	f.inputs.Store(&p.Inputs)
	return got, nil
}

// changes is what is not in the folder as it was applied last, all that is in it, and what of its tests can't be applied.
func (f *folder) changes(p *project.Project) (todo web.Project, now map[string][]byte, left project.Issues) {
	todo, now = web.Project{Before: f.applied}, map[string][]byte{}
	for _, fn := range p.Functions {
		key, spec := "function "+fn.Name, fn.JSON()
		if before, ok := f.applied[key]; !ok || !bytes.Equal(before, spec) {
			todo.Functions = append(todo.Functions, fn)
		}
		now[key] = spec
	}
	for _, file := range p.Ordered() { // what others run comes first, so that they run its new version
		key := "flow " + file.Def.Name
		if before, ok := f.applied[key]; !ok || !bytes.Equal(before, file.Source) {
			todo.Flows = append(todo.Flows, web.FlowSource{Name: file.Def.Name, Source: file.Source})
		}
		now[key] = file.Source
	}
	tests, left := p.TestSources(f.files, func(flow string) bool { return p.File(flow) != nil })
	for _, t := range tests {
		key := web.TestKey(t)
		if before, ok := f.applied[key]; !ok || !bytes.Equal(before, t.Source) {
			todo.Tests = append(todo.Tests, t)
		}
		now[key] = t.Source
	}
	return todo, now, left
}

// inPart notes what was applied though a flow beside it was refused: the next look, for that flow, is not to take back what somebody publishes until then. Of
// a project with a function that is refused nothing is applied.
func (f *folder) inPart(todo web.Project, refused []web.Refusal, now map[string][]byte) {
	left := map[string]bool{}
	for _, r := range refused {
		if r.Function != "" {
			return
		}
		left[r.Flow] = true
	}
	applied := maps.Clone(f.applied)
	if applied == nil {
		applied = map[string][]byte{}
	}
	keep := func(key string) { applied[key] = now[key] }
	for i := range todo.Functions {
		keep("function " + todo.Functions[i].Name)
	}
	for _, fl := range todo.Flows {
		if !left[fl.Name] {
			keep("flow " + fl.Name)
		}
	}
	f.applied = applied
}

// missing tells what was in the folder and no longer is. The server keeps it.
func (f *folder) missing(now map[string][]byte) []string {
	if f.gone == nil {
		f.gone = map[string]bool{}
	}
	for key := range f.applied {
		f.gone[key] = true
	}
	var notes []string
	for _, key := range slices.Sorted(maps.Keys(f.gone)) {
		if now[key] != nil {
			delete(f.gone, key)
			continue
		}
		kind, name, _ := strings.Cut(key, " ")
		notes = append(notes, fmt.Sprintf("The %s `%s` is no longer in the folder. It stays on the server until somebody removes it there.", kind, name))
	}
	return notes
}

// refusals are the problems that only the server sees, at their places in the folder.
func refusals(p *project.Project, r web.Refusal) project.Issues {
	if r.Function != "" {
		i := project.Issue{File: "functions.yaml", Issue: flow.Issue{Severity: flow.Error, Message: r.Message,
			Hint: "mend that flow first, or bring it into the folder"}}
		if f := p.Function(r.Function); f != nil {
			i.Line, i.Column = f.Pos.Line, f.Pos.Column
		}
		return project.Issues{i}
	}
	file := p.File(r.Flow)
	if file == nil {
		return project.Issues{{Issue: flow.Issue{Severity: flow.Error, Message: r.Message}}}
	}
	var out project.Issues
	for _, i := range r.Issues {
		if i.Severity == string(flow.Error) {
			out = append(out, project.Issue{File: file.Path, Issue: flow.Issue{Severity: flow.Error, Line: i.Line, Column: i.Column, Message: i.Message, Hint: i.Hint}})
		}
	}
	if len(out) == 0 {
		out = project.Issues{{File: file.Path, Issue: flow.Issue{Severity: flow.Error, Message: r.Message}}}
	}
	return out
}

// look is once for a folder that is watched: problems are told, once, and what was applied stays. It returns true if it should be tried again though
// nothing changes in the folder, because what is in the way is the server's.
func (f *folder) look(ctx context.Context) (again bool) {
	got, err := f.once(ctx, "Changed in the project folder")
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil:
		got.issues = project.Issues{{Issue: flow.Issue{Severity: flow.Error, Message: "the folder could not be applied; it will be tried again", Hint: "the server's log has the cause"}}}
		f.report(got, "error", err)
	case len(got.issues) > 0:
		f.report(got)
	default:
		if f.said != "" {
			f.said = ""
			f.log.Info("the project folder is in order again", "folder", f.name)
		}
		f.note(got)
		return false
	}
	return true
}

// report tells problems, unless they are those that were told last.
func (f *folder) report(got found, args ...any) {
	now := f.State()
	now.Problems = nil
	for _, i := range got.issues {
		now.Problems = append(now.Problems, view.ProjectProblem{File: i.File, Line: i.Line, Column: i.Column, Message: i.Message, Hint: i.Hint})
	}
	if len(got.notes) > 0 {
		now.Notes = got.notes
	}
	f.state.Store(&now)
	if f.said == got.lines() {
		return
	}
	f.said = got.lines()
	what := "the project folder has a problem; nothing of it is applied, what was applied before stays"
	if len(got.changed) > 0 {
		what = "the project folder was applied in part"
		args = append(args, "changed", strings.Join(got.changed, ", "))
	}
	f.log.Warn(what, append([]any{"folder", f.name, "problems", len(got.issues), "first", placed(got.issues[0])}, args...)...)
	if f.out != nil {
		fmt.Fprintln(f.out)
		for _, i := range got.issues {
			if i.Line == 0 {
				fmt.Fprintln(f.out, placed(i))
				continue
			}
			project.Issues{i}.Write(f.out, got.sources)
		}
		fmt.Fprintln(f.out)
	}
}

// note tells what was applied.
func (f *folder) note(got found) {
	now := f.State()
	at := time.Now().UTC()
	now.AppliedAt, now.Problems = &at, nil
	if len(got.changed) > 0 {
		f.log.Info("project applied", "from", f.name, "changed", strings.Join(got.changed, ", "))
	}
	for _, n := range got.notes {
		if !slices.Contains(now.Notes, n) {
			f.log.Warn(strings.ReplaceAll(n, "`", ""), "folder", f.name)
		}
	}
	now.Notes = got.notes
	f.state.Store(&now)
}

// State is how the folder stands. It may be asked by any goroutine.
func (f *folder) State() view.Project {
	if s := f.state.Load(); s != nil {
		return *s
	}
	return view.Project{}
}

// follow applies what changes in dir, until ctx ends.
func (f *folder) follow(ctx context.Context, dir string) {
	hints, err := watch.Hints(ctx, watch.Poll, dir, filepath.Join(dir, "flows"), filepath.Join(dir, "inputs"), filepath.Join(dir, "tests"))
	if err != nil {
		f.log.Warn("the system tells no changes of files; the project folder is looked at every few seconds", "folder", f.name, "error", err)
	}
	w := watch.Folder{Fingerprint: func() string { return watch.Fingerprint(dir, watched...) }, Hints: hints, Seen: f.seen,
		Quiet: watch.Quiet, Most: watch.Most, Poll: watch.Poll, Retry: watch.Retry}
	w.Run(ctx, f.look)
}

// input is the sample input of a flow as it was applied last, or nil. It may be asked by any goroutine.
func (f *folder) input(flow string) []byte {
	if inputs := f.inputs.Load(); inputs != nil {
		return (*inputs)[flow]
	}
	return nil
}
