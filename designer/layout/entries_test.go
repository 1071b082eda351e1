package layout

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/designer/flow"
)

// enters gives the places at which the edges into a step arrive, by source and port.
func enters(t *testing.T, text, step string) map[string]float64 {
	t.Helper()
	d, _ := flow.Parse([]byte(text))
	if d == nil {
		t.Fatalf("not read:\n%s", text)
	}
	out := map[string]float64{}
	for _, e := range Layout(FromFlow(d)).Edges {
		if e.To == step {
			out[e.From+"."+e.Port] = e.Enter
		}
	}
	return out
}

func TestEntries(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       map[string]float64
	}{
		{"alone", "name: a\nsteps:\n  a: {wait: 1s}\n  j: {needs: [a], wait: 1s}\n", map[string]float64{"a.done": 0}},
		{"both sides of the middle", "name: a\nsteps:\n  a: {wait: 1s}\n  b: {wait: 1s}\n  j: {needs: [b, a], wait: 1s}\n", map[string]float64{"a.done": -10, "b.done": 10}},
		{"in the order of the ports, not of the text",
			"name: a\nsteps:\n  a: {switch: {one: true, two: true, otherwise: true}}\n  j: {needs: {any: [a.error, a.otherwise, a.two, a.one]}, wait: 1s}\n",
			map[string]float64{"a.one": -20, "a.two": 0, "a.otherwise": 20, "a.error": 40}},
		{"straight from above stays in the middle", "name: a\nsteps:\n  a: {wait: 1s}\n  j: {needs: {any: [a.error, a]}, wait: 1s}\n", map[string]float64{"a.done": 0, "a.error": 20}},
	} {
		got := enters(t, c.text, "j")
		for edge, want := range c.want {
			if got[edge] != want {
				t.Errorf("%s: %s arrives at %v, want %v (all: %v)", c.name, edge, got[edge], want, got)
			}
		}
	}
}

// TestEntriesOfDrawnFlows: edges into one step arrive apart from each other, on its upper side.
func TestEntriesOfDrawnFlows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, _ := flow.Parse([]byte(drawFlow(t)))
		into := map[string][]float64{}
		for _, e := range Layout(FromFlow(d)).Edges {
			into[e.To] = append(into[e.To], e.Enter)
		}
		for step, all := range into {
			slices.Sort(all)
			least := math.Min(entryGap, entrySpan/2/float64(max(1, len(all)-1))) - 0.2 // rounding
			for i, x := range all {
				if math.Abs(x) > entrySpan/2+0.1 {
					t.Fatalf("an edge arrives at %v, beside %s", x, step)
				}
				if i > 0 && x-all[i-1] < least {
					t.Fatalf("edges into %s arrive at %v and %v", step, all[i-1], x)
				}
			}
		}
	})
}
