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
	"github.com/segno-run/segno/web/view"
)

// history is a run as its committed transitions tell it.
type history struct {
	row     models.Run
	state   *planner.State
	outline *runview.Outline
	def     *flow.Definition  // of its version; nil if that can't be read
	events  []live.Transition // the last ones, as many as a page shows
	turns   map[string]runview.Turn
	places  runview.Places // where the values are that the state does not keep
}

// run shows the run with all its steps.
func (h *history) run() view.Run {
	r := runview.Run(h.state, h.outline)
	runview.TellTurns(&r, h.turns)
	return r
}

// findRun reads a run's row: 404 for an id that is unknown or none at all.
func (s *Server) findRun(ctx context.Context, id string) (models.Run, error) {
	row, err := s.DB.Run(ctx, id)
	return row, missing(err, "there is no run %s", clip(id))
}

// look shows a run with everything that was committed before. The history is shared with all that look at the run: see must make what it wants of it,
// change nothing, and keep neither the state nor what the state consists of.
func (s *Server) look(ctx context.Context, id string, see func(h *history) error) error {
	row, err := s.findRun(ctx, id)
	if err != nil {
		return err
	}
	if err := readable(row); err != nil {
		return err
	}
	turns, err := s.turns(ctx, row)
	if err != nil {
		return err
	}
	f := s.folds.use(row, false)
	defer s.folds.leave(f, false)
	if err := s.folds.forward(ctx, f); err != nil {
		return err
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	return see(&history{row: row, state: f.state, outline: f.outline, def: f.def, events: f.events, turns: turns, places: f.places})
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
func (s source) Transitions(ctx context.Context, _ string, after int64, limit int) ([]live.Transition, error) {
	got, _, err := s.read(ctx, after, limit)
	return got, err
}

// read is Transitions with the bytes that they take in the journal.
func (s source) read(ctx context.Context, after int64, limit int) (got []live.Transition, size int, err error) {
	rows, err := s.db.Events(ctx, s.run, after, limit)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		size += len(r.Facts)
	}
	got, err = s.decode(rows)
	return got, size, err
}

// at reads the transitions of these numbers, in order; those that are gone are left out.
func (s source) at(ctx context.Context, seqs ...int64) ([]live.Transition, error) {
	rows, err := s.db.EventsAt(ctx, s.run, seqs)
	if err != nil {
		return nil, err
	}
	return s.decode(rows)
}

func (s source) decode(rows []models.Event) ([]live.Transition, error) {
	got := make([]live.Transition, len(rows))
	for i, r := range rows {
		facts, err := planner.Decode(r.Facts)
		if err != nil {
			return nil, fmt.Errorf("reading transition %d of run %d: %w", r.Seq, s.run, err)
		}
		got[i] = live.Transition{Seq: r.Seq, At: r.At, Facts: facts}
	}
	return got, nil
}
