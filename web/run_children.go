package web

import (
	"context"
	"errors"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// childrenShown is how many of the runs below a run are told of.
const childrenShown = 50

// children adds how the runs stand that go on below a run.
func (s *Server) children(ctx context.Context, run *view.Run) error {
	if !runview.HasChildren(*run) {
		return nil
	}
	found, err := s.DB.Descendants(ctx, run.ID, childrenShown)
	if err != nil {
		return err
	}
	for i, d := range found {
		c := view.ChildState{Run: d.UUID, Flow: d.Flow, Status: d.Status, Needs: d.Needs, Step: d.ChildStep, Depth: d.Depth}
		if d.ChildItem != planner.NoItem {
			c.Item = &d.ChildItem
		}
		if i == 0 {
			if c.Says, err = s.says(ctx, d.UUID); err != nil {
				return err
			}
		}
		run.Children = append(run.Children, c)
	}
	runview.TellChildren(run)
	return nil
}

// says is the sentence at the head of a run's own page; "" of a run that is gone.
func (s *Server) says(ctx context.Context, id string) (says string, err error) {
	err = s.look(ctx, id, func(h *history) error {
		says = templates.VerdictOf(h.run(), s.Now()).Sentence
		return nil
	})
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == CodeNotFound || errors.Is(err, models.ErrNotFound) {
		return "", nil
	}
	if errors.Is(err, errLater) {
		return "A newer release of Segno carries it.", nil
	}
	return says, err
}

// root is the step of the run above all others that a failed run came from, if that run can be restarted from it; nil if not.
func (s *Server) root(ctx context.Context, run view.Run) (*templates.Root, error) {
	if run.Status != "failed" || run.Parent == nil {
		return nil, nil
	}
	up := *run.Parent
	for {
		row, err := s.DB.Run(ctx, up.Run)
		switch {
		case errors.Is(err, models.ErrNotFound):
			return nil, nil // retention has taken it
		case err != nil:
			return nil, err
		case row.Parent == nil && (row.Status == "failed" || row.Status == "succeeded"):
			latest, err := s.latest(ctx, row.Flow)
			return &templates.Root{Run: up.Run, Step: up.Step, Flow: row.Flow, Version: row.Version, Latest: latest}, err
		case row.Parent == nil:
			return nil, nil
		}
		up = view.Parent{Run: *row.Parent, Step: row.ParentStep}
	}
}

// showChildren adds to a page what its run's children say: in the verdict and the rows, and, if the selection has a child, that run's own steps.
func (s *Server) showChildren(c echo.Context, p *templates.RunPage) error {
	ctx := c.Request().Context()
	if err := s.children(ctx, &p.Run); err != nil {
		return err
	}
	now := s.Now()
	if len(p.Run.Children) > 0 {
		step := c.QueryParam("step")
		p.Verdict = templates.VerdictOf(p.Run, now)
		p.Rows = templates.RowsOf(p.Run, step, now)
	}
	id := p.Inspector.ChildRun()
	if id == "" {
		return nil
	}
	err := s.look(ctx, id, func(h *history) error {
		run := runview.Run(h.state, h.outline)
		p.Child = &templates.ChildRun{Run: run, Verdict: templates.VerdictOf(run, now), Rows: templates.RowsOf(run, "", now)}
		return nil
	})
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == CodeNotFound || errors.Is(err, errLater) {
		return nil // it is gone, or can't be read here: the page says its id
	}
	return err
}

// waitsForSignal names the run below that waits for a signal of that name, for somebody who sends it to the run above; "" if none does.
func (s *Server) waitsForSignal(ctx context.Context, run, name string) (child, step string, err error) {
	found, err := s.DB.Descendants(ctx, run, childrenShown)
	if err != nil {
		return "", "", err
	}
	for _, d := range found {
		err := s.look(ctx, d.UUID, func(h *history) error {
			for _, st := range h.outline.Steps {
				if got := h.state.Steps[st.ID]; got != nil && got.Status == planner.Waiting && got.Awaits == name {
					child, step = d.UUID, st.ID
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errLater) {
			return "", "", err
		}
		if child != "" {
			return child, step, nil
		}
	}
	return "", "", nil
}

// redirected adds to a refused signal which run below waits for it, and where to send it.
func (s *Server) redirected(ctx context.Context, run string, b runtime.Button, err error) error {
	e := coded(err)
	if b.Kind != runtime.ButtonSignal || e.Code != CodeConflict && e.Code != CodeInvalid {
		return err
	}
	child, step, lookErr := s.waitsForSignal(ctx, run, b.Name)
	if lookErr != nil {
		return lookErr
	}
	if child == "" {
		return err
	}
	to := "/api/v1/runs/" + child + "/signals/" + b.Name
	hinted := fail(e.Code, "%s; the run %s, which this one started, waits for it at its step `%s`: send it to POST %s", e.Message, child, step, to)
	return hinted.with(map[string]any{"run": child, "step": step, "send_to": to})
}
