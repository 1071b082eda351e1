package check

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// scope says where an expression stands.
type scope struct {
	step  int    // index of the step; -1: the flow's output, which may read every step
	field string // path within the step
	item  bool   // `item` and `index` are there
	own   bool   // the step's own output may be read: a compensation
}

func (k *compiler) stepName(sc scope) string {
	if sc.step < 0 {
		return ""
	}
	return k.d.Steps[sc.step].Name
}

func (k *compiler) textIssue(sev flow.Severity, pos flow.Pos, sc scope, hint, format string, args ...any) {
	k.report(sev, pos, k.stepName(sc), sc.field, hint, format, args...)
}

// program compiles one expression. want is "bool", "list" or "" for anything; the result is nil if there was a problem.
func (k *compiler) program(e *flow.Expr, sc scope, want string) *expr.Program {
	if e == nil {
		return nil
	}
	p := k.compileExpr(e.Source, sc, e.At)
	if p == nil {
		return nil
	}
	switch got := p.Type(); {
	case want == "bool" && got != "bool" && got != "dyn" && got != "optional_type":
		k.textIssue(flow.Error, e.Pos, sc, "", "`%s` must be true or false, but this is always %s", sc.field, article(got))
		return nil
	case want == "list" && got != "list" && got != "dyn" && got != "optional_type":
		k.textIssue(flow.Error, e.Pos, sc, "", "`%s` must be a list, but this is always %s", sc.field, article(got))
		return nil
	}
	return p
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

// compileExpr compiles a source once in a flow, and checks at every place what it reads. at gives the position of an offset into the source.
func (k *compiler) compileExpr(source string, sc scope, at func(runes int) flow.Pos) *expr.Program {
	key := exprKey{source, sc.item}
	c, ok := k.compiled[key]
	if !ok {
		c.program, c.problems = expr.Compile(source, expr.Options{Item: sc.item})
		k.compiled[key] = c
	}
	for _, p := range c.problems {
		if strings.HasSuffix(p.Message, expr.OutsideForEach) {
			p.Hint = k.noItem(sc)
		}
		k.textIssue(flow.Error, at(p.Offset), sc, p.Hint, "%s", p.Message)
	}
	if c.program == nil {
		return nil
	}
	fine := true
	for _, r := range c.program.Refs() {
		fine = k.reference(r, sc, at) && fine
	}
	if !fine {
		return nil
	}
	return c.program
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
	switch v.Kind {
	case flow.Absent:
		return nil
	case flow.String:
		return k.textTemplate(v, sc)
	case flow.List:
		items := make([]*expr.Template, 0, len(v.Items))
		plain := true
		for i, it := range v.Items {
			below := sc
			below.field += "[" + strconv.Itoa(i) + "]"
			t := k.template(it, below)
			plain = plain && t.IsLiteral()
			items = append(items, t)
		}
		if t := expr.Array(items...); !plain {
			return t
		} else {
			return settled(t)
		}
	case flow.Map:
		fields := make([]expr.TemplateField, 0, len(v.Fields))
		plain := true
		for _, f := range v.Fields {
			below := sc
			below.field += "." + f.Key
			t := k.template(f.Value, below)
			plain = plain && t.IsLiteral()
			fields = append(fields, expr.TemplateField{Key: f.Key, Value: t})
		}
		if t := expr.Object(fields...); !plain {
			return t
		} else {
			return settled(t)
		}
	}
	return expr.Literal(v.JSON())
}

// settled evaluates a template without expressions, once and for all.
func settled(t *expr.Template) *expr.Template {
	v, err := t.Eval(nil)
	if err != nil { // larger than any result may be; evaluating it will say so
		return t
	}
	return expr.Literal(v.JSON())
}

func (k *compiler) textTemplate(v flow.Value, sc scope) *expr.Template {
	raw, problems := expr.SplitText(v.Text)
	for _, p := range problems {
		k.textIssue(flow.Error, v.At(p.Offset), sc, p.Hint, "%s", p.Message)
	}
	parts := make([]expr.Part, 0, len(raw))
	plain := true
	for _, r := range raw {
		if !r.IsExpr {
			parts = append(parts, expr.Part{Literal: r.Literal})
			continue
		}
		plain = false
		p := k.compileExpr(r.Expr, sc, func(runes int) flow.Pos { return v.At(r.Offset + runes) })
		if p != nil {
			parts = append(parts, expr.Part{Expr: p})
		}
	}
	if !plain {
		return expr.Text(parts...)
	}
	text := ""
	for _, p := range parts {
		text += p.Literal
	}
	b, err := json.Marshal(text)
	if err != nil { // a string always encodes
		return expr.Literal([]byte(`""`))
	}
	return expr.Literal(b)
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
