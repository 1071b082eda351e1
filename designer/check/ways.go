package check

import (
	"encoding/binary"
	"math/bits"

	"github.com/segno-run/segno/designer/flow"
)

// maxWays bounds the cases that are told apart. A case is a node of a decision diagram, which is shared between all that it has in common: switches one
// after the other add up and do not multiply, so this is far beyond what people draw.
const maxWays = 16_384

// maxCompared bounds the work of comparing diagrams.
const maxCompared = 1 << 19

// passedOver is the outcome of a step whose `if` was false.
const passedOver outcomes = 1 << 63

// A node of the diagram is a number; these two are the leaves. The others decide by the outcome of one step, and those behind a step stand above it, so
// that following a chain of needs adds one node a step.
const (
	never  = 0
	always = 1
)

type wayNode struct {
	step int // position in the order; -1 for a leaf
	kids []int32
}

// ways holds, for each step, in which outcomes of all others it starts.
type ways struct {
	nodes   []wayNode
	unique  map[string]int32
	cache   map[wayKey]int32
	at      []int // by step: its position in the order
	domains []outcomes
	starts  []int32 // by step
	success int32   // the outcomes in which the run succeeds
	tooMany bool
	work    int
	key     []byte
}

type wayKey struct {
	op   byte
	a, b int32
}

const (
	opAnd byte = iota
	opOr
	opWithout
)

// domain lists the outcomes of a step after which a run may go on.
func (k *compiler) domain(i int) outcomes {
	const failed, completed = outcomes(1), outcomes(2)
	var out outcomes
	s := k.steps[i]
	switch s.Kind {
	case flow.Fail:
		out = failed
	case flow.Switch:
		out = (completed << min(max(len(s.Ports)-2, 1), maxOutcomes)) - completed
	case flow.Approval:
		out = completed
		if k.wired[i][flow.PortRejected] {
			out |= completed << 1
		}
	default:
		out = completed
	}
	if k.wired[i][flow.PortError] {
		out |= failed
	}
	if k.d.Steps[i].If != nil {
		out |= passedOver
	}
	return out
}

func (k *compiler) findWays() *ways {
	n := len(k.steps)
	w := &ways{nodes: []wayNode{{step: -1}, {step: -1}}, unique: map[string]int32{}, cache: map[wayKey]int32{}, at: make([]int, n), starts: make([]int32, n),
		domains: make([]outcomes, n)}
	for at, i := range k.order() {
		w.at[i] = at
		w.domains[i] = k.domain(i)
		s := k.steps[i]
		start := int32(always)
		for j, e := range s.In {
			live := w.apply(opAnd, w.starts[e.From], w.decide(e.From, k.live(e)))
			switch {
			case j == 0:
				start = live
			case s.Any:
				start = w.apply(opOr, start, live)
			default:
				start = w.apply(opAnd, start, live)
			}
		}
		w.starts[i] = start
		if w.tooMany {
			return w
		}
	}
	w.success = always
	for i, s := range k.steps {
		if s.Kind == flow.Fail && !k.wired[i][flow.PortError] {
			w.success = w.apply(opWithout, w.success, w.starts[i])
		}
	}
	return w
}

// surely reports whether a step has completed, or failed, in all of these outcomes.
func (w *ways) surely(where int32, i int, failed bool) bool {
	if w.tooMany {
		return false
	}
	out := w.domains[i] &^ (1 | passedOver)
	if failed {
		out = w.domains[i] & 1
	}
	happens := w.apply(opAnd, w.starts[i], w.decide(i, out))
	return w.apply(opWithout, where, happens) == never && !w.tooMany
}

// decide is the diagram of a step's outcome being among these.
func (w *ways) decide(i int, among outcomes) int32 {
	kids := make([]int32, 0, bits.OnesCount64(uint64(w.domains[i])))
	for rest := w.domains[i]; rest != 0; rest &= rest - 1 {
		kid := int32(never)
		if rest&-rest&among != 0 {
			kid = always
		}
		kids = append(kids, kid)
	}
	return w.node(w.at[i], kids)
}

func (w *ways) node(step int, kids []int32) int32 {
	same := true
	for _, kid := range kids {
		same = same && kid == kids[0]
	}
	if same {
		if len(kids) == 0 {
			return never
		}
		return kids[0]
	}
	w.key = binary.LittleEndian.AppendUint32(w.key[:0], uint32(step))
	for _, kid := range kids {
		w.key = binary.LittleEndian.AppendUint32(w.key, uint32(kid))
	}
	if known, ok := w.unique[string(w.key)]; ok {
		return known
	}
	if len(w.nodes) >= maxWays {
		w.tooMany = true
		return never
	}
	w.nodes = append(w.nodes, wayNode{step, kids})
	id := int32(len(w.nodes) - 1)
	w.unique[string(w.key)] = id
	return id
}

func (w *ways) apply(op byte, a, b int32) int32 {
	switch {
	case w.tooMany:
		return never
	case op == opAnd && (a == never || b == never), op == opWithout && (a == never || b == always || a == b):
		return never
	case op == opAnd && (a == always || a == b), op == opOr && (a == never || a == b):
		return b
	case op == opAnd && b == always, op == opOr && b == never, op == opWithout && b == never:
		return a
	case op == opOr && (a == always || b == always):
		return always
	}
	key := wayKey{op, a, b}
	if known, ok := w.cache[key]; ok {
		return known
	}
	if w.work++; w.work > maxCompared {
		w.tooMany = true
		return never
	}
	x, y := w.nodes[a], w.nodes[b]
	top := max(x.step, y.step)
	n := len(x.kids)
	if x.step < top {
		n = len(y.kids)
	}
	kids := make([]int32, n)
	for i := range kids {
		l, r := a, b
		if x.step == top {
			l = x.kids[i]
		}
		if y.step == top {
			r = y.kids[i]
		}
		kids[i] = w.apply(op, l, r)
	}
	out := w.node(top, kids)
	w.cache[key] = out
	return out
}
