package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// retentionKeys is where the settings of the flows stand.
const retentionKeys = "retention/"

// The bounds of a retention: a shorter time would take away what somebody is looking at.
const (
	leastKept = time.Minute
	mostKept  = 1_000_000_000
)

// Retentions lists what the flows say of how long their finished runs are kept. It is the engine's to ask.
func Retentions(ctx context.Context, db *models.DB) ([]runtime.Retention, error) {
	all, err := db.Settings(ctx, retentionKeys)
	if err != nil {
		return nil, err
	}
	var out []runtime.Retention
	for name, raw := range all {
		var v view.Retention
		if err := json.Unmarshal(raw, &v); err != nil {
			return nil, fmt.Errorf("reading how long runs of %q are kept: %w", name, err)
		}
		r, err := retentionOf(name, v)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// retentionOf reads a view.
func retentionOf(name string, v view.Retention) (runtime.Retention, error) {
	r := runtime.Retention{Flow: name, Runs: v.MaxRuns, Failed: v.Failed}
	if v.MaxAge != "" {
		age, err := flow.ParseDuration(v.MaxAge)
		switch {
		case err != nil:
			return r, fail(CodeInvalid, "`max_age`: %s", err)
		case age < leastKept:
			return r, fail(CodeInvalid, "`max_age` is %s; it must be at least %s", v.MaxAge, flow.FormatDuration(leastKept))
		}
		r.Age = age
	}
	if v.MaxRuns < 0 || v.MaxRuns > mostKept {
		return r, fail(CodeInvalid, "`max_runs` is %d; it must be from 1 to %d, or left out", v.MaxRuns, mostKept)
	}
	return r, nil
}

// retention reads a flow's setting; the zero one keeps everything.
func (s *Server) retention(ctx context.Context, name string) (v view.Retention, err error) {
	raw, err := s.DB.Setting(ctx, retentionKeys+name)
	if errors.Is(err, models.ErrNotFound) {
		return v, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	return v, err
}

// keep saves a flow's setting.
func (s *Server) keep(ctx context.Context, name string, v view.Retention) (view.Retention, error) {
	if _, err := s.DB.Flow(ctx, name); err != nil {
		return v, missing(err, "there is no flow `%s`", clip(name))
	}
	r, err := retentionOf(name, v)
	if err != nil {
		return v, err
	}
	if r.Age == 0 && r.Runs == 0 {
		return view.Retention{}, s.DB.DeleteSetting(ctx, retentionKeys+name)
	}
	if v.MaxAge = ""; r.Age > 0 {
		v.MaxAge = flow.FormatDuration(r.Age)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return v, err
	}
	return v, s.DB.PutSetting(ctx, retentionKeys+name, raw)
}

func (s *Server) getRetention(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	if _, err := s.DB.Flow(ctx, name); err != nil {
		return missing(err, "there is no flow `%s`", clip(name))
	}
	v, err := s.retention(ctx, name)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, v)
}

func (s *Server) putRetention(c echo.Context) error {
	var v view.Retention
	if err := readJSON(c, &v); err != nil {
		return err
	}
	v, err := s.keep(c.Request().Context(), c.Param("flow"), v)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, v)
}

func (s *Server) deleteRetention(c echo.Context) error {
	if _, err := s.keep(c.Request().Context(), c.Param("flow"), view.Retention{}); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// retentionForm saves what the flow's page says. What is wrong with it is said on the page, beside what was typed.
func (s *Server) retentionForm(c echo.Context) error {
	name := c.Param("flow")
	v := view.Retention{MaxAge: strings.TrimSpace(c.FormValue("max_age")), Failed: c.FormValue("failed") == "true"}
	var err error
	if text := strings.TrimSpace(c.FormValue("max_runs")); text != "" {
		if v.MaxRuns, err = strconv.Atoi(text); err != nil || v.MaxRuns < 1 {
			err = fail(CodeInvalid, "“%s” is not a number of runs", clip(text))
		}
	}
	if err == nil {
		_, err = s.keep(c.Request().Context(), name, v)
	}
	if e := coded(err); err != nil && e.Code == CodeInvalid {
		return s.showFlowWith(c, name, e.status(), &templates.RetentionForm{MaxAge: c.FormValue("max_age"), MaxRuns: c.FormValue("max_runs"), Failed: v.Failed, Error: strings.TrimPrefix(e.Message, "`max_age`: ")})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/flows/"+name+"?flash=retained#retention")
}

// retentionShown is the form as it stands.
func retentionShown(v view.Retention) *templates.RetentionForm {
	f := &templates.RetentionForm{MaxAge: v.MaxAge, Failed: v.Failed}
	if v.MaxRuns > 0 {
		f.MaxRuns = strconv.Itoa(v.MaxRuns)
	}
	f.Stands = f.Words()
	return f
}
