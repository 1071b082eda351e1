package layout

import (
	"os"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/flow"
)

// TestMermaid: every step and edge stands there once, and no name or text can break out of its label.
func TestMermaid(t *testing.T) {
	src, err := os.ReadFile("testdata/order.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, _ := flow.Parse(src)
	got := string(Mermaid(d))
	for _, want := range []string{"flowchart TD\n", "  big{\"big\"}\n", "  review[/\"review<br/>approval\"/]\n", "  reserve_funds --> stock\n", "  big -->|\"review\"| review\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant a line %q", got, want)
		}
	}
	edges := 0
	for _, s := range d.Steps {
		edges += len(s.Needs.Edges)
	}
	if lines := strings.Count(got, "\n"); lines != 1+len(d.Steps)+edges {
		t.Errorf("got %d lines, want %d", lines, 1+len(d.Steps)+edges)
	}
	d, _ = flow.Parse([]byte("name: a\nsteps:\n  a: {flow: pay}\n  b: {flow: pay, version: 3, for_each: \"${{ [1] }}\"}\n"))
	if got, want := string(Mermaid(d)), "flowchart TD\n  a[[\"a<br/>pay\"]]\n  b[[\"b<br/>pay version 3<br/>for each\"]]\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if svg := string(SVG(d, SVGOptions{})); strings.Count(svg, `class="flow-bars"`) != 2 || strings.Count(svg, "kind-flow") != 2 {
		t.Errorf("a flow in a flow has two bars: %s", svg)
	}
	d, _ = flow.Parse([]byte("name: a\nsteps:\n  end: {call: \"a\\\"]; click b\"}\n  end: {wait: 1s}\n  b: {needs: [end.error, nowhere], wait: 1s}\n"))
	want := "flowchart TD\n  N_end[\"end<br/>a#34;]#59; click b\"]\n  b([\"b<br/>wait\"])\n  N_end -. error .-> b\n"
	if got := string(Mermaid(d)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
