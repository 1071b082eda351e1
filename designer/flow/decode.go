package flow

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/fault"
)

var (
	namePattern     = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	functionPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)
)

const maxName = 64 // characters of the name of a flow, step, branch or function

// ValidName reports whether s may name a flow, a step or a branch: `[a-z][a-z0-9_]*`, at most 64 characters.
func ValidName(s string) bool { return len(s) <= maxName && namePattern.MatchString(s) }

// ValidFunctionName reports whether s may name a function: names joined by dots, at most 64 characters in all.
func ValidFunctionName(s string) bool { return len(s) <= maxName && functionPattern.MatchString(s) }

// decoder turns a tree into definitions and collects every problem on the way.
type decoder struct {
	tree   *Tree
	step   string         // the step being read, for issues
	places map[string]Pos // where the keys of the step (or flow) stand
	issues Issues
}

func (d *decoder) report(sev Severity, off int, field, hint, format string, args ...any) {
	p := d.tree.Pos(off)
	d.issues = append(d.issues, Issue{Severity: sev, Line: p.Line, Column: p.Column, Step: d.step, Field: field, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// at reports an error.
func (d *decoder) at(off int, field, hint, format string, args ...any) {
	d.report(Error, off, field, hint, format, args...)
}

// wrong reports that n is not what field wants.
func (d *decoder) wrong(n *Node, field, want, hint string) {
	if n.Kind != BrokenNode {
		d.at(n.Start, field, hint, "`%s` must be %s, found %s", field, want, n.describe())
	}
}

// sort puts issues into the order of the text.
func (is Issues) sort() Issues {
	slices.SortStableFunc(is, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return is
}

func (d *decoder) mark(path string, off int) {
	if d.places != nil {
		if _, dup := d.places[path]; !dup {
			d.places[path] = d.tree.Pos(off)
		}
	}
}

// markAll records where every key below n stands.
func (d *decoder) markAll(path string, n *Node) {
	for _, e := range n.Entries {
		p := join(path, e.Key.Text)
		d.mark(p, e.Key.Start)
		d.markAll(p, e.Value)
	}
	for i, it := range n.Items {
		p := path + "[" + strconv.Itoa(i) + "]"
		d.mark(p, it.Value.Start)
		d.markAll(p, it.Value)
	}
}

// later are the keys of the full language that this release does not read, by where they stand.
var later = map[string][]string{
	"flow":       {"deadline"},
	"compensate": {"deadline"},
	"function":   {"lambda", "worker", "rate"},
}

// each calls f for every entry of the mapping n whose key is known, once a key, and reports the rest. what names the mapping in messages and in
// `later`; path is its field path.
func (d *decoder) each(n *Node, what, path string, known []string, f func(key string, e *Entry)) {
	seen := map[string]bool{}
	for i := range n.Entries {
		e := &n.Entries[i]
		key := e.Key.Text
		if key == "<<" && e.Key.Style == Plain || seen[key] {
			continue // reported by the scanner
		}
		seen[key] = true
		field := join(path, key)
		switch {
		case slices.Contains(known, key):
			d.mark(field, e.Key.Start)
			f(key, e)
		case slices.Contains(later[what], key):
			d.mark(field, e.Key.Start)
			d.at(e.Key.Start, field, "", "`%s` is not part of this release's language", field)
		default:
			d.at(e.Key.Start, field, didYouMean(key, known), "unknown key `%s` in %s", shorten(key), whole[what])
			d.mend(e.Key, meant(key, known))
		}
	}
}

// whole names a mapping in a sentence.
var whole = map[string]string{"flow": "a flow", "step": "a step", "compensate": "`compensate`", "retry": "`retry`", "wait": "`wait`", "until": "`until`",
	"signal": "`signal`", "approval": "`approval`", "fail": "`fail`", "needs": "`needs`", "function": "a function", "http": "`http`", "process": "`process`"}

// mapping reports whether n is a mapping, with an issue if not.
func (d *decoder) mapping(n *Node, field, want string) bool {
	if n.Kind == MappingNode {
		return true
	}
	d.wrong(n, field, want, "")
	return false
}

// text reads a text. A number or a truth value must be quoted to be one.
func (d *decoder) text(n *Node, field string) string {
	if v, ok := plainText(n); ok {
		return v
	}
	hint := ""
	if n.Kind == ScalarNode && !n.IsNull() {
		hint = "quote it"
	}
	d.wrong(n, field, "a text", hint)
	return ""
}

// plainText is the text of a scalar that is a JSON string.
func plainText(n *Node) (string, bool) {
	if n.Kind != ScalarNode || n.Style == Empty {
		return "", false
	}
	if n.Style == Plain {
		if kind, _, _ := resolve(n.Text); kind != String {
			return "", false
		}
	}
	return n.Text, true
}

// template reads a text that may hold expressions.
func (d *decoder) template(n *Node, field string) Value {
	if _, ok := plainText(n); !ok {
		d.text(n, field)
		return Value{}
	}
	return d.value(n, field)
}

func (d *decoder) duration(n *Node, field string) time.Duration {
	s, ok := plainText(n)
	if !ok {
		hint := ""
		if n.Kind == ScalarNode && n.Style == Plain && !n.IsNull() {
			hint = "add a unit: `" + shorten(n.Text) + "s`"
			if _, err := ParseDuration(n.Text + "s"); err != nil {
				hint = ""
			}
		}
		d.wrong(n, field, "a duration such as 10s, 48h or 2d", hint)
		return 0
	}
	t, err := ParseDuration(s)
	if err != nil {
		d.at(n.Start, field, "", "`%s`: %s", field, err)
		d.mend(n, "")
	}
	return t
}

// integer reads a whole number of at least lo and at most hi.
func (d *decoder) integer(n *Node, field string, lo, hi int) int {
	if n.Kind == ScalarNode && n.Style == Plain {
		if kind, text, _ := resolve(n.Text); kind == Number {
			if i, err := strconv.Atoi(text); err == nil {
				if i < lo || i > hi {
					d.at(n.Start, field, "", "`%s` must be from %d to %d, found %d", field, lo, hi, i)
					return 0
				}
				return i
			}
		}
	}
	d.wrong(n, field, fmt.Sprintf("a whole number from %d to %d", lo, hi), "")
	return 0
}

func (d *decoder) number(n *Node, field string, lo, hi float64) float64 {
	if n.Kind == ScalarNode && n.Style == Plain {
		if kind, text, problem := resolve(n.Text); kind == Number && problem == "" {
			if f, err := strconv.ParseFloat(text, 64); err == nil && f >= lo && f <= hi {
				return f
			}
		}
	}
	d.wrong(n, field, fmt.Sprintf("a number from %g to %g", lo, hi), "")
	return 0
}

// expression reads a condition or a list: CEL, with or without `${{ }}` around it.
func (d *decoder) expression(n *Node, field, example string) *Expr {
	if n.Kind != ScalarNode || n.Style == Empty || n.Style == Plain && isNull(n.Text) {
		d.wrong(n, field, "an expression such as "+example, "")
		return nil
	}
	text := n.Text
	from, to := trim(text, 0, len(text))
	if strings.HasPrefix(text[from:to], "${{") && strings.HasSuffix(text[from:to], "}}") && to-from >= 5 {
		inner := text[from+3 : to-2]
		if strings.Contains(inner, "${{") {
			d.at(n.Start, field, "join them with CEL operators inside one `${{ }}`", "`%s` must be one expression, found several", field)
			return nil
		}
		from, to = trim(text, from+3, to-2)
	} else if strings.Contains(text, "${{") {
		d.at(n.Start, field, "put everything inside one `${{ }}`", "`%s` must be one expression, found text around `${{ }}`", field)
		return nil
	}
	if from >= to {
		d.at(n.Start, field, "", "`%s` is an empty expression; write one such as %s", field, example)
		return nil
	}
	e := &Expr{Source: text[from:to], Exact: n.exact(d.tree.Source)}
	e.Marks = cut(text, d.marks(n), from, to)
	e.Pos = e.Marks[0].Pos
	return e
}

func trim(s string, from, to int) (int, int) {
	for from < to && strings.IndexByte(" \t\r\n", s[from]) >= 0 {
		from++
	}
	for to > from && strings.IndexByte(" \t\r\n", s[to-1]) >= 0 {
		to--
	}
	return from, to
}

// cut gives the marks of text[from:to].
func cut(text string, marks []Mark, from, to int) []Mark {
	first := Mark{0, locate(text, marks, len([]rune(text[:from])))}
	out := []Mark{first}
	for _, m := range marks {
		if m.Text > from && m.Text < to {
			out = append(out, Mark{m.Text - from, m.Pos})
		}
	}
	return out
}

func (d *decoder) retry(n *Node, field string) *Retry {
	if !d.mapping(n, field, "a mapping such as {max_attempts: 4, backoff: 500ms}") {
		return nil
	}
	r := &Retry{}
	d.each(n, "retry", field, retryKeys, func(key string, e *Entry) {
		path := join(field, key)
		switch key {
		case "max_attempts":
			r.MaxAttempts = d.integer(e.Value, path, 1, 1000)
		case "backoff":
			r.Backoff = d.duration(e.Value, path)
		case "factor":
			r.Factor = d.number(e.Value, path, 1, 100)
		case "max_backoff":
			r.MaxBackoff = d.duration(e.Value, path)
		case "on":
			r.On = d.classes(e.Value, path)
		}
	})
	if r.MaxBackoff > 0 && r.Backoff > r.MaxBackoff {
		d.at(n.Entry("max_backoff").Value.Start, join(field, "max_backoff"), "", "`max_backoff` is shorter than `backoff`")
	}
	return r
}

func (d *decoder) classes(n *Node, field string) []fault.Class {
	if n.Kind != SequenceNode {
		d.wrong(n, field, "a list of error classes such as [timeout, unavailable]", "")
		return nil
	}
	var names []string
	for _, c := range fault.Classes() {
		names = append(names, string(c))
	}
	var out []fault.Class
	for i, it := range n.Items {
		path := field + "[" + strconv.Itoa(i) + "]"
		d.mark(path, it.Value.Start)
		c := fault.Class(d.text(it.Value, path))
		switch {
		case c == "":
		case !c.Valid():
			hint := didYouMean(string(c), names)
			if hint == "" {
				hint = "one of " + strings.Join(names, ", ")
			}
			d.at(it.Value.Start, path, hint, "unknown error class `%s`", shorten(string(c)))
			d.mend(it.Value, meant(string(c), names))
		case slices.Contains(out, c):
			d.report(Warning, it.Value.Start, path, "remove it", "`%s` is listed twice", c)
		default:
			out = append(out, c)
		}
	}
	if len(n.Items) == 0 {
		d.at(n.Start, field, "remove it to retry whatever is safe, or name a class", "`%s` is an empty list", field)
	}
	return out
}
