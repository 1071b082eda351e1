package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/edit"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/web/view"
)

// mergeDraft joins what somebody has not saved yet with the draft that somebody else saved meanwhile: step by step, field by field. It saves nothing.
func (s *Server) mergeDraft(c echo.Context) error {
	var req struct {
		Base    string `json:"base"` // the text that the changes were made on
		Changes []struct {
			Text  *string   `json:"text"`
			Edits []edit.Op `json:"edits"`
		} `json:"changes"`
		Choose map[string]string `json:"choose"`
	}
	if err := readJSON(c, &req); err != nil {
		return err
	}
	mine := []byte(req.Base)
	edits := 0
	for i, change := range req.Changes {
		if change.Text != nil {
			mine = []byte(*change.Text)
			continue
		}
		for _, op := range change.Edits {
			if edits++; edits > mostEdits {
				return fail(CodeTooLarge, "at most %d operations are done at once", mostEdits)
			}
			next, _, err := edit.Apply(mine, op)
			var refused *edit.Error
			if errors.As(err, &refused) {
				return fail(CodeInvalid, "%s", refused.Message).with(map[string]any{"change": i, "reason": refused.Code})
			}
			if err != nil {
				return err
			}
			mine = next
		}
	}
	if len(req.Base) > flow.MaxSource || len(mine) > flow.MaxSource {
		return fail(CodeTooLarge, "the text is larger than %d bytes", flow.MaxSource)
	}
	d, err := s.readDraft(c.Request().Context(), c.Param("flow"))
	if err != nil {
		return err
	}
	out, changes, err := edit.Merge([]byte(req.Base), mine, d.source, req.Choose)
	var refused *edit.Error
	if errors.As(err, &refused) {
		return fail(CodeInvalid, "%s", refused.Message).with(map[string]any{"reason": refused.Code, "mine": string(mine)})
	}
	if err != nil {
		return err
	}
	v := view.Merge{ETag: d.etag(), Source: string(out), Mine: string(mine), Changes: []view.MergeChange{}}
	for _, one := range changes {
		v.Changes = append(v.Changes, view.MergeChange{Path: one.Path(), Step: one.Step, Field: one.Field, Side: one.Side, Base: one.Base, Mine: one.Mine, Theirs: one.Theirs})
	}
	return answerJSON(c, http.StatusOK, v)
}
