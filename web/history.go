package web

import (
	"context"
	"errors"
	"fmt"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
)

// history is a run as its committed transitions tell it.
type history struct {
	row     models.Run
	state   *planner.State
	outline *runview.Outline
	def     *flow.Definition // of its version; nil if that can't be read
	events  []live.Transition
}

// findRun reads a run's row: 404 for an id that is unknown or none at all.
func (s *Server) findRun(ctx context.Context, id string) (models.Run, error) {
	row, err := s.DB.Run(ctx, id)
	return row, missing(err, "there is no run %s", clip(id))
}

// readRun folds a run from its whole history.
func (s *Server) readRun(ctx context.Context, id string) (*history, error) {
	row, err := s.findRun(ctx, id)
	if err != nil {
		return nil, err
	}
	h := &history{row: row, state: planner.NewState()}
	if h.outline, h.def, err = s.outline(ctx, row.Flow, row.Version); err != nil {
		return nil, err
	}
	src := source{s.DB, row.ID}
	if h.events, err = src.Transitions(ctx, row.UUID, 0, 0); err != nil {
		return nil, err
	}
	for _, t := range h.events {
		planner.Fold(h.state, t.Seq, t.At, t.Facts)
	}
	return h, nil
}

// outline is what a version's runs are shown by. A version that does not compile any more is read as it was written.
func (s *Server) outline(ctx context.Context, name string, version int) (*runview.Outline, *flow.Definition, error) {
	v, err := s.DB.Version(ctx, name, version)
	if err != nil {
		return nil, nil, err
	}
	def, _ := flow.Parse(v.Source)
	program, err := s.Programs.Program(ctx, name, version)
	switch {
	case err == nil:
		return runview.FromProgram(program), def, nil
	case errors.Is(err, context.Canceled), def == nil:
		return nil, nil, err
	}
	s.Logger.Warn("a published version does not compile", "flow", name, "version", version, "error", err)
	return runview.FromDefinition(def), def, nil
}

// source reads the transitions of one run. It implements live.Source.
type source struct {
	db  *models.DB
	run int64
}

// Transitions implements live.Source; a limit of 0 is none.
func (s source) Transitions(ctx context.Context, run string, after int64, limit int) ([]live.Transition, error) {
	rows, err := s.db.Events(ctx, s.run, after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]live.Transition, len(rows))
	for i, r := range rows {
		facts, err := planner.Decode(r.Facts)
		if err != nil {
			return nil, fmt.Errorf("reading transition %d of run %s: %w", r.Seq, run, err)
		}
		out[i] = live.Transition{Seq: r.Seq, At: r.At, Facts: facts}
	}
	return out, nil
}
