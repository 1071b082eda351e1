package web

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/web/templates"
)

func (s *Server) pageRoutes(e *echo.Echo) {
	e.GET("/login", s.loginPage)
	e.POST("/login", s.login)
	e.POST("/logout", s.logout)
}

// chrome is what every page shares.
func (s *Server) chrome(c echo.Context, title, section string) templates.Chrome {
	return templates.Chrome{Title: title, Section: section, Nonce: nonceOf(c), SignedIn: actor(c) == operator && s.signIn.hash != nil, Now: s.Now(), Flash: takeFlash(c)}
}

// render writes a page whole: a template that fails half way must not leave half a page behind.
func (s *Server) render(c echo.Context, status int, page templ.Component) error {
	var out bytes.Buffer
	if err := page.Render(c.Request().Context(), &out); err != nil {
		return fmt.Errorf("rendering a page: %w", err)
	}
	return c.HTMLBlob(status, out.Bytes())
}

// errorPage shows an error to a person.
func (s *Server) errorPage(c echo.Context, e *Error) error {
	p := templates.ErrorPage{Chrome: s.chrome(c, http.StatusText(e.status()), ""), Status: e.status(), What: e.Message,
		Where: c.Request().Method + " " + clip(c.Request().URL.Path)}
	switch e.Code {
	case CodeNotFound:
		p.How = "It may have been removed, or the address has a typing error."
		p.Links = []templates.Link{{Text: "Flows", Href: "/flows"}, {Text: "Runs", Href: "/runs"}}
	case CodeInternal:
		p.How = fmt.Sprintf("The server's log has the cause under request `%v`.", c.Get(requestKey))
	case CodeForbidden:
		p.How = "Open Segno by the address that it printed when it started."
	default:
		p.Links = []templates.Link{{Text: "Flows", Href: "/flows"}}
	}
	return s.render(c, e.status(), templates.Error(p))
}
