package expr

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// key writes an expression so that two of them have one key if and only if they are the same; a path as a person writes it.
func key(info *ast.SourceInfo, e ast.Expr) string {
	all := func(es []ast.Expr) string {
		parts := make([]string, len(es))
		for i, one := range es {
			parts[i] = key(info, one)
		}
		return strings.Join(parts, ", ")
	}
	switch e.Kind() {
	case ast.LiteralKind:
		return fmt.Sprintf("(%s %q)", e.AsLiteral().Type().TypeName(), fmt.Sprint(e.AsLiteral().Value()))
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		s := e.AsSelect()
		path := key(info, s.Operand()) + "." + s.FieldName()
		if s.IsTestOnly() {
			return "has(" + path + ")"
		}
		return path
	case ast.CallKind:
		call := e.AsCall()
		args := call.Args()
		if name := call.FunctionName(); (name == operators.OptSelect || name == operators.OptIndex || name == operators.Index) && len(args) == 2 && args[1].Kind() == ast.LiteralKind {
			if s, ok := args[1].AsLiteral().(types.String); ok {
				if name == operators.Index {
					return key(info, args[0]) + "." + string(s)
				}
				return key(info, args[0]) + ".?" + string(s)
			}
		}
		target := ""
		if call.IsMemberFunction() {
			target = key(info, call.Target()) + " "
		}
		return target + call.FunctionName() + "(" + all(args) + ")"
	case ast.ListKind:
		return fmt.Sprintf("[%s %v]( )", all(e.AsList().Elements()), e.AsList().OptionalIndices())
	case ast.MapKind:
		var b strings.Builder
		for _, entry := range e.AsMap().Entries() {
			m := entry.AsMapEntry()
			fmt.Fprintf(&b, "%s: %s %t, ", key(info, m.Key()), key(info, m.Value()), m.IsOptional())
		}
		return "{" + b.String() + "}( )"
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		return fmt.Sprintf("fold(%s %s %s %s %s)", c.IterVar()+","+c.IterVar2()+","+c.AccuVar(), key(info, c.IterRange()), all([]ast.Expr{c.AccuInit(), c.LoopCondition()}),
			key(info, c.LoopStep()), key(info, c.Result()))
	}
	return fmt.Sprintf("(%d)", e.ID())
}
