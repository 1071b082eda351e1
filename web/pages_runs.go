package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/templates"
)

// runRow is a run in a list.
func runRow(r models.Run) templates.RunRow {
	row := templates.RunRow{ID: r.UUID, Flow: r.Flow, Version: r.Version, Status: r.Status, Needs: r.Needs, CreatedAt: r.CreatedAt, EndedAt: r.EndedAt}
	if r.Parent != nil {
		row.Parent, row.ParentStep, row.ParentItem = *r.Parent, r.ParentStep, r.ParentItem
	}
	if r.Message != "" {
		row.Why = r.Message
		if r.Step != "" {
			row.Why = "`" + r.Step + "`: " + r.Message
		}
	}
	return row
}

// What the lists show of an input, in characters, and of which first transitions, in bytes: a larger one is not read for it.
const (
	shownInput = 120
	shownFacts = 16 << 10
)

// runRows are the rows of a list, with what waits below them.
func (s *Server) runRows(ctx context.Context, runs []models.Run) ([]templates.RunRow, error) {
	var open []string
	for _, r := range runs {
		if r.EndedAt == nil && r.Needs == "" {
			open = append(open, r.UUID)
		}
	}
	below, err := s.DB.WaitingBelow(ctx, open)
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(runs))
	for i, r := range runs {
		numbers[i] = r.ID
	}
	first, err := s.DB.FirstFacts(ctx, numbers, shownFacts)
	if err != nil {
		return nil, err
	}
	rows := make([]templates.RunRow, len(runs))
	for i, r := range runs {
		rows[i] = runRow(r)
		rows[i].Input = runtime.InputLine(first[r.ID], shownInput)
		if rows[i].Below = below[r.UUID]; rows[i].Below != "" {
			rows[i].Needs = string(planner.NeedsPerson)
		}
	}
	return rows, nil
}

// runView fills the page of a run from its history and its address. The graph as a drawing and the events are on the whole page alone.
func (s *Server) runView(c echo.Context, whole bool) (p templates.RunPage, err error) {
	var apart []byte
	var at *attemptAt
	err = s.look(c.Request().Context(), c.Param("run"), func(h *history) error {
		if p, err = s.runPageOf(c, h); err != nil {
			return err
		}
		at, apart = chosenAttempt(&p, h), keptApart(&p, h)
		if whole {
			p.GraphSVG = thumbnail(h.def, true)
			p.Truncated = len(h.events) > 0 && h.events[0].Seq > 1
			for _, t := range h.events {
				p.Events = append(p.Events, runview.Event(t, h.state, nil))
			}
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	if p.Root, err = s.root(c.Request().Context(), p.Run); err != nil {
		return p, err
	}
	if p.Turns, err = s.limited(c.Request().Context(), p.Run); err != nil {
		return p, err
	}
	if p.Latest, err = s.latest(c.Request().Context(), p.Run.Flow); err != nil {
		return p, err
	}
	if at != nil {
		if apart, err = s.showAttempt(c.Request().Context(), &p.Inspector, at, apart); err != nil {
			return p, err
		}
	}
	if err = s.begin(c.Request().Context(), &p.Inspector, apart); err != nil {
		return p, err
	}
	if err = s.showIteration(c, &p); err != nil {
		return p, err
	}
	if err = s.showChildren(c, &p); err != nil {
		return p, err
	}
	return p, s.differences(c, &p)
}

func (s *Server) runPageOf(c echo.Context, h *history) (templates.RunPage, error) {
	p := templates.RunPage{Chrome: s.chrome(c, h.row.Flow+" run", "runs"), Run: h.run(), Graph: graphOf(h.def, nil, false)}
	p.Flash = stillTrue(p.Flash, c.QueryParam("flash"), p.Run.Status)
	now := s.Now()
	p.Verdict = templates.VerdictOf(p.Run, now)
	p.Selection = selectionOf(c.QueryParams())
	if err := s.plans(c, &p, h); err != nil {
		return p, err
	}
	step := c.QueryParam("step")
	p.Rows, p.Axis = templates.RowsOf(p.Run, step, now), templates.AxisOf(p.Run, now)
	p.Inspector = inspect(c, &p, h, step)
	p.Grid = itemsGrid(c, &p, h)
	p.Tour = s.tour(p.Run)
	return p, nil
}

// inspect selects what the address names; what does not exist is not selected.
func inspect(c echo.Context, p *templates.RunPage, h *history, step string) templates.Inspector {
	in := templates.Inspector{Tab: cmp.Or(c.QueryParam("view"), c.QueryParam("tab")), Succeeded: p.Run.Status == "succeeded" && len(p.Run.Output) > 0}
	in.Keep = itemsQuery(c.QueryParams())
	in.Merged = c.QueryParam("attempt") == "all"
	in.Attempt, _ = strconv.Atoi(c.QueryParam("attempt")) // what is no number is the last attempt
	for i := range p.Run.Steps {
		if p.Run.Steps[i].ID == step {
			in.Step = &p.Run.Steps[i]
		}
	}
	if in.Step == nil {
		return in
	}
	in.Written = runview.Written(h.def, step)
	if in.Step.Items == nil {
		return in
	}
	if index, err := strconv.Atoi(c.QueryParam("item")); err == nil {
		if item, ok := runview.Item(h.state, h.outline, step, index); ok {
			in.Item = &item
			in.ItemValue = runview.ItemValue(h.state, step, index)
		}
	}
	if first, ok := runview.FailedItem(h.state, step, -1, false); ok {
		in.Failed = &first
	}
	return in
}

func (s *Server) runPage(c echo.Context) error {
	p, err := s.runView(c, true)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, templates.Run(p))
}

// pressForm makes the handler of a button of the run page.
func (s *Server) pressForm(said string, read func(echo.Context) runtime.Button) echo.HandlerFunc {
	return func(c echo.Context) error { return s.pressed(c, read(c), said) }
}

func plainForm(kind runtime.ButtonKind) func(echo.Context) runtime.Button {
	return func(echo.Context) runtime.Button { return runtime.Button{Kind: kind} }
}

func cancelForm(c echo.Context) runtime.Button {
	b := runtime.Button{Kind: runtime.ButtonCancel}
	switch then := flow.OnFailure(c.FormValue("then")); then {
	case flow.Pause, flow.Compensate:
		b.Then = then
	}
	return b
}

// pressed presses a button and goes back to the run.
func (s *Server) pressed(c echo.Context, b runtime.Button, said string) error {
	ctx := c.Request().Context()
	row, err := s.findRun(ctx, c.Param("run"))
	if err != nil {
		return err
	}
	b.By = actor(c)
	if err := s.Runs.Press(ctx, row.UUID, b); err != nil {
		return engineError(err)
	}
	to := "/runs/" + row.UUID + "?"
	if b.Step != "" {
		to += "step=" + url.QueryEscape(b.Step) + "&"
	}
	return c.Redirect(http.StatusSeeOther, to+"flash="+said)
}

func (s *Server) approvalForm(c echo.Context) error {
	answer := c.FormValue("approved")
	if answer != "true" && answer != "false" {
		return fail(CodeInvalid, "`approved` is %q; it must be true or false", clip(answer))
	}
	b, err := approval(c.Param("step"), answer == "true", c.FormValue("comment"))
	if err != nil {
		return err
	}
	if b.Approved {
		return s.pressed(c, b, "approved")
	}
	return s.pressed(c, b, "rejected")
}

// resolveForm records a person's word on an uncertain step. A refused one comes back with what was typed.
func (s *Server) resolveForm(c echo.Context) error {
	p, err := s.runView(c, true)
	if err != nil {
		return err
	}
	typed := &templates.Resolution{Outcome: c.FormValue("outcome"), Output: c.FormValue("output"), Reason: c.FormValue("reason")}
	b, err := s.readResolution(c, typed)
	if err == nil {
		err = s.pressed(c, b, "resolved")
	}
	if e := coded(err); err != nil && e.Code == CodeInvalid {
		typed.Error = sentence(e.Message)
		p.Inspector.Typed = typed
		return s.render(c, e.status(), templates.Run(p))
	}
	return err
}

func (s *Server) readResolution(c echo.Context, typed *templates.Resolution) (runtime.Button, error) {
	step, item := c.Param("step"), planner.NoItem
	if text := c.FormValue("item"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return runtime.Button{}, fail(CodeInvalid, "`item` is %s; items count from 0", clip(text))
		}
		item = n
	} else {
		err := s.look(c.Request().Context(), c.Param("run"), func(h *history) error {
			if st := h.state.Steps[step]; st != nil && st.Planned {
				item = uncertainItem(st)
			}
			return nil
		})
		if err != nil {
			return runtime.Button{}, err
		}
	}
	var output []byte
	if text := strings.TrimSpace(typed.Output); text != "" && planner.Resolution(typed.Outcome) == planner.Happened {
		if err := checkJSON([]byte(text)); err != nil {
			return runtime.Button{}, fail(CodeInvalid, "the output is not JSON: a text needs quotes")
		}
		output = []byte(text)
	}
	return resolution(step, item, planner.Resolution(typed.Outcome), output, typed.Reason)
}

// uncertainItem is the first item that a person is asked about.
func uncertainItem(st *planner.Step) int {
	for i, u := range st.Items {
		if u != nil && (u.State == planner.Uncertain || u.Undo != nil && u.Undo.State == planner.Uncertain) {
			return i
		}
	}
	return planner.NoItem
}

// tryForm calls a function by hand from its page.
func (s *Server) tryForm(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := s.functionPageView(ctx, c.Param("function"))
	if err != nil {
		return err
	}
	input := c.FormValue("input")
	body := []byte(strings.TrimSpace(input))
	if len(body) == 0 {
		body = []byte("{}")
	}
	var got *tried
	if err = checkJSON(body); err == nil {
		got, err = s.try(ctx, v.Name, body)
	}
	var refused *Error
	if errors.As(err, &refused) && (refused.Code == CodeInvalid || refused.Code == CodeBadRequest) {
		return s.showFunction(c, http.StatusUnprocessableEntity, v, input, nil, &templates.Flash{Error: true, Text: sentence(refused.Message)})
	}
	if err != nil {
		return err
	}
	return s.showFunction(c, http.StatusOK, v, input, &templates.Tried{Output: got.Output, Failure: got.Error, Logs: got.Logs, Took: got.took}, nil)
}

// detailLines says an error's details in lines: each problem with its place, each flow concerned.
func detailLines(details map[string]any) []string {
	var out []string
	if found, ok := details["violations"].([]schema.Violation); ok {
		for _, v := range found {
			out = append(out, v.String())
		}
	}
	if flows, ok := details["flows"].([]brokenFlow); ok {
		for _, f := range flows {
			out = append(out, fmt.Sprintf("`%s` version %d", f.Flow, f.Version))
		}
	}
	return out
}

// indented is JSON for a person; what is no JSON stays as it is.
func indented(raw []byte) string {
	var v json.RawMessage
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return string(raw)
	}
	return string(out)
}
