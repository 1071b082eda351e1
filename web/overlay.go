package web

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/diff"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/layout"
	"github.com/segno-run/segno/web/view"
)

// compared is two texts of a flow with what became of the one in the other.
type compared struct {
	from, to diffSide
	meant    *diff.Diff
	overlay  diff.Overlay
	changes  []view.DiffChange
}

func compare(from, to diffSide) *compared {
	d := meant(from, to)
	c := &compared{from: from, to: to, meant: d, overlay: d.Overlay(from.def, to.def), changes: []view.DiffChange{}}
	was, is := newLinesOf(from), newLinesOf(to)
	for _, l := range d.Lines() {
		one := view.DiffChange{ID: l.ID, Sign: l.Sign, Text: l.Text, Below: l.Below, Step: l.Step}
		switch {
		case l.Edge != nil:
			one.Edge = l.Edge.From + "." + l.Edge.Port + ">" + l.Edge.To
			one.Old, one.New = was.step(c.was(l.Edge.To), "needs"), is.step(l.Edge.To, "needs")
			if l.Sign == "+" {
				one.Old = 0
			}
		case l.Step != "" && l.Sign == "!":
			one.New = is.step(l.Step, "needs")
		case l.Step != "":
			one.Old, one.New = was.step(c.was(l.Step), l.Path), is.step(l.Step, l.Path)
		default:
			path := cmp.Or(l.Path, "output")
			one.Old, one.New = was.at(strings.Split(path, ".")...), is.at(strings.Split(path, ".")...)
		}
		c.changes = append(c.changes, one)
	}
	return c
}

// was is the old name of a step.
func (c *compared) was(step string) string { return cmp.Or(c.overlay.Was[step], step) }

// linesOf finds the lines of one text. Nil finds none.
type linesOf struct{ tree *flow.Tree }

func newLinesOf(s diffSide) linesOf {
	tree, _ := flow.ParseTree(s.text)
	return linesOf{tree}
}

// step is the line of a step's field, or of the nearest part of the path to it that is written: 0 if the step is not there.
func (l linesOf) step(name, path string) int {
	return l.at(append([]string{"steps", name}, strings.Split(path, ".")...)...)
}

// at is the line of the last key of a path that is written, which a step's name must be. Parts are keys, with or without an index behind.
func (l linesOf) at(path ...string) int {
	if l.tree == nil || l.tree.Root == nil {
		return 0
	}
	node, line := l.tree.Root, 0
	for i, key := range path {
		key, _, _ = strings.Cut(key, "[")
		e := node.Entry(key)
		if e == nil {
			if i < 2 && path[0] == "steps" {
				return 0
			}
			return line
		}
		if node, line = e.Value, l.tree.Pos(e.Key.Start).Line; node == nil {
			return line
		}
	}
	return line
}

// graph is both sides as the diff page draws them.
func (c *compared) graph() view.Graph {
	g := graphOf(c.overlay.Def, nil, false)
	was, is := map[string][]byte{}, map[string][]byte{}
	if c.from.def != nil {
		was = specs(c.from.text)
	}
	if c.to.def != nil {
		is = specs(c.to.text)
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		n.Mark, n.Was = c.overlay.Steps[n.ID], c.overlay.Was[n.ID]
		switch flow.Kind(n.Kind) {
		case flow.Set, flow.Wait, flow.Approval, flow.Fail, flow.Signal: // of the others the node says what they do
			if n.Spec = is[n.ID]; n.Mark == "-" {
				n.Spec = was[n.ID]
			}
		}
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		e.Mark = c.overlay.Edges[diff.Edge{From: e.From, Port: cmp.Or(e.Port, flow.PortDone), To: e.To}]
	}
	return g
}

// markNames are the classes by which a drawing marks what differs.
var markNames = map[string]string{"+": "mark-added", "-": "mark-removed", "~": "mark-changed", "!": "mark-reach"}

// svg draws both sides with the names of their steps; "" if they are too large for a page. focus is the change that stands out, or nil.
func (c *compared) svg(focus *view.DiffChange) string {
	d := c.overlay.Def
	if d == nil || len(d.Steps) == 0 || parts(d) > drawnParts(true) {
		return ""
	}
	edge := func(e layout.Edge) string {
		return c.overlay.Edges[diff.Edge{From: e.From, Port: cmp.Or(e.Port, flow.PortDone), To: e.To}]
	}
	drawn := layout.Layout(layout.FromFlow(d))
	return string(layout.SVG(d, layout.SVGOptions{
		Class: "flow-graph flow-overlay", Labels: true, Width: int(drawn.Width), Height: int(drawn.Height),
		Mark: func(step string) string {
			class := markNames[c.overlay.Steps[step]]
			if focus != nil && focus.Step == step {
				class += " focus"
			}
			return strings.TrimSpace(class)
		},
		MarkEdge: func(e layout.Edge) string {
			class := markNames[edge(e)]
			if focus != nil && focus.Edge == e.From+"."+cmp.Or(e.Port, flow.PortDone)+">"+e.To {
				class += " focus"
			}
			return strings.TrimSpace(class)
		},
		Sign:     func(step string) string { return glyph(c.overlay.Steps[step]) },
		SignEdge: func(e layout.Edge) string { return glyph(edge(e)) },
	}))
}

// glyph writes a sign as it is shown: a minus as wide as a plus.
func glyph(sign string) string {
	if sign == "-" {
		return "−"
	}
	return sign
}

// which names a side of a diff in an address: a version's number, or "draft".
func which(version int) string {
	if version == 0 {
		return "draft"
	}
	return strconv.Itoa(version)
}
