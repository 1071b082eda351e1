package project

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// ErrUnsure says that a text is left as it is, because what was made of it could not be shown to mean the same.
var ErrUnsure = errors.New("can't be brought into form without changing what it says")

// Format brings a YAML text into its canonical form: two blanks a level, lists one level below their key, one blank behind a colon or a dash, double
// quotes where single ones make no difference, no more than one empty line in a row, and none at either end. Comments, the order of keys and the
// breaking of lines stay. It changes white space and quotes only, and never what the text means. The issues are those of a text that is no YAML;
// then, and with an error, there is no result.
func Format(src []byte) ([]byte, flow.Issues, error) {
	tree, issues := flow.ParseTree(src)
	if tree == nil || issues.HasErrors() {
		return nil, issues, nil
	}
	out := formatted(tree)
	again, issues := flow.ParseTree(out)
	if again == nil || issues.HasErrors() || !sameNode(tree.Root, again.Root) || !bytes.Equal(inked(src), inked(out)) {
		return nil, nil, ErrUnsure
	}
	return out, nil, nil
}

// sameNode reports whether two nodes say the same in the same order.
func sameNode(a, b *flow.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Text != b.Text || a.IsText() != b.IsText() || a.IsNull() != b.IsNull() || len(a.Entries) != len(b.Entries) || len(a.Items) != len(b.Items) {
		return false
	}
	for i := range a.Entries {
		if a.Entries[i].Key.Text != b.Entries[i].Key.Text || !sameNode(a.Entries[i].Value, b.Entries[i].Value) {
			return false
		}
	}
	for i := range a.Items {
		if !sameNode(a.Items[i].Value, b.Items[i].Value) {
			return false
		}
	}
	return true
}

// inked is a text without what formatting may change.
func inked(src []byte) []byte {
	return bytes.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		case '\'':
			return '"'
		}
		return r
	}, src)
}

// former plans the lines of one text. Lines count from 0.
type former struct {
	tree   *flow.Tree
	lines  [][2]int    // where each begins and ends, without its line end
	indent map[int]int // new indentation of the lines that begin with a key or a dash
	shift  map[int]int // of those lines: by how much what hangs below the last key or dash moves
	inside map[int]int // lines within a scalar or a bracketed collection, by the line that owns them
	rigid  map[int]bool
	starts []int  // the lines of indent, sorted
	edits  []edit // within lines, in the order of the text
}

type edit struct {
	start, end int
	text       string
}

func formatted(tree *flow.Tree) []byte {
	f := &former{tree: tree, indent: map[int]int{}, shift: map[int]int{}, inside: map[int]int{}, rigid: map[int]bool{}}
	for start := 0; start < len(tree.Source); {
		end := len(tree.Source)
		next := end
		if i := bytes.IndexByte(tree.Source[start:], '\n'); i >= 0 {
			end, next = start+i, start+i+1
		}
		f.lines = append(f.lines, [2]int{start, end - trailing(tree.Source[start:end], "\r")})
		start = next
	}
	if tree.Root != nil {
		f.node(tree.Root, 0, 0)
	}
	f.starts = slices.Sorted(maps.Keys(f.indent))
	slices.SortFunc(f.edits, func(a, b edit) int { return a.start - b.start })
	return f.write()
}

// trailing counts the bytes at the end that are of the set.
func trailing(line []byte, set string) int { return len(line) - len(bytes.TrimRight(line, set)) }

func (f *former) line(offset int) int { return f.tree.Pos(offset).Line - 1 }

// leads reports whether only blanks stand before an offset on its line.
func (f *former) leads(offset int) bool {
	return len(bytes.Trim(f.tree.Source[f.lines[f.line(offset)][0]:offset], " ")) == 0
}

// node plans a node whose keys or dashes stand at an indentation. owner is the line of the key or the dash that it belongs to.
func (f *former) node(n *flow.Node, indent, owner int) {
	switch {
	case n.Kind == flow.MappingNode && n.Style == flow.Block:
		for _, e := range n.Entries {
			line := f.begin(e.Key.Start, indent)
			f.blanks(e.Key.End, e.Colon, "")
			f.below(e.Value, e.Colon+1, indent+2, line)
		}
	case n.Kind == flow.SequenceNode && n.Style == flow.Block:
		for _, it := range n.Items {
			line := f.begin(it.Dash, indent)
			f.below(it.Value, it.Dash+1, indent+2, line)
		}
	default:
		f.leaf(n, owner)
	}
}

// begin notes that a key or a dash stands at an indentation, and gives its line.
func (f *former) begin(offset, indent int) int {
	line := f.line(offset)
	if f.leads(offset) {
		f.indent[line] = indent
	}
	f.shift[line] = indent - (offset - f.lines[line][0])
	return line
}

// below plans the value behind a colon or a dash that ends at from.
func (f *former) below(v *flow.Node, from, indent, owner int) {
	if v == nil || v.Style == flow.Empty {
		return
	}
	if f.line(v.Start) == owner {
		f.blanks(from, v.Start, " ")
	}
	f.node(v, indent, owner)
}

// blanks plans that a stretch of blanks on one line becomes another.
func (f *former) blanks(start, end int, text string) {
	if end < start || len(bytes.Trim(f.tree.Source[start:end], " ")) > 0 || string(f.tree.Source[start:end]) == text {
		return
	}
	f.edits = append(f.edits, edit{start, end, text})
}

// leaf notes the lines that a scalar or a bracketed collection covers.
func (f *former) leaf(n *flow.Node, owner int) {
	first, last := f.line(n.Start), f.line(max(n.Start, n.End-1))
	if first != owner {
		f.inside[first] = owner
	}
	for l := first + 1; l <= last; l++ {
		f.inside[l] = owner
	}
	if last > first {
		for l := first; l <= last; l++ {
			f.rigid[l] = n.Kind == flow.ScalarNode
		}
	}
	f.quotes(n)
}

// quotes turns single quotes into double ones where a text holds nothing that either kind would escape.
func (f *former) quotes(n *flow.Node) {
	for i := range n.Entries {
		f.quotes(n.Entries[i].Value)
	}
	for i := range n.Items {
		f.quotes(n.Items[i].Value)
	}
	if n.Kind == flow.ScalarNode && n.Style == flow.SingleQuoted && n.End-n.Start == len(n.Text)+2 && !strings.ContainsAny(n.Text, "'\"\\\t\r\n") {
		f.edits = append(f.edits, edit{n.Start, n.Start + 1, `"`}, edit{n.End - 1, n.End, `"`})
	}
}

// write puts the lines together.
func (f *former) write() []byte {
	var out bytes.Buffer
	empty := 0
	for l, at := range f.lines {
		text := f.tree.Source[at[0]:at[1]]
		owner, within := f.inside[l]
		if !within && len(bytes.TrimSpace(text)) == 0 {
			empty++
			continue
		}
		if empty > 0 && out.Len() > 0 {
			out.WriteByte('\n')
		}
		empty = 0
		blanks := len(text) - len(bytes.TrimLeft(text, " "))
		indent, structural := f.indent[l]
		switch {
		case structural:
		case within && blanks == len(text):
			indent = 0 // an empty line of a text
			if f.rigid[l] {
				indent = max(0, blanks+f.shift[owner])
			}
		case within:
			indent = max(0, blanks+f.shift[owner])
		default:
			indent = f.comment(l, blanks)
		}
		body := f.body(at[0]+blanks, at[1])
		if !f.rigid[l] {
			body = bytes.TrimRight(body, " \t")
		}
		if len(body) > 0 {
			out.WriteString(strings.Repeat(" ", indent))
		}
		out.Write(body)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// body is a stretch of the source with its edits.
func (f *former) body(start, end int) []byte {
	var out []byte
	for len(f.edits) > 0 && f.edits[0].start < end {
		e := f.edits[0]
		f.edits = f.edits[1:]
		if e.start < start {
			continue
		}
		out = append(append(out, f.tree.Source[start:e.start]...), e.text...)
		start = e.end
	}
	return append(out, f.tree.Source[start:end]...)
}

// farthest is how many lines above a comment are looked at, so that the time stays linear in the text.
const farthest = 200

// comment gives the new indentation of a line that holds a comment alone: that of what it stands level with, below it or, failing that, above.
func (f *former) comment(l, blanks int) int {
	at, _ := slices.BinarySearch(f.starts, l)
	next, last := -1, -1
	if at < len(f.starts) {
		next = f.starts[at]
	}
	if at > 0 {
		last = f.starts[at-1]
	}
	if next >= 0 && f.old(next) == blanks {
		return f.indent[next]
	}
	for i := at - 1; i >= max(0, at-farthest); i-- {
		above := f.starts[i]
		if f.old(above) == blanks {
			return f.indent[above]
		}
		if f.old(above) < blanks {
			break
		}
	}
	switch {
	case next >= 0 && (last < 0 || f.old(next) >= f.old(last)):
		return f.indent[next]
	case last >= 0 && blanks > f.old(last):
		return f.indent[last] + 2
	case next >= 0:
		return f.indent[next]
	case last >= 0 && blanks > 0:
		return f.indent[last]
	}
	return 0
}

// old is the indentation that a line has.
func (f *former) old(l int) int {
	text := f.tree.Source[f.lines[l][0]:f.lines[l][1]]
	return len(text) - len(bytes.TrimLeft(text, " "))
}
