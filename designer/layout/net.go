package layout

import (
	"cmp"
	"slices"
)

// maxDummies bounds the dummy nodes. Beyond it the longest edges are drawn straight: a graph so dense is a thicket either way.
const maxDummies = 20000

// vertex is a node of the graph, or a dummy where an edge passes a layer.
type vertex struct {
	layer int
	dummy bool
	up    []int // neighbours in the layer above
	down  []int // neighbours in the layer below
	x     float64
}

func (v *vertex) width() float64 {
	if v.dummy {
		return dummyWidth
	}
	return NodeWidth
}

const dummyWidth = 24

// arc is an edge of the graph between vertices, turned downwards if it closed a cycle.
type arc struct {
	from, to int
	turned   bool
	via      []int // its dummies, from the top
}

type net struct {
	vs     []vertex
	real   int      // the first of vs are the nodes of the graph
	names  []string // of those
	arcs   []arc    // one for each edge of the graph that is drawn
	edges  []int    // the index in the graph of each arc's edge
	layers [][]int
}

func newNet(g Graph) *net {
	n := &net{}
	index := make(map[string]int, len(g.Nodes))
	for _, name := range g.Nodes {
		if _, dup := index[name]; !dup {
			index[name] = len(n.names)
			n.names = append(n.names, name)
		}
	}
	n.real = len(n.names)
	n.vs = make([]vertex, n.real)
	for i, e := range g.Edges {
		from, ok := index[e.From]
		to, good := index[e.To]
		if ok && good {
			n.arcs = append(n.arcs, arc{from: from, to: to})
			n.edges = append(n.edges, i)
		}
	}
	n.turnCycles()
	return n
}

// turnCycles turns the edges round that close a cycle in a depth-first walk in the order of the nodes. The walk keeps its own stack, so that a long
// chain costs no recursion.
func (n *net) turnCycles() {
	out := make([][]int, n.real)
	for i, a := range n.arcs {
		out[a.from] = append(out[a.from], i)
	}
	const fresh, open, done = 0, 1, 2
	state := make([]int, n.real)
	next := make([]int, n.real)
	for root := range n.real {
		if state[root] != fresh {
			continue
		}
		state[root] = open
		for stack := []int{root}; len(stack) > 0; {
			v := stack[len(stack)-1]
			if next[v] == len(out[v]) {
				state[v] = done
				stack = stack[:len(stack)-1]
				continue
			}
			a := &n.arcs[out[v][next[v]]]
			next[v]++
			switch to := a.to; state[to] {
			case open:
				a.from, a.to, a.turned = to, v, true
			case fresh:
				state[to] = open
				stack = append(stack, to)
			}
		}
	}
}

// layer puts each node one below the lowest that it follows, then pulls nodes that follow nothing down to what follows them.
func (n *net) layer() {
	waiting := make([]int, n.real)
	out := make([][]int, n.real)
	for _, a := range n.arcs {
		if a.from != a.to {
			waiting[a.to]++
			out[a.from] = append(out[a.from], a.to)
		}
	}
	roots := make([]bool, n.real)
	var queue []int
	for v := range n.real {
		if waiting[v] == 0 {
			roots[v] = true
			queue = append(queue, v)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, to := range out[queue[0]] {
			n.vs[to].layer = max(n.vs[to].layer, n.vs[queue[0]].layer+1)
			if waiting[to]--; waiting[to] == 0 {
				queue = append(queue, to)
			}
		}
	}
	for v := range n.real {
		if roots[v] && len(out[v]) > 0 {
			lowest := n.vs[out[v][0]].layer
			for _, to := range out[v] {
				lowest = min(lowest, n.vs[to].layer)
			}
			n.vs[v].layer = lowest - 1
		}
	}
}

// split puts a dummy into each layer that an edge passes. Edges from one node share theirs as far as they go the same way down.
func (n *net) split() {
	order := make([]int, len(n.arcs))
	for i := range order {
		order[i] = i
	}
	span := func(i int) int { return n.vs[n.arcs[i].to].layer - n.vs[n.arcs[i].from].layer }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(span(a), span(b)) })
	chains := map[int][]int{} // by the upper end: its dummies, from the top
	linked := map[[2]int]bool{}
	link := func(from, to int) {
		if from != to && !linked[[2]int{from, to}] {
			linked[[2]int{from, to}] = true
			n.vs[from].down = append(n.vs[from].down, to)
			n.vs[to].up = append(n.vs[to].up, from)
		}
	}
	dummies := 0
	for _, i := range order {
		a := &n.arcs[i]
		need := span(i) - 1
		if need < 0 {
			continue // an edge to itself
		}
		chain := chains[a.from]
		if dummies+need-len(chain) > maxDummies {
			continue
		}
		for len(chain) < need {
			v := len(n.vs)
			n.vs = append(n.vs, vertex{layer: n.vs[a.from].layer + len(chain) + 1, dummy: true})
			above := a.from
			if len(chain) > 0 {
				above = chain[len(chain)-1]
			}
			link(above, v)
			chain = append(chain, v)
			dummies++
		}
		chains[a.from] = chain
		above := a.from
		if need > 0 {
			above = chain[need-1]
		}
		link(above, a.to)
		a.via = chain[:need:need]
	}
}

// result reads the drawing off the vertices.
func (n *net) result(g Graph) Result {
	r := Result{Nodes: make([]Node, 0, n.real), Edges: make([]Edge, 0, len(n.arcs))}
	left := 0.0
	for i := range n.vs {
		left = min(left, n.vs[i].x)
	}
	for i := range n.real {
		v := &n.vs[i]
		node := Node{ID: n.names[i], X: v.x - left, Y: float64(v.layer * (NodeHeight + GapY)), W: NodeWidth, H: NodeHeight}
		r.Nodes = append(r.Nodes, node)
		r.Height = max(r.Height, node.Y+node.H)
	}
	for i := range n.vs {
		r.Width = max(r.Width, n.vs[i].x-left+n.vs[i].width())
	}
	for i, a := range n.arcs {
		e := g.Edges[n.edges[i]]
		e.Points = nil
		for _, v := range a.via {
			d := &n.vs[v]
			x, y := d.x-left+dummyWidth/2, float64(d.layer*(NodeHeight+GapY))
			e.Points = append(e.Points, Point{x, y}, Point{x, y + NodeHeight})
		}
		if a.turned {
			slices.Reverse(e.Points)
		}
		r.Edges = append(r.Edges, e)
	}
	n.enter(r.Edges)
	return r
}
