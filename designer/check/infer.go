package check

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
)

// PathType is the type of a path such as "steps.ocr.output.pages[0]" in a field of a step; false if there is no such path. A nil type says that
// nothing is known of the value.
func PathType(d *flow.Definition, c Catalog, step, field, path string) (*expr.Type, bool) {
	k, sc, ok := placed(d, c, step, field)
	if !ok {
		return nil, false
	}
	names := strings.Split(strings.ReplaceAll(path, "?", ""), ".")
	owner, ok := k.walk(names[:len(names)-1], sc)
	if !ok {
		return nil, false
	}
	last, _, indexed := strings.Cut(names[len(names)-1], "[")
	i := slices.IndexFunc(owner, func(f expr.TypeField) bool { return f.Name == last })
	if i < 0 {
		return nil, false
	}
	if indexed {
		return owner[i].Type.Element(), true
	}
	return owner[i].Type, true
}

// TypeOf is the type that an expression has in a field of a step, whether or not it stands there; false if it does not compile there.
func TypeOf(d *flow.Definition, c Catalog, step, field, source string) (*expr.Type, bool) {
	k, sc, ok := placed(d, c, step, field)
	if !ok {
		return nil, false
	}
	p, of := k.compileExpr(source, sc, place{at: func(int) flow.Pos { return flow.Pos{} }})
	if p == nil {
		return nil, false
	}
	if of.Loose() {
		if known := map[string]expr.Kinds{"bool": expr.Bool, "int": expr.Int, "double": expr.Double, "string": expr.String, "list": expr.List, "map": expr.Map}[p.Type()]; known != 0 {
			of = expr.Of(known)
		}
	}
	return of, true
}

// Wanted is the type that an expression must have in a field of a step; nil if any will do.
func Wanted(d *flow.Definition, c Catalog, step, field string) *expr.Type {
	s := d.Step(step)
	if s == nil {
		return nil
	}
	rest, own := strings.CutPrefix(field, "compensate.")
	spec := s.Call
	if own {
		spec = s.Compensate
	}
	switch {
	case field == "if" || field == "until.condition" || strings.HasPrefix(field, "switch."):
		return expr.Of(expr.Bool)
	case field == "for_each":
		return expr.Of(expr.List)
	case field == "wait.until":
		return textType
	case !strings.HasPrefix(rest, "with.") || spec == nil || c.Function(spec.Function) == nil || c.Function(spec.Function).Input.Kind == flow.Absent:
		return nil
	}
	input, err := schema.Compile(c.Function(spec.Function).Input.JSON())
	if err != nil {
		return nil
	}
	of := input.Type()
	for _, name := range strings.Split(strings.TrimPrefix(rest, "with."), ".") {
		name, _, indexed := strings.Cut(name, "[")
		f, ok := of.Field(name)
		if !ok {
			return nil
		}
		if of = f.Type; indexed {
			of = of.Element()
		}
	}
	return of
}
