package flow

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// keyAhead reports whether `key:` stands at pos. It moves nothing.
func (s *scanner) keyAhead() bool {
	i := s.pos
	if i >= len(s.src) {
		return false
	}
	switch c := s.src[i]; c {
	case '[', '{', '|', '>':
		return false
	case '"', '\'':
		for i++; ; i++ {
			if i >= len(s.src) || brk(s.src[i]) {
				return false
			}
			if s.src[i] == '\\' && c == '"' {
				i++
			} else if s.src[i] == c {
				if c == '\'' && i+1 < len(s.src) && s.src[i+1] == c {
					i++
					continue
				}
				break
			}
		}
		for i++; i < len(s.src) && blank(s.src[i]); i++ {
		}
		return i < len(s.src) && s.src[i] == ':' && (i+1 >= len(s.src) || blank(s.src[i+1]) || brk(s.src[i+1]))
	}
	return s.colon(i) >= 0
}

// colon finds the colon that ends an unquoted key in the line from i on, or -1.
func (s *scanner) colon(i int) int {
	for start := i; i < len(s.src) && !brk(s.src[i]); i++ {
		switch s.src[i] {
		case ':':
			if i > start && (i+1 >= len(s.src) || blank(s.src[i+1]) || brk(s.src[i+1])) {
				return i
			}
		case '#':
			if i > start && blank(s.src[i-1]) {
				return -1
			}
		}
	}
	return -1
}

// key reads the key of a block mapping; keyAhead has said that there is one. It leaves pos at the colon.
func (s *scanner) key() (*Node, *syntaxError) {
	switch s.at(0) {
	case '"':
		n, err := s.doubleQuoted(-1)
		s.blanks()
		return n, err
	case '\'':
		n, err := s.singleQuoted(-1)
		s.blanks()
		return n, err
	}
	if err := s.plainStart(false); err != nil {
		return nil, err
	}
	start := s.pos
	s.pos = s.colon(start)
	text := strings.TrimRight(string(s.src[start:s.pos]), " \t")
	return &Node{Style: Plain, Start: start, End: start + len(text), Text: text, marks: []span{{0, start}}}, nil
}

func flowMark(c byte) bool { return strings.IndexByte(",[]{}", c) >= 0 }

// plainStart refuses what can't begin an unquoted scalar.
func (s *scanner) plainStart(inFlow bool) *syntaxError {
	c, next := s.at(0), s.at(1)
	switch {
	case strings.IndexByte(",[]{}#|>'\"%@`", c) >= 0:
		return fail(s.pos, "quote the text", "`%c` can't begin an unquoted value", c)
	case c == '&' || c == '*':
		return fail(s.pos, "write the value out", "anchors and aliases are not part of this language")
	case c == '!':
		return fail(s.pos, "remove it", "tags are not part of this language")
	case c == '?' && (blank(next) || brk(next)):
		return fail(s.pos, "write `key: value`", "`? ` keys are not part of this language")
	case (c == '-' || c == ':' || c == '?') && (blank(next) || brk(next) || inFlow && flowMark(next)):
		return fail(s.pos, "", "unexpected `%c`", c)
	}
	return nil
}

// plain reads an unquoted scalar outside brackets, with its continuation lines.
func (s *scanner) plain(parent int) (*Node, *syntaxError) {
	if err := s.plainStart(false); err != nil {
		return nil, err
	}
	n := &Node{Style: Plain, Start: s.pos}
	var text bytes.Buffer
	for {
		if c := s.colon(s.pos); c >= 0 || s.at(0) == ':' && (blank(s.at(1)) || brk(s.at(1))) {
			return nil, fail(s.pos, "if it is text, quote the value; if it is a key, mend the indentation", "`key:` inside a value that began on line %d", s.tree.Pos(n.Start).Line)
		}
		s.plainLine(n, &text, false)
		save := s.pos
		s.blanks()
		if s.eof() || !brk(s.src[s.pos]) {
			s.pos = save
			break
		}
		breaks, col := s.lineBreaks()
		if s.eof() || col <= parent || s.at(0) == '#' || col == 0 && s.marker() {
			s.pos = save
			break
		}
		fold(&text, breaks)
	}
	n.Text = text.String()
	return n, nil
}

// plainLine reads the part of an unquoted scalar that stands on this line.
func (s *scanner) plainLine(n *Node, text *bytes.Buffer, inFlow bool) {
	i := s.pos
	for ; i < len(s.src) && !brk(s.src[i]); i++ {
		c := s.src[i]
		if c == '#' && i > s.pos && blank(s.src[i-1]) {
			break
		}
		if inFlow {
			if flowMark(c) {
				break
			}
			if c == ':' && (i+1 >= len(s.src) || blank(s.src[i+1]) || brk(s.src[i+1]) || flowMark(s.src[i+1])) {
				break
			}
		}
	}
	part := bytes.TrimRight(s.src[s.pos:i], " \t")
	n.marks = append(n.marks, span{text.Len(), s.pos})
	text.Write(part)
	s.pos += len(part)
	n.End = s.pos
}

// lineBreaks reads line ends and the blanks of the lines, and says how many ends there were and the column of what comes next.
func (s *scanner) lineBreaks() (breaks, col int) {
	start := s.pos
	for !s.eof() && brk(s.src[s.pos]) {
		s.skipBreak()
		breaks++
		start = s.pos
		s.blanks()
	}
	return breaks, s.pos - start
}

// fold writes what line ends inside a scalar mean: one is a space, n are n-1 line feeds.
func fold(text *bytes.Buffer, breaks int) {
	if breaks == 1 {
		text.WriteByte(' ')
		return
	}
	for ; breaks > 1; breaks-- {
		text.WriteByte('\n')
	}
}

// foldQuoted reads the line ends inside quotes and folds them.
func (s *scanner) foldQuoted(n *Node, parent int, text *bytes.Buffer, escaped bool) *syntaxError {
	breaks, col := s.lineBreaks()
	if s.eof() {
		return nil
	}
	if col <= parent || col == 0 && s.marker() {
		return fail(n.Start, "", "the quote that opens here is not closed before line %d", s.tree.Pos(s.pos).Line)
	}
	if escaped {
		for ; breaks > 1; breaks-- {
			text.WriteByte('\n')
		}
	} else {
		fold(text, breaks)
	}
	n.marks = append(n.marks, span{text.Len(), s.pos})
	return nil
}

func (s *scanner) singleQuoted(parent int) (*Node, *syntaxError) {
	n := &Node{Style: SingleQuoted, Start: s.pos}
	var text bytes.Buffer
	s.pos++
	n.marks = append(n.marks, span{0, s.pos})
	for lineFrom := 0; !s.eof(); {
		c := s.src[s.pos]
		switch {
		case c == '\'' && s.at(1) == '\'':
			text.WriteByte('\'')
			s.pos += 2
			n.marks = append(n.marks, span{text.Len(), s.pos})
		case c == '\'':
			s.pos++
			n.End, n.Text = s.pos, text.String()
			return n, nil
		case brk(c):
			trimLine(&text, lineFrom)
			if err := s.foldQuoted(n, parent, &text, false); err != nil {
				return nil, err
			}
			lineFrom = text.Len()
		default:
			text.WriteByte(c)
			s.pos++
		}
	}
	return nil, fail(n.Start, "", "the quote that opens here is never closed")
}

// escapes of one character in double quotes (YAML 1.2.2, section 5.7).
var escapes = map[byte]string{'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b",
	' ': " ", '"': "\"", '/': "/", '\\': "\\", 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029"}

func (s *scanner) doubleQuoted(parent int) (*Node, *syntaxError) {
	n := &Node{Style: DoubleQuoted, Start: s.pos}
	var text bytes.Buffer
	s.pos++
	n.marks = append(n.marks, span{0, s.pos})
	for hard := 0; !s.eof(); {
		c := s.src[s.pos]
		switch {
		case c == '"':
			s.pos++
			n.End, n.Text = s.pos, text.String()
			return n, nil
		case c == '\\' && brk(s.at(1)) && s.pos+1 < len(s.src):
			s.pos++
			if err := s.foldQuoted(n, parent, &text, true); err != nil {
				return nil, err
			}
			hard = text.Len()
		case c == '\\':
			if err := s.escape(&text); err != nil {
				return nil, err
			}
			hard = text.Len()
			n.marks = append(n.marks, span{text.Len(), s.pos})
		case brk(c):
			trimLine(&text, hard)
			if err := s.foldQuoted(n, parent, &text, false); err != nil {
				return nil, err
			}
			hard = text.Len()
		default:
			text.WriteByte(c)
			s.pos++
		}
	}
	return nil, fail(n.Start, "", "the quote that opens here is never closed")
}

// escape reads one backslash escape. A pair of UTF-16 surrogates, as JSON writes it, is one character.
func (s *scanner) escape(text *bytes.Buffer) *syntaxError {
	start := s.pos
	c := s.at(1)
	if e, ok := escapes[c]; ok {
		text.WriteString(e)
		s.pos += 2
		return nil
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits == 0 {
		return fail(start, "write `\\\\` for a backslash, or use single quotes", "unknown escape `\\%s` in double quotes", firstRune(s.src[min(s.pos+1, len(s.src)):]))
	}
	r, ok := s.hex(2, digits)
	if ok && r >= 0xd800 && r < 0xdc00 && s.at(6) == '\\' && s.at(7) == 'u' {
		if low, good := s.hex(8, 4); good && low >= 0xdc00 && low < 0xe000 {
			text.WriteRune(0x10000 + (r-0xd800)<<10 + (low - 0xdc00))
			s.pos += 12
			return nil
		}
	}
	if !ok || !utf8.ValidRune(r) {
		return fail(start, "", "`%s` is not a character", shorten(string(s.src[start:min(start+2+digits, len(s.src))])))
	}
	text.WriteRune(r)
	s.pos += 2 + digits
	return nil
}

func (s *scanner) hex(from, digits int) (rune, bool) {
	var r rune
	for i := range digits {
		d := strings.IndexByte("0123456789abcdef", s.at(from+i)|0x20)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

func firstRune(b []byte) string {
	_, n := utf8.DecodeRune(b)
	return string(b[:n])
}

// trimLine drops the blanks before a line end inside quotes, but nothing before from, where an escape or the line began.
func trimLine(text *bytes.Buffer, from int) {
	b := text.Bytes()
	n := len(b)
	for n > from && blank(b[n-1]) {
		n--
	}
	text.Truncate(n)
}
