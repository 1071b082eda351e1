package web_test

import (
	"strings"
	"testing"

	"github.com/segno-run/segno/web/view"
)

func TestARunBesideTheLastSuccess(t *testing.T) {
	s := open(t)
	s.order()
	first := s.start()
	s.do("GET", "/api/v1/runs/"+first+"/compare", "").want(404, "not_found").has("no run of `order` succeeded before this one", "?with=")
	s.do("GET", "/runs/"+first+"/compare", "").want(200).has("No success before this run", "No run of <code>order</code> succeeded", "It is the only run of order", `href="/flows/order/start"`,
		`href="/runs/`+first+`">Back to the run`).lacks("<form class=\"compare-form\"", "Compare with a")
	s.do("GET", "/runs/"+first+"?view=diff", "").want(200).has("Compare with a run of your choice")
	s.engine.answer(first, "reserve", `{"n": 8}`, nil)
	s.do("POST", "/api/v1/runs/"+first+"/approvals/ask", `{"approved": true}`).want(200)
	s.engine.answer(first, "ship", `{"n": 7}`, nil)

	second := s.start()
	s.engine.answer(second, "reserve", `{"n": 9}`, nil)
	s.do("POST", "/api/v1/runs/"+second+"/approvals/ask", `{"approved": true}`).want(200)
	s.engine.answer(second, "ship", "", refused)
	var got view.Comparison
	s.do("GET", "/api/v1/runs/"+second+"/compare", "").want(200).into(&got)
	if got.With != first || got.First != "ship" || got.FirstValue != "reserve" || len(got.Steps) != 3 || got.Steps[2].Differs != "failed here, succeeded there" {
		t.Errorf("got %+v", got)
	}
	if c := got.Steps[0].Output; len(c) != 1 || c[0].Path != "n" || string(c[0].Was) != "8" || string(c[0].Is) != "9" {
		t.Errorf("the output of reserve: got %+v", c)
	}
	s.do("GET", "/runs/"+second+"/compare", "").want(200).has("They part at <code>ship</code>", "failed here, succeeded there", "The last success before it", "9")
	s.do("GET", "/runs/"+second+"?step=reserve&view=diff", "").want(200).has(`id="compare-runs"`, "<del>8</del>", "<ins>9</ins>")
	s.do("GET", "/runs/"+second+"?step=ship&view=diff", "").want(200).has("Resolved", "The same.")
	s.do("GET", "/runs/"+second+"?view=diff", "").want(200).has("Against the last success", "The same.")
	s.do("GET", "/runs/"+first+"?step=ship&view=diff", "").want(200).has("No run of this flow succeeded before this one")

	s.do("POST", "/api/v1/runs/"+second+"/retry", "").want(200)
	s.engine.answer(second, "ship", `{"n": 7}`, nil)
	s.do("GET", "/runs/"+second+"?step=ship&view=diff&base=attempt", "").want(200).has("Against", "attempt 1", "<del>&#34;failed&#34;</del>", "<ins>&#34;succeeded&#34;</ins>", "no such account")
	s.do("GET", "/runs/"+second+"?step=ship&attempt=1&view=diff&base=attempt", "").want(200).has("Against the last success") // there is none before the first
	s.do("GET", "/runs/"+second+"/compare?with="+first, "").want(200).has("They went the same way", "The other run")
	s.do("GET", "/api/v1/runs/"+second+"/compare?with=nobody", "").want(404, "not_found").has("there is no run nobody")
	s.do("GET", "/runs/nobody/compare?with="+first, "").want(404).has("There is no run nobody").lacks("compare-form")
	s.do("GET", "/runs/"+second+"/compare?with=nobody", "").want(404).has("There is no such comparison", "There is no run nobody. Choose another run.", `value="nobody"`, "Compare with another run of order", "/runs/"+second+"/compare?with="+first)
	if to := s.do("GET", "/runs/"+second+"/compare?with="+first[28:], "").want(303).header.Get("Location"); to != "/runs/"+second+"/compare?with="+first {
		t.Errorf("by the end of an id: sent to %s", to)
	}
	s.do("GET", "/runs/"+first+"/compare", "").want(200).has("Compare with a run that succeeded after it", "/runs/"+first+"/compare?with="+second).lacks("It is the only run", `?with=`+first, "another run of order")
	s.do("POST", "/api/v1/flows/other/versions", strings.Replace(orderFlow, "name: order", "name: other", 1), "Content-Type", "application/yaml").want(201)
	var other struct{ ID string }
	s.do("POST", "/api/v1/flows/other/runs", `{"input": {"amount": 5}}`).want(201).into(&other)
	s.do("GET", "/api/v1/runs/"+second+"/compare?with="+other.ID, "").want(400, "bad_request").has("only runs of one flow")
	s.do("GET", "/runs/"+second+"/compare?with="+other.ID, "").want(400).has("There is no such comparison", "only runs of one flow", `value="`+other.ID+`"`, "/runs/"+second+"/compare?with="+first)
}
