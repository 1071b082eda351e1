package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/scenario"
	"github.com/segno-run/segno/web/templates"
)

func (s *Server) testRoutes(e *echo.Echo) {
	e.GET("/flows/:flow/tests", s.testsPage)
	e.POST("/flows/:flow/tests/run", s.runTestsForm(kindScenarios))
	e.POST("/flows/:flow/tests/faults", s.runTestsForm(kindFaults))
	e.POST("/flows/:flow/tests/save", s.saveTestForm)
	e.POST("/flows/:flow/tests/delete", s.deleteTestForm)
}

// testsURL is the page of a flow's tests; pairs are parameters and their values, of which the empty ones are left out.
func testsURL(name string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return "/flows/" + name + "/tests"
	}
	return "/flows/" + name + "/tests?" + q.Encode()
}

func (s *Server) testsPage(c echo.Context) error {
	p, b, err := s.tests(c, c.QueryParam("version"), c.QueryParam("view"))
	if err != nil {
		return err
	}
	if p.View == "file" {
		if p.Editor, err = s.testEditor(c, b); err != nil {
			return err
		}
	}
	return s.render(c, http.StatusOK, templates.Tests(*p))
}

// tests fills the page of a flow's tests, but for the editor.
func (s *Server) tests(c echo.Context, version, view string) (*templates.TestsPage, *testbed, error) {
	ctx := c.Request().Context()
	b, err := s.newTestbed(ctx, c.Param("flow"), version, nil)
	if err != nil {
		return nil, nil, err
	}
	p := &templates.TestsPage{Head: head(b.draft, "tests"), View: "scenarios", Version: b.version, Problems: errorCount(b.broken)}
	p.Chrome = s.chrome(c, p.Head.Title+" tests", "flows")
	p.Said, p.Flash = p.Flash, nil
	if view == "faults" || view == "file" {
		p.View = view
	}
	const offered = 20
	for v := b.latest; v > max(0, b.latest-offered); v-- {
		p.Versions = append(p.Versions, v)
	}
	if b.version > 0 && b.version <= b.latest-offered {
		p.Versions = append(p.Versions, b.version)
	}
	played, err := s.recall(ctx, b, kindScenarios)
	if err != nil {
		return nil, nil, err
	}
	b.list(p, played)
	switch p.View {
	case "scenarios":
		b.outcomes(p, played, c.QueryParam("file"), c.QueryParam("scenario"))
	case "faults":
		tried, err := s.recall(ctx, b, kindFaults)
		if err != nil {
			return nil, nil, err
		}
		b.matrices(p, tried, c.QueryParam("file"), c.QueryParam("cell"))
	}
	return p, b, nil
}

// firstScenario writes a scenario from the flow. It plays the flow for that, so it takes the seat of tests.
func (s *Server) firstScenario(ctx context.Context, b *testbed) ([]byte, error) {
	path, input := b.input()
	ctx, cancel := context.WithTimeout(ctx, s.TestTime)
	defer cancel()
	if err := s.takeSeat(ctx); err != nil {
		return nil, err
	}
	defer func() { <-s.testing }()
	return scenario.Template(ctx, b.project, b.flow, path, input), nil
}

// testEditor opens a file, or a new one with a template.
func (s *Server) testEditor(c echo.Context, b *testbed) (*templates.TestEditor, error) {
	file := c.QueryParam("file")
	if c.QueryParam("new") != "" {
		e := &templates.TestEditor{New: true, File: b.freeName()}
		first, err := s.firstScenario(c.Request().Context(), b)
		if err != nil {
			return nil, err
		}
		e.Source = string(first)
		e.Rows = rows(e.Source)
		return e, nil
	}
	if file == "" {
		if len(b.rows) == 0 {
			return nil, nil
		}
		file = b.firstFile()
	}
	for _, row := range b.rows {
		if row.File == file {
			return b.editor(row), nil
		}
	}
	return nil, fail(CodeNotFound, "the flow `%s` has no test file `%s`", b.flow, clip(file))
}

// runTestsForm runs tests and leads back to the page, which shows what they said. What could not be run is told on the page.
func (s *Server) runTestsForm(kind string) echo.HandlerFunc {
	return func(c echo.Context) error {
		name, version := c.Param("flow"), c.FormValue("version")
		ch := chosen{file: c.FormValue("file"), scenario: c.FormValue("scenario")}
		view := ""
		if kind == kindFaults {
			view = "faults"
		}
		_, err := s.test(c.Request().Context(), name, version, kind, ch, nil)
		var refused *Error
		if errors.As(err, &refused) && (refused.Code == CodeInvalid || refused.Code == CodeUnavailable) {
			p, _, err := s.tests(c, version, view)
			if err != nil {
				return err
			}
			p.Said = &templates.Flash{Error: true, Text: sentence(refused.Message)}
			return s.render(c, refused.status(), templates.Tests(*p))
		}
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, testsURL(name, "version", version, "view", view, "file", ch.file, "scenario", ch.scenario))
	}
}

// saveTestForm keeps a file, and what was typed stays on the page if it can't be kept.
func (s *Server) saveTestForm(c echo.Context) error {
	ctx, name, file := c.Request().Context(), c.Param("flow"), strings.TrimSpace(c.FormValue("file"))
	text, version := normalize(c.FormValue("source")), c.FormValue("version")
	rev, isNew := int64(0), c.FormValue("etag") == ""
	if !isNew {
		n, err := strconv.ParseInt(strings.Trim(c.FormValue("etag"), `"`), 10, 64)
		if err != nil {
			return fail(CodeBadRequest, "the form has no revision of the file that it changes")
		}
		rev = n
	}
	_, err := s.saveTest(ctx, name, file, []byte(text), rev)
	var refused *Error
	switch {
	case errors.Is(err, models.ErrConflict) && isNew:
		refused = fail(CodeConflict, "there is a file `%s` already; give this one another name", file)
	case errors.Is(err, models.ErrConflict):
		refused = fail(CodeConflict, "somebody else has changed this file in the meantime; your text is below and not saved. Save again to replace theirs")
	case err != nil && !errors.As(err, &refused):
		return err
	}
	if refused != nil {
		return s.testNotKept(c, version, refused, &templates.TestEditor{File: file, ETag: c.FormValue("etag"), New: isNew, Source: text, Rows: rows(text)})
	}
	if c.FormValue("then") != "run" {
		return c.Redirect(http.StatusSeeOther, testsURL(name, "version", version, "view", "file", "file", file, "flash", "kept"))
	}
	if _, err := s.test(ctx, name, version, kindScenarios, chosen{}, nil); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, testsURL(name, "version", version))
}

// testNotKept shows the editor again, with what was typed and why it was not kept.
func (s *Server) testNotKept(c echo.Context, version string, refused *Error, e *templates.TestEditor) error {
	p, b, err := s.tests(c, version, "file")
	if err != nil {
		return err
	}
	for _, row := range b.rows {
		if row.File == e.File && !e.New {
			e.ETag = etag(row.Rev)
		}
	}
	p.Editor, p.Said = e, &templates.Flash{Error: true, Text: sentence(refused.Message)}
	return s.render(c, refused.status(), templates.Tests(*p))
}

func (s *Server) deleteTestForm(c echo.Context) error {
	name, file := c.Param("flow"), c.FormValue("file")
	rev, err := strconv.ParseInt(strings.Trim(c.FormValue("etag"), `"`), 10, 64)
	if err != nil {
		return fail(CodeBadRequest, "the form has no revision of the file that it removes")
	}
	err = s.DB.DeleteFlowTest(c.Request().Context(), name, file, rev)
	switch {
	case errors.Is(err, models.ErrConflict):
		return fail(CodeConflict, "somebody else has changed `%s` in the meantime", clip(file))
	case err != nil:
		return missing(err, "the flow `%s` has no test file `%s`", clip(name), clip(file))
	}
	return c.Redirect(http.StatusSeeOther, testsURL(name, "version", c.FormValue("version"), "view", "file", "flash", "removed"))
}
