package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

const maxKey = 255 // bytes of an Idempotency-Key

// startRun starts a run: {"input": …, "version": N?}. The same Idempotency-Key with the same input gives the answer that it gave before, marked with Idempotent-Replayed.
func (s *Server) startRun(c echo.Context) error {
	var req struct {
		Input   json.RawMessage `json:"input"`
		Version int             `json:"version"`
	}
	if err := readJSON(c, &req); err != nil {
		return err
	}
	key := c.Request().Header.Get("Idempotency-Key")
	if len(key) > maxKey || strings.IndexFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return fail(CodeBadRequest, "an Idempotency-Key is at most %d printable ASCII characters", maxKey)
	}
	id, created, err := s.start(c.Request().Context(), c.Param("flow"), req.Version, req.Input, key, actor(c))
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/v1/runs/"+id)
	if !created {
		c.Response().Header().Set("Idempotent-Replayed", "true")
	}
	return answerJSON(c, http.StatusCreated, map[string]string{"id": id})
}

// start begins a run of a version, 0 being the latest.
func (s *Server) start(ctx context.Context, name string, version int, input []byte, key, by string) (id string, created bool, err error) {
	if len(input) == 0 {
		input = []byte("{}") // a flow without an input is started by an empty body
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, input); err != nil { // so that layout makes no difference to an Idempotency-Key
		return "", false, fail(CodeBadRequest, "the input is not JSON")
	}
	if compact.Len() > runtime.MaxInput {
		return "", false, fail(CodeTooLarge, "the input is larger than %d bytes", runtime.MaxInput)
	}
	if key != "" { // what was started is told again, whatever the flow has become since
		if id, ok, err := s.Runs.Started(ctx, name, key, compact.Bytes()); ok || err != nil {
			return id, false, engineError(err)
		}
	}
	f, err := s.DB.Flow(ctx, name)
	if err != nil {
		return "", false, missing(err, "there is no flow `%s`", clip(name))
	}
	if version == 0 {
		if f.Published == nil {
			return "", false, fail(CodeConflict, "`%s` has no published version to run: publish its draft first", name)
		}
		version = *f.Published
	}
	program, err := s.Programs.Program(ctx, name, version)
	if err != nil {
		return "", false, missing(err, "`%s` has no version %d", name, version)
	}
	if err := breaks(program.Input, compact.Bytes(), "the input"); err != nil {
		return "", false, err
	}
	id, created, err = s.Runs.Start(ctx, runtime.StartRequest{Flow: name, Version: version, Input: compact.Bytes(), Key: key, By: by})
	if err != nil {
		return "", false, engineError(err)
	}
	return id, created, nil
}

// engineError gives the engine's own errors their codes.
func engineError(err error) error {
	switch {
	case errors.Is(err, runtime.ErrKeyReused):
		return fail(CodeConflict, "this Idempotency-Key has started a run with another input")
	case errors.Is(err, runtime.ErrButtonReused):
		return fail(CodeConflict, "this Idempotency-Key has been used with another request to this run")
	case errors.Is(err, runtime.ErrUndecided):
		return &Error{Code: CodeUnavailable, Message: "the request is recorded and will be carried out, but no server has decided it yet; look at the run again", cause: err}
	case errors.Is(err, runtime.ErrUnknown):
		return &Error{Code: CodeUnavailable, Message: "the server stopped, or lost its database, before it knew whether the run was started; look at the list of runs, or try again with the same Idempotency-Key", cause: err}
	case errors.Is(err, runtime.ErrUnavailable):
		return &Error{Code: CodeUnavailable, Message: "the server is starting, stopping, or has lost its database; nothing was recorded, try again", cause: err}
	}
	return err
}

// runEntry is one run of GET /runs.
type runEntry struct {
	ID        string        `json:"id"`
	Flow      string        `json:"flow"`
	Version   int           `json:"version"`
	Status    string        `json:"status"`
	Needs     string        `json:"needs,omitempty"`
	WaitsIn   string        `json:"waits_in,omitempty"` // the run below it that waits for a person
	Parent    *view.Parent  `json:"parent,omitempty"`
	CreatedAt time.Time     `json:"created_at"`
	EndedAt   *time.Time    `json:"ended_at,omitempty"`
	Error     *view.Failure `json:"error,omitempty"`
}

// statuses of runs that a filter may name.
var runStatuses = []planner.RunStatus{planner.StatusPending, planner.StatusRunning, planner.StatusWaiting, planner.StatusPaused, planner.StatusSucceeded, planner.StatusFailed,
	planner.StatusCancelled, planner.StatusCompensating, planner.StatusCompensated, planner.StatusCompensationFailed, planner.StatusUncertain}

// statusWords lists all statuses of runs.
func statusWords() string {
	words := make([]string, len(runStatuses))
	for i, s := range runStatuses {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// wholeNumber reads a whole number from the query.
func wholeNumber(c echo.Context, name string, without, least, most int) (int, error) {
	text := c.QueryParam(name)
	if text == "" {
		return without, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		return 0, fail(CodeBadRequest, "`%s` is %s; it must be a whole number from %d", name, clip(text), least)
	}
	return min(n, most), nil
}

func (s *Server) listRuns(c echo.Context) error {
	f, err := s.filter(c)
	if err != nil {
		return err
	}
	page, unread, err := s.listed(c.Request().Context(), f)
	if err != nil {
		return err
	}
	rows, next := page.Runs, page.Older
	shown, err := s.runRows(c.Request().Context(), rows)
	if err != nil {
		return err
	}
	out := make([]runEntry, 0, len(rows))
	for i, r := range rows {
		e := runEntry{ID: r.UUID, Flow: r.Flow, Version: r.Version, Status: r.Status, Needs: shown[i].Needs, WaitsIn: shown[i].Below, CreatedAt: r.CreatedAt, EndedAt: r.EndedAt}
		if r.Class != "" {
			e.Error = &view.Failure{Step: r.Step, Class: r.Class, Message: r.Message}
		}
		if r.Parent != nil {
			e.Parent = &view.Parent{Run: *r.Parent, Step: r.ParentStep}
			if item := r.ParentItem; item >= 0 {
				e.Parent.Item = &item
			}
		}
		out = append(out, e)
	}
	answer := map[string]any{"runs": out}
	if !unread.IsZero() {
		answer["inputs_unread_before"] = unread
	}
	if next != "" {
		answer["next"] = next
		q := c.QueryParams()
		q.Set("after", next)
		c.Response().Header().Set("Link", "<"+(&url.URL{Path: "/api/v1/runs", RawQuery: q.Encode()}).String()+`>; rel="next"`)
	}
	return answerJSON(c, http.StatusOK, answer)
}

func (s *Server) getRun(c echo.Context) error {
	var run view.Run
	err := s.look(c.Request().Context(), c.Param("run"), func(h *history) error {
		run = h.run()
		return nil
	})
	if err == nil {
		err = s.children(c.Request().Context(), &run)
	}
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, run)
}

// getEvents pages through the transitions of a run, in words.
func (s *Server) getEvents(c echo.Context) error {
	ctx := c.Request().Context()
	after, err := wholeNumber(c, "after", 0, 0, 1<<53)
	if err != nil {
		return err
	}
	limit, err := wholeNumber(c, "limit", 200, 1, 1000)
	if err != nil {
		return err
	}
	row, err := s.findRun(ctx, c.Param("run"))
	if err != nil {
		return err
	}
	if err := readable(row); err != nil {
		return err
	}
	got, err := source{s.DB, row.ID}.Transitions(ctx, row.UUID, int64(after), limit)
	if err != nil {
		return err
	}
	events := make([]view.Event, 0, len(got))
	for _, t := range got {
		events = append(events, runview.Event(t, nil, nil))
	}
	return answerJSON(c, http.StatusOK, map[string]any{"events": events})
}

// getItems pages through the items of a for_each: ?from=&limit=&status=&class=.
func (s *Server) getItems(c echo.Context) error {
	from, err := wholeNumber(c, "from", 0, 0, 1<<31)
	if err != nil {
		return err
	}
	limit, err := wholeNumber(c, "limit", 100, 1, 1000)
	if err != nil {
		return err
	}
	var items []view.Item
	var next int
	step := c.Param("step")
	err = s.look(c.Request().Context(), c.Param("run"), func(h *history) error {
		if !h.outline.Has(step) {
			return fail(CodeNotFound, "the run has no step `%s`", clip(step))
		}
		if !h.outline.Step(step).ForEach {
			return fail(CodeNotFound, "`%s` has no items: it is no for_each", step)
		}
		items, next = runview.Items(h.state, h.outline, step, runview.ItemFilter{Status: c.QueryParam("status"), Class: c.QueryParam("class")}, from, limit)
		return nil
	})
	if err != nil {
		return err
	}
	if items == nil {
		items = []view.Item{}
	}
	answer := map[string]any{"items": items}
	if next >= 0 {
		answer["next"] = next
	}
	return answerJSON(c, http.StatusOK, answer)
}
