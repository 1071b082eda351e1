package layout

import "math"

// passes is how often each layer is placed by its neighbours, alternately from above and from below.
const passes = 16

// place gives each vertex its x: as near to the mean of its neighbours as the order and the gaps of its layer allow.
func (n *net) place() {
	for _, layer := range n.layers {
		x := 0.0
		for _, v := range layer {
			n.vs[v].x = x
			x += n.vs[v].width() + GapX
		}
		for _, v := range layer { // in the middle, so that the first pass has something to start from
			n.vs[v].x -= (x - GapX) / 2
		}
	}
	for pass := range passes {
		if pass%2 == 0 {
			for i := 1; i < len(n.layers); i++ {
				n.settle(n.layers[i], true)
			}
		} else {
			for i := len(n.layers) - 2; i >= 0; i-- {
				n.settle(n.layers[i], false)
			}
		}
	}
	for _, layer := range n.layers { // whole pixels, with the gaps kept
		for i, v := range layer {
			x := math.Round(n.vs[v].x)
			if i > 0 {
				before := &n.vs[layer[i-1]]
				x = max(x, before.x+before.width()+GapX)
			}
			n.vs[v].x = x
		}
	}
}

// block is a run of neighbours that touch; they move as one to the mean of what each wishes.
type block struct {
	first, last int     // places in the layer
	weight, sum float64 // of the wishes for the place of the first
}

// settle places one layer: the least squares of the distances to the wishes under the gaps, by pooling neighbours that would overlap.
func (n *net) settle(layer []int, above bool) {
	offset := make([]float64, len(layer)) // of each place from the first, if all touch
	blocks := make([]block, 0, len(layer))
	for i, v := range layer {
		if i > 0 {
			offset[i] = offset[i-1] + n.vs[layer[i-1]].width() + GapX
		}
		wish, weight := n.wish(v, above)
		blocks = append(blocks, block{i, i, weight, weight * (wish - offset[i])})
		for k := len(blocks) - 1; k > 0; k-- {
			a, b := &blocks[k-1], &blocks[k]
			if a.sum/a.weight <= b.sum/b.weight {
				break
			}
			a.last, a.weight, a.sum = b.last, a.weight+b.weight, a.sum+b.sum
			blocks = blocks[:k]
		}
	}
	for _, b := range blocks {
		x := b.sum / b.weight
		for i := b.first; i <= b.last; i++ {
			n.vs[layer[i]].x = x + offset[i]
		}
	}
}

// wish is where v would like to stand by its neighbours on one side, and how much that counts. The way of a long edge should be straight, so a dummy
// beside a dummy counts more.
func (n *net) wish(v int, above bool) (x, weight float64) {
	w := &n.vs[v]
	near := w.down
	if above {
		near = w.up
	}
	if len(near) == 0 {
		return w.x, 0.1
	}
	sum := 0.0
	for _, u := range near {
		sum += n.vs[u].x + n.vs[u].width()/2
	}
	weight = float64(len(near))
	if w.dummy && n.vs[near[0]].dummy {
		weight = 4
	}
	return sum/float64(len(near)) - w.width()/2, weight
}
