package expr

import (
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

func itoa(i int) string { return strconv.Itoa(i) }

// logic is && and ||. Either side may rely on what the other makes sure of: where that one decides, an error in this one does not count.
func (t *typer) logic(e ast.Expr, call ast.CallExpr, vars *binding, facts *Known) typed {
	and := call.FunctionName() == operators.LogicalAnd
	word, decides := "`&&`", "false"
	if !and {
		word, decides = "`||`", "true"
	}
	out := typed{Type: boolType, at: t.offset(e.ID())}
	args := call.Args()
	constant := 0
	for i, a := range args {
		sure := facts
		for j, other := range args {
			if j != i {
				sure = t.sure(other, and, vars, sure)
			}
		}
		v := t.expr(a, vars, sure)
		t.require(v, Bool, word)
		if i == 0 {
			out.at = v.at
		}
		switch {
		case isConst(v.Type, decides):
			out.Type = OneOf(Bool, decides)
		case isConst(v.Type, truth(and)):
			constant++
		}
	}
	if constant == len(args) {
		out.Type = OneOf(Bool, truth(and))
	}
	return out
}

func (t *typer) conditional(call ast.CallExpr, vars *binding, facts *Known) typed {
	args := call.Args()
	cond := t.expr(args[0], vars, facts)
	t.require(cond, Bool, "`? :`")
	yes := t.expr(args[1], vars, t.sure(args[0], true, vars, facts))
	no := t.expr(args[2], vars, t.sure(args[0], false, vars, facts))
	switch {
	case isConst(cond.Type, "true"):
		return typed{Type: yes.Type, at: cond.at}
	case isConst(cond.Type, "false"):
		return typed{Type: no.Type, at: cond.at}
	}
	return typed{Type: Join(yes.Type, no.Type), at: cond.at}
}

// pathOf is a part as a path, optional or not; "" if it is none.
func (t *typer) pathOf(e ast.Expr, vars *binding) string {
	base, links, _ := t.selection(e)
	if base.Kind() != ast.IdentKind {
		return ""
	}
	path := base.AsIdent()
	for _, l := range links {
		path += "." + l.name
	}
	return path
}

// macro is a call that was expanded: has(), the comprehensions, and what optionals are mapped by.
func (t *typer) macro(e ast.Expr, call ast.CallExpr, vars *binding, facts *Known) typed {
	at := t.offset(e.ID())
	args := call.Args()
	name := call.FunctionName()
	if name == operators.Has {
		base, links, ok := t.selection(args[0])
		if !ok {
			return typed{Type: boolType, at: at}
		}
		v := t.expr(base, vars, facts)
		if v.Type != nil || v.root {
			t.follow(v, links, true, facts)
		}
		return typed{Type: boolType, at: at}
	}
	if !call.IsMemberFunction() {
		return typed{at: at}
	}
	if target := call.Target(); target.Kind() == ast.IdentKind {
		switch {
		case target.AsIdent() == "cel" && name == "bind" && len(args) == 3:
			v := t.expr(args[1], vars, facts)
			out := t.expr(args[2], bind(vars, args[0], v.Type), facts.hide(args[0]))
			return typed{Type: out.Type, at: at}
		case target.AsIdent() == "math":
			out := &Type{}
			for _, a := range args {
				v := t.expr(a, vars, facts)
				t.require(v, Number|List, "`math."+name+"`")
				if v.Type.is(List) {
					v.Type = v.Elem
				}
				out = Join(out, v.Type)
			}
			return typed{Type: out.plain(), at: at}
		}
	}
	over := t.expr(call.Target(), vars, facts)
	if over.at < at {
		at = over.at
	}
	switch name {
	case "optMap", "optFlatMap":
		if len(args) != 2 {
			break
		}
		out := t.expr(args[1], bind(vars, args[0], over.held()), facts.hide(args[0]))
		if name == "optMap" || out.Type != nil && !out.Optional {
			if out.Type == nil {
				return typed{Type: &Type{Kinds: everything, Optional: true}, at: at}
			}
			out.Type = out.Type.optional()
		}
		return typed{Type: out.Type, at: at}
	}
	return typed{Type: t.comprehension(name, over, args, vars, facts), at: at}
}

func bind(vars *binding, name ast.Expr, value *Type) *binding {
	b := &binding{outer: vars, value: value}
	if name.Kind() == ast.IdentKind {
		b.name = name.AsIdent()
	}
	return b
}

// comprehension is a loop over a list, or over the keys of an object.
func (t *typer) comprehension(name string, over typed, args []ast.Expr, vars *binding, facts *Known) *Type {
	t.require(over, List|Map, "`"+name+"`")
	var key, elem *Type
	if !over.Type.loose() && !over.optional() {
		switch over.Kinds {
		case List:
			key, elem = intType, over.Elem
		case Map:
			key = stringType
			if names := over.Type.Names(); over.Rest == nil && len(names) > 0 {
				for _, n := range names {
					key = Join(key, OneOf(String, string(appendString(nil, n))))
				}
			}
			elem = t.index([]typed{{Type: over.Type}, {Type: stringType}}, false)
		}
	}
	two := false
	switch name {
	case "transformList", "transformMap", "transformMapEntry":
		two = true
	case "all", "exists", "exists_one", "existsOne":
		two = len(args) == 3
	}
	one := elem
	if !over.Type.loose() && over.Type.is(Map) {
		one = key
	}
	inner, rest := bind(vars, args[0], one), args[1:]
	facts = facts.hide(args[0])
	if two {
		inner, rest = bind(bind(vars, args[0], key), args[1], elem), args[2:]
		facts = facts.hide(args[1])
	}
	if len(rest) == 0 {
		return AnyType
	}
	last := rest[len(rest)-1]
	for _, filter := range rest[:len(rest)-1] {
		t.require(t.expr(filter, inner, facts), Bool, "the condition of `"+name+"`")
		facts = t.sure(filter, true, inner, facts)
	}
	v := t.expr(last, inner, facts)
	switch name {
	case "all", "exists", "exists_one", "existsOne":
		t.require(v, Bool, "`"+name+"`")
		return boolType
	case "filter":
		t.require(v, Bool, "`filter`")
		if args[0].Kind() == ast.IdentKind {
			one = t.refine(one, args[0].AsIdent(), t.sure(last, true, inner, facts), 0)
		}
		return ListOf(one)
	case "map", "transformList":
		return ListOf(v.Type)
	case "transformMap":
		if v.Type == nil {
			return AnyObject()
		}
		return &Type{Kinds: Map, Rest: v.Type}
	case "sortBy":
		return ListOf(one)
	}
	return AnyType
}
