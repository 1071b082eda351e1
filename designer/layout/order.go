package layout

import (
	"cmp"
	"slices"
)

// sweeps is how often the layers are ordered anew from above and from below. Drawings rarely get better after the eighth.
const sweeps = 12

// order finds an order within each layer with few crossings: it starts from a walk in the order of the graph, sorts by barycentre downwards and
// upwards, and keeps the best it saw.
func (n *net) order() {
	last := 0
	for i := range n.vs {
		last = max(last, n.vs[i].layer)
	}
	n.layers = make([][]int, last+1)
	seen := make([]bool, len(n.vs))
	for root := range n.real {
		if len(n.vs[root].up) > 0 || seen[root] {
			continue
		}
		for stack := []int{root}; len(stack) > 0; {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[v] {
				continue
			}
			seen[v] = true
			n.layers[n.vs[v].layer] = append(n.layers[n.vs[v].layer], v)
			for _, to := range slices.Backward(n.vs[v].down) {
				stack = append(stack, to)
			}
		}
	}
	for v := range n.vs { // what no root reaches: nothing, but a drawing must hold every node
		if !seen[v] {
			n.layers[n.vs[v].layer] = append(n.layers[n.vs[v].layer], v)
		}
	}
	at := make([]int, len(n.vs))
	n.number(at)
	best, fewest := clone(n.layers), n.crossings(at)
	for i := 0; i < sweeps && fewest > 0; i++ {
		if i%2 == 0 {
			for _, layer := range n.layers {
				n.sortLayer(layer, at, true)
			}
		} else {
			for _, layer := range slices.Backward(n.layers) {
				n.sortLayer(layer, at, false)
			}
		}
		if c := n.crossings(at); c < fewest {
			best, fewest = clone(n.layers), c
		}
	}
	n.layers = best
}

func clone(layers [][]int) [][]int {
	out := make([][]int, len(layers))
	for i, l := range layers {
		out[i] = slices.Clone(l)
	}
	return out
}

// number writes the place of each vertex in its layer into at.
func (n *net) number(at []int) {
	for _, layer := range n.layers {
		for i, v := range layer {
			at[v] = i
		}
	}
}

// sortLayer sorts one layer by the mean place of the neighbours above or below. A vertex without any stays where it is, and the order that was there
// decides between equals.
func (n *net) sortLayer(layer []int, at []int, above bool) {
	type placed struct {
		v    int
		mean float64
	}
	ps := make([]placed, len(layer))
	for i, v := range layer {
		near := n.vs[v].down
		if above {
			near = n.vs[v].up
		}
		ps[i] = placed{v, float64(i)}
		if len(near) > 0 {
			sum := 0
			for _, u := range near {
				sum += at[u]
			}
			ps[i].mean = float64(sum) / float64(len(near))
		}
	}
	slices.SortStableFunc(ps, func(a, b placed) int { return cmp.Compare(a.mean, b.mean) })
	for i, p := range ps {
		layer[i] = p.v
		at[p.v] = i
	}
}

// crossings counts the pairs of edges that cross, layer by layer, with a tree of counts: edges times the logarithm of the width.
func (n *net) crossings(at []int) int {
	total := 0
	for i := 0; i+1 < len(n.layers); i++ {
		below := len(n.layers[i+1])
		tree := make([]int, below+1)
		count := 0
		var ends []int
		for _, v := range n.layers[i] {
			ends = ends[:0]
			for _, u := range n.vs[v].down {
				ends = append(ends, at[u])
			}
			for _, e := range ends {
				total += count
				for j := e + 1; j > 0; j -= j & -j {
					total -= tree[j]
				}
			}
			for _, e := range ends {
				count++
				for j := e + 1; j <= below; j += j & -j {
					tree[j]++
				}
			}
		}
	}
	return total
}
