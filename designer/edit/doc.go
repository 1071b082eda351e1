package edit

import (
	"bytes"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/suggest"
)

// doc is a text under edit. Every splice reads it anew, so that nodes always tell where things stand now.
type doc struct {
	src    []byte
	tree   *flow.Tree
	def    *flow.Definition
	faults int    // what the scanner refused in the text; an edit may not add to it
	eol    string // how lines end in this text

	loose bool   // edges that are set as a whole may lead anywhere
	batch *[]cut // if set, splice gathers cuts instead of making them
}

// cut replaces src[from:to] by text.
type cut struct {
	from, to int
	text     string
}

func open(src []byte) (*doc, *Error) {
	d := &doc{eol: "\n"}
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		d.eol = "\r\n"
	}
	if issues := d.read(src); d.tree == nil {
		return nil, refuse(InvalidYAML, "line %d: %s", issues[0].Line, issues[0].Message)
	} else if d.tree.Root == nil || d.tree.Root.Kind != flow.MappingNode {
		return nil, refuse(InvalidYAML, "the text is not a flow: it must be a mapping with `name` and `steps`")
	} else {
		d.faults = len(issues)
	}
	return d, nil
}

// read takes src as the text. It leaves the tree nil if src is not YAML.
func (d *doc) read(src []byte) flow.Issues {
	tree, issues := flow.ParseTree(src)
	d.src, d.tree = src, tree
	if tree != nil {
		d.def, _ = flow.ParseFlow(tree, nil)
	}
	return issues
}

// splice makes the cuts, which must not overlap, and reads the result. A result that is less readable than before is refused.
func (d *doc) splice(cuts ...cut) *Error {
	if d.batch != nil {
		*d.batch = append(*d.batch, cuts...)
		return nil
	}
	slices.SortStableFunc(cuts, func(a, b cut) int { return a.from - b.from })
	var out bytes.Buffer
	at := 0
	for _, c := range cuts {
		if c.from < at || c.to < c.from || c.to > len(d.src) {
			return refuse(NotPossible, "the text is written in a way that this operation can't change")
		}
		out.Write(d.src[at:c.from])
		out.WriteString(c.text)
		at = c.to
	}
	out.Write(d.src[at:])
	before := *d
	if issues := d.read(out.Bytes()); d.tree == nil || len(issues) > d.faults || d.tree.Root == nil {
		line, message := 1, "the result is empty"
		if len(issues) > 0 {
			line, message = issues[0].Line, issues[0].Message
		}
		*d = before
		return refuse(NotPossible, "the result would not be readable: line %d: %s", line, message)
	}
	return nil
}

func (d *doc) lineStart(at int) int { return bytes.LastIndexByte(d.src[:at], '\n') + 1 }

// lineEnd is where the line end begins of the line that holds at.
func (d *doc) lineEnd(at int) int {
	i := bytes.IndexByte(d.src[at:], '\n')
	if i < 0 {
		return len(d.src)
	}
	if i > 0 && d.src[at+i-1] == '\r' {
		i--
	}
	return at + i
}

// nextLine is where the line after the one that holds at begins.
func (d *doc) nextLine(at int) int {
	i := bytes.IndexByte(d.src[at:], '\n')
	if i < 0 {
		return len(d.src)
	}
	return at + i + 1
}

func (d *doc) column(at int) int { return at - d.lineStart(at) }

// blank reports whether there is nothing but blanks and line ends.
func blank(b []byte) bool { return len(bytes.TrimLeft(b, " \t\r\n")) == 0 }

// blockEnd is the start of the line after a block entry of that column whose value ends at end. Comments right below that are indented deeper than
// the entry belong to it.
func (d *doc) blockEnd(end, col int) int {
	at := d.nextLine(end)
	for at < len(d.src) {
		text := bytes.TrimLeft(d.src[at:d.lineEnd(at)], " ")
		if len(text) == 0 || text[0] != '#' || d.lineEnd(at)-at-len(text) <= col {
			break
		}
		at = d.nextLine(at)
	}
	return at
}

func indent(n int) string { return strings.Repeat(" ", n) }

// step finds the entry of a step.
func (d *doc) step(name string) (*flow.Entry, *Error) {
	steps := d.tree.Root.Get("steps")
	if steps != nil && steps.Kind == flow.MappingNode {
		if e := steps.Entry(name); e != nil {
			return e, nil
		}
	}
	var names []string
	for _, s := range d.def.Steps {
		names = append(names, s.Name)
	}
	if near := suggest.Nearest(name, names); near != "" {
		return nil, refuse(UnknownStep, "there is no step `%s`; did you mean `%s`?", name, near)
	}
	return nil, refuse(UnknownStep, "there is no step `%s`", name)
}
