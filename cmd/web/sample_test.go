package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// sampleInput is the input that the sample project suggests for a flow.
func sampleInput(t testing.TB, flow string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "inputs", flow+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var in map[string]any
	if err := json.Unmarshal(raw, &in); err != nil {
		t.Fatal(err)
	}
	return in
}

// inTime is within how long a sample must have run, at the pace that a person sees.
const inTime = 10 * time.Second

func TestSamplesSucceed(t *testing.T) {
	s := start(t, options{Data: dataDir(t), Env: []string{"SEGNO_PACE=250ms"}})
	for _, flow := range []string{"order", "snapvault"} {
		began := time.Now()
		r := s.settled(t, s.startRun(t, flow, sampleInput(t, flow)))
		took := time.Since(began)
		if r.Status != "succeeded" || took > inTime {
			t.Errorf("%s: got %s after %s, want succeeded within %s: %+v", flow, r.Status, took, inTime, r.Error)
		}
		t.Logf("%s: %s after %s", flow, r.Status, took.Round(time.Millisecond))
	}
}

// TestFailThenRetry breaks each step of both samples that can be told to fail, and retries.
func TestFailThenRetry(t *testing.T) {
	data := dataDir(t)
	s := start(t, options{Data: data})
	for flow, steps := range map[string][]string{"order": {"reserve_funds", "stock", "ship"}, "snapvault": {"thumbnail", "captions", "notify"}} {
		for _, step := range steps {
			input := sampleInput(t, flow)
			input["fail"] = step
			failed := s.settled(t, s.startRun(t, flow, input))
			if failed.Status != "failed" || failed.Error == nil || failed.Error.Step != step || failed.Error.Class != "rejected" || failed.Error.Effect != "none" {
				t.Errorf("%s told to fail at %s: got %s, %+v; want failed there, rejected, without effect", flow, step, failed.Status, failed.Error)
				continue
			}
			s.post(t, "/runs/"+failed.ID+"/retry", nil, nil)
			again := s.settled(t, failed.ID)
			if again.Status != "succeeded" {
				t.Errorf("%s after Retry of %s: got %s, %+v; want succeeded", flow, step, again.Status, again.Error)
			}
			reused(t, failed, again)
			if err := s.call("POST", "/runs/"+failed.ID+"/retry", nil, nil, nil); !isRefused(err, 409) {
				t.Errorf("a second Retry of %s: got %v, want 409", step, err)
			}
		}
	}
	lines := readLedger(t, filepath.Join(data, "ledger.jsonl"))
	done := map[string]int{}
	for _, l := range lines {
		if l.Outcome == "done" {
			if done[l.Key]++; done[l.Key] > 1 {
				t.Errorf("the key %s was done %d times, want each once", l.Key, done[l.Key])
			}
		}
	}
}

// reused says that what had succeeded before a Retry is as it was: one attempt, the same times, the same output.
func reused(t *testing.T, before, after runView) {
	t.Helper()
	for _, b := range before.Steps {
		a := after.step(b.ID)
		if b.Status != "succeeded" {
			continue
		}
		if a.Status != "succeeded" || !reflect.DeepEqual(a.Attempts, b.Attempts) || string(a.Output) != string(b.Output) {
			t.Errorf("%s was done before Retry: got %s with attempts %+v, want it untouched: %+v", b.ID, a.Status, a.Attempts, b.Attempts)
		}
	}
}

func isRefused(err error, status int) bool {
	no, ok := err.(*servertest.Refused)
	return ok && no.Status == status && no.Code != "" && no.Message != ""
}

// TestFailThenCompensate undoes an order, in the reverse of the order in which it was done.
func TestFailThenCompensate(t *testing.T) {
	data := dataDir(t)
	s := start(t, options{Data: data})
	input := sampleInput(t, "order")
	input["fail"] = "ship"
	failed := s.settled(t, s.startRun(t, "order", input))
	s.post(t, "/runs/"+failed.ID+"/compensate", nil, nil)
	r := s.settled(t, failed.ID)
	if r.Status != "compensated" {
		t.Fatalf("got %s, want compensated: %+v", r.Status, r.Error)
	}
	for step, want := range map[string]string{"reserve_funds": "compensated", "stock": "compensated", "ship": "failed", "review": "skipped"} {
		if got := r.step(step).Status; got != want {
			t.Errorf("got %s %s, want %s", step, got, want)
		}
	}
	var got []string
	for _, l := range readLedger(t, filepath.Join(data, "ledger.jsonl")) {
		got = append(got, fmt.Sprint(l.Function, " ", l.Outcome))
	}
	want := []string{"payments.reserve done", "inventory.take done", "inventory.take done", "inventory.take done", "shipping.book refused",
		"inventory.put_back done", "inventory.put_back done", "inventory.put_back done", "payments.release done"}
	if !slices.Equal(got, want) {
		t.Errorf("the ledger has\n%q, want\n%q", got, want)
	}
	if err := s.call("POST", "/runs/"+r.ID+"/retry", nil, nil, nil); !isRefused(err, 409) {
		t.Errorf("Retry of a compensated run: got %v, want 409", err)
	}
}

// TestApprovalSurvivesRestart has a large order wait for a person over a kill -9.
func TestApprovalSurvivesRestart(t *testing.T) {
	o := options{Data: dataDir(t)}
	s := start(t, o)
	input := sampleInput(t, "order")
	input["amount"] = 20000
	id := s.startRun(t, "order", input)
	servertest.Eventually(t, "the order waits", func() bool { return s.run(t, id).Status == "waiting" })
	s.Kill(t)
	s = start(t, o)
	if got := s.run(t, id).Status; got != "waiting" {
		t.Errorf("got %s after the restart, want waiting", got)
	}
	s.post(t, "/runs/"+id+"/approvals/review", map[string]bool{"approved": true}, nil)
	if r := s.settled(t, id); r.Status != "succeeded" {
		t.Errorf("got %s, want succeeded: %+v", r.Status, r.Error)
	}
	if err := s.call("POST", "/runs/"+id+"/approvals/review", nil, map[string]bool{"approved": false}, nil); !isRefused(err, 409) {
		t.Errorf("a second decision: got %v, want 409", err)
	}
}
