package diff

import (
	"cmp"
	"math"
	"slices"

	"github.com/segno-run/segno/designer/flow"
)

// A removed step and an added one are taken for one that was renamed if what they do is nearly the same and they stand at the same place. Weights
// and thresholds were chosen by the cases in testdata.
const (
	specWeight     = 0.6  // what the step does
	edgeWeight     = 0.25 // its neighbours
	positionWeight = 0.15 // where it is written
	leastSpec      = 0.5
	leastScore     = 0.72
	maxPairs       = 250_000 // of removed and added steps that are compared at all
)

type pair struct {
	from, to *step
	score    float64
}

// match finds the renamed steps: new names by old ones. a and b are as their texts say.
func match(a, b *side) map[string]string {
	var gone, come []*step
	for _, s := range a.steps {
		if b.step(s.name) == nil {
			gone = append(gone, s)
		}
	}
	for _, s := range b.steps {
		if a.step(s.name) == nil {
			come = append(come, s)
		}
	}
	if len(gone) == 0 || len(come) == 0 || len(gone) > maxPairs/len(come) {
		return nil
	}
	atA, atB := neighbours(a), neighbours(b)
	bags := make(map[*step]map[string]bool, len(gone)+len(come))
	for _, s := range slices.Concat(gone, come) {
		bags[s] = bag(renamed(s.spec, map[string]string{s.name: "self"}))
	}
	var pairs []pair
	for _, g := range gone {
		for _, c := range come {
			if g.def.Kind != c.def.Kind {
				continue
			}
			spec := alike(bags[g], bags[c])
			if spec < leastSpec {
				continue
			}
			apart := math.Abs(place(a, g) - place(b, c))
			score := specWeight*spec + edgeWeight*alike(atA[g.name], atB[c.name]) + positionWeight*(1-apart)
			if score >= leastScore {
				pairs = append(pairs, pair{g, c, score})
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y pair) int { return cmp.Compare(y.score, x.score) })
	names, taken := map[string]string{}, map[string]bool{}
	for _, p := range pairs {
		if _, done := names[p.from.name]; !done && !taken[p.to.name] {
			names[p.from.name], taken[p.to.name] = p.to.name, true
		}
	}
	return names
}

// place is where a step is written, from 0 to 1.
func place(s *side, st *step) float64 {
	return float64(s.index[st.name]) / float64(max(1, len(s.steps)-1))
}

// bag is every field of a spec with its value.
func bag(v flow.Value) map[string]bool {
	out := map[string]bool{}
	leaves(out, "", v)
	return out
}

func leaves(out map[string]bool, path string, v flow.Value) {
	if v.Kind != flow.Map || len(v.Fields) == 0 {
		out[path+"="+string(v.JSON())] = true
		return
	}
	for _, f := range v.Fields {
		leaves(out, below(path, f.Key), f.Value)
	}
}

// neighbours names for each step the steps around it.
func neighbours(s *side) map[string]map[string]bool {
	out := make(map[string]map[string]bool, len(s.steps))
	for _, st := range s.steps {
		out[st.name] = map[string]bool{}
	}
	for _, st := range s.steps {
		for _, e := range st.in {
			out[st.name]["<"+e.From+"."+e.Port] = true
			if from := out[e.From]; from != nil {
				from[">"+e.Port+">"+e.To] = true
			}
		}
	}
	return out
}

// alike is the Jaccard index of two sets; of two empty ones 1.
func alike(a, b map[string]bool) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	both := 0
	for k := range a {
		if b[k] {
			both++
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}
