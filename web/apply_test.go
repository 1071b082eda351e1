package web_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web"
	"github.com/segno-run/segno/web/view"
)

// pay is the function of echoFunction, with another output if one is given.
func payFunction(t *testing.T, output string) flow.Function {
	t.Helper()
	spec := echoFunction
	if output != "" {
		spec = spec[:strings.Index(spec, `"output"`)] + `"output": ` + output + `}`
	}
	f, issues := flow.ParseFunctionJSON("pay", []byte(spec))
	if issues.HasErrors() {
		t.Fatal(issues)
	}
	return f
}

func (s *site) apply(p web.Project) web.Applied {
	s.t.Helper()
	got, err := s.server.Apply(s.t.Context(), p, "from the folder", "")
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func TestApplyChangesWhatIsNew(t *testing.T) {
	s := open(t)
	p := web.Project{Functions: []flow.Function{payFunction(t, "")}, Flows: []web.FlowSource{{Name: "order", Source: []byte(orderFlow)}}}
	if got := s.apply(p); strings.Join(got.Changed, ", ") != "function pay, flow order version 1" || len(got.Notes)+len(got.Refused) > 0 {
		t.Fatalf("first: %+v", got)
	}
	if got := s.apply(p); len(got.Changed) > 0 {
		t.Errorf("unchanged: %+v", got)
	}
	// Two servers that see one change at once.
	p.Flows[0].Source = []byte(orderFlow + "# more\n")
	var both sync.WaitGroup
	changed := make(chan []string, 2)
	for range 2 {
		both.Go(func() { changed <- s.apply(p).Changed })
	}
	both.Wait()
	if n := len(<-changed) + len(<-changed); n != 1 {
		t.Errorf("one change made %d versions", n)
	}
	if v, err := s.db.Version(t.Context(), "order", 0); err != nil || v.Version != 2 || v.Message != "from the folder" {
		t.Errorf("the latest version is %d (%q), error %v; want 2", v.Version, v.Message, err)
	}
	same := models.FlowVersion{Flow: "order", Source: p.Flows[0].Source, Hash: "other"}
	if got, err := s.db.PublishChange(t.Context(), same); err != nil || !got.Kept || got.Version != 2 {
		t.Errorf("publishing the same text as a change: %+v, %v; want that version 2 is kept", got, err)
	}
}

func TestApplyRefusesWhatBreaksAnotherFlow(t *testing.T) {
	s := open(t)
	s.order()
	broken := payFunction(t, `{"type": "object", "properties": {"m": {}}, "required": ["m"]}`)
	other := web.FlowSource{Name: "other", Source: []byte("name: other\nsteps:\n  a: {set: {v: 1}}\n")}
	got := s.apply(web.Project{Functions: []flow.Function{broken}, Flows: []web.FlowSource{other}})
	if len(got.Refused) != 1 || got.Refused[0].Function != "pay" || !strings.Contains(got.Refused[0].Message, "breaks the flow `order`") || len(got.Changed) > 0 {
		t.Fatalf("got %+v, want a refusal and nothing changed", got)
	}
	s.do("GET", "/api/v1/functions/pay", "").want(200).has(`"n"`)
	s.do("GET", "/api/v1/flows/other/versions", "").want(404)
	// With the flow itself in the project it is no hindrance.
	mended := web.FlowSource{Name: "order", Source: []byte(strings.Replace(orderFlow, "ship.output.n", "ship.output.m", 1))}
	if got := s.apply(web.Project{Functions: []flow.Function{broken}, Flows: []web.FlowSource{mended, other}}); len(got.Refused) > 0 || len(got.Changed) != 3 {
		t.Errorf("together: got %+v", got)
	}
}

func TestApplyLeavesDraftsAndSaysSo(t *testing.T) {
	s := open(t)
	s.order()
	mine := orderFlow + "# mine\n"
	s.do("PUT", "/api/v1/flows/order/draft", mine, "If-Match", "*").want(200)
	p := web.Project{Flows: []web.FlowSource{{Name: "order", Source: []byte(orderFlow + "# folder\n")}}}
	if got := s.apply(p); len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "draft of `order`") {
		t.Errorf("got %+v, want a note on the draft", got)
	}
	if d := s.do("GET", "/api/v1/flows/order/draft", "").want(200); string(d.body) != mine {
		t.Errorf("the draft was overwritten: %s", d.body)
	}
	// Published, it is what is live. The folder takes its place only with a change of its own, and says so.
	s.do("POST", "/api/v1/flows/order/versions", "").want(201)
	p.Before = map[string][]byte{"flow order": p.Flows[0].Source}
	p.Flows[0].Source = []byte(orderFlow + "# folder again\n")
	got := s.apply(p)
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "Version 3 of `order` was not the folder's; version 4") {
		t.Errorf("got %+v, want a note on the version that it replaced", got)
	}
	if d := s.do("GET", "/api/v1/flows/order/draft", "").want(200); string(d.body) != orderFlow+"# folder again\n" {
		t.Errorf("a draft with nothing of its own stays behind: %s", d.body)
	}
}

func TestTheProjectFolderOnTheFlowsPage(t *testing.T) {
	state := view.Project{}
	s := open(t, func(c *web.Config) { c.Project = func() view.Project { return state } })
	s.do("GET", "/api/v1/project", "").want(200).has(`"watching":false`, `"problems":[]`, `"notes":[]`)
	if page := s.do("GET", "/flows", "").want(200); strings.Contains(string(page.body), "project-strip") {
		t.Error("a strip without a problem")
	}
	state = view.Project{Watching: true, Folder: "shop", Problems: []view.ProjectProblem{
		{File: "flows/buy.yaml", Line: 3, Column: 7, Message: "there is no function `pya`", Hint: "did you mean `pay`?"}, {Message: "<gone>"}}}
	s.do("GET", "/flows", "").want(200).has("Project folder: 2 problems", "flows/buy.yaml:3:7", "<code>pya</code>", "&lt;gone&gt;")
	s.do("GET", "/api/v1/project", "").want(200).has(`"watching":true`, `"folder":"shop"`, `"line":3,"column":7`)
	state = view.Project{Watching: true, Notes: []string{"The flow `ask` is no longer in the folder."}}
	s.do("GET", "/flows", "").want(200).has("Project folder: 1 note", "<code>ask</code>")
}

func TestApplySaysWhatGoesOnToRunAnOlderVersion(t *testing.T) {
	s := open(t)
	child := "name: child\nsteps:\n  a: {set: {v: 1}}\n"
	p := web.Project{Flows: []web.FlowSource{
		{Name: "child", Source: []byte(child)},
		{Name: "parent", Source: []byte("name: parent\nsteps:\n  a: {flow: child}\n")},
		{Name: "pinned", Source: []byte("name: pinned\nsteps:\n  a: {flow: child, version: 1}\n")},
	}}
	if got := s.apply(p); len(got.Notes) > 0 {
		t.Fatalf("first: %+v", got)
	}
	p.Flows[0].Source = []byte(child + "# more\n  b: {set: {v: 2}}\n")
	got := s.apply(p)
	if len(got.Notes) != 1 || got.Notes[0] != "`parent` goes on to run version 1 of `child`; publish it anew to run version 2." {
		t.Errorf("got %+v", got)
	}
}
