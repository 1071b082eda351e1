package diff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/flow"
)

func parsed(t *testing.T, text string) *flow.Definition {
	t.Helper()
	d, issues := flow.Parse([]byte(text))
	if d == nil {
		t.Fatal(issues)
	}
	return d
}

const before = `name: f
steps:
  take: {call: a.take, with: {n: 1}}
  check: {needs: [take], call: a.check}
  log: {needs: [check], call: a.log, with: {why: "kept"}}
  send: {needs: [check], call: a.send, with: {to: "x", text: "hello"}}
`

const after = `name: f
steps:
  take: {call: a.take, with: {n: 2}}
  check: {needs: [take], call: a.check}
  post: {needs: [check], call: a.send, with: {to: "x", text: "hello"}}
  late: {needs: [post], wait: 10s}
`

// TestOverlay: the union of both sides, what is gone where it stood, and every edge of both.
func TestOverlay(t *testing.T) {
	from, to := parsed(t, before), parsed(t, after)
	d := Of(from, to)
	o := d.Overlay(from, to)
	var got []string
	for _, s := range o.Def.Steps {
		line := o.Steps[s.Name] + s.Name
		for _, e := range s.Needs.Edges {
			line += fmt.Sprintf(" <%s%s", o.Edges[Edge{e.Step, portOf(e), s.Name}], e.Step)
		}
		got = append(got, line)
	}
	want := "~take, check <take, -log <-check, ~post <check, +late <+post"
	if g := strings.Join(got, ", "); g != want {
		t.Errorf("the overlay is\n%s\nand not\n%s", g, want)
	}
	if o.Was["post"] != "send" {
		t.Errorf("post was %q", o.Was["post"])
	}
	if len(to.Step("post").Needs.Edges) != 1 || from.Step("send") == nil {
		t.Error("the overlay changed what it was made of")
	}
}

// TestOverlayOfOneSide: a side that could not be read leaves the other's graph.
func TestOverlayOfOneSide(t *testing.T) {
	d := parsed(t, before)
	for _, c := range []struct {
		from, to *flow.Definition
		mark     string
	}{{d, nil, "-"}, {nil, d, "+"}} {
		o := Of(c.from, c.to).Overlay(c.from, c.to)
		if len(o.Def.Steps) != 4 || o.Steps["check"] != c.mark {
			t.Errorf("%d steps, check is %q and not %q", len(o.Def.Steps), o.Steps["check"], c.mark)
		}
	}
	if o := Of(nil, nil).Overlay(nil, nil); o.Def != nil {
		t.Error("nothing on nothing is a graph")
	}
}

// TestLineIDs: a line is named by what it is about, so that an address of it holds.
func TestLineIDs(t *testing.T) {
	var got []string
	for _, l := range Of(parsed(t, before), parsed(t, after)).Lines() {
		about := l.Step
		if l.Edge != nil {
			about = l.Edge.String()
		}
		got = append(got, l.ID+" "+about+" "+l.Path)
	}
	want := []string{"step-late late ", "step-log log ", "name-post post ", "step-take take with.n", "edge-post.done-late post → late ", "edge-check.done-log check → log "}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}
