package assist

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// nameByte reports whether a byte belongs to a name of an expression.
func nameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// inExpression finds the `${{` whose expression holds the cursor.
func (h *helper) inExpression() (open int, ok bool) {
	before := h.src[max(0, h.cursor-expr.MaxSource):h.cursor]
	at := bytes.LastIndex(before, []byte("${{"))
	if at < 0 || at > 0 && before[at-1] == '$' || closes(before[at+3:]) {
		return 0, false
	}
	line := lineOf(h.src, h.cursor-len(before)+at)
	at += h.cursor - len(before)
	return at + 3, !comment(h.src[line.from:at])
}

// closes reports whether a `}}` that no brace of its own opened ends an expression within its text.
func closes(body []byte) bool {
	depth, quote := 0, byte(0)
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}' && i+1 < len(body) && body[i+1] == '}':
			return true
		}
	}
	return false
}

// expression helps inside of `${{ }}`, whose text begins at open.
func (h *helper) expression(open int) Answer {
	line := lineOf(h.src, h.cursor)
	end := h.cursor
	for end < line.to && nameByte(h.src[end]) {
		end++
	}
	m, ok := mended{}, false
	if rest := h.src[end:line.to]; bytes.Contains(rest, []byte("}}")) {
		m, ok = h.insert(end, "")
	}
	lead := lineOf(h.src, open)
	for _, tail := range []string{" }}", ` }}"`, ` }}'`} { // as the value was begun, so it is ended
		if !ok {
			quote := unclosed(h.src[lead.from : open-3])
			if q := strings.TrimLeft(tail, " }"); q != "" && !strings.HasPrefix(quote, q) {
				continue
			}
			m, ok = h.insert(end, tail)
		}
	}
	if !ok {
		return h.answer(h.cursor, h.cursor)
	}
	p, found := find(m.tree.Root, open)
	if !found || p.mapping != nil {
		return h.answer(h.cursor, h.cursor)
	}
	return h.reading(m, p, open, stop(h.src[open:]))
}

// stop is how long the expression at the beginning of a text is: up to its `}}`, or to the end of the line.
func stop(text []byte) int {
	parts, _ := expr.SplitText("${{" + string(text[:min(len(text), expr.MaxSource)]))
	if len(parts) > 0 && parts[0].IsExpr {
		return strings.Index(string(text), parts[0].Expr) + len(parts[0].Expr)
	}
	return lineOf(text, 0).to
}

// bare helps in a field that is an expression without its `${{ }}`.
func (h *helper) bare(m mended, p place) (Answer, bool) {
	if p.node.Style != flow.Plain || p.node.Start > h.cursor || h.cursor > p.node.End {
		return Answer{}, false
	}
	return h.reading(m, p, p.node.Start, min(p.node.End, len(h.src))-p.node.Start), true
}

// reading helps in the expression of a place, length bytes from open on.
func (h *helper) reading(m mended, p place, open, length int) Answer {
	step, field := p.step()
	in := Source{Flow: m.def, Step: step, Field: field, Text: string(h.src[open:min(open+max(length, 0), len(h.src))])}
	return in.at(h.cursor-open, h.catalog, func(offset int) flow.Pos { return h.marks.Pos(open + offset) })
}

// Source is an expression that is being written in a field, whether or not it stands in the text yet.
type Source struct {
	Flow  *flow.Definition
	Step  string // empty for a field of the flow
	Field string // "with.amount", "if", "compensate.with.hold", "output.id"
	Text  string // CEL, without its `${{ }}`

	schemas map[string]spot // those that were read for this question, by function; "" is the flow's input
}

// At is the help for the cursor behind that many bytes of the expression. The positions of the answer are places in it.
func (s Source) At(cursor int, c check.Catalog) Answer {
	marks := flow.NewPlaces([]byte(s.Text))
	return s.at(min(max(cursor, 0), len(s.Text)), c, marks.Pos)
}

func (s Source) at(cursor int, c check.Catalog, pos func(int) flow.Pos) Answer {
	text := s.Text
	if cursor > len(text) {
		text += strings.Repeat(" ", min(cursor-len(text), expr.MaxSource)) // behind the last word
	}
	from, to := cursor, cursor
	for from > 0 && nameByte(text[from-1]) {
		from--
	}
	for to < len(text) && nameByte(text[to]) {
		to++
	}
	s.schemas = map[string]spot{}
	out := Answer{From: pos(from), To: pos(to), Items: []Item{}}
	if len(text) > expr.MaxSource || quotedAt(text[:cursor]) {
		return out
	}
	out.Wanted = wanted(check.Wanted(s.Flow, c, s.Step, s.Field))
	if of, ok := check.TypeOf(s.Flow, c, s.Step, s.Field, strings.TrimSpace(text)); ok && strings.TrimSpace(text) != "" {
		out.Type = of.String()
	}
	out.Items = matching(s.names(text[:from], c), text[from:cursor])
	out.Hover = s.hover(text, from, to, c, pos)
	return out
}

// wanted names a wanted type, "" if any will do.
func wanted(of *expr.Type) string {
	if of == nil || of.Loose() {
		return ""
	}
	if len(of.Enum) > 0 {
		return strings.Join(of.Enum, " | ")
	}
	return of.String()
}

// quotedAt reports whether a text within the expression is open at its end.
func quotedAt(text string) bool {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
	}
	return quote != 0
}

// leading is the path in front of the cursor's word, with its dot.
var leading = regexp.MustCompile(`((?:[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\])?\.\??)*[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\])?)\.(\??)$`)

// names lists what may stand behind a piece of an expression.
func (s Source) names(before string, c check.Catalog) []Item {
	var out []Item
	for _, one := range check.Complete(s.Flow, c, s.Step, s.Field, before) {
		out = append(out, Item{Label: one.Label, Kind: Field, Type: one.Type, Detail: s.says(before+one.Label, c, one), Insert: one.Insert})
	}
	dotted := strings.HasSuffix(before, ".")
	if strings.HasSuffix(before, ".?") {
		return out
	}
	var owner *expr.Type
	if m := leading.FindStringSubmatch(before); m != nil {
		of, ok := check.PathType(s.Flow, c, s.Step, s.Field, m[1])
		if ok && strings.Count(m[1], ".") > 0 {
			owner = of
		} else if ok {
			return out // nothing is called on steps, input or run
		}
		if strings.Contains(m[1], "?") {
			owner = &expr.Type{Kinds: expr.String, Optional: true}
		}
	}
	for _, f := range expr.Functions() {
		if f.Method != dotted || dotted && !offers(f, owner) {
			continue
		}
		insert := f.Name + "()"
		out = append(out, Item{Label: f.Name, Kind: Method, Type: f.Signature, Detail: f.About, Insert: insert})
	}
	return out
}

// offers reports whether a value of the type has the method; of a value that nothing is known of, every method.
func offers(f expr.Function, of *expr.Type) bool {
	switch {
	case of.Loose():
		return true
	case of.Optional:
		return f.On == 0
	}
	return f.On&of.Kinds != 0
}

// says is the one line about a name of an expression: why it may be absent, or what its schema says.
func (s Source) says(path string, c check.Catalog, one check.Completion) string {
	if one.Why != "" {
		return "May be absent: " + one.Why + "."
	}
	m := ending.FindString(path)
	said := s.described(m, c)
	if one.Optional {
		return strings.TrimSpace("May be absent. " + said)
	}
	return said
}

// ending is the path that ends a piece of an expression.
var ending = regexp.MustCompile(`(?:[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\])?\.\??)*[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\])?$`)

// described is what the schema of the flow's input or of a function's output says of a path.
func (s Source) described(path string, c check.Catalog) string {
	names := strings.Split(strings.ReplaceAll(strings.ReplaceAll(path, "?", ""), "[", ".["), ".")
	var at spot
	switch {
	case names[0] == expr.RootInput && s.Flow.Input.Kind == flow.Map:
		at, names = s.schema("", s.Flow.Input), names[1:]
	case names[0] == expr.RootSteps && len(names) == 2:
		if st := s.Flow.Step(names[1]); st != nil {
			return st.Title
		}
		return ""
	case names[0] == expr.RootSteps && len(names) > 3 && names[2] == "output":
		st := s.Flow.Step(names[1])
		if st == nil || st.Call == nil || c.Function(st.Call.Function) == nil {
			return ""
		}
		at, names = s.schema(st.Call.Function, c.Function(st.Call.Function).Output), names[3:]
		if st.ForEach != nil && len(names) > 0 {
			names = names[1:]
		}
	default:
		return roots[path]
	}
	for _, name := range names {
		if strings.HasPrefix(name, "[") {
			name = "["
		}
		next, ok := at.child(name)
		if !ok {
			return ""
		}
		at = next
	}
	if at.doc == nil || len(names) == 0 {
		return roots[path]
	}
	return at.description()
}

// schema reads a schema once for a question.
func (s Source) schema(of string, v flow.Value) spot {
	known, ok := s.schemas[of]
	if !ok {
		known = read(v.JSON())
		s.schemas[of] = known
	}
	return known
}

// roots says what an expression may begin with.
var roots = map[string]string{
	expr.RootInput: "What the run was started with.",
	expr.RootSteps: "The steps before this one.",
	expr.RootRun:   "The run itself.",
	expr.RootItem:  "The item of the for_each.",
	expr.RootIndex: "The item's place in the list, from 0.",
	expr.RootKey:   "The idempotency key of the call that is undone.",
}

// hover says what the name under the cursor is: a path as far as the cursor, or a function.
func (s Source) hover(text string, from, to int, c check.Catalog, pos func(int) flow.Pos) *Hover {
	if from == to {
		return nil
	}
	path := ending.FindString(text[:to])
	if rest := text[to:]; strings.HasPrefix(rest, "(") {
		for _, f := range expr.Functions() {
			if f.Name == text[from:to] && f.Method == strings.HasSuffix(text[:from], ".") || !f.Method && f.Name == path {
				return &Hover{From: pos(from), To: pos(to), Label: f.Name, Type: f.Signature, Detail: f.About}
			}
		}
		return nil
	}
	if of, ok := check.PathType(s.Flow, c, s.Step, s.Field, path); ok {
		return &Hover{From: pos(to - len(path)), To: pos(to), Label: path, Type: of.String(), Detail: s.described(path, c)}
	}
	return nil
}
