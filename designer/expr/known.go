package expr

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// Known is what conditions make sure of: that a path is there, that it is not null, or which values it has. A nil one is nothing.
type Known struct {
	outer   *Known
	path    string // without `?`
	notNull bool
	values  []string // as JSON: it is one of these, or, if not, none of them; nil says nothing
	not     bool
	hidden  string // a variable of a loop of this name hides what was known of the name
}

// Given is a condition of which the outcome is known.
type Given struct {
	Program *Program
	Is      bool
}

// Know is what conditions make sure of when all of them came out as given.
func Know(given []Given) *Known {
	var known *Known
	for _, g := range given {
		if g.Program.isPath {
			r := g.Program.refs[0]
			known = &Known{outer: known, path: strings.ReplaceAll(pathKey(r.Root, r.links), "?", ""), values: []string{truth(g.Is)}}
			continue
		}
		t := &typer{info: g.Program.tree.SourceInfo()}
		known = t.sure(g.Program.tree.Expr(), g.Is, nil, known)
	}
	return known
}

// root is the first name of a path.
func root(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}

func (k *Known) has(path string, notNull bool) bool {
	for ; k != nil; k = k.outer {
		if k.hidden != "" && k.hidden == root(path) {
			return false
		}
		if k.path == path && (k.notNull || !notNull || k.values != nil && !k.not && !slices.Contains(k.values, "null")) {
			return true
		}
	}
	return false
}

// may reports whether a path may hold a value.
func (k *Known) may(path, value string) bool {
	for ; k != nil; k = k.outer {
		if k.hidden != "" && k.hidden == root(path) {
			return true
		}
		if k.path == path && k.values != nil && slices.Contains(k.values, value) == k.not {
			return false
		}
	}
	return true
}

// below reports whether something is known of what a path holds.
func (k *Known) below(path string) bool {
	for ; k != nil; k = k.outer {
		if k.hidden != "" && k.hidden == root(path) {
			return false
		}
		if strings.HasPrefix(k.path, path+".") {
			return true
		}
	}
	return false
}

// hide forgets what is known of a name, because a loop's variable has it from here on.
func (k *Known) hide(name ast.Expr) *Known {
	if k == nil || name.Kind() != ast.IdentKind {
		return k
	}
	return &Known{outer: k, hidden: name.AsIdent()}
}

// sure adds what holds if a condition is true, or false.
func (t *typer) sure(e ast.Expr, is bool, vars *binding, facts *Known) *Known {
	if m, ok := t.info.GetMacroCall(e.ID()); ok {
		call := m.AsCall()
		if call.FunctionName() == operators.Has && is && len(call.Args()) == 1 {
			return t.there(call.Args()[0], vars, facts)
		}
		return facts
	}
	if e.Kind() != ast.CallKind {
		if path := t.pathOf(e, vars); path != "" { // a truth value
			facts = &Known{outer: facts, path: path, values: []string{truth(is)}}
		}
		return facts
	}
	call := e.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.LogicalNot:
		return t.sure(args[0], !is, vars, facts)
	case operators.LogicalAnd, operators.LogicalOr:
		if is == (call.FunctionName() == operators.LogicalAnd) {
			for _, a := range args {
				facts = t.sure(a, is, vars, facts)
			}
		}
	case operators.Equals, operators.NotEquals:
		same := is == (call.FunctionName() == operators.Equals)
		for i, a := range args {
			value, ok := single(a)
			path := t.pathOf(args[1-i], vars)
			if !ok || path == "" {
				continue
			}
			if value == "null" && same {
				continue
			}
			facts = &Known{outer: facts, path: path, values: []string{value}, not: !same, notNull: value == "null" || same}
		}
	case operators.In:
		facts = t.sureOfIn(args, is, vars, facts)
	case "hasValue":
		if is && call.IsMemberFunction() {
			return t.there(call.Target(), vars, facts)
		}
	}
	return facts
}

// there is the knowledge that a path can be read to its end.
func (t *typer) there(e ast.Expr, vars *binding, facts *Known) *Known {
	if path := t.pathOf(e, vars); path != "" {
		return &Known{outer: facts, path: path}
	}
	return facts
}

// sureOfIn is about `"name" in input.map` and `input.kind in ["a", "b"]`.
func (t *typer) sureOfIn(args []ast.Expr, is bool, vars *binding, facts *Known) *Known {
	if len(args) != 2 {
		return facts
	}
	if name, ok := single(args[0]); ok {
		if text, isText := constant(OneOf(String, name)); is && isText && name[0] == '"' {
			if path := t.pathOf(args[1], vars); path != "" {
				return &Known{outer: facts, path: path + "." + text}
			}
		}
		return facts
	}
	path := t.pathOf(args[0], vars)
	if path == "" || args[1].Kind() != ast.ListKind {
		return facts
	}
	values := []string{}
	for _, el := range args[1].AsList().Elements() {
		value, ok := single(el)
		if !ok {
			return facts
		}
		values = append(values, value)
	}
	return &Known{outer: facts, path: path, values: values, not: !is}
}

// single is a value that is written out, as JSON.
func single(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	if _, number := e.AsLiteral().(types.Double); number {
		return "", false
	}
	of := literalType(e.AsLiteral())
	if of == nil || len(of.Enum) != 1 {
		return "", false
	}
	return of.Enum[0], true
}

// variant is what is left of alternatives that a field tells apart, by what is known of it.
func (t *typer) variant(of *Type, path string, facts *Known) *Type {
	if of == nil || len(of.Variants) == 0 || path == "" {
		return of
	}
	tag := path + "." + of.Tag
	var left *Type
	n := 0
	for _, v := range of.Variants {
		f, ok := v.Field(of.Tag)
		if ok && f.Type != nil && !slices.ContainsFunc(f.Type.Enum, func(value string) bool { return facts.may(tag, value) }) {
			continue
		}
		if n++; n == 1 {
			left = v
		} else {
			left = Join(left, v)
		}
	}
	if n == 0 || n == len(of.Variants) {
		return of
	}
	return left.with(of)
}

// with keeps what a type says beside its fields.
func (t *Type) with(of *Type) *Type {
	out := *t
	out.Optional = of.Optional
	out.Kinds = t.Kinds | of.Kinds&Null
	return &out
}

// refine is a type with what is known of a value of it: names that are there, values that are not null, alternatives that are left.
func (t *typer) refine(of *Type, path string, facts *Known, depth int) *Type {
	if of == nil || of.Kinds&Map == 0 || depth > maxJoin || !facts.below(path) {
		return of
	}
	out := *t.variant(of, path, facts)
	out.Fields = slices.Clone(out.Fields)
	for i := range out.Fields {
		f := &out.Fields[i]
		name := path + "." + f.Name
		f.Required = f.Required || facts.has(name, false) || facts.below(name)
		if f.Type != nil && f.Type.Kinds&Null != 0 && facts.has(name, true) {
			f.Type = f.Type.only(everything &^ Null)
		}
		f.Type = t.refine(f.Type, name, facts, depth+1)
	}
	return &out
}
