package web

import (
	"context"
	"errors"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

// turns are the functions whose calls wait on the server that owns a run, with what they allow; nil for a run that nobody owns.
func (s *Server) turns(ctx context.Context, row models.Run) (map[string]runview.Turn, error) {
	if row.Owner == nil || row.EndedAt != nil {
		return nil, nil
	}
	waits, err := s.DB.FunctionWaits(ctx, row.ID)
	if err != nil || len(waits) == 0 {
		return nil, err
	}
	turns := make(map[string]runview.Turn, len(waits))
	for _, w := range waits {
		t := runview.Turn{Waiting: w.Waiting, Elsewhere: w.Others > 0}
		if w.Since != nil {
			t.Since = *w.Since
		}
		fn, err := s.DB.Function(ctx, w.Function)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return nil, err
		}
		if f, issues := flow.ParseFunctionJSON(w.Function, fn.Spec); err == nil && !issues.HasErrors() {
			t.Limits = &f
		}
		turns[w.Function] = t
	}
	return turns, nil
}

// limited reports whether calls of a run are under way whose function has limits: one may come to wait for its turn, or get it, without a word in the run's history.
func (s *Server) limited(ctx context.Context, run view.Run) (bool, error) {
	asked := map[string]bool{}
	for _, st := range run.Steps {
		if st.Function == "" || asked[st.Function] || st.Status != "running" {
			continue
		}
		asked[st.Function] = true
		fn, err := s.DB.Function(ctx, st.Function)
		switch {
		case errors.Is(err, models.ErrNotFound):
			continue
		case err != nil:
			return false, err
		}
		if f, issues := flow.ParseFunctionJSON(st.Function, fn.Spec); !issues.HasErrors() && (f.Concurrency > 0 || f.Rate.Calls > 0) {
			return true, nil
		}
	}
	return false, nil
}

// errLater marks what is of a later release.
var errLater = errors.New("a later release's run")

// readable refuses a run whose history a later release has written: what this one made of it could be wrong. 503, because another server may answer.
func readable(row models.Run) error {
	if row.Reader <= planner.Reader {
		return nil
	}
	e := fail(CodeUnavailable, "a newer release of Segno carries this run: its history needs reader %d, and this server reads up to %d", row.Reader, planner.Reader)
	e.cause = errLater
	return e
}
