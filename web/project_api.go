package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/web/view"
)

// getProject says how the server's project folder stands.
func (s *Server) getProject(c echo.Context) error {
	return answerJSON(c, http.StatusOK, s.project())
}

// project is how the folder stands; its lists are never nil.
func (s *Server) project() view.Project {
	p := s.Project()
	if p.Problems == nil {
		p.Problems = []view.ProjectProblem{}
	}
	if p.Notes == nil {
		p.Notes = []string{}
	}
	return p
}
