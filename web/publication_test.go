package web_test

import (
	"strings"
	"testing"

	"github.com/segno-run/segno/web/view"
)

// TestPublication tells what a draft changes, which runs and flows stay where they are, and how the tests stand; and changes nothing.
func TestPublication(t *testing.T) {
	s := open(t)
	s.order()
	s.do("POST", "/api/v1/flows/mother/versions", "name: mother\nsteps:\n  go: {flow: order, with: {amount: 1}}\n", "Content-Type", "application/yaml").want(201)
	s.start()
	s.do("PUT", "/api/v1/flows/order/draft", strings.Replace(orderFlow, "{n: 2}", "{n: 3}", 1), "If-Match", "*", "Content-Type", "application/yaml").want(200)
	var p view.Publication
	s.do("GET", "/api/v1/flows/order/draft/publication", "").want(200).into(&p)
	if p.Version != 2 || p.From != 1 || len(p.Changes) != 1 || p.Changes[0].ID != "step-ship" || !strings.Contains(p.Graph, "mark-changed") {
		t.Errorf("the draft changes %+v", p)
	}
	if len(p.Running) != 1 || p.Running[0] != (view.RunsOn{Version: 1, Runs: 1}) {
		t.Errorf("the runs that go on are %v", p.Running)
	}
	if len(p.PinnedBy) != 1 || p.PinnedBy[0] != (view.PinnedBy{Flow: "mother", Version: 1}) {
		t.Errorf("pinned by %v", p.PinnedBy)
	}
	if p.Tests != (view.Tested{}) {
		t.Errorf("tests without any: %+v", p.Tests)
	}
	var vs struct{ Versions []struct{ Version int } }
	s.do("GET", "/api/v1/flows/order/versions", "").want(200).into(&vs)
	if len(vs.Versions) != 1 {
		t.Error("looking has published")
	}
	s.do("GET", "/api/v1/flows/nobody/draft/publication", "").want(404)
}
