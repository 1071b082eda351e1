package expr

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// maxCases bounds the cases that a list of conditions is tried in.
const maxCases = 4096

// Coverage says what conditions of which the first true one counts leave open, and which of them never count.
type Coverage struct {
	Known    bool   // the conditions could be compared; if not, nothing else is said
	Complete bool   // one of them is true, whatever the values are
	Missing  string // values for which none is, if they can be named: "`input.kind` is \"c\""
	Dead     []Dead // in order
}

// Dead is a condition that is never the first that is true.
type Dead struct {
	Index  int
	Behind []int // those before it, one of which is true whenever it is; none: it is never true at all
}

// Cover compares conditions in their order. A nil one is always true. What a condition says of a value is told apart by the texts, numbers and truth values
// that are written in the conditions and by those that its type lists; whatever else it asks counts as an answer of its own, the same wherever the same is
// asked. So what is said to be covered or never reached is; the other way round it may be both without being said.
func Cover(conditions []*Program, env TypeEnv) Coverage {
	c := &coverer{index: map[string]int{}}
	formulas := make([]*formula, len(conditions))
	for i, p := range conditions {
		switch {
		case p == nil:
			formulas[i] = &formula{op: opTrue}
		case p.isPath:
			t := &typer{env: env}
			r := p.refs[0]
			v := t.links(t.root(r.Root, r.Offset), r.links)
			if v.optional() {
				return Coverage{}
			}
			formulas[i] = c.truthOf(pathKey(r.Root, r.links), v.Type)
		default:
			c.typer = &typer{env: env, info: p.tree.SourceInfo()}
			formulas[i] = c.formula(p.tree.Expr())
		}
	}
	return c.cover(formulas)
}

// formula is what a condition asks: a value of a variable, or formulas joined.
type formula struct {
	op   byte
	args []*formula
	v    int // of a test: the variable
	how  string
	lits []region // what it is compared with
}

const (
	opTrue byte = iota
	opFalse
	opNot
	opAll
	opSome
	opTest
)

type coverer struct {
	typer *typer
	vars  []*variable
	index map[string]int
}

func (c *coverer) variable(key string, of *Type, plain bool) int {
	if i, ok := c.index[key]; ok {
		return i
	}
	c.vars = append(c.vars, &variable{key: key, of: of, plain: plain})
	c.index[key] = len(c.vars) - 1
	return len(c.vars) - 1
}

// truthOf is the question whether a value is true.
func (c *coverer) truthOf(key string, of *Type) *formula {
	if of == nil || of.Kinds&Bool == 0 {
		of = boolType
	}
	i := c.variable(key, of, !strings.ContainsAny(key, "( "))
	yes := region{json: "true"}
	c.vars[i].lits = append(c.vars[i].lits, yes)
	return &formula{op: opTest, v: i, how: operators.Equals, lits: []region{yes}}
}

func (c *coverer) formula(e ast.Expr) *formula {
	if e.Kind() == ast.LiteralKind {
		if b, ok := e.AsLiteral().(types.Bool); ok {
			return &formula{op: map[bool]byte{true: opTrue, false: opFalse}[bool(b)]}
		}
	}
	if _, macro := c.typer.info.GetMacroCall(e.ID()); !macro && e.Kind() == ast.CallKind {
		call := e.AsCall()
		args := call.Args()
		switch name := call.FunctionName(); name {
		case operators.LogicalNot:
			return &formula{op: opNot, args: []*formula{c.formula(args[0])}}
		case operators.LogicalAnd, operators.LogicalOr:
			f := &formula{op: opAll}
			if name == operators.LogicalOr {
				f.op = opSome
			}
			for _, a := range args {
				f.args = append(f.args, c.formula(a))
			}
			return f
		case operators.Conditional:
			cond, yes, no := c.formula(args[0]), c.formula(args[1]), c.formula(args[2])
			return &formula{op: opSome, args: []*formula{{op: opAll, args: []*formula{cond, yes}}, {op: opAll, args: []*formula{{op: opNot, args: []*formula{cond}}, no}}}}
		case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
			if f := c.compare(name, args[0], args[1]); f != nil {
				return f
			}
		case operators.In:
			if f := c.among(args[0], args[1]); f != nil {
				return f
			}
		}
	}
	of := c.typer.expr(e, nil, nil).Type
	if of != nil && (of.Optional || of.Kinds != Bool) {
		of = boolType
	}
	return c.truthOf(key(c.typer.info, e), of)
}

var turned = map[string]string{operators.Less: operators.Greater, operators.LessEquals: operators.GreaterEquals, operators.Greater: operators.Less,
	operators.GreaterEquals: operators.LessEquals, operators.Equals: operators.Equals, operators.NotEquals: operators.NotEquals}

// compare is a comparison with something that is written out; nil if it is none.
func (c *coverer) compare(how string, a, b ast.Expr) *formula {
	lit, ok := written(b)
	if !ok {
		if lit, ok = written(a); !ok {
			return nil
		}
		a, how = b, turned[how]
	}
	if _, both := written(a); both {
		return nil
	}
	if how != operators.Equals && how != operators.NotEquals && !lit.number {
		return nil
	}
	return c.test(how, a, []region{lit})
}

// among is `x in ["a", "b"]`; nil if the list is not written out.
func (c *coverer) among(e, list ast.Expr) *formula {
	if list.Kind() != ast.ListKind {
		return nil
	}
	var lits []region
	for _, el := range list.AsList().Elements() {
		lit, ok := written(el)
		if !ok {
			return nil
		}
		lits = append(lits, lit)
	}
	return c.test(operators.Equals, e, lits)
}

func (c *coverer) test(how string, e ast.Expr, lits []region) *formula {
	of := c.typer.expr(e, nil, nil).Type
	if of != nil && of.Optional {
		return nil
	}
	k := key(c.typer.info, e)
	i := c.variable(k, of, !strings.ContainsAny(k, "( "))
	c.vars[i].lits = append(c.vars[i].lits, lits...)
	c.vars[i].ordered = c.vars[i].ordered || how != operators.Equals && how != operators.NotEquals
	return &formula{op: opTest, v: i, how: how, lits: lits}
}

// passes reports whether a value of the region passes a test.
func (f *formula) passes(r region) bool {
	for _, l := range f.lits {
		same := r == l || r.number && l.number && r.lo == l.lo && r.hi == l.hi
		if f.how == operators.Equals || f.how == operators.NotEquals {
			if same {
				return f.how == operators.Equals
			}
			continue
		}
		if !r.number {
			return false
		}
		switch f.how { // no point of the conditions lies within an interval
		case operators.Less:
			return r.hi <= l.lo && r.lo < l.lo
		case operators.LessEquals:
			return r.hi <= l.lo
		case operators.Greater:
			return r.lo >= l.lo && r.hi > l.lo
		case operators.GreaterEquals:
			return r.lo >= l.lo
		}
	}
	return f.how == operators.NotEquals
}

func (f *formula) holds(at []region) bool {
	switch f.op {
	case opTrue:
		return true
	case opNot:
		return !f.args[0].holds(at)
	case opAll:
		return !slices.ContainsFunc(f.args, func(a *formula) bool { return !a.holds(at) })
	case opSome:
		return slices.ContainsFunc(f.args, func(a *formula) bool { return a.holds(at) })
	case opTest:
		return f.passes(at[f.v])
	}
	return false
}

func (c *coverer) cover(formulas []*formula) Coverage {
	cases := 1
	for _, v := range c.vars {
		v.divide()
		if cases *= max(1, len(v.regions)); cases > maxCases || len(v.regions) == 0 {
			return Coverage{}
		}
	}
	n := len(formulas)
	out := Coverage{Known: true, Complete: true}
	first := make([]bool, n)    // it counts somewhere
	behind := make([][]bool, n) // by condition: those before it that are true whenever it is
	ever := make([]bool, n)
	for i := range behind {
		behind[i] = slices.Repeat([]bool{true}, i)
	}
	some := make([][]bool, n) // those before it that are true in one of its cases
	for i := range some {
		some[i] = make([]bool, i)
	}
	at := make([]region, len(c.vars))
	truths := make([]bool, n)
	for number := range cases {
		rest := number
		for i, v := range c.vars {
			at[i] = v.regions[rest%len(v.regions)]
			rest /= len(v.regions)
		}
		taken := false
		for i, f := range formulas {
			truths[i] = f.holds(at)
			if !truths[i] {
				continue
			}
			ever[i] = true
			first[i] = first[i] || !taken
			for j := range i {
				behind[i][j] = behind[i][j] && truths[j]
				some[i][j] = some[i][j] || truths[j]
			}
			taken = true
		}
		if !taken && out.Complete {
			out.Complete, out.Missing = false, c.words(formulas, slices.Clone(at))
		}
	}
	for i := range formulas {
		if first[i] {
			continue
		}
		dead := Dead{Index: i}
		if ever[i] {
			if j := slices.Index(behind[i], true); j >= 0 {
				dead.Behind = []int{j}
			} else {
				for j, is := range some[i] {
					if is {
						dead.Behind = append(dead.Behind, j)
					}
				}
			}
		}
		out.Dead = append(out.Dead, dead)
	}
	return out
}

// words names a case in which no condition is true: of the variables only those that matter.
func (c *coverer) words(formulas []*formula, at []region) string {
	var said []string
	for i, v := range c.vars {
		matters := false
		was := at[i]
		for _, r := range v.regions {
			at[i] = r
			matters = matters || slices.ContainsFunc(formulas, func(f *formula) bool { return f.holds(at) })
		}
		at[i] = was
		if !matters {
			continue
		}
		if !v.plain {
			return ""
		}
		said = append(said, "`"+v.key+"` "+was.words(v))
	}
	return strings.Join(said, " and ")
}

func pathKey(root string, links []link) string {
	for _, l := range links {
		if root += "."; l.optional {
			root += "?"
		}
		root += l.name
	}
	return root
}
