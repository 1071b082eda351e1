package web_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/segno-run/segno/web/view"
)

// changed is Order with another step, without one, with an edge less and a field that differs.
func changedOrder(t *testing.T) string {
	t.Helper()
	text := strings.Replace(orderFlow, "Place an order", "Order it", 1)
	a := strings.Index(text, "  ship:\n")
	if a < 0 {
		t.Fatalf("Order has no step ship:\n%s", orderFlow)
	}
	return text[:a] + "  late:\n    needs: [reserve]\n    wait: 10s\n" + text[a:]
}

var embeddedDiff = regexp.MustCompile(`(?s)<script id="diff"[^>]*>(.*?)</script>`)

// overlay is what the page gives its script.
func overlay(t *testing.T, page []byte) (o view.Overlay) {
	t.Helper()
	m := embeddedDiff.FindSubmatch(page)
	if m == nil {
		t.Fatal("the page embeds no difference")
	}
	if err := json.Unmarshal(m[1], &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestDiffPage: both versions stand on one graph with what is only in one marked, and every view is an address.
func TestDiffPage(t *testing.T) {
	s := open(t)
	s.order()
	s.do("PUT", "/api/v1/flows/order/draft", changedOrder(t), "If-Match", "*", "Content-Type", "application/yaml").want(200)
	page := s.do("GET", "/flows/order/diff?from=1&to=draft&change=step-late", "").want(200).has("flow-overlay", "mark-added focus", `id="change-step-late"`, "1 of 3", "step late (wait)", "not published yet")
	o := overlay(t, page.body)
	i := slices.IndexFunc(o.Graph.Nodes, func(n view.Node) bool { return n.ID == "late" })
	if i < 0 || o.Graph.Nodes[i].Mark != "+" || o.From != "1" || o.To != "draft" || o.Change != "step-late" {
		t.Fatalf("the overlay is %+v", o)
	}
	marks := map[string]string{}
	for _, e := range o.Graph.Edges {
		marks[e.ID] = e.Mark
	}
	if marks["reserve.done>late"] != "+" {
		t.Errorf("the edges are marked %v", marks)
	}
	// The other way round the step is a ghost, at the same places.
	back := overlay(t, s.do("GET", "/flows/order/diff?from=draft&to=1", "").want(200).has("mark-removed", "Removed: ").body)
	j := slices.IndexFunc(back.Graph.Nodes, func(n view.Node) bool { return n.ID == "late" })
	if j < 0 || back.Graph.Nodes[j].Mark != "-" || len(back.Graph.Nodes) != len(o.Graph.Nodes) {
		t.Errorf("swapped, the overlay is %+v", back.Graph.Nodes)
	}

	// A change leads to its line, and the line is there.
	for _, c := range o.Changes {
		anchor := fmt.Sprintf("new-%d", c.New)
		text := s.do("GET", "/flows/order/diff?from=1&to=draft&view=text&change="+c.ID, "").want(200).has(`id="`+anchor+`"`, "change="+c.ID+"#"+anchor, "focus")
		if strings.Contains(string(text.body), `id="diff"`) {
			t.Error("the text view carries the graph")
		}
		s.do("GET", "/flows/order/diff?from=1&to=draft&view=text&lines=split&change="+c.ID, "").want(200).has(`id="`+anchor+`"`, `class="split"`)
	}
	s.do("GET", "/flows/order/diff?from=1&to=draft&view=markdown", "").want(200).has("### order: 1 step added", "**Steps**", "format=markdown")

	// Without an address the draft is compared with what is live, and what is no version is refused.
	s.do("GET", "/flows/order/diff", "").want(200).has("step late (wait)")
	s.do("GET", "/flows/order/diff?from=1&to=9", "").want(404).has("no version 9")
	s.do("GET", "/flows/order/diff?from=1&to=x", "").want(404)
	s.do("GET", "/flows/nobody/diff", "").want(404)

	// A draft that can't be read still has lines.
	s.do("PUT", "/api/v1/flows/order/draft", "name: order\nsteps: [\n", "If-Match", "*", "Content-Type", "application/yaml").want(200)
	s.do("GET", "/flows/order/diff?from=1&to=draft", "").want(200).has("text of draft can't be read", "mark-removed")
}
