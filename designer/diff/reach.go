package diff

import (
	"fmt"
	"slices"
	"strings"
)

// ReachKind says what changed about when a step can run.
type ReachKind string

// The kinds of Reach.
const (
	Unreachable     ReachKind = "unreachable"         // no run can start the step
	Reachable       ReachKind = "reachable"           // a run can start it now, and could not before
	CanRunWithout   ReachKind = "can_run_without"     // it can start in runs in which these have not run
	CanRunAfterFail ReachKind = "can_run_after_error" // it can start in runs in which these have failed
	RunsOnlyAfter   ReachKind = "runs_only_after"     // it starts only in runs in which these have run
	OnlyAfterDone   ReachKind = "only_after_done"     // it starts only in runs in which these have completed
)

// Reach is one difference of when a step can run. Of what follows from one step to those behind it only the first is told.
type Reach struct {
	Step   string    `json:"step"`
	Kind   ReachKind `json:"kind"`
	Others []string  `json:"others,omitempty"` // the steps that it was or is bound to, in written order
	Text   string    `json:"text"`             // a sentence: "`notify` can now run without `ocr`"
}

// bounds are the four ways in which what a step is bound to can differ, as sets of steps of the new side that the old one has too.
type bounds struct{ lost, slack, gained, strict bitset }

// reaches compares what has run whenever a step starts.
func reaches(a, b *side) []Reach {
	g, h := newGraph(a), newGraph(b)
	all := make([]bounds, len(b.steps))
	toNew := make([]int, len(a.steps)) // by index in a: that in b, or -1
	for i, s := range a.steps {
		toNew[i] = -1
		if j, ok := b.index[s.name]; ok {
			toNew[i] = j
		}
	}
	known := make(bitset, (len(b.steps)+63)/64)
	for _, j := range toNew {
		if j >= 0 {
			known.add(j)
		}
	}
	out := []Reach{}
	for i, s := range b.steps {
		old, common := a.index[s.name]
		switch {
		case !common && !h.reachable[i]:
			out = append(out, reach(s.name, Unreachable, nil, "`%s` can never run", s.name))
		case !common:
		case g.reachable[old] && !h.reachable[i]:
			out = append(out, reach(s.name, Unreachable, nil, "`%s` is no longer reachable", s.name))
		case !g.reachable[old] && h.reachable[i]:
			out = append(out, reach(s.name, Reachable, nil, "`%s` can now run; it never could", s.name))
		case h.reachable[i]:
			ran, done := translate(g.ran[old], toNew, len(known)), translate(g.done[old], toNew, len(known))
			all[i] = bounds{
				lost:   minus(ran, h.ran[i]),
				slack:  minus(and(done, h.ran[i]), h.done[i]),
				gained: minus(and(known, h.ran[i]), ran),
				strict: minus(and(ran, h.done[i]), done),
			}
		}
	}
	for i := range b.steps {
		out = append(out, h.told(i, all)...)
	}
	slices.SortStableFunc(out, func(x, y Reach) int { return b.index[x.Step] - b.index[y.Step] })
	return out
}

func reach(step string, kind ReachKind, others []string, format string, args ...any) Reach {
	return Reach{Step: step, Kind: kind, Others: others, Text: fmt.Sprintf(format, args...)}
}

// told says what is new about step i itself.
func (g *graph) told(i int, all []bounds) []Reach {
	name := g.side.steps[i].name
	var out []Reach
	for _, q := range []struct {
		kind ReachKind
		of   func(b bounds) bitset
		keep func(of []int) []int
		text string
		word string
	}{
		{CanRunWithout, func(b bounds) bitset { return b.lost }, g.stillRun, "`%s` can now run without %s", "or"},
		{CanRunAfterFail, func(b bounds) bitset { return b.slack }, nil, "`%s` can now run although %s failed", "or"},
		{RunsOnlyAfter, func(b bounds) bitset { return b.gained }, g.last, "`%s` now runs only after %s", "and"},
		{OnlyAfterDone, func(b bounds) bitset { return b.strict }, nil, "`%s` no longer runs when %s failed", "or"},
	} {
		mine := q.of(all[i])
		if mine == nil {
			continue
		}
		// What a step lost or gained shows behind it everywhere, and is told once.
		for _, e := range g.side.steps[i].in {
			if from, ok := g.side.index[e.From]; ok && q.of(all[from]) != nil {
				mine = minus(mine, q.of(all[from]))
			}
		}
		var found []int
		mine.each(func(x int) { found = append(found, x) })
		if q.keep != nil {
			found = q.keep(found)
		}
		if len(found) == 0 {
			continue
		}
		others := make([]string, len(found))
		for k, x := range found {
			others[k] = g.side.steps[x].name
		}
		out = append(out, reach(name, q.kind, others, q.text, name, listed(others, q.word)))
	}
	return out
}

// stillRun leaves out the steps that can no longer run at all, which is said of them.
func (g *graph) stillRun(of []int) []int {
	return slices.DeleteFunc(of, func(x int) bool { return !g.reachable[x] })
}

// last leaves out what is sure to have run anyway once another of the list has.
func (g *graph) last(of []int) []int {
	return slices.DeleteFunc(slices.Clone(of), func(x int) bool {
		return slices.ContainsFunc(of, func(y int) bool { return y != x && g.ran[y].has(x) })
	})
}

// translate gives a set of the old side's steps as one of the new side's; those that are gone drop out.
func translate(set bitset, toNew []int, words int) bitset {
	out := make(bitset, words)
	set.each(func(i int) {
		if toNew[i] >= 0 {
			out.add(toNew[i])
		}
	})
	return out
}

func and(a, b bitset) bitset {
	out := make(bitset, len(a))
	for i := range a {
		out[i] = a[i] & b[i]
	}
	return out
}

func minus(a, b bitset) bitset {
	out := make(bitset, len(a))
	for i := range a {
		out[i] = a[i] &^ b[i]
	}
	return out
}

// mostListed keeps a sentence readable.
const mostListed = 6

// listed writes names into a sentence: "`a`, `b` and `c`".
func listed(names []string, word string) string {
	quoted := make([]string, 0, len(names))
	for _, n := range names {
		quoted = append(quoted, "`"+n+"`")
	}
	if n := len(quoted); n > mostListed {
		quoted = append(quoted[:mostListed-1], fmt.Sprintf("%d more", n-mostListed+1))
	}
	if n := len(quoted); n > 1 {
		return strings.Join(quoted[:n-1], ", ") + " " + word + " " + quoted[n-1]
	}
	return strings.Join(quoted, "")
}
