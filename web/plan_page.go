package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// versionsOffered is how many versions a plan offers to go on with, the run's own and the one that is asked for aside.
const versionsOffered = 8

// plans puts the plans of the buttons that fit into the page, and what a cancel would stop. The address says which one is open, and of which version.
func (s *Server) plans(c echo.Context, p *templates.RunPage, h *history) error {
	p.Open = c.QueryParam("plan")
	switch p.Open {
	case "", "retry", "compensate", "cancel", "restart":
	default:
		return fail(CodeBadRequest, "`plan` is %s; it must be retry, restart, compensate or cancel", clip(p.Open))
	}
	version, err := versionAsked(c.QueryParam("version"))
	if err != nil {
		return err
	}
	p.Restarts = h.state.Restarts() == ""
	wishes := []runview.Wish{}
	for _, action := range p.Run.Actions {
		switch action {
		case "retry", "compensate":
			w := runview.Wish{Action: action}
			if action == "retry" && p.Open == action {
				w.Version = version
			}
			wishes = append(wishes, w)
		case "cancel":
			p.Stops = runview.Stops(h.state, h.outline)
			if h.def != nil {
				p.OnFailure = string(h.def.OnFailure)
			}
		}
	}
	if p.Open == "restart" && p.Restarts && c.QueryParam("step") != "" {
		wishes = append(wishes, runview.Wish{Action: "restart", Step: c.QueryParam("step"), Version: version})
	}
	for _, w := range wishes {
		s.planned(c, p, h, w)
	}
	if p.Plan("retry") != nil || p.Plan("restart") != nil {
		p.Versions, p.VersionCount = s.offered(c, h, p.Plans)
	}
	return nil
}

// selectionOf is what an address of the page selects, apart from plans.
func selectionOf(of url.Values) url.Values {
	kept := itemsQuery(of)
	for _, name := range []string{"step", "item", "attempt", "view"} {
		if v := of.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	return kept
}

// planned puts one plan into the page. A version that is not there is said, and the plan is that of the run's own.
func (s *Server) planned(c echo.Context, p *templates.RunPage, h *history, w runview.Wish) {
	ctx := c.Request().Context()
	ps, err := s.programsOf(ctx, h, w.Version)
	if err != nil {
		p.Flash = &templates.Flash{Error: true, Text: sentence(coded(err).Message) + " The plan is that of the run's own version."}
		w.Version = 0
		if ps, err = s.programsOf(ctx, h, 0); err != nil {
			s.Logger.Warn("a plan could not be made", "run", h.row.UUID, "action", w.Action, "error", err)
			return
		}
	}
	plan := runview.PlanOf(h.state, h.outline, ps, w)
	p.Plans = append(p.Plans, plan)
	if w.Action == "retry" {
		program := ps.Now
		if other := ps.Others[plan.Version]; other != nil {
			program = other
		}
		p.Given = givens(plan, program)
	}
}

// offered are the versions that a run may go on with, the latest first: its own, those of its plans, and the latest others; and how many there are.
func (s *Server) offered(c echo.Context, h *history, plans []view.Plan) (out []int, count int) {
	newest, err := s.DB.NewestVersions(c.Request().Context(), h.state.Flow, versionsOffered+1)
	if err != nil {
		s.Logger.Warn("the versions of a flow could not be read", "flow", h.state.Flow, "error", err)
		return nil, 0
	}
	if len(newest) == 0 {
		return nil, 0
	}
	count, out = newest[0], newest
	if !slices.Contains(out, h.state.Version) {
		out = append(out[:min(len(out), versionsOffered)], h.state.Version)
	}
	for _, p := range plans {
		if !slices.Contains(out, p.Version) {
			out = append(out, p.Version)
		}
	}
	slices.SortFunc(out, func(a, b int) int { return b - a })
	return out, count
}

// givens are the editors of what failed, as the plan would call it.
func givens(plan view.Plan, p *check.Program) (out []templates.GivenInput) {
	if p == nil {
		return nil
	}
	for _, st := range plan.Steps {
		def := p.Step(st.ID)
		if st.Blocks || def == nil || def.Call == nil {
			continue
		}
		for _, in := range st.Inputs {
			r := planner.Ref{Step: st.ID, Item: planner.NoItem}
			if in.Item != nil {
				r.Item = *in.Item
			}
			if planner.HasPayloads(planner.JSON(in.Input)) || len(in.Input) > planner.MaxInline { // too large to be edited
				continue
			}
			was := in.Input
			if was == nil {
				was = json.RawMessage("{}")
			}
			g := templates.GivenInput{Ref: refName(r), Step: st.ID, Was: string(was), JSON: indented(was)}
			if f, ok := editable(def.Call, was); ok {
				g.Fields = f.fields(f.fill(was), nil)
				prefix(g.Fields, "field:"+g.Ref+":")
			}
			out = append(out, g)
		}
	}
	return out
}

// editable is the form of a call's input, if one holds all of it: a form of lists needs buttons of its own, and what it has no field for would be lost.
func editable(call *check.Call, input []byte) (form, bool) {
	f := newForm(call.Input)
	if !f.asObject() {
		return f, false
	}
	t := f.fill(input)
	again, errs := f.json(t)
	return f, len(t.rows) == 0 && len(errs) == 0 && sameJSON(again, input)
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}

func prefix(fields []templates.Field, with string) {
	for i := range fields {
		fields[i].Path = with + fields[i].Path
		prefix(fields[i].Fields, with)
	}
}

// readGiven reads what was typed into the editors of a plan: those that hold something else than they did. typed has the text of each, by its unit, also of
// those that are fine beside one that is not: the error is the first one's.
func readGiven(values url.Values, p *check.Program) (given []planner.GivenInput, typed map[string]string, err error) {
	typed = map[string]string{}
	for _, name := range sortedKeys(values) {
		ref, ok := strings.CutPrefix(name, "was:")
		if !ok {
			continue
		}
		r, rerr := readRef(ref)
		if rerr != nil {
			return nil, nil, rerr
		}
		text := normalize(values.Get("json:" + ref))
		var wrong error
		if def := p.Step(r.Step); !values.Has("json:"+ref) && def != nil && def.Call != nil {
			t := newTyped()
			for field, v := range values {
				if path, ok := strings.CutPrefix(field, "field:"+ref+":"); ok && len(v) > 0 {
					t.text[path] = normalize(v[0])
				}
			}
			raw, errs := newForm(def.Call.Input).json(t)
			if paths := sortedKeys(errs); len(paths) > 0 {
				wrong = fail(CodeInvalid, "`%s`: `%s`: %s", ref, paths[0], errs[paths[0]])
			}
			text = string(raw)
		}
		typed[ref] = text
		var compact bytes.Buffer
		if wrong == nil && json.Compact(&compact, []byte(text)) != nil {
			wrong = fail(CodeInvalid, "the input of `%s` is not JSON", ref)
		}
		switch {
		case wrong != nil:
			err = cmp.Or(err, wrong)
		case !sameJSON(compact.Bytes(), []byte(values.Get("was:"+ref))):
			given = append(given, planner.GivenInput{Step: r.Step, Item: r.Item, Input: compact.Bytes()})
		}
	}
	if err != nil {
		return nil, typed, err
	}
	return given, typed, nil
}

// plannedForm makes the handler of a button that is pressed on a plan. A second click is the same press; a plan that the run has left behind is answered
// with the page and its new plan, and so is what was typed wrong.
func (s *Server) plannedForm(kind runtime.ButtonKind, said string) echo.HandlerFunc {
	return func(c echo.Context) error {
		values, err := c.FormParams()
		if err != nil {
			return coded(err)
		}
		row, err := s.findRun(c.Request().Context(), c.Param("run"))
		if err != nil {
			return err
		}
		b := runtime.Button{Kind: kind, Step: values.Get("from"), Again: values["again"]}
		for name, to := range map[string]func(int64){"seq": func(n int64) { b.Seq = n }, "version": func(n int64) { b.Version = int(n) }} {
			if text := values.Get(name); text != "" {
				n, err := strconv.ParseInt(text, 10, 32)
				if err != nil || n < 1 {
					return fail(CodeInvalid, "`%s` is %s; it is that of a plan, from 1", name, clip(text))
				}
				to(n)
			}
		}
		var typed map[string]string
		if kind == runtime.ButtonRetry {
			program, perr := s.Programs.Program(c.Request().Context(), row.Flow, cmp.Or(b.Version, row.Version))
			if perr == nil {
				b.Given, typed, err = readGiven(values, program)
			}
		}
		if b.Seq > 0 {
			key := fmt.Sprintf("plan/%d/%d/%q", b.Seq, b.Version, b.Again)
			for _, g := range b.Given {
				key += fmt.Sprintf("/%s#%d=%s", g.Step, g.Item, g.Input)
			}
			b.ID = messageID(row.UUID, b, key)
		}
		if err == nil {
			err = s.pressed(c, b, said)
		}
		e := coded(err)
		if err == nil || b.Seq == 0 || e.Code != CodeConflict && (e.Code != CodeInvalid || typed == nil) {
			return err
		}
		return s.replan(c, b, e, typed)
	}
}

// replan answers a refused button with the page, its plan as it is now, and what was typed.
func (s *Server) replan(c echo.Context, b runtime.Button, e *Error, typed map[string]string) error {
	action := planActions[b.Kind]
	q := c.QueryParams() // the page reads its address
	clear(q)
	q.Set("plan", action)
	if b.Version > 0 {
		q.Set("version", strconv.Itoa(b.Version))
	}
	if b.Step != "" {
		q.Set("step", b.Step)
	}
	p, err := s.runView(c, true)
	if err != nil {
		return err
	}
	plan := p.Plan(action)
	if plan == nil {
		return e // it does not fit any more at all
	}
	p.Open, p.Flash = action, &templates.Flash{Error: true, Text: "Nothing was done: " + e.Message}
	if plan.Seq != b.Seq {
		p.Flash.Text = "Nothing was done: the run has changed since you saw this plan. Below is the new one."
	}
	for i := range p.Given {
		g := &p.Given[i]
		text, ok := typed[g.Ref]
		if !ok {
			continue
		}
		if e.Code == CodeInvalid && strings.Contains(e.Message, "`"+g.Ref) || strings.Contains(e.Message, "`"+g.Step+"`") {
			g.Error = e.Message
		}
		if !sameJSON([]byte(text), []byte(g.Was)) {
			g.Open, g.JSON, g.Fields = true, text, nil // as it was typed, whatever it is
			if checkJSON([]byte(text)) == nil {
				g.JSON = indented([]byte(text))
			}
		}
	}
	return s.render(c, e.status(), templates.Run(p))
}
