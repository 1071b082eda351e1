package web

import "github.com/labstack/echo/v4"

// Routes lists what the server answers, for tests that must not forget one.
func (s *Server) Routes() []*echo.Route { return s.echo.Routes() }

// ForViewer is what is left of a page for who may only look.
func ForViewer(page string) string { return string(forViewer([]byte(page))) }
