package web

import (
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/web/view"
)

// place gives the nodes of a graph their positions.
func place(g *view.Graph, d *flow.Definition) {}
