package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// planActions are the buttons that can be planned.
var planActions = map[runtime.ButtonKind]string{runtime.ButtonRetry: "retry", runtime.ButtonCompensate: "compensate"}

// plan foretells what a button would do to a run.
func (s *Server) plan(ctx context.Context, h *history, action string) view.Plan {
	var program *check.Program
	if action == "compensate" {
		program, _ = s.Programs.Program(ctx, h.row.Flow, h.row.Version) // one that does not compile any more tells no inputs
	}
	return runview.PlanOf(h.state, h.outline, program, action)
}

// getPlan tells what a button would do, without doing it.
func (s *Server) getPlan(c echo.Context) error {
	action := c.QueryParam("action")
	switch action {
	case "retry", "compensate":
	default:
		return fail(CodeBadRequest, "`action` is %q; it must be retry or compensate", clip(action))
	}
	var plan view.Plan
	err := s.look(c.Request().Context(), c.Param("run"), func(h *history) error {
		if v := c.QueryParam("version"); v != "" && v != fmt.Sprint(h.row.Version) {
			return fail(CodeConflict, "the run can go on with its own version only, %d", h.row.Version)
		}
		plan = s.plan(c.Request().Context(), h, action)
		return nil
	})
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, plan)
}

// plannedBody reads the body of a button that may name the plan that it was pressed on: {"seq": N?}.
func plannedBody(kind runtime.ButtonKind) func(echo.Context) (runtime.Button, error) {
	return func(c echo.Context) (runtime.Button, error) {
		var req struct {
			Seq int64 `json:"seq"`
		}
		if err := readJSON(c, &req); err != nil {
			return runtime.Button{}, err
		}
		if req.Seq < 0 {
			return runtime.Button{}, fail(CodeInvalid, "`seq` is %d; it is that of a plan, from 1", req.Seq)
		}
		return runtime.Button{Kind: kind, Seq: req.Seq}, nil
	}
}

// replanned gives a refused button the plan as it is now, if the button still fits: whoever pressed it can look and press again.
func (s *Server) replanned(ctx context.Context, run string, b runtime.Button, err error) error {
	e := coded(err)
	if b.Seq == 0 || e.Code != CodeConflict {
		return err
	}
	if lookErr := s.look(ctx, run, func(h *history) error {
		if plan := s.plan(ctx, h, planActions[b.Kind]); plan.Fits {
			e = e.with(map[string]any{"plan": plan})
		}
		return nil
	}); lookErr != nil {
		return lookErr
	}
	return e
}

// plannedForm makes the handler of a button that is pressed on a plan. A second click is the same press; a plan that the run has left behind is answered
// with the page and its new plan.
func (s *Server) plannedForm(kind runtime.ButtonKind, said string) echo.HandlerFunc {
	return func(c echo.Context) error {
		b := runtime.Button{Kind: kind}
		if text := c.FormValue("seq"); text != "" {
			seq, err := strconv.ParseInt(text, 10, 64)
			if err != nil || seq < 1 {
				return fail(CodeInvalid, "`seq` is %s; it is that of a plan, from 1", clip(text))
			}
			b.Seq = seq
			row, err := s.findRun(c.Request().Context(), c.Param("run"))
			if err != nil {
				return err
			}
			b.ID = messageID(row.UUID, b, "plan/"+text)
		}
		err := s.pressed(c, b, said)
		e := coded(err)
		if err == nil || b.Seq == 0 || e.Code != CodeConflict {
			return err
		}
		p, err := s.runView(c, true)
		if err != nil {
			return err
		}
		if p.Plan(planActions[kind]) == nil {
			return e // it does not fit any more at all
		}
		p.Open, p.Flash = planActions[kind], &templates.Flash{Error: true, Text: "Nothing was done: the run has changed since you saw this plan. Below is the new one."}
		return s.render(c, e.status(), templates.Run(p))
	}
}

// plans puts the plans of the buttons that fit into the page, and what a cancel would stop.
func (s *Server) plans(c echo.Context, p *templates.RunPage, h *history) {
	for _, action := range p.Run.Actions {
		switch action {
		case "retry", "compensate":
			p.Plans = append(p.Plans, s.plan(c.Request().Context(), h, action))
		case "cancel":
			p.Stops = runview.Stops(h.state, h.outline)
			if h.def != nil {
				p.OnFailure = string(h.def.OnFailure)
			}
		}
	}
	switch c.QueryParam("plan") {
	case "retry", "compensate", "cancel":
		p.Open = c.QueryParam("plan")
	}
}
