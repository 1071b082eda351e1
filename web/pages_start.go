package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/web/templates"
)

// starting is what a start form is about.
type starting struct {
	draft   *draft
	version int
	program *check.Program
	form    form
}

// startOf finds the version that a start form is for; 0 is the latest.
func (s *Server) startOf(ctx context.Context, name string, version int) (*starting, error) {
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return nil, err
	}
	if d.flow.Published == nil {
		return nil, fail(CodeConflict, "`%s` has no published version to run: publish its draft first", name)
	}
	if version == 0 {
		version = *d.flow.Published
	}
	program, err := s.Programs.Program(ctx, name, version)
	if err != nil {
		return nil, missing(err, "`%s` has no version %d", name, version)
	}
	return &starting{d, version, program, newForm(program.Input)}, nil
}

func (s *Server) startPage(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	st, err := s.startOf(ctx, name, 0)
	if err != nil {
		return err
	}
	sample := s.sample(ctx, st, c.QueryParam("run"))
	t := st.form.fill(sample)
	if st.form.prefill(t, c.QueryParams()) {
		sample, _ = st.form.json(t)
	}
	return s.showStart(c, http.StatusOK, st, templates.StartPage{Mode: st.mode(""), JSON: indented(sample)}, t, nil)
}

// sample is what the form begins with: the input of a run to be started again, the project's sample, or one made from the schema.
func (s *Server) sample(ctx context.Context, st *starting, run string) []byte {
	if run != "" {
		var input []byte
		err := s.look(ctx, run, func(h *history) error {
			if h.row.Flow == st.draft.flow.Name && h.state.Input != nil {
				input = h.state.Input.JSON() // values never change
			}
			return nil
		})
		if err == nil && input != nil {
			input, err = s.whole(ctx, input)
		}
		if err == nil && input != nil {
			return input
		}
	}
	if raw := s.Inputs(st.draft.flow.Name); raw != nil && checkJSON(raw) == nil {
		return raw
	}
	if st.program.Input == nil {
		return []byte("{}")
	}
	return schema.Example(st.program.Input.Raw())
}

// sampleLine is the sample input of a flow's latest version, on one line; "{}" if there is none.
func (s *Server) sampleLine(ctx context.Context, name string) string {
	st, err := s.startOf(ctx, name, 0)
	if err != nil {
		return "{}" // it can't be started: whoever tries it is told why
	}
	var line bytes.Buffer
	if err := json.Compact(&line, s.sample(ctx, st, "")); err != nil {
		return "{}"
	}
	return line.String()
}

// mode is form or json. An input that no form can be made of is JSON.
func (st *starting) mode(asked string) string {
	if asked == "json" || !st.form.asObject() && !st.form.empty() {
		return "json"
	}
	return "form"
}

func (s *Server) showStart(c echo.Context, status int, st *starting, p templates.StartPage, t typed, errs map[string]string) error {
	p.Head, p.Version = head(st.draft, "start"), st.version
	p.Chrome = s.chrome(c, "Start "+p.Head.Title, "flows")
	p.Fields = st.form.fields(t, errs)
	return s.render(c, status, templates.Start(p))
}

func (s *Server) startForm(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	values, err := c.FormParams()
	if err != nil {
		return coded(err)
	}
	version, _ := strconv.Atoi(values.Get("_version")) // without one it is the latest
	st, err := s.startOf(ctx, name, max(version, 0))
	if err != nil {
		return err
	}
	t := posted(values)
	mode := st.mode(values.Get("_mode"))
	if list, row := values.Get("_add"), values.Get("_remove"); list != "" || row != "" {
		if list != "" {
			t.addRow(list)
		} else {
			t.removeRow(row)
		}
		input, _ := st.form.json(t)
		return s.showStart(c, http.StatusOK, st, templates.StartPage{Mode: mode, JSON: indented(input)}, t, nil)
	}
	input, errs := st.form.json(t)
	text := indented(input)
	if mode == "json" {
		text, errs = normalize(values.Get("_json")), nil
		input = []byte(strings.TrimSpace(text))
		if len(input) == 0 {
			input = []byte("{}")
		}
		if err := checkJSON(input); err != nil {
			return s.showStart(c, http.StatusUnprocessableEntity, st, templates.StartPage{Mode: mode, JSON: text, Error: sentence(coded(err).Message)}, t, nil)
		}
		t = st.form.fill(input)
	}
	id, _, err := s.start(ctx, name, st.version, input, "", actor(c))
	var refused *Error
	if errors.As(err, &refused) && refused.Code == CodeInvalid {
		return s.refuseStart(c, st, templates.StartPage{Mode: mode, JSON: text}, t, errs, refused)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/runs/"+id)
}

// refuseStart shows the form again: each violation at its field, the others above.
func (s *Server) refuseStart(c echo.Context, st *starting, p templates.StartPage, t typed, errs map[string]string, refused *Error) error {
	if errs == nil {
		errs = map[string]string{}
	}
	var found []schema.Violation
	if d, ok := refused.Details.(map[string]any); ok {
		found, _ = d["violations"].([]schema.Violation)
	}
	known := paths(st.form.fields(t, nil), map[string]bool{})
	p.Error = "The input does not fit what the flow takes."
	for _, v := range found {
		at := fieldPath(v.Path)
		if p.Mode == "json" || !known[at] {
			p.Problem = append(p.Problem, v.String())
		}
		if _, said := errs[at]; !said {
			errs[at] = v.Message
		}
	}
	return s.showStart(c, refused.status(), st, p, t, errs)
}
