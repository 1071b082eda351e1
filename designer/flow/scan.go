package flow

import (
	"bytes"
	"fmt"
)

// scanner reads the block structure. Its position is always between two nodes, and its methods leave it just past what they read.
type scanner struct {
	src    []byte
	pos    int
	depth  int
	tree   *Tree
	issues Issues // what is refused but can be read past
}

// syntaxError ends the reading.
type syntaxError struct {
	off       int
	msg, hint string
}

func fail(off int, hint, format string, args ...any) *syntaxError {
	return &syntaxError{off: off, msg: fmt.Sprintf(format, args...), hint: hint}
}

func (s *scanner) issue(off int, hint, format string, args ...any) {
	p := s.tree.Pos(off)
	s.issues = append(s.issues, Issue{Severity: Error, Line: p.Line, Column: p.Column, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
func brk(c byte) bool   { return c == '\n' || c == '\r' }

// at returns the byte i places on, or a line feed beyond the end, which ends whatever a real one would.
func (s *scanner) at(i int) byte {
	if s.pos+i < len(s.src) {
		return s.src[s.pos+i]
	}
	return '\n'
}

func (s *scanner) eof() bool { return s.pos >= len(s.src) }

func (s *scanner) blanks() {
	for !s.eof() && blank(s.src[s.pos]) {
		s.pos++
	}
}

// eol reports whether nothing but a comment is left of the line.
func (s *scanner) eol() bool {
	return brk(s.at(0)) || s.at(0) == '#' && (s.pos == 0 || blank(s.src[s.pos-1]) || brk(s.src[s.pos-1]))
}

func (s *scanner) skipLine() {
	for !s.eof() && !brk(s.src[s.pos]) {
		s.pos++
	}
}

func (s *scanner) skipBreak() {
	if !s.eof() && s.src[s.pos] == '\r' {
		s.pos++
	}
	if !s.eof() && s.src[s.pos] == '\n' {
		s.pos++
	}
}

// column is that of pos in bytes from 0. Only blanks and dashes stand before a block node, so bytes are columns there.
func (s *scanner) column(pos int) int {
	return pos - (bytes.LastIndexByte(s.src[:pos], '\n') + 1)
}

// next goes to the next content over blanks, comments and line ends. col is -1 at the end of the text, and meaningless if no line was crossed.
func (s *scanner) next() (crossed bool, col int, err *syntaxError) {
	start := s.pos
	crossed = s.pos == 0
	for {
		s.blanks()
		if s.eol() && !s.eof() {
			s.skipLine()
		}
		if s.eof() {
			return true, -1, nil
		}
		if !brk(s.src[s.pos]) {
			if crossed && bytes.IndexByte(s.src[start:s.pos], '\t') >= 0 {
				return true, 0, fail(start, "indent with spaces", "a tab in the indentation")
			}
			return crossed, s.pos - start, nil
		}
		s.skipBreak()
		start, crossed = s.pos, true
	}
}

// marker reports whether `---` or `...` stands at pos, which is the start of a line.
func (s *scanner) marker() bool {
	return (s.at(0) == '-' && s.at(1) == '-' && s.at(2) == '-' || s.at(0) == '.' && s.at(1) == '.' && s.at(2) == '.') && (blank(s.at(3)) || brk(s.at(3)))
}

func (s *scanner) document() (*Node, *syntaxError) {
	if bytes.HasPrefix(s.src, []byte("\ufeff")) {
		return nil, fail(0, "save the file without it", "the text begins with a byte order mark")
	}
	_, col, err := s.next()
	if err != nil || col < 0 {
		return nil, err
	}
	if col == 0 && s.at(0) == '%' {
		return nil, fail(s.pos, "remove the line", "YAML directives are not part of this language")
	}
	if col == 0 && s.marker() && s.at(0) == '-' {
		s.pos += 3
		s.blanks()
		if !s.eol() {
			return nil, fail(s.pos, "begin on the next line", "content on the line of `---`")
		}
		if _, col, err = s.next(); err != nil || col < 0 {
			return nil, err
		}
	}
	var root *Node
	if !(col == 0 && s.marker()) {
		if root, err = s.block(col, -1); err != nil {
			return nil, err
		}
	}
	crossed, col, err := s.next()
	if err != nil {
		return nil, err
	}
	if crossed && col == 0 && s.marker() && s.at(0) == '.' {
		s.pos += 3
		if _, col, err = s.next(); err != nil {
			return nil, err
		}
	}
	if col >= 0 {
		if s.marker() {
			return nil, fail(s.pos, "keep one flow a file", "a second document begins here")
		}
		return nil, fail(s.pos, "", "unexpected text; the document has ended before it")
	}
	return root, nil
}

func (s *scanner) deeper(off int) *syntaxError {
	s.depth++
	if s.depth > MaxDepth {
		return fail(off, "", "nested too deeply: more than %d levels", MaxDepth)
	}
	return nil
}

// dash reports whether a list item begins at pos.
func (s *scanner) dash() bool { return s.at(0) == '-' && (blank(s.at(1)) || brk(s.at(1))) }

// block reads the node that begins at pos in column col, inside a collection of column parent.
func (s *scanner) block(col, parent int) (*Node, *syntaxError) {
	switch {
	case s.dash():
		return s.sequence(col)
	case s.keyAhead():
		return s.mapping(col)
	}
	return s.leaf(parent)
}

// leaf reads a scalar or a bracketed collection that must end its line.
func (s *scanner) leaf(parent int) (n *Node, err *syntaxError) {
	switch c := s.at(0); {
	case c == '|' || c == '>':
		return s.blockScalar(parent)
	case c == '"':
		n, err = s.doubleQuoted(parent)
	case c == '\'':
		n, err = s.singleQuoted(parent)
	case c == '[' || c == '{':
		n, err = s.bracketed(parent)
	case c == '*':
		n = s.alias()
	case c == '?' && (blank(s.at(1)) || brk(s.at(1))):
		return nil, fail(s.pos, "write `key: value`", "`? ` keys are not part of this language")
	default:
		return s.plain(parent)
	}
	if err != nil {
		return nil, err
	}
	s.blanks()
	if !s.eol() {
		return nil, fail(s.pos, "quote the whole value", "unexpected text after the end of a value")
	}
	return n, nil
}

func (s *scanner) alias() *Node {
	start := s.pos
	s.word()
	s.issue(start, "write the value out", "aliases (`%s`) are not part of this language", shorten(string(s.src[start:s.pos])))
	return &Node{Kind: BrokenNode, Style: Plain, Start: start, End: s.pos}
}

func (s *scanner) word() {
	for !s.eof() && !blank(s.src[s.pos]) && !brk(s.src[s.pos]) && !flowMark(s.src[s.pos]) {
		s.pos++
	}
}

// properties reads past anchors and tags, with an issue for each.
func (s *scanner) properties() {
	for s.at(0) == '&' || s.at(0) == '!' {
		start := s.pos
		what := "anchors"
		if s.at(0) == '!' {
			what = "tags"
		}
		s.word()
		s.issue(start, "remove it", "%s (`%s`) are not part of this language", what, shorten(string(s.src[start:s.pos])))
		s.blanks()
	}
}

// value reads what follows a colon or a dash of a collection in column parent.
func (s *scanner) value(parent int, afterDash bool) (*Node, *syntaxError) {
	from := s.pos
	s.blanks()
	s.properties()
	if s.eol() {
		save := s.pos
		_, col, err := s.next()
		if err != nil {
			return nil, err
		}
		if col < 0 || col == 0 && s.marker() || col < parent || col == parent && (afterDash || !s.dash()) {
			s.pos = save
			return &Node{Start: from, End: from}, nil
		}
		return s.block(col, parent)
	}
	dash := s.dash()
	if !afterDash {
		if dash {
			return nil, fail(s.pos, "begin the list on the next line, or write `[a, b]`", "a list item can't stand on the line of its key")
		}
		if s.at(0) != '"' && s.at(0) != '\'' && s.keyAhead() {
			return nil, fail(s.pos, "if it is text, quote it; if it is a key, put it on its own line", "a second `key:` on one line")
		}
	} else if dash || s.keyAhead() {
		if bytes.IndexByte(s.src[from:s.pos], '\t') >= 0 {
			return nil, fail(from, "use a space", "a tab after the dash of a list item")
		}
		return s.block(s.column(s.pos), parent)
	}
	return s.leaf(parent)
}

func (s *scanner) sequence(col int) (*Node, *syntaxError) {
	if err := s.deeper(s.pos); err != nil {
		return nil, err
	}
	defer func() { s.depth-- }()
	n := &Node{Kind: SequenceNode, Style: Block, Start: s.pos}
	for {
		dash := s.pos
		s.pos++
		v, err := s.value(col, true)
		if err != nil {
			return nil, err
		}
		n.Items = append(n.Items, Item{Dash: dash, Value: v})
		n.End = max(dash+1, v.End)
		save := s.pos
		_, c, err := s.next()
		if err != nil {
			return nil, err
		}
		if c == col && s.dash() {
			continue
		}
		if c > col {
			return nil, fail(s.pos, "", "indented by %d spaces, but the list item before it has ended and its neighbours are indented by %d", c, col)
		}
		s.pos = save
		return n, nil
	}
}

func (s *scanner) mapping(col int) (*Node, *syntaxError) {
	if err := s.deeper(s.pos); err != nil {
		return nil, err
	}
	defer func() { s.depth-- }()
	n := &Node{Kind: MappingNode, Style: Block, Start: s.pos}
	seen := map[string]int{}
	for {
		if s.dash() {
			return nil, fail(s.pos, "", "a list item among the keys of a mapping")
		}
		if !s.keyAhead() {
			return nil, fail(s.pos, "a key is followed by a colon and a space", "expected `key:`, found `%s`", shorten(s.rest()))
		}
		key, err := s.key()
		if err != nil {
			return nil, err
		}
		s.entryKey(key, seen)
		colon := s.pos
		s.pos++
		v, err := s.value(col, false)
		if err != nil {
			return nil, err
		}
		n.Entries = append(n.Entries, Entry{Key: key, Colon: colon, Value: v})
		n.End = max(colon+1, v.End)
		save := s.pos
		_, c, err := s.next()
		if err != nil {
			return nil, err
		}
		if c < col || c == 0 && s.marker() {
			s.pos = save
			return n, nil
		}
		if c > col {
			return nil, fail(s.pos, "", "indented by %d spaces, but its neighbours are indented by %d", c, col)
		}
	}
}

// entryKey tells of a key that the mapping has already, and of merge keys.
func (s *scanner) entryKey(key *Node, seen map[string]int) {
	if key.Style == Plain && key.Text == "<<" {
		s.issue(key.Start, "write the keys out", "merge keys (`<<`) are not part of this language")
	} else if first, dup := seen[key.Text]; dup {
		s.issue(key.Start, "remove one of the two", "the key `%s` is here twice; the first is on line %d", shorten(key.Text), s.tree.Pos(first).Line)
	} else {
		seen[key.Text] = key.Start
	}
}

// rest is what is left of the line, for a message.
func (s *scanner) rest() string {
	end := s.pos
	for end < len(s.src) && !brk(s.src[end]) {
		end++
	}
	return string(s.src[s.pos:end])
}
