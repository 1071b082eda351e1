package expr

import (
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/segno-run/segno/designer/suggest"
)

// signature is what a function takes, the value that it is called on first, and what it gives.
type signature struct {
	args   []Kinds
	result *Type
}

var (
	boolType   = Of(Bool)
	intType    = Of(Int)
	numberType = Of(Number)
	stringType = Of(String)
)

// signatures are those whose result does not depend on what they are given. Of all others nothing is known.
var signatures = map[string]signature{
	"size":            {[]Kinds{String | Bytes | List | Map}, intType},
	"contains":        {[]Kinds{String, String}, boolType},
	"startsWith":      {[]Kinds{String, String}, boolType},
	"endsWith":        {[]Kinds{String, String}, boolType},
	"matches":         {[]Kinds{String, String}, boolType},
	"string":          {[]Kinds{Bool | Number | String | Bytes | Time | Span}, stringType},
	"int":             {[]Kinds{Number | String | Time | Span}, intType},
	"uint":            {[]Kinds{Number | String}, intType},
	"double":          {[]Kinds{Number | String}, Of(Double)},
	"bool":            {[]Kinds{Bool | String}, boolType},
	"bytes":           {[]Kinds{String | Bytes}, Of(Bytes)},
	"timestamp":       {[]Kinds{String | Int | Time}, Of(Time)},
	"duration":        {[]Kinds{String | Int | Span}, Of(Span)},
	"charAt":          {[]Kinds{String, Int}, stringType},
	"indexOf":         {[]Kinds{String, String, Int}, intType},
	"lastIndexOf":     {[]Kinds{String, String, Int}, intType},
	"lowerAscii":      {[]Kinds{String}, stringType},
	"upperAscii":      {[]Kinds{String}, stringType},
	"trim":            {[]Kinds{String}, stringType},
	"replace":         {[]Kinds{String, String, String, Int}, stringType},
	"substring":       {[]Kinds{String, Int, Int}, stringType},
	"split":           {[]Kinds{String, String, Int}, ListOf(stringType)},
	"join":            {[]Kinds{List, String}, stringType},
	"format":          {[]Kinds{String, List}, stringType},
	"math.round":      {[]Kinds{Number}, Of(Double)},
	"math.ceil":       {[]Kinds{Number}, Of(Double)},
	"math.floor":      {[]Kinds{Number}, Of(Double)},
	"math.trunc":      {[]Kinds{Number}, Of(Double)},
	"math.abs":        {[]Kinds{Number}, numberType},
	"math.sign":       {[]Kinds{Number}, numberType},
	"math.sqrt":       {[]Kinds{Number}, Of(Double)},
	"math.isNaN":      {[]Kinds{Number}, boolType},
	"lists.range":     {[]Kinds{Int}, ListOf(intType)},
	"sets.contains":   {[]Kinds{List, List}, boolType},
	"sets.intersects": {[]Kinds{List, List}, boolType},
	"sets.equivalent": {[]Kinds{List, List}, boolType},
	"base64.encode":   {[]Kinds{Bytes}, stringType},
	"base64.decode":   {[]Kinds{String}, Of(Bytes)},
	"strings.quote":   {[]Kinds{String}, stringType},
}

// namespaces are the first halves of the names of functions; they are no values.
var namespaces = []string{"math", "lists", "sets", "base64", "strings", "optional", "cel"}

// require reports a value that is not, or not surely, of the kinds wanted. What unknown values are is not asked.
func (t *typer) require(v typed, want Kinds, what string) bool {
	if v.optional() {
		t.unhandled(v)
		return false
	}
	if v.Type.loose() {
		return true
	}
	if want&Number != 0 {
		want |= Number // an int where a double is wanted, and the other way round, is the run's business
	}
	other := v.Kinds &^ want
	named := want
	if want&(String|Number) == String|Number { // the others are rare
		named &^= Bytes | Time | Span
	}
	switch {
	case other == 0:
		return true
	case other == Null && v.Kinds != Null:
		t.report(v.at, "ask first: `"+cmpOr(v.path, "x")+" != null ? … : …`", v.name("this")+" may be null, but "+what+" takes "+Of(named).withArticle())
	default:
		t.report(v.at, "", what+" takes "+Of(named).withArticle()+", but "+v.name("this")+" is "+v.Type.withArticle())
	}
	return false
}

// unhandled reports an optional where its value is needed.
func (t *typer) unhandled(v typed) {
	hint := "say what to take instead with `.orValue(" + StandIn(v.held()) + ")`"
	t.report(v.at, hint, v.name("this")+" may be absent, and that is not handled")
}

func (t *typer) call(e ast.Expr, vars *binding, facts *Known) typed {
	call := e.AsCall()
	name := call.FunctionName()
	switch name {
	case operators.LogicalAnd, operators.LogicalOr:
		return t.logic(e, call, vars, facts)
	case operators.Conditional:
		return t.conditional(call, vars, facts)
	}
	var args []typed
	if call.IsMemberFunction() {
		target := call.Target()
		if target.Kind() == ast.IdentKind && slices.Contains(namespaces, target.AsIdent()) {
			name = target.AsIdent() + "." + name
		} else {
			args = append(args, t.expr(target, vars, facts))
		}
	}
	for _, a := range call.Args() {
		args = append(args, t.expr(a, vars, facts))
	}
	at := t.offset(e.ID())
	if len(args) > 0 && args[0].at < at {
		at = args[0].at
	}
	return typed{Type: t.result(name, args, call.IsMemberFunction()), at: at}
}

// result is what a function or an operator gives for these arguments.
func (t *typer) result(name string, args []typed, member bool) *Type {
	if sig, ok := signatures[name]; ok {
		for i, a := range args {
			if i < len(sig.args) {
				t.require(a, sig.args[i], "`"+name+"`")
			}
		}
		return sig.result
	}
	if len(args) == 0 {
		if name == "optional.none" {
			return &Type{Optional: true}
		}
		return AnyType
	}
	first := args[0]
	switch name {
	case orderedByKey:
		return first.Type
	case "orValue":
		if len(args) == 2 {
			if !first.optional() && !first.Type.loose() {
				t.report(first.at, "leave `.orValue(…)` out", first.name("this")+" is never absent, so there is nothing to take instead")
				return AnyType
			}
			return Join(first.held(), args[1].Type)
		}
	case "or":
		if len(args) == 2 && first.optional() {
			return Join(first.Type, args[1].Type)
		}
		return AnyType
	case "value":
		return first.held()
	case "hasValue":
		return boolType
	case "optional.of", "optional.ofNonZeroValue":
		if first.Type == nil {
			return &Type{Kinds: everything, Optional: true}
		}
		return first.Type.optional()
	case "dyn", "type":
		return AnyType
	case operators.LogicalNot:
		t.require(first, Bool, "`!`")
		switch {
		case isConst(first.Type, "true"):
			return OneOf(Bool, "false")
		case isConst(first.Type, "false"):
			return OneOf(Bool, "true")
		}
		return boolType
	case operators.Negate:
		if !t.require(first, Number, "`-`") {
			return AnyType
		}
		return first.Type.plain()
	case operators.Equals, operators.NotEquals:
		return t.equal(name, args)
	case operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		t.ordered(name, args)
		return boolType
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo:
		return t.arithmetic(name, args)
	case operators.In:
		return t.in(args)
	case operators.Index, operators.OptIndex:
		return t.index(args, name == operators.OptIndex)
	case "slice", "sort", "distinct":
		t.require(first, List, "`"+name+"`")
		if first.Type.is(List) {
			return ListOf(first.Elem)
		}
	case "reverse":
		t.require(first, List|String, "`reverse`")
		if first.Type.is(List) {
			return ListOf(first.Elem)
		}
		return first.Type.plain()
	case "flatten":
		t.require(first, List, "`flatten`")
		if first.Type.is(List) && first.Elem.is(List) && len(args) == 1 {
			return ListOf(first.Elem.Elem)
		}
		return Of(List)
	case "first", "last":
		if member && first.Type.is(List) {
			return first.Elem.optional()
		}
	}
	if strings.HasPrefix(name, "get") && first.Type.is(Time|Span) {
		return intType
	}
	return AnyType
}

// plain forgets which values there are.
func (t *Type) plain() *Type {
	if t == nil || t.Enum == nil {
		return t
	}
	out := *t
	out.Enum = nil
	return &out
}

func isConst(t *Type, json string) bool {
	return t != nil && !t.Optional && len(t.Enum) == 1 && t.Enum[0] == json
}

func symbol(name string) string { return operatorName(name) }

// equal compares. Two values that can never be the same are no comparison but a mistake.
func (t *typer) equal(name string, args []typed) *Type {
	a, b := args[0], args[1]
	if a.optional() != b.optional() && !(a.Type == nil || b.Type == nil) {
		if a.optional() {
			t.unhandled(a)
		} else {
			t.unhandled(b)
		}
		return boolType
	}
	if a.Type.loose() || b.Type.loose() || a.optional() {
		return boolType
	}
	common := widened(a.Kinds) & widened(b.Kinds)
	never := "never"
	if name == operators.NotEquals {
		never = "always"
	}
	if common == 0 {
		if b.Kinds == Null || a.Kinds == Null {
			v := a
			if a.Kinds == Null {
				v = b
			}
			t.report(v.at, "", v.name("this")+" is "+v.Type.withArticle()+" and never null, so this is "+never+" true")
			return boolType
		}
		t.report(a.at, "", a.name("this")+" is "+a.Type.withArticle()+" and "+b.name("the other side")+" "+b.Type.withArticle()+", so this is "+never+" true")
		return boolType
	}
	if a.Enum == nil || b.Enum == nil || common&Number != 0 {
		return boolType
	}
	if slices.ContainsFunc(a.Enum, func(v string) bool { return slices.Contains(b.Enum, v) }) {
		if len(a.Enum) == 1 && len(b.Enum) == 1 && a.path == "" && b.path == "" {
			return OneOf(Bool, truth(name == operators.Equals))
		}
		return boolType
	}
	v, other := a, b
	if len(b.Enum) > len(a.Enum) {
		v, other = b, a
	}
	p := Problem{Offset: other.at, Hint: v.name("it") + " is one of " + someOf(v.Enum), Message: v.name("this") + " is never `" + strings.Join(other.Enum, "` or `") + "`, so this is " + never + " true"}
	p.meanValue(other.Type, v.Enum)
	t.found = append(t.found, Finding{Problem: p})
	return boolType
}

// meanValue says which of the values listed was most likely meant by a text that is written out.
func (p *Problem) meanValue(written *Type, values []string) {
	text, ok := constant(written)
	if !ok {
		return
	}
	p.Length = utf8.RuneCountInString(text) + 2
	if near := suggest.Nearest(text, unquoted(values)); near != "" {
		p.Hint = "did you mean `" + near + "`? " + p.Hint
		p.Fix = Edit{p.Offset + 1, text, near}
	}
}

func truth(is bool) string {
	if is {
		return "true"
	}
	return "false"
}

func unquoted(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, strings.Trim(v, `"`))
	}
	return out
}

func someOf(values []string) string {
	if len(values) > 8 {
		values = append(slices.Clone(values[:8]), "…")
	}
	return strings.Join(values, ", ")
}

func widened(k Kinds) Kinds {
	if k&Number != 0 {
		k |= Number
	}
	return k
}

func (t *typer) ordered(name string, args []typed) {
	a, b := args[0], args[1]
	const comparable = Bool | Number | String | Bytes | Time | Span
	if !t.require(a, comparable, symbol(name)) || !t.require(b, comparable, symbol(name)) || a.Type.loose() || b.Type.loose() {
		return
	}
	if widened(a.Kinds) != widened(b.Kinds) {
		t.report(a.at, "", symbol(name)+" cannot compare "+a.Type.withArticle()+" with "+b.Type.withArticle())
	}
}

func (t *typer) arithmetic(name string, args []typed) *Type {
	takes := Number
	switch name {
	case operators.Add:
		takes |= String | Bytes | List | Time | Span
	case operators.Subtract:
		takes |= Time | Span
	}
	a, b := args[0], args[1]
	fits := t.require(a, takes, symbol(name))
	if !t.require(b, takes, symbol(name)) || !fits {
		return AnyType
	}
	if a.Type.loose() || b.Type.loose() {
		return AnyType
	}
	x, y := widened(a.Kinds), widened(b.Kinds)
	times := Time | Span
	switch {
	case x&times != 0 && y&times != 0:
		if name == operators.Subtract && x == Time && y == Time || x == Span && y == Span {
			return Of(Span)
		}
		return Of(Time)
	case x != y:
		t.report(a.at, "", symbol(name)+" cannot be applied to "+a.Type.withArticle()+" and "+b.Type.withArticle())
		return AnyType
	case x == List:
		return ListOf(Join(a.Elem, b.Elem))
	case x == Number:
		if a.Kinds == Int && b.Kinds == Int {
			return intType
		}
		if a.Kinds == Double || b.Kinds == Double {
			return Of(Double)
		}
		return numberType
	}
	return Of(a.Kinds)
}

func (t *typer) in(args []typed) *Type {
	v, of := args[0], args[1]
	if v.optional() {
		t.unhandled(v)
		return boolType
	}
	if !t.require(of, List|Map, "`in`") || of.Type.loose() || v.Type.loose() || of.Kinds != List || of.Elem.loose() || of.Elem.Kinds == 0 {
		return boolType
	}
	t.equalTo(v, of)
	return boolType
}

// equalTo reports a value that is never among the elements of a list.
func (t *typer) equalTo(v, list typed) {
	elem := list.Elem
	if widened(v.Kinds)&widened(elem.Kinds) == 0 {
		t.report(v.at, "", v.name("this")+" is "+v.Type.withArticle()+", and the list holds "+elem.String()+"s, so this is never true")
		return
	}
	if v.Enum == nil || elem.Enum == nil || v.Kinds&Number != 0 {
		return
	}
	for _, e := range elem.Enum {
		if len(list.path) == 0 && len(v.Enum) > 1 && !slices.Contains(v.Enum, e) && elem.Kinds == v.Kinds {
			hint := v.name("it") + " is one of " + someOf(v.Enum)
			if near := suggest.Nearest(strings.Trim(e, `"`), unquoted(v.Enum)); near != "" {
				hint = "did you mean `" + near + "`? " + hint
			}
			t.report(list.at, hint, v.name("this")+" is never `"+strings.Trim(e, `"`)+"`")
		}
	}
}

func (t *typer) index(args []typed, optional bool) *Type {
	v, at := args[0], args[1]
	wrap := func(of *Type) *Type {
		if !optional && !v.optional() {
			return of
		}
		if of == nil {
			return &Type{Kinds: everything, Optional: true}
		}
		return of.optional()
	}
	of := v.held()
	if of.loose() {
		return wrap(AnyType)
	}
	switch {
	case of.Kinds == List:
		if !t.require(at, Number, "the index of a list") || at.Type.loose() {
			return wrap(of.Elem)
		}
		if len(at.Enum) == 1 && len(of.Prefix) > 0 {
			for i, p := range of.Prefix {
				if at.Enum[0] == itoa(i) {
					return wrap(p)
				}
			}
			if of.Fixed && !optional {
				t.report(at.at, "", v.name("the list")+" has only "+itoa(len(of.Prefix))+" elements, and the first is [0]")
				return AnyType
			}
		}
		return wrap(of.Elem)
	case of.Kinds == Map:
		if !t.require(at, String, "the name of a field") {
			return AnyType
		}
		all := of.Rest
		if len(of.Fields) > 0 {
			all = of.Fields[0].Type
			for _, f := range of.Fields {
				all = Join(all, f.Type)
			}
			if of.Rest != nil {
				all = Join(all, of.Rest)
			}
		}
		return wrap(all)
	case of.Kinds == Null|List || of.Kinds == Null|Map:
		t.require(typed{Type: of, path: v.path, at: v.at}, List|Map, "`[ ]`")
		return AnyType
	}
	if of.Kinds&(List|Map) == 0 {
		t.report(v.at, "", v.name("this")+" is "+of.withArticle()+"; nothing in it can be taken with [ ]")
	}
	return AnyType
}
