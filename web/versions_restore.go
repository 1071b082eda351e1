package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/templates"
)

// setAside is a draft that a restore has replaced: what Undo brings back, as long as nobody has changed the draft since.
type setAside struct {
	Text    []byte `json:"text"`
	Rev     int64  `json:"rev"`     // of the draft that took its place
	Version int    `json:"version"` // whose text that is
}

// replacedKey names the setting in which the last replaced draft of a flow is kept.
func replacedKey(flow string) string { return "replaced-draft/" + flow }

// ownDraft says that a draft holds what is in no version's place: replacing it loses something.
func ownDraft(d *draft) bool { return d.flow.Draft != nil && !bytes.Equal(d.flow.Draft, d.live) }

// restoreForm makes the text of a version the draft. One with unpublished changes is replaced only by a form that has seen it, and is kept for Undo.
func (s *Server) restoreForm(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := s.version(ctx, c.Param("flow"), c.Param("version"))
	if err != nil {
		return err
	}
	d, err := s.readDraft(ctx, v.Flow)
	if err != nil {
		return err
	}
	own := ownDraft(d) && !bytes.Equal(d.flow.Draft, v.Source)
	if own && c.FormValue("etag") != d.etag() {
		return s.notRestored(c, v.Version)
	}
	rev, err := s.DB.SaveDraft(ctx, v.Flow, v.Source, d.flow.DraftRev)
	if errors.Is(err, models.ErrConflict) {
		return s.notRestored(c, v.Version)
	}
	if err != nil {
		return err
	}
	if !own {
		return c.Redirect(http.StatusSeeOther, "/flows/"+v.Flow+"/edit?flash=restored")
	}
	raw, err := json.Marshal(setAside{Text: d.flow.Draft, Rev: rev, Version: v.Version})
	if err != nil {
		return fmt.Errorf("writing the replaced draft of %q: %w", v.Flow, err)
	}
	if err := s.DB.PutSetting(ctx, replacedKey(v.Flow), raw); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/flows/"+v.Flow+"/versions?v="+strconv.Itoa(v.Version))
}

// notRestored shows the versions again: the draft is not what the form had seen.
func (s *Server) notRestored(c echo.Context, version int) error {
	p, d, err := s.versions(c)
	if err != nil {
		return err
	}
	if err := s.openVersion(c.Request().Context(), &p, d, strconv.Itoa(version)); err != nil {
		return err
	}
	p.Flash = &templates.Flash{Error: true, Text: "The draft has unpublished changes that this page had not shown. Nothing was replaced: look at them, then restore again."}
	return s.render(c, http.StatusConflict, templates.Versions(p))
}

// unrestoreForm brings the draft back that a restore has replaced.
func (s *Server) unrestoreForm(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	kept, err := s.replacedDraft(ctx, name)
	if err != nil {
		return err
	}
	if kept == nil {
		return fail(CodeConflict, "there is no restore of `%s` to undo", clip(name))
	}
	_, err = s.DB.SaveDraft(ctx, name, kept.Text, kept.Rev)
	if errors.Is(err, models.ErrConflict) {
		return fail(CodeConflict, "the draft of `%s` has been changed since it was restored, so the restore can't be undone", clip(name))
	}
	if err != nil {
		return err
	}
	if err := s.DB.DeleteSetting(ctx, replacedKey(name)); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/flows/"+name+"/versions?flash=unrestored")
}

// replacedDraft is the draft that the last restore replaced; nil if there is none.
func (s *Server) replacedDraft(ctx context.Context, flow string) (*setAside, error) {
	raw, err := s.DB.Setting(ctx, replacedKey(flow))
	if errors.Is(err, models.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var kept setAside
	if err := json.Unmarshal(raw, &kept); err != nil {
		return nil, fmt.Errorf("reading the replaced draft of %q: %w", flow, err)
	}
	return &kept, nil
}
