package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

// planActions are the buttons that can be planned.
var planActions = map[runtime.ButtonKind]string{runtime.ButtonRetry: "retry", runtime.ButtonRestart: "restart", runtime.ButtonCompensate: "compensate"}

// plan foretells what a button would do to a run.
func (s *Server) plan(ctx context.Context, h *history, w runview.Wish) (view.Plan, error) {
	ps, err := s.programsOf(ctx, h, w.Version)
	if err != nil {
		return view.Plan{}, err
	}
	return runview.PlanOf(h.state, h.outline, ps, w), nil
}

// programsOf are the programs of a run: of the version that it is on, none if that does not compile any more; of those that it was on; and of another one.
func (s *Server) programsOf(ctx context.Context, h *history, another int) (planner.Programs, error) {
	ps := planner.Programs{Others: map[int]*check.Program{}}
	ps.Now, _ = s.Programs.Program(ctx, h.state.Flow, h.state.Version)
	for _, v := range h.state.Former {
		if p, err := s.Programs.Program(ctx, h.state.Flow, v); err == nil {
			ps.Others[v] = p
		} else {
			ps.Now = nil // nobody can say what has been done
		}
	}
	if another == 0 || another == h.state.Version {
		return ps, nil
	}
	p, err := s.Programs.Program(ctx, h.state.Flow, another)
	var broken *runtime.BrokenVersion
	switch {
	case errors.As(err, &broken):
		return ps, fail(CodeInvalid, "version %d of `%s` does not compile: %s", another, h.state.Flow, broken.Error())
	case err != nil:
		return ps, missing(err, "`%s` has no version %d", h.state.Flow, another)
	}
	ps.Others[another] = p
	return ps, nil
}

// wish reads what a plan is asked for: ?action=&version=&step=&again=.
func wish(get func(string) string, all func(string) []string) (w runview.Wish, err error) {
	w = runview.Wish{Action: get("action"), Step: get("step")}
	switch w.Action {
	case "retry", "compensate", "restart":
	default:
		return w, fail(CodeBadRequest, "`action` is %q; it must be retry, restart or compensate", clip(w.Action))
	}
	if w.Version, err = versionAsked(get("version")); err != nil {
		return w, err
	}
	for _, names := range all("again") {
		for _, name := range strings.Split(names, ",") {
			if name = strings.TrimSpace(name); name != "" {
				w.Again = append(w.Again, name)
			}
		}
	}
	switch {
	case w.Action == "restart" && w.Step == "":
		return w, fail(CodeBadRequest, "`step` is missing: restart goes back to a step")
	case w.Action != "restart" && (w.Step != "" || w.Again != nil):
		return w, fail(CodeBadRequest, "`step` and `again` go with action=restart only")
	}
	return w, nil
}

// versionAsked reads ?version= of a plan; 0: the run's own.
func versionAsked(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fail(CodeBadRequest, "`version` is %s; it must be a whole number from 1", clip(text))
	}
	return n, nil
}

// getPlan tells what a button would do, without doing it.
func (s *Server) getPlan(c echo.Context) error {
	w, err := wish(c.QueryParam, func(name string) []string { return c.QueryParams()[name] })
	if err != nil {
		return err
	}
	var plan view.Plan
	err = s.look(c.Request().Context(), c.Param("run"), func(h *history) error {
		if w.Action == "compensate" && w.Version != 0 && w.Version != h.state.Version {
			return fail(CodeConflict, "what is undone is undone by the version that did it: a compensation takes no `version`")
		}
		if w.Action == "restart" && h.state.Steps[w.Step] == nil && !h.outline.Has(w.Step) {
			return fail(CodeNotFound, "the run has no step `%s`", clip(w.Step))
		}
		plan, err = s.plan(c.Request().Context(), h, w)
		return err
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
		return planned(runtime.Button{Kind: kind}, req.Seq)
	}
}

func planned(b runtime.Button, seq int64) (runtime.Button, error) {
	if seq < 0 {
		return b, fail(CodeInvalid, "`seq` is %d; it is that of a plan, from 1", seq)
	}
	b.Seq = seq
	return b, nil
}

// wishOf is what a button was planned as.
func wishOf(b runtime.Button) runview.Wish {
	return runview.Wish{Action: planActions[b.Kind], Version: b.Version, Step: b.Step, Again: b.Again}
}

// replanned gives a refused button the plan as it is now, if the button still fits: whoever pressed it can look and press again.
func (s *Server) replanned(ctx context.Context, run string, b runtime.Button, err error) error {
	e := coded(err)
	if e.Code != CodeConflict || planActions[b.Kind] == "" || b.Seq == 0 && b.Version == 0 && b.Kind != runtime.ButtonRestart {
		return err
	}
	if lookErr := s.look(ctx, run, func(h *history) error {
		plan, err := s.plan(ctx, h, wishOf(b))
		if err != nil {
			return err
		}
		if plan.Fits {
			e = e.with(map[string]any{"plan": plan})
		}
		return nil
	}); lookErr != nil {
		return lookErr
	}
	return e
}
