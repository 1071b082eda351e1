package expr

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/segno-run/segno/designer/suggest"
)

func compileCEL(src string, opts Options) (*Program, []Problem) {
	e, err := environment(opts.Item)
	if err != nil {
		return nil, []Problem{{Message: err.Error()}}
	}
	parsed, iss := e.Parse(src)
	if iss.Err() != nil {
		return nil, problems(src, iss, true)
	}
	tree := parsed.NativeRep()
	w := &walker{info: tree.SourceInfo(), opts: opts, factory: ast.NewExprFactory(), next: ast.MaxID(tree) + 1}
	w.walk(tree.Expr(), nil)
	if len(w.problems) > 0 {
		return nil, sorted(w.problems)
	}
	checked, iss := e.Check(parsed)
	if iss.Err() != nil {
		return nil, problems(src, iss, false)
	}
	prog, err := e.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost))
	if err != nil {
		return nil, []Problem{{Message: "the expression cannot be planned: " + err.Error()}}
	}
	slices.SortStableFunc(w.refs, func(a, b Ref) int { return a.Offset - b.Offset })
	return &Program{source: src, refs: w.refs, prog: prog, kind: checked.OutputType().TypeName(), tree: tree}, nil
}

func sorted(ps []Problem) []Problem {
	slices.SortStableFunc(ps, func(a, b Problem) int { return a.Offset - b.Offset })
	return ps
}

// walker finds the paths that a parsed expression reads, and orders the maps that it loops over.
type walker struct {
	info     *ast.SourceInfo
	opts     Options
	factory  ast.ExprFactory
	next     int64
	refs     []Ref
	problems []Problem
}

func (w *walker) offset(id int64) int {
	if r, ok := w.info.GetOffsetRange(id); ok {
		return int(r.Start)
	}
	return 0
}

// names is the set of variables that comprehensions bind around an expression.
type names struct {
	outer *names
	name  [3]string
}

func (n *names) has(name string) bool {
	for ; n != nil; n = n.outer {
		if slices.Contains(n.name[:], name) {
			return true
		}
	}
	return false
}

func (w *walker) walk(e ast.Expr, bound *names) {
	if c, ok := w.chain(e, bound); ok {
		r, problem := c.ref(w.opts)
		if problem != nil {
			w.problems = append(w.problems, *problem)
			return
		}
		w.refs = append(w.refs, r)
		return
	}
	switch e.Kind() {
	case ast.SelectKind:
		w.walk(e.AsSelect().Operand(), bound)
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			w.walk(call.Target(), bound)
		}
		for i, arg := range call.Args() {
			if i == 1 && call.FunctionName() == operators.OptSelect {
				continue // the name that is selected
			}
			w.walk(arg, bound)
		}
	case ast.ListKind:
		for _, el := range e.AsList().Elements() {
			w.walk(el, bound)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			w.walk(entry.AsMapEntry().Key(), bound)
			w.walk(entry.AsMapEntry().Value(), bound)
		}
	case ast.StructKind:
		for _, f := range e.AsStruct().Fields() {
			w.walk(f.AsStructField().Value(), bound)
		}
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		w.walk(c.IterRange(), bound)
		w.order(c.IterRange(), bound)
		w.walk(c.AccuInit(), bound)
		inner := &names{outer: bound, name: [3]string{c.IterVar(), c.IterVar2(), c.AccuVar()}}
		w.walk(c.LoopCondition(), inner)
		w.walk(c.LoopStep(), inner)
		w.walk(c.Result(), &names{outer: bound, name: [3]string{c.AccuVar()}})
	}
}

// order wraps the range of a loop, so that a map which the expression built itself is visited in key order too. Decoded JSON needs no wrapping.
func (w *walker) order(e ast.Expr, bound *names) {
	if e.Kind() == ast.ListKind {
		return
	}
	if _, ok := w.chain(e, bound); ok {
		return
	}
	inner := w.factory.NewUnspecifiedExpr(w.next)
	w.next++
	inner.SetKindCase(e)
	w.info.SetOffsetRange(inner.ID(), ast.OffsetRange{Start: int32(w.offset(e.ID())), Stop: int32(w.offset(e.ID()))})
	e.SetKindCase(w.factory.NewCall(e.ID(), orderedByKey, inner))
}

// chain recognises a selection that starts from one of the roots.
func (w *walker) chain(e ast.Expr, bound *names) (chain, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		name := e.AsIdent()
		if !isRoot(name) || bound.has(name) {
			return chain{}, false
		}
		return chain{root: name, offset: w.offset(e.ID())}, true
	case ast.SelectKind:
		sel := e.AsSelect()
		c, ok := w.chain(sel.Operand(), bound)
		if !ok || c.computed {
			return chain{}, false
		}
		at := w.offset(e.ID()) + 1 // the dot's place
		if sel.IsTestOnly() {
			c.tested = true
			at = c.end() + 1 // has() hides the dot's place
		}
		c.links = append(c.links, link{name: sel.FieldName(), offset: at})
		return c, true
	case ast.CallKind:
		call := e.AsCall()
		args := call.Args()
		var optional bool
		switch call.FunctionName() {
		case operators.OptSelect, operators.OptIndex:
			optional = true
		case operators.Index:
		default:
			return chain{}, false
		}
		if len(args) != 2 {
			return chain{}, false
		}
		c, ok := w.chain(args[0], bound)
		if !ok || c.computed {
			return chain{}, false
		}
		if args[1].Kind() == ast.LiteralKind {
			if s, ok := args[1].AsLiteral().(types.String); ok {
				c.links = append(c.links, link{name: string(s), optional: optional, offset: w.offset(args[1].ID())})
				return c, true
			}
		}
		if c.root == RootSteps && len(c.links) < 2 {
			c.computed = true
			return c, true
		}
		return chain{}, false
	}
	return chain{}, false
}

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	overloaded = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
)

// problems translates the library's messages. Of syntax errors only the first is told: the others follow from it.
func problems(src string, iss *cel.Issues, syntax bool) []Problem {
	var out []Problem
	for _, e := range iss.Errors() {
		p := Problem{Offset: offsetOf(src, e.Location.Line(), e.Location.Column())}
		translate(&p, e.Message)
		p.settle(src)
		p.notWord(src)
		out = append(out, p)
	}
	out = sorted(out)
	if syntax && len(out) > 1 {
		out = out[:1]
	}
	return out
}

// settle puts a problem's place and what mends it where the name stands: of a call the library gives the place of the bracket behind it.
func (p *Problem) settle(src string) {
	old := p.Name
	if first, _, dotted := strings.Cut(p.Name, "."); dotted { // the library gives the end of the path
		if at := strings.LastIndex(src, p.Name); at >= 0 {
			p.Offset = utf8.RuneCountInString(src[:at])
		}
		p.unknownName(first)
		old = first
	}
	if old == "" {
		old = p.Fix.Old
	}
	if old == "" {
		return
	}
	runes := []rune(src)
	at, n := min(p.Offset, len(runes)), utf8.RuneCountInString(old)
	if !strings.HasPrefix(string(runes[at:]), old) && strings.HasSuffix(string(runes[:at]), old) {
		p.Offset -= n
	}
	if p.Length = n; p.Fix != (Edit{}) {
		p.Fix.At = p.Offset
	}
}

func translate(p *Problem, message string) {
	if rest, ok := strings.CutPrefix(message, "Syntax error: "); ok {
		p.syntaxError(rest)
		return
	}
	if m := undeclared.FindStringSubmatch(message); m != nil {
		p.unknownName(m[1])
		return
	}
	p.Message, p.Hint = otherError(message)
}

func otherError(message string) (text, hint string) {
	if m := overloaded.FindStringSubmatch(message); m != nil {
		if strings.Contains(m[2], "optional_type") {
			return operatorName(m[1]) + " needs a value, but what it is given may be absent", "say what to take instead with `.orValue(…)`"
		}
		return fmt.Sprintf("%s cannot be applied to (%s)", operatorName(m[1]), strings.Trim(plainTypes(m[2]), "()")), ""
	}
	return strings.ReplaceAll(message, "\n", " "), ""
}

// words are those of other languages that CEL writes as signs.
var words = map[string]string{"and": "&&", "or": "||", "AND": "&&", "OR": "||"}

func (p *Problem) syntaxError(message string) {
	p.Message, p.Hint = syntaxText(message)
	switch {
	case strings.HasSuffix(p.Message, ": a single `=`"):
		p.Fix = Edit{Old: "=", New: "=="}
	case strings.HasSuffix(p.Message, ": a single `&`"):
		p.Fix = Edit{Old: "&", New: "&&"}
	}
	for word, sign := range words {
		if p.Message == "syntax error: unexpected '"+word+"'" {
			p.Hint, p.Fix = "write `"+sign+"`", Edit{Old: word, New: sign}
		}
	}
}

// notWord is about the `not` of other languages.
func (p *Problem) notWord(src string) {
	before := string([]rune(src)[:min(p.Offset, utf8.RuneCountInString(src))])
	if at := strings.LastIndex(before, "not "); strings.HasPrefix(p.Message, "syntax error: unexpected") && at >= 0 && strings.TrimSpace(before[at:]) == "not" {
		p.Hint, p.Fix = "write `!` for not", Edit{utf8.RuneCountInString(before[:at]), before[at:], "!"}
	}
}

func syntaxText(message string) (text, hint string) {
	message, _, _ = strings.Cut(message, " expecting ")
	message = strings.ReplaceAll(message, "\n", " ")
	switch {
	case strings.Contains(message, "<EOF>"):
		return "syntax error: the expression ends too early", "a bracket, a quote or an operand is missing"
	case strings.HasPrefix(message, "token recognition error"):
		_, what, _ := strings.Cut(message, "at: ")
		switch strings.Trim(what, "'") {
		case "=", "= ":
			return "syntax error: a single `=`", "write `==` to compare"
		case "&", "& ":
			return "syntax error: a single `&`", "write `&&` for and"
		}
		if strings.HasPrefix(what, `'"`) || strings.HasPrefix(what, "''") {
			return "syntax error: a text is not closed", "add the missing quote"
		}
		return "syntax error: unexpected " + what, ""
	}
	for _, prefix := range []string{"mismatched input ", "extraneous input ", "no viable alternative at input "} {
		if what, ok := strings.CutPrefix(message, prefix); ok {
			return "syntax error: unexpected " + what, ""
		}
	}
	return "syntax error: " + message, ""
}

var roots = []string{RootInput, RootSteps, RootItem, RootIndex, RootRun}

// functionNames are the functions people reach for first; a wrong name is compared with these.
var functionNames = []string{
	"size", "has", "all", "exists", "exists_one", "filter", "map", "contains", "startsWith", "endsWith", "matches", "string", "int", "double", "bool",
	"timestamp", "duration", "type", "dyn", "orValue", "or", "hasValue", "value", "optMap", "join", "split", "replace", "substring", "lowerAscii",
	"upperAscii", "trim", "format", "charAt", "indexOf", "reverse", "slice", "flatten", "sort", "sortBy", "distinct", "math.round", "math.ceil",
	"math.floor", "math.abs", "math.greatest", "math.least", "lists.range", "sets.contains", "sets.intersects", "base64.encode", "base64.decode",
}

func (p *Problem) unknownName(name string) {
	switch name {
	case RootItem, RootIndex:
		p.Message, p.Hint = "`"+name+OutsideForEach, "add `for_each: ${{ … }}` to the step"
		return
	}
	p.Message, p.Name = "unknown name `"+name+"`", name
	p.Hint = "an expression may read input, steps.NAME.output, steps.NAME.error, run and, inside for_each, item and index"
	candidates := append(slices.Clone(roots), functionNames...)
	if near := suggest.Nearest(name, candidates); near != "" {
		p.Hint, p.Fix = "did you mean `"+near+"`?", Edit{Old: name, New: near}
	}
}

func operatorName(fn string) string {
	if display, ok := operators.FindReverse(fn); ok && display != "" {
		return "`" + display + "`"
	}
	if fn == operators.Conditional {
		return "`? :`"
	}
	return "`" + fn + "`"
}

// plainTypes turns CEL's names of types into JSON's.
func plainTypes(s string) string {
	return strings.NewReplacer("dyn", "any", "map(string, any)", "object").Replace(s)
}

// offsetOf turns a line (from 1) and a column (code points, from 0) into code points from the beginning.
func offsetOf(src string, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(src, '\n')
		if i < 0 {
			break
		}
		offset += utf8.RuneCountInString(src[:i+1])
		src = src[i+1:]
	}
	return offset + max(column, 0)
}
