package client

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The client's work against a real server is tested by cmd/segno; here is what a server can do wrong.

func serve(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	c, err := New(s.URL+"/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNew(t *testing.T) {
	for given, want := range map[string]string{"": DefaultServer, "host:81": "http://host:81", "https://a.example/segno/": "https://a.example/segno"} {
		c, err := New(given, "")
		if err != nil || c.Server() != want {
			t.Errorf("%q: got %v, %v, want %s", given, c, err, want)
		}
	}
	for _, bad := range []string{"ftp://a", "http://", "http://a?b=c", "http://a#b", "http://[::1"} {
		if _, err := New(bad, ""); err == nil {
			t.Errorf("%q: got no error", bad)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"a refusal", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"error": {"code": "conflict", "message": "no", "details": {"flows": [{"flow": "a"}, {"flow": "b"}]}}}`))
		}, "no"},
		{"another server", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) }, "502 Bad Gateway"},
		{"another shape", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }, "not as expected"},
		{"a broken connection", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "can't be reached"},
	} {
		_, err := serve(t, tc.answer).Flows(context.Background())
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q in it", tc.name, err, tc.want)
		}
		if refused := tc.name == "a refusal"; IsCode(err, "conflict") != refused {
			t.Errorf("%s: conflict is %v, want %v", tc.name, !refused, refused)
		}
	}
}

// TestRequests: names can't leave their place in an address, and the token and the key come along.
func TestRequests(t *testing.T) {
	var got *http.Request
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = w.Write([]byte(`{"id": "x", "version": 3}`))
	})
	if _, err := c.Version(context.Background(), "../a b", "1/2"); err != nil || got.URL.EscapedPath() != "/api/v1/flows/..%2Fa%20b/versions/1%2F2" {
		t.Errorf("got %v, %s", err, got.URL.EscapedPath())
	}
	if got.Header.Get("Authorization") != "Bearer secret" {
		t.Errorf("got %q, want the token", got.Header.Get("Authorization"))
	}
	id, err := c.Start(context.Background(), StartRequest{Flow: "a", Key: "k"})
	if err != nil || id != "x" || got.Header.Get("Idempotency-Key") != "k" {
		t.Errorf("got %q, %v, %v", id, err, got.Header)
	}
	if v, err := c.Publish(context.Background(), "a", []byte("name: a"), "why & how"); err != nil || v != 3 || got.URL.Query().Get("message") != "why & how" {
		t.Errorf("got %d, %v, %s", v, err, got.URL)
	}
}

// TestBroken reads the flows that a change would break.
func TestBroken(t *testing.T) {
	e := &Error{Details: []byte(`{"flows": [{"flow": "a", "version": 3, "issues": [{"severity": "error", "line": 7, "message": "no"}]}, {"flow": "b"}]}`)}
	if got := e.Broken(); len(got) != 2 || got[0].Flow != "a" || got[0].Version != 3 || got[0].Issues[0].Line != 7 || got[1].Flow != "b" {
		t.Errorf("got %+v, want both flows", got)
	}
	if got := (&Error{}).Broken(); got != nil {
		t.Errorf("got %v, want none", got)
	}
}

// TestWait: a wait ends with its context, and tells of the run as it was.
func TestWait(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	asked := 0
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id": "x", "status": "waiting"}`))
		if asked++; asked == 3 {
			cancel()
		}
	})
	if r, err := c.Wait(ctx, "x"); err == nil || r != nil && r.Status != "waiting" {
		t.Errorf("got %+v, %v, want an error", r, err)
	}
}
