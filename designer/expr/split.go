package expr

import (
	"strings"
	"unicode/utf8"
)

// RawPart is one piece of a text with `${{ }}` in it: literal text, or the source of an expression.
type RawPart struct {
	Literal string
	Expr    string
	Offset  int // in code points into the text: where Literal, or the expression's first code point after its blanks, begins
	IsExpr  bool
}

const (
	opening = "${{"
	closing = "}}"
)

// SplitText splits a text into literals and expressions. `$${{` stands for a literal `${{`. Braces and quotes inside an expression are respected,
// so `${{ {"a": {"b": 1}} }}` is one expression. An expression that is not closed is a Problem. An empty text gives no parts.
func SplitText(s string) ([]RawPart, []Problem) {
	var (
		parts    []RawPart
		problems []Problem
		literal  strings.Builder
		begin    int // offset of the literal being gathered, in code points
		offset   int // of s in the whole text, in code points
	)
	flush := func() {
		if literal.Len() > 0 {
			parts = append(parts, RawPart{Literal: literal.String(), Offset: begin})
			literal.Reset()
		}
	}
	for s != "" {
		i := strings.Index(s, opening)
		if i < 0 {
			if literal.Len() == 0 {
				begin = offset
			}
			literal.WriteString(s)
			break
		}
		if i > 0 {
			if literal.Len() == 0 {
				begin = offset
			}
			if s[i-1] == '$' {
				literal.WriteString(s[:i-1] + opening)
				offset += utf8.RuneCountInString(s[:i+len(opening)])
				s = s[i+len(opening):]
				continue
			}
			literal.WriteString(s[:i])
			offset += utf8.RuneCountInString(s[:i])
			s = s[i:]
		}
		end := endOfExpr(s[len(opening):])
		if end < 0 {
			problems = append(problems, Problem{Offset: offset, Message: "`${{` is not closed", Hint: "add `}}`; for a literal `${{` write `$${{`"})
			break
		}
		flush()
		body := s[len(opening) : len(opening)+end]
		trimmed := strings.TrimLeft(body, " \t\r\n")
		parts = append(parts, RawPart{
			Expr:   strings.TrimRight(trimmed, " \t\r\n"),
			Offset: offset + len(opening) + len(body) - len(trimmed), // blanks are one byte each
			IsExpr: true,
		})
		taken := len(opening) + end + len(closing)
		offset += utf8.RuneCountInString(s[:taken])
		s = s[taken:]
	}
	flush()
	return parts, problems
}

// endOfExpr finds the `}}` that closes an expression: not one inside a quoted text, and not braces that the expression itself opened. If braces
// do not match up, the first `}}` outside of quotes counts, and the compiler says what is wrong with what is left.
func endOfExpr(s string) int {
	depth, first := 0, -1
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case '"', '\'':
			n := quoted(s[i:], i > 0 && (s[i-1] == 'r' || s[i-1] == 'R'))
			if n < 0 {
				if first < 0 {
					if j := strings.Index(s[i:], closing); j >= 0 {
						return i + j
					}
				}
				return first
			}
			i += n
			continue
		case '{':
			depth++
		case '}':
			if strings.HasPrefix(s[i:], closing) {
				if depth == 0 {
					return i
				}
				if first < 0 {
					first = i
				}
			}
			if depth > 0 {
				depth--
			}
		}
		i++
	}
	return first
}

// quoted gives the length of the quoted text that s begins with, or -1 if it is not closed. CEL has '…', "…", and both tripled.
func quoted(s string, raw bool) int {
	q := s[:1]
	if strings.HasPrefix(s, strings.Repeat(q, 3)) {
		q = s[:3]
	}
	for i := len(q); i < len(s); {
		switch {
		case s[i] == '\\' && !raw:
			i += 2
		case strings.HasPrefix(s[i:], q):
			return i + len(q)
		default:
			i++
		}
	}
	return -1
}
