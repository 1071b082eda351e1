package web_test

import (
	"fmt"
	"testing"

	"github.com/segno-run/segno/web/view"
)

func TestRunThroughTheAPI(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	var run view.Run
	s.do("GET", "/api/v1/runs/"+id, "").want(200).into(&run)
	if run.Status != "running" || len(run.Steps) != 3 || run.Steps[0].Status != "running" || run.Steps[1].Reason != "waits for `reserve`, which is running" {
		t.Fatalf("a started run: got %+v", run)
	}
	s.do("POST", "/api/v1/runs/"+id+"/retry", "").want(409, "conflict")

	s.engine.answer(id, "reserve", "", refused)
	s.do("GET", "/api/v1/runs/"+id, "").want(200).into(&run)
	if run.Status != "failed" || run.Error == nil || run.Error.Step != "reserve" || run.Steps[0].Attempts[0].Status != "failed" || fmt.Sprint(run.Actions) != "[retry compensate]" {
		t.Fatalf("a failed run: got %+v, %+v", run, run.Error)
	}
	s.do("GET", "/api/v1/runs/"+id+"/plan?action=retry", "").want(200).has(`"run_again"`, `"fits":true`)
	s.do("POST", "/api/v1/runs/"+id+"/retry", "").want(200).has(`"status":"running"`)
	s.do("POST", "/api/v1/runs/"+id+"/retry", "").want(409, "conflict")
	s.engine.answer(id, "reserve", `{"n": 1}`, nil)

	run = view.Run{}
	s.do("GET", "/api/v1/runs/"+id, "").want(200).into(&run)
	if run.Status != "waiting" || run.Steps[1].Deciding == nil || run.Steps[1].Deciding.Title != "Release 5?" || run.Steps[0].Attempt != 2 {
		t.Fatalf("a run that asks: got %+v", run)
	}
	s.do("POST", "/api/v1/runs/"+id+"/approvals/ask", `{}`).want(422, "invalid")
	s.do("POST", "/api/v1/runs/"+id+"/approvals/nobody", `{"approved": true}`).want(422, "invalid")
	s.do("POST", "/api/v1/runs/"+id+"/approvals/ask", `{"approved": true, "comment": "fine"}`).want(200)
	s.do("POST", "/api/v1/runs/"+id+"/approvals/ask", `{"approved": false}`).want(409, "conflict")
	s.engine.answer(id, "ship", `{"n": 7}`, nil)
	run = view.Run{}
	s.do("GET", "/api/v1/runs/"+id, "").want(200).into(&run)
	if run.Status != "succeeded" || string(run.Output) != `{"shipped":7}` || run.EndedAt == nil || len(run.Actions) != 0 {
		t.Fatalf("a run that succeeded: got %+v", run)
	}

	var events struct{ Events []view.Event }
	s.do("GET", "/api/v1/runs/"+id+"/events?limit=1000", "").want(200).into(&events)
	for i, e := range events.Events {
		if e.Seq != int64(i+1) || len(e.Facts) == 0 {
			t.Errorf("event %d: got seq %d with %d facts", i, e.Seq, len(e.Facts))
		}
	}
	after := run.Seq - 2
	s.do("GET", fmt.Sprintf("/api/v1/runs/%s/events?after=%d&limit=1", id, after), "").want(200).into(&events)
	if len(events.Events) != 1 || events.Events[0].Seq != after+1 {
		t.Errorf("a page of events: got %+v, want seq %d alone", events.Events, after+1)
	}
	s.do("GET", "/api/v1/runs?flow=order&status=succeeded&q="+id[:10], "").want(200).has(id)
	s.do("GET", "/api/v1/runs?status=failed,cancelled", "").want(200).has(`"runs":[]`)
}
