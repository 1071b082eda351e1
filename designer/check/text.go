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

// reference checks one path that an expression reads. It returns whether the path may be read there.
func (k *compiler) reference(r expr.Ref, sc scope, at func(runes int) flow.Pos) bool {
	switch r.Root {
	case expr.RootInput:
		return k.inputField(r, sc, at(r.Offset))
	case expr.RootSteps:
	default:
		return true
	}
	pos := at(r.Offset)
	i, ok := k.index[r.Step]
	if !ok {
		candidates := k.names
		if near := k.readable(sc); flow.Nearest(r.Step, near) != "" {
			candidates = near
		}
		k.textIssue(flow.Error, pos, sc, didYouMean(r.Step, candidates), "there is no step `%s`", r.Step)
		return false
	}
	if sc.step >= 0 && !k.readableStep(i, sc) {
		if k.vague[sc.step] {
			return true // what is wrong is with the needs, and was reported
		}
		k.notAncestor(i, r, sc, pos)
		return false
	}
	if r.Field == "error" {
		if !k.wired[i][flow.PortError] && sc.step >= 0 && !r.Optional {
			k.textIssue(flow.Warning, pos, sc, "wire `"+r.Step+".error` to a step that reads it",
				"`steps.%s.error` is never there: nothing follows the port `error` of `%s`, so its failure stops the run", r.Step, r.Step)
		}
		return true
	}
	return k.outputField(i, r, sc, pos)
}

func (k *compiler) readableStep(i int, sc scope) bool {
	return sc.step < 0 || k.ancestors[sc.step].has(i) || sc.own && i == sc.step
}

// readable lists the steps that an expression may read.
func (k *compiler) readable(sc scope) []string {
	if sc.step < 0 {
		return k.names
	}
	var names []string
	k.ancestors[sc.step].each(func(i int) { names = append(names, k.names[i]) })
	if sc.own {
		names = append(names, k.names[sc.step])
	}
	return names
}

func (k *compiler) notAncestor(i int, r expr.Ref, sc scope, pos flow.Pos) {
	self := k.names[sc.step]
	switch {
	case i == sc.step:
		k.textIssue(flow.Error, pos, sc, "only its `compensate` may read it", "`%s` reads its own %s, which is not there before it has run", self, r.Field)
	case k.ancestors[i].has(sc.step):
		k.textIssue(flow.Error, pos, sc, "", "`%s` runs after `%s`, so its %s cannot be read here", r.Step, self, r.Field)
	default:
		hint := "add `" + r.Step + "` to its `needs`"
		if near := flow.Nearest(r.Step, k.readable(sc)); near != "" {
			hint += "; or did you mean `" + near + "`?"
		}
		k.textIssue(flow.Error, pos, sc, hint, "`%s` is not an ancestor of `%s`", r.Step, self)
	}
}

// outputField checks the field of an output whose shape is known from the step's kind.
func (k *compiler) outputField(i int, r expr.Ref, sc scope, pos flow.Pos) bool {
	s := &k.d.Steps[i]
	var known []string
	switch s.Kind {
	case flow.Fail:
		k.textIssue(flow.Error, pos, sc, "", "`%s` is a `fail` step and has no output", r.Step)
		return false
	case flow.Switch:
		known = []string{"branch"}
	case flow.Approval:
		known = []string{"approved", "by", "comment", "at"}
	case flow.Wait:
		known = []string{"until"}
	case flow.Set:
		for _, f := range s.Set.Fields {
			known = append(known, f.Key)
		}
	case flow.Call:
		if s.ForEach != nil {
			if len(r.Rest) > 0 && !(sc.own && i == sc.step) {
				k.textIssue(flow.Error, pos, sc, "take one of them with [0], or all with .map(x, x."+r.Rest[0]+")",
					"`steps.%s.output` is a list, one element an item; it has no `%s`", r.Step, r.Rest[0])
				return false
			}
			return true
		}
		return k.schemaField(k.contractOf(s.Call).outputShape(), "steps."+r.Step+".output", r, sc, pos)
	}
	if len(r.Rest) == 0 || len(known) == 0 && k.broken[s.Name] || slices.Contains(known, r.Rest[0]) {
		return true
	}
	hint := didYouMean(r.Rest[0], known)
	if hint == "" {
		hint = "it has " + listed(known)
	}
	if len(known) == 0 {
		hint = ""
	}
	k.textIssue(flow.Error, pos, sc, hint, "the output of `%s` has no `%s`", r.Step, r.Rest[0])
	return false
}

func (k *compiler) inputField(r expr.Ref, sc scope, pos flow.Pos) bool {
	if k.d.Input.Kind == flow.Absent {
		return true
	}
	if !k.inputRead {
		k.inputRead = true
		k.inputShape = readShape(k.d.Input.JSON())
	}
	return k.schemaField(k.inputShape, "input", r, sc, pos)
}

// schemaField follows a path through the plain `properties` of a schema. A name that the schema excludes is an error; one that it does not mention
// but that is nearly the name of one it does is a warning. Anything else about types is left to the run.
func (k *compiler) schemaField(s *shape, base string, r expr.Ref, sc scope, pos flow.Pos) bool {
	for _, name := range r.Rest {
		if s == nil {
			return true
		}
		next, known := s.properties[name]
		if !known {
			hint := didYouMean(name, s.names)
			switch {
			case s.closed:
				if hint == "" && len(s.names) > 0 {
					hint = "it has " + listed(s.names)
				}
				k.textIssue(flow.Error, pos, sc, hint, "`%s` has no `%s` by its schema", base, name)
				return false
			case hint != "" && !r.Optional:
				k.textIssue(flow.Warning, pos, sc, hint, "the schema of `%s` does not mention `%s`", base, name)
			}
			return true
		}
		base += "." + name
		s = next
	}
	return true
}

// shape is what can be read from a schema without knowing any value: the names that an object surely or possibly has.
type shape struct {
	properties map[string]*shape
	names      []string // sorted
	required   []string
	closed     bool // no other names are allowed
	entangled  bool // what is allowed depends on combinations that a single field cannot show
}

// readShape reads a schema's plain shape; nil if it is not that of an object with properties.
func readShape(raw []byte) *shape {
	var doc any
	if json.Unmarshal(raw, &doc) != nil {
		return nil
	}
	return shapeOf(doc, 0)
}

func shapeOf(doc any, depth int) *shape {
	s, ok := doc.(map[string]any)
	if !ok || depth > 20 {
		return nil
	}
	for _, key := range []string{"$ref", "$dynamicRef", "allOf"} {
		if s[key] != nil {
			return nil
		}
	}
	if t, ok := s["type"]; ok && t != "object" {
		return nil
	}
	props, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	if props == nil && required == nil && s["type"] == nil {
		return nil
	}
	out := &shape{properties: map[string]*shape{}}
	for name, sub := range props {
		out.properties[name] = shapeOf(sub, depth+1)
		out.names = append(out.names, name)
	}
	slices.Sort(out.names)
	for _, r := range required {
		if name, ok := r.(string); ok {
			out.required = append(out.required, name)
		}
	}
	for _, key := range []string{"if", "anyOf", "oneOf", "not", "dependentSchemas", "dependentRequired", "unevaluatedProperties"} {
		out.entangled = out.entangled || s[key] != nil
	}
	out.closed = s["additionalProperties"] == false && s["patternProperties"] == nil && !out.entangled
	if s["patternProperties"] != nil {
		out.names = nil // a name that looks misspelt may be meant
	}
	return out
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
