package flow

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Severity of an Issue.
type Severity string

// The severities. Only an error keeps a flow from being published.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Issue is one problem in a source text: what, where, and how to mend it.
type Issue struct {
	Severity  Severity `json:"severity"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	EndColumn int      `json:"end_column,omitempty"` // just past what is wrong, on the same line; 0 if nothing stands there
	Step      string   `json:"step,omitempty"`       // the step concerned, if any
	Field     string   `json:"field,omitempty"`      // path within the step, such as "retry.on[0]"; within the flow when Step is empty
	Message   string   `json:"message"`
	Hint      string   `json:"hint,omitempty"` // how to mend it: "did you mean `compensate`?"
	Fix       Fix      `json:"fix,omitzero"`   // the hint done, where it is clear what to write
}

// Fix is an edit of the text that mends an issue: what stands from Line and Column up to EndLine and EndColumn becomes Text. Lines and columns count
// as an Issue's. The zero Fix changes nothing.
type Fix struct {
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
	Text      string `json:"text"`
	Label     string `json:"label"`           // of a button: "Use hold"
	Guess     bool   `json:"guess,omitempty"` // it settles what a person has to judge, such as a value to take instead: never done unasked
}

// Replace is the Fix that puts text in the place of old, which stands at a place of the source; the zero Fix if it does not, or holds a line's end.
func Replace(source []byte, at Pos, old, text, label string) Fix {
	if at.IsZero() || at.Offset < 0 || at.Offset > len(source) || !bytes.HasPrefix(source[at.Offset:], []byte(old)) || strings.Contains(old, "\n") {
		return Fix{}
	}
	return Fix{Line: at.Line, Column: at.Column, EndLine: at.Line, EndColumn: at.Column + utf8.RuneCountInString(old), Text: text, Label: label}
}

// Apply gives the source with the fix done; false if it has no such place.
func (f Fix) Apply(source []byte) ([]byte, bool) {
	if f == (Fix{}) {
		return nil, false
	}
	lines := lineStarts(source)
	from, ok := offsetOf(source, lines, f.Line, f.Column)
	to, fine := offsetOf(source, lines, f.EndLine, f.EndColumn)
	if !ok || !fine || to < from {
		return nil, false
	}
	return append(append(bytes.Clone(source[:from]), f.Text...), source[to:]...), true
}

func lineStarts(source []byte) []int {
	starts := []int{0}
	for i, c := range source {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// offsetOf finds a line and a column, both from 1, in code points.
func offsetOf(source []byte, starts []int, line, column int) (int, bool) {
	if line < 1 || line > len(starts) || column < 1 {
		return 0, false
	}
	at := starts[line-1]
	for ; column > 1; column-- {
		if at >= len(source) || source[at] == '\n' {
			return 0, false
		}
		_, size := utf8.DecodeRune(source[at:])
		at += size
	}
	return at, true
}

// Spanned fills in where each issue ends: behind the word that begins where it stands, if nothing better is known.
func (is Issues) Spanned(source []byte) Issues {
	var starts []int
	for i := range is {
		if is[i].EndColumn > 0 || is[i].Line < 1 {
			continue
		}
		if starts == nil {
			starts = lineStarts(source)
		}
		at, ok := offsetOf(source, starts, is[i].Line, is[i].Column)
		if !ok {
			continue
		}
		if n := wordLength(source[at:]); n > 0 {
			is[i].EndColumn = is[i].Column + n
		}
	}
	return is
}

// wordLength counts the letters, digits, underscores and dots that a text begins with.
func wordLength(text []byte) int {
	n := 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' {
			break
		}
		n++
		text = text[size:]
	}
	return n
}

// Issues is every problem of a text, in the order of their positions.
type Issues []Issue

// HasErrors reports whether any issue is of severity error.
func (is Issues) HasErrors() bool {
	for _, i := range is {
		if i.Severity == Error {
			return true
		}
	}
	return false
}
