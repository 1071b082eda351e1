package check

import (
	"strings"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// place is where the source of an expression stands in the text.
type place struct {
	at    func(runes int) flow.Pos
	quote byte // around it: '"', '\'', or 0 for none
}

// placeOf is the place of an expression that is a key's whole value.
func (k *compiler) placeOf(e *flow.Expr) place {
	at := e.Pos.Offset
	src := k.d.Source
	if at > len(src) {
		return place{at: e.At}
	}
	before := strings.TrimRight(string(src[max(0, at-200):at]), " \t")
	before = strings.TrimRight(strings.TrimSuffix(before, "${{"), " \t")
	return place{e.At, quoteAt(before)}
}

// placeIn is the place of an expression that begins at an offset of a text.
func (k *compiler) placeIn(v flow.Value, offset int) place {
	p := place{at: func(runes int) flow.Pos { return v.At(offset + runes) }}
	if at := v.TxtPos.Offset; at > 0 && at <= len(k.d.Source) {
		p.quote = quoteAt(string(k.d.Source[at-1 : at]))
	}
	return p
}

// quoteAt is the quote that a text ends in, or 0.
func quoteAt(s string) byte {
	if n := len(s); n > 0 && (s[n-1] == '"' || s[n-1] == '\'') {
		return s[n-1]
	}
	return 0
}

// written is a part of an expression as it has to be written between the quotes; false if it can't be.
func (p place) written(part string) (string, bool) {
	switch {
	case strings.Contains(part, "\n"):
		return "", false
	case p.quote == '"' && !strings.ContainsAny(part, `'\`):
		return strings.ReplaceAll(part, `"`, "'"), true // CEL takes either quote
	case p.quote == '"':
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(part), true
	case p.quote == '\'':
		return strings.ReplaceAll(part, "'", "''"), true
	}
	return part, !strings.Contains(part, ": ") && !strings.Contains(part, " #")
}

// mendExpr gives an issue the edit of an expression's source that mends it.
func (k *compiler) mendExpr(is *flow.Issue, pl place, e expr.Edit, label string) {
	if is == nil || e == (expr.Edit{}) {
		return
	}
	if text, ok := pl.written(e.New); ok {
		is.Fix = flow.Replace(k.d.Source, pl.at(e.At), e.Old, text, label)
	}
}

// mend gives an issue the edit that puts text in the place of old.
func (k *compiler) mend(is *flow.Issue, at flow.Pos, old, text, label string) {
	if is != nil && text != "" && text != old {
		is.Fix = flow.Replace(k.d.Source, at, old, text, label)
	}
}

// instead is the label of a fix that takes a value where there may be none.
func instead(value string) string { return "Take " + value + " where it is absent" }

// use is the label of a fix that takes another name.
func use(name string) string { return "Use " + name }

// problem reports what is wrong with an expression, with the path that was most likely meant.
func (k *compiler) problem(p expr.Problem, sc scope, pl place) *flow.Issue {
	label := ""
	if p.Name != "" {
		k.known(&p, sc, pl)
		label = use(p.Fix.New)
		if p.Owner != "" {
			p.Message += k.wouldTake(p.Name, sc)
		}
	} else if p.Fix != (expr.Edit{}) {
		label = "Write " + p.Fix.New
		if p.Fix.New == "?"+p.Fix.Old {
			label = "Leave it out where it is absent"
		}
	}
	pos := pl.at(p.Offset)
	is := k.textIssue(flow.Error, pos, sc, p.Hint, "%s", p.Message)
	if is != nil && p.Length > 0 && pl.at(p.Offset+p.Length).Line == pos.Line {
		is.EndColumn = pl.at(p.Offset + p.Length).Column
	}
	k.mendExpr(is, pl, p.Fix, label)
	return is
}

// addNeed gives an issue the edit that adds a step to another's needs.
func (k *compiler) addNeed(is *flow.Issue, to int, name string) {
	s := &k.d.Steps[to]
	src := k.d.Source
	label := "Add " + name + " to its needs"
	if n := len(s.Needs.Edges); n > 0 {
		last := s.Needs.Edges[n-1]
		written := last.Step
		if !last.Bare {
			written += "." + last.Port
		}
		at := last.Pos
		if line := lineBefore(src, at.Offset); strings.HasSuffix(strings.TrimRight(line, " "), "-") { // a list of lines
			indent := len(line) - len(strings.TrimLeft(line, " "))
			k.mend(is, at, written, written+"\n"+strings.Repeat(" ", indent)+"- "+name, label)
		} else if strings.ContainsAny(line, "[") || strings.HasSuffix(strings.TrimRight(line, " "), ",") {
			k.mend(is, at, written, written+", "+name, label)
		}
		return
	}
	if _, ok := s.Positions["needs"]; ok {
		return
	}
	first := flow.Pos{}
	for path, p := range s.Positions {
		if !strings.ContainsAny(path, ".[") && (first.IsZero() || p.Offset < first.Offset) {
			first = p
		}
	}
	if first.IsZero() || first.Offset > len(src) {
		return
	}
	line := lineBefore(src, first.Offset)
	text := "needs: [" + name + "]"
	switch {
	case strings.TrimSpace(line) == "":
		text += "\n" + line
	case strings.HasSuffix(strings.TrimRight(line, " "), "{"):
		text += ", "
	default:
		return
	}
	is.Fix = flow.Fix{Line: first.Line, Column: first.Column, EndLine: first.Line, EndColumn: first.Column, Text: text, Label: label}
}

// lineBefore is what stands in its line before an offset.
func lineBefore(src []byte, at int) string {
	s := string(src[max(0, at-2000):at])
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// lineAfter is what stands in its line from an offset on.
func lineAfter(src []byte, at int) string {
	s := string(src[at:min(len(src), at+2000)])
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	return s
}

// addOtherwise gives an issue the edit that adds a last branch to a switch.
func (k *compiler) addOtherwise(is *flow.Issue, i int) {
	branches := k.d.Steps[i].Switch
	first, last := branches[0], branches[len(branches)-1]
	src := k.d.Source
	end := last.When.At(utf8.RuneCountInString(last.When.Source))
	if end.IsZero() || end.Offset > len(src) || first.Pos.Offset > len(src) {
		return
	}
	after := lineAfter(src, end.Offset)
	before := lineBefore(src, first.Pos.Offset)
	text := ""
	if strings.TrimSpace(before) == "" { // a branch a line
		text = "\n" + before + "otherwise: true"
		after = strings.TrimRight(after, "\r")
		if n := strings.Index(after, " #"); n >= 0 {
			after = after[:n]
		}
		after = strings.TrimRight(after, " ")
	} else {
		text = ", otherwise: true"
		rest := strings.TrimPrefix(strings.TrimLeft(after, " "), "}}")
		if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
			rest = rest[1:]
		}
		if !strings.HasPrefix(strings.TrimLeft(rest, " "), "}") {
			return
		}
		after = after[:len(after)-len(rest)]
	}
	column := end.Column + utf8.RuneCountInString(after)
	is.Fix = flow.Fix{Line: end.Line, Column: column, EndLine: end.Line, EndColumn: column, Text: text, Label: "Add otherwise: true"}
}

// offerAny gives an issue the edit that makes a list of needs one of which any is enough.
func (k *compiler) offerAny(is *flow.Issue, i int) {
	at := k.d.Steps[i].Needs.Pos
	if at.IsZero() || at.Offset >= len(k.d.Source) {
		return
	}
	line := lineAfter(k.d.Source, at.Offset)
	if end := strings.IndexByte(line, ']'); line[0] == '[' && end > 0 {
		k.mend(is, at, line[:end+1], "{any: "+line[:end+1]+"}", "Start when any is live")
	}
}
