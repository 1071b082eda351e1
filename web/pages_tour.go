package web

import (
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// plugAmount makes the sample order wait for a person: time enough to kill the server.
const plugAmount = "12000"

// tour is what a run of the flow that the tour begins with offers next: while it goes on, to kill the server; once it has succeeded, a run that waits
// for it. Only a server on its user's machine says its process's number, which is one without a sign-in.
func (s *Server) tour(run view.Run) (t templates.Tour) {
	if s.Plug.Kill == "" || s.PasswordHash != "" || !s.tourStartsAt(run.Flow) {
		return t
	}
	switch run.Status {
	case "pending", "running", "waiting":
		t.Kill, t.Again = s.Plug.Kill, s.Plug.Again
	case "succeeded":
		t.Next = "/flows/" + run.Flow + "/start?amount=" + plugAmount
	}
	return t
}

// tourStartsAt reports whether the tour begins with that flow.
func (s *Server) tourStartsAt(flow string) bool {
	start, err := url.Parse(s.Tour)
	return s.Tour != "" && err == nil && start.Path == "/flows/"+flow+"/start"
}

// prefill takes single fields of the form from the address, each by its name: /flows/order/start?amount=12000&fail=ship. It reports whether it took any.
func (f form) prefill(t typed, query url.Values) (took bool) {
	for _, field := range f.fields(t, nil) {
		value := query.Get(field.Path)
		switch field.Kind {
		case "string", "text", "number", "integer", "enum":
			if value != "" && field.Path != "run" { // "run" names the run whose input is taken
				t.text[field.Path], took = value, true
			}
		}
	}
	return took
}

// connecting is the part of the functions page that says how to add one; ?connect= chooses the kind.
func connecting(c echo.Context, signedIn bool) templates.Connect {
	kind := c.QueryParam("connect")
	open := kind != ""
	if kind != "lambda" {
		kind = "http"
	}
	return templates.Connect{Kind: kind, Open: open, Base: c.Scheme() + "://" + strings.TrimSuffix(c.Request().Host, "/"), Token: signedIn}
}
