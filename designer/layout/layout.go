// Package layout owns where the steps of a flow stand: one deterministic layered drawing from top to bottom, and a small picture of it as SVG.
//
// It follows Sugiyama, Tagawa and Toda (1981): layers by longest path, dummy nodes for edges that cross layers, order within a layer by barycentres,
// and then coordinates. The same graph in the same order gives the same drawing on every machine. It knows names and edges, no meaning.
package layout

import (
	"github.com/segno-run/segno/designer/flow"
)

// The measures of a drawing, in CSS pixels.
const (
	NodeWidth  = 248
	NodeHeight = 72
	GapX       = 48 // between neighbours of a layer
	GapY       = 64 // between layers
)

// Edge leads from a port of one node to another node. Points are where its way
// enters and leaves the layers that it passes; most edges pass none. Enter is
// how far right of the middle of its target's upper side it arrives: 0 unless
// others arrive there too.
type Edge struct {
	From   string  `json:"from"`
	Port   string  `json:"port"`
	To     string  `json:"to"`
	Points []Point `json:"points,omitempty"`
	Enter  float64 `json:"enter,omitempty"`

	exit float64 // how far right of the middle of its source it leaves it
}

// Point is a place of the drawing.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Graph is what is to be drawn. The order of the nodes decides where nothing else does.
type Graph struct {
	Nodes []string
	Edges []Edge
}

// Node is where a node stands: X and Y are its upper left corner.
type Node struct {
	ID string  `json:"id"`
	X  float64 `json:"x"`
	Y  float64 `json:"y"`
	W  float64 `json:"w"`
	H  float64 `json:"h"`
}

// Result is a drawing. Nodes and Edges are in the order of the Graph; edges from or to a node that is not there are left out. The upper left corner
// is 0, 0.
type Result struct {
	Nodes  []Node  `json:"nodes"`
	Edges  []Edge  `json:"edges"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// FromFlow gives the steps of d and the edges that their needs draw. Of steps with one name only the first counts.
func FromFlow(d *flow.Definition) Graph {
	var g Graph
	leaves := exits(d)
	for _, s := range d.Steps {
		g.Nodes = append(g.Nodes, s.Name)
		for _, e := range s.Needs.Edges {
			g.Edges = append(g.Edges, Edge{From: e.Step, Port: e.Port, To: s.Name, exit: leaves[e.Step][e.Port]})
		}
	}
	return g
}

// Layout draws g. A graph with cycles, as a draft may have, is drawn as if the edges that close them led upwards. It takes time about linear in the
// size of the drawing; nodes never overlap.
func Layout(g Graph) Result {
	n := newNet(g)
	n.layer()
	n.split()
	n.order()
	n.place()
	return n.result(g)
}
