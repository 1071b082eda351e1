package flow

import (
	"bytes"
	"strings"
)

// bracketed reads a list in brackets or a mapping in braces, inside a block collection of column parent.
func (s *scanner) bracketed(parent int) (*Node, *syntaxError) {
	if err := s.deeper(s.pos); err != nil {
		return nil, err
	}
	defer func() { s.depth-- }()
	if s.at(0) == '[' {
		return s.bracketList(parent)
	}
	return s.braceMap(parent)
}

// space goes to the next content inside brackets that opened at open.
func (s *scanner) space(open, parent int) *syntaxError {
	for {
		s.blanks()
		if s.eof() {
			return fail(open, "", "the `%c` that opens here is never closed", s.src[open])
		}
		if !s.eol() {
			return nil
		}
		s.skipLine()
		_, col := s.lineBreaks()
		if s.eof() || s.at(0) == '#' {
			continue
		}
		if c := s.at(0); col <= parent && c != ']' && c != '}' || col == 0 && s.marker() {
			return fail(open, "", "the `%c` that opens here is not closed before line %d", s.src[open], s.tree.Pos(s.pos).Line)
		}
	}
}

func (s *scanner) bracketList(parent int) (*Node, *syntaxError) {
	n := &Node{Kind: SequenceNode, Style: FlowStyle, Start: s.pos}
	s.pos++
	for {
		if err := s.space(n.Start, parent); err != nil {
			return nil, err
		}
		if s.at(0) == ']' {
			s.pos++
			n.End = s.pos
			return n, nil
		}
		v, err := s.bracketValue(parent)
		if err != nil {
			return nil, err
		}
		n.Items = append(n.Items, Item{Dash: v.Start, Value: v})
		if err := s.space(n.Start, parent); err != nil {
			return nil, err
		}
		switch s.at(0) {
		case ',':
			s.pos++
		case ']':
		case ':':
			return nil, fail(s.pos, "write `{key: value}`", "a `key: value` inside a list needs braces")
		default:
			return nil, s.unexpected(n, ']')
		}
	}
}

func (s *scanner) unexpected(open *Node, closing byte) *syntaxError {
	hint := ""
	if line := s.tree.Pos(open.Start).Line; line != s.tree.Pos(s.pos).Line {
		hint = "the `" + string(s.src[open.Start]) + "` was opened on line " + itoa(line)
	}
	if strings.HasPrefix(string(s.src[max(0, s.pos-1):min(s.pos+2, len(s.src))]), "${{") {
		return fail(s.pos-1, "quote it: \"${{ … }}\"", "an expression inside braces or brackets must be quoted")
	}
	return fail(s.pos, hint, "expected `,` or `%c`, found `%s`", closing, firstRune(s.src[s.pos:]))
}

func (s *scanner) braceMap(parent int) (*Node, *syntaxError) {
	n := &Node{Kind: MappingNode, Style: FlowStyle, Start: s.pos}
	s.pos++
	seen := map[string]int{}
	for {
		if err := s.space(n.Start, parent); err != nil {
			return nil, err
		}
		if s.at(0) == '}' {
			s.pos++
			n.End = s.pos
			return n, nil
		}
		e, err := s.braceEntry(n, parent)
		if err != nil {
			return nil, err
		}
		s.entryKey(e.Key, seen)
		n.Entries = append(n.Entries, e)
		if err := s.space(n.Start, parent); err != nil {
			return nil, err
		}
		switch s.at(0) {
		case ',':
			s.pos++
		case '}':
		default:
			return nil, s.unexpected(n, '}')
		}
	}
}

func (s *scanner) braceEntry(n *Node, parent int) (e Entry, err *syntaxError) {
	switch c := s.at(0); c {
	case '"':
		e.Key, err = s.doubleQuoted(parent)
	case '\'':
		e.Key, err = s.singleQuoted(parent)
	case '[', '{':
		return e, fail(s.pos, "", "a key must be a text")
	default:
		e.Key, err = s.bracketPlain(parent)
	}
	if err != nil {
		return e, err
	}
	if err := s.space(n.Start, parent); err != nil {
		return e, err
	}
	if s.at(0) != ':' {
		if i := strings.IndexByte(e.Key.Text, ':'); i > 0 && e.Key.Style == Plain {
			return e, fail(e.Key.Start+i, "write `"+e.Key.Text[:i]+": "+shorten(e.Key.Text[i+1:])+"`", "a colon between key and value needs a space after it")
		}
		if c := s.at(0); c == ',' || c == '}' {
			return e, fail(s.pos, "write `"+shorten(e.Key.Text)+": …`", "the key `%s` has no value", shorten(e.Key.Text))
		}
		return e, s.unexpected(n, ':')
	}
	e.Colon = s.pos
	s.pos++
	after := s.pos
	if err := s.space(n.Start, parent); err != nil {
		return e, err
	}
	if c := s.at(0); c == ',' || c == '}' {
		e.Value = &Node{Start: after, End: after}
		return e, nil
	}
	e.Value, err = s.bracketValue(parent)
	return e, err
}

// bracketValue reads a value inside brackets.
func (s *scanner) bracketValue(parent int) (*Node, *syntaxError) {
	start := s.pos
	s.properties()
	if c := s.at(0); s.pos > start && (brk(c) || flowMark(c) && c != '[' && c != '{') {
		return &Node{Start: s.pos, End: s.pos}, nil
	}
	switch s.at(0) {
	case '[', '{':
		return s.bracketed(parent)
	case '*':
		return s.alias(), nil
	case '"':
		return s.doubleQuoted(parent)
	case '\'':
		return s.singleQuoted(parent)
	}
	return s.bracketPlain(parent)
}

// bracketPlain reads an unquoted scalar inside brackets, with its continuation lines.
func (s *scanner) bracketPlain(parent int) (*Node, *syntaxError) {
	if err := s.plainStart(true); err != nil {
		return nil, err
	}
	n := &Node{Style: Plain, Start: s.pos}
	var text bytes.Buffer
	for {
		s.plainLine(n, &text, true)
		save := s.pos
		s.blanks()
		if s.eof() || !brk(s.src[s.pos]) {
			s.pos = save
			break
		}
		breaks, col := s.lineBreaks()
		if c := s.at(0); s.eof() || c == '#' || c == ':' || flowMark(c) || col <= parent {
			s.pos = save
			break
		}
		fold(&text, breaks)
	}
	n.Text = text.String()
	return n, nil
}
