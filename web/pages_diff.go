package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// diffPage shows two versions of a flow: on one graph, as text, or as Markdown.
func (s *Server) diffPage(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return err
	}
	p := templates.DiffPage{Head: head(d, "versions"), View: c.QueryParam("view"), Split: c.QueryParam("lines") == "split"}
	if p.View != "text" && p.View != "markdown" {
		p.View = "canvas"
	}
	if p.Versions, err = s.versionRows(ctx, name); err != nil {
		return err
	}
	from, to := defaultSides(p.Head, c.QueryParam("from"), c.QueryParam("to"))
	if p.From, err = s.diffEnd(ctx, name, from); err != nil {
		return err
	}
	if p.To, err = s.diffEnd(ctx, name, to); err != nil {
		return err
	}
	old, err := s.side(ctx, name, from)
	if err != nil {
		return err
	}
	now, err := s.side(ctx, name, to)
	if err != nil {
		return err
	}
	p.Chrome = s.chrome(c, fmt.Sprintf("%s: %s to %s", p.Head.Title, p.From.Label(), p.To.Label()), "flows")
	p.From.Broken, p.To.Broken = old.def == nil, now.def == nil
	got := compare(old, now)
	p.Changes, p.Summary = got.changes, got.meant.Summary()
	if i := slices.IndexFunc(p.Changes, func(one view.DiffChange) bool { return one.ID == c.QueryParam("change") }); i >= 0 {
		p.Change = &p.Changes[i]
	}
	lines := diffLines(lines(old.text), lines(now.text))
	p.Same = !slices.ContainsFunc(lines, func(l diffLine) bool { return l.Op != " " })
	switch p.View {
	case "canvas":
		p.Overlay = view.Overlay{Flow: name, From: which(p.From.Version), To: which(p.To.Version), Graph: got.graph(), Changes: got.changes}
		if p.Change != nil {
			p.Overlay.Change = p.Change.ID
		}
		p.SVG = got.svg(p.Change)
	case "text":
		p.Lines = foldLines(lines, got.changes)
	case "markdown":
		p.Markdown = diffMarkdown(name, got.meant)
	}
	for _, l := range lines {
		switch l.Op {
		case "+":
			p.Added++
		case "-":
			p.Removed++
		}
	}
	return s.render(c, http.StatusOK, templates.DiffOf(p))
}

// defaultSides fills in what an address leaves out: what is live against the draft, or if the draft holds nothing new the last two versions.
func defaultSides(h templates.FlowHead, from, to string) (string, string) {
	if from == "" && to == "" && !h.Changed && h.Published > 1 {
		return strconv.Itoa(h.Published - 1), strconv.Itoa(h.Published)
	}
	if from == "" && h.Published > 0 {
		from = strconv.Itoa(h.Published)
	}
	return from, to
}

// diffEnd is what the page says of one side.
func (s *Server) diffEnd(ctx context.Context, name, side string) (templates.DiffEnd, error) {
	switch strings.ToLower(side) {
	case "", "0", "draft":
		return templates.DiffEnd{}, nil
	}
	v, err := s.version(ctx, name, side)
	if err != nil {
		return templates.DiffEnd{}, err
	}
	return templates.DiffEnd{Version: v.Version, Row: versionRow(v)}, nil
}

// alike is how many lines alike stand around a change; longer stretches are folded.
const alike = 3

// foldLines leaves out the stretches alike that no change is about.
func foldLines(all []diffLine, changes []view.DiffChange) []templates.DiffLine {
	olds, news := map[int]bool{}, map[int]bool{}
	for _, c := range changes {
		if c.New > 0 {
			news[c.New] = true
		} else {
			olds[c.Old] = true
		}
	}
	near := make([]bool, len(all))
	for i, l := range all {
		if l.Op == " " && !news[l.New] && !olds[l.Old] {
			continue
		}
		for k := max(0, i-alike); k <= min(len(all)-1, i+alike); k++ {
			near[k] = true
		}
	}
	var out []templates.DiffLine
	for i := 0; i < len(all); i++ {
		if near[i] {
			out = append(out, templates.DiffLine{Op: all[i].Op, Old: all[i].Old, New: all[i].New, Text: all[i].Text})
			continue
		}
		end := i
		for end < len(all) && !near[end] {
			end++
		}
		out = append(out, templates.DiffLine{Op: "@", Text: fmt.Sprintf("%d lines alike", end-i)})
		i = end - 1
	}
	return out
}
