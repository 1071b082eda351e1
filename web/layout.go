package web

import (
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

// thumbnail draws a definition as SVG; "" without one.
func thumbnail(d *flow.Definition, labels bool) string {
	if d == nil || len(d.Steps) == 0 {
		return ""
	}
	return string(layout.SVG(d, layout.SVGOptions{Labels: labels}))
}
