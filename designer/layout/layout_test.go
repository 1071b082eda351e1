package layout

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/designer/flow"
)

var update = flag.Bool("update", false, "write the golden files anew")

func order(t *testing.T) *flow.Definition {
	t.Helper()
	src, err := os.ReadFile("testdata/order.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, issues := flow.Parse(src)
	if len(issues) > 0 {
		t.Fatalf("%+v", issues)
	}
	return d
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestOrder(t *testing.T) {
	got, err := json.MarshalIndent(Layout(FromFlow(order(t))), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/order.json", append(got, '\n'))
}

func TestSVG(t *testing.T) {
	d := order(t)
	d.Title = `A "title" <with> & more`
	got := SVG(d, SVGOptions{Width: 160, Height: 120, Labels: true})
	golden(t, "testdata/order.svg", append(got, '\n'))
	for dec := xml.NewDecoder(bytes.NewReader(got)); ; {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("an attribute that a strict policy forbids: %s", a.Name.Local)
				}
			}
		}
	}
	if got := SVG(&flow.Definition{}, SVGOptions{}); xml.Unmarshal(got, new(struct{})) != nil {
		t.Errorf("an empty flow is drawn as %s", got)
	}
}

// check fails if a drawing breaks a promise.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, g Graph, r Result) {
	t.Helper()
	layers := map[float64][]Node{}
	at := map[string]Node{}
	for _, n := range r.Nodes {
		at[n.ID] = n
		if n.X < 0 || n.Y < 0 || n.X+n.W > r.Width || n.Y+n.H > r.Height || n.W != NodeWidth || n.H != NodeHeight {
			t.Fatalf("%+v is not inside of %v x %v", n, r.Width, r.Height)
		}
		for _, o := range layers[n.Y] {
			if n.X < o.X+o.W+GapX && o.X < n.X+n.W+GapX {
				t.Fatalf("%+v and %+v are too near", n, o)
			}
		}
		layers[n.Y] = append(layers[n.Y], n)
		if int(n.Y)%(NodeHeight+GapY) != 0 {
			t.Fatalf("%+v is between layers", n)
		}
	}
	for _, name := range g.Nodes {
		if _, ok := at[name]; !ok {
			t.Fatalf("%s is not drawn", name)
		}
	}
	for _, e := range r.Edges {
		for i := 1; i < len(e.Points); i++ {
			if e.Points[i].Y == e.Points[i-1].Y {
				t.Fatalf("%+v does not go on", e)
			}
		}
	}
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "nodes")
		var g Graph
		for i := range n {
			g.Nodes = append(g.Nodes, fmt.Sprintf("s%d", i))
		}
		if n > 0 {
			pick := rapid.IntRange(0, n) // n is a node that is not there
			for range rapid.IntRange(0, 3*n).Draw(t, "edges") {
				g.Edges = append(g.Edges, Edge{From: fmt.Sprintf("s%d", pick.Draw(t, "from")), Port: "done", To: fmt.Sprintf("s%d", pick.Draw(t, "to"))})
			}
		}
		r := Layout(g)
		check(t, g, r)
		if again := Layout(g); !reflect.DeepEqual(r, again) {
			t.Fatalf("drawn twice it differs")
		}
	})
}

// TestDown: in a graph without cycles every edge leads down.
func TestDown(t *testing.T) {
	g := wide(300)
	r := Layout(g)
	check(t, g, r)
	y := map[string]float64{}
	for _, n := range r.Nodes {
		y[n.ID] = n.Y
	}
	for _, e := range r.Edges {
		if y[e.From] >= y[e.To] {
			t.Errorf("%s → %s leads up", e.From, e.To)
		}
	}
}

// TestStable: a step at the end of a branch moves nothing in the other branches' order.
func TestStable(t *testing.T) {
	g := wide(60)
	before := Layout(g)
	g.Nodes = append(g.Nodes, "new")
	g.Edges = append(g.Edges, Edge{From: "s59", Port: "done", To: "new"})
	after := Layout(g)
	for i, n := range before.Nodes {
		if after.Nodes[i].Y != n.Y {
			t.Errorf("%s moved from layer %v to %v", n.ID, n.Y, after.Nodes[i].Y)
		}
	}
}

// wide is a graph of n nodes in which each follows two earlier ones and now and then a far one.
func wide(n int) Graph {
	var g Graph
	for i := range n {
		g.Nodes = append(g.Nodes, fmt.Sprintf("s%d", i))
		for _, from := range []int{i / 2, i - 7, i * i % max(i, 1)} {
			if from >= 0 && from < i {
				g.Edges = append(g.Edges, Edge{From: fmt.Sprintf("s%d", from), Port: "done", To: fmt.Sprintf("s%d", i)})
			}
		}
	}
	return g
}

// shapes are graphs of n nodes that are hard in different ways.
func shapes(n int) map[string]Graph {
	name := func(i int) string { return fmt.Sprintf("s%d", i) }
	chain, fan, hub, dense := Graph{}, Graph{}, Graph{}, Graph{}
	for i := range n {
		for _, g := range []*Graph{&chain, &fan, &hub, &dense} {
			g.Nodes = append(g.Nodes, name(i))
		}
		if i == 0 {
			continue
		}
		chain.Edges = append(chain.Edges, Edge{From: name(i - 1), To: name(i)})
		fan.Edges = append(fan.Edges, Edge{From: name(0), To: name(i)})
		hub.Edges = append(hub.Edges, Edge{From: name(i - 1), To: name(i)}, Edge{From: name(0), To: name(i)}, Edge{From: name(i), To: name(n - 1)})
		for j := max(0, i-20); j < i; j++ {
			dense.Edges = append(dense.Edges, Edge{From: name(j), To: name(i)})
		}
	}
	return map[string]Graph{"chain": chain, "fan": fan, "hub": hub, "dense": dense, "wide": wide(n)}
}

func TestThousandSteps(t *testing.T) {
	for name, g := range shapes(1000) {
		start := time.Now()
		r := Layout(g)
		took := time.Since(start)
		t.Logf("%s: %v", name, took)
		if took > 2*time.Second { // about ten times what it takes, for slow machines
			t.Errorf("%s: took %v", name, took)
		}
		check(t, g, r)
	}
}
