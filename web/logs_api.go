package web

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

// getLogs answers the lines that a step's function wrote as text, one a line: when, on which stream, what; ?attempt= and ?item= choose.
func (s *Server) getLogs(c echo.Context) error {
	item, err := itemNumber(c)
	if err != nil {
		return err
	}
	attempt, err := wholeNumber(c, "attempt", 0, 1, 1<<31)
	if err != nil {
		return err
	}
	var text []byte
	run, step := c.Param("run"), c.Param("step")
	err = s.look(c.Request().Context(), run, func(h *history) error {
		if !h.outline.Has(step) {
			return fail(CodeNotFound, "the run has no step `%s`", clip(step))
		}
		attempts := runview.StepOf(h.state, h.outline, step, true).Attempts
		if item != planner.NoItem {
			one, ok := runview.Item(h.state, h.outline, step, item)
			if !ok {
				return fail(CodeNotFound, "`%s` has no item %d", step, item)
			}
			attempts = one.Attempts
		}
		var found bool
		if text, found = logText(attempts, attempt); !found {
			w := wanted{run: run, step: step, item: item, attempt: attempt}
			if made, ok := runview.Made(h.state, step, item); ok && attempt > made {
				return noSuchAttempt(w, made)
			}
			return fail(CodeNotFound, "the lines of attempt %d of %s are not kept any more", attempt, w.of())
		}
		return nil
	})
	if err != nil {
		return err
	}
	name := "logs"
	if item != planner.NoItem {
		name = fmt.Sprintf("%d-%s", item, name)
	}
	if attempt > 0 {
		name = fmt.Sprintf("%s-%d", name, attempt)
	}
	attach(c.Response().Header(), run, step, name+".txt")
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", text)
}

// logText writes the lines of one attempt, or of all for 0.
func logText(attempts []view.Attempt, number int) (text []byte, found bool) {
	var out bytes.Buffer
	for _, a := range attempts {
		if number != 0 && a.Number != number {
			continue
		}
		found = true
		if number == 0 && len(attempts) > 1 {
			fmt.Fprintf(&out, "# attempt %d, %s\n", a.Number, a.Status)
		}
		for _, l := range a.Logs {
			fmt.Fprintf(&out, "%s %s %s\n", l.At.UTC().Format("2006-01-02T15:04:05.000Z"), l.Stream, l.Text)
		}
		if a.Dropped > 0 {
			fmt.Fprintf(&out, "# %d more lines were not kept\n", a.Dropped)
		}
	}
	return out.Bytes(), found || number == 0
}
