package web

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/templates"
)

func (s *Server) versionsPage(c echo.Context) error {
	p, d, err := s.versions(c)
	if err != nil {
		return err
	}
	if d.flow.Published != nil {
		which := c.QueryParam("v")
		if which == "" {
			which = "latest"
		}
		if err := s.openVersion(c.Request().Context(), &p, d, which); err != nil {
			return err
		}
	}
	return s.render(c, http.StatusOK, templates.Versions(p))
}

// versions fills what the page of the versions shows whichever is open.
func (s *Server) versions(c echo.Context) (templates.VersionsPage, *draft, error) {
	ctx, name := c.Request().Context(), c.Param("flow")
	p := templates.VersionsPage{}
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return p, nil, err
	}
	p.Head, p.ETag = head(d, "versions"), d.etag()
	p.Chrome = s.chrome(c, p.Head.Title+" versions", "flows")
	kept, err := s.replacedDraft(ctx, name)
	if err != nil {
		return p, nil, err
	}
	if kept != nil && kept.Rev == d.flow.DraftRev {
		p.Replaced = kept.Version
	}
	p.Versions, err = s.versionRows(ctx, name)
	return p, d, err
}

// versionRows lists the versions of a flow, newest first.
func (s *Server) versionRows(ctx context.Context, name string) ([]templates.VersionRow, error) {
	vs, err := s.DB.Versions(ctx, name)
	out := make([]templates.VersionRow, 0, len(vs))
	for _, v := range vs {
		out = append(out, versionRow(v))
	}
	return out, err
}

// openVersion fills in one version: its text, and what it was published with.
func (s *Server) openVersion(ctx context.Context, p *templates.VersionsPage, d *draft, which string) error {
	v, err := s.version(ctx, d.flow.Name, which)
	if err != nil {
		return err
	}
	row := versionRow(v)
	p.Open, p.Source = &row, string(v.Source)
	p.Loses = ownDraft(d) && !bytes.Equal(d.flow.Draft, v.Source)
	p.Former = former(p.Versions, v.Version)
	functions, _, err := readContracts(v.Contracts)
	if err != nil {
		return err
	}
	p.Functions = slices.Sorted(maps.Keys(functions))
	children, err := pinnedChildren(v)
	if err != nil {
		return err
	}
	for _, ch := range children {
		p.Children = append(p.Children, templates.FlowRun{Name: ch.Flow, Version: ch.Version})
	}
	return nil
}

// former is the version before another one; 0 if that is the first.
func former(all []templates.VersionRow, version int) int {
	for _, v := range all {
		if v.Number < version {
			return v.Number
		}
	}
	return 0
}

// latest is the version of a flow that new runs are on; 0 if there is none.
func (s *Server) latest(ctx context.Context, flow string) (int, error) {
	f, err := s.DB.Flow(ctx, flow)
	if errors.Is(err, models.ErrNotFound) || err == nil && f.Published == nil {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return *f.Published, nil
}
