package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/edit"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/view"
)

const mimeYAML = "application/yaml"

// draft is a flow's text as it stands: its draft, or without one its latest version.
type draft struct {
	flow   models.Flow
	source []byte
	live   []byte // of the latest version; nil without one
	pasted *view.Pasted
}

func (d *draft) etag() string { return etag(d.flow.DraftRev) }

// etag names a revision of a draft; 0 is "no draft yet".
func etag(rev int64) string { return `"` + strconv.FormatInt(rev, 10) + `"` }

// readDraft reads the text that the canvas opens.
func (s *Server) readDraft(ctx context.Context, name string) (*draft, error) {
	f, err := s.DB.Flow(ctx, name)
	if err != nil {
		return nil, missing(err, "there is no flow `%s`", clip(name))
	}
	d := &draft{flow: f, source: f.Draft}
	if f.Published != nil {
		v, err := s.DB.Version(ctx, name, *f.Published)
		if err != nil {
			return nil, err
		}
		d.live = v.Source
	}
	if d.source == nil {
		d.source = d.live
	}
	return d, nil
}

// view shows a draft with its problems and its graph.
func (s *Server) draftView(ctx context.Context, d *draft) (view.Draft, error) {
	got, err := s.compile(ctx, d.source)
	if err != nil {
		return view.Draft{}, err
	}
	def, issues := got.def, append(got.issues, misnamed(got.def, d.flow.Name)...)
	v := view.Draft{Flow: d.flow.Name, Title: d.flow.Name, ETag: d.etag(), Source: string(d.source), Changed: !bytes.Equal(d.source, d.live),
		Issues: issueViews(issues), Broken: def == nil, Pasted: d.pasted}
	if d.flow.Published != nil {
		v.Published = *d.flow.Published
	}
	if def == nil {
		def, _ = flow.Parse(d.live) // the canvas shows something rather than nothing
	}
	if def != nil && def.Title != "" {
		v.Title = def.Title
	}
	v.Graph = graphOf(def, v.Issues, true)
	if def != nil {
		v.Spec = flowSpec(def.Source)
	}
	return v, nil
}

// misnamed is the problem of a text that says another name than its flow has.
func misnamed(d *flow.Definition, name string) flow.Issues {
	if d == nil || d.Name == "" || d.Name == name {
		return nil
	}
	return flow.Issues{{Severity: flow.Error, Line: d.NamePos.Line, Column: d.NamePos.Column, Field: "name",
		Message: fmt.Sprintf("the text says `name: %s`, but this is the flow `%s`", d.Name, name), Hint: "write `name: " + name + "`"}}
}

// mostIssues is how many problems of one text are told: more than anybody reads, few enough that a hostile text has a small answer.
const mostIssues = 1000

func issueViews(issues flow.Issues) []view.Issue {
	out := make([]view.Issue, 0, min(len(issues), mostIssues+1))
	for n, i := range issues {
		if n == mostIssues {
			return append(out, view.Issue{Severity: string(flow.Error), Line: i.Line, Column: i.Column,
				Message: fmt.Sprintf("and %d more problems from here on", len(issues)-n), Hint: "mend those above first"})
		}
		one := view.Issue{Severity: string(i.Severity), Line: i.Line, Column: i.Column, EndColumn: i.EndColumn, Step: i.Step, Field: i.Field, Message: i.Message, Hint: i.Hint}
		if i.Fix != (flow.Fix{}) {
			fix := view.Fix(i.Fix)
			one.Fix = &fix
		}
		out = append(out, one)
	}
	return out
}

// problems counts errors in words: "2 problems".
func problems(issues flow.Issues) string {
	n := 0
	for _, i := range issues {
		if i.Severity == flow.Error {
			n++
		}
	}
	if n == 1 {
		return "a problem"
	}
	return strconv.Itoa(n) + " problems"
}

func (s *Server) getDraft(c echo.Context) error {
	d, err := s.readDraft(c.Request().Context(), c.Param("flow"))
	if err != nil {
		return err
	}
	return s.answerDraft(c, http.StatusOK, d)
}

// answerDraft gives a draft as its exact text, or as view.Draft to who accepts JSON.
func (s *Server) answerDraft(c echo.Context, status int, d *draft) error {
	c.Response().Header().Set("ETag", d.etag())
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
	if !wants(c, echo.MIMEApplicationJSON) {
		return c.Blob(status, mimeYAML, d.source)
	}
	v, err := s.draftView(c.Request().Context(), d)
	if err != nil {
		return err
	}
	return answerJSON(c, status, v)
}

// expected is the revision that a request with If-Match changes: AnyRev for "*", 0 when the header is missing, which is right only for a draft that
// does not exist yet.
func expected(c echo.Context) (rev int64, err error) {
	h := strings.TrimSpace(c.Request().Header.Get("If-Match"))
	switch h {
	case "":
		return 0, nil
	case "*":
		return models.AnyRev, nil
	}
	if len(h) > 2 && h[0] == '"' && h[len(h)-1] == '"' {
		if rev, err := strconv.ParseInt(h[1:len(h)-1], 10, 64); err == nil && rev >= 0 {
			return rev, nil
		}
	}
	return 0, fail(CodeConflict, "If-Match is %s, which is no ETag of a draft", clip(h)).as(http.StatusPreconditionFailed)
}

func (e *Error) as(status int) *Error {
	e.Status = status
	return e
}

func (s *Server) putDraft(c echo.Context) error {
	body, err := readText(c)
	if err != nil {
		return err
	}
	if !utf8.Valid(body) {
		return fail(CodeBadRequest, "the text is not valid UTF-8")
	}
	if len(body) > flow.MaxSource {
		return fail(CodeTooLarge, "the text is larger than %d bytes", flow.MaxSource)
	}
	name := c.Param("flow")
	if !flow.ValidName(name) {
		return fail(CodeInvalid, "`%s` can't name a flow: names are lower-case letters, digits and underscores, and begin with a letter", clip(name))
	}
	rev, err := expected(c)
	if err != nil {
		return err
	}
	steps, err := renamed(c)
	if err != nil {
		return err
	}
	return s.saveDraft(c, name, body, rev, steps, nil)
}

// renamed reads ?renamed=old:new: the steps that a text renames against the one before, whose tests follow. Undo of a rename sends it.
func renamed(c echo.Context) (renames, error) {
	var out renames
	for _, pair := range c.QueryParams()["renamed"] {
		from, to, ok := strings.Cut(pair, ":")
		if !ok || !flow.ValidName(from) || !flow.ValidName(to) {
			return nil, fail(CodeBadRequest, "`renamed` is %q; it must be the old and the new name of a step, such as pay:charge", clip(pair))
		}
		out = append(out, [2]string{from, to})
	}
	return out, nil
}

// saveDraft keeps a text, with the test files that name the steps which it renames, and answers with the draft as it is now.
func (s *Server) saveDraft(c echo.Context, name string, text []byte, rev int64, steps renames, pasted *view.Pasted) error {
	ctx := c.Request().Context()
	newRev, err := s.saveFollowed(ctx, name, text, rev, steps)
	if err != nil {
		return s.notSaved(c, name, err)
	}
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return err
	}
	d.source, d.flow.Draft, d.flow.DraftRev = text, text, newRev // what was saved, whatever came after
	d.pasted = pasted
	return s.answerDraft(c, http.StatusOK, d)
}

// saveFollowed keeps a draft with the test files that follow it. A test file that somebody changes meanwhile is read anew.
func (s *Server) saveFollowed(ctx context.Context, name string, text []byte, rev int64, steps renames) (newRev int64, err error) {
	for range 3 {
		var tests []models.FlowTest
		if tests, err = s.follow(ctx, name, steps); err != nil {
			return 0, err
		}
		newRev, err = s.DB.SaveDraftWithTests(ctx, name, text, rev, tests)
		if !errors.Is(err, models.ErrConflict) || len(tests) == 0 {
			break
		}
	}
	return newRev, err
}

// notSaved explains a refused save: somebody else's draft comes along.
func (s *Server) notSaved(c echo.Context, name string, err error) error {
	if !errors.Is(err, models.ErrConflict) {
		return missing(err, "there is no flow `%s`", clip(name))
	}
	ctx := c.Request().Context()
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return err
	}
	c.Response().Header().Set("ETag", d.etag())
	if c.Request().Header.Get("If-Match") == "" {
		return fail(CodePrecondition, "`%s` has a draft: send its ETag as If-Match, or If-Match: * to overwrite whatever is there", name)
	}
	v, err := s.draftView(ctx, d)
	if err != nil {
		return err
	}
	return fail(CodeConflict, "somebody else has saved `%s` in the meantime", name).as(http.StatusPreconditionFailed).with(map[string]any{"draft": v})
}

// mostEdits is how many operations one request may hold; each reads the text anew.
const mostEdits = 1000

// editDraft does operations on a draft: all of them, or none.
func (s *Server) editDraft(c echo.Context) error {
	var req struct {
		Edits []edit.Op `json:"edits"`
	}
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if len(req.Edits) == 0 {
		return fail(CodeBadRequest, `there is nothing to do: send {"edits": [{"op": …}]}`)
	}
	if len(req.Edits) > mostEdits {
		return fail(CodeTooLarge, "at most %d operations are done at once", mostEdits)
	}
	name := c.Param("flow")
	d, err := s.readDraft(c.Request().Context(), name)
	if err != nil {
		return err
	}
	rev, err := expected(c)
	if err != nil {
		return err
	}
	switch {
	case c.Request().Header.Get("If-Match") == "":
		return fail(CodePrecondition, "operations change the draft that they were made for: send its ETag as If-Match, or If-Match: *")
	case rev == models.AnyRev:
		rev = d.flow.DraftRev // the text that the operations are applied to is the one that they replace
	case rev != d.flow.DraftRev:
		return s.notSaved(c, name, models.ErrConflict)
	}
	text, steps := d.source, renames{}
	var pasted *view.Pasted
	for i, op := range req.Edits {
		if op.Op == edit.PasteSteps {
			var done edit.Pasted
			text, _, done, err = edit.Paste(text, op)
			pasted = pastedView(done)
		} else {
			text, _, err = edit.Apply(text, op)
		}
		if err != nil {
			var refused *edit.Error
			if errors.As(err, &refused) {
				return fail(CodeInvalid, "%s", refused.Message).with(map[string]any{"edit": i, "reason": refused.Code})
			}
			return fmt.Errorf("edit %d of %q: %w", i, name, err)
		}
		if op.Op == edit.RenameStep {
			steps = append(steps, [2]string{op.Step, op.To})
		}
	}
	if len(text) > flow.MaxSource {
		return fail(CodeTooLarge, "the text would be larger than %d bytes", flow.MaxSource)
	}
	return s.saveDraft(c, name, text, rev, steps, pasted)
}

func pastedView(p edit.Pasted) *view.Pasted {
	v := &view.Pasted{Steps: p.Steps, Renamed: []view.Rename{}, Dangling: []view.Dangling{}}
	for _, r := range p.Renamed {
		v.Renamed = append(v.Renamed, view.Rename{From: r[0], To: r[1]})
	}
	for _, d := range p.Dangling {
		v.Dangling = append(v.Dangling, view.Dangling{In: d.In, Step: d.Step})
	}
	return v
}

// check reads a text and tells its problems: always 200, whatever the text is.
func (s *Server) check(c echo.Context) error {
	body, err := readText(c)
	if err != nil {
		return err
	}
	got, err := s.compile(c.Request().Context(), body)
	if err != nil {
		return err
	}
	answer := map[string]any{"issues": issueViews(got.issues), "valid": got.program != nil}
	if got.def != nil {
		answer["flow"], answer["steps"] = got.def.Name, len(got.def.Steps)
	}
	if got.program != nil {
		answer["hash"] = got.program.Hash
	}
	return answerJSON(c, http.StatusOK, answer)
}
