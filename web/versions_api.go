package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/diff"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
)

// flowEntry is one flow of GET /flows.
type flowEntry struct {
	Name      string         `json:"name"`
	Title     string         `json:"title"`
	Published int            `json:"published"` // the latest version, 0 if none
	HasDraft  bool           `json:"has_draft"`
	Runs      map[string]int `json:"runs"` // by status
	UpdatedAt time.Time      `json:"updated_at"`
}

func (s *Server) listFlows(c echo.Context) error {
	flows, err := s.DB.Flows(c.Request().Context())
	if err != nil {
		return err
	}
	out := make([]flowEntry, 0, len(flows))
	for _, f := range flows {
		e := flowEntry{Name: f.Name, Title: f.Name, HasDraft: f.Draft != nil, Runs: f.Counts, UpdatedAt: f.UpdatedAt}
		if f.Published != nil {
			e.Published = *f.Published
		}
		if e.Runs == nil {
			e.Runs = map[string]int{}
		}
		source := f.Source
		if source == nil {
			source = f.Draft
		}
		if d, _ := flow.Parse(source); d != nil && d.Title != "" {
			e.Title = d.Title
		}
		out = append(out, e)
	}
	return answerJSON(c, http.StatusOK, map[string]any{"flows": out})
}

// publish makes a version of the body or, without one, of the draft. A body becomes the draft too if there is none that differs from the latest
// version, so that the canvas opens what is live.
func (s *Server) publish(c echo.Context) error {
	body, err := readText(c)
	if err != nil {
		return err
	}
	name := c.Param("flow")
	message := c.QueryParam("message")
	if message == "" {
		message = c.Request().Header.Get("X-Segno-Message")
	}
	if len(body) == 0 {
		d, err := s.readDraft(c.Request().Context(), name)
		if err != nil {
			return err
		}
		if c.Request().Header.Get("If-Match") != "" {
			if rev, err := expected(c); err != nil {
				return err
			} else if rev != models.AnyRev && rev != d.flow.DraftRev {
				return s.notSaved(c, name, models.ErrConflict)
			}
		}
		body = d.source
	}
	got, err := s.publishText(c.Request().Context(), name, body, message, actor(c))
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, fmt.Sprintf("/api/v1/flows/%s/versions/%d", name, got.Version))
	answer := map[string]any{"version": got.Version}
	if got.SameAs != 0 {
		answer["same_as"] = got.SameAs
	}
	return answerJSON(c, http.StatusCreated, answer)
}

const maxMessage = 2000 // bytes of a version's message

// publishText makes a version of a text. All its problems come back as one error.
func (s *Server) publishText(ctx context.Context, name string, text []byte, message, author string) (models.Published, error) {
	return s.publishBy(ctx, s.DB.Publish, name, text, message, author)
}

// publishBy is publishText with a way to keep the version.
func (s *Server) publishBy(ctx context.Context, keep func(context.Context, models.FlowVersion) (models.Published, error), name string, text []byte, message, author string) (models.Published, error) {
	if !flow.ValidName(name) {
		return models.Published{}, fail(CodeInvalid, "`%s` can't name a flow: names are lower-case letters, digits and underscores, and begin with a letter", clip(name))
	}
	if len(message) > maxMessage {
		return models.Published{}, fail(CodeInvalid, "the message is longer than %d bytes", maxMessage)
	}
	made, err := s.compile(ctx, text)
	if err != nil {
		return models.Published{}, err
	}
	issues := append(made.issues, misnamed(made.def, name)...)
	if made.program == nil || issues.HasErrors() {
		return models.Published{}, fail(CodeInvalid, "`%s` has %s, so nothing was published", name, problems(issues)).with(map[string]any{"issues": issueViews(issues)})
	}
	pins, err := json.Marshal(check.PinsOf(made.def, made.program, made.catalog))
	if err != nil {
		return models.Published{}, fmt.Errorf("writing the contracts of %q: %w", name, err)
	}
	before, err := s.readDraft(ctx, name)
	hadOwnDraft := err == nil && before.flow.Draft != nil && string(before.flow.Draft) != string(before.live)
	got, err := keep(ctx, models.FlowVersion{Flow: name, Source: text, Hash: made.program.Hash, Contracts: pins, Message: message, Author: author})
	if err != nil {
		return models.Published{}, err
	}
	if before != nil && before.flow.Draft != nil && !hadOwnDraft {
		// A draft that held nothing of its own follows what is live. If somebody types meanwhile, theirs stays.
		if _, err := s.DB.SaveDraft(ctx, name, text, before.flow.DraftRev); err != nil {
			s.Logger.Debug("the draft stays behind the published text", "flow", name, "error", err)
		}
	}
	return got, nil
}

// versionEntry is a version as JSON.
type versionEntry struct {
	Version   int       `json:"version"`
	Message   string    `json:"message"`
	Author    string    `json:"author,omitempty"`
	Hash      string    `json:"hash"`
	CreatedAt time.Time `json:"created_at"`
	Source    string    `json:"source,omitempty"`

	Input     json.RawMessage `json:"input,omitempty"`     // what its runs are started with: a JSON Schema
	Children  []childRef      `json:"children,omitempty"`  // the flows that it runs
	Contracts json.RawMessage `json:"contracts,omitempty"` // what it was checked against
}

func versionJSON(v models.FlowVersion) versionEntry {
	return versionEntry{Version: v.Version, Message: v.Message, Author: v.Author, Hash: v.Hash, CreatedAt: v.CreatedAt, Source: string(v.Source)}
}

func (s *Server) listVersions(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	if _, err := s.DB.Flow(ctx, name); err != nil {
		return missing(err, "there is no flow `%s`", clip(name))
	}
	vs, err := s.DB.Versions(ctx, name)
	if err != nil {
		return err
	}
	out := make([]versionEntry, 0, len(vs))
	for _, v := range vs {
		out = append(out, versionJSON(v))
	}
	return answerJSON(c, http.StatusOK, map[string]any{"versions": out})
}

// getVersion gives the exact bytes that were published, or JSON to who accepts it.
func (s *Server) getVersion(c echo.Context) error {
	v, err := s.version(c.Request().Context(), c.Param("flow"), c.Param("version"))
	if err != nil {
		return err
	}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
	c.Response().Header().Set("ETag", `"`+v.Hash+`"`)
	if wants(c, echo.MIMEApplicationJSON) {
		answer := versionJSON(v)
		answer.Contracts = v.Contracts
		if answer.Children, err = pinnedChildren(v); err != nil {
			return err
		}
		if d, _ := flow.Parse(v.Source); d != nil && d.Input.Kind != flow.Absent {
			answer.Input = d.Input.JSON()
		}
		return answerJSON(c, http.StatusOK, answer)
	}
	return c.Blob(http.StatusOK, mimeYAML, v.Source)
}

// pinnedChildren lists the flows that a version runs, each with its version.
func pinnedChildren(v models.FlowVersion) ([]childRef, error) {
	d, _ := flow.Parse(v.Source)
	if d == nil {
		return nil, nil
	}
	pins, err := check.ReadPins(v.Contracts)
	return childrenOf(d, pins.Flows), err
}

// version reads a version by its number as written in an address: "3", or "latest".
func (s *Server) version(ctx context.Context, name, number string) (models.FlowVersion, error) {
	n, err := strconv.Atoi(number)
	if number == "latest" {
		n, err = 0, nil
	} else if err == nil && n <= 0 {
		err = models.ErrNotFound
	}
	if err != nil {
		return models.FlowVersion{}, fail(CodeNotFound, "`%s` has no version %s", clip(name), clip(number))
	}
	v, err := s.DB.Version(ctx, name, n)
	return v, missing(err, "`%s` has no version %s", clip(name), clip(number))
}

const mimeMarkdown = "text/markdown"

// getDiff compares two texts of a flow, by lines and by what they mean; in Markdown, for a pull request, to who accepts that or asks ?format=markdown.
func (s *Server) getDiff(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	from, err := s.side(ctx, name, c.QueryParam("from"))
	if err != nil {
		return err
	}
	to, err := s.side(ctx, name, c.QueryParam("to"))
	if err != nil {
		return err
	}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
	switch format := c.QueryParam("format"); {
	case format == "markdown", format == "" && wants(c, mimeMarkdown):
		d := meant(from, to)
		return c.Blob(http.StatusOK, mimeMarkdown+"; charset=utf-8", []byte(diffMarkdown(name, d)))
	case format != "" && format != "json":
		return fail(CodeBadRequest, "`format` is %q; it must be json or markdown", clip(format))
	}
	return answerJSON(c, http.StatusOK, diffTexts(from, to))
}

// diffMarkdown is a difference under a head of its own, for a pull request.
func diffMarkdown(flow string, d *diff.Diff) string {
	return "### " + flow + ": " + d.Summary() + "\n\n" + d.Markdown()
}

// side is one side of a diff: a version's number, or "draft" (also "" and "0"). A draft runs the latest versions of other flows, for those are what it
// will be published with.
func (s *Server) side(ctx context.Context, name, which string) (diffSide, error) {
	switch strings.ToLower(which) {
	case "", "0", "draft":
		d, err := s.readDraft(ctx, name)
		if err != nil {
			return diffSide{}, err
		}
		def, _ := flow.Parse(d.source)
		pins, err := s.latestChildren(ctx, def)
		if err != nil {
			return diffSide{}, err
		}
		now, err := readCatalog(ctx, s.DB)
		if err != nil {
			return diffSide{}, err
		}
		return s.sideOf(ctx, d.source, def, now, pins)
	}
	v, err := s.version(ctx, name, which)
	if err != nil {
		return diffSide{}, err
	}
	functions, pins, err := readContracts(v.Contracts)
	if err != nil {
		return diffSide{}, err
	}
	def, _ := flow.Parse(v.Source)
	return s.sideOf(ctx, v.Source, def, functions, pins)
}

// sideOf is a text with what it is checked against.
func (s *Server) sideOf(ctx context.Context, text []byte, def *flow.Definition, functions Catalog, pins map[string]int) (diffSide, error) {
	catalog, err := s.linker.Catalog(ctx, functions, def, pins, s.flowNames)
	return diffSide{text, diff.Pinned(def, pins), catalog}, err
}

// latestChildren gives the latest versions of the flows that a definition runs; those that are not published are left out.
func (s *Server) latestChildren(ctx context.Context, d *flow.Definition) (map[string]int, error) {
	latest := map[string]int{}
	if d == nil {
		return latest, nil
	}
	for _, c := range childrenOf(d, nil) {
		sig, err := s.linker.Signature(ctx, c.Flow, 0)
		if err != nil {
			return nil, err
		}
		if sig != nil {
			latest[c.Flow] = sig.Version
		}
	}
	return latest, nil
}
