package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/web/templates"
)

func (s *Server) pageRoutes(e *echo.Echo) {
	e.GET("/login", s.loginPage)
	e.POST("/login", s.login)
	e.POST("/logout", s.logout)

	e.GET("/", s.flowsPage)
	e.GET("/flows", s.flowsPage)
	e.GET("/flows/new", s.newFlowPage)
	e.POST("/flows/new", s.newFlowForm)
	e.GET("/flows/:flow", s.flowPage)
	e.GET("/flows/:flow/edit", s.canvasPage)
	e.POST("/flows/:flow/draft", s.saveDraftForm)
	e.POST("/flows/:flow/publish", s.publishForm)
	e.GET("/flows/:flow/versions", s.versionsPage)
	e.GET("/flows/:flow/versions/:version", s.versionPage)
	e.POST("/flows/:flow/versions/:version/restore", s.restoreForm)
	e.POST("/flows/:flow/unrestore", s.unrestoreForm)
	e.GET("/flows/:flow/diff", s.diffPage)
	s.testRoutes(e)
	e.POST("/flows/:flow/retention", s.retentionForm)
	e.GET("/flows/:flow/retries", s.bulksPage)
	e.POST("/flows/:flow/retries", s.bulkStartForm)
	e.GET("/flows/:flow/retries/:bulk", s.bulkPageOf)
	e.POST("/flows/:flow/retries/:bulk/stop", s.bulkStopForm)
	e.GET("/flows/:flow/start", s.startPage)
	e.POST("/flows/:flow/start", s.startForm)

	e.GET("/palette", s.palette)
	e.GET("/runs", s.runsPage)
	e.GET("/runs/fragments/live", s.liveRows)
	e.POST("/runs/views", s.saveView)
	e.POST("/runs/views/remove", s.removeView)
	e.GET("/runs/:run", s.runPage)
	e.GET("/runs/:run/fragments/:parts", s.runParts)
	e.GET("/runs/:run/compare", s.comparePage)
	e.GET("/runs/:run/live", s.live) // the address by which pages follow a run
	e.POST("/runs/:run/retry", s.plannedForm(runtime.ButtonRetry, "retried"))
	e.POST("/runs/:run/pause", s.pressForm("paused", plainForm(runtime.ButtonPause)))
	e.POST("/runs/:run/resume", s.pressForm("resumed", plainForm(runtime.ButtonResume)))
	e.POST("/runs/:run/cancel", s.pressForm("cancelled", cancelForm))
	e.POST("/runs/:run/restart", s.plannedForm(runtime.ButtonRestart, "restarted"))
	e.POST("/runs/:run/compensate", s.plannedForm(runtime.ButtonCompensate, "compensated"))
	e.POST("/runs/:run/approvals/:step", s.approvalForm)
	e.POST("/runs/:run/steps/:step/retry-now", s.retryingForm(runtime.ButtonRetryNow, "hurried"))
	e.POST("/runs/:run/steps/:step/stop-retrying", s.retryingForm(runtime.ButtonStopRetrying, "given_up"))
	e.POST("/runs/:run/steps/:step/resolve", s.resolveForm)

	e.GET("/replicas", s.replicasPage)

	e.GET("/functions", s.functionsPage)
	e.GET("/functions/:function", s.functionPage)
	e.POST("/functions/:function/try", s.tryForm)
	e.POST("/functions/:function/check", s.changeForm)

	// A refused form is shown at the address it was sent to: who opens that again gets the page with the form.
	for form, page := range map[string]string{
		"/flows/:flow/retention": "/flows/:flow", "/flows/:flow/retries/:bulk/stop": "/flows/:flow/retries/:bulk",
		"/logout": "/flows", "/flows/:flow/draft": "/flows/:flow/edit", "/flows/:flow/publish": "/flows/:flow/edit",
		"/flows/:flow/tests/run": "/flows/:flow/tests", "/flows/:flow/tests/faults": "/flows/:flow/tests", "/flows/:flow/tests/save": "/flows/:flow/tests",
		"/flows/:flow/tests/delete":              "/flows/:flow/tests",
		"/flows/:flow/versions/:version/restore": "/flows/:flow/versions", "/flows/:flow/unrestore": "/flows/:flow/versions", "/runs/:run/retry": "/runs/:run", "/runs/:run/cancel": "/runs/:run",
		"/runs/:run/compensate": "/runs/:run", "/runs/:run/approvals/:step": "/runs/:run", "/runs/:run/steps/:step/resolve": "/runs/:run",
		"/functions/:function/try": "/functions/:function", "/functions/:function/check": "/functions/:function", "/runs/views": "/runs", "/runs/views/remove": "/runs",
		"/runs/:run/steps/:step/retry-now": "/runs/:run", "/runs/:run/steps/:step/stop-retrying": "/runs/:run",
	} {
		e.GET(form, func(c echo.Context) error {
			to := page
			for _, name := range c.ParamNames() {
				to = strings.ReplaceAll(to, ":"+name, url.PathEscape(c.Param(name)))
			}
			return c.Redirect(http.StatusSeeOther, to)
		})
	}
}

// chrome is what every page shares.
func (s *Server) chrome(c echo.Context, title, section string) templates.Chrome {
	return templates.Chrome{Title: title, Section: section, Nonce: nonceOf(c), SignedIn: c.Get(sessionKey) != nil, Viewer: roleOf(c) == viewerRole,
		Base: c.Scheme() + "://" + c.Request().Host, Token: s.signIn.hash != nil, Now: s.Now(), Flash: takeFlash(c)}
}

// render writes a page whole: a template that fails half way must not leave half a page behind.
func (s *Server) render(c echo.Context, status int, page templ.Component) error {
	var out bytes.Buffer
	if err := page.Render(c.Request().Context(), &out); err != nil {
		return fmt.Errorf("rendering a page: %w", err)
	}
	if roleOf(c) == viewerRole {
		return c.HTMLBlob(status, forViewer(out.Bytes()))
	}
	return c.HTMLBlob(status, out.Bytes())
}

// errorPage shows an error to a person.
func (s *Server) errorPage(c echo.Context, e *Error) error {
	p := templates.ErrorPage{Chrome: s.chrome(c, http.StatusText(e.status()), ""), Status: e.status(), What: sentence(e.Message),
		Where: c.Request().Method + " " + clip(c.Request().URL.Path)}
	flows := templates.Link{Text: "Flows", Href: "/flows"}
	switch e.Code {
	case CodeNotFound:
		p.How = "It may have been removed, or the address has a typing error."
		p.Links = []templates.Link{flows, {Text: "Runs", Href: "/runs"}, {Text: "Functions", Href: "/functions"}}
		if name := c.Param("flow"); flow.ValidName(name) && c.Path() == "/flows/:flow" {
			p.Links = append(p.Links, templates.Link{Text: "New flow " + name, Href: "/flows/new?template=blank&name=" + name})
		}
	case CodeInternal:
		p.What = "Something went wrong in the server."
		p.How = fmt.Sprintf("The server's log has the cause under request `%v`.", c.Get(requestKey))
		if uri := c.Request().URL.RequestURI(); c.Request().Method == http.MethodGet && !strings.HasPrefix(uri, "//") {
			p.Links = append(p.Links, templates.Link{Text: "Try again", Href: uri})
		}
		p.Links = append(append(p.Links, back(c)...), flows)
	case CodeForbidden:
		if roleOf(c) == viewerRole {
			p.How = "Sign out, and in again with the operator's password."
			p.Links = append(back(c), flows)
			break
		}
		p.How = "Open Segno by the address that it printed when it started."
	case CodeUnavailable:
		if !errors.Is(e, errLater) {
			p.Links = append(back(c), flows)
			break
		}
		p.How = "Look at it on a server of that release, or update this one. Buttons and signals that are sent here reach it."
		p.Links = []templates.Link{{Text: "Runs", Href: "/runs"}, flows}
	case CodeConflict:
		p.How = "Something has changed since the page was shown: look at it again."
		p.Links = append(back(c), flows)
	default:
		p.Links = append(back(c), flows)
	}
	if found, ok := e.Details.(map[string]any); ok {
		p.Details = detailLines(found)
	}
	return s.render(c, e.status(), templates.Error(p))
}

// back is the run or the flow that a form belonged to.
func back(c echo.Context) []templates.Link {
	if id := c.Param("run"); id != "" {
		return []templates.Link{{Text: "Back to the run", Href: "/runs/" + id}}
	}
	if name := c.Param("flow"); name != "" && c.Request().Method == http.MethodPost {
		return []templates.Link{{Text: "Back to the canvas", Href: "/flows/" + name + "/edit"}}
	}
	return nil
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if c := s[0]; c >= 'a' && c <= 'z' {
		s = string(c-'a'+'A') + s[1:]
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
