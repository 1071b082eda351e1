package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
	"github.com/segno-run/segno/web/words"
)

// The bounds of one request. Every expression has the bounds that it has in a run as well.
const (
	mostExpressions = 100
	mostShown       = 64 << 10 // bytes of one value
	shownByDefault  = 2 << 10
)

// evaluation asks what expressions are worth in a run. They need not stand in the version that the run is of: it is the draft that asks.
type evaluation struct {
	Step        string       `json:"step"`
	ForEach     string       `json:"for_each"` // as the step's list is written now; without it the recorded list counts
	Item        int          `json:"item"`
	Most        int          `json:"most"` // bytes of each value
	Expressions []expression `json:"expressions"`
}

type expression struct {
	Field      string `json:"field"` // "with.amount": what may be read there
	Expression string `json:"expression"`
	Text       string `json:"text"` // a text with `${{ }}` in it, in place of an expression
}

// evaluate answers what expressions are worth with what a run has recorded: always 200 for a run that is there, whatever the expressions are.
func (s *Server) evaluate(c echo.Context) error {
	ctx := c.Request().Context()
	var req evaluation
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if len(req.Expressions) == 0 {
		return fail(CodeBadRequest, `there is nothing to evaluate: send {"step": "ship", "expressions": [{"field": "with.order", "expression": "input.order_id"}]}`)
	}
	if len(req.Expressions) > mostExpressions {
		return fail(CodeTooLarge, "at most %d expressions are evaluated at once", mostExpressions)
	}
	if req.Item < 0 {
		return fail(CodeBadRequest, "`item` is %d; items count from 0", req.Item)
	}
	if req.Most <= 0 {
		req.Most = shownByDefault
	}
	req.Most = min(req.Most, mostShown)
	var out view.Recorded
	err := s.look(ctx, c.Param("run"), func(h *history) error {
		out = req.in(ctx, h)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, out)
}

// in evaluates with the state of a run.
func (e evaluation) in(ctx context.Context, h *history) view.Recorded {
	list, whyNoItem := e.list(h)
	ref := planner.Ref{Step: e.Step, Item: planner.NoItem}
	var item *expr.Value
	switch {
	case e.Item < len(list):
		ref.Item, item = e.Item, list[e.Item]
	case len(list) > 0:
		whyNoItem = fmt.Sprintf("the list has %d items in this run, so there is no item %d", len(list), e.Item)
	case whyNoItem == "":
		whyNoItem = "the list is empty in this run, so there is no item"
	}
	out := view.Recorded{Values: make([]view.RecordedValue, len(e.Expressions)), Items: len(list)}
	if item != nil {
		out.Item = e.Item
	}
	for i, one := range e.Expressions {
		if ctx.Err() != nil {
			break
		}
		at := looking{h: h, ref: ref, item: item, whyNoItem: whyNoItem, most: e.Most}
		at.ref.Undo = strings.HasPrefix(one.Field, "compensate.")
		at.loop, at.whyNoPrevious = loopAt(h.state, ref, one.Field)
		out.Values[i] = at.value(one)
	}
	return out
}

// list is the list of the step's for_each: as the expression that is written now makes it of the run, else as the run recorded it.
func (e evaluation) list(h *history) ([]*expr.Value, string) {
	st := h.state.Steps[e.Step]
	recorded := st != nil && st.Planned
	if strings.TrimSpace(e.ForEach) == "" {
		if recorded {
			return st.List, ""
		}
		return nil, "this run has no items of the step"
	}
	at := looking{h: h, ref: planner.Ref{Step: e.Step, Item: planner.NoItem}}
	p, why := at.compile(e.ForEach)
	if why == "" {
		values, err := p.EvalList(planner.Reading(h.state, at.ref, nil, expr.Loop{}))
		if err == nil {
			return values, ""
		}
		why = at.explain(p, err)
	}
	if recorded {
		return st.List, ""
	}
	return nil, "there is no item, because the list can't be evaluated: " + why
}

// loopAt is where a loop of the run stands for a field: in its condition behind its last iteration, in its input before the one that would come next.
func loopAt(s *planner.State, ref planner.Ref, field string) (loop expr.Loop, whyNoPrevious string) {
	u := s.Unit(ref)
	if u == nil || u.Iteration == 0 {
		return expr.Loop{}, ""
	}
	if !strings.HasPrefix(field, "until") {
		if u.Last == nil {
			return expr.Loop{Iteration: 1}, ""
		}
		return expr.Loop{Iteration: u.Iteration + 1, Previous: u.Last}, ""
	}
	loop = expr.Loop{Iteration: u.Iteration, Output: u.Last}
	if u.Iteration > 1 {
		whyNoPrevious = "of a loop only its last output is kept, not the one before"
	}
	return loop, whyNoPrevious
}

// looking is one place from which a run is read.
type looking struct {
	h             *history
	ref           planner.Ref
	item          *expr.Value
	loop          expr.Loop
	whyNoItem     string
	whyNoPrevious string
	most          int
}

// anywhere allows every name: which of them may stand at a place is for the check to say, here the run decides whether there is a value.
var anywhere = expr.Options{Item: true, Key: true, Loop: true, Output: true}

func (l looking) compile(source string) (*expr.Program, string) {
	p, problems := expr.Compile(strings.TrimSpace(source), anywhere)
	if p == nil {
		return nil, sentenceOf(problems[0].Message)
	}
	return p, ""
}

func (l looking) value(e expression) view.RecordedValue {
	var eval func(expr.Scope) (*expr.Value, error)
	var programs []*expr.Program
	if e.Text != "" {
		raw, problems := expr.SplitText(e.Text)
		if len(problems) > 0 {
			return view.RecordedValue{Why: sentenceOf(problems[0].Message)}
		}
		parts := make([]expr.Part, len(raw))
		for i, r := range raw {
			parts[i].Literal = r.Literal
			if !r.IsExpr {
				continue
			}
			p, why := l.compile(r.Expr)
			if p == nil {
				return view.RecordedValue{Why: why}
			}
			parts[i].Expr, programs = p, append(programs, p)
		}
		eval = expr.Text(parts...).Eval
	} else {
		p, why := l.compile(e.Expression)
		if p == nil {
			return view.RecordedValue{Why: why}
		}
		eval, programs = p.Eval, []*expr.Program{p}
	}
	for _, p := range programs {
		if why := l.lacks(p); why != "" {
			return view.RecordedValue{Why: why}
		}
	}
	v, err := eval(planner.Reading(l.h.state, l.ref, l.item, l.loop))
	if err != nil {
		for _, p := range programs {
			if why := l.unreached(p); why != "" && errors.Is(err, expr.ErrAbsent) {
				return view.RecordedValue{Why: why}
			}
		}
		return view.RecordedValue{Why: sentenceOf(err.Error())}
	}
	return l.shown(v.JSON())
}

// shown is a value with what is kept apart of it, as far as an expression could look into that.
func (l looking) shown(raw []byte) view.RecordedValue {
	if !expr.HasPayloads(raw) {
		return beginning(raw, l.most)
	}
	size := expr.SizeOf(raw)
	whole := l.h.state.Inline(raw)
	if _, apart := expr.WholePayload(whole); apart {
		return view.RecordedValue{Bytes: int(size), Why: "The value has " + expr.FormatSize(size) + ", too much to be looked into here."}
	}
	v := beginning(expr.Shown(whole), l.most)
	v.Bytes = int(size)
	return v
}

// beginning is a value, or its beginning up to a whole character.
func beginning(raw []byte, most int) view.RecordedValue {
	v := view.RecordedValue{Text: string(raw), Bytes: len(raw)}
	if len(raw) > most {
		for most > 0 && !utf8.RuneStart(raw[most]) {
			most--
		}
		v.Text, v.Cut = string(raw[:most]), true
	}
	return v
}

// lacks says why something that the expression names is not there in this run at all.
func (l looking) lacks(p *expr.Program) string {
	for _, r := range p.Refs() {
		switch {
		case (r.Root == expr.RootItem || r.Root == expr.RootIndex) && l.item == nil:
			return sentenceOf(l.whyNoItem)
		case r.Root == expr.RootPrevious && l.whyNoPrevious != "":
			return sentenceOf(l.whyNoPrevious)
		case (r.Root == expr.RootPrevious || r.Root == expr.RootIteration || r.Root == expr.RootOutput) && l.loop.Iteration == 0:
			return "The step did not loop in this run."
		case r.Root == expr.RootOutput && l.loop.Output == nil:
			return "No iteration of the step completed in this run."
		case r.Root == expr.RootKey && l.h.state.Unit(planner.Ref{Step: l.ref.Step, Item: l.ref.Item}) == nil:
			return "The step was not called in this run, so there is no key."
		}
	}
	return ""
}

// unreached says, of an expression that read something absent, which step of this run has no value and why.
func (l looking) unreached(p *expr.Program) string {
	for _, r := range p.Refs() {
		if r.Root != expr.RootSteps {
			continue
		}
		scope := planner.Reading(l.h.state, l.ref, nil, expr.Loop{})
		if r.Field == "error" {
			if _, ok := scope.StepError(r.Step); !ok {
				return fmt.Sprintf("`%s` did not fail in this run.", r.Step)
			}
			continue
		}
		if _, ok := scope.Output(r.Step); ok {
			continue
		}
		st := l.h.state.Steps[r.Step]
		switch {
		case st == nil && l.h.def != nil && l.h.def.Step(r.Step) == nil:
			return fmt.Sprintf("Version %d, which this run is of, has no step `%s`.", l.h.row.Version, r.Step)
		case st == nil || st.Show() == planner.Pending:
			return fmt.Sprintf("`%s` did not run in this run.", r.Step)
		case st.Show() == planner.Skipped || st.Show() == planner.Cancelled:
			return fmt.Sprintf("`%s` was %s in this run.", r.Step, words.Status(string(st.Show())))
		case st.Show() == planner.Failed:
			return fmt.Sprintf("`%s` failed in this run.", r.Step)
		}
		return fmt.Sprintf("`%s` has no output in this run: it is %s.", r.Step, words.Status(string(st.Show())))
	}
	return ""
}

// explain is why an evaluation failed, in words of the run where it knows them.
func (l looking) explain(p *expr.Program, err error) string {
	if why := l.unreached(p); why != "" && errors.Is(err, expr.ErrAbsent) {
		return why
	}
	return sentenceOf(err.Error())
}

// sentenceOf begins words with a capital, unless they begin with code, and ends them with a full stop.
func sentenceOf(words string) string {
	if words == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(words)
	if first >= 'a' && first <= 'z' {
		if rest := strings.IndexAny(words, " .`"); rest < 0 || words[rest] == ' ' { // not a path, such as `steps.a.output is absent`
			words = strings.ToUpper(string(first)) + words[size:]
		}
	}
	if !strings.HasSuffix(words, ".") {
		words += "."
	}
	return words
}
