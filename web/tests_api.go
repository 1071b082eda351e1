package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/models"
)

// testEntry is one file of GET /flows/{name}/tests.
type testEntry struct {
	File      string          `json:"file"`
	Path      string          `json:"path"` // in a project folder: how scenarios and issues name it
	ETag      string          `json:"etag"`
	UpdatedAt time.Time       `json:"updated_at"`
	Scenarios []scenarioEntry `json:"scenarios,omitempty"`
	Issues    project.Issues  `json:"issues"`
}

type scenarioEntry struct {
	Name string `json:"name"`
	Line int    `json:"line"`
}

func (b *testbed) entry(row models.FlowTest) testEntry {
	e := testEntry{File: row.File, Path: project.TestPath(row.File), ETag: etag(row.Rev), UpdatedAt: row.UpdatedAt, Issues: b.of(row.File)}
	for _, t := range b.files {
		if t.Path == e.Path {
			for _, sc := range t.Scenarios {
				e.Scenarios = append(e.Scenarios, scenarioEntry{sc.Name, sc.Pos.Line})
			}
		}
	}
	return e
}

func (s *Server) listTests(c echo.Context) error {
	b, err := s.newTestbed(c.Request().Context(), c.Param("flow"), c.QueryParam("version"), nil)
	if err != nil {
		return err
	}
	tests, inputs := []testEntry{}, []testEntry{}
	for _, row := range b.rows {
		if folderOf(row.File) == "tests" {
			tests = append(tests, b.entry(row))
		} else {
			inputs = append(inputs, b.entry(row))
		}
	}
	return answerJSON(c, http.StatusOK, map[string]any{"flow": b.flow, "version": b.version, "tests": tests, "inputs": inputs})
}

// testFile is the file that an address names.
func (s *Server) testFile(c echo.Context) (models.FlowTest, error) {
	t, err := s.DB.FlowTest(c.Request().Context(), c.Param("flow"), c.Param("file"))
	return t, missing(err, "the flow `%s` has no test file `%s`", clip(c.Param("flow")), clip(c.Param("file")))
}

func (s *Server) getTest(c echo.Context) error {
	t, err := s.testFile(c)
	if err != nil {
		return err
	}
	c.Response().Header().Set("ETag", etag(t.Rev))
	kind := mimeYAML
	if folderOf(t.File) == "inputs" {
		kind = echo.MIMEApplicationJSON
	}
	return c.Blob(http.StatusOK, kind, t.Source)
}

// putTest keeps a test file as it was written. Scenarios may be wrong, as a draft may, and the answer says what is; an input must be JSON.
func (s *Server) putTest(c echo.Context) error {
	if err := accept(c, append(slices.Clone(yamlTypes), echo.MIMEApplicationJSON)...); err != nil {
		return err
	}
	body, err := readBody(c)
	if err != nil {
		return err
	}
	rev, err := expected(c)
	if err != nil {
		return err
	}
	name, file := c.Param("flow"), c.Param("file")
	created, err := s.saveTest(c.Request().Context(), name, file, body, rev)
	if errors.Is(err, models.ErrConflict) {
		return s.testNotSaved(c, name, file)
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if rev == 0 {
		status = http.StatusCreated
	}
	return s.answerTest(c, status, name, created)
}

// saveTest checks and keeps a test file. models.ErrConflict is the caller's to explain.
func (s *Server) saveTest(ctx context.Context, name, file string, text []byte, rev int64) (models.FlowTest, error) {
	row := models.FlowTest{Flow: name, File: file, Source: text}
	switch {
	case !testFileName.MatchString(file):
		return row, fail(CodeInvalid, "`%s` can't name a test file: write name.yaml for scenarios or name.json for an input, of letters, digits, `_`, `-` and `.`", clip(file))
	case !utf8.Valid(text):
		return row, fail(CodeBadRequest, "the text is not valid UTF-8")
	case len(text) > flow.MaxSource:
		return row, fail(CodeTooLarge, "the text is larger than %d bytes", flow.MaxSource)
	}
	if folderOf(file) == "inputs" {
		if err := checkJSON(text); err != nil {
			return row, fail(CodeInvalid, "%s", coded(err).Message)
		}
	}
	var err error
	row.Rev, err = s.DB.SaveFlowTest(ctx, name, file, text, rev)
	row.UpdatedAt = s.Now().UTC()
	if errors.Is(err, models.ErrTooMany) {
		return row, fail(CodeTooLarge, "a flow has at most %d test files", models.MaxFlowTests)
	}
	return row, missing(err, "there is no flow `%s`", clip(name))
}

// answerTest tells what a file holds, and what is wrong with it.
func (s *Server) answerTest(c echo.Context, status int, name string, row models.FlowTest) error {
	b, err := s.newTestbed(c.Request().Context(), name, "", &row)
	if err != nil {
		return err
	}
	c.Response().Header().Set("ETag", etag(row.Rev))
	return answerJSON(c, status, b.entry(row))
}

func (s *Server) testNotSaved(c echo.Context, name, file string) error {
	now, err := s.testFile(c)
	if err == nil {
		c.Response().Header().Set("ETag", etag(now.Rev))
	} else if coded(err).Code != CodeNotFound {
		return err
	}
	if c.Request().Header.Get("If-Match") == "" {
		return fail(CodePrecondition, "`%s` has the test file `%s`: send its ETag as If-Match, or If-Match: * to overwrite whatever is there", name, file)
	}
	return fail(CodeConflict, "somebody else has changed `%s` in the meantime", file).as(http.StatusPreconditionFailed).with(map[string]any{"source": string(now.Source)})
}

func (s *Server) deleteTest(c echo.Context) error {
	t, err := s.testFile(c)
	if err != nil {
		return err
	}
	rev := int64(models.AnyRev)
	if c.Request().Header.Get("If-Match") != "" {
		if rev, err = expected(c); err != nil {
			return err
		}
	}
	if err := s.DB.DeleteFlowTest(c.Request().Context(), t.Flow, t.File, rev); errors.Is(err, models.ErrConflict) {
		return s.testNotSaved(c, t.Flow, t.File)
	} else if err != nil {
		return missing(err, "the flow `%s` has no test file `%s`", clip(t.Flow), clip(t.File))
	}
	return c.NoContent(http.StatusNoContent)
}

// unsavedName is the file as which a text is run that has no name.
const unsavedName = "unsaved.yaml"

// runTests answers POST /flows/{name}/tests/run and /faults. A body is the text of a test file that is not saved: it alone is run, and inputs that it
// names are those that are saved.
func (s *Server) runTests(kind string) echo.HandlerFunc {
	return func(c echo.Context) error {
		text, err := readBody(c)
		if err == nil && len(text) > 0 { // a client that sends nothing may call that what it likes
			err = accept(c, yamlTypes...)
		}
		if err != nil {
			return err
		}
		ch := chosen{file: c.QueryParam("file"), scenario: c.QueryParam("scenario")}
		var unsaved *models.FlowTest
		if len(text) > 0 {
			if ch.file == "" {
				ch.file = unsavedName
			}
			unsaved = &models.FlowTest{File: ch.file, Source: text}
		}
		report, err := s.test(c.Request().Context(), c.Param("flow"), c.QueryParam("version"), kind, ch, unsaved)
		if err != nil {
			return err
		}
		return answerJSON(c, http.StatusOK, report)
	}
}

// test runs tests of a flow and, unless they are of an unsaved text, keeps what they say.
func (s *Server) test(ctx context.Context, name, version, kind string, ch chosen, unsaved *models.FlowTest) (*testReport, error) {
	b, err := s.newTestbed(ctx, name, version, unsaved)
	if err != nil {
		return nil, err
	}
	if ch.file != "" && !slices.ContainsFunc(b.rows, func(t models.FlowTest) bool { return t.File == ch.file && folderOf(t.File) == "tests" }) {
		return nil, fail(CodeNotFound, "the flow `%s` has no test file `%s`", name, clip(ch.file))
	}
	if ch.scenario != "" && !b.has(ch) {
		return nil, fail(CodeNotFound, "the tests of `%s` have no scenario `%s`", name, clip(ch.scenario))
	}
	if unsaved != nil { // what is wrong elsewhere is not asked
		b.issues = b.of(ch.file)
	}
	report, err := s.play(ctx, b, kind, ch)
	if err != nil || unsaved != nil {
		return report, err
	}
	return report, s.remember(ctx, b, kind, ch, report)
}

// has reports whether a testbed has the scenario chosen.
func (b *testbed) has(ch chosen) bool {
	for _, t := range b.files {
		if ch.file != "" && t.Path != "tests/"+ch.file {
			continue
		}
		for _, sc := range t.Scenarios {
			if sc.Name == ch.scenario {
				return true
			}
		}
	}
	return false
}

// getFirstTest writes a first scenario from the draft of a flow, and keeps nothing.
func (s *Server) getFirstTest(c echo.Context) error {
	b, err := s.newTestbed(c.Request().Context(), c.Param("flow"), c.QueryParam("version"), nil)
	if err != nil {
		return err
	}
	first, err := s.firstScenario(c.Request().Context(), b)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, mimeYAML, first)
}
