package diff

import (
	"math/bits"
	"slices"

	"github.com/segno-run/segno/designer/flow"
)

// graph is what can be said of a side's steps without running it: which can start at all, and what has run whenever one starts.
//
// A run sees exactly one outcome of each step: it fails, or it completes; a switch completes by one of its branches, an approval by yes or no. A
// step can start if no two things that it asks for contradict each other.
type graph struct {
	side      *side
	reachable []bool
	ran       []bitset // by step: those that have completed or failed whenever it starts
	done      []bitset // by step: those that have completed whenever it starts
}

type bitset []uint64

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }

func (b bitset) each(f func(i int)) {
	for w, word := range b {
		for ; word != 0; word &= word - 1 {
			f(w*64 + bits.TrailingZeros64(word))
		}
	}
}

// outcomes is a set of one step's outcomes, a bit each.
type outcomes uint64

const (
	failed    outcomes = 1
	completed outcomes = 2
	rejected  outcomes = 4
	branch             = 61 // the last bit that a branch of a switch can have; further ones share it
)

// maxFacts bounds what is remembered of outcomes in one flow; beyond it contradictions are no longer seen.
const maxFacts = 1 << 20

func newGraph(s *side) *graph {
	n := len(s.steps)
	words := (n + 63) / 64
	g := &graph{side: s, reachable: make([]bool, n), ran: make([]bitset, n), done: make([]bitset, n)}
	space := make(bitset, 2*n*words)
	for i := range n {
		g.ran[i], g.done[i] = space[2*i*words:(2*i+1)*words], space[(2*i+1)*words:(2*i+2)*words]
	}
	facts := make([]map[int]outcomes, n)
	total := 0
	for _, i := range g.order() {
		holds := g.start(i, facts)
		if total += len(holds); total <= maxFacts {
			facts[i] = holds
		}
	}
	return g
}

// start says whether step i can start, and what holds then.
func (g *graph) start(i int, facts []map[int]outcomes) map[int]outcomes {
	s := g.side.steps[i]
	if s.def.If != nil && s.def.If.Source == "false" {
		return nil
	}
	var holds map[int]outcomes
	first := true
	for _, e := range s.in {
		from, ok := g.side.index[e.From]
		behind := map[int]outcomes(nil)
		if ok && g.reachable[from] {
			behind = g.behind(from, e.Port, facts)
		}
		if behind == nil { // the edge is never live
			if s.any {
				continue
			}
			return nil
		}
		switch {
		case first:
			holds = behind
		case s.any:
			holds = either(holds, behind)
		default:
			if holds = both(holds, behind); holds == nil {
				return nil
			}
		}
		g.carry(i, from, e.Port, s.any && !first)
		first = false
	}
	if len(s.in) > 0 && first {
		return nil
	}
	g.reachable[i] = true
	return holds
}

// carry adds to what has run before i what has run before and at the end of one edge; with meet only what was known already stays.
func (g *graph) carry(i, from int, port string, meet bool) {
	for _, pass := range []struct {
		set  []bitset
		self bool
	}{{g.ran, true}, {g.done, port != flow.PortError}} {
		mine := pass.set[i]
		for w, word := range pass.set[from] {
			if pass.self && w == from/64 {
				word |= 1 << (from % 64)
			}
			if meet {
				mine[w] &= word
			} else {
				mine[w] |= word
			}
		}
	}
}

// behind is what has come out of which step when an edge is live; nil if it never is.
func (g *graph) behind(from int, port string, facts []map[int]outcomes) map[int]outcomes {
	out := live(g.side.steps[from].def, port)
	if out == 0 {
		return nil
	}
	holds := make(map[int]outcomes, len(facts[from])+1)
	for k, v := range facts[from] {
		holds[k] = v
	}
	holds[from] = out
	return holds
}

// live gives the outcomes for which a port's edges are live; 0 if there is none.
func live(s *flow.Step, port string) outcomes {
	switch {
	case port == flow.PortError:
		return failed
	case s.Kind == flow.Fail:
		return 0
	case s.Kind == flow.Switch:
		return taken(s, port)
	case port == flow.PortRejected:
		return rejected
	}
	return completed
}

// taken gives the outcome of a switch's branch. A branch behind one that is sure to be true is never taken.
func taken(s *flow.Step, port string) outcomes {
	var all outcomes
	for i, b := range s.Switch {
		this := completed << min(i, branch)
		if b.Name == port && port != flow.PortDone {
			return this
		}
		all |= this
		if b.Always || b.When.Source == "true" {
			break
		}
	}
	if port == flow.PortDone {
		return all
	}
	return 0
}

// both is the conjunction; nil if it is a contradiction.
func both(a, b map[int]outcomes) map[int]outcomes {
	for k, v := range b {
		if was, ok := a[k]; ok {
			if v &= was; v == 0 {
				return nil
			}
		}
		a[k] = v
	}
	return a
}

// either keeps what both sides know something about.
func either(a, b map[int]outcomes) map[int]outcomes {
	for k, v := range a {
		if w, ok := b[k]; ok {
			a[k] = v | w
		} else {
			delete(a, k)
		}
	}
	return a
}

// order lists the steps so that each stands behind what it needs; those on or behind a cycle are left out, for they never start.
func (g *graph) order() []int {
	waiting := make([]int, len(g.side.steps))
	next := make([][]int, len(g.side.steps))
	var ready []int
	for i, s := range g.side.steps {
		for _, e := range s.in {
			if from, ok := g.side.index[e.From]; ok {
				waiting[i]++
				next[from] = append(next[from], i)
			}
		}
		if waiting[i] == 0 {
			ready = append(ready, i)
		}
	}
	for at := 0; at < len(ready); at++ {
		for _, to := range next[ready[at]] {
			if waiting[to]--; waiting[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	return slices.Clip(ready)
}
