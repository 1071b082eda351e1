package expr

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// CEL counts the cost of a call after it was made. A few functions make something much larger than their arguments, or compare every element with
// every other; those are asked for the size of their work before they begin.
const (
	maxText        = 16 << 20    // bytes of a text on the way to a result
	maxElements    = 1_000_000   // of a list
	maxDistinct    = 10_000      // elements compared with each other
	maxComparisons = 100_000_000 // of the functions on sets
)

// guards gives the size of a call's work, and how much is allowed.
var guards = map[string]func(args []ref.Val) (size, limit int){
	"replace": func(args []ref.Val) (int, int) {
		s, old, to := textOf(args[0]), textOf(args[1]), textOf(args[2])
		return len(s) + strings.Count(s, old)*len(to), maxText
	},
	"join": func(args []ref.Val) (int, int) {
		size := weigh(args[0], maxText)
		if len(args) > 1 {
			size += sizeOf(args[0]) * len(textOf(args[1]))
		}
		return size, maxText
	},
	"format": func(args []ref.Val) (int, int) { return weigh(args[0], maxText) + weigh(args[1], maxText), maxText },
	"flatten": func(args []ref.Val) (int, int) {
		depth := 1
		if len(args) > 1 {
			if d, ok := args[1].(types.Int); ok {
				depth = int(min(d, MaxDepth))
			}
		}
		return countFlat(args[0], depth, 0), maxElements
	},
	"distinct":        func(args []ref.Val) (int, int) { return sizeOf(args[0]), maxDistinct },
	"sets.contains":   product,
	"sets.equivalent": product,
	"sets.intersects": product,
}

func product(args []ref.Val) (int, int) { return sizeOf(args[0]) * sizeOf(args[1]), maxComparisons }

func textOf(v ref.Val) string {
	s, _ := v.(types.String)
	return string(s)
}

func sizeOf(v ref.Val) int {
	if s, ok := v.(traits.Sizer); ok {
		if n, ok := s.Size().(types.Int); ok {
			return int(n)
		}
	}
	return 0
}

// weigh is about how many bytes v takes as text; it stops counting above limit.
func weigh(v ref.Val, limit int) int {
	switch v := v.(type) {
	case types.String:
		return len(v)
	case types.Bytes:
		return 2 * len(v)
	case *object:
		return v.at.to - v.at.from
	case *list:
		return v.at.to - v.at.from
	case traits.Mapper:
		total := 0
		for it := v.Iterator(); it.HasNext() == types.True && total <= limit; {
			k := it.Next()
			total += weigh(k, limit-total) + 4
			if e, ok := v.Find(k); ok {
				total += weigh(e, limit-total)
			}
		}
		return total
	case traits.Lister:
		total := 0
		for it := v.Iterator(); it.HasNext() == types.True && total <= limit; {
			total += weigh(it.Next(), limit-total) + 2
		}
		return total
	}
	return 24
}

func countFlat(v ref.Val, depth, sofar int) int {
	l, ok := v.(traits.Lister)
	if !ok || depth < 0 {
		return sofar + 1
	}
	for it := l.Iterator(); it.HasNext() == types.True && sofar <= maxElements; {
		sofar = countFlat(it.Next(), depth-1, sofar)
	}
	return sofar
}

// guarded puts the guards in front of the functions of e.
func guarded(e *cel.Env) (*cel.Env, error) {
	var opts []cel.EnvOption
	for name, guard := range guards {
		decl, ok := e.Functions()[name]
		if !ok {
			return nil, fmt.Errorf("there is no function %s to guard", name)
		}
		bindings, err := decl.Bindings()
		if err != nil {
			return nil, fmt.Errorf("reading the bindings of %s: %w", name, err)
		}
		var overloads []cel.FunctionOpt
		for _, o := range decl.OverloadDecls() {
			i := slices.IndexFunc(bindings, func(b *functions.Overload) bool { return b.Operator == o.ID() })
			if i < 0 {
				return nil, fmt.Errorf("the overload %s of %s has no binding", o.ID(), name)
			}
			declare := cel.Overload
			if o.IsMemberFunction() {
				declare = cel.MemberOverload
			}
			overloads = append(overloads, declare(o.ID(), o.ArgTypes(), o.ResultType(), guardedBinding(name, guard, bindings[i], len(o.ArgTypes()))))
		}
		opts = append(opts, cel.Function(name, overloads...))
	}
	return e.Extend(opts...)
}

func guardedBinding(name string, guard func([]ref.Val) (int, int), f *functions.Overload, arity int) cel.OverloadOpt {
	refuse := func(args ...ref.Val) ref.Val {
		if size, limit := guard(args); size > limit {
			return types.NewErr("%s() would have to handle %d, more than %d", name, size, limit)
		}
		return nil
	}
	call := f.Function
	if call == nil {
		call = func(args ...ref.Val) ref.Val {
			if len(args) == 1 {
				return f.Unary(args[0])
			}
			return f.Binary(args[0], args[1])
		}
	}
	guarded := func(args ...ref.Val) ref.Val {
		if err := refuse(args...); err != nil {
			return err
		}
		return call(args...)
	}
	switch arity {
	case 1:
		return cel.UnaryBinding(func(a ref.Val) ref.Val { return guarded(a) })
	case 2:
		return cel.BinaryBinding(func(a, b ref.Val) ref.Val { return guarded(a, b) })
	}
	return cel.FunctionBinding(guarded)
}
