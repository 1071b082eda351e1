package web_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

const (
	fixOne = `name: fix
input: {type: object}
steps:
  take: {call: pay, with: {n: 1}, compensate: {call: pay, with: {n: -1}}}
  sum: {needs: [take], set: {n: 1}}
  give: {needs: [sum], call: pay, with: {n: "${{ steps.sum.output.n }}"}}
  last: {needs: [give], call: pay, with: {n: 3}}
`
	fixTwo   = "n: 2}}\n  give"
	fixThree = "take: {call: pay, with: {n: 9}"
)

// fixed publishes three versions of a flow, and runs the first until `give` fails.
func fixed(t *testing.T) (s *site, id, at string) {
	s = open(t)
	s.do("PUT", "/api/v1/functions/pay", echoFunction).want(201)
	for _, text := range []string{fixOne, strings.Replace(fixOne, "n: 1}}\n  give", fixTwo, 1), strings.Replace(fixOne, "take: {call: pay, with: {n: 1}", fixThree, 1)} {
		s.do("POST", "/api/v1/flows/fix/versions", text, "Content-Type", "application/yaml").want(201)
	}
	var got struct{ ID string }
	s.do("POST", "/api/v1/flows/fix/runs", `{"input": {}, "version": 1}`).want(201).into(&got)
	s.engine.answer(got.ID, "take", `{"n": 1}`, nil)
	s.engine.answer(got.ID, "give", "", refused)
	return s, got.ID, "/api/v1/runs/" + got.ID
}

func does(p view.Plan) string {
	var words []string
	for _, st := range p.Steps {
		words = append(words, st.ID+" "+st.Does)
	}
	return strings.Join(words, ", ")
}

// A fix is published, and the failed run goes on with it; what has completed keeps its one attempt and its times.
func TestRetryOnAnotherVersion(t *testing.T) {
	s, id, at := fixed(t)
	var plan view.Plan
	s.do("GET", at+"/plan?action=retry&version=2", "").want(200).into(&plan)
	if got := does(plan); plan.Version != 2 || plan.RunVersion != 1 || plan.Blocked || got != "take reuse, sum run_again, give run_again, last run" {
		t.Fatalf("the plan: got %+v", plan)
	}
	if in := plan.Steps[2].Inputs; len(in) != 1 || string(in[0].Input) != `{"n":2}` || plan.Steps[2].Function != "pay" {
		t.Errorf("what failed would be called with: got %+v", plan.Steps[2])
	}
	var before, after view.Run
	s.do("GET", at, "").want(200).into(&before)

	s.do("GET", at+"/plan?action=retry&version=3", "").want(200).has(`"blocked":true`, `"blocks":true`, "its input is another one on this version")
	s.do("POST", at+"/retry", `{"version": 3}`).want(409, "conflict", "in the way").has(`"plan":{`, `"version":3`)
	s.do("GET", at+"/plan?action=retry&version=4", "").want(404, "not_found")
	s.do("POST", at+"/retry", `{"version": 4}`).want(422, "invalid")
	s.do("GET", at+"/plan?action=retry&version=two", "").want(400, "bad_request")
	s.do("GET", at+"/plan?action=compensate&version=2", "").want(409, "conflict")
	s.do("POST", at+"/retry", `{"version": -1}`).want(422, "invalid")
	s.do("POST", at+"/retry", `{"version": 2, "seq": 1}`).want(409, "conflict").has("the run has changed", `"run_again"`)

	s.do("POST", at+"/retry", `{"version": 2}`).want(200)
	s.do("GET", at, "").want(200).into(&after)
	one, _ := json.Marshal(before.Steps[0])
	two, _ := json.Marshal(after.Steps[0])
	if string(one) != string(two) || after.Version != 2 || len(after.Steps[0].Attempts) != 1 {
		t.Errorf("on version %d, what was to be reused was\n%s\nand is\n%s", after.Version, one, two)
	}
	if give := after.Steps[2]; len(give.Attempts) != 2 || string(give.Input) != `{"n":2}` {
		t.Errorf("what runs again: got %+v", give)
	}
	s.do("GET", "/api/v1/runs?flow=fix", "").want(200).has(`"version":2`)
	s.do("POST", at+"/retry", `{"version": 2}`).want(409, "conflict")
	s.do("GET", at+"/events", "").want(200).has("RunRevised", "StepReused")
	s.do("GET", "/runs/"+id, "").want(200).has("versions?v=2")
}

// A person gives what failed another input, which fits the contract.
func TestRetryWithAnInput(t *testing.T) {
	s, _, at := fixed(t)
	s.do("POST", at+"/retry", `{"input": {"n": "two"}}`).want(422, "invalid").has("`n`")
	s.do("POST", at+"/retry", `{"inputs": {"take": {"n": 2}}}`).want(409, "conflict").has("has not failed")
	s.do("POST", at+"/retry", `{"inputs": {"give#x": {"n": 2}}}`).want(422, "invalid").has("step#item")
	s.do("POST", at+"/retry", `{"inputs": {"nobody": {"n": 2}}}`).want(422, "invalid")
	s.do("POST", at+"/retry", `{"input": {"n": 2}, "inputs": {"give": {"n": 3}}}`).want(422, "invalid").has("two inputs")
	s.do("POST", at+"/retry", `{"input": {"n": 7}}`).want(200)
	var run view.Run
	s.do("GET", at, "").want(200).into(&run)
	if give := run.Steps[2]; string(give.Input) != `{"n":7}` || len(give.Attempts) != 2 {
		t.Errorf("got %+v", give)
	}
	s.do("POST", at+"/retry", `{"input": {"n": 7}}`).want(409, "conflict")
}

// Going back to a step undoes what it did, and only then begins it anew.
func TestRestartFromAStep(t *testing.T) {
	s, id, at := fixed(t)
	var plan view.Plan
	s.do("GET", at+"/plan?action=restart&step=take&version=3", "").want(200).into(&plan)
	if got := does(plan); plan.From != "take" || plan.Blocked || got != "take compensate_first, sum run_again, give run_again, last run" {
		t.Fatalf("the plan: got %s of %+v", got, plan)
	}
	s.do("GET", at+"/plan?action=restart", "").want(400, "bad_request")
	s.do("GET", at+"/plan?action=restart&step=nobody", "").want(404, "not_found")
	s.do("GET", at+"/plan?action=retry&step=take", "").want(400, "bad_request")
	s.do("POST", at+"/restart", `{}`).want(422, "invalid")
	s.do("POST", at+"/restart", `{"step": "last"}`).want(409, "conflict").has("has not begun")
	s.do("POST", at+"/restart", `{"step": "give", "again": ["take"]}`).want(422, "invalid")
	s.do("POST", at+"/restart", `{"step": "take", "version": 3}`).want(200).has("compensating")
	s.engine.answer(id, "take", `{"n": -1}`, nil)
	var run view.Run
	s.do("GET", at, "").want(200).into(&run)
	if take := run.Steps[0]; run.Version != 3 || run.Status != "running" || string(take.Input) != `{"n":9}` || len(take.Attempts) != 2 {
		t.Errorf("got %s on version %d, %+v", run.Status, run.Version, take)
	}
	s.do("POST", at+"/restart", `{"step": "take"}`).want(409, "conflict").has("running")
}

// The page shows the plan of another version, offers the versions, takes an input by its fields or as JSON, and keeps what was typed wrong.
func TestRepairOnThePage(t *testing.T) {
	s, id, at := fixed(t)
	page := "/runs/" + id
	s.do("GET", page, "").want(200).has(`class="plan-versions"`, `?plan=retry&amp;version=2`, "the run's own", `name="was:give" value="{&#34;n&#34;:1}"`, `name="field:give:n"`)
	s.do("GET", page+"?plan=retry&version=2", "").want(200).has(`id="confirm-retry" open`, "Retry on version", `name="version" value="2"`, `value="{&#34;n&#34;:2}"`)
	s.do("GET", page+"?plan=retry&version=3", "").want(200).has("1 step in the way", "its input is another one on this version", "?plan=restart&amp;step=take&amp;version=3")
	s.do("GET", page+"?plan=retry&version=9", "").want(200).has("<code>fix</code> has no version 9. The plan is that of the run&#39;s own version", `id="confirm-retry" open`)
	for _, wrong := range []string{"version=abc", "plan=retry&version=abc", "plan=restart&step=take&version=0", "version=-1"} {
		s.do("GET", page+"?"+wrong, "").want(400).has("<code>version</code> is", "it must be a whole number from 1", "Back to the run")
		s.do("GET", page+"/fragments/header?"+wrong, "").want(400)
	}
	s.do("GET", page+"?plan=retri", "").want(400).has("<code>plan</code> is retri; it must be retry")
	s.do("GET", page+"?plan=restart&step=take&version=3", "").want(200).has(`id="confirm-restart" open`, "Undo, then restart", `name="from" value="take"`, "undo, then run")
	s.do("GET", page+"?step=take", "").want(200).has(`id="restart-from"`, `?plan=restart&amp;step=take`)
	// What is selected stays so with the choice of a version; a restart from another step selects that.
	s.do("GET", page+"?step=take&view=output&attempt=1", "").want(200).has(`?attempt=1&amp;plan=retry&amp;step=take&amp;version=2&amp;view=output`, `?attempt=1&amp;plan=restart&amp;step=take&amp;view=output`)
	s.do("GET", page+"?plan=retry&version=3&step=give&view=input", "").want(200).has("?plan=restart&amp;step=take&amp;version=3", `?plan=retry&amp;step=give&amp;view=input"`)
	s.do("GET", page+"?plan=restart&step=give&view=input", "").want(200).has(`?plan=restart&amp;step=give&amp;version=2&amp;view=input`)

	var plan view.Plan
	s.do("GET", at+"/plan?action=retry", "").want(200).into(&plan)
	seq := fmt.Sprint(plan.Seq)
	s.post(page+"/retry", "seq", seq, "was:give", `{"n":1}`, "field:give:n", "one").want(422).has(`id="confirm-retry" open`, "this is no number", "plan-given", "&#34;one&#34;")
	s.post(page+"/retry", "seq", seq, "was:give", `{"n":1}`, "json:give", `{"n": "one"}`).want(422).has("`n`", "&#34;one&#34;", "field-error")
	s.post(page+"/retry", "seq", seq, "was:give", `{"n":1}`, "json:give", `{"n"`).want(422).has("is not JSON")
	s.post(page+"/retry", "seq", seq, "was:a", `{}`, "json:a", `{`, "was:give", `{"n":1}`, "field:give:n", "5").want(422).has("the input of <code>a</code> is not JSON", "&#34;n&#34;: 5")
	s.post(page+"/retry", "seq", "1", "was:give", `{"n":1}`, "field:give:n", "5").want(409).has("Nothing was done", "&#34;n&#34;: 5")
	for range 2 { // two clicks are one retry
		s.post(page+"/retry", "seq", seq, "was:give", `{"n":1}`, "field:give:n", "5").want(303)
	}
	var run view.Run
	s.do("GET", at, "").want(200).into(&run)
	if give := run.Steps[2]; string(give.Input) != `{"n":5}` || len(give.Attempts) != 2 || run.Version != 1 {
		t.Errorf("got %+v", give)
	}
	s.engine.answer(id, "give", "", refused)
	s.do("GET", at+"/plan?action=retry&version=2", "").want(200).into(&plan)
	s.post(page+"/retry", "seq", fmt.Sprint(plan.Seq), "version", "2", "was:give", `{"n":2}`, "field:give:n", "2").want(303)
	s.do("GET", at, "").want(200).into(&run)
	if give := run.Steps[2]; string(give.Input) != `{"n":2}` || run.Version != 2 {
		t.Errorf("what was not edited is what the version computes: got %+v on version %d", give, run.Version)
	}
	s.engine.answer(id, "give", "", refused)
	s.do("GET", at+"/plan?action=restart&step=take&version=3", "").want(200).into(&plan)
	for range 2 {
		s.post(page+"/restart", "seq", fmt.Sprint(plan.Seq), "version", "3", "from", "take").want(303)
	}
	s.engine.answer(id, "take", `{"n": -1}`, nil)
	s.do("GET", page, "").want(200).has("versions?v=3")
}

// A plan of a flow with very many versions offers the newest, the run's own and the one that is asked for, and a box for any other.
func TestManyVersionsToGoOnWith(t *testing.T) {
	s, id, _ := fixed(t)
	s.exec(`INSERT INTO flow_versions (flow, version, source, hash, contracts, message, author, created_at)
		SELECT flow, n, source, hash, contracts, message, author, created_at FROM flow_versions, generate_series(4, 500) n WHERE flow = 'fix' AND version = 2`)
	s.exec(`UPDATE flows SET published = 500 WHERE name = 'fix'`)
	offers := func(query, step string, want ...int) {
		t.Helper()
		page := string(s.do("GET", "/runs/"+id+"?plan="+query, "").want(200).has(`name="version" type="number" min="1" max="500"`, `Another version, 1 to 500`, step).body)
		var got []int
		for _, m := range regexp.MustCompile(`class="chip"[^>]*>(\d+)`).FindAllStringSubmatch(page[strings.Index(page, `id="confirm-`+strings.Split(query, "&")[0]):], -1) {
			n, _ := strconv.Atoi(m[1])
			got = append(got, n)
		}
		if !slices.Equal(got[:min(len(got), len(want))], want) || len(got) > 2*len(want) {
			t.Errorf("%s offers %v, want %v", query, got, want)
		}
	}
	offers("retry", `<form id="retry-version" method="get"`, 500, 499, 498, 497, 496, 495, 494, 493, 1)
	offers("retry&version=77", "Retry on version 77", 500, 499, 498, 497, 496, 495, 494, 493, 77, 1)
	offers("restart&step=take&version=78", `<form id="restart-version" method="get"`, 500, 499, 498, 497, 496, 495, 494, 493, 78, 1)
}

// A run that a step has started goes on with its own version by Retry: its page, and the plan of the run above, say so, and lead to the restart that takes another one.
func TestAnotherVersionOfAChild(t *testing.T) {
	s := open(t)
	publish := func(flow, text string) {
		t.Helper()
		s.do("POST", "/api/v1/flows/"+flow+"/versions", text, "Content-Type", "application/yaml").want(201)
	}
	const part, whole = "name: part\nsteps:\n  no: {fail: {message: not today}}\n", "name: whole\nsteps:\n  sum: {set: {n: 1}}\n  part: {needs: [sum], flow: part}\n"
	publish("part", part)
	publish("whole", whole)
	var got struct{ ID string }
	s.do("POST", "/api/v1/flows/whole/runs", `{"input": {}}`).want(201).into(&got)
	ref, ctx := planner.Ref{Step: "part", Item: planner.NoItem}, t.Context()
	child := s.engine.runs[got.ID].state.Unit(ref).Child
	program, err := s.engine.programs.Program(ctx, "part", 1)
	if err != nil {
		t.Fatal(err)
	}
	s.exec(`INSERT INTO runs (id, uuid, flow, version, status, reader, created_at, updated_at) VALUES (2, $1, 'part', 1, 'pending', 1, now(), now())`, child)
	s.engine.runs[child] = &liveRun{number: 2, program: program, state: planner.NewState()}
	for _, in := range []struct {
		run   string
		input planner.Input
	}{
		{child, &planner.Start{ID: child, Version: 1, Input: planner.JSON("{}"), Parent: &planner.ParentLink{Run: got.ID, Step: "part", Item: planner.NoItem, Attempt: 1, Depth: 1}}},
		{got.ID, &planner.ChildDone{Ref: ref, Attempt: 1, Child: child, Status: planner.StatusFailed, Fault: refused}},
	} {
		if err := s.engine.input(ctx, in.run, in.input); err != nil {
			t.Fatal(err)
		}
	}
	publish("part", strings.Replace(part, "{fail: {message: not today}}", "{set: {n: 1}}", 1))
	s.do("GET", "/runs/"+child, "").want(200).has(`publish <a href="/flows/whole/edit">whole</a> anew and`, `href="/runs/`+got.ID+`?plan=restart&amp;step=part"`)
	s.do("GET", "/runs/"+got.ID, "").want(200).has(`publish <a href="/flows/whole/edit">whole</a> anew, then`, `?plan=restart&amp;step=part"`)
	publish("whole", whole) // it runs version 2 of part

	s.do("GET", "/runs/"+child, "").want(200).has("Retry stays on version 1 of <code>part</code>", `href="/runs/`+got.ID+`?plan=restart&amp;step=part&amp;version=2"`).lacks("anew and")
	page := "/runs/" + got.ID + "?plan="
	s.do("GET", page+"retry", "").want(200).has("its run goes on from its own failure, on version 1 of <code>part</code>", "With another version of <code>part</code>", `?plan=restart&amp;step=part&amp;version=2"`)
	s.do("GET", page+"retry&version=2", "").want(200).has("this version runs version 2: restart from this step", `?plan=restart&amp;step=part&amp;version=2"`).lacks("With another version of")
	s.do("GET", page+"restart&step=part", "").want(200).has("it runs version 1 of <code>part</code>")
	s.do("GET", page+"restart&step=part&version=2", "").want(200).has("it runs version 2 of <code>part</code>")
	s.do("POST", "/api/v1/runs/"+got.ID+"/restart", `{"step": "part", "version": 2}`).want(200)
	s.do("GET", "/runs/"+child, "").want(200).lacks("Retry stays on version") // the run above goes on: nothing can be restarted now
}
