package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/edit"
	"github.com/segno-run/segno/web/view"
)

// getReferences lists what a rename of ?step= would write anew, in the draft and in the flow's tests.
func (s *Server) getReferences(c echo.Context) error {
	ctx, name, step := c.Request().Context(), c.Param("flow"), c.QueryParam("step")
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return err
	}
	refs, err := edit.References(d.source, step)
	var refused *edit.Error
	if errors.As(err, &refused) {
		if refused.Code == edit.UnknownStep {
			return fail(CodeNotFound, "%s", refused.Message)
		}
		return fail(CodeInvalid, "%s", refused.Message).with(map[string]any{"reason": refused.Code})
	}
	if err != nil {
		return err
	}
	out := []view.Reference{}
	for _, r := range refs {
		out = append(out, view.Reference{In: r.In, Step: r.Step, Line: r.Line, Text: r.Text})
	}
	rows, err := s.DB.FlowTests(ctx, name)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if folderOf(row.File) != "tests" {
			continue
		}
		for _, r := range edit.ReferencesInTest(row.Source, step) {
			out = append(out, view.Reference{In: r.In, File: row.File, Line: r.Line, Text: r.Text})
		}
	}
	return answerJSON(c, http.StatusOK, map[string]any{"references": out})
}
