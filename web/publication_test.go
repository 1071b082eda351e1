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

	// A child that was published again since: who runs it without a version moves along, and is told.
	s.do("GET", "/api/v1/flows/mother/draft/publication", "").want(200).into(&p)
	if len(p.Children) != 0 {
		t.Errorf("no child has moved, but %v", p.Children)
	}
	s.do("POST", "/api/v1/flows/order/versions", "").want(201)
	s.do("GET", "/api/v1/flows/mother/draft/publication", "").want(200).into(&p)
	if len(p.Children) != 1 || p.Children[0] != (view.ChildMoves{Flow: "order", From: 1, To: 2}) {
		t.Errorf("the child moves: %v", p.Children)
	}
	s.do("PUT", "/api/v1/flows/mother/draft", "name: mother\nsteps:\n  go: {flow: order, version: 1, with: {amount: 1}}\n", "If-Match", "*", "Content-Type", "application/yaml").want(200)
	s.do("GET", "/api/v1/flows/mother/draft/publication", "").want(200).into(&p)
	if len(p.Children) != 0 {
		t.Errorf("a version that is named stays, but %v", p.Children)
	}
}

// TestTestsBehind: a step that was renamed or taken away in the text is named as long as tests name it, and a save that says so takes them along.
func TestTestsBehind(t *testing.T) {
	s := open(t)
	s.order()
	test := "flow: order\nscenarios:\n  - name: one\n    input: {amount: 5}\n    approvals: [{step: ask}]\n    expect: {status: succeeded, path: [reserve, ask.approved, ship]}\n"
	s.do("PUT", "/api/v1/flows/order/tests/one.yaml", test, "If-None-Match", "*", "Content-Type", "application/yaml").want(201)
	behind := func() (found []view.TestsBehind) {
		t.Helper()
		var p view.Publication
		s.do("GET", "/api/v1/flows/order/draft/publication", "").want(200).into(&p)
		return p.Behind
	}
	if got := behind(); got == nil || len(got) != 0 {
		t.Errorf("nothing was renamed: got %v", got)
	}
	sent := strings.ReplaceAll(orderFlow, "ship", "dispatch")
	s.do("PUT", "/api/v1/flows/order/draft", sent, "If-Match", "*", "Content-Type", "application/yaml").want(200)
	if got := behind(); len(got) != 1 || got[0].Step != "ship" || got[0].Now != "dispatch" || got[0].Places != 1 || len(got[0].Files) != 1 || !strings.HasSuffix(got[0].Files[0], "one.yaml") {
		t.Errorf("a rename in the text: got %+v", got)
	}
	s.do("PUT", "/api/v1/flows/order/draft?renamed=ship:dispatch", sent, "If-Match", "*", "Content-Type", "application/yaml").want(200)
	if got := behind(); len(got) != 0 {
		t.Errorf("after the tests followed: got %+v", got)
	}
	s.do("GET", "/api/v1/flows/order/tests/one.yaml", "").want(200).has("path: [reserve, ask.approved, dispatch]")
	s.do("PUT", "/api/v1/flows/order/draft", "name: order\nsteps:\n  ask: {approval: {title: Go on}}\n", "If-Match", "*", "Content-Type", "application/yaml").want(200)
	gone := behind()
	if len(gone) != 1 || gone[0].Step != "reserve" || gone[0].Now != "" {
		t.Errorf("a step that is gone: got %+v", gone)
	}
}
