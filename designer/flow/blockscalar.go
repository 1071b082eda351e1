package flow

import "bytes"

// blockScalar reads a literal (`|`) or folded (`>`) text inside a collection of column parent (YAML 1.2.2, section 8.1).
func (s *scanner) blockScalar(parent int) (*Node, *syntaxError) {
	n := &Node{Style: Literal, Start: s.pos}
	if s.at(0) == '>' {
		n.Style = Folded
	}
	s.pos++
	chomp, indent := byte(0), 0
	for range 2 {
		switch c := s.at(0); {
		case (c == '+' || c == '-') && chomp == 0:
			chomp = c
			s.pos++
		case c >= '1' && c <= '9' && indent == 0:
			indent = max(parent, 0) + int(c-'0')
			s.pos++
		}
	}
	n.End = s.pos
	s.blanks()
	if !s.eol() {
		return nil, fail(s.pos, "begin the text on the next line", "unexpected text after `%s`", string(s.src[n.Start:n.End]))
	}
	s.skipLine()

	var text bytes.Buffer
	fresh, moreIndented := true, false // no content yet; the last line began with a blank, so nothing around it folds
	ended := false                     // the last line of content has a line end
	pending := 0                       // line ends since the last content
	widest := 0                        // spaces of a blank line before the content
	end := s.pos
	for !s.eof() {
		s.skipBreak()
		start := s.pos
		for !s.eof() && s.src[s.pos] == ' ' && (indent == 0 || s.pos-start < indent) {
			s.pos++
		}
		col := s.pos - start
		if s.eof() {
			break
		}
		if brk(s.src[s.pos]) {
			pending++
			if indent == 0 {
				widest = max(widest, col)
			}
			if chomp == '+' {
				n.End = s.pos
			}
			end = s.pos
			continue
		}
		if indent == 0 && col > parent {
			if indent = max(col, 1); widest > indent {
				return nil, fail(s.pos, "take the spaces out of the blank lines, or say the indentation, as in `|2`", "a blank line above has more spaces than this first line of the text")
			}
		}
		if col < indent || indent == 0 || col == 0 && s.marker() {
			if s.src[s.pos] == '\t' && col > parent {
				return nil, fail(s.pos, "indent with spaces", "a tab in the indentation")
			}
			break
		}
		blankStart := blank(s.src[s.pos])
		switch {
		case fresh:
			repeat(&text, pending)
		case n.Style == Folded && !blankStart && !moreIndented:
			fold(&text, pending+1)
		default:
			repeat(&text, pending+1)
		}
		from := s.pos
		s.skipLine()
		n.marks = append(n.marks, span{text.Len(), from})
		text.Write(s.src[from:s.pos])
		fresh, moreIndented, pending = false, blankStart, 0
		n.End, end = s.pos, s.pos
		ended = !s.eof()
	}
	s.pos = end
	switch {
	case chomp == '+':
		if ended {
			pending++
		}
		repeat(&text, pending)
	case chomp == 0 && ended:
		text.WriteByte('\n')
	}
	n.Text = text.String()
	return n, nil
}

func repeat(text *bytes.Buffer, n int) {
	for ; n > 0; n-- {
		text.WriteByte('\n')
	}
}
