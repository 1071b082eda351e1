package web

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
)

// getValue answers one recorded value of a run, or of a step (?item= of a for_each), byte for byte as it was recorded, whole or the Range
// that is asked for; ?download names a file for it.
func (s *Server) getValue(what string) echo.HandlerFunc {
	return func(c echo.Context) error {
		item, err := itemNumber(c)
		if err != nil {
			return err
		}
		var value []byte
		step := c.Param("step")
		err = s.look(c.Request().Context(), c.Param("run"), func(h *history) error {
			if step != "" && !h.outline.Has(step) {
				return fail(CodeNotFound, "the run has no step `%s`", clip(step))
			}
			if v := runview.Value(h.state, step, item, what); v != nil {
				value = v.JSON()
				return nil
			}
			switch {
			case step == "":
				return fail(CodeNotFound, "the run has no %s yet", what)
			case item != planner.NoItem:
				return fail(CodeNotFound, "item %d of `%s` has no %s", item, step, what)
			}
			return fail(CodeNotFound, "`%s` has no %s", step, what)
		})
		if err != nil {
			return err
		}
		h := c.Response().Header()
		if c.QueryParams().Has("download") {
			name := what
			if item != planner.NoItem {
				name = fmt.Sprintf("%d-%s", item, what)
			}
			attach(h, c.Param("run"), step, name+".json")
		}
		return s.sendValue(c, value)
	}
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
