package app

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"

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
	if issues.HasErrors() {
		var lines []string
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
