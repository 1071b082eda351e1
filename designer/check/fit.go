package check

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
)

// fitting says what a value is held against.
type fitting struct {
	sc       scope
	function string
	path     string // within the function's input
	schema   *schema.Schema
}

func (f fitting) below(name string) fitting {
	f.sc.field += "." + name
	f.path = strings.TrimPrefix(f.path+"."+name, ".")
	f.schema = f.schema.Field(name)
	return f
}

// inside is a path from here on, as one from the function's input on.
func (f fitting) inside(path string) string {
	if path == "" || path[0] == '[' {
		return f.path + path
	}
	return f.path + "." + path
}

func (f fitting) element(i int) fitting {
	part := "[" + strconv.Itoa(i) + "]"
	f.sc.field += part
	f.path += part
	f.schema = f.schema.Item(i)
	return f
}

// fit holds the expressions of a `with` against the types of the function's input. What is written out is validated as it is, in with.go; so are the
// names of its first level.
func (k *compiler) fit(v flow.Value, got, want *expr.Type, at fitting) {
	if !hasExpr(v) {
		if strings.ContainsAny(at.path, ".[") { // what stands on the first level was validated together
			k.fitLiteral(v, at)
		}
		return
	}
	if want.Loose() || got == nil {
		return
	}
	switch v.Kind {
	case flow.Map:
		if want.Kinds&expr.Map == 0 {
			k.misfit(v, at, "is an object, but "+want.WithArticle()+" is wanted", "")
			return
		}
		for _, f := range v.Fields {
			g, _ := got.Field(f.Key)
			w, known := want.Field(f.Key)
			below := at.below(f.Key)
			switch {
			case !known && want.Closed && at.path != "":
				k.report(flow.Error, f.KeyPos, k.stepName(at.sc), below.sc.field, k.didYouMean(f.Key, want.Names()), "`%s` takes no `%s`", at.function, below.path)
			case !known:
				k.fit(f.Value, g.Type, want.Rest, below)
			case w.Required && !g.Required:
				is := k.misfit(f.Value, below, "may be absent here, but is required", "say what to pass instead with `.orValue(…)`")
				k.takeInstead(is, f.Value, w.Type)
			default:
				k.fit(f.Value, g.Type, w.Type, below)
			}
		}
		if at.path == "" {
			return
		}
		for _, w := range want.Fields {
			if w.Required && v.Get(w.Name).Kind == flow.Absent {
				k.report(flow.Error, v.Pos, k.stepName(at.sc), at.sc.field, "add `"+w.Name+": ${{ … }}`", "`%s` requires `%s`", at.function, at.below(w.Name).path)
			}
		}
	case flow.List:
		if want.Kinds&expr.List == 0 {
			k.misfit(v, at, "is a list, but "+want.WithArticle()+" is wanted", "")
			return
		}
		for i, it := range v.Items {
			one := at.element(i)
			elem := want.Elem
			if i < len(want.Prefix) {
				elem = want.Prefix[i]
			}
			k.fit(it, got.Prefix[i], elem, one)
		}
	case flow.String:
		part, why := expr.Misfit(got, want)
		if why == "" {
			return
		}
		if part != "" {
			why = "does not fit: `" + part + "` " + why
		}
		k.misfit(v, at, why, mend(got, want, part))
	}
}

// fitLiteral validates what is written out within something that holds expressions.
func (k *compiler) fitLiteral(v flow.Value, at fitting) {
	for _, found := range at.schema.Validate(v.JSON()) {
		k.report(flow.Error, locate(v, found.Path), k.stepName(at.sc), at.sc.field, "", "`%s` does not fit the input of `%s`: %s", at.inside(found.Path), at.function, found.Message)
	}
	for _, found := range at.schema.Formats(v.JSON()) {
		k.report(flow.Warning, locate(v, found.Path), k.stepName(at.sc), at.sc.field, "", "`%s` is not of the format that `%s` asks for: %s", at.inside(found.Path), at.function, found.Message)
	}
}

func (k *compiler) misfit(v flow.Value, at fitting, why, hint string) *flow.Issue {
	return k.textIssue(flow.Error, exprPos(v), at.sc, hint, "`%s` of `%s` %s", at.path, at.function, why)
}

// path is an expression that is nothing but a path, `.?` in it or not.
var path = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\]|\.\??[A-Za-z_][A-Za-z0-9_]*)+$`)

// takeInstead gives an issue the edit that takes a value of the wanted type where a path gives none.
func (k *compiler) takeInstead(is *flow.Issue, v flow.Value, want *expr.Type) {
	value := expr.StandIn(want)
	parts, _ := expr.SplitText(v.Text)
	if is == nil || v.Kind != flow.String || len(parts) != 1 || !parts[0].IsExpr || strings.Contains(value, "…") {
		return
	}
	source := strings.TrimSpace(parts[0].Expr)
	if !path.MatchString(source) {
		return
	}
	pl := k.placeIn(v, parts[0].Offset)
	k.mendExpr(is, pl, expr.Edit{Old: source, New: source + ".orValue(" + value + ")"}, instead(value))
	if is.Fix != (flow.Fix{}) {
		is.Fix.Guess = true
	}
}

// mend is how a value of one type is turned into one of another, where that is plain.
func mend(got, want *expr.Type, part string) string {
	if part != "" {
		return ""
	}
	if want.Enum != nil && got.Enum == nil && got.Kinds&^want.Kinds == 0 {
		return "say with `enum` which values it has where it is declared, or choose one of these in an expression"
	}
	switch {
	case want.Kinds == expr.String && got.Kinds&^(expr.Number|expr.Bool) == 0:
		return "write `string(…)` around it"
	case want.Kinds == expr.Int && got.Kinds&^expr.Number == 0:
		return "write `int(…)` around it, which cuts the fraction off"
	case want.Kinds == expr.Int && got.Kinds == expr.String:
		return "write `int(…)` around it"
	case want.Kinds&expr.Number != 0 && got.Kinds == expr.String:
		return "write `double(…)` around it"
	}
	return ""
}
