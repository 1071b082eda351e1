package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
)

// Project is what Apply makes the server hold.
type Project struct {
	Functions []flow.Function
	Flows     []FlowSource
}

// FlowSource is a flow's name and its YAML.
type FlowSource struct {
	Name   string
	Source []byte
}

// Apply registers a project's functions and publishes its flows. What the server holds already, byte for byte, is left alone, and nothing is ever
// removed. It returns what it changed, in words, and stops at the first thing that the server would refuse from anybody else.
func (s *Server) Apply(ctx context.Context, p Project, message, author string) (changed []string, err error) {
	for _, f := range p.Functions {
		spec := f.JSON()
		if checked, issues := checkFunction(f.Name, spec); issues.HasErrors() {
			return changed, fail(CodeInvalid, "function `%s` has %s", checked.Name, problems(issues))
		}
		row, err := s.DB.Function(ctx, f.Name)
		if err == nil && bytes.Equal(row.Spec, spec) {
			continue
		}
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return changed, err
		}
		if _, err := s.DB.PutFunction(ctx, f.Name, spec, models.AnyRev); err != nil {
			return changed, fmt.Errorf("registering function %q: %w", f.Name, err)
		}
		s.Functions.Changed(f.Name)
		changed = append(changed, "function "+f.Name)
	}
	for _, f := range p.Flows {
		latest, err := s.DB.Version(ctx, f.Name, 0)
		if err == nil && bytes.Equal(latest.Source, f.Source) {
			continue
		}
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return changed, err
		}
		got, err := s.publishText(ctx, f.Name, f.Source, message, author)
		if err != nil {
			return changed, err
		}
		changed = append(changed, fmt.Sprintf("flow %s version %d", f.Name, got.Version))
	}
	return changed, nil
}
