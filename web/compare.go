package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// comparison compares a run with another one of its flow: the one named, else the last that succeeded before it.
func (s *Server) comparison(ctx context.Context, id, with string) (c view.Comparison, run, other models.Run, err error) {
	if run, err = s.findRun(ctx, id); err != nil {
		return c, run, other, err
	}
	if with == "" {
		if other, err = s.DB.LastSuccess(ctx, run); err != nil {
			return c, run, other, missing(err, "no run of `%s` succeeded before this one: there is nothing to compare it with", run.Flow)
		}
	} else if other, err = s.findRun(ctx, with); err != nil {
		return c, run, other, err
	}
	if other.Flow != run.Flow {
		return c, run, other, fail(CodeBadRequest, "run %s is of `%s`, and this one of `%s`: only runs of one flow are compared", clip(with), other.Flow, run.Flow)
	}
	var is, was view.Run
	var order []string
	// One after the other: while a history is looked at no other may be read.
	err = s.look(ctx, run.UUID, func(h *history) error {
		is, order = runview.Run(h.state, h.outline), h.outline.Order()
		return nil
	})
	if err == nil {
		err = s.look(ctx, other.UUID, func(h *history) error {
			was = runview.Run(h.state, h.outline)
			return nil
		})
	}
	if err != nil {
		return c, run, other, err
	}
	return runview.Compare(is, was, order), run, other, nil
}

// getComparison answers how a run went otherwise than another one: ?with=, without it the last that succeeded before it.
func (s *Server) getComparison(c echo.Context) error {
	got, _, _, err := s.comparison(c.Request().Context(), c.Param("run"), c.QueryParam("with"))
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, got)
}

// comparePage shows it.
func (s *Server) comparePage(c echo.Context) error {
	got, run, other, err := s.comparison(c.Request().Context(), c.Param("run"), c.QueryParam("with"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, templates.Compare(templates.ComparePage{Chrome: s.chrome(c, run.Flow+" run compared", "runs"), Flow: run.Flow, Comparison: got,
		CreatedAt: run.CreatedAt, WithCreatedAt: other.CreatedAt, Named: c.QueryParam("with") != ""}))
}

// Bases of the tab Diff.
const (
	baseAttempt = "attempt" // the attempt before
	baseSuccess = "success" // the same in the last run that succeeded
)

// differences fills the inspector's tab Diff: what is selected, against the attempt before or against the last success.
func (s *Server) differences(c echo.Context, p *templates.RunPage) error {
	in := &p.Inspector
	if in.Current() != "diff" {
		return nil
	}
	d := &templates.Difference{}
	in.Difference = d
	ctx := c.Request().Context()
	run, err := s.findRun(ctx, p.Run.ID)
	if err != nil {
		return err
	}
	other, err := s.DB.LastSuccess(ctx, run)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	success := err == nil
	before, now := in.TwoAttempts()
	base := c.QueryParam("base")
	if base != baseAttempt && base != baseSuccess || base == baseAttempt && before == nil || base == baseSuccess && !success {
		base = baseSuccess
		if !success && before != nil {
			base = baseAttempt
		}
	}
	address := func(base string) string { return in.DiffHref(p.Run.ID) + "&base=" + url.QueryEscape(base) }
	if success {
		d.Bases = append(d.Bases, templates.DiffBase{Label: "the last success", Href: address(baseSuccess), Current: base == baseSuccess})
		d.Compare, d.With, d.WithAt = "/runs/"+p.Run.ID+"/compare", other.UUID, &other.CreatedAt
	}
	if before != nil {
		d.Bases = append(d.Bases, templates.DiffBase{Label: "attempt " + strconv.Itoa(before.Number), Href: address(baseAttempt), Current: base == baseAttempt})
	}
	switch {
	case base == baseAttempt:
		section(d, "Attempt "+strconv.Itoa(now.Number), runview.AttemptRecord(*before), runview.AttemptRecord(*now))
		d.With, d.WithAt = "", nil
	case !success:
		d.None = "No run of this flow succeeded before this one, and there is no attempt before."
	default:
		return s.againstSuccess(ctx, p, other)
	}
	return nil
}

// againstSuccess compares what is selected with the same in another run.
func (s *Server) againstSuccess(ctx context.Context, p *templates.RunPage, other models.Run) error {
	in, d := &p.Inspector, p.Inspector.Difference
	return s.look(ctx, other.UUID, func(h *history) error {
		was := runview.Run(h.state, h.outline)
		if in.Step == nil {
			section(d, "Input", was.Input, p.Run.Input)
			section(d, "Output", was.Output, p.Run.Output)
			return nil
		}
		at := slices.IndexFunc(was.Steps, func(st view.Step) bool { return st.ID == in.Step.ID })
		switch {
		case at < 0:
			d.None = "Version " + strconv.Itoa(other.Version) + ", which that run was on, has no step of this name."
		case in.Item == nil:
			section(d, "Resolved", was.Steps[at].Input, in.Step.Input)
			section(d, "Output", was.Steps[at].Output, in.Step.Output)
		default:
			item, ok := runview.Item(h.state, h.outline, in.Step.ID, in.Item.Index)
			if !ok {
				d.None = "In that run the step had no item of this index."
				return nil
			}
			section(d, "Resolved", item.Input, in.Item.Input)
			section(d, "Output", item.Output, in.Item.Output)
		}
		return nil
	})
}

// listedChanges is how many differences of one value the inspector lists.
const listedChanges = 100

// section adds how one value differs, if it does.
func section(d *templates.Difference, title string, was, is []byte) {
	if len(was) == 0 && len(is) == 0 {
		return
	}
	changes, more := runview.Changes(was, is, listedChanges)
	d.Sections = append(d.Sections, templates.DiffSection{Title: title, Changes: changes, More: more})
}
