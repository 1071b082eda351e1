package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
)

// languageSchema gives the JSON Schema of a flow's text, for editors.
func (s *Server) languageSchema(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/schema+json", flow.LanguageSchema())
}
