package schema

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/segno-run/segno/designer/expr"
)

// Type is what the schema promises of every value that it accepts, as expressions see it. What a type cannot say (a pattern, a bound, a combination of
// fields) is left out, so the type accepts more than the schema. A nil Schema gives expr.AnyType.
//
// An object whose schema names its properties and says nothing of others is taken to have just those, although a value with others fits the schema: a
// name that nobody declared is far more often misspelt than meant. `additionalProperties: true` says that there are others.
func (s *Schema) Type() *expr.Type {
	if s == nil {
		return expr.AnyType
	}
	s.typeOnce.Do(func() {
		doc, bad := decode(s.raw, MaxDepth)
		if bad != nil { // it was compiled, so it can be read
			return
		}
		t := typer{root: doc, refs: map[string]*expr.Type{}, busy: map[*expr.Type]bool{}}
		s.typ = t.of(doc, 0)
	})
	return s.typ
}

// typeMemo computes the type once; compiled schemas are shared.
type typeMemo struct {
	typeOnce sync.Once
	typ      *expr.Type
}

const everyKind = expr.Null | expr.Bool | expr.Number | expr.String | expr.List | expr.Map

// maxTypeDepth bounds the types of schemas that merge or join references to themselves.
const maxTypeDepth = 60

type typer struct {
	root any
	refs map[string]*expr.Type // by reference; one that is being read is there already, so that a type can hold itself
	busy map[*expr.Type]bool   // those that are being read: nothing can be made of them yet
}

func (t *typer) of(doc any, depth int) *expr.Type {
	s, ok := doc.(map[string]any)
	if !ok || depth > maxTypeDepth {
		return expr.AnyType
	}
	if s["$dynamicRef"] != nil {
		return expr.AnyType
	}
	out := t.own(s, depth)
	if ref, ok := s["$ref"].(string); ok {
		switch of := t.reference(ref, depth); {
		case out == nil:
			out = of
		case !t.busy[of]:
			out = meet(out, of)
		}
	}
	for _, sub := range listOf(s["allOf"]) {
		if of := t.of(sub, depth+1); !t.busy[of] {
			out = meet(out, of)
		}
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		subs := listOf(s[key])
		if len(subs) == 0 {
			continue
		}
		either := t.of(subs[0], depth+1)
		readable := !t.busy[either]
		all := []*expr.Type{either}
		for _, sub := range subs[1:] {
			of := t.of(sub, depth+1)
			readable = readable && !t.busy[of]
			either = expr.Join(either, of)
			all = append(all, of)
		}
		if readable {
			either = told(either, all)
			out = meet(out, either)
		} else if len(out.Names()) == 0 {
			out = expr.AnyType
		}
	}
	for _, key := range []string{"then", "else"} { // what they name may be there
		out = t.mention(out, t.of(s[key], depth+1))
	}
	if subs, ok := s["dependentSchemas"].(map[string]any); ok {
		for _, name := range sortedNames(subs) {
			out = t.mention(out, t.of(subs[name], depth+1))
		}
	}
	return out
}

func (t *typer) reference(ref string, depth int) *expr.Type {
	if known, ok := t.refs[ref]; ok {
		return known
	}
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok || pointer != "" && pointer[0] != '/' {
		return expr.AnyType // an anchor
	}
	self := &expr.Type{}
	t.refs[ref] = self
	t.busy[self] = true
	defer delete(t.busy, self)
	found := t.of(exampler{root: t.root}.resolve(ref), depth+1)
	if found == nil {
		t.refs[ref] = nil
		return expr.AnyType
	}
	*self = *found
	return self
}

func listOf(v any) []any {
	l, _ := v.([]any)
	return l
}

// own reads what a schema says itself, without those that it refers to.
func (t *typer) own(s map[string]any, depth int) *expr.Type {
	kinds := kindsOf(s)
	out := &expr.Type{Kinds: kinds}
	if v, ok := s["const"]; ok {
		out = valuesType([]any{v})
	} else if vs, ok := s["enum"].([]any); ok {
		out = meet(out, valuesType(vs))
	}
	said := out.Enum != nil
	if out.Kinds&expr.Map != 0 {
		said = t.object(out, s, depth) || said
	}
	if out.Kinds&expr.List != 0 {
		said = t.list(out, s, depth) || said
	}
	if !said && kinds == everyKind {
		return expr.AnyType
	}
	return out
}

func kindsOf(s map[string]any) expr.Kinds {
	byName := map[string]expr.Kinds{"null": expr.Null, "boolean": expr.Bool, "integer": expr.Int, "number": expr.Number, "string": expr.String,
		"array": expr.List, "object": expr.Map}
	switch v := s["type"].(type) {
	case string:
		return byName[v]
	case []any:
		var kinds expr.Kinds
		for _, one := range v {
			kinds |= byName[stringOf(one)]
		}
		return kinds
	}
	switch { // a schema that lists properties means an object, whatever else it strictly accepts
	case s["properties"] != nil || s["required"] != nil:
		return expr.Map
	case s["items"] != nil || s["prefixItems"] != nil:
		return expr.List
	}
	return everyKind
}

// valuesType is the type of the values that an enum or a const lists.
func valuesType(vs []any) *expr.Type {
	var out *expr.Type
	for i, v := range vs {
		var one *expr.Type
		switch v := v.(type) {
		case nil:
			one = expr.OneOf(expr.Null, "null")
		case bool:
			one = expr.OneOf(expr.Bool, strconv.FormatBool(v))
		case string:
			one = expr.OneOf(expr.String, literalJSON(v))
		case json.Number:
			one = expr.Of(expr.Number)
			if _, err := v.Int64(); err == nil {
				one = expr.OneOf(expr.Int, string(v))
			}
		case []any:
			one = expr.ListOf(expr.AnyType)
		default:
			one = expr.AnyObject()
		}
		if i == 0 {
			out = one
		} else {
			out = expr.Join(out, one)
		}
	}
	return out
}

func literalJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // a string always encodes
		return `""`
	}
	return string(b)
}

// object reads the keywords of objects; false if there are none.
func (t *typer) object(out *expr.Type, s map[string]any, depth int) bool {
	props, _ := s["properties"].(map[string]any)
	required := map[string]bool{}
	for _, r := range listOf(s["required"]) {
		required[stringOf(r)] = true
	}
	names := sortedNames(props)
	for name := range required {
		if _, ok := props[name]; !ok && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		field := expr.TypeField{Name: name, Required: required[name]}
		if p, ok := props[name]; ok {
			if p == false {
				continue
			}
			field.Type = t.of(p, depth+1)
		}
		out.Fields = append(out.Fields, field)
	}
	patterns, _ := s["patternProperties"].(map[string]any)
	extra, said := s["additionalProperties"]
	switch {
	case extra == false:
		out.Closed = len(patterns) == 0
	case said:
		out.Rest = orAnything(t.of(extra, depth+1))
	case s["unevaluatedProperties"] == false:
	case len(names) == 0 && s["anyOf"] == nil && s["oneOf"] == nil && s["allOf"] == nil && s["$ref"] == nil && s["then"] == nil && s["dependentSchemas"] == nil:
		out.Rest = orAnything(nil)
	}
	for _, name := range sortedNames(patterns) {
		of := orAnything(t.of(patterns[name], depth+1))
		if out.Rest == nil {
			out.Rest = of
		} else {
			out.Rest = expr.Join(out.Rest, of)
		}
	}
	return len(names) > 0 || said || len(patterns) > 0
}

// orAnything is a type to stand where none would say that there is nothing.
func orAnything(of *expr.Type) *expr.Type {
	if of == nil {
		return expr.Of(everyKind)
	}
	return of
}

// list reads the keywords of arrays; false if there are none.
func (t *typer) list(out *expr.Type, s map[string]any, depth int) bool {
	items, said := s["items"]
	prefix := listOf(s["prefixItems"])
	var elem *expr.Type
	first := true
	for _, p := range prefix {
		one := t.of(p, depth+1)
		out.Prefix = append(out.Prefix, one)
		if first {
			elem, first = one, false
		} else {
			elem = expr.Join(elem, one)
		}
	}
	switch {
	case items == false:
		out.Fixed = len(prefix) > 0
	case said && first:
		elem = t.of(items, depth+1)
	case said:
		elem = expr.Join(elem, t.of(items, depth+1))
	default:
		elem = expr.AnyType
	}
	if n, ok := s["maxItems"].(json.Number); ok && len(prefix) > 0 {
		if most, err := n.Int64(); err == nil && int(most) == len(prefix) {
			out.Fixed = true
		}
	}
	out.Elem = elem
	return said || len(prefix) > 0
}

// meet is the type of what fits both.
func meet(a, b *expr.Type) *expr.Type {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	out := *a
	out.Kinds = a.Kinds & b.Kinds
	if a.Kinds&expr.Double != 0 && b.Kinds&expr.Int != 0 {
		out.Kinds |= b.Kinds & expr.Number
	}
	switch {
	case a.Enum == nil:
		out.Enum = b.Enum
	case b.Enum != nil:
		out.Enum = []string{}
		for _, v := range a.Enum {
			if slices.Contains(b.Enum, v) {
				out.Enum = append(out.Enum, v)
			}
		}
	}
	switch {
	case b.Variants != nil:
		out.Variants, out.Tag = meetAll(a, b.Variants), b.Tag
	case a.Variants != nil:
		out.Variants = meetAll(b, a.Variants)
	}
	if b.Kinds&expr.Map != 0 && (len(b.Fields) > 0 || b.Rest != nil || b.Closed) {
		meetFields(&out, a, b)
	}
	if b.Kinds&expr.List != 0 && (a.Kinds&expr.List == 0 || a.Elem == nil && a.Prefix == nil) {
		out.Elem, out.Prefix, out.Fixed = b.Elem, b.Prefix, b.Fixed
	}
	return &out
}

func meetAll(with *expr.Type, variants []*expr.Type) []*expr.Type {
	out := make([]*expr.Type, len(variants))
	for i, v := range variants {
		out[i] = meet(with, v)
	}
	return out
}

// told marks alternatives that one field tells apart: each requires it, and no two allow the same value.
func told(either *expr.Type, all []*expr.Type) *expr.Type {
	if either == nil || len(all) < 2 || slices.ContainsFunc(all, func(of *expr.Type) bool { return of == nil || of.Kinds != expr.Map }) {
		return either
	}
	for _, f := range all[0].Fields {
		seen := map[string]bool{}
		apart := true
		for _, of := range all {
			g, ok := of.Field(f.Name)
			if apart = apart && ok && g.Required && g.Type != nil && len(g.Type.Enum) > 0; !apart {
				break
			}
			for _, value := range g.Type.Enum {
				apart = apart && !seen[value]
				seen[value] = true
			}
		}
		if !apart {
			continue
		}
		out := *either
		out.Variants, out.Tag = all, f.Name
		out.Fields = slices.Clone(either.Fields)
		for i := range out.Fields {
			g := &out.Fields[i]
			var where []string
			for _, of := range all {
				if h, ok := of.Field(g.Name); ok && h.Required {
					tag, _ := of.Field(f.Name)
					where = append(where, tag.Type.Enum...)
				}
			}
			if !g.Required && len(where) > 0 {
				g.Why = "it is surely there only where `" + f.Name + "` is " + strings.Join(where, " or ")
			}
		}
		return &out
	}
	return either
}

func meetFields(out, a, b *expr.Type) {
	var fields []expr.TypeField
	for _, f := range a.Fields {
		if g, ok := b.Field(f.Name); ok {
			f.Type, f.Required = meet(f.Type, g.Type), f.Required || g.Required
		}
		fields = append(fields, f)
	}
	for _, g := range b.Fields {
		if _, ok := a.Field(g.Name); !ok {
			fields = append(fields, g)
		}
	}
	sorted := expr.ObjectOf(fields...)
	out.Fields = sorted.Fields
	out.Closed = a.Closed || b.Closed
	switch {
	case a.Closed || b.Closed:
		out.Rest = nil
	case a.Rest == nil:
		out.Rest = b.Rest
	}
	if len(out.Fields) > 0 && (loose(a) || loose(b)) { // the one that names nothing does not open the other
		out.Rest = a.Rest
		if len(a.Fields) == 0 {
			out.Rest = b.Rest
		}
	}
}

// loose reports whether an object's type names nothing and forbids nothing.
func loose(of *expr.Type) bool { return len(of.Fields) == 0 && !of.Closed }

// mention adds names that may be there under a condition that a type cannot say.
func (t *typer) mention(out, of *expr.Type) *expr.Type {
	if of == nil || len(of.Fields) == 0 || out == nil || out.Kinds&expr.Map == 0 {
		return out
	}
	c := *out
	for _, f := range of.Fields {
		if _, ok := c.Field(f.Name); !ok {
			f.Required = false
			c.Fields = expr.ObjectOf(append(slices.Clone(c.Fields), f)...).Fields
		}
	}
	return &c
}
