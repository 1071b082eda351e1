package edit

import (
	"bytes"
	"slices"

	"github.com/segno-run/segno/designer/flow"
)

// put writes `name: v` into the mapping that stands under parent (nil: the root). An entry of that name gets the new value. A new one goes behind
// the last of those that come before it in order, or to the end if order does not list it. block asks for lines rather than braces where the mapping
// is written anew.
func (d *doc) put(parent *flow.Entry, name string, v flow.Value, order []string, block bool) *Error {
	node := d.tree.Root
	if parent != nil {
		node = parent.Value
	}
	if e := node.Entry(name); e != nil {
		return d.replace(node, e, v)
	}
	whole := flow.Value{Kind: flow.Map, Fields: []flow.Field{{Key: name, Value: v}}}
	switch {
	case node.Kind == flow.MappingNode && len(node.Entries) > 0:
		return d.splice(d.insert(node, position(node, name, order), name, v))
	case node.Kind == flow.MappingNode && parent != nil && block && d.inBlock(parent):
		return d.rewrite(parent, d.eol+trimEOL(d.lines(whole, d.column(parent.Key.Start)+2), d.eol))
	case node.Kind == flow.MappingNode:
		return d.splice(cut{node.Start + 1, node.Start + 1, key(name) + ": " + inline(v, true, flow.Plain)})
	case parent != nil && node.IsNull():
		if block && d.inBlock(parent) {
			return d.rewrite(parent, d.eol+trimEOL(d.lines(whole, d.column(parent.Key.Start)+2), d.eol))
		}
		if d.inBlock(parent) {
			return d.rewrite(parent, d.under(whole, d.column(parent.Key.Start), wide/2, flow.Plain))
		}
		return d.rewrite(parent, " "+inline(whole, true, flow.Plain))
	}
	return refuse(BadPath, "`%s` holds no fields", parent.Key.Text)
}

func trimEOL(s, eol string) string { return s[:len(s)-len(eol)] }

// inBlock reports whether an entry stands on a line of its own rather than inside braces.
func (d *doc) inBlock(e *flow.Entry) bool {
	return blank(d.src[d.lineStart(e.Key.Start):e.Key.Start]) && !d.braced(d.tree.Root, e.Key.Start)
}

// braced reports whether the offset lies inside braces or brackets.
func (d *doc) braced(n *flow.Node, at int) bool {
	if n.Start > at || n.End <= at {
		return false
	}
	if n.Style == flow.FlowStyle {
		return true
	}
	for _, e := range n.Entries {
		if d.braced(e.Value, at) {
			return true
		}
	}
	for _, it := range n.Items {
		if d.braced(it.Value, at) {
			return true
		}
	}
	return false
}

// position is the index of the entry behind which name belongs, or -1 for the front.
func position(node *flow.Node, name string, order []string) int {
	rank := slices.Index(order, name)
	if rank < 0 {
		return len(node.Entries) - 1
	}
	at := -1
	for i, e := range node.Entries {
		if r := slices.Index(order, e.Key.Text); r >= 0 && r < rank {
			at = i
		}
	}
	return at
}

// insert writes a new entry behind the one of that index, or before all others if it is -1. The mapping has entries.
func (d *doc) insert(node *flow.Node, after int, name string, v flow.Value) cut {
	if node.Style == flow.FlowStyle {
		text := key(name) + ": " + inline(v, true, flow.Plain)
		if after < 0 {
			return cut{node.Entries[0].Key.Start, node.Entries[0].Key.Start, text + ", "}
		}
		end := entryEnd(&node.Entries[after])
		return cut{end, end, ", " + text}
	}
	col := d.column(node.Entries[0].Key.Start)
	k := key(name) + ":"
	line := indent(col) + k + d.under(v, col, col+len(k), flow.Plain)
	return d.insertLines(node, after, line)
}

// insertLines writes lines, which lack the last line end, behind the entry of that index of a block mapping.
func (d *doc) insertLines(node *flow.Node, after int, lines string) cut {
	col := d.column(node.Entries[0].Key.Start)
	if after < 0 {
		at := node.Entries[0].Key.Start
		if blank(d.src[d.lineStart(at):at]) {
			return cut{at - col, at - col, lines + d.eol}
		}
		return cut{at, at, lines[col:] + d.eol + indent(col)}
	}
	at := d.blockEnd(entryEnd(&node.Entries[after]), col)
	if at == len(d.src) && !bytes.HasSuffix(d.src, []byte("\n")) {
		return cut{at, at, d.eol + lines}
	}
	return cut{at, at, lines + d.eol}
}

func entryEnd(e *flow.Entry) int { return max(e.Value.End, e.Colon+1) }

// replace gives an entry of node another value.
func (d *doc) replace(node *flow.Node, e *flow.Entry, v flow.Value) *Error {
	if old, err := flow.FromNode(d.tree, e.Value); err == nil && bytes.Equal(old.JSON(), v.JSON()) && e.Value.Style != flow.Empty {
		return nil
	}
	if v.Kind == flow.Map || v.Kind == flow.List {
		if cuts, ok := d.amend(e.Value, v); ok {
			return d.splice(cuts...)
		}
	}
	if node.Style == flow.FlowStyle || !d.inBlock(e) {
		text := " " + inline(v, node.Style == flow.FlowStyle, e.Value.Style)
		if !blank(d.src[e.Colon+1:e.Value.Start]) || e.Value.Start > e.Colon+1 && e.Value.Style != flow.Block {
			return d.splice(cut{e.Value.Start, e.Value.End, text[1:]})
		}
		return d.rewrite(e, text)
	}
	col := d.column(e.Key.Start)
	text := d.under(v, col, e.Colon+1-d.lineStart(e.Colon), e.Value.Style)
	if v.Kind == flow.Map || v.Kind == flow.List {
		if e.Value.Style == flow.Block && len(v.Items)+len(v.Fields) > 0 {
			text = d.eol + trimEOL(d.lines(v, d.column(e.Value.Start)), d.eol) // it was on lines of its own, so it stays so
			if d.column(e.Value.Start) < col || d.column(e.Value.Start) == col && v.Kind == flow.Map {
				text = d.eol + trimEOL(d.lines(v, col+2), d.eol)
			}
		}
	}
	return d.rewrite(e, text)
}

// rewrite writes text, which begins with a blank or a line end, as what follows an entry's colon. A comment on the line of the key stays there.
func (d *doc) rewrite(e *flow.Entry, text string) *Error {
	after, end := e.Colon+1, entryEnd(e)
	eol := min(d.lineEnd(after), len(d.src))
	switch {
	case e.Value.Style == flow.Empty && text[0] == ' ':
		return d.splice(cut{after, after, text})
	case e.Value.Style == flow.Empty:
		return d.splice(cut{eol, eol, text})
	case e.Value.Start > eol && text[0] == ' ':
		return d.splice(cut{after, after, text}, cut{eol, end, ""})
	case e.Value.Start > eol:
		return d.splice(cut{eol, end, text})
	case text[0] != ' ' && end < d.lineEnd(end): // a comment behind the old value; it stays on the line of the key
		rest := d.lineEnd(end)
		return d.splice(cut{after, end, ""}, cut{rest, rest, text})
	}
	return d.splice(cut{after, end, text})
}

// remove takes an entry out of the mapping under parent (nil: the root), and leaves `{}` if nothing else is there.
func (d *doc) remove(parent *flow.Entry, name string) *Error {
	node := d.tree.Root
	if parent != nil {
		node = parent.Value
	}
	i := slices.IndexFunc(node.Entries, func(e flow.Entry) bool { return e.Key.Text == name })
	if len(node.Entries) == 1 && node.Style != flow.FlowStyle {
		if parent == nil {
			return refuse(NotPossible, "nothing would be left of the flow")
		}
		return d.rewrite(parent, " {}")
	}
	return d.splice(d.removal(node, i))
}

// removal takes one entry out of a mapping; of one of lines it is not the only one.
func (d *doc) removal(node *flow.Node, i int) cut {
	if node.Style == flow.FlowStyle {
		spans := make([]span, 0, len(node.Entries))
		for j := range node.Entries {
			spans = append(spans, span{node.Entries[j].Key.Start, entryEnd(&node.Entries[j])})
		}
		return d.removeSpan(node, spans, i)
	}
	e := &node.Entries[i]
	col := d.column(e.Key.Start)
	from, to := d.lineStart(e.Key.Start), d.blockEnd(entryEnd(e), col)
	if !blank(d.src[from:e.Key.Start]) && i+1 < len(node.Entries) {
		from, to = e.Key.Start, node.Entries[i+1].Key.Start
	}
	return cut{from, to, ""}
}

// span is one element inside braces or brackets.
type span struct{ from, to int }

// removeSpan takes one element out of braces or brackets, with its comma, and with its line if it had one for itself.
func (d *doc) removeSpan(node *flow.Node, spans []span, i int) cut {
	s := spans[i]
	if len(spans) == 1 && !bytes.ContainsAny(d.src[node.Start:s.from], "#\n") && !bytes.ContainsAny(d.src[s.to:node.End], "#\n") {
		return cut{node.Start + 1, node.End - 1, ""}
	}
	if i == len(spans)-1 && i > 0 && !bytes.ContainsAny(d.src[spans[i-1].to:s.from], "\n") {
		return cut{spans[i-1].to, s.to, ""}
	}
	if i < len(spans)-1 && !bytes.ContainsAny(d.src[s.to:spans[i+1].from], "\n") {
		return cut{s.from, spans[i+1].from, ""}
	}
	to := s.to
	for j := to; j < node.End-1; j++ {
		c := d.src[j]
		if c == '#' {
			j = d.lineEnd(j) - 1
		} else if c == ',' {
			to = j + 1
			break
		} else if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			break
		}
	}
	if from := d.lineStart(s.from); blank(d.src[from:s.from]) && blank(d.src[to:d.lineEnd(to)]) {
		return cut{from, d.nextLine(to), ""}
	}
	return cut{s.from, to, ""}
}
