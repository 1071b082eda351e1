package expr

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/segno-run/segno/designer/suggest"
)

// TypeEnv says what is known of what an expression may read. Nil types are not known.
type TypeEnv struct {
	Input *Type
	Item  *Type
	Step  func(name string) *Type // an object with `output` and `error`

	Output *Type  // of one iteration of the step, in a loop
	Known  *Known // what conditions have made sure of before
	Blind  *bool  // if it is not nil: set when a name is read from something of which nothing is known
}

// Finding is one thing wrong with the types of an expression.
type Finding struct {
	Problem
	Never  bool // a comparison that is never true is all of the expression
	Absent bool // the path reads something that may not be there as if it surely were; Fix reads it with `.?`
	// Instead reads it with `.?` and takes StandIn where it is absent. That is a guess: which value is right there is for a person to say.
	Instead Edit
	StandIn string
}

var runType = ObjectOf(
	TypeField{Name: "id", Type: Of(String), Required: true}, TypeField{Name: "flow", Type: Of(String), Required: true},
	TypeField{Name: "version", Type: Of(Int), Required: true}, TypeField{Name: "started_at", Type: Of(String), Required: true})

// Infer finds the type of the program's result, and everything that does not fit on the way, in the order of the source. What was found to be wrong
// has type AnyType, so that nothing else is reported because of it.
func (p *Program) Infer(env TypeEnv) (*Type, []Finding) {
	t := &typer{env: env}
	var out typed
	if p.isPath {
		out = t.follow(t.root(p.refs[0].Root, p.refs[0].Offset), p.refs[0].links, false, env.Known)
	} else {
		t.info = p.tree.SourceInfo()
		out = t.expr(p.tree.Expr(), nil, env.Known)
	}
	slices.SortStableFunc(t.found, func(a, b Finding) int { return a.Offset - b.Offset })
	if len(t.found) == 1 && !p.isPath && p.tree.Expr().Kind() == ast.CallKind && p.tree.Expr().AsCall().FunctionName() == operators.Equals {
		t.found[0].Never = strings.HasSuffix(t.found[0].Message, "is never true")
	}
	return out.Type, slices.Compact(t.found)
}

// typed is what is known of a part of an expression.
type typed struct {
	*Type
	path string // as it is written, if it is a path
	root bool   // `steps` or a step, which are no values
	at   int    // where it begins
}

func (v typed) optional() bool { return v.Type != nil && v.Optional }

func (v typed) name(otherwise string) string {
	if v.path == "" {
		return otherwise
	}
	return "`" + v.path + "`"
}

// binding is a variable of a comprehension.
type binding struct {
	outer *binding
	name  string
	value *Type
}

type typer struct {
	env   TypeEnv
	info  *ast.SourceInfo
	found []Finding
}

func (t *typer) report(at int, hint string, message string) {
	t.found = append(t.found, Finding{Problem: Problem{Offset: at, Message: message, Hint: hint}})
}

func (t *typer) root(name string, at int) typed {
	v := typed{path: name, at: at}
	switch name {
	case RootInput:
		v.Type = t.env.Input
	case RootItem:
		v.Type = t.env.Item
	case RootIndex:
		v.Type = Of(Int)
	case RootRun:
		v.Type = runType
	case RootKey:
		v.Type = Of(String)
	case RootOutput:
		v.Type = t.env.Output
	case RootIteration:
		v.Type = Of(Int)
	case RootPrevious:
		if v.Type = t.env.Output.optional(); v.Type == nil { // unknown, yet surely an optional
			v.Type = &Type{Kinds: everything, Optional: true}
		}
	case RootSteps:
		v.root = true
	}
	return v
}

func (t *typer) links(v typed, links []link) typed { return t.follow(v, links, false, nil) }

// follow reads names one after the other. test: the last is only asked for, as has() does.
func (t *typer) follow(v typed, links []link, test bool, facts *Known) typed {
	absent := -1 // the first name that is read as if it were surely there
	var owner typed
	found := len(t.found)
	for i, l := range links {
		if v.root {
			v = typed{Type: t.env.Step(l.name), path: v.path + "." + l.name, at: v.at}
			if l.optional && v.Type != nil {
				v.Type = v.Type.optional()
			}
			continue
		}
		next, missing := t.field(v, l, test && i == len(links)-1, facts)
		if missing && absent < 0 {
			absent, owner = i, v
		}
		v = next
	}
	if absent < 0 {
		return v
	}
	if len(t.found) == found { // else it is not the right path anyway
		t.mayBeAbsent(owner, links, absent)
	}
	v.Type = AnyType
	return v
}

// field reads one name. What was wrong with it is reported, and nothing more is known then. If only its absence is not handled, what follows is read as
// if it were.
func (t *typer) field(v typed, l link, test bool, facts *Known) (next typed, missing bool) {
	path := v.path
	if path != "" {
		path += "." + l.name
	}
	give := func(ty *Type) (typed, bool) { return typed{Type: ty, path: path, at: v.at}, false }
	if v.Type.loose() {
		if t.env.Blind != nil {
			*t.env.Blind = true
		}
		if l.optional || v.optional() {
			return give(&Type{Kinds: everything, Optional: true})
		}
		return give(AnyType)
	}
	chained := v.Optional
	of := t.variant(v.Type.held(), v.path, facts)
	if of.Kinds&Map == 0 {
		t.noFields(v, l)
		return give(AnyType)
	}
	if of.Kinds&Null != 0 && !l.optional && !chained && !facts.has(v.path, true) {
		t.report(v.at, "ask first: `"+cmpOr(v.path, "x")+" != null ? … : …`", v.name("the value")+" may be null, so `"+l.name+"` may not be there")
		return give(AnyType)
	}
	f, ok := of.Field(l.name)
	if !ok {
		if of.Rest == nil {
			t.noSuch(v, of, l)
			return give(AnyType)
		}
		f = TypeField{Name: l.name, Type: of.Rest}
		if of.Rest.loose() {
			f.Type = AnyType
			if !l.optional && !chained && len(of.Fields) == 0 { // nothing is declared, so nothing is checked
				return give(AnyType)
			}
		}
	}
	if chained || l.optional {
		if f.Type == nil { // unknown, yet surely an optional
			return give(&Type{Kinds: everything, Optional: true})
		}
		return give(f.Type.optional())
	}
	if !f.Required && !test && !facts.has(path, false) {
		if f.Type == nil {
			return typed{path: path, at: v.at}, true
		}
		return typed{Type: f.Type.optional(), path: path, at: v.at}, true
	}
	if f.Type != nil && f.Type.Kinds&Null != 0 && facts.has(path, true) {
		return give(f.Type.only(everything &^ Null))
	}
	return give(f.Type)
}

func (t *typer) noFields(v typed, l link) {
	hint := ""
	if v.Kinds == List {
		hint = "take one of them with [0], or all with .map(x, x." + l.name + ")"
		t.found = append(t.found, Finding{Problem: lost(v.path, l, v.name("this")+" is a list; it has no `"+l.name+"`", hint)})
		return
	}
	p := lost(v.path, l, v.name("this")+" is "+v.held().withArticle()+"; it has no `"+l.name+"`", "")
	if above := t.higher(v.path, l.name); above != "" {
		p.Hint, p.Fix = "write `"+above+"`", Edit{v.at, v.path + "." + l.name, above}
	}
	t.found = append(t.found, Finding{Problem: p})
}

func (t *typer) noSuch(v typed, of *Type, l link) {
	if f, ok := v.held().Field(l.name); ok && v.Variants != nil { // another alternative has it
		tag, _ := of.Field(v.Tag)
		p := lost(v.path, l, v.name("the value")+" has no `"+l.name+"` where `"+v.Tag+"` is "+strings.Join(tag.Type.Enum, " or "), f.Why)
		p.Name = ""
		t.found = append(t.found, Finding{Problem: p})
		return
	}
	names := of.Names()
	p := lost(v.path, l, v.name("the value")+" has no `"+l.name+"`", "")
	if near := suggest.Nearest(l.name, names); near != "" {
		p.mean(l, near)
	} else if below := deeper(of, l.name, "", 0); below != "" {
		p.mean(l, below)
	} else if above := t.higher(v.path, l.name); above != "" {
		p.Hint, p.Fix = "write `"+above+"`", Edit{v.at, v.path + "." + l.name, above}
	}
	if len(names) > 0 {
		has := names
		if len(has) > 8 {
			has = append(slices.Clone(has[:8]), "…")
		}
		p.Hint = And(p.Hint, v.name("it")+" has: "+strings.Join(has, ", "))
	}
	t.found = append(t.found, Finding{Problem: p})
}

// And writes two parts of a hint after each other.
func And(hint, more string) string {
	switch {
	case hint == "":
		return more
	case more == "":
		return hint
	case strings.HasSuffix(hint, "?"):
		return hint + " " + more
	}
	return hint + "; " + more
}

// deeper finds a name further down: the shortest way there.
func deeper(of *Type, name, way string, depth int) string {
	if of == nil || depth > 3 {
		return ""
	}
	for _, f := range of.Fields {
		if f.Type == nil || f.Type.Kinds&Map == 0 {
			continue
		}
		if below, ok := f.Type.Field(name); ok {
			return way + asked(f) + "." + asked(below)
		}
	}
	for _, f := range of.Fields {
		if found := deeper(f.Type, name, way+asked(f)+".", depth+1); found != "" {
			return found
		}
	}
	return ""
}

// asked is a name as it is read: with a `?` if it may be absent.
func asked(f TypeField) string {
	if f.Required {
		return f.Name
	}
	return "?" + f.Name
}

// higher finds a name on the way to a path.
func (t *typer) higher(path, name string) string {
	for {
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return ""
		}
		path = path[:i]
		parts := strings.Split(path, ".")
		if !isRoot(parts[0]) {
			return ""
		}
		v := typed{Type: t.root(parts[0], 0).Type}
		rest := parts[1:]
		if parts[0] == RootSteps {
			if len(parts) < 3 {
				return ""
			}
			v.Type, rest = t.env.Step(parts[1]), parts[2:]
		}
		ok := true
		for _, p := range rest {
			var f TypeField
			if f, ok = v.Field(p); !ok {
				break
			}
			v.Type = f.Type
		}
		if !ok {
			continue
		}
		if _, ok := v.Field(name); ok {
			return path + "." + name
		}
	}
}

// mayBeAbsent reports a name that is read as if it were surely there, with the expression that handles it.
func (t *typer) mayBeAbsent(v typed, links []link, i int) {
	at := links[i].offset
	f, ok := v.held().Field(links[i].name)
	if !ok {
		f = TypeField{Name: links[i].name, Type: v.held().Rest}
	}
	why := "its schema does not require it"
	if f.Why != "" {
		why = f.Why
	}
	path := v.name("the value") + " may have no `" + f.Name + "`"
	hint := "read it with `.?" + f.Name + "`"
	found := Finding{Absent: true, Problem: Problem{Offset: at, Length: utf8.RuneCountInString(f.Name), Fix: Edit{at, f.Name, "?" + f.Name}}}
	if v.path != "" {
		path = "`" + v.path + "." + f.Name + "` may be absent"
		mended := v.path + ".?" + f.Name
		of, read, plain := f.Type, f.Name, true
		for _, l := range links[i+1:] {
			mended += "." + l.name
			plain = plain && l.offset == at+utf8.RuneCountInString(read)+1 // nothing but a dot between the two
			read += "." + l.name
			below, _ := of.Field(l.name)
			of = below.Type
		}
		instead := StandIn(of)
		hint = "write `" + mended + "` where it may be left out, or `" + mended + ".orValue(" + instead + ")`"
		if plain && instead != unknownValue && instead != "{}" { // an empty object lacks what is read of it next
			found.StandIn, found.Instead = instead, Edit{at, read, "?" + read + ".orValue(" + instead + ")"}
		}
	}
	found.Message, found.Hint = path+": "+why, hint
	t.found = append(t.found, found)
}

// unknownValue stands where nobody can tell which value would do.
const unknownValue = "…"

// StandIn is the value that one would write for something that is absent, such as `""` or `0`; "…" if its type does not tell.
func StandIn(of *Type) string {
	if of.loose() {
		return unknownValue
	}
	switch {
	case len(of.Enum) > 0:
		return of.Enum[0]
	case of.Kinds&String != 0:
		return `""`
	case of.Kinds&Number != 0:
		return "0"
	case of.Kinds&Bool != 0:
		return "false"
	case of.Kinds&List != 0:
		return "[]"
	case of.Kinds&Map != 0:
		return "{}"
	}
	return unknownValue
}

func (t *typer) offset(id int64) int {
	if r, ok := t.info.GetOffsetRange(id); ok {
		return int(r.Start)
	}
	return 0
}

// expr finds the type of a part.
func (t *typer) expr(e ast.Expr, vars *binding, facts *Known) typed {
	if m, ok := t.info.GetMacroCall(e.ID()); ok {
		return t.macro(e, m.AsCall(), vars, facts)
	}
	switch e.Kind() {
	case ast.LiteralKind:
		return typed{Type: literalType(e.AsLiteral()), at: t.offset(e.ID())}
	case ast.IdentKind:
		name, at := e.AsIdent(), t.offset(e.ID())
		for b := vars; b != nil; b = b.outer {
			if b.name == name {
				return typed{Type: b.value, path: name, at: at}
			}
		}
		if isRoot(name) {
			return t.root(name, at)
		}
		return typed{at: at}
	case ast.SelectKind, ast.CallKind:
		if base, links, ok := t.selection(e); ok {
			return t.follow(t.expr(base, vars, facts), links, false, facts)
		}
		if e.Kind() == ast.CallKind {
			return t.call(e, vars, facts)
		}
	case ast.ListKind:
		out := &Type{Kinds: List, Elem: &Type{}}
		optional := e.AsList().OptionalIndices()
		for i, el := range e.AsList().Elements() {
			v := t.expr(el, vars, facts)
			if slices.Contains(optional, int32(i)) {
				v.Type = v.held()
			}
			out.Elem = Join(out.Elem, v.Type)
			out.Prefix = append(out.Prefix, v.Type)
		}
		if out.Fixed = len(optional) == 0; !out.Fixed {
			out.Prefix = nil
		}
		return typed{Type: out, at: t.offset(e.ID())}
	case ast.MapKind:
		return t.mapLiteral(e, vars, facts)
	}
	return typed{at: t.offset(e.ID())}
}

func (t *typer) mapLiteral(e ast.Expr, vars *binding, facts *Known) typed {
	var fields []TypeField
	var rest *Type
	computed := false
	for _, entry := range e.AsMap().Entries() {
		me := entry.AsMapEntry()
		key, val := t.expr(me.Key(), vars, facts), t.expr(me.Value(), vars, facts)
		if name, ok := constant(key.Type); ok {
			fields = append(fields, TypeField{Name: name, Type: val.held(), Required: !me.IsOptional()})
			continue
		}
		if computed {
			rest = Join(rest, val.Type)
		} else {
			rest, computed = val.Type, true
		}
	}
	out := ObjectOf(fields...)
	if computed {
		out.Closed = false
		if out.Rest = rest; rest == nil {
			out.Rest = Of(everything)
		}
	}
	return typed{Type: out, at: t.offset(e.ID())}
}

// constant gives the text that a type stands for, if it is one text.
func constant(of *Type) (string, bool) {
	if of == nil || of.Optional || of.Kinds != String || len(of.Enum) != 1 {
		return "", false
	}
	var s string
	return s, json.Unmarshal([]byte(of.Enum[0]), &s) == nil
}

func literalType(v any) *Type {
	switch v := v.(type) {
	case types.Bool:
		return OneOf(Bool, strconv.FormatBool(bool(v)))
	case types.Int:
		return OneOf(Int, strconv.FormatInt(int64(v), 10))
	case types.Uint:
		return Of(Int)
	case types.Double:
		return Of(Double)
	case types.String:
		return OneOf(String, string(appendString(nil, string(v))))
	case types.Bytes:
		return Of(Bytes)
	case types.Null:
		return OneOf(Null, "null")
	}
	return AnyType
}

// selection takes names off the end of an expression: `x.a.?b["c"]`.
func (t *typer) selection(e ast.Expr) (base ast.Expr, links []link, ok bool) {
	for {
		if _, isMacro := t.info.GetMacroCall(e.ID()); isMacro {
			break
		}
		if e.Kind() == ast.SelectKind {
			s := e.AsSelect()
			links = append(links, link{name: s.FieldName(), offset: t.offset(e.ID()) + 1})
			e = s.Operand()
			continue
		}
		if e.Kind() != ast.CallKind {
			break
		}
		call := e.AsCall()
		name := call.FunctionName()
		if name != operators.OptSelect && name != operators.OptIndex && name != operators.Index || len(call.Args()) != 2 || call.Args()[1].Kind() != ast.LiteralKind {
			break
		}
		text, isText := call.Args()[1].AsLiteral().(types.String)
		if !isText {
			break
		}
		links = append(links, link{name: string(text), optional: name != operators.Index, offset: t.offset(call.Args()[1].ID())})
		e = call.Args()[0]
	}
	slices.Reverse(links)
	return e, links, len(links) > 0
}

func cmpOr(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// RunType is the type of `run`.
func RunType() *Type { return runType }
