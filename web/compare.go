package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

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
			return c, run, other, missing(err, "no run of `%s` succeeded before this one, so there is no last success to compare it with; choose a run (`?with=`)", run.Flow)
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
	ctx, with := c.Request().Context(), strings.TrimSpace(c.QueryParam("with"))
	got, run, other, err := s.comparison(ctx, c.Param("run"), with)
	var refused *Error
	if run.UUID != "" && errors.As(err, &refused) && (refused.Code == CodeNotFound || refused.Code == CodeBadRequest) {
		return s.compareWith(c, run, with, refused)
	}
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, templates.Compare(templates.ComparePage{Chrome: s.chrome(c, run.Flow+" run compared", "runs"), Flow: run.Flow, Comparison: got,
		CreatedAt: run.CreatedAt, WithCreatedAt: other.CreatedAt, Named: with != ""}))
}

// comparedAtMost is how many runs of each sort are offered to compare a run with.
const comparedAtMost = 8

// compareWith is the page of a run that can't be compared as was asked: it says why and offers other runs of its flow. Where none was asked for that is no
// error: the page is whole, there is nothing in it yet. An id as short as pages show them leads to its run if that is the only one.
func (s *Server) compareWith(c echo.Context, run models.Run, with string, why *Error) error {
	ctx := c.Request().Context()
	if with != "" && why.Code == CodeNotFound {
		found, err := s.DB.RunsNamed(ctx, with, 2)
		if err != nil {
			return err
		}
		if len(found) == 1 && found[0].Flow == run.Flow {
			return c.Redirect(http.StatusSeeOther, "/runs/"+run.UUID+"/compare?with="+found[0].UUID)
		}
	}
	p := templates.CompareWithPage{Chrome: s.chrome(c, run.Flow+" run compared", "runs"), Flow: run.Flow, Run: comparedRun(run), Why: sentence(why.Message) + " Choose another run.", With: with}
	status := why.status()
	if with == "" {
		status = http.StatusOK
		p.Why = "No run of `" + run.Flow + "` succeeded before this one, so there is no last success to compare it with. Choose another run."
	}
	since, _, err := s.DB.Runs(ctx, models.RunFilter{Flow: run.Flow, Statuses: []string{"succeeded"}, From: run.CreatedAt, Limit: comparedAtMost + 1})
	if err != nil {
		return err
	}
	newest, _, err := s.DB.Runs(ctx, models.RunFilter{Flow: run.Flow, Limit: 2*comparedAtMost + 1})
	if err != nil {
		return err
	}
	p.Successes = choices(since, run.UUID)
	p.Others = choices(newest, run.UUID, p.Successes...)
	if with == "" && len(p.Successes)+len(p.Others) == 0 {
		p.Why = "No run of `" + run.Flow + "` succeeded before this one, so there is nothing to compare it with."
	}
	return s.render(c, status, templates.CompareWith(p))
}

// choices are the runs that may be chosen, without one and without those that are offered already.
func choices(runs []models.Run, but string, offered ...templates.ComparedRun) (all []templates.ComparedRun) {
	for _, r := range runs {
		if len(all) < comparedAtMost && r.UUID != but && !slices.ContainsFunc(offered, func(o templates.ComparedRun) bool { return o.ID == r.UUID }) {
			all = append(all, comparedRun(r))
		}
	}
	return all
}

func comparedRun(r models.Run) templates.ComparedRun {
	one := templates.ComparedRun{ID: r.UUID, Version: r.Version, Status: r.Status, CreatedAt: r.CreatedAt}
	if r.EndedAt != nil {
		ms := r.EndedAt.Sub(r.CreatedAt).Milliseconds()
		one.TookMS = &ms
	}
	return one
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
		d.None, d.Choose = "No run of this flow succeeded before this one, and there is no attempt before.", true
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
