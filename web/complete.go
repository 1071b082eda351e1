package web

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/assist"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/web/view"
)

// complete says what may stand at a place of a text, and what stands there: always 200, whatever the text is. A body of YAML is a flow, with the place
// in the address; one of JSON is an expression of a form, with the flow that it belongs to.
func (s *Server) complete(c echo.Context) error {
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if kind == echo.MIMEApplicationJSON {
		return s.completeExpression(c)
	}
	body, err := readText(c)
	if err != nil {
		return err
	}
	line, err := placeParam(c, "line")
	if err != nil {
		return err
	}
	column, err := placeParam(c, "column")
	if err != nil {
		return err
	}
	def, _ := flow.Parse(body)
	known, err := s.known(c.Request().Context(), def)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, assistView(assist.At(body, flow.NewPlaces(body).Offset(line, column), known)))
}

// placeParam reads a line or a column from the address.
func placeParam(c echo.Context, name string) (int, error) {
	n, err := strconv.Atoi(c.QueryParam(name))
	if err != nil || n < 1 {
		return 0, fail(CodeBadRequest, "say where the cursor is: `?line=&column=`, both whole numbers from 1; `%s` is %q", name, clip(c.QueryParam(name)))
	}
	return n, nil
}

func (s *Server) completeExpression(c echo.Context) error {
	var req struct {
		Source     string `json:"source"`
		Step       string `json:"step"`
		Field      string `json:"field"`
		Expression string `json:"expression"`
		Cursor     int    `json:"cursor"`
	}
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if req.Field == "" {
		return fail(CodeBadRequest, `say which field the expression stands in: {"source": …, "step": "ship", "field": "with.order", "expression": "input.", "cursor": 6}`)
	}
	if req.Cursor < 0 || req.Cursor > utf8.RuneCountInString(req.Expression) {
		return fail(CodeBadRequest, "`cursor` is %d, which is not in the expression: it counts code points from 0 to %d", req.Cursor, utf8.RuneCountInString(req.Expression))
	}
	d, _ := flow.Parse([]byte(req.Source))
	if d == nil {
		d = &flow.Definition{}
	}
	known, err := s.known(c.Request().Context(), d)
	if err != nil {
		return err
	}
	in := assist.Source{Flow: d, Step: req.Step, Field: req.Field, Text: req.Expression}
	return answerJSON(c, http.StatusOK, assistView(in.At(len(string([]rune(req.Expression)[:req.Cursor])), known)))
}

func assistView(a assist.Answer) view.Assist {
	out := view.Assist{From: placeView(a.From), To: placeView(a.To), Items: make([]view.AssistItem, 0, len(a.Items)), Type: a.Type, Wanted: a.Wanted}
	for _, i := range a.Items {
		out.Items = append(out.Items, view.AssistItem{Label: i.Label, Kind: string(i.Kind), Type: i.Type, Detail: i.Detail, Insert: i.Insert})
	}
	if a.Hover != nil {
		out.Hover = &view.Hover{From: placeView(a.Hover.From), To: placeView(a.Hover.To), Label: a.Hover.Label, Type: a.Hover.Type, Detail: strings.TrimSpace(a.Hover.Detail)}
	}
	return out
}

func placeView(p flow.Pos) view.Place { return view.Place{Line: p.Line, Column: p.Column} }
