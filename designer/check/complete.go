package check

import (
	"regexp"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// Completion is one way to go on where the cursor stands in an expression.
type Completion struct {
	Label    string `json:"label"`              // the name
	Insert   string `json:"insert"`             // what replaces what was typed of the last name; a name that may be absent comes with its `?`
	Type     string `json:"type"`               // "string", "list of integer", "object", "any value"
	Optional bool   `json:"optional,omitempty"` // it may be absent there
	Why      string `json:"why,omitempty"`      // why, if that is not its schema
}

// MaxCompletions bounds an answer.
const MaxCompletions = 200

// trailing is the path that ends where the cursor stands.
var trailing = regexp.MustCompile(`(?:[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\])?\.\??)*[A-Za-z0-9_]*$`)

// Complete lists what may follow prefix, the text of an expression from behind its `${{` up to the cursor, in a field of a step ("with.amount", "if",
// "compensate.with.hold"; an empty step means the flow's output). The text of the flow may be broken elsewhere. Nothing is found inside a loop's own
// variable, nor where the type is not known.
func Complete(d *flow.Definition, c Catalog, step, field, prefix string) []Completion {
	k, sc, ok := placed(d, c, step, field)
	if !ok {
		return nil
	}
	names := strings.Split(strings.ReplaceAll(trailing.FindString(prefix), "?", ""), ".")
	last := names[len(names)-1]
	owner, ok := k.walk(names[:len(names)-1], sc)
	if !ok {
		return nil
	}
	afterQuery := strings.HasSuffix(strings.TrimSuffix(prefix, last), "?")
	var out []Completion
	for _, f := range owner {
		if !strings.HasPrefix(f.Name, last) || len(out) == MaxCompletions {
			continue
		}
		one := Completion{Label: f.Name, Insert: f.Name, Type: f.Type.String(), Optional: !f.Required, Why: f.Why}
		if one.Optional && !afterQuery && len(names) > 1 {
			one.Insert = "?" + f.Name
		}
		if f.Required {
			one.Why = ""
		}
		out = append(out, one)
	}
	return out
}

// TypeAt names the type of a path such as "steps.ocr.output.pages" in a field of a step; "" if there is no such path.
func TypeAt(d *flow.Definition, c Catalog, step, field, path string) string {
	k, sc, ok := placed(d, c, step, field)
	if !ok {
		return ""
	}
	names := strings.Split(strings.ReplaceAll(path, "?", ""), ".")
	owner, ok := k.walk(names[:len(names)-1], sc)
	if !ok {
		return ""
	}
	for _, f := range owner {
		if f.Name == names[len(names)-1] {
			return f.Type.String()
		}
	}
	return ""
}

// Outline gives the type of every step's output.
func Outline(d *flow.Definition, c Catalog) map[string]*expr.Type {
	k, _, ok := placed(d, c, "", "output")
	if !ok {
		return nil
	}
	out := make(map[string]*expr.Type, len(k.names))
	for i, name := range k.names {
		out[name] = k.outputType(i)
	}
	return out
}

// placed prepares for questions about what may be read at one place.
func placed(d *flow.Definition, c Catalog, step, field string) (*compiler, scope, bool) {
	if d == nil || len(d.Steps) > MaxSteps {
		return nil, scope{}, false
	}
	k := newCompiler(d, c)
	k.prepare()
	sc := scope{step: -1, field: field}
	if step == "" {
		return k, sc, true
	}
	i, ok := k.index[step]
	if !ok {
		return nil, sc, false
	}
	sc.step = i
	sc.own = strings.HasPrefix(field, "compensate.")
	if loop := d.Steps[i].ForEach; loop != nil && (sc.own || strings.HasPrefix(field, "with") || strings.HasPrefix(field, "until")) {
		sc.item = true
		_, of := k.typedProgram(loop, scope{step: i, field: "for_each"}, "list")
		k.typing.items[i] = of.Element()
	}
	if d.Steps[i].Until != nil {
		switch {
		case strings.HasPrefix(field, "with"):
			sc.loop = loopWith
		case strings.HasPrefix(field, "until"):
			sc.loop = loopCondition
		}
	}
	return k, sc, true
}

// walk lists what stands behind the names.
func (k *compiler) walk(names []string, sc scope) ([]expr.TypeField, bool) {
	env := k.env(sc)
	roots := []expr.TypeField{{Name: expr.RootInput, Type: env.Input, Required: true}, {Name: expr.RootRun, Type: expr.RunType(), Required: true},
		{Name: expr.RootSteps, Type: k.stepsType(sc), Required: true}}
	if sc.item {
		roots = append(roots, expr.TypeField{Name: expr.RootItem, Type: env.Item, Required: true}, expr.TypeField{Name: expr.RootIndex, Type: expr.Of(expr.Int), Required: true})
	}
	if sc.own {
		roots = append(roots, expr.TypeField{Name: expr.RootKey, Type: textType, Required: true})
	}
	if sc.loop != noLoop {
		roots = append(roots, expr.TypeField{Name: expr.RootIteration, Type: expr.Of(expr.Int), Required: true},
			expr.TypeField{Name: expr.RootPrevious, Type: env.Output, Why: "the first iteration has none before it"})
	}
	if sc.loop == loopCondition {
		roots = append(roots, expr.TypeField{Name: expr.RootOutput, Type: env.Output, Required: true})
	}
	fields := expr.ObjectOf(roots...).Fields
	for _, name := range names {
		name, _, indexed := strings.Cut(name, "[")
		i := slices.IndexFunc(fields, func(f expr.TypeField) bool { return f.Name == name })
		if i < 0 || fields[i].Type == nil {
			return nil, false
		}
		of := fields[i].Type
		if indexed {
			if of = of.Element(); of == nil {
				return nil, false
			}
		}
		fields = of.Fields
	}
	return fields, true
}

// stepsType is `steps`: the steps that may be read.
func (k *compiler) stepsType(sc scope) *expr.Type {
	var fields []expr.TypeField
	for i, name := range k.names {
		if k.readableStep(i, sc) && k.d.Steps[i].Kind != flow.Fail {
			fields = append(fields, expr.TypeField{Name: name, Type: k.stepType(name, sc), Required: true})
		}
	}
	return expr.ObjectOf(fields...)
}
