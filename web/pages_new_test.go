package web_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/starter"
	"github.com/segno-run/segno/models"
)

func TestNewFlowForm(t *testing.T) {
	s := open(t)
	s.do("GET", "/flows", "").want(200).has(`href="/flows/new?template=blank"`)
	s.do("GET", "/flows/pay", "", "Accept", "text/html").want(404).has("New flow pay", `href="/flows/new?template=blank&amp;name=pay"`)
	page := s.do("GET", "/flows/new?template=saga&name=pay&title=Pay+%26+ship", "").want(200)
	page.has(`value="pay"`, `value="Pay &amp; ship"`, `value="saga" checked`, `name="bring" value="yes" checked`, "(not on this server yet)")
	for _, tp := range starter.All() {
		page.has(`value="`+tp.Name+`"`, strings.Split(tp.About, ".")[0])
	}
	if got, want := strings.Count(string(page.body), `class="flow-graph"`), len(starter.All())-1; got != want {
		t.Errorf("%d thumbnails, want one for each template but the blank one", got)
	}

	// Refused forms keep what was typed and say what would do.
	s.post("/flows/new", "name", "Pay it!", "title", "Mine", "template", "branch").want(422).has("lower-case letters", "Take <code>pay_it</code>", `value="Pay it!"`, `value="Mine"`, `value="branch" checked`)
	s.post("/flows/new", "name", "", "template", "branch").want(422).has("A flow needs a name.")
	s.post("/flows/new", "name", "pay", "template", "nothing").want(422).has("Choose one of these.")
	s.post("/flows/new", "name", "pay", "title", strings.Repeat("é", 201), "template", "blank").want(422).has("at most 200 characters")
	if flows, err := s.db.Flows(t.Context()); err != nil || len(flows) != 0 {
		t.Fatalf("refused forms made %v, %v", flows, err)
	}

	to := s.post("/flows/new", "name", "pay", "title", `Pay: "all" #1`, "template", "saga", "bring", "yes").want(303).header.Get("Location")
	s.do("GET", to, "").want(200).has("The draft is made.", "Pay: ", "No problems")
	f, err := s.db.Flow(t.Context(), "pay")
	if err != nil || f.Published != nil || !strings.Contains(string(f.Draft), "on_failure: compensate") {
		t.Errorf("the flow: %v, %v\n%s", f.Published, err, f.Draft)
	}
	s.post("/flows/new", "name", "pay", "template", "blank").want(409).has("There is a flow <code>pay</code> already.", `href="/flows/pay"`)
	if again, _ := s.db.Flow(t.Context(), "pay"); string(again.Draft) != string(f.Draft) {
		t.Error("a refused form changed the draft that was there")
	}
}

// A flow that is published and has no draft is there, too: nothing gets a second one.
func TestNewFlowOfAPublishedName(t *testing.T) {
	s := open(t)
	s.order()
	s.post("/flows/new", "name", "order", "template", "blank").want(409).has("There is a flow <code>order</code> already.")
	if f, err := s.db.Flow(t.Context(), "order"); err != nil || f.Draft != nil {
		t.Errorf("the flow has the draft %s, %v", f.Draft, err)
	}
}

// Without the box the functions stay away, and the draft says which it lacks; with it, what is registered already stays as it is.
func TestNewFlowBringsFunctions(t *testing.T) {
	s := open(t)
	s.post("/flows/new", "name", "bare", "template", "fan-out").want(303)
	s.do("GET", "/api/v1/flows/bare/draft", "", "Accept", "application/json").want(200).has("inventory.take", `"severity":"error"`)
	mine := `{"http":{"url":"http://127.0.0.1:9/take"},"idempotent":true}`
	s.do("PUT", "/api/v1/functions/inventory.take", mine).want(201)
	s.post("/flows/new", "name", "whole", "template", "saga", "bring", "yes").want(303)
	s.do("GET", "/api/v1/functions/inventory.take", "").want(200).has("127.0.0.1:9/take")
	s.do("GET", "/api/v1/functions/payments.reserve", "").want(200).has("segno:payments.reserve")
	if got := string(s.do("GET", "/flows/new", "").want(200).body); strings.Contains(got, `id="bring"`) {
		t.Error("the form offers functions that are there")
	}
}

// A flow may be called `new`; its overview keeps its address, and the form has one of its own.
func TestAFlowCalledNew(t *testing.T) {
	s := open(t)
	s.do("GET", "/flows/new", "").want(200).has("Make the draft")
	s.post("/flows/new", "name", "new", "title", "Brand new", "template", "sequence").want(303)
	s.do("GET", "/flows/new", "").want(200).has("Brand new", "Recent runs")
	s.do("GET", "/flows/new/edit", "").want(200).has("Brand new")
	s.do("GET", "/flows/new?template=blank", "").want(200).has("Make the draft")
}

// The API makes a new flow of a template by what it lists.
func TestTemplatesInTheAPI(t *testing.T) {
	s := open(t)
	var got struct {
		Templates []struct {
			Name, Title, About string
			Functions          map[string]json.RawMessage
			Missing            []string
		}
	}
	if err := json.Unmarshal(s.do("GET", "/api/v1/templates", "").want(200).body, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Templates) != len(starter.All()) {
		t.Fatalf("%d templates", len(got.Templates))
	}
	for _, one := range got.Templates {
		for _, name := range one.Missing {
			s.do("PUT", "/api/v1/functions/"+name, string(one.Functions[name]))
		}
		flow := "my_" + strings.ReplaceAll(one.Name, "-", "_")
		text := string(s.do("GET", "/api/v1/templates/"+one.Name+"?flow="+flow+"&title=Mine", "").want(200).body)
		s.do("PUT", "/api/v1/flows/"+flow+"/draft", text, "Content-Type", "application/yaml").want(200)
		status := 201
		if one.Name == starter.Blank {
			status = 422
		}
		s.do("POST", "/api/v1/flows/"+flow+"/versions", "").want(status)
	}
	s.do("GET", "/api/v1/templates/saga", "").want(200).has("name: saga")
	s.do("GET", "/api/v1/templates/nothing", "").want(404).has("blank, sequence")
	s.do("GET", "/api/v1/templates/saga?flow=No+Name", "").want(422)
}

func TestNewFlowInTheModel(t *testing.T) {
	s := open(t)
	if err := s.db.NewFlow(t.Context(), "one", []byte("name: one\n")); err != nil {
		t.Fatal(err)
	}
	if err := s.db.NewFlow(t.Context(), "one", nil); err == nil || !strings.Contains(err.Error(), models.ErrConflict.Error()) {
		t.Errorf("a second one: %v", err)
	}
}
