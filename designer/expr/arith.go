package expr

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// arithmetic replaces CEL's + - * / by versions that also calculate across int and double.
//
// CEL refuses `2 * 1.5` for lack of an overload. In JSON both are just numbers, and which of the two Go types a value becomes depends on how its
// sender happened to write it.
func arithmetic() (excluded *env.LibrarySubset, replacement []cel.EnvOption) {
	var (
		a     = cel.TypeParamType("A")
		listA = cel.ListType(a)
	)
	type overload = struct {
		id          string
		left, right *cel.Type
		result      *cel.Type
	}
	ops := []struct {
		name, verb string
		apply      func(l, r ref.Val) ref.Val
		overloads  []overload
	}{
		{operators.Add, "add", add, []overload{
			{overloads.AddBytes, cel.BytesType, cel.BytesType, cel.BytesType},
			{overloads.AddDouble, cel.DoubleType, cel.DoubleType, cel.DoubleType},
			{overloads.AddDurationDuration, cel.DurationType, cel.DurationType, cel.DurationType},
			{overloads.AddDurationTimestamp, cel.DurationType, cel.TimestampType, cel.TimestampType},
			{overloads.AddTimestampDuration, cel.TimestampType, cel.DurationType, cel.TimestampType},
			{overloads.AddInt64, cel.IntType, cel.IntType, cel.IntType},
			{overloads.AddList, listA, listA, listA},
			{overloads.AddString, cel.StringType, cel.StringType, cel.StringType},
			{overloads.AddUint64, cel.UintType, cel.UintType, cel.UintType},
		}},
		{operators.Subtract, "subtract", subtract, []overload{
			{overloads.SubtractDouble, cel.DoubleType, cel.DoubleType, cel.DoubleType},
			{overloads.SubtractDurationDuration, cel.DurationType, cel.DurationType, cel.DurationType},
			{overloads.SubtractInt64, cel.IntType, cel.IntType, cel.IntType},
			{overloads.SubtractTimestampDuration, cel.TimestampType, cel.DurationType, cel.TimestampType},
			{overloads.SubtractTimestampTimestamp, cel.TimestampType, cel.TimestampType, cel.DurationType},
			{overloads.SubtractUint64, cel.UintType, cel.UintType, cel.UintType},
		}},
		{operators.Multiply, "multiply", multiply, []overload{
			{overloads.MultiplyDouble, cel.DoubleType, cel.DoubleType, cel.DoubleType},
			{overloads.MultiplyInt64, cel.IntType, cel.IntType, cel.IntType},
			{overloads.MultiplyUint64, cel.UintType, cel.UintType, cel.UintType},
		}},
		{operators.Divide, "divide", divide, []overload{
			{overloads.DivideDouble, cel.DoubleType, cel.DoubleType, cel.DoubleType},
			{overloads.DivideInt64, cel.IntType, cel.IntType, cel.IntType},
			{overloads.DivideUint64, cel.UintType, cel.UintType, cel.UintType},
		}},
	}
	excluded = env.NewLibrarySubset()
	for _, op := range ops {
		excluded.AddExcludedFunctions(env.NewFunction(op.name))
		var opts []cel.FunctionOpt
		for _, o := range op.overloads {
			opts = append(opts, cel.Overload(o.id, []*cel.Type{o.left, o.right}, o.result))
		}
		opts = append(opts,
			cel.Overload(op.verb+"_int64_double", []*cel.Type{cel.IntType, cel.DoubleType}, cel.DoubleType),
			cel.Overload(op.verb+"_double_int64", []*cel.Type{cel.DoubleType, cel.IntType}, cel.DoubleType),
			cel.SingletonBinaryBinding(calculate(op.verb, op.apply)))
		replacement = append(replacement, cel.Function(op.name, opts...))
	}
	return excluded, replacement
}

// calculate widens an int beside a double, and says in words what CEL calls "no such overload".
func calculate(verb string, apply func(l, r ref.Val) ref.Val) func(l, r ref.Val) ref.Val {
	return func(l, r ref.Val) ref.Val {
		if types.IsUnknownOrError(l) {
			return l
		}
		if types.IsUnknownOrError(r) {
			return r
		}
		if i, ok := l.(types.Int); ok {
			if _, ok := r.(types.Double); ok {
				l = types.Double(i)
			}
		} else if i, ok := r.(types.Int); ok {
			if _, ok := l.(types.Double); ok {
				r = types.Double(i)
			}
		}
		if l.Type() != r.Type() && !isTime(l, r) {
			return types.NewErr("cannot %s a %s and a %s", verb, typeName(l), typeName(r))
		}
		res := apply(l, r)
		if res == nil {
			return types.NewErr("cannot %s a %s and a %s", verb, typeName(l), typeName(r))
		}
		return res
	}
}

func isTime(l, r ref.Val) bool {
	_, lt := l.(types.Timestamp)
	_, ld := l.(types.Duration)
	_, rt := r.(types.Timestamp)
	_, rd := r.(types.Duration)
	return (lt || ld) && (rt || rd)
}

func add(l, r ref.Val) ref.Val {
	switch l.(type) {
	case types.String, types.Bytes:
		if n := sizeOf(l) + sizeOf(r); n > maxText {
			return types.NewErr("a text of %d characters is too long", n)
		}
	case traits.Lister:
		if n := sizeOf(l) + sizeOf(r); n > maxElements {
			return types.NewErr("a list of %d elements is too long", n)
		}
	}
	if a, ok := l.(traits.Adder); ok {
		return a.Add(r)
	}
	return nil
}

func subtract(l, r ref.Val) ref.Val {
	if a, ok := l.(traits.Subtractor); ok {
		return a.Subtract(r)
	}
	return nil
}

func multiply(l, r ref.Val) ref.Val {
	if a, ok := l.(traits.Multiplier); ok {
		return a.Multiply(r)
	}
	return nil
}

func divide(l, r ref.Val) ref.Val {
	if a, ok := l.(traits.Divider); ok {
		return a.Divide(r)
	}
	return nil
}
