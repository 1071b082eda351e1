package edit

import (
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

func (d *doc) renameStep(old, name string) *Error {
	e, err := d.step(old)
	if err != nil {
		return err
	}
	if old == name {
		return nil
	}
	if err := d.free(name); err != nil {
		return err
	}
	cuts := []cut{{e.Key.Start, e.Key.End, scalar(name, true, e.Key.Style)}}
	d.mentions(old, func(m mention) {
		places := flow.Offsets(m.node, m.at)
		for _, p := range places {
			if p+len(old) > len(d.src) || string(d.src[p:p+len(old)]) != old { // written with escapes: the text anew
				whole := doubleQuote(renamed(m.node.Text, m.at, old, name))
				if m.in == InNeeds {
					whole = scalar(name+m.node.Text[len(old):], true, flow.DoubleQuoted)
				}
				cuts = append(cuts, cut{m.node.Start, m.node.End, whole})
				return
			}
		}
		for _, p := range places {
			cuts = append(cuts, cut{p, p + len(old), name})
		}
	})
	return d.splice(cuts...)
}

// scalars calls f for every text below n.
func scalars(n *flow.Node, f func(*flow.Node)) {
	if n.Kind == flow.ScalarNode && n.IsText() {
		f(n)
	}
	for _, e := range n.Entries {
		scalars(e.Value, f)
	}
	for _, it := range n.Items {
		scalars(it.Value, f)
	}
}

// renamed writes name at each offset, in code points, where old stands.
func renamed(s string, at []int, old, name string) string {
	runes := []rune(s)
	var b strings.Builder
	from := 0
	for _, i := range at {
		b.WriteString(string(runes[from:i]) + name)
		from = i + len(old)
	}
	return b.String() + string(runes[from:])
}

// references finds where a text names a step in its expressions, as `steps.NAME` or `steps["NAME"]`: offsets of the name in code points. A bare text
// without `${{ }}` is one expression.
func references(s, step string, bare bool) []int {
	if bare && !strings.Contains(s, "${{") {
		return inExpression(s, step, 0)
	}
	var out []int
	parts, _ := expr.SplitText(s)
	for _, p := range parts {
		if p.IsExpr {
			out = append(out, inExpression(p.Expr, step, p.Offset)...)
		}
	}
	return out
}

// token is one piece of an expression that matters here: a name, a quoted text (its inside), or a single character.
type token struct {
	text   string
	at     int // in code points, of the text inside the quotes
	name   bool
	quoted bool
}

func inExpression(s, step string, offset int) []int {
	var out []int
	for _, t := range stepsIn(s, offset) {
		if t.text == step {
			out = append(out, t.at)
		}
	}
	return out
}

// stepsIn finds the names of steps in an expression.
func stepsIn(s string, offset int) []token {
	tokens := lex(s, offset)
	var out []token
	for i, t := range tokens {
		if !t.name || t.text != "steps" || i > 0 && tokens[i-1].text == "." && !tokens[i-1].quoted {
			continue
		}
		rest := tokens[i+1:]
		if len(rest) > 0 && rest[0].text == "." && !rest[0].quoted {
			rest = rest[1:]
			if len(rest) > 0 && rest[0].text == "?" && !rest[0].quoted {
				rest = rest[1:]
			}
			if len(rest) > 0 && rest[0].name {
				out = append(out, rest[0])
			}
		} else if len(rest) > 0 && rest[0].text == "[" && !rest[0].quoted {
			rest = rest[1:]
			if len(rest) > 0 && rest[0].text == "?" && !rest[0].quoted {
				rest = rest[1:]
			}
			if len(rest) > 1 && rest[0].quoted && rest[1].text == "]" && !rest[1].quoted {
				out = append(out, rest[0])
			}
		}
	}
	return out
}

func letter(r rune) bool { return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// lex splits CEL into tokens as far as names and quotes need it. Comments and blanks are left out.
func lex(s string, offset int) []token {
	var out []token
	rs := []rune(s)
	for i := 0; i < len(rs); {
		r := rs[i]
		switch {
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			i++
		case r == '/' && i+1 < len(rs) && rs[i+1] == '/':
			for i < len(rs) && rs[i] != '\n' {
				i++
			}
		case r == '"' || r == '\'':
			raw := len(out) > 0 && out[len(out)-1].name && out[len(out)-1].at == offset+i-len(out[len(out)-1].text) && strings.ContainsAny(out[len(out)-1].text, "rR")
			from, to, next := quoted(rs, i, raw)
			out = append(out, token{text: string(rs[from:to]), at: offset + from, quoted: true})
			i = next
		case letter(r):
			from := i
			for i < len(rs) && (letter(rs[i]) || rs[i] >= '0' && rs[i] <= '9') {
				i++
			}
			out = append(out, token{text: string(rs[from:i]), at: offset + from, name: true})
		case r >= '0' && r <= '9':
			for i < len(rs) && (letter(rs[i]) || rs[i] >= '0' && rs[i] <= '9') {
				i++
			}
			out = append(out, token{text: "0", at: offset + i - 1})
		default:
			out = append(out, token{text: string(r), at: offset + i})
			i++
		}
	}
	return out
}

// quoted finds the inside of the quotes that open at i, one or three, and where the text goes on behind them.
func quoted(rs []rune, i int, raw bool) (from, to, next int) {
	q, n := rs[i], 1
	if i+2 < len(rs) && rs[i+1] == q && rs[i+2] == q {
		n = 3
	}
	from = i + n
	for j := from; j < len(rs); j++ {
		if rs[j] == '\\' && !raw {
			j++
			continue
		}
		if rs[j] == q && (n == 1 || j+2 < len(rs) && rs[j+1] == q && rs[j+2] == q) {
			return from, j, j + n
		}
	}
	return from, len(rs), len(rs)
}
