package web

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// retryingBody reads a button on a step that retries: {"item": N?}, without which it is about all that wait for another attempt.
func retryingBody(kind runtime.ButtonKind) func(echo.Context) (runtime.Button, error) {
	return func(c echo.Context) (runtime.Button, error) {
		var req struct {
			Item *int `json:"item"`
		}
		if err := readJSON(c, &req); err != nil {
			return runtime.Button{}, err
		}
		b := runtime.Button{Kind: kind, Step: c.Param("step"), Item: planner.NoItem}
		if req.Item != nil {
			if *req.Item < 0 {
				return b, fail(CodeInvalid, "`item` is %d; items count from 0", *req.Item)
			}
			b.Item = *req.Item
		}
		return b, nil
	}
}

// retryingForm makes the handler of the same button of the run page.
func (s *Server) retryingForm(kind runtime.ButtonKind, said string) echo.HandlerFunc {
	return func(c echo.Context) error {
		b := runtime.Button{Kind: kind, Step: c.Param("step"), Item: planner.NoItem}
		if text := c.FormValue("item"); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				return fail(CodeInvalid, "`item` is %s; items count from 0", clip(text))
			}
			b.Item = n
		}
		return s.pressed(c, b, said)
	}
}
