package flow

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Bounds of a source text. A text beyond them is refused before anything is built from it.
const (
	MaxSource = 1 << 20 // bytes
	MaxDepth  = 64      // levels of nesting, the outermost included
)

// NodeKind says what a Node is.
type NodeKind uint8

// The kinds of Node.
const (
	ScalarNode   NodeKind = iota
	SequenceNode          // a list
	MappingNode
	BrokenNode // something the language refuses, such as an alias; an issue tells of it
)

// Style says how a Node is written.
type Style uint8

// The styles of writing.
const (
	Empty        Style = iota // a scalar of which nothing is written: null
	Plain                     // no quotes
	SingleQuoted              // '…'
	DoubleQuoted              // "…"
	Literal                   // |
	Folded                    // >
	Block                     // a collection by indentation
	FlowStyle                 // a collection in brackets or braces
)

// Node is one node of the YAML text with the exact bytes it covers: src[Start:End]. The end of a block collection is the end of its last child;
// comments behind it are not part of it.
type Node struct {
	Kind    NodeKind
	Style   Style
	Start   int
	End     int
	Text    string // of a scalar, decoded
	Entries []Entry
	Items   []Item

	marks []span
}

// Entry is one `key: value` of a mapping. Colon is the offset of its colon.
type Entry struct {
	Key   *Node
	Colon int
	Value *Node
}

// Item is one entry of a list. Dash is the offset of its dash, or of the value in a bracketed list.
type Item struct {
	Dash  int
	Value *Node
}

// span says that the decoded text from byte `text` on stands at src[src:], up to the next span.
type span struct{ text, src int }

// Entry returns the first entry of that key, or nil.
func (n *Node) Entry(key string) *Entry {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Key.Text == key {
			return &n.Entries[i]
		}
	}
	return nil
}

// Get returns the value under key, or nil.
func (n *Node) Get(key string) *Node {
	if e := n.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// IsNull reports whether n is an unquoted null or nothing at all.
func (n *Node) IsNull() bool {
	if n.Kind != ScalarNode {
		return false
	}
	return n.Style == Empty || n.Style == Plain && isNull(n.Text)
}

// Tree is the syntax of one text, byte for byte, for those that show or edit it.
type Tree struct {
	Source []byte
	Root   *Node // nil if the text holds nothing but comments

	starts []int // offset of each line
	runes  []int // code points before each block of runeBlock bytes, so that a column in a long line costs no scan of it
}

const runeBlock = 512

func newTree(src []byte) *Tree {
	t := &Tree{Source: src, starts: []int{0}}
	n := 0
	for i, c := range src {
		if i%runeBlock == 0 {
			t.runes = append(t.runes, n)
		}
		if utf8.RuneStart(c) {
			n++
		}
		if c == '\n' {
			t.starts = append(t.starts, i+1)
		}
	}
	return t
}

// Pos turns a byte offset into a position.
func (t *Tree) Pos(offset int) Pos {
	offset = min(max(offset, 0), len(t.Source))
	line := sort.Search(len(t.starts), func(i int) bool { return t.starts[i] > offset })
	return Pos{Line: line, Column: t.runesBefore(offset) - t.runesBefore(t.starts[line-1]) + 1, Offset: offset}
}

func (t *Tree) runesBefore(offset int) int {
	if len(t.runes) == 0 {
		return 0
	}
	b := min(offset/runeBlock, len(t.runes)-1)
	n := t.runes[b]
	for _, c := range t.Source[b*runeBlock : offset] {
		if utf8.RuneStart(c) {
			n++
		}
	}
	return n
}

// lineAfter is the position just past the line that holds the byte before offset.
func (t *Tree) lineAfter(offset int) Pos {
	line := t.Pos(max(offset-1, 0)).Line
	if line < len(t.starts) {
		return Pos{Line: line + 1, Column: 1, Offset: t.starts[line]}
	}
	return t.Pos(len(t.Source))
}

// ParseTree reads the YAML that Segno understands: one document of block and flow collections and scalars. It accepts a subset of YAML 1.2:
// anchors, aliases, merge keys, tags, directives, `? ` keys and several documents are refused, each by an issue that says so. It takes time
// and memory linear in the text, whatever the bytes are. The tree is nil if the text can't be read at all; then there is exactly one issue.
func ParseTree(src []byte) (*Tree, Issues) {
	t := newTree(src)
	if len(src) > MaxSource {
		return nil, Issues{{Severity: Error, Line: 1, Column: 1, Message: fmt.Sprintf("the text has %d bytes; at most %d (1 MiB) are allowed", len(src), MaxSource)}}
	}
	if off, msg := badByte(src); msg != "" {
		p := t.Pos(off)
		return nil, Issues{{Severity: Error, Line: p.Line, Column: p.Column, Message: msg}}
	}
	s := &scanner{src: src, tree: t}
	root, err := s.document()
	if err != nil {
		p := t.Pos(err.off)
		return nil, Issues{{Severity: Error, Line: p.Line, Column: p.Column, Message: err.msg, Hint: err.hint}}
	}
	t.Root = root
	return t, s.issues
}

// badByte finds the first byte that no text may hold.
func badByte(src []byte) (int, string) {
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case c == '\r':
			if i+1 >= len(src) || src[i+1] != '\n' {
				return i, "a carriage return without a line feed; end lines with LF or CRLF"
			}
		case c < 0x20 && c != '\n' && c != '\t' || c == 0x7f:
			return i, fmt.Sprintf("the control character U+%04X is not allowed in a text; write it as an escape in double quotes", c)
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(src[i:])
			if r == utf8.RuneError && n == 1 {
				return i, fmt.Sprintf("invalid UTF-8: the byte 0x%02x; save the file as UTF-8", c)
			}
			i += n
			continue
		}
		i++
	}
	return 0, ""
}

// exact reports whether the decoded text stands byte for byte in the source.
func (n *Node) exact(src []byte) bool {
	if len(n.marks) != 1 || n.marks[0].text != 0 {
		return false
	}
	at := n.marks[0].src
	return at+len(n.Text) <= len(src) && bytes.Equal(src[at:at+len(n.Text)], []byte(n.Text))
}

// describe says what was found, for "expected X, found Y".
func (n *Node) describe() string {
	switch n.Kind {
	case SequenceNode:
		return "a list"
	case MappingNode:
		return "a mapping"
	case BrokenNode:
		return "something unreadable"
	}
	if n.IsNull() {
		return "nothing"
	}
	if n.Style == Plain {
		switch kind, _, _ := resolve(n.Text); kind {
		case Bool:
			return "`" + n.Text + "`"
		case Number:
			return "the number " + shorten(n.Text)
		}
	}
	return "the text `" + shorten(n.Text) + "`"
}

// shorten keeps a quotation from a text on one readable line.
func shorten(s string) string {
	s = strings.ReplaceAll(s, "\n", "⏎")
	if utf8.RuneCountInString(s) > 40 {
		return string([]rune(s)[:39]) + "…"
	}
	return s
}

// IsText reports whether n is a scalar that reads as a text rather than as null, a number or a truth value.
func (n *Node) IsText() bool {
	_, ok := plainText(n)
	return ok
}

// NewPlaces is a Tree of a text that is not read: it has no Root, and tells positions alone.
func NewPlaces(src []byte) *Tree { return newTree(src) }

// Offset is the byte offset of a position, the other way round than Pos. Lines and columns beyond the text mean its end and a line's end.
func (t *Tree) Offset(line, column int) int {
	if line > len(t.starts) {
		return len(t.Source)
	}
	at := t.starts[max(line, 1)-1]
	for ; column > 1 && at < len(t.Source) && t.Source[at] != '\n' && t.Source[at] != '\r'; column-- {
		_, n := utf8.DecodeRune(t.Source[at:])
		at += n
	}
	return at
}
