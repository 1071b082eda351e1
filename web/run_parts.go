package web

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/web/templates"
)

// runPartsOf are the parts of the run page that a live page fetches anew, by their names in an address.
var runPartsOf = map[string]func(templates.RunPage) templ.Component{
	"header": templates.RunHeader, "steps": templates.RunSteps, "detail": templates.RunDetail, "inspector": templates.RunInspector,
	"data": templates.RunData,
}

// runParts answers parts of the run page, as many as are named: /fragments/header.inspector.
func (s *Server) runParts(c echo.Context) error {
	names := strings.Split(c.Param("parts"), ".")
	for _, name := range names {
		if runPartsOf[name] == nil {
			return fail(CodeNotFound, "the page of a run has no part `%s`; there are header, steps, detail, inspector and data", clip(name))
		}
	}
	p, err := s.runView(c, false)
	if err != nil {
		return err
	}
	parts := make([]templ.Component, len(names))
	for i, name := range names {
		parts[i] = runPartsOf[name](p)
	}
	return s.render(c, http.StatusOK, templ.Join(parts...))
}
