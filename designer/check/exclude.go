package check

import (
	"slices"
	"sort"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// A step that several ports can leave has outcomes of which a run sees exactly one: a switch takes one branch or fails, an approval is approved or
// rejected or fails, any other step completes or fails. An edge is live for some of its source's outcomes. What must have come out of which step
// for a step to start is the conjunction over its ancestors; an `all` whose edges contradict each other can never start.

// outcomes is a set of one step's outcomes, a bit each; bit 0 is the failure.
type outcomes uint64

// maxOutcomes is how many branches fit; of a larger switch the branches beyond are not told apart.
const maxOutcomes = 62

// fact says that a step's outcome is among these.
type fact struct {
	step int
	out  outcomes
}

// maxFacts bounds the memory of the search. Beyond it only contradictions between neighbours are found.
const maxFacts = 1 << 20

// live gives the outcomes of the source for which the edge is live.
func (k *compiler) live(e Edge) outcomes {
	const failed, completed = outcomes(1), outcomes(2)
	s := k.steps[e.From]
	if e.Port == flow.PortError {
		return failed
	}
	switch s.Kind {
	case flow.Approval:
		if e.Port == flow.PortRejected {
			return completed << 1
		}
		return completed
	case flow.Switch:
		branches := len(s.Ports) - 2
		if e.Port == flow.PortDone {
			return (completed << min(branches, maxOutcomes)) - completed
		}
		return completed << min(slices.Index(s.Ports, e.Port)-2, maxOutcomes-1)
	}
	return completed
}

// findExclusive reports every `all` that can never start.
func (k *compiler) findExclusive() {
	known := make([][]fact, len(k.steps)) // by step, sorted by step: what holds whenever it starts
	total := 0
	for _, i := range k.order() {
		s := k.steps[i]
		var holds []fact
	edges:
		for j, e := range s.In {
			if k.vague[i] {
				break
			}
			behind := known[e.From]
			if k.wired[e.From][flow.PortError] || k.steps[e.From].Kind == flow.Switch || k.wired[e.From][flow.PortRejected] {
				behind = and(behind, []fact{{e.From, k.live(e)}})
			}
			switch {
			case j == 0:
				holds = behind
			case s.Any:
				holds = or(holds, behind)
			default:
				both := and(holds, behind)
				if slices.ContainsFunc(both, func(f fact) bool { return f.out == 0 }) {
					k.exclusive(s, j, known)
					holds = nil
					break edges
				}
				holds = both
			}
		}
		if total += len(holds); total <= maxFacts {
			known[i] = holds
		}
	}
}

// exclusive reports the edge that contradicts one before it, and how.
func (k *compiler) exclusive(s *Step, j int, known [][]fact) {
	e := s.In[j]
	mine := and(known[e.From], []fact{{e.From, k.live(e)}})
	for _, o := range s.In[:j] {
		theirs := and(known[o.From], []fact{{o.From, k.live(o)}})
		both := and(mine, theirs)
		at := slices.IndexFunc(both, func(f fact) bool { return f.out == 0 })
		if at < 0 {
			continue
		}
		why := ""
		if root := both[at].step; root != e.From || root != o.From {
			why = ": `" + k.names[root] + "` goes only one of the ways"
		}
		edges := make([]string, len(s.In))
		for i, in := range s.In {
			edges[i] = edgeName(k.names[in.From], in.Port)
		}
		is := k.report(flow.Error, k.edgePos(e), s.Name, "needs", "to start when either is live write `needs: {any: ["+strings.Join(edges, ", ")+"]}`",
			"`%s` and `%s` are never both live%s, so `%s` could never start", edgeName(k.names[o.From], o.Port), edgeName(k.names[e.From], e.Port), why, s.Name)
		k.offerAny(is, k.index[s.Name])
		return
	}
}

// and conjoins two sorted lists of facts.
func and(a, b []fact) []fact {
	if len(b) == 1 { // the common case: one more fact
		at := sort.Search(len(a), func(i int) bool { return a[i].step >= b[0].step })
		out := slices.Clone(a)
		if at < len(out) && out[at].step == b[0].step {
			out[at].out &= b[0].out
			return out
		}
		return slices.Insert(out, at, b[0])
	}
	out := make([]fact, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].step < b[0].step:
			out, a = append(out, a[0]), a[1:]
		case a[0].step > b[0].step:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, fact{a[0].step, a[0].out & b[0].out})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// or keeps what holds on either side: facts about steps that both know.
func or(a, b []fact) []fact {
	var out []fact
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].step < b[0].step:
			a = a[1:]
		case a[0].step > b[0].step:
			b = b[1:]
		default:
			out = append(out, fact{a[0].step, a[0].out | b[0].out})
			a, b = a[1:], b[1:]
		}
	}
	return out
}
