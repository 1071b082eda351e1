package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Options say where an expression stands.
type Options struct {
	Item   bool // inside for_each: `item` and `index` are there
	Key    bool // in a compensation: `key` is there
	Loop   bool // of a step that loops until a condition: `iteration` and `previous` are there
	Output bool // that condition: `output` is there
}

// Program is one compiled expression. It is immutable and safe for concurrent use.
type Program struct {
	source string
	refs   []Ref
	isPath bool        // the expression is nothing but refs[0]
	prog   cel.Program // otherwise
	kind   string      // what the compiler knows of the result's type
	tree   *ast.AST    // unless isPath: as it was parsed
}

// Compile compiles one CEL expression, without its `${{ }}`. The Program is nil if there is any Problem; the problems stand in the order of their
// offsets.
func Compile(src string, opts Options) (*Program, []Problem) {
	if len(src) > MaxSource {
		return nil, []Problem{{Message: fmt.Sprintf("the expression is %d bytes long", len(src)), Hint: fmt.Sprintf("at most %d are allowed", MaxSource)}}
	}
	if !utf8.ValidString(src) || strings.ContainsRune(src, 0) {
		return nil, []Problem{{Message: "the expression is not plain UTF-8 text"}}
	}
	if strings.TrimSpace(src) == "" {
		return nil, []Problem{{Message: "the expression is empty", Hint: "write for example ${{ input.name }}"}}
	}
	if c, ok := simpleChain(src); ok {
		r, problem := c.ref(opts)
		if problem != nil {
			return nil, []Problem{*problem}
		}
		return &Program{source: src, refs: []Ref{r}, isPath: true}, nil
	}
	return compileCEL(src, opts)
}

// Type is what is known of the result before it is computed: "bool", "list", "map", "string", "int", "double", … as CEL names types, or "dyn" if
// that depends on the data.
func (p *Program) Type() string {
	if p.isPath {
		return "dyn"
	}
	return p.kind
}

// IsPath reports whether the expression is a path and nothing else.
func (p *Program) IsPath() bool { return p.isPath }

// Source gives the expression as it was written.
func (p *Program) Source() string { return p.source }

// Reads lists the paths that the program may read, sorted, each once.
func (p *Program) Reads() []Path {
	paths := make([]Path, 0, len(p.refs))
	for _, r := range p.refs {
		paths = append(paths, r.Path)
	}
	slices.SortFunc(paths, Path.compare)
	return slices.CompactFunc(paths, func(a, b Path) bool { return a.compare(b) == 0 })
}

// Refs lists every occurrence of a path, in the order of the source.
func (p *Program) Refs() []Ref { return slices.Clone(p.refs) }

// Eval computes the value. The error is an *Error: class "expression" (a read of something absent wraps ErrAbsent and names the path), "contract"
// or "too_large". An expression that is only a path gives the part it names byte for byte.
func (p *Program) Eval(s Scope) (*Value, error) {
	v, present, err := p.result(s)
	if err != nil {
		return nil, err
	}
	if !present {
		return nil, absentError(p.what(), "")
	}
	return v, nil
}

// EvalBool computes a condition. A value that is not a boolean is an *Error that says what it was.
func (p *Program) EvalBool(s Scope) (bool, error) {
	v, err := p.eval(s)
	if err != nil {
		return false, err
	}
	if b, ok := v.(types.Bool); ok {
		return bool(b), nil
	}
	return false, p.wrongType(v, "true or false")
}

// EvalList computes a list and gives its elements. A value that is not a list is an *Error that says what it was.
func (p *Program) EvalList(s Scope) ([]*Value, error) {
	v, err := p.eval(s)
	if err != nil {
		return nil, err
	}
	if l, ok := v.(*list); ok {
		values := make([]*Value, len(l.elems))
		for i, e := range l.elems {
			values[i] = newDecoded([]byte(l.src[l.spans[i].from:l.spans[i].to]), e)
		}
		return values, nil
	}
	l, ok := v.(traits.Lister)
	if !ok {
		return nil, p.wrongType(v, "a list")
	}
	var (
		values []*Value
		total  int
	)
	for it := l.Iterator(); it.HasNext() == types.True; {
		e, err := toValue(it.Next())
		if err != nil {
			return nil, p.explain(err, s)
		}
		if total += len(e.raw); total > MaxResult {
			return nil, tooLarge()
		}
		values = append(values, e)
	}
	return values, nil
}

func (p *Program) what() string {
	if p.isPath {
		return p.refs[0].String()
	}
	return "`" + clip(strings.TrimSpace(p.source), 80) + "`"
}

func (p *Program) wrongType(v ref.Val, want string) error {
	if o, ok := v.(*types.Optional); ok && !o.HasValue() {
		return absentError(p.what(), "")
	}
	was := typeName(v)
	if s, err := encode(nil, v); err == nil && len(s) <= 60 {
		was += " " + string(s)
	}
	return expressionError(fmt.Sprintf("%s must be %s, but is: %s", p.what(), want, was), nil)
}

// result is the value as JSON; false for an optional that holds nothing.
func (p *Program) result(s Scope) (*Value, bool, error) {
	if p.isPath {
		v, present, err := p.refs[0].follow(s)
		if err != nil || !present {
			return nil, present, err
		}
		return v.value(), true, nil
	}
	v, err := p.eval(s)
	if err != nil {
		return nil, false, err
	}
	if o, ok := v.(*types.Optional); ok {
		if !o.HasValue() {
			return nil, false, nil
		}
		v = o.GetValue()
	}
	out, err := toValue(v)
	if err != nil {
		return nil, false, p.explain(err, s)
	}
	return out, true, nil
}

func toValue(v ref.Val) (*Value, error) {
	switch v := v.(type) {
	case *object:
		return newDecoded([]byte(v.raw()), v), nil
	case *list:
		return newDecoded([]byte(v.raw()), v), nil
	}
	raw, err := encode(nil, v)
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxResult {
		return nil, tooLarge()
	}
	return FromJSON(raw), nil
}

// eval is the value as CEL sees it.
func (p *Program) eval(s Scope) (ref.Val, error) {
	if p.isPath {
		v, present, err := p.refs[0].follow(s)
		switch {
		case err != nil:
			return nil, err
		case !present:
			return types.OptionalNone, nil
		}
		val, err := v.decoded()
		if found := payloadIn(val); err == nil && found != nil {
			return nil, payloadError(*found, p.what())
		}
		return val, err
	}
	v, _, err := p.prog.Eval(activation{s})
	if err != nil {
		return nil, p.explain(err, s)
	}
	if o, ok := v.(*types.Optional); ok && o.HasValue() {
		return o.GetValue(), nil
	}
	return v, nil
}

// explain turns the library's error into ours: it names the path that is absent and drops what only a CEL developer understands.
func (p *Program) explain(err error, s Scope) error {
	var ours *Error
	if errors.As(err, &ours) {
		return p.named(ours, s)
	}
	message := strings.TrimPrefix(err.Error(), "evaluation error: ")
	switch {
	case strings.HasPrefix(message, "no such key"), strings.HasPrefix(message, "no such attribute"), strings.HasPrefix(message, "index out of bounds"):
		for _, r := range p.refs {
			if _, _, err := r.follow(s); err != nil {
				return err
			}
		}
		return expressionError(message+" in "+p.what(), ErrAbsent)
	case strings.Contains(message, "no such overload"):
		return expressionError(fmt.Sprintf("%s: an operator or function does not fit the types of its values", p.what()), err)
	case strings.Contains(message, "cost limit exceeded"), strings.Contains(message, "memory limit exceeded"):
		return expressionError(fmt.Sprintf("%s takes too much work to evaluate", p.what()), err)
	}
	return expressionError(p.what()+": "+message, err)
}
