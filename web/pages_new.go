package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/layout"
	"github.com/segno-run/segno/designer/starter"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/templates"
)

const maxTitle = 200 // characters

// newFlowPage is the form. A flow that is called `new` has the address too, and keeps it as long as no template is named.
func (s *Server) newFlowPage(c echo.Context) error {
	asked := c.QueryParam("template")
	if asked == "" {
		switch _, err := s.DB.Flow(c.Request().Context(), "new"); {
		case err == nil:
			return s.showFlow(c, "new")
		case !errors.Is(err, models.ErrNotFound):
			return err
		}
	}
	if _, ok := starter.Find(asked); !ok {
		asked = starter.Blank
	}
	p := templates.NewFlowPage{Name: c.QueryParam("name"), Title: c.QueryParam("title"), Template: asked, Bring: true}
	return s.showNewFlow(c, http.StatusOK, p)
}

func (s *Server) showNewFlow(c echo.Context, status int, p templates.NewFlowPage) error {
	p.Chrome = s.chrome(c, "New flow", "flows")
	known, err := readCatalog(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	for _, t := range starter.All() {
		one := templates.Starter{Name: t.Name, Title: t.Title, About: t.About, Thumb: starterThumb(t), Calls: t.Functions}
		for _, name := range t.Functions {
			if known.Function(name) != nil {
				continue
			}
			one.Missing++
			if !slices.Contains(p.Missing, name) {
				p.Missing = append(p.Missing, name)
			}
		}
		p.Templates = append(p.Templates, one)
	}
	slices.Sort(p.Missing)
	return s.render(c, status, templates.NewFlow(p))
}

// starterThumb draws a template as the list of flows would.
func starterThumb(t starter.Template) string {
	d := t.Definition()
	if d == nil || len(d.Steps) == 0 {
		return ""
	}
	const scale = 0.26
	drawn := layout.Layout(layout.FromFlow(d))
	// What runs for each item and what can be undone have the signs that they have on the canvas: without names the shapes must say what the pattern is.
	mark := func(name string) string {
		if s := d.Step(name); s != nil && s.Compensate != nil {
			return "undone"
		}
		return ""
	}
	sign := func(name string) string {
		switch s := d.Step(name); {
		case s != nil && s.ForEach != nil:
			return "×n"
		case s != nil && s.Compensate != nil:
			return "↶"
		}
		return ""
	}
	return string(layout.SVG(d, layout.SVGOptions{Width: int(math.Ceil(drawn.Width * scale)), Height: int(math.Ceil(drawn.Height * scale)), Mark: mark, Sign: sign}))
}

// newFlowForm makes the draft. What was typed stays on the page when it is refused.
func (s *Server) newFlowForm(c echo.Context) error {
	ctx := c.Request().Context()
	p := templates.NewFlowPage{Name: strings.TrimSpace(c.FormValue("name")), Title: strings.TrimSpace(c.FormValue("title")),
		Template: c.FormValue("template"), Bring: c.FormValue("bring") != ""}
	t, ok := starter.Find(p.Template)
	if !ok {
		p.Template = starter.Blank
		p.TemplateError = "Choose one of these."
		return s.showNewFlow(c, http.StatusUnprocessableEntity, p)
	}
	if p.NameError, p.Better = badFlowName(p.Name); p.NameError != "" {
		return s.showNewFlow(c, http.StatusUnprocessableEntity, p)
	}
	if utf8.RuneCountInString(p.Title) > maxTitle || strings.ContainsFunc(p.Title, func(r rune) bool { return r < ' ' }) {
		p.TitleError = fmt.Sprintf("A title is one line of at most %d characters.", maxTitle)
		return s.showNewFlow(c, http.StatusUnprocessableEntity, p)
	}
	err := s.makeFlow(ctx, t, p.Name, p.Title)
	var refused *Error
	if errors.As(err, &refused) && refused.Code == CodeConflict {
		p.NameError, p.Taken = fmt.Sprintf("There is a flow `%s` already.", p.Name), p.Name
		return s.showNewFlow(c, refused.status(), p)
	}
	if err != nil {
		return err
	}
	if p.Bring {
		if err := s.bring(ctx, t); err != nil {
			return err
		}
	}
	return c.Redirect(http.StatusSeeOther, "/flows/"+p.Name+"/edit?flash=created")
}

// makeFlow keeps a template's text as the draft of a flow that must not exist yet: a conflict error if it does.
func (s *Server) makeFlow(ctx context.Context, t starter.Template, name, title string) error {
	text, err := t.Make(name, title)
	if err != nil {
		return err
	}
	switch err := s.DB.NewFlow(ctx, name, text); {
	case errors.Is(err, models.ErrConflict):
		return fail(CodeConflict, "there is a flow `%s` already", name)
	case err != nil:
		return err
	}
	return nil
}

// bring registers what a template calls and this server lacks. What is there stays as it is, whoever put it there.
func (s *Server) bring(ctx context.Context, t starter.Template) error {
	entries := starter.Functions()
	for _, name := range t.Functions {
		f := entries[name]
		switch _, err := s.DB.PutFunction(ctx, name, f.JSON(), 0); {
		case errors.Is(err, models.ErrConflict):
			continue
		case err != nil:
			return err
		}
		s.Functions.Changed(name)
	}
	return nil
}

// badFlowName says what is wrong with a flow's name, with one that would do; "" if nothing is.
func badFlowName(name string) (said, better string) {
	switch {
	case name == "":
		return "A flow needs a name.", ""
	case flow.ValidName(name):
		return "", ""
	}
	return "A name is made of lower-case letters, digits and underscores, and begins with a letter; it has at most 64 characters.", starter.NameOf(name)
}

// listTemplates tells what a new flow may begin with.
func (s *Server) listTemplates(c echo.Context) error {
	known, err := readCatalog(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	out, entries := []templateEntry{}, starter.Functions()
	for _, t := range starter.All() {
		one := templateEntry{Name: t.Name, Title: t.Title, About: t.About, Functions: map[string]json.RawMessage{}, Missing: []string{}}
		for _, name := range t.Functions {
			one.Functions[name] = entries[name].JSON()
			if known.Function(name) == nil {
				one.Missing = append(one.Missing, name)
			}
		}
		out = append(out, one)
	}
	return answerJSON(c, http.StatusOK, map[string]any{"templates": out})
}

// templateEntry is a template in the API.
type templateEntry struct {
	Name      string                     `json:"name"`
	Title     string                     `json:"title"`
	About     string                     `json:"about"`
	Functions map[string]json.RawMessage `json:"functions"` // that it calls, as they would be registered
	Missing   []string                   `json:"missing"`   // those of them that this server lacks
}

// getTemplate gives the text of a template, under the name of a flow if one is asked for: what a PUT of the draft takes.
func (s *Server) getTemplate(c echo.Context) error {
	t, ok := starter.Find(c.Param("template"))
	if !ok {
		return fail(CodeNotFound, "there is no template `%s`; there are %s", clip(c.Param("template")), strings.Join(starter.Names(), ", "))
	}
	name := c.QueryParam("flow")
	if name == "" {
		return c.Blob(http.StatusOK, mimeYAML, t.Source)
	}
	if said, _ := badFlowName(name); said != "" {
		return fail(CodeInvalid, "`%s` can't name a flow: names are lower-case letters, digits and underscores, and begin with a letter", clip(name))
	}
	text, err := t.Make(name, c.QueryParam("title"))
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, mimeYAML, text)
}
