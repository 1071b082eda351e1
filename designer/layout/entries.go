package layout

import (
	"cmp"
	"math"
	"slices"

	"github.com/segno-run/segno/designer/flow"
)

// The measures of the upper side of a node: how far edges arrive from each other, and how much of the side they may take.
const (
	entryGap  = 20
	entrySpan = NodeWidth - 64
)

// enter gives each edge the place at which it arrives on the upper side of its target, so that no two end as one line. They stand in the order in which
// they come from left and right, so that they need not cross; one that comes straight from above keeps the middle.
func (n *net) enter(edges []Edge) {
	into := make([][]int, n.real) // by target: its edges
	for i, a := range n.arcs {
		from, to := a.from, a.to
		if a.turned {
			from, to = to, from
		}
		if from != to {
			into[to] = append(into[to], i)
		}
	}
	for v, own := range into {
		if len(own) < 2 {
			continue
		}
		middle := n.vs[v].x + NodeWidth/2
		slices.SortStableFunc(own, func(i, j int) int { return cmp.Compare(n.comes(i, edges[i].exit), n.comes(j, edges[j].exit)) })
		straight := -1 // the edge that comes straight from above, if one does
		for k, i := range own {
			if math.Abs(n.comes(i, edges[i].exit)-middle) < 1 {
				straight = k
				break
			}
		}
		// Between the edges there is the same room; with one in the middle, so many stand on its fuller side.
		most := float64(len(own)-1) / 2
		at := func(k int) float64 { return float64(k) - most }
		if straight >= 0 {
			most = float64(max(straight, len(own)-1-straight))
			at = func(k int) float64 { return float64(k - straight) }
		}
		gap := min(entryGap, entrySpan/2/most)
		for k, i := range own {
			edges[i].Enter = math.Round(at(k)*gap*10) / 10
		}
	}
}

// comes is the x from which an edge comes down to its target: that of its last bend, or of where it leaves its source.
func (n *net) comes(i int, exit float64) float64 {
	a := n.arcs[i]
	if len(a.via) > 0 {
		last := a.via[len(a.via)-1]
		if a.turned {
			last = a.via[0]
		}
		// Edges of one node may share their way down; what leaves it further to the right stays there.
		return n.vs[last].x + dummyWidth/2 + exit/NodeWidth/10
	}
	from := a.from
	if a.turned {
		from = a.to
	}
	return n.vs[from].x + NodeWidth/2 + exit
}

// exits are where the edges of the steps leave them, by step and port, as far right of the middle: `error` on the right side, the others spread along the
// lower one. Ports that are not there leave in the middle.
func exits(d *flow.Definition) map[string]map[string]float64 {
	plain := map[string]bool{} // steps whose `done` is needed
	for i := range d.Steps {
		for _, e := range d.Steps[i].Needs.Edges {
			plain[e.Step] = plain[e.Step] || e.Port == flow.PortDone
		}
	}
	out := make(map[string]map[string]float64, len(d.Steps))
	for i := range d.Steps {
		s := &d.Steps[i]
		if out[s.Name] != nil {
			continue
		}
		var below []string
		if plain[s.Name] {
			below = append(below, flow.PortDone)
		}
		switch s.Kind {
		case flow.Switch:
			for _, b := range s.Switch {
				below = append(below, b.Name)
			}
		case flow.Approval:
			below = append(below, flow.PortApproved, flow.PortRejected)
		}
		out[s.Name] = map[string]float64{flow.PortError: NodeWidth / 2}
		for k, port := range below {
			out[s.Name][port] = (float64(k+1)/float64(len(below)+1) - 0.5) * NodeWidth
		}
	}
	return out
}
