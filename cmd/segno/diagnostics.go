package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

// ANSI's colours, by what they say.
const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	green  = "\x1b[32m"
	dim    = "\x1b[2m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

func (t terminal) paint(colour, text string) string {
	if !t.colour || text == "" {
		return text
	}
	return colour + text + plain
}

// diagnostics writes issues for a person: the place and what is wrong, the line with a caret below, and on the next line how to mend it.
func (t terminal) diagnostics(issues project.Issues, sources map[string][]byte) {
	for i, is := range issues {
		if i > 0 {
			fmt.Fprintln(t.out)
		}
		colour, word := red, ""
		if is.Severity == flow.Warning {
			colour, word = yellow, "warning: "
		}
		fmt.Fprintf(t.out, "%s %s\n", t.paint(bold, fmt.Sprintf("%s:%d:%d:", is.File, is.Line, is.Column)), t.paint(colour, word+is.Message))
		margin := strings.Repeat(" ", len(strconv.Itoa(is.Line)))
		if text, caret, ok := project.Excerpt(sources[is.File], is.Line, is.Column, is.EndColumn); ok {
			fmt.Fprintf(t.out, " %s %s\n", t.paint(dim, strconv.Itoa(is.Line)+" |"), text)
			fmt.Fprintf(t.out, " %s %s\n", t.paint(dim, margin+" |"), t.paint(colour, caret))
		}
		if is.Hint != "" {
			fmt.Fprintf(t.out, " %s %s\n", t.paint(dim, margin+" ="), "hint: "+is.Hint)
		}
		fix := is.Fix
		if fix.Guess {
			fix = flow.Fix{} // the hint says it, and that it is one of two ways
		}
		for _, line := range project.Mended(sources[is.File], fix) {
			fmt.Fprintf(t.out, " %s %s\n", t.paint(dim, margin+" +"), t.paint(green, line))
		}
	}
}

// counted is "1 flow" or "2 flows".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// problems is "1 error and 2 warnings".
func problems(issues project.Issues) string {
	errors := 0
	for _, i := range issues {
		if i.Severity == flow.Error {
			errors++
		}
	}
	switch warnings := len(issues) - errors; {
	case warnings == 0:
		return counted(errors, "error")
	case errors == 0:
		return counted(warnings, "warning")
	default:
		return counted(errors, "error") + " and " + counted(warnings, "warning")
	}
}

// tinted colours the lines of a diff by their first sign.
func (t terminal) tinted(text string) string {
	if !t.colour {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		colour := ""
		switch line[0] {
		case '+':
			colour = green
		case '-':
			colour = red
		case '!':
			colour = yellow
		}
		if colour == "" {
			b.WriteString(line)
			continue
		}
		b.WriteString(colour + strings.TrimSuffix(line, "\n") + plain + "\n")
	}
	return b.String()
}
