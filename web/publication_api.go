package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/diff"
	"github.com/segno-run/segno/designer/edit"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/view"
)

// publication tells what publishing the draft would do. It changes nothing, and says nothing of the draft's problems, which the draft itself has.
func (s *Server) publication(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	b, err := s.newTestbed(ctx, name, "draft", nil)
	if err != nil {
		return err
	}
	p := view.Publication{Flow: name, Version: b.latest + 1, From: b.latest, Changes: []view.DiffChange{}, Behind: []view.TestsBehind{}}
	if b.latest > 0 {
		old, err := s.side(ctx, name, which(b.latest))
		if err != nil {
			return err
		}
		now, err := s.side(ctx, name, "draft")
		if err != nil {
			return err
		}
		got := compare(old, now)
		p.Summary, p.Changes = got.meant.Summary(), got.changes
		if d := got.overlay.Def; d != nil && parts(d) <= drawnParts(false) {
			p.Graph = got.svg(nil)
		}
		if p.Behind, err = s.testsBehind(ctx, name, got.meant); err != nil {
			return err
		}
	}
	if p.Running, err = s.running(ctx, name); err != nil {
		return err
	}
	if p.PinnedBy, err = s.pinnedBy(ctx, name); err != nil {
		return err
	}
	if p.Children, err = s.childMoves(ctx, name, b.latest); err != nil {
		return err
	}
	if p.Tests, err = s.tested(ctx, b); err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, p)
}

// testsBehind lists the steps that a draft renames or removes and that tests still name. A rename on the canvas takes the tests along; one that was typed
// into the text can't, because no single save of it is the rename.
func (s *Server) testsBehind(ctx context.Context, name string, d *diff.Diff) ([]view.TestsBehind, error) {
	out := []view.TestsBehind{}
	for _, r := range d.Renamed {
		out = append(out, view.TestsBehind{Step: r.From, Now: r.To})
	}
	for _, r := range d.Removed {
		out = append(out, view.TestsBehind{Step: r.Name})
	}
	if len(out) == 0 {
		return out, nil
	}
	// A name that another step has now is no longer the old one's, whoever writes it.
	taken := map[string]bool{}
	for _, r := range d.Renamed {
		taken[r.To] = true
	}
	for _, a := range d.Added {
		taken[a.Name] = true
	}
	rows, err := s.DB.FlowTests(ctx, name)
	if err != nil {
		return nil, err
	}
	for i := range out {
		for _, row := range rows {
			if folderOf(row.File) != "tests" || taken[out[i].Step] {
				continue
			}
			if n := len(edit.ReferencesInTest(row.Source, out[i].Step)); n > 0 {
				out[i].Places += n
				out[i].Files = append(out[i].Files, row.File)
			}
		}
	}
	return slices.DeleteFunc(out, func(b view.TestsBehind) bool { return b.Places == 0 }), nil
}

// running counts the runs of a flow that have not ended, by version.
func (s *Server) running(ctx context.Context, flow string) ([]view.RunsOn, error) {
	out := []view.RunsOn{}
	var ended []string
	for _, status := range runStatuses {
		if status.Terminal() {
			ended = append(ended, string(status))
		}
	}
	counts, err := s.DB.RunsByVersion(ctx, flow, ended)
	for _, n := range counts {
		out = append(out, view.RunsOn{Version: n.Version, Runs: n.N})
	}
	return out, err
}

// pinnedBy lists the flows whose latest version runs this one, with the version that they have pinned.
func (s *Server) pinnedBy(ctx context.Context, name string) ([]view.PinnedBy, error) {
	out := []view.PinnedBy{}
	parents, err := s.flows.runBy(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, parent := range parents {
		v, err := s.version(ctx, parent, "latest")
		if err != nil {
			return nil, err
		}
		children, err := pinnedChildren(v)
		if err != nil {
			return nil, err
		}
		for _, ch := range children {
			if ch.Flow == name {
				out = append(out, view.PinnedBy{Flow: parent, Version: ch.Version})
			}
		}
	}
	return out, nil
}

// childMoves lists the flows whose version publishing would move: the draft names none, and another is the latest than the one that is pinned now.
func (s *Server) childMoves(ctx context.Context, name string, latest int) ([]view.ChildMoves, error) {
	out := []view.ChildMoves{}
	if latest == 0 {
		return out, nil
	}
	v, err := s.version(ctx, name, "latest")
	if err != nil {
		return nil, err
	}
	pinned, err := pinnedChildren(v)
	if err != nil {
		return nil, err
	}
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return nil, err
	}
	def, _ := flow.Parse(d.source)
	for _, ch := range childrenOf(def, nil) {
		was := slices.IndexFunc(pinned, func(p childRef) bool { return p.Flow == ch.Flow })
		if ch.Version > 0 || was < 0 {
			continue
		}
		f, err := s.DB.Flow(ctx, ch.Flow)
		if errors.Is(err, models.ErrNotFound) || err == nil && f.Published == nil {
			continue // the check says so
		}
		if err != nil {
			return nil, err
		}
		if *f.Published != pinned[was].Version {
			out = append(out, view.ChildMoves{Flow: ch.Flow, From: pinned[was].Version, To: *f.Published})
		}
	}
	return out, nil
}

// tested is what the last test of a draft said.
func (s *Server) tested(ctx context.Context, b *testbed) (view.Tested, error) {
	var t view.Tested
	for _, f := range b.files {
		t.Total += len(f.Scenarios)
	}
	played, err := s.recall(ctx, b, kindScenarios)
	if err != nil || played == nil {
		return t, err
	}
	t.Ran, t.Stale, t.At = len(played.Scenarios), played.Stale, played.At.UTC().Format(time.RFC3339)
	for _, o := range played.Scenarios {
		if !o.Passed {
			t.Failed++
		}
	}
	return t, nil
}
