package check

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// Ports lists every port of a step: done, error, then a switch's branches in written order, or an approval's approved and rejected. A fail step
// never completes, so it has only error.
func Ports(s *flow.Step) []string {
	switch s.Kind {
	case flow.Fail:
		return []string{flow.PortError}
	case flow.Approval:
		return []string{flow.PortDone, flow.PortError, flow.PortApproved, flow.PortRejected}
	}
	ports := []string{flow.PortDone, flow.PortError}
	if s.Kind == flow.Switch {
		for _, b := range s.Switch {
			ports = append(ports, b.Name)
		}
	}
	return ports
}

// Ancestors lists the steps that the named one needs, directly or not, in written order: those whose output its expressions may read. A cycle makes
// a step its own ancestor. An unknown step has none.
func Ancestors(d *flow.Definition, step string) []string {
	index := make(map[string]int, len(d.Steps))
	for i := range d.Steps {
		index[d.Steps[i].Name] = i
	}
	start, ok := index[step]
	if !ok {
		return nil
	}
	seen := make([]bool, len(d.Steps))
	queue := []int{start}
	for len(queue) > 0 {
		i := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, e := range d.Steps[i].Needs.Edges {
			if from, ok := index[e.Step]; ok && !seen[from] {
				seen[from] = true
				queue = append(queue, from)
			}
		}
	}
	var names []string
	for i, is := range seen {
		if is {
			names = append(names, d.Steps[i].Name)
		}
	}
	return names
}

// bitset is a set of step indices.
type bitset []uint64

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) union(c bitset) {
	for i, w := range c {
		b[i] |= w
	}
}

func (b bitset) each(f func(i int)) {
	for w, word := range b {
		for word != 0 {
			f(w*64 + bits.TrailingZeros64(word))
			word &= word - 1
		}
	}
}

// connect resolves every `needs`.
func (k *compiler) connect() {
	n := len(k.steps)
	k.vague = make([]bool, n)
	k.wired = make([]portSet, n)
	for i := range k.d.Steps {
		s := &k.d.Steps[i]
		if k.brokenNeeds[s.Name] {
			k.vague[i] = true
		}
		for j, e := range s.Needs.Edges {
			k.edge(i, e, edgeField(s, j))
		}
	}
	for _, s := range k.steps {
		slices.SortStableFunc(s.Out, func(a, b Edge) int {
			if a.To != b.To {
				return a.To - b.To
			}
			return strings.Compare(a.Port, b.Port)
		})
	}
}

func (k *compiler) edge(to int, e flow.Edge, field string) {
	name := k.d.Steps[to].Name
	fail := func(hint, format string, args ...any) *flow.Issue {
		k.vague[to] = true
		return k.report(flow.Error, e.Pos, name, field, hint, format, args...)
	}
	from, ok := k.index[e.Step]
	if !ok {
		hint := k.didYouMean(e.Step, k.names)
		if hint == "" && e.Step == "" {
			hint = "name a step"
		}
		is := fail(hint, "there is no step `%s`", e.Step)
		near := k.nearest(e.Step, k.names)
		k.mend(is, e.Pos, e.Step, near, use(near))
		return
	}
	source, port := k.steps[from], e.Port
	if port == "" {
		port = flow.PortDone
	}
	if from == to {
		fail("remove it", "the step needs itself")
		return
	}
	if !slices.Contains(source.Ports, port) {
		switch {
		case source.Kind == flow.Fail:
			fail("remove it", "`%s` is a `fail` step: it never completes, so nothing can follow it", e.Step)
		case k.broken[e.Step]: // its ports are not all known
			k.vague[to] = true
		default:
			is := fail(k.didYouMean(port, source.Ports), "`%s` has no port `%s`; it has %s", e.Step, port, listed(source.Ports))
			near := k.nearest(port, source.Ports)
			k.mend(is, e.Pos, edgeName(e.Step, port), edgeName(e.Step, near), use(edgeName(e.Step, near)))
			if near == "" {
				is.Fix = flow.Fix{}
			}
		}
		return
	}
	for _, other := range k.steps[to].In {
		if other.From != from {
			continue
		}
		if other.Port == port {
			k.report(flow.Error, e.Pos, name, field, "remove it", "`%s` is needed twice", edgeName(e.Step, port))
			return
		}
		if source.Kind == flow.Approval && approves(port) && approves(other.Port) {
			k.report(flow.Warning, e.Pos, name, field, "remove one", "`%s` and `%s` mean the same", edgeName(e.Step, other.Port), edgeName(e.Step, port))
		}
	}
	edge := Edge{From: from, Port: port, To: to}
	k.steps[to].In = append(k.steps[to].In, edge)
	source.Out = append(source.Out, edge)
	if k.wired[from] == nil {
		k.wired[from] = portSet{}
	}
	k.wired[from][port] = true
}

// edgeField is the place of the j-th edge in the step, the way the parser counts.
func edgeField(s *flow.Step, j int) string {
	path := "needs"
	if s.Needs.Any {
		path = "needs.any"
	}
	if f := path + "[" + strconv.Itoa(j) + "]"; s.Positions[f] == s.Needs.Edges[j].Pos {
		return f
	}
	for f, p := range s.Positions {
		if p == s.Needs.Edges[j].Pos && strings.HasPrefix(f, path+"[") {
			return f
		}
	}
	return path
}

func approves(port string) bool { return port == flow.PortDone || port == flow.PortApproved }

func edgeName(step, port string) string {
	if port == flow.PortDone {
		return step
	}
	return step + "." + port
}

// findCycles reports one cycle for each group of steps that wait for each other (Tarjan's strongly connected components, without recursion).
func (k *compiler) findCycles() {
	n := len(k.steps)
	var (
		number  = make([]int, n) // order of discovery, from 1
		low     = make([]int, n)
		onStack = make([]bool, n)
		next    = make([]int, n) // the next outgoing edge to look at
		stack   []int
		count   int
	)
	for root := range n {
		if number[root] != 0 {
			continue
		}
		path := []int{root}
		for len(path) > 0 {
			v := path[len(path)-1]
			if number[v] == 0 {
				count++
				number[v], low[v] = count, count
				stack = append(stack, v)
				onStack[v] = true
			}
			if next[v] < len(k.steps[v].Out) {
				w := k.steps[v].Out[next[v]].To
				next[v]++
				if number[w] == 0 {
					path = append(path, w)
				} else if onStack[w] {
					low[v] = min(low[v], number[w])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				low[path[len(path)-1]] = min(low[path[len(path)-1]], low[v])
			}
			if low[v] != number[v] {
				continue
			}
			at := slices.Index(stack, v)
			group := slices.Clone(stack[at:])
			stack = stack[:at]
			for _, w := range group {
				onStack[w] = false
			}
			if len(group) > 1 {
				k.cycle(group)
			}
		}
	}
}

// cycle reports the shortest way round from the group's first step back to it.
func (k *compiler) cycle(group []int) {
	in := map[int]bool{}
	for _, i := range group {
		in[i] = true
		k.vague[i] = true
	}
	start := slices.Min(group)
	before := map[int]int{}
	queue := []int{start}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, e := range k.steps[i].Out {
			if !in[e.To] {
				continue
			}
			if e.To == start {
				names := []string{k.names[start]}
				for at := i; at != start; at = before[at] {
					names = append(names, k.names[at])
				}
				names = append(names, k.names[start])
				slices.Reverse(names)
				if len(names) > 12 {
					names = append(append(names[:6:6], "…"), names[len(names)-5:]...)
				}
				k.report(flow.Error, k.edgePos(e), k.names[start], "needs", "remove one of these needs",
					"the steps wait for each other: %s", strings.Join(names, " → "))
				return
			}
			if _, seen := before[e.To]; !seen {
				before[e.To] = i
				queue = append(queue, e.To)
			}
		}
	}
}

// edgePos is where an edge is written.
func (k *compiler) edgePos(e Edge) flow.Pos {
	s := &k.d.Steps[e.To]
	for _, w := range s.Needs.Edges {
		if w.Step == k.names[e.From] && (w.Port == e.Port || w.Port == "" && e.Port == flow.PortDone) {
			return w.Pos
		}
	}
	return s.Pos
}

// order lists the steps so that each stands behind all that it needs; steps on or behind a cycle are left out.
func (k *compiler) order() []int {
	waiting := make([]int, len(k.steps))
	var ready []int
	for i, s := range k.steps {
		if waiting[i] = len(s.In); waiting[i] == 0 {
			ready = append(ready, i)
		}
	}
	for at := 0; at < len(ready); at++ {
		for _, e := range k.steps[ready[at]].Out {
			if waiting[e.To]--; waiting[e.To] == 0 {
				ready = append(ready, e.To)
			}
		}
	}
	return ready
}

// findAncestors computes every step's ancestors, and carries vagueness down.
func (k *compiler) findAncestors() {
	n := len(k.steps)
	words := (n + 63) / 64
	all := make(bitset, n*words)
	k.ancestors = make([]bitset, n)
	for i := range k.ancestors {
		k.ancestors[i] = all[i*words : (i+1)*words]
	}
	ordered := make([]bool, n)
	for _, i := range k.order() {
		ordered[i] = true
		for _, e := range k.steps[i].In {
			k.ancestors[i].union(k.ancestors[e.From])
			k.ancestors[i].add(e.From)
			k.vague[i] = k.vague[i] || k.vague[e.From]
		}
	}
	for i, ok := range ordered {
		if !ok {
			k.vague[i] = true
		}
	}
}
