package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// runView is what these tests read of GET /runs/{id}.
type runView struct {
	ID      string          `json:"id"`
	Flow    string          `json:"flow"`
	Status  string          `json:"status"`
	Input   json.RawMessage `json:"input"`
	Output  json.RawMessage `json:"output"`
	Error   *failure        `json:"error"`
	Steps   []step          `json:"steps"`
	Actions []string        `json:"actions"`
}

type failure struct {
	Step    string `json:"step"`
	Class   string `json:"class"`
	Effect  string `json:"effect"`
	Message string `json:"message"`

	Evidence []struct{ Name, Value string } `json:"evidence"`
}

type step struct {
	ID           string          `json:"id"`
	Status       string          `json:"status"`
	Output       json.RawMessage `json:"output"`
	Attempts     []attempt       `json:"attempts"`
	Items        *struct{ Total int }
	Compensation *struct{ Status string }
}

type attempt struct {
	Number    int       `json:"number"`
	Status    string    `json:"status"`
	Error     *failure  `json:"error"`
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
}

type item struct {
	Index    int             `json:"index"`
	Status   string          `json:"status"`
	Output   json.RawMessage `json:"output"`
	Attempts []attempt       `json:"attempts"`
}

type event struct {
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Facts []struct {
		Type, Step string
		Item       *int
	} `json:"facts"`
}

func (r runView) step(id string) step {
	for _, s := range r.Steps {
		if s.ID == id {
			return s
		}
	}
	return step{}
}

// settled reports whether nothing more happens by itself.
func (r runView) settled() bool {
	switch r.Status {
	case "succeeded", "failed", "cancelled", "compensated", "compensation_failed", "uncertain":
		return true
	}
	return false
}

// call makes one request to the API. An answer that says no is a *servertest.Refused.
func (s *server) call(method, path string, header http.Header, body, into any) error {
	return servertest.Call(s.url, method, path, header, body, into)
}

func (s *server) get(t testing.TB, path string, into any) {
	t.Helper()
	if err := s.call("GET", path, nil, nil, into); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
}

func (s *server) post(t testing.TB, path string, body, into any) {
	t.Helper()
	if err := s.call("POST", path, nil, body, into); err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
}

func (s *server) run(t testing.TB, id string) (r runView) {
	t.Helper()
	s.get(t, "/runs/"+id, &r)
	return r
}

// runs are the ids of all runs of these statuses, of all statuses if none is given.
func (s *server) runs(t testing.TB, statuses ...string) (ids []string) {
	t.Helper()
	query := "?limit=1000"
	for _, status := range statuses {
		query += "&status=" + status
	}
	for after := ""; ; {
		var page struct {
			Runs []struct{ ID string }
			Next string
		}
		s.get(t, "/runs"+query+after, &page)
		for _, r := range page.Runs {
			ids = append(ids, r.ID)
		}
		if page.Next == "" {
			return ids
		}
		after = "&after=" + page.Next
	}
}

func (s *server) events(t testing.TB, id string) (all []event) {
	t.Helper()
	for {
		var page struct{ Events []event }
		s.get(t, fmt.Sprintf("/runs/%s/events?limit=1000&after=%d", id, len(all)), &page)
		if len(page.Events) == 0 {
			return all
		}
		all = append(all, page.Events...)
	}
}

func (s *server) items(t testing.TB, id, step string) []item {
	t.Helper()
	var page struct{ Items []item }
	s.get(t, "/runs/"+id+"/steps/"+step+"/items?limit=1000", &page)
	return page.Items
}

// startRun starts a run and returns its id.
func (s *server) startRun(t testing.TB, flow string, input any) string {
	t.Helper()
	var started struct{ ID string }
	s.post(t, "/flows/"+flow+"/runs", map[string]any{"input": input}, &started)
	return started.ID
}

// settled waits until the run goes no further by itself.
func (s *server) settled(t testing.TB, id string) (r runView) {
	t.Helper()
	servertest.Eventually(t, "run "+id+" settles", func() bool { r = s.run(t, id); return r.settled() })
	return r
}
