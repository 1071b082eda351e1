package assist

import (
	"bytes"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// placeholder stands where the cursor is while the text is read, so that there is a node to find.
const placeholder = "zzz_cursor"

// mended is a text that can be read, made of one that perhaps can't. Up to the cursor's word it has the offsets of the original.
type mended struct {
	tree *flow.Tree
	def  *flow.Definition
}

// budget is how often a text may be read for one question: a large one less often, so that an answer takes no longer than a few checks do.
func (h *helper) budget() int { return min(max((4<<20)/max(len(h.src), 1), 3), 24) }

// insert puts text in at the cursor's place and reads the result. What cannot be read elsewhere is left out line by line; brackets and quotes that
// are still open at the cursor are closed behind it.
func (h *helper) insert(at int, text string) (mended, bool) {
	work := bytes.Join([][]byte{h.src[:at], []byte(text), h.src[at:]}, nil)
	end := at + len(text) // behind it stands what closes what is open at the cursor
	for h.parses < h.budget() {
		h.parses++
		tree, issues := flow.ParseTree(work)
		if tree != nil {
			def, _ := flow.ParseFlow(tree, nil)
			return mended{tree, def}, true
		}
		bad := flow.NewPlaces(work).Offset(issues[0].Line, issues[0].Column)
		line, own := lineOf(work, bad), lineOf(work, end)
		open := bad
		if line == own {
			open = own.from
		}
		closing := ""
		if bad <= end && isBlank(work[end:own.to]) && within(work, line, own) {
			closing = unclosed(work[open:end])
		}
		switch {
		case closing != "":
			work = bytes.Join([][]byte{work[:end], []byte(closing), work[end:]}, nil)
			end += len(closing)
		case line == own || isBlank(work[line.from:line.to]):
			return mended{}, false
		default:
			for i := line.from; i < line.to; i++ {
				work[i] = ' ' // as many bytes, so that every offset stays
			}
		}
	}
	return mended{}, false
}

// within reports whether every line behind one, as far as another, is indented deeper, so that what the first one opened can reach so far.
func within(text []byte, line, to stretch) bool {
	indent := func(l stretch) int {
		return l.to - l.from - len(bytes.TrimLeft(text[l.from:l.to], " "))
	}
	for at := line; at.to < to.from; {
		at = lineOf(text, bytes.IndexByte(text[at.to:], '\n')+at.to+1)
		if indent(at) <= indent(line) && !isBlank(text[at.from:at.to]) {
			return false
		}
	}
	return true
}

type stretch struct{ from, to int }

// lineOf is the line that holds an offset, without its end.
func lineOf(text []byte, at int) stretch {
	at = min(at, len(text))
	from := bytes.LastIndexByte(text[:at], '\n') + 1
	to := len(text)
	if i := bytes.IndexByte(text[from:], '\n'); i >= 0 {
		to = from + i
	}
	if to > from && text[to-1] == '\r' {
		to--
	}
	return stretch{from, max(to, from)}
}

// isBlank reports whether there is nothing but blanks and a comment.
func isBlank(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) == 0 || b[0] == '#'
}

// unclosed gives what closes the quotes and brackets that are open at the end of a stretch of text, the innermost first.
func unclosed(text []byte) string {
	var open []byte
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			if i == 0 || strings.IndexByte(" \t\n[{,:-", text[i-1]) >= 0 {
				quote = c
			}
		case c == '#' && i > 0 && text[i-1] == ' ':
			return ""
		case c == '[':
			open = append(open, ']')
		case c == '{':
			open = append(open, '}')
		case (c == ']' || c == '}') && len(open) > 0 && open[len(open)-1] == c:
			open = open[:len(open)-1]
		}
	}
	var out strings.Builder
	if quote != 0 {
		out.WriteByte(quote)
	}
	for i := len(open) - 1; i >= 0; i-- {
		out.WriteByte(open[i])
	}
	return out.String()
}

// place is where an offset stands in the syntax.
type place struct {
	path    []string     // keys from the root; "[" for an element of a list
	field   string       // the path as issues tell it, from the root: "steps.a.with.list[0]"
	node    *flow.Node   // the scalar there
	mapping *flow.Node   // the mapping whose key it is; nil if it is a value
	entry   *flow.Entry  // Key: the entry of that key
	list    *flow.Node   // the list that it is an element of; nil if it is none
	braced  bool         // inside braces or brackets
	above   []*flow.Node // the nodes above it
}

// find looks for the scalar that holds an offset.
func find(root *flow.Node, at int) (place, bool) {
	p := place{}
	for n := root; n != nil; {
		p.above = append(p.above, n)
		p.braced = p.braced || n.Style == flow.FlowStyle
		var next *flow.Node
		switch n.Kind {
		case flow.MappingNode:
			for i := range n.Entries {
				e := &n.Entries[i]
				if e.Key.Start <= at && at <= e.Key.End {
					p.node, p.mapping, p.entry, p.list = e.Key, n, e, nil
					return p, true
				}
				if e.Value.Start <= at && at <= e.Value.End && (at > e.Colon || e.Value.Start > e.Colon) {
					next = e.Value
					p.path = append(p.path, e.Key.Text)
					p.field = strings.TrimPrefix(p.field+"."+e.Key.Text, ".")
					p.list = nil
				}
			}
		case flow.SequenceNode:
			for i := range n.Items {
				if v := n.Items[i].Value; v.Start <= at && at <= v.End {
					next = v
					p.path = append(p.path, "[")
					p.field += "[" + itoa(i) + "]"
					p.list = n
				}
			}
		default:
			p.node = n
			return p, true
		}
		n = next
	}
	return place{}, false
}

// step is the step that a place belongs to, and its field there; for the flow itself the step is empty.
func (p place) step() (step, field string) {
	rest, ok := strings.CutPrefix(p.field, "steps.")
	if !ok {
		return "", p.field
	}
	step, field, _ = strings.Cut(rest, ".")
	return step, field
}
