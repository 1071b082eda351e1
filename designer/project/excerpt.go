package project

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/segno-run/segno/designer/flow"
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
		if text, caret, ok := Excerpt(sources[i.File], i.Line, i.Column, i.EndColumn); ok {
			fmt.Fprintf(w, " %d | %s\n %s | %s\n", i.Line, text, margin, caret)
		}
		if i.Hint != "" {
			fmt.Fprintf(w, " %s = hint: %s\n", margin, i.Hint)
		}
		for _, line := range Mended(sources[i.File], i.Fix) {
			fmt.Fprintf(w, " %s + %s\n", margin, line)
		}
	}
}

// mostShown is how much of a line is shown, in characters.
const mostShown = 140

// Mended gives the lines that an edit writes, as they would stand in the text; nil if it writes none, or one too long to show.
func Mended(source []byte, fix flow.Fix) []string {
	text, ok := fix.Apply(source)
	if !ok {
		return nil
	}
	lines := strings.Split(string(text), "\n")
	lines = lines[fix.Line-1 : min(len(lines), fix.Line+strings.Count(fix.Text, "\n"))]
	for i, line := range lines {
		if lines[i] = strings.TrimRight(line, "\r"); len([]rune(line)) > mostShown {
			return nil
		}
	}
	return lines
}

// Excerpt gives a line of a source, and carets from a column up to another one, or, if that is 0, below the word that begins there. ok is false if the source has no such line, or nothing in it.
func Excerpt(source []byte, line, column, endColumn int) (text, caret string, ok bool) {
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
	end := max(at, min(endColumn-1, len(runes)))
	for endColumn == 0 && end < len(runes) && (unicode.IsLetter(runes[end]) || unicode.IsDigit(runes[end]) || runes[end] == '_' || runes[end] == '.') {
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
