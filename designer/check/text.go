package check

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// scope says where an expression stands.
type scope struct {
	step  int        // index of the step; -1: the flow's output, which may read every step
	field string     // path within the step
	item  bool       // `item` and `index` are there
	own   bool       // a compensation: the step's own output may be read, and `key`
	drops bool       // what is absent may be left out: a field of an object that nothing requires
	needs []string   // the names that the object here must have
	into  *expr.Type // what is wanted here, as far as it is known: below the first level it says what an object must have
	loop  loop       // what is there of a step that loops
}

func (k *compiler) stepName(sc scope) string {
	if sc.step < 0 {
		return ""
	}
	return k.d.Steps[sc.step].Name
}

// textIssue reports something about a text; nil while types are looked up ahead.
func (k *compiler) textIssue(sev flow.Severity, pos flow.Pos, sc scope, hint, format string, args ...any) *flow.Issue {
	if k.typing.quiet > 0 {
		return nil
	}
	return k.report(sev, pos, k.stepName(sc), sc.field, hint, format, args...)
}

// program compiles one expression. want is "bool", "list" or "" for anything; the result is nil if there was a problem.
func (k *compiler) program(e *flow.Expr, sc scope, want string) *expr.Program {
	if e == nil {
		return nil
	}
	p, _ := k.typedProgram(e, sc, want)
	return p
}

// typedProgram is program, with what is known of the result's type.
func (k *compiler) typedProgram(e *flow.Expr, sc scope, want string) (*expr.Program, *expr.Type) {
	p, of := k.compileExpr(e.Source, sc, k.placeOf(e))
	if p == nil {
		return nil, nil
	}
	kinds, words := expr.Bool, "true or false"
	if want == "list" {
		kinds, words = expr.List, "a list"
	}
	if want == "" {
		return p, of
	}
	if of == nil || of.Kinds == 0 {
		switch got := p.Type(); got {
		case want, "dyn", "optional_type":
			return p, of
		default:
			k.textIssue(flow.Error, e.Pos, sc, "", "`%s` must be %s, but this is always %s", sc.field, words, article(got))
			return nil, nil
		}
	}
	switch {
	case of.Optional:
		k.textIssue(flow.Error, e.Pos, sc, "say what to take instead with `.orValue("+map[string]string{"bool": "false", "list": "[]"}[want]+")`",
			"`%s` must be %s, but this may be absent", sc.field, words)
	case of.Kinds&kinds == 0:
		k.textIssue(flow.Error, e.Pos, sc, "", "`%s` must be %s, but this is always %s", sc.field, words, withArticle(of))
	case of.Kinds&^kinds != 0 && !of.Loose():
		k.textIssue(flow.Error, e.Pos, sc, "", "`%s` must be %s, but this is %s", sc.field, words, withArticle(of))
	default:
		return p, of
	}
	return nil, nil
}

// withArticle names a type in a sentence, the way article does a CEL type.
func withArticle(of *expr.Type) string {
	if of.Kinds == expr.Bool {
		return "true or false"
	}
	return of.WithArticle()
}

// article names a CEL type in a sentence.
func article(celType string) string {
	switch celType {
	case "int":
		return "an integer"
	case "double", "uint":
		return "a number"
	case "map":
		return "an object"
	case "null_type":
		return "null"
	case "google.protobuf.Timestamp":
		return "a time"
	case "google.protobuf.Duration":
		return "a duration"
	case "bool":
		return "true or false"
	}
	return "a " + celType
}

// compileExpr compiles a source once in a flow, and checks at every place what it reads.
func (k *compiler) compileExpr(source string, sc scope, pl place) (*expr.Program, *expr.Type) {
	key := exprKey{source: source, item: sc.item, key: sc.own, loop: sc.loop}
	c, ok := k.compiled[key]
	if !ok {
		c.program, c.problems = expr.Compile(source, expr.Options{Item: sc.item, Key: sc.own, Loop: sc.loop != noLoop, Output: sc.loop == loopCondition})
		k.compiled[key] = c
	}
	for _, p := range c.problems {
		if strings.HasSuffix(p.Message, expr.OutsideUntil) {
			p.Hint = k.noIteration(sc, p.Hint)
		}
		if strings.HasSuffix(p.Message, expr.OutsideForEach) {
			p.Hint = k.noItem(sc)
		}
		k.problem(p, sc, pl)
	}
	if c.program == nil {
		return nil, nil
	}
	fine := true
	for _, r := range c.program.Refs() {
		fine = k.reference(r, sc, pl) && fine
	}
	if !fine {
		return nil, nil
	}
	of, fine := k.infer(c.program, sc, pl)
	if !fine {
		return nil, nil
	}
	return c.program, of
}

// noItem says why there is no item at a place.
func (k *compiler) noItem(sc scope) string {
	if sc.step < 0 {
		return ""
	}
	switch s := &k.d.Steps[sc.step]; {
	case s.Kind != flow.Call:
		return "only a `call` step can loop"
	case s.ForEach != nil:
		return "`if` and `for_each` are evaluated once, before there is an item"
	}
	return "add `for_each: ${{ … }}` to the step"
}

// template compiles a value that may hold expressions. Parts that could not be compiled are left out; there is an issue for each.
func (k *compiler) template(v flow.Value, sc scope) *expr.Template {
	t, of := k.typedTemplate(v, sc)
	if of != nil && of.Optional {
		k.unhandled(exprPos(v), sc, "`"+cmp.Or(sc.field, "output")+"`")
	}
	return t
}

// typedTemplate is template, with what is known of the value's type: an optional for an expression that may be absent, which only a field of an object
// may be.
func (k *compiler) typedTemplate(v flow.Value, sc scope) (*expr.Template, *expr.Type) {
	switch v.Kind {
	case flow.Absent:
		return nil, nil
	case flow.String:
		return k.textTemplate(v, sc)
	case flow.List:
		items := make([]*expr.Template, 0, len(v.Items))
		of := &expr.Type{Kinds: expr.List, Elem: &expr.Type{}, Fixed: true}
		plain := true
		for i, it := range v.Items {
			below := sc
			below.field += "[" + strconv.Itoa(i) + "]"
			below.needs, below.drops, below.into = nil, false, sc.into.Element()
			t, one := k.typedTemplate(it, below)
			if one != nil && one.Optional {
				k.unhandled(exprPos(it), below, "an element of a list")
				one = nil
			}
			of.Prefix = append(of.Prefix, one)
			of.Elem = expr.Join(of.Elem, one)
			plain = plain && t.IsLiteral()
			items = append(items, t)
		}
		if t := expr.Array(items...); !plain {
			return t, of
		} else {
			return settled(t), of
		}
	case flow.Map:
		fields := make([]expr.TemplateField, 0, len(v.Fields))
		types := make([]expr.TypeField, 0, len(v.Fields))
		plain := true
		for _, f := range v.Fields {
			below := sc
			below.field += "." + f.Key
			w, _ := sc.into.Field(f.Key)
			below.needs, below.drops, below.into = nil, !slices.Contains(sc.needs, f.Key) && !w.Required, w.Type
			t, one := k.typedTemplate(f.Value, below)
			plain = plain && t.IsLiteral()
			fields = append(fields, expr.TemplateField{Key: f.Key, Value: t})
			types = append(types, expr.TypeField{Name: f.Key, Type: one.Held(), Required: one == nil || !one.Optional,
				Why: "it is left out when its expression gives nothing"})
		}
		if t := expr.Object(fields...); !plain {
			return t, expr.ObjectOf(types...)
		} else {
			return settled(t), expr.ObjectOf(types...)
		}
	}
	return expr.Literal(v.JSON()), expr.LiteralType(v.JSON())
}

// exprPos is where the first expression of a text stands.
func exprPos(v flow.Value) flow.Pos {
	if v.Kind == flow.String {
		parts, _ := expr.SplitText(v.Text)
		for _, p := range parts {
			if p.IsExpr {
				return v.At(p.Offset)
			}
		}
	}
	return v.Pos
}

// settled evaluates a template without expressions, once and for all.
func settled(t *expr.Template) *expr.Template {
	v, err := t.Eval(nil)
	if err != nil { // larger than any result may be; evaluating it will say so
		return t
	}
	return expr.Literal(v.JSON())
}

func (k *compiler) textTemplate(v flow.Value, sc scope) (*expr.Template, *expr.Type) {
	raw, problems := expr.SplitText(v.Text)
	for _, p := range problems {
		k.textIssue(flow.Error, v.At(p.Offset), sc, p.Hint, "%s", p.Message)
	}
	parts := make([]expr.Part, 0, len(raw))
	plain := true
	of := textType
	for _, r := range raw {
		if !r.IsExpr {
			parts = append(parts, expr.Part{Literal: r.Literal})
			continue
		}
		plain = false
		p, one := k.compileExpr(r.Expr, sc, k.placeIn(v, r.Offset))
		switch {
		case len(raw) == 1:
			of = one
		case one != nil && one.Optional:
			k.unhandled(v.At(r.Offset), sc, "a part of a text")
		}
		if p != nil {
			parts = append(parts, expr.Part{Expr: p})
		}
	}
	if !plain {
		return expr.Text(parts...), of
	}
	text := ""
	for _, p := range parts {
		text += p.Literal
	}
	b, err := json.Marshal(text)
	if err != nil { // a string always encodes
		return expr.Literal([]byte(`""`)), textType
	}
	return expr.Literal(b), expr.OneOf(expr.String, string(b))
}

func hasExpr(v flow.Value) bool {
	switch v.Kind {
	case flow.String:
		return strings.Contains(v.Text, "${{")
	case flow.List:
		return slices.ContainsFunc(v.Items, hasExpr)
	case flow.Map:
		return slices.ContainsFunc(v.Fields, func(f flow.Field) bool { return hasExpr(f.Value) })
	}
	return false
}
