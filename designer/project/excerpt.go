package project

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Write writes each issue for a person who reads a log: the place and what is wrong, the line with a caret below, and how to mend it. The sources are
// by file; an issue of a file that is not among them has no line.
func (is Issues) Write(w io.Writer, sources map[string][]byte) {
	for n, i := range is {
		if n > 0 {
			fmt.Fprintln(w)
		}
		plain := i
		plain.Hint = ""
		fmt.Fprintln(w, plain.String())
		margin := strings.Repeat(" ", len(strconv.Itoa(i.Line)))
		if text, caret, ok := Excerpt(sources[i.File], i.Line, i.Column); ok {
			fmt.Fprintf(w, " %d | %s\n %s | %s\n", i.Line, text, margin, caret)
		}
		if i.Hint != "" {
			fmt.Fprintf(w, " %s = hint: %s\n", margin, i.Hint)
		}
	}
}

// mostShown is how much of a line is shown, in characters.
const mostShown = 140

// Excerpt gives a line of a source, and carets below the word that begins at the column. ok is false if the source has no such line, or nothing in it.
func Excerpt(source []byte, line, column int) (text, caret string, ok bool) {
	for ; line > 1; line-- {
		_, rest, found := bytes.Cut(source, []byte("\n"))
		if !found {
			return "", "", false
		}
		source = rest
	}
	first, _, _ := bytes.Cut(source, []byte("\n"))
	runes := []rune(strings.TrimRight(string(first), "\r"))
	if len(runes) == 0 || column < 1 {
		return "", "", false
	}
	at := min(column-1, len(runes))
	end := at
	for end < len(runes) && (unicode.IsLetter(runes[end]) || unicode.IsDigit(runes[end]) || runes[end] == '_' || runes[end] == '.') {
		end++
	}
	before, after := "", ""
	if from := at - mostShown/2; len(runes) > mostShown && from > 0 {
		runes, at, end, before = runes[from:], at-from, end-from, "…"
	}
	if len(runes) > mostShown {
		runes, end, after = runes[:mostShown], min(end, mostShown), "…"
	}
	var pad strings.Builder
	for _, r := range runes[:at] {
		if r == '\t' {
			pad.WriteByte('\t')
		} else {
			pad.WriteByte(' ')
		}
	}
	if before != "" {
		pad.WriteByte(' ')
	}
	return before + string(runes) + after, pad.String() + strings.Repeat("^", max(1, end-at)), true
}
