package web_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/web/view"
)

// A button that is pressed on a plan does what the plan says or nothing, and once however often it is clicked.
func TestRetryOnAPlan(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	at := "/api/v1/runs/" + id
	s.engine.answer(id, "reserve", "", refused)
	var plan view.Plan
	s.do("GET", at+"/plan?action=retry", "").want(200).into(&plan)
	if plan.Seq == 0 || plan.Version != 1 || len(plan.Steps) != 3 || plan.Steps[0].Does != "run_again" || plan.Steps[0].Reason != "rejected: no such account" {
		t.Fatalf("the plan: got %+v", plan)
	}
	s.do("GET", "/runs/"+id, "").want(200).has(`id="confirm-retry"`, "1 runs again, 2 to come", `name="seq" value="2"`, "Nothing was done that could be undone")
	if page := string(s.do("GET", "/runs/"+id+"?plan=retry", "").want(200).body); !strings.Contains(page, `id="confirm-retry" open`) {
		t.Error("?plan=retry does not open the plan")
	}

	// Somebody else retries, and it fails again: what was seen is not what there is.
	s.do("POST", at+"/retry", "").want(200)
	s.engine.answer(id, "reserve", "", refused)
	s.do("POST", at+"/retry", `{"seq": 2}`).want(409, "conflict", "the run has changed").has(`"plan":{`, `"seq":4`, `"run_again"`)
	s.post("/runs/"+id+"/retry", "seq", "2").want(409).has("Nothing was done", `id="confirm-retry" open`, `name="seq" value="4"`)
	s.do("POST", at+"/retry", `{"seq": -1}`).want(422, "invalid", "from 1")
	s.post("/runs/"+id+"/retry", "seq", "two").want(422).has("two")

	// Two clicks on the fresh plan are one retry.
	s.post("/runs/"+id+"/retry", "seq", "4").want(303)
	s.post("/runs/"+id+"/retry", "seq", "4").want(303)
	events := string(s.do("GET", at+"/events", "").want(200).body)
	if n := strings.Count(events, "RetryRequested"); n != 2 {
		t.Errorf("got %d retries in %s, want 2: somebody else's, and one for two clicks", n, events)
	}
	s.post("/runs/"+id+"/retry", "seq", "5").want(409).has("Back to the run") // it goes on: there is no plan
}

const wrongFlow = `name: wrong
input: {type: object}
steps:
  sum: {set: {n: "${{ input.n + 1 }}"}}
  pay: {needs: [sum], call: pay, with: {n: "${{ steps.sum.output.n }}"}}
`

// What a version computes wrongly it computes wrongly again: the plan says that it is in the way.
func TestWhatIsInTheWayOfARetry(t *testing.T) {
	s := open(t)
	s.do("PUT", "/api/v1/functions/pay", echoFunction).want(201)
	s.do("POST", "/api/v1/flows/wrong/versions", wrongFlow, "Content-Type", "application/yaml").want(201)
	var got struct{ ID string }
	s.do("POST", "/api/v1/flows/wrong/runs", `{"input": {"n": "one"}}`).want(201).into(&got)
	s.do("GET", "/api/v1/runs/"+got.ID+"/plan?action=retry", "").want(200).has(`"in_the_way"`, "on this version")
	page := string(s.do("GET", "/runs/"+got.ID, "").want(200).has("Retry all the same", "in the way").body)
	if strings.Contains(page, `id="action-retry"`) {
		t.Error("Retry is one click though something is in the way")
	}
}

// The preview of a compensation shows what is undone with which input, and changes nothing.
func TestCompensatePreview(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	s.engine.answer(id, "reserve", `{"n": 7}`, nil)
	s.do("GET", "/runs/"+id+"?plan=cancel", "").want(200).has(`id="confirm-cancel" open`, "nobody is asked any more", `value="pause" checked`)
	s.post("/runs/"+id+"/approvals/ask", "approved", "true").want(303)
	s.do("GET", "/runs/"+id, "").want(200).has("it is told to stop; what it has done by then stays done")
	s.engine.answer(id, "ship", "", &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "no carrier"})
	var plan view.Plan
	s.do("GET", "/api/v1/runs/"+id+"/plan?action=compensate", "").want(200).into(&plan)
	last := plan.Steps[len(plan.Steps)-1]
	if last.ID != "reserve" || last.Does != "undo" || last.Function != "pay" || len(last.Inputs) != 1 || string(last.Inputs[0].Input) != `{"n":-1}` {
		t.Errorf("the plan: got %+v", plan)
	}
	s.do("GET", "/runs/"+id, "").want(200).has("Undoes 1 step", `{&#34;n&#34;:-1}`, "nothing was done")
	s.post("/runs/"+id+"/compensate", "seq", "1").want(409).has(`id="confirm-compensate" open`)
	s.post("/runs/"+id+"/compensate", "seq", strconv.FormatInt(plan.Seq, 10)).want(303)
}
