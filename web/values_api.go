package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

// wanted names one recorded value of a run.
type wanted struct {
	run, step string // step is empty for the run's own
	item      int    // planner.NoItem for the step's own
	attempt   int    // 0: what counts now
	what      string // as runview has it
}

// wantedOf reads which value a request is about: the route, ?item= and ?attempt=.
func wantedOf(c echo.Context, what string) (w wanted, err error) {
	w = wanted{run: c.Param("run"), step: c.Param("step"), what: what}
	if w.item, err = itemNumber(c); err != nil {
		return w, err
	}
	if w.attempt, err = wholeNumber(c, "attempt", 0, 1, 1<<31); err != nil {
		return w, err
	}
	switch {
	case w.step == "" && (w.item != planner.NoItem || w.attempt > 0):
		return w, fail(CodeBadRequest, "a run's own %s has no items and no attempts: those are a step's, at /api/v1/runs/%s/steps/…", what, clip(w.run))
	case what == runview.ValueItem && w.item == planner.NoItem:
		return w, fail(CodeBadRequest, "which item? Name it by `?item=`; items count from 0")
	case what == runview.ValueItem && w.attempt > 0:
		return w, fail(CodeBadRequest, "an item is the same for all its attempts: leave `attempt` out, or ask for its `input`")
	}
	return w, nil
}

// getValue answers one recorded value of a run, or of a step (?item= of a for_each, ?attempt= of what one of several was sent or gave), byte for byte as it was
// recorded, whole or the Range that is asked for; ?download names a file for it.
func (s *Server) getValue(what string) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := wantedOf(c, what)
		if err != nil {
			return err
		}
		value, err := s.recorded(c.Request().Context(), w)
		if err != nil {
			return err
		}
		h := c.Response().Header()
		if c.QueryParams().Has("download") {
			name := what
			if w.item != planner.NoItem {
				name = fmt.Sprintf("%d-%s", w.item, name)
			}
			if w.attempt > 0 {
				name = fmt.Sprintf("%s-%d", name, w.attempt)
			}
			attach(h, w.run, w.step, name+".json")
		}
		return s.sendValue(c, value)
	}
}

// recorded is a value of a run, with stand-ins for what is kept apart. 404 for what is not there, which says what is.
func (s *Server) recorded(ctx context.Context, w wanted) (value []byte, err error) {
	var failed *view.Failure
	var row int64
	var at *runview.Place
	err = s.look(ctx, w.run, func(h *history) error {
		if w.step != "" && !h.outline.Has(w.step) {
			return fail(CodeNotFound, "the run has no step `%s`", clip(w.step))
		}
		row = h.row.ID
		switch {
		case w.attempt > 0:
			at, err = h.attempt(w)
			return err
		case w.what == runview.ValueError:
			failed = runview.Fault(h.state, h.outline, w.step, w.item)
		default:
			if v := runview.Value(h.state, w.step, w.item, w.what); v != nil {
				value = v.JSON()
			}
		}
		return nil
	})
	if err == nil && at != nil {
		value, failed, err = s.readPlace(ctx, row, w.ref(), *at)
	}
	if err == nil && failed != nil {
		value, err = encodeJSON(failed)
	}
	if err == nil && value == nil {
		return nil, w.missing()
	}
	return value, err
}

func (w wanted) ref() planner.Ref { return planner.Ref{Step: w.step, Item: w.item} }

// missing says that there is no such value.
func (w wanted) missing() error {
	switch {
	case w.step == "" && w.what == runview.ValueError:
		return fail(CodeNotFound, "the run has no error")
	case w.step == "":
		return fail(CodeNotFound, "the run has no %s yet", w.what)
	case w.attempt > 0:
		return fail(CodeNotFound, "attempt %d of %s has no %s", w.attempt, w.of(), w.what)
	case w.what == runview.ValueItem:
		return fail(CodeNotFound, "`%s` has no item %d", w.step, w.item)
	}
	return fail(CodeNotFound, "%s has no %s", w.of(), w.what)
}

// of names the unit.
func (w wanted) of() string {
	if w.item != planner.NoItem {
		return fmt.Sprintf("item %d of `%s`", w.item, w.step)
	}
	return "`" + w.step + "`"
}

// attempt finds where the value of an attempt stands. An attempt that was never made is 404, with those that were.
func (h *history) attempt(w wanted) (*runview.Place, error) {
	made, ok := runview.Made(h.state, w.step, w.item)
	switch {
	case !ok && w.item == planner.NoItem:
		return nil, fail(CodeNotFound, "each item of `%s` has attempts of its own: name one by `?item=`", w.step)
	case !ok:
		return nil, fail(CodeNotFound, "`%s` has no item %d", w.step, w.item)
	case w.attempt > made:
		return nil, noSuchAttempt(w, made)
	}
	at, ok := h.places.Attempt(w.ref(), w.what, w.attempt)
	if !ok {
		return nil, w.missing()
	}
	return &at, nil
}

// noSuchAttempt says which attempts there are.
func noSuchAttempt(w wanted, made int) error {
	switch made {
	case 0:
		return fail(CodeNotFound, "there is no attempt %d of %s: it has made none", w.attempt, w.of())
	case 1:
		return fail(CodeNotFound, "there is no attempt %d of %s: there is attempt 1 alone", w.attempt, w.of())
	}
	return fail(CodeNotFound, "there is no attempt %d of %s: there are 1 to %d", w.attempt, w.of(), made)
}

// readPlace reads what stands at a place of a run's journal.
func (s *Server) readPlace(ctx context.Context, run int64, ref planner.Ref, at runview.Place) (value []byte, failed *view.Failure, err error) {
	got, err := source{s.DB, run}.at(ctx, at.Seq)
	if err != nil || len(got) == 0 {
		return nil, nil, err // it was deleted meanwhile
	}
	value, failed = at.Read(ref, got[0].Facts)
	return value, failed, nil
}

// shownBytes is how many bytes a value has, and the value as a page shows it.
func shownBytes(raw []byte) (shown []byte, bytes int64) {
	if raw == nil {
		return nil, 0
	}
	return runview.Shown(raw), expr.SizeOf(raw)
}

// attach makes an answer a file, called after what it is of.
func attach(h http.Header, run, step, name string) {
	file := run[:min(8, len(run))]
	if step != "" {
		file += "-" + step
	}
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+url.PathEscape(file+"-"+name)+`"`)
}

// itemNumber is the item that ?item= names, planner.NoItem without one.
func itemNumber(c echo.Context) (int, error) {
	if c.QueryParam("item") == "" {
		return planner.NoItem, nil
	}
	return wholeNumber(c, "item", 0, 0, 1<<31)
}
