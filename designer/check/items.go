package check

import (
	"slices"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// itemOutput is the type of what one call, or one child, of the step returns.
func (k *compiler) itemOutput(s *flow.Step) *expr.Type {
	if s.Kind == flow.SubFlow {
		if child := k.childOf(s.Sub); child != nil {
			return child.Output
		}
		return expr.AnyType
	}
	if c := k.contractOf(s.Call); c != nil {
		return c.output.Type()
	}
	return expr.AnyType
}

// orNull is a type that may be null beside: the output of an item whose failure is tolerated.
func orNull(t *expr.Type) *expr.Type {
	if t == nil {
		return t
	}
	out := *t
	out.Kinds |= expr.Null
	if out.Enum != nil && !slices.Contains(out.Enum, "null") {
		out.Enum = append(slices.Clone(out.Enum), "null")
		slices.Sort(out.Enum)
	}
	return &out
}

// Tolerates is how many of n items of a for_each may fail without failing the step.
func (s *Step) Tolerates(n int) int {
	switch t := s.Tolerated; {
	case t == nil:
		return 0
	case t.Percent > 0:
		return int(float64(n)*t.Percent/100 + 1e-9) // 29 % of 100 is 29, and not what floating point makes of it
	default:
		return t.Count
	}
}
