package app

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/segno-run/segno/cmd/web/app/watch"
	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/examples"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web"
	"github.com/segno-run/segno/web/view"
)

// load applies the project folder, or the sample project once to a database that holds nothing yet. A folder that can't be applied keeps the server
// from starting. What is returned has to be kept up with; it is nil for the sample.
func (a *App) load(ctx context.Context, pages *web.Server, db *models.DB) (*folder, error) {
	f := &folder{files: fs.FS(examples.Files), name: "the sample project", log: a.log, apply: pages.Apply,
		around: func(ctx context.Context, p *project.Project) (*surroundings, error) {
			return surrounded(ctx, db, a.log, p)
		}}
	if a.cfg.Project != "" {
		f.files, f.name, f.out = os.DirFS(a.cfg.Project), a.cfg.Project, a.cfg.Diagnostics
		f.seen = watch.Fingerprint(a.cfg.Project, watched...)
	}
	a.folder.Store(f)
	if a.cfg.Project == "" {
		empty, err := isEmpty(ctx, db)
		if err != nil {
			return nil, err
		}
		if !empty {
			p, _ := project.Load(f.files) // the sample is sound; a test applies it
			f.inputs.Store(&p.Inputs)
			return nil, nil
		}
	}
	found, err := f.once(ctx, "Loaded from "+f.name)
	if err != nil {
		return nil, fmt.Errorf("applying %s: %w", f.name, err)
	}
	if len(found.issues) > 0 {
		return nil, fmt.Errorf("%s can't be loaded:\n%s", f.name, found.lines())
	}
	if a.cfg.Project == "" {
		if len(found.changed) > 0 {
			a.log.Info("project applied", "from", f.name, "changed", strings.Join(found.changed, ", "))
		}
		return nil, nil
	}
	f.state.Store(&view.Project{Watching: true, Folder: f.name})
	f.note(found)
	return f, nil
}

// surroundings is a project together with what its flows may use of a server.
type surroundings struct {
	*project.Project
	lost error // a version that could not be read
}

// surrounded adds to a project what the server knows already: its functions and its published flows.
func surrounded(ctx context.Context, db *models.DB, log *slog.Logger, p *project.Project) (*surroundings, error) {
	rows, err := db.Functions(ctx)
	if err != nil {
		return nil, err
	}
	var known []flow.Function
	for _, row := range rows {
		f, issues := flow.ParseFunctionJSON(row.Name, row.Spec)
		if issues.HasErrors() {
			log.Warn("a registration cannot be read", "function", row.Name, "problem", firstError(issues))
			continue
		}
		known = append(known, f)
	}
	out := &surroundings{}
	linker := web.NewLinker(db)
	flows := project.ServerFlows{Signature: func(name string, version int) *check.Signature {
		s, err := linker.Signature(ctx, name, version)
		if out.lost == nil {
			out.lost = err
		}
		return s
	}}
	if flows.Names, err = db.PublishedNames(ctx); err != nil {
		return nil, err
	}
	out.Project = p.With(known).WithFlows(flows)
	return out, nil
}

// check adds what only the compiler sees to the problems of a project, so that a person reads all of them at once, each with its place.
func (s *surroundings) check(loaded project.Issues) (project.Issues, error) {
	issues := s.Check(loaded)
	return issues, s.lost
}

func isEmpty(ctx context.Context, db *models.DB) (bool, error) {
	flows, err := db.Flows(ctx)
	if err != nil || len(flows) > 0 {
		return false, err
	}
	functions, err := db.Functions(ctx)
	return len(functions) == 0, err
}

// project is how the project folder stands; the zero view without one.
func (a *App) project() view.Project {
	if f := a.folder.Load(); f != nil {
		return f.State()
	}
	return view.Project{}
}

// input is the project's sample input of a flow, or nil.
func (a *App) input(flow string) []byte {
	if f := a.folder.Load(); f != nil {
		return f.input(flow)
	}
	return nil
}
