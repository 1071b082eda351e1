package web

import (
	"math"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/layout"
	"github.com/segno-run/segno/web/view"
)

// place gives the nodes of a graph their positions.
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
}

// thumbnail draws a definition as SVG, in its natural size or smaller; "" without one.
func thumbnail(d *flow.Definition, labels bool) string {
	if d == nil || len(d.Steps) == 0 {
		return ""
	}
	// A small flow is not blown up: its boxes are as large as those of its neighbours in a list, and with names no larger than on the canvas.
	scale := 0.3
	if labels {
		scale = 1
	}
	drawn := layout.Layout(layout.FromFlow(d))
	return string(layout.SVG(d, layout.SVGOptions{Width: int(math.Ceil(drawn.Width * scale)), Height: int(math.Ceil(drawn.Height * scale)), Labels: labels}))
}
