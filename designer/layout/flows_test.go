package layout

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/designer/flow"
)

// drawFlow writes a flow as people do: steps that follow a few of those before, mostly the last, by plain ports, branches, decisions and errors.
func drawFlow(t *rapid.T) string {
	var out strings.Builder
	out.WriteString("name: drawn\nsteps:\n")
	kinds := rapid.SampledFrom([]string{"set: {x: 1}", "wait: 1s", "call: mail.send", "switch: {a: true, otherwise: true}", "approval: {title: Yes?}"})
	ports := map[string][]string{"switch": {".a", ".otherwise"}, "approval": {".approved", ".rejected"}}
	var names, made []string
	for i := range rapid.IntRange(1, 120).Draw(t, "steps") {
		name, kind := fmt.Sprintf("s%d", i), kinds.Draw(t, "kind")
		var needs []string
		if i > 0 {
			for range rapid.IntRange(0, 3).Draw(t, "needs") {
				from := max(0, i-1-rapid.OneOf(rapid.IntRange(0, 4), rapid.IntRange(0, i-1)).Draw(t, "back"))
				word, _, _ := strings.Cut(made[from], ":")
				port := rapid.SampledFrom(append([]string{"", ".error"}, ports[word]...)).Draw(t, "port")
				needs = append(needs, names[from]+port)
			}
		}
		fmt.Fprintf(&out, "  %s: {needs: [%s], %s}\n", name, strings.Join(needs, ", "), kind)
		names, made = append(names, name), append(made, kind)
	}
	return out.String()
}

// TestFlows draws generated flows: the same text has the same places, nothing overlaps, and both hold once a step was put between two others.
func TestFlows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawFlow(t)
		d, _ := flow.Parse([]byte(text))
		again, _ := flow.Parse([]byte(text))
		if d == nil || len(d.Steps) == 0 {
			t.Fatalf("not read:\n%s", text)
		}
		g := FromFlow(d)
		r := Layout(g)
		check(t, g, r)
		if !reflect.DeepEqual(r, Layout(FromFlow(again))) {
			t.Fatalf("the same text has other places:\n%s", text)
		}
		if len(g.Edges) == 0 {
			return
		}
		i := rapid.IntRange(0, len(g.Edges)-1).Draw(t, "edge")
		e := g.Edges[i]
		g.Nodes = append(g.Nodes, "new")
		g.Edges[i] = Edge{From: e.From, Port: e.Port, To: "new"}
		g.Edges = append(g.Edges, Edge{From: "new", Port: "done", To: e.To})
		check(t, g, Layout(g))
	})
}
