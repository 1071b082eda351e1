package web_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/view"
)

// failing is three runs of a flow that failed alike, on version 1, and one that failed earlier.
func failing(t *testing.T) (s *site, alike []string) {
	s, first, _ := fixed(t)
	alike = append(alike, first)
	for range 3 {
		var got struct{ ID string }
		s.do("POST", "/api/v1/flows/fix/runs", `{"input": {}, "version": 1}`).want(201).into(&got)
		if len(alike) == 3 {
			s.engine.answer(got.ID, "take", "", refused)
			break
		}
		s.engine.answer(got.ID, "take", `{"n": 1}`, nil)
		s.engine.answer(got.ID, "give", "", refused)
		alike = append(alike, got.ID)
	}
	return s, alike
}

// work has the server retry until no run of the bulk waits.
func (s *site) work(at string) view.Bulk {
	s.t.Helper()
	return s.workUntil(at, 0)
}

// workUntil has the server retry until so many runs of the bulk wait.
func (s *site) workUntil(at string, waiting int) (b view.Bulk) {
	s.t.Helper()
	b.Waiting = -1
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.server.WorkBulk(ctx)
	}()
	for tick := time.NewTicker(10 * time.Millisecond); b.Waiting != waiting; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("it is not done: %+v", b)
		}
		s.do("GET", at, "").want(200).into(&b)
	}
	cancel()
	<-done
	return b
}

const bulkAt = "/api/v1/flows/fix/retries"

func TestBulkRetry(t *testing.T) {
	s, alike := failing(t)
	var plan view.BulkPlan
	s.do("POST", bulkAt, `{"dry_run": true}`).want(200).into(&plan)
	if plan.Runs != 4 || plan.Planned != 4 || plan.Fit != 4 || len(plan.Kinds) != 2 || plan.Kinds[0].Runs != 3 || plan.Kinds[0].Text != "2 reused; `give` again" {
		t.Errorf("the dry run of all: got %+v", plan)
	}
	s.do("POST", bulkAt, `{"dry_run": true, "step": "give", "version": 3}`).want(200).into(&plan)
	if plan.Runs != 3 || plan.Fit != 0 || plan.Kinds[0].Fits || !strings.Contains(plan.Kinds[0].Text, "`take` is in the way") {
		t.Errorf("the dry run of version 3: got %+v", plan)
	}
	for body, want := range map[string]int{`{"version": -1}`: 422, `{"version": 9}`: 404, `{"step": "nowhere"}`: 409, `{"step": "give", "runs": 2}`: 409, `{"steps": 1}`: 400} {
		s.do("POST", bulkAt, body).want(want)
	}
	s.do("POST", "/api/v1/flows/nobody/retries", `{}`).want(404)

	// Somebody mends one by hand, another one between the plan and its turn.
	s.do("POST", "/api/v1/runs/"+alike[0]+"/retry", `{}`).want(200)
	var b view.Bulk
	s.do("POST", bulkAt, `{"step": "give", "version": 2, "runs": 2}`, "Idempotency-Key", "k").want(201).into(&b)
	s.do("POST", "/api/v1/runs/"+alike[1]+"/retry", `{}`).want(200)
	again := b
	s.do("POST", bulkAt, `{"step": "give", "version": 2}`, "Idempotency-Key", "k").want(201).into(&again)
	s.do("POST", bulkAt, `{"step": "take"}`, "Idempotency-Key", "k").want(409, "conflict")
	if again.ID != b.ID || b.Runs != 2 || b.Waiting != 2 {
		t.Errorf("one key started %+v and %+v", b, again)
	}
	at := bulkAt + "/" + b.ID
	if b = s.work(at); b.Retried != 1 || b.Refused != 1 || b.Runs != 2 {
		t.Errorf("got %+v", b)
	}
	var runs struct{ Runs []view.BulkRun }
	s.do("GET", at+"/runs?state=retried", "").want(200).into(&runs)
	if len(runs.Runs) != 1 || runs.Runs[0].Run != alike[2] || runs.Runs[0].Status != "running" {
		t.Errorf("retried: got %+v", runs.Runs)
	}
	s.do("GET", at+"/runs?state=refused", "").want(200).into(&runs)
	if len(runs.Runs) != 1 || runs.Runs[0].Run != alike[1] || runs.Runs[0].Why == "" {
		t.Errorf("refused: got %+v", runs.Runs)
	}
	s.do("GET", at+"/runs?state=lost", "").want(400)
	s.do("GET", "/api/v1/runs/"+alike[2], "").want(200).has(`"version":2`)

	// A server that was killed before it wrote down what it had done does not do it again.
	s.exec(`WITH lost AS (UPDATE bulk_runs SET state = 'waiting', until = '-infinity' WHERE run = $1 RETURNING bulk)
		UPDATE bulks SET retried = retried - 1 FROM lost WHERE id = lost.bulk`, alike[2])
	if b = s.work(at); b.Retried != 1 {
		t.Errorf("after the kill: got %+v", b)
	}
	var run view.Run
	s.do("GET", "/api/v1/runs/"+alike[2], "").want(200).into(&run)
	if n := len(run.Steps[2].Attempts); n != 2 {
		t.Errorf("it has %d attempts, want the one that failed and one more", n)
	}
	s.do("POST", at+"/stop", "").want(409, "conflict")
	s.do("GET", bulkAt, "").want(200).has(b.ID)
	s.do("GET", bulkAt+"/nonsense", "").want(404)
}

func TestBulkRetryStopped(t *testing.T) {
	s, _ := failing(t)
	var b view.Bulk
	s.do("POST", bulkAt, `{}`).want(201).into(&b)
	s.do("POST", bulkAt+"/"+b.ID+"/stop", "").want(200).into(&b)
	if !b.Done || b.Stopped != 4 || b.StoppedAt == nil {
		t.Errorf("got %+v", b)
	}
	if b = s.work(bulkAt + "/" + b.ID); b.Retried != 0 {
		t.Errorf("it was stopped, and %d runs were retried", b.Retried)
	}
}

// TestBulkRetryStoppedTooLate: what a server had taken by then is retried, and never said to be left out.
func TestBulkRetryStoppedTooLate(t *testing.T) {
	s, _ := failing(t)
	var b view.Bulk
	s.do("POST", bulkAt, `{}`).want(201).into(&b)
	at, page := bulkAt+"/"+b.ID, "/flows/fix/retries/"+b.ID
	tasks, err := s.db.TakeBulk(t.Context(), 2, time.Nanosecond) // and is killed with its Retry on its way
	if err != nil || len(tasks) != 2 {
		t.Fatalf("took %+v, %v", tasks, err)
	}
	s.do("POST", page+"/stop", "").want(303)
	s.do("GET", at, "").want(200).into(&b)
	if b.Waiting != 2 || b.Stopped != 2 || b.StoppedAt == nil || b.Done {
		t.Errorf("got %+v, want two left out", b)
	}
	s.do("GET", page, "").want(200).has("0 of 4 retried, 2 not decided yet, 2 left out when it was stopped", "Not decided yet 2", `data-live="/flows`).lacks("to go", "To go", "/stop")
	s.do("POST", at+"/stop", "").want(409, "conflict")
	if b = s.work(at); b.Retried != 2 || b.Stopped != 2 {
		t.Errorf("got %+v, want two retried and two stopped", b)
	}
}

// TestBulkRetryEndedOtherwise: a retried run that is cancelled, compensated or deleted is not under way for ever.
func TestBulkRetryEndedOtherwise(t *testing.T) {
	s, alike := failing(t)
	to := s.do("POST", "/flows/fix/retries", "step=give&runs=3", "Content-Type", "application/x-www-form-urlencoded").want(303).header.Get("Location")
	s.work("/api/v1" + to)
	look := func() {
		if _, err := s.db.EndBulk(t.Context(), models.BulkPlace{}, 10); err != nil {
			t.Fatal(err)
		}
	}
	look()
	s.do("GET", to, "").want(200).has("3 under way", ">under way ", `data-live="`+to)
	for i, status := range []string{"cancelled", "compensated"} {
		s.exec(`UPDATE runs SET status = $1 WHERE uuid = $2`, status, alike[i])
	}
	s.exec(`DELETE FROM runs WHERE uuid = $1`, alike[2])
	look()
	s.do("GET", to, "").want(200).has("3 ended otherwise", ">cancelled ", ">compensated ", ">deleted ", `data-live=""`).lacks("under way")
	s.do("GET", "/api/v1"+to, "").want(200).has(`"otherwise":3`, `"failed":0`)
	s.do("GET", "/api/v1"+to+"/runs", "").want(200).has(`"outcome":"deleted"`)
}

// TestBulkRetryUndecided: a run whose owner does not answer holds up no other.
func TestBulkRetryUndecided(t *testing.T) {
	s, alike := failing(t)
	s.engine.undecided = alike[2] // the second of the bulk
	var b view.Bulk
	s.do("POST", bulkAt, `{}`).want(201).into(&b)
	if b = s.workUntil(bulkAt+"/"+b.ID, 1); b.Retried != 3 || b.Done {
		t.Errorf("got %+v", b)
	}
}

func TestBulkPages(t *testing.T) {
	s, _ := failing(t)
	s.do("GET", "/flows/fix", "").want(200).has("/flows/fix/retries?class=rejected&amp;fingerprint=")
	s.do("GET", "/flows/fix/retries?step=give", "").want(200).has("Retry 3 runs", "2 reused", "at <code>give</code>", `name="runs" value="3"`)
	s.do("GET", "/flows/fix/retries?step=give&version=3", "").want(200).has("is in the way", "None of those planned can go on")
	s.do("GET", "/flows/fix/retries?step=nowhere", "").want(200).has("No run to retry")
	s.do("GET", "/flows/fix/retries?version=x", "").want(400)
	form := func(body string) *answer {
		return s.do("POST", "/flows/fix/retries", body, "Content-Type", "application/x-www-form-urlencoded")
	}
	form("step=give&runs=7&key=a").want(409)
	form("step=give&runs=x&key=a").want(400)
	to := form("step=give&version=2&runs=3&key=a").want(303).header.Get("Location")
	if two := form("step=give&version=2&runs=3&key=a").want(303).header.Get("Location"); two != to {
		t.Errorf("two clicks lead to %s and %s, want one bulk", to, two)
	}
	s.do("GET", to, "").want(200).has("Retrying 3 runs", "0 of 3 retried, 3 to go", "Stop", "data-live=\""+to)
	if b := s.work("/api/v1" + to); b.Retried != 3 {
		t.Errorf("got %+v", b)
	}
	s.do("GET", to+"?state=retried", "").want(200).has("Retried 3 runs", "3 of 3 retried", "running")
	s.do("GET", "/flows/fix/retries", "").want(200).has("Retried before", "3 of 3 retried")
	s.do("POST", to+"/stop", "").want(409)
}
