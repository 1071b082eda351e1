package edit

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/flow"
)

// wide is how many characters a line may have before a collection is written on lines of its own.
const wide = 110

// other are the texts that readers of YAML 1.1 take for something else than a text.
var other = regexp.MustCompile(`^((?i:y|n|yes|no|on|off|=)|[-+.0-9][-+.0-9_:,eExXobTZ]*)$`)

// scalar writes a text, unquoted where it then still reads as that text.
func scalar(s string, inFlow bool, like flow.Style) string {
	switch {
	case like == flow.DoubleQuoted:
		return doubleQuote(s)
	case like == flow.SingleQuoted && plainly(s):
		return singleQuote(s)
	case !other.MatchString(s) && readsAs(s, inFlow):
		return s
	case strings.ContainsAny(s, `"\`) && !strings.Contains(s, "'") && plainly(s):
		return singleQuote(s)
	}
	return doubleQuote(s)
}

// readsAs reports whether s, unquoted, reads as the text s.
func readsAs(s string, inFlow bool) bool {
	text := "k: " + s
	if inFlow {
		text = "{k: " + s + "}"
	}
	tree, issues := flow.ParseTree([]byte(text))
	if tree == nil || len(issues) > 0 || len(tree.Root.Entries) != 1 {
		return false
	}
	v := tree.Root.Entries[0].Value
	return v.Style == flow.Plain && v.Text == s && v.IsText()
}

// key writes a key of a mapping.
func key(s string) string {
	tree, issues := flow.ParseTree([]byte("{" + s + ": 1}"))
	if tree != nil && len(issues) == 0 && len(tree.Root.Entries) == 1 && tree.Root.Entries[0].Key.Style == flow.Plain && tree.Root.Entries[0].Key.Text == s {
		if _, block := flow.ParseTree([]byte(s + ": 1")); len(block) == 0 && !strings.ContainsAny(s, "\r\n") {
			return s
		}
	}
	return doubleQuote(s)
}

// plainly reports whether s can stand in single quotes on one line.
func plainly(s string) bool {
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == utf8.RuneError {
			return false
		}
	}
	return true
}

func singleQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func doubleQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r == 0x2028 || r == 0x2029 || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// inline writes v on one line.
func inline(v flow.Value, inFlow bool, like flow.Style) string {
	switch v.Kind {
	case flow.Bool, flow.Number:
		return v.Text
	case flow.String:
		return scalar(v.Text, inFlow, like)
	case flow.List:
		var parts []string
		for _, it := range v.Items {
			parts = append(parts, inline(it, true, flow.Plain))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case flow.Map:
		var parts []string
		for _, f := range v.Fields {
			parts = append(parts, key(f.Key)+": "+inline(f.Value, true, flow.Plain))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return "null"
}

// under writes v as what follows `key:` in a block mapping of column col: on the same line, or on the lines below if it is wide. used is how many
// characters of the line are taken.
func (d *doc) under(v flow.Value, col, used int, like flow.Style) string {
	text := inline(v, false, like)
	if v.Kind != flow.Map && v.Kind != flow.List || len(v.Items)+len(v.Fields) == 0 || used+1+utf8.RuneCountInString(text) <= wide {
		return " " + text
	}
	return d.eol + strings.TrimSuffix(d.lines(v, col+2), d.eol)
}

// lines writes a collection as block lines of that column, each with its line end.
func (d *doc) lines(v flow.Value, col int) string {
	var b strings.Builder
	for _, f := range v.Fields {
		k := key(f.Key) + ":"
		b.WriteString(indent(col) + k + d.under(f.Value, col, col+len(k), flow.Plain) + d.eol)
	}
	for _, it := range v.Items {
		text := inline(it, false, flow.Plain)
		if it.Kind == flow.Map && len(it.Fields) > 0 && col+2+utf8.RuneCountInString(text) > wide {
			text = strings.TrimSuffix(d.lines(it, col+2), d.eol)[col+2:]
		}
		b.WriteString(indent(col) + "- " + text + d.eol)
	}
	return b.String()
}
