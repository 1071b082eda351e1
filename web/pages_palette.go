package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/view"
	"github.com/segno-run/segno/web/words"
)

// paletteRuns is how many runs the palette finds by the beginning of their id.
const paletteRuns = 8

// palette is what the command palette finds beside the actions of the page: flows and functions by name, all of them without a text, and runs by id.
// The browser ranks them: a server that is asked at each key would answer late.
func (s *Server) palette(c echo.Context) error {
	ctx, out := c.Request().Context(), []view.Find{}
	if q := strings.TrimSpace(c.QueryParam("q")); q != "" {
		rows, err := s.DB.RunsNamed(ctx, q, paletteRuns)
		if err != nil {
			return err
		}
		for _, r := range rows {
			out = append(out, view.Find{Kind: "run", Name: r.UUID, Note: fmt.Sprintf("%s v%d, ", r.Flow, r.Version) + words.Status(r.Status),
				Href: "/runs/" + r.UUID})
		}
		return answerJSON(c, http.StatusOK, map[string]any{"found": out})
	}
	flows, err := s.DB.LatestVersions(ctx)
	if err != nil {
		return err
	}
	names, err := s.DB.FlowNames(ctx)
	if err != nil {
		return err
	}
	titles := map[string]models.FlowVersion{}
	for _, v := range flows {
		titles[v.Flow] = v
	}
	for _, name := range names {
		note, at := "", "/flows/"+name
		if v, ok := titles[name]; ok {
			note = s.flows.parsed(name, v.Version, v.Source).title
		}
		out = append(out, view.Find{Kind: "flow", Name: name, Note: note, Href: at}, view.Find{Kind: "canvas", Name: name, Note: note, Href: at + "/edit"})
		if _, ok := titles[name]; ok && roleOf(c) != viewerRole {
			out = append(out, view.Find{Kind: "start", Name: name, Note: note, Href: at + "/start"})
		}
		out = append(out, view.Find{Kind: "runs", Name: name, Note: note, Href: "/runs?flow=" + name})
	}
	functions, err := s.DB.Functions(ctx)
	if err != nil {
		return err
	}
	for _, f := range functions {
		out = append(out, view.Find{Kind: "function", Name: f.Name, Href: "/functions/" + f.Name})
	}
	return answerJSON(c, http.StatusOK, map[string]any{"found": out})
}
