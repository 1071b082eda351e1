package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

func (s *Server) flowsPage(c echo.Context) error {
	ctx := c.Request().Context()
	flows, err := s.DB.Flows(ctx)
	if err != nil {
		return err
	}
	functions, err := readCatalog(ctx, s.DB)
	if err != nil {
		return err
	}
	p := templates.FlowsPage{Chrome: s.chrome(c, "Flows", "flows"), Project: s.project()}
	for _, f := range flows {
		card, err := s.flowCard(ctx, f, functions)
		if err != nil {
			return err
		}
		p.Flows = append(p.Flows, card)
		if card.Published > 0 && s.tourStartsAt(card.Name) {
			p.Tour = s.Tour
		}
	}
	return s.render(c, http.StatusOK, templates.Flows(p))
}

func (s *Server) flowCard(ctx context.Context, f models.FlowSummary, functions Catalog) (templates.FlowCard, error) {
	card := templates.FlowCard{Name: f.Name, Title: f.Name}
	source := f.Draft
	if f.Published != nil {
		card.Published = *f.Published
		card.Changed = f.Draft != nil && string(f.Draft) != string(f.Source)
	}
	if source == nil {
		source = f.Source
	}
	got, err := s.compileWith(ctx, source, functions, nil)
	if err != nil {
		return card, err
	}
	card.Problems = errorCount(got.issues)
	shown := got.def
	if f.Source != nil && (shown == nil || card.Changed) {
		shown, _ = flow.Parse(f.Source) // what is live is what runs
	}
	if shown != nil {
		card.Thumb, card.Steps = thumbnail(shown, false), len(shown.Steps)
		if shown.Title != "" {
			card.Title = shown.Title
		}
	}
	for status, n := range f.Counts {
		card.Runs += n
		if !planner.RunStatus(status).Terminal() {
			card.Active += n
		}
	}
	card.Failed = f.Counts[string(planner.StatusFailed)] + f.Counts[string(planner.StatusCompensationFailed)]
	if f.Last != nil {
		rows, err := s.runRows(ctx, []models.Run{*f.Last})
		if err != nil {
			return card, err
		}
		card.LastRun = &rows[0]
	}
	return card, nil
}

func errorCount(issues flow.Issues) int {
	n := 0
	for _, i := range issues {
		if i.Severity == flow.Error {
			n++
		}
	}
	return n
}

// head is what all pages of a flow share.
func head(d *draft, tab string) templates.FlowHead {
	h := templates.FlowHead{Name: d.flow.Name, Title: d.flow.Name, Tab: tab}
	if d.flow.Published != nil {
		h.Published = *d.flow.Published
	}
	h.Changed = d.flow.Draft != nil && string(d.flow.Draft) != string(d.live)
	text := d.live
	if text == nil {
		text = d.source
	}
	if def, _ := flow.Parse(text); def != nil && def.Title != "" {
		h.Title = def.Title
	}
	return h
}

func versionRow(v models.FlowVersion) templates.VersionRow {
	return templates.VersionRow{Number: v.Version, Message: v.Message, Author: v.Author, At: v.CreatedAt, Hash: v.Hash}
}

func (s *Server) flowPage(c echo.Context) error { return s.showFlow(c, c.Param("flow")) }

// showFlow is the overview of a flow.
func (s *Server) showFlow(c echo.Context, name string) error {
	return s.showFlowWith(c, name, http.StatusOK, nil)
}

// showFlowWith is showFlow with what was typed of how long runs are kept, if that is to be corrected.
func (s *Server) showFlowWith(c echo.Context, name string, status int, typed *templates.RetentionForm) error {
	ctx := c.Request().Context()
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return err
	}
	got, err := s.compile(ctx, d.source)
	if err != nil {
		return err
	}
	p := templates.FlowPage{Head: head(d, "overview")}
	p.Chrome = s.chrome(c, p.Head.Title, "flows")
	def, runs := got.def, childrenOf(got.def, nil)
	p.Problems = errorCount(got.issues)
	if d.live != nil {
		v, err := s.DB.Version(ctx, name, p.Head.Published)
		if err != nil {
			return err
		}
		row := versionRow(v)
		p.Latest = &row
		def, _ = flow.Parse(d.live)
		if runs, err = pinnedChildren(v); err != nil {
			return err
		}
	}
	for _, r := range runs {
		p.Runs = append(p.Runs, templates.FlowRun{Name: r.Flow, Version: r.Version})
	}
	if p.RunBy, err = s.flows.runBy(ctx, name); err != nil {
		return err
	}
	if def != nil {
		p.Thumb, p.Steps, p.Functions, p.OnFailure = thumbnail(def, true), len(def.Steps), calls(def), string(def.OnFailure)
		if p.OnFailure == "" {
			p.OnFailure = string(flow.Pause)
		}
	}
	kept, err := s.retention(ctx, name)
	if err != nil {
		return err
	}
	if p.Retention = retentionShown(kept); typed != nil {
		typed.Stands = p.Retention.Stands
		p.Retention = typed
	}
	const recent = 10
	rows, _, err := s.DB.Runs(ctx, models.RunFilter{Flow: name, Limit: recent})
	if err != nil {
		return err
	}
	if p.Recent, err = s.runRows(ctx, rows); err != nil {
		return err
	}
	if len(rows) == 0 {
		p.Sample = s.sampleLine(ctx, name)
	}
	counts, err := s.DB.RunCounts(ctx, "")
	if err != nil {
		return err
	}
	p.Counts = chips(counts[name], "/runs", url.Values{"flow": {name}})
	if p.Health, err = s.health(ctx, name, def); err != nil {
		return err
	}
	return s.render(c, status, templates.Flow(p))
}

// chips are counts by status, those above zero, in the order in which the filter lists them.
func chips(counts map[string]int, path string, q url.Values) []templates.Count {
	var out []templates.Count
	for _, status := range runStatuses {
		if n := counts[string(status)]; n > 0 {
			with := url.Values{}
			for k, v := range q {
				with[k] = v
			}
			with.Set("status", string(status))
			out = append(out, templates.Count{Status: string(status), N: n, Href: path + "?" + with.Encode()})
		}
	}
	return out
}

func (s *Server) canvasPage(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := s.readDraft(ctx, c.Param("flow"))
	if err != nil {
		return err
	}
	if roleOf(c) == viewerRole {
		return c.Redirect(http.StatusSeeOther, readAt(d, c.QueryParam("step")))
	}
	return s.showCanvas(c, http.StatusOK, d, nil)
}

// showCanvas renders the canvas with a draft, and with what an action said.
func (s *Server) showCanvas(c echo.Context, status int, d *draft, said *templates.Flash) error {
	ctx := c.Request().Context()
	p := templates.CanvasPage{Head: head(d, "edit"), Step: c.QueryParam("step")}
	p.Chrome = s.chrome(c, p.Head.Title+" canvas", "flows")
	if said != nil {
		p.Flash = said
	}
	var err error
	if p.Draft, err = s.draftView(ctx, d); err != nil {
		return err
	}
	if p.Functions, err = s.functionViews(ctx); err != nil {
		return err
	}
	if p.Flows, err = s.flows.refs(ctx, d.flow.Name); err != nil {
		return err
	}
	return s.render(c, status, templates.Canvas(p))
}

// saveDraftForm is the text editor without scripts. What was typed stays on the page, whatever happens.
func (s *Server) saveDraftForm(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	text := normalize(c.FormValue("source"))
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return err
	}
	if c.FormValue("etag") != d.etag() {
		d.source = []byte(text)
		return s.showCanvas(c, http.StatusConflict, d, &templates.Flash{Error: true,
			Text: "Somebody else has saved this draft in the meantime. Your text is below and not saved; save again to replace theirs."})
	}
	_, err = s.DB.SaveDraft(ctx, name, []byte(text), d.flow.DraftRev)
	if errors.Is(err, models.ErrConflict) {
		return fail(CodeConflict, "somebody else has saved `%s` in the meantime", name)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/flows/"+name+"/edit?flash=saved")
}

// normalize takes back the line ends that a browser's textarea puts in.
func normalize(text string) string {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			continue
		}
		out = append(out, text[i])
	}
	return string(out)
}

func (s *Server) publishForm(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return err
	}
	_, err = s.publishText(ctx, name, d.source, c.FormValue("message"), actor(c))
	var refused *Error
	if errors.As(err, &refused) && refused.Code == CodeInvalid {
		return s.showCanvas(c, refused.status(), d, &templates.Flash{Error: true, Text: sentence(refused.Message)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/flows/"+name+"/versions?flash=published")
}

func (s *Server) functionsPage(c echo.Context) error {
	all, err := s.functionViews(c.Request().Context())
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, templates.Functions(templates.FunctionsPage{Chrome: s.chrome(c, "Functions", "functions"), Functions: all,
		Connect: connecting(c, s.PasswordHash != "")}))
}

func (s *Server) functionPage(c echo.Context) error {
	v, err := s.functionPageView(c.Request().Context(), c.Param("function"))
	if err != nil {
		return err
	}
	input := "{}"
	if len(v.Input) > 0 {
		input = string(schema.Example(v.Input))
	}
	return s.showFunction(c, http.StatusOK, v, input, nil, nil)
}

func (s *Server) functionPageView(ctx context.Context, name string) (view.Function, error) {
	all, err := s.functionViews(ctx)
	if err != nil {
		return view.Function{}, err
	}
	i := slices.IndexFunc(all, func(f view.Function) bool { return f.Name == name })
	if i < 0 {
		return view.Function{}, fail(CodeNotFound, "there is no function `%s`", clip(name))
	}
	return all[i], nil
}

func (s *Server) showFunction(c echo.Context, status int, v view.Function, input string, got *templates.Tried, said *templates.Flash) error {
	p := templates.FunctionPage{Chrome: s.chrome(c, v.Name, "functions"), Function: v, TryInput: input, Tried: got}
	if said != nil {
		p.Flash = said
	}
	var err error
	if p.Uses, err = s.functionUses(c.Request().Context(), v.Name); err != nil {
		return err
	}
	f, err := s.function(c.Request().Context(), v.Name)
	if err != nil {
		return err
	}
	p.Spec = indented(f.JSON())
	return s.render(c, status, templates.Function(p))
}
