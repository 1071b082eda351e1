package expr

import (
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// region is a set of values that the conditions do not tell apart: one value, an open interval of numbers, or all others.
type region struct {
	json   string // one value that is no number
	number bool
	lo, hi float64 // a number if they are the same; else all between them
	other  bool
}

// endless stands for a number that no other is beyond.
const endless = 1e300

// variable is what conditions ask about: a path, or an expression that is not looked into.
type variable struct {
	key     string
	of      *Type
	plain   bool // the key is what a person wrote
	lits    []region
	regions []region
	ordered bool // it is asked whether it is less or more, which only numbers can answer
}

// written is a value that stands in the source.
func written(e ast.Expr) (region, bool) {
	sign := 1.0
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.Negate {
		e, sign = e.AsCall().Args()[0], -1
	}
	if e.Kind() != ast.LiteralKind {
		return region{}, false
	}
	switch v := e.AsLiteral().(type) {
	case types.Int:
		n := sign * float64(v)
		return region{number: true, lo: n, hi: n}, true
	case types.Double:
		n := sign * float64(v)
		return region{number: true, lo: n, hi: n}, true
	}
	if of := literalType(e.AsLiteral()); of != nil && len(of.Enum) == 1 && sign > 0 {
		return region{json: of.Enum[0]}, true
	}
	return region{}, false
}

// divide finds the regions that a variable's tests tell apart.
func (v *variable) divide() {
	add := func(r region) {
		if !slices.Contains(v.regions, r) {
			v.regions = append(v.regions, r)
		}
	}
	if !v.of.loose() && len(v.of.Enum) > 0 {
		for _, one := range v.of.Enum {
			if n, err := strconv.ParseFloat(one, 64); err == nil {
				add(region{number: true, lo: n, hi: n})
			} else {
				add(region{json: one})
			}
		}
		return
	}
	known := !v.of.loose()
	if known && v.of.Kinds&Bool != 0 {
		add(region{json: "true"})
		add(region{json: "false"})
	}
	if known && v.of.Kinds&Null != 0 {
		add(region{json: "null"})
	}
	var points []float64
	for _, l := range v.lits {
		switch {
		case l.number:
			points = append(points, l.lo)
		case !known || v.of.Kinds&String != 0 && l.json[0] == '"':
			add(l)
		}
	}
	if known && v.of.Kinds&Number == 0 {
		points = nil
	}
	slices.Sort(points)
	points = slices.Compact(points)
	if len(points) > 0 || known && v.of.Kinds&Number != 0 {
		below := -endless
		for _, p := range append(points, endless) {
			if !known || v.of.Kinds&Double != 0 || p == endless || below == -endless || p-below > 1 {
				add(region{number: true, lo: below, hi: p})
			}
			if p != endless {
				add(region{number: true, lo: p, hi: p})
			}
			below = p
		}
	}
	if !known && !v.ordered || known && v.of.Kinds&^(Bool|Null|Number) != 0 {
		add(region{other: true})
	}
}

func (r region) words(v *variable) string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	switch {
	case r.number && r.lo == r.hi:
		return "is " + number(r.lo)
	case r.number && r.lo == -endless && r.hi == endless:
		return "is a number"
	case r.number && r.lo == -endless:
		return "is less than " + number(r.hi)
	case r.number && r.hi == endless:
		return "is more than " + number(r.lo)
	case r.number:
		return "is between " + number(r.lo) + " and " + number(r.hi)
	case r.other:
		var not []string
		for _, o := range v.regions {
			if o.json != "" {
				not = append(not, o.json)
			}
		}
		if len(not) == 0 || len(not) > 4 {
			return "is something else"
		}
		return "is none of " + strings.Join(not, ", ")
	}
	return "is " + r.json
}
