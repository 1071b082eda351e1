package web

import (
	"fmt"
	"math"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/layout"
	"github.com/segno-run/segno/web/view"
)

// place gives the nodes of a graph their positions, and the edges the places at which they arrive.
func place(g *view.Graph, d *flow.Definition) {
	drawn := layout.Layout(layout.FromFlow(d))
	g.Width, g.Height = drawn.Width, drawn.Height
	at := make(map[string]layout.Node, len(drawn.Nodes))
	for _, n := range drawn.Nodes {
		at[n.ID] = n
	}
	for i := range g.Nodes {
		n := at[g.Nodes[i].ID]
		g.Nodes[i].X, g.Nodes[i].Y, g.Nodes[i].W, g.Nodes[i].H = n.X, n.Y, n.W, n.H
	}
	enter := make(map[[3]string]float64, len(drawn.Edges))
	for _, e := range drawn.Edges {
		enter[[3]string{e.From, e.Port, e.To}] = e.Enter
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		e.Enter = enter[[3]string{e.From, e.Port, e.To}]
	}
}

// thumbnail draws a definition as SVG, in its natural size or smaller; "" without one.
func thumbnail(d *flow.Definition, labels bool) string {
	if d == nil || len(d.Steps) == 0 {
		return ""
	}
	if most := drawnParts(labels); parts(d) > most {
		if !labels {
			return ""
		}
		return fmt.Sprintf("<p>A graph of %d steps is drawn on the canvas only.</p>", len(d.Steps))
	}
	// With names they are no larger than on the canvas. Without, boxes are as large as those of the neighbours in a list, but for a flow of a step or two,
	// which would be a speck: it takes the room that a larger one has, at no more than half its size.
	drawn := layout.Layout(layout.FromFlow(d))
	scale := 1.0
	if !labels {
		scale = max(0.3, min(0.5, 96/drawn.Height, 200/drawn.Width))
	}
	return string(layout.SVG(d, layout.SVGOptions{Width: int(math.Ceil(drawn.Width * scale)), Height: int(math.Ceil(drawn.Height * scale)), Labels: labels}))
}

// markedGraph draws a definition with the names of its steps, some of them marked with a class; "" if it is too large for a page.
func markedGraph(d *flow.Definition, mark func(step string) string) string {
	if len(d.Steps) == 0 || parts(d) > drawnParts(false) {
		return ""
	}
	return string(layout.SVG(d, layout.SVGOptions{Labels: true, Mark: mark}))
}

// drawnParts is how many steps and edges are drawn on a page beside other things: each takes some 200 bytes, a small drawing is one of many in a
// list, and beyond a few hundred nobody can tell them apart there.
func drawnParts(labels bool) int {
	if labels {
		return 5000
	}
	return 500
}

// parts counts steps and edges.
func parts(d *flow.Definition) int {
	n := len(d.Steps)
	for i := range d.Steps {
		n += len(d.Steps[i].Needs.Edges)
	}
	return n
}
