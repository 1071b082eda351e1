package web_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/segno-run/segno/web/view"
)

// follow opens the websocket of a run.
func (s *site) follow(id string, after int64) *websocket.Conn {
	s.t.Helper()
	url := fmt.Sprintf("ws%s/runs/%s/live?after=%d", strings.TrimPrefix(s.http.URL, "http"), id, after)
	conn, _, err := websocket.DefaultDialer.DialContext(s.t.Context(), url, map[string][]string{"Origin": {s.http.URL}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

func next(t testing.TB, conn *websocket.Conn) view.Event {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var e view.Event
	if err := conn.ReadJSON(&e); err != nil {
		t.Fatalf("reading an event: %v", err)
	}
	return e
}

func TestLive(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	conn := s.follow(id, 0)
	first := next(t, conn)
	if first.Seq != 1 || first.Run == nil || first.Run.Status != "running" || first.Facts[0].Type != "RunStarted" {
		t.Fatalf("the first event: got %+v", first)
	}
	s.engine.answer(id, "reserve", "", refused)
	second := next(t, conn)
	if second.Seq != 2 || second.Run.Status != "failed" || !slices.Contains(second.Run.Actions, "retry") || second.Run.Error.Message != "no such account" {
		t.Fatalf("the failure: got %+v", second)
	}
	if len(second.Steps) != 1 || second.Steps[0].ID != "reserve" || second.Steps[0].Status != "failed" || second.Steps[0].Input != nil || second.Steps[0].Attempts != nil {
		t.Errorf("the step that failed: got %+v, want it without its values", second.Steps)
	}
	conn.Close()
	s.do("POST", "/api/v1/runs/"+id+"/retry", "").want(200)
	s.engine.answer(id, "reserve", `{"n": 1}`, nil)

	// Whoever comes back gets what it missed, folded as if it had been there.
	again := s.follow(id, 2)
	third, fourth := next(t, again), next(t, again)
	if third.Seq != 3 || third.Facts[0].Type != "RetryRequested" || fourth.Seq != 4 || fourth.Run.Status != "waiting" {
		t.Errorf("after coming back: got %d %+v and %d %s", third.Seq, third.Facts, fourth.Seq, fourth.Run.Status)
	}
	i := slices.IndexFunc(fourth.Steps, func(st view.Step) bool { return st.ID == "ask" })
	if i < 0 || fourth.Steps[i].Deciding == nil || fourth.Steps[i].Deciding.Title != "Release 5?" {
		t.Errorf("the approval: got %+v", fourth.Steps)
	}

	// The last step's state by messages alone is that of a fresh look.
	s.do("POST", "/api/v1/runs/"+id+"/approvals/ask", `{"approved": true}`).want(200)
	s.engine.answer(id, "ship", `{"n": 7}`, nil)
	patched := map[string]view.Step{}
	for {
		e := next(t, again)
		for _, st := range e.Steps {
			patched[st.ID] = st
		}
		if e.Run.Status == "succeeded" {
			break
		}
	}
	var run view.Run
	s.do("GET", "/api/v1/runs/"+id, "").want(200).into(&run)
	for _, want := range run.Steps {
		got, ok := patched[want.ID]
		if ok && (got.Status != want.Status || got.Attempt != want.Attempt || got.Port != want.Port || got.Reason != want.Reason) {
			t.Errorf("%s by messages: got %+v, want %+v", want.ID, got, want)
		}
	}
}

func TestLiveEndsWithTheServer(t *testing.T) {
	s := open(t)
	s.order()
	conn := s.follow(s.start(), 0)
	next(t, conn)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.server.Close(ctx); err != nil {
		t.Fatal(err)
	}
	_, _, err := conn.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.CloseServiceRestart {
		t.Errorf("after the server closed: got %v, want close code %d", err, websocket.CloseServiceRestart)
	}
	if n := s.engine.broker.Watchers(); n != 0 {
		t.Errorf("%d watches are left", n)
	}
	_, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.http.URL, "http")+"/runs/"+s.start()+"/live", nil)
	if err == nil || res == nil || res.StatusCode != 503 {
		t.Errorf("a websocket after Close: got %v, want 503", err)
	}
}
