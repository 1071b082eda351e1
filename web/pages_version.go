package web

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/layout"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// versionPage is one version as a graph that is looked at and not edited; `draft` is one, too.
func (s *Server) versionPage(c echo.Context) error {
	ctx, name, which := c.Request().Context(), c.Param("flow"), c.Param("version")
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return err
	}
	p := templates.ReadPage{Head: head(d, "versions"), Query: strings.TrimSpace(c.QueryParam("q"))}
	if roleOf(c) == viewerRole {
		p.Head.Tab = "edit" // it is the canvas of who may only look
	}
	text := d.source
	var pins Catalog
	if which != "draft" {
		v, err := s.version(ctx, name, which)
		if err != nil {
			return err
		}
		row := versionRow(v)
		p.Version, text = &row, v.Source
		if pins, _, err = readContracts(v.Contracts); err != nil {
			return err
		}
		all, err := s.versionRows(ctx, name)
		if err != nil {
			return err
		}
		p.Former = former(all, v.Version)
	} else if pins, err = readCatalog(ctx, s.DB); err != nil {
		return err
	}
	p.Chrome = s.chrome(c, p.Head.Title+" "+p.Label(), "flows")
	def, issues := flow.Parse(text)
	if def == nil && len(issues) > 0 {
		p.Broken = issues[0].Message
	}
	if def != nil {
		p.Graph = graphOf(def, nil, true)
		p.Flow = readFlow(def)
		p.Step = readStep(def, p.Graph, pins, text, c.QueryParam("step"))
		p.SVG = readSVG(def, p.Step)
	}
	for _, n := range p.Graph.Nodes {
		if found(n, p.Query) {
			p.Found = append(p.Found, n)
		}
	}
	return s.render(c, http.StatusOK, templates.Read(p))
}

// found says whether a step has the words that are looked for in its name, its title or what it calls. The browser asks the same of a longer query.
func found(n view.Node, query string) bool {
	text := strings.ToLower(strings.Join([]string{n.ID, n.Title, n.Kind, n.Function, n.Flow}, " "))
	for _, word := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// readFlow is what a flow says of itself.
func readFlow(d *flow.Definition) templates.ReadFlow {
	f := templates.ReadFlow{Steps: len(d.Steps), OnFailure: string(d.OnFailure), Notes: d.Notes}
	if f.OnFailure == "" {
		f.OnFailure = string(flow.Pause)
	}
	if d.Input.Kind != flow.Absent {
		f.Input = d.Input.JSON()
	}
	return f
}

// readStep is what a step says of itself, and how it hangs together with others; nil if there is none of that name.
func readStep(d *flow.Definition, g view.Graph, functions Catalog, text []byte, name string) *templates.ReadStep {
	i := slices.IndexFunc(g.Nodes, func(n view.Node) bool { return n.ID == name })
	if i < 0 {
		return nil
	}
	st := &templates.ReadStep{Node: g.Nodes[i], YAML: excerpt(d, text, name)}
	for _, e := range g.Edges {
		switch name {
		case e.To:
			st.Needs = append(st.Needs, e)
		case e.From:
			st.Leads = append(st.Leads, e)
		}
	}
	if f := functions.Function(st.Node.Function); f != nil {
		if f.Input.Kind != flow.Absent {
			st.Input = f.Input.JSON()
		}
		if f.Output.Kind != flow.Absent {
			st.Output = f.Output.JSON()
		}
	}
	return st
}

// excerpt is the text of a step, from its name to where the next thing begins, shifted to the left.
func excerpt(d *flow.Definition, text []byte, name string) string {
	tree, _ := flow.ParseTree(text)
	if tree == nil || tree.Root == nil || tree.Root.Get("steps") == nil || d.Step(name) == nil {
		return ""
	}
	for _, e := range tree.Root.Get("steps").Entries {
		if e.Key == nil || e.Key.Text != name {
			continue
		}
		from := bytes.LastIndexByte(text[:e.Key.Start], '\n') + 1
		indent := strings.Repeat(" ", e.Key.Start-from)
		if strings.TrimSpace(string(text[from:e.Key.Start])) != "" {
			return "" // written on one line with others: the page shows the whole text elsewhere
		}
		var out []string
		for i, line := range strings.Split(string(text[from:]), "\n") {
			line = strings.TrimRight(line, "\r")
			if i > 0 && strings.TrimSpace(line) != "" && !strings.HasPrefix(line, indent+" ") {
				break
			}
			out = append(out, strings.TrimPrefix(line, indent))
		}
		return strings.TrimRight(strings.Join(out, "\n"), "\n ")
	}
	return ""
}

// readSVG draws the graph with its names and the chosen step marked; "" if it is too large for a page.
func readSVG(d *flow.Definition, chosen *templates.ReadStep) string {
	if len(d.Steps) == 0 || parts(d) > drawnParts(false) {
		return ""
	}
	size := layout.Layout(layout.FromFlow(d))
	return string(layout.SVG(d, layout.SVGOptions{Labels: true, Width: int(math.Ceil(size.Width)), Height: int(math.Ceil(size.Height)), Mark: func(step string) string {
		if chosen != nil && chosen.Node.ID == step {
			return "chosen"
		}
		return ""
	}}))
}

// readAt is where a viewer reads what others edit.
func readAt(d *draft, step string) string {
	which := "draft"
	if d.flow.Published != nil {
		which = strconv.Itoa(*d.flow.Published)
	}
	at := fmt.Sprintf("/flows/%s/versions/%s", d.flow.Name, which)
	if step != "" {
		at += "?step=" + url.QueryEscape(step)
	}
	return at
}
