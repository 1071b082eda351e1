package app

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/examples"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web"
)

// load applies the project folder, or the sample project once to a database that holds nothing yet.
func (a *App) load(ctx context.Context, pages *web.Server, db *models.DB) error {
	files, from := fs.FS(examples.Files), "the sample project"
	if a.cfg.Project != "" {
		files, from = os.DirFS(a.cfg.Project), a.cfg.Project
	}
	p, issues := project.Load(files)
	known, err := a.registered(ctx, db, p)
	if err != nil {
		return err
	}
	if issues = compiled(p, issues, known); issues.HasErrors() {
		lines := make([]string, 0, len(issues))
		for _, i := range issues {
			lines = append(lines, i.String())
		}
		return fmt.Errorf("%s can't be loaded:\n%s", from, strings.Join(lines, "\n"))
	}
	a.inputs = func(flow string) []byte { return p.Inputs[flow] }
	if a.cfg.Project == "" {
		empty, err := isEmpty(ctx, db)
		if err != nil {
			return err
		}
		if !empty {
			a.loaded.Store(true)
			return nil
		}
	}
	apply := web.Project{Functions: p.Functions}
	for _, f := range p.Flows {
		apply.Flows = append(apply.Flows, web.FlowSource{Name: f.Def.Name, Source: f.Source})
	}
	changed, err := pages.Apply(ctx, apply, "Loaded from "+from, "")
	if err != nil {
		return fmt.Errorf("applying %s: %w", from, err)
	}
	if len(changed) > 0 {
		a.log.Info("project applied", "from", from, "changed", strings.Join(changed, ", "))
	}
	a.loaded.Store(true)
	return nil
}

// registered are the functions that the project's flows may call: its own, and those that the server knows already.
func (a *App) registered(ctx context.Context, db *models.DB, p *project.Project) (web.Catalog, error) {
	known := web.Catalog{}
	rows, err := db.Functions(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		f, issues := flow.ParseFunctionJSON(row.Name, row.Spec)
		if issues.HasErrors() {
			a.log.Warn("a registration cannot be read", "function", row.Name, "problem", firstError(issues))
			continue
		}
		known[row.Name] = &f
	}
	for i := range p.Functions {
		known[p.Functions[i].Name] = &p.Functions[i]
	}
	return known, nil
}

// compiled adds what only the compiler sees to the problems of a project, so that a person reads all of them at once, each with its place.
func compiled(p *project.Project, issues project.Issues, known web.Catalog) project.Issues {
	for _, f := range p.Flows {
		_, _, found := check.CompileSource(f.Source, known)
		for _, i := range found {
			if issue := (project.Issue{File: f.Path, Issue: i}); !slices.Contains(issues, issue) {
				issues = append(issues, issue)
			}
		}
	}
	slices.SortStableFunc(issues, func(a, b project.Issue) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return issues
}

func isEmpty(ctx context.Context, db *models.DB) (bool, error) {
	flows, err := db.Flows(ctx)
	if err != nil || len(flows) > 0 {
		return false, err
	}
	functions, err := db.Functions(ctx)
	return len(functions) == 0, err
}

// input is the project's sample input of a flow, or nil.
func (a *App) input(flow string) []byte {
	if a.inputs == nil {
		return nil
	}
	return a.inputs(flow)
}
