package servertest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// script is a server that is a shell's: it logs what the program would.
func script(t *testing.T, lines ...string) *Server {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexec >&2\n"+strings.Join(lines, "\n")+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return New(t, Options{Program: path, Data: "here", Args: []string{"--project", "there"}, Env: []string{"WHO=me"}, Ends: syscall.SIGKILL})
}

const up = "echo level=INFO msg=listening addr=x url=http://127.0.0.1:1\necho level=INFO msg=request path=/readyz\necho level=INFO msg=ready in=1ms"

func TestServer(t *testing.T) {
	s := script(t, `echo "$WHO: $*"`, up, "exec sleep 1000")
	for n := range 2 {
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		if s.URL() != "http://127.0.0.1:1" || !s.Ready() {
			t.Errorf("it is at %q and ready: %t", s.URL(), s.Ready())
		}
		if said := strings.Count(s.Logged(), "me: --data here --addr 127.0.0.1:0 --project there\n"); said != n+1 {
			t.Errorf("after %d starts the log is\n%s", n+1, s.Logged())
		}
		s.Kill(t)
		if s.URL() != "" || !s.Ended(Patience) || s.Exit(t) != -1 {
			t.Errorf("a server that was killed is at %q, its process has ended: %t", s.URL(), s.Ended(Patience))
		}
	}
	if !strings.Contains(s.Logged(), "msg=request") || strings.Contains(s.Tail(), "msg=request") {
		t.Errorf("the log is\n%s\nand its last\n%s", s.Logged(), s.Tail())
	}
}

func TestServerThatEnds(t *testing.T) {
	s := script(t, "echo this is wrong", "exit 3")
	if err := s.Launch(); err != nil || s.Exit(t) != 3 || s.Logged() != "this is wrong" {
		t.Errorf("got %v, exit code %d, and the log\n%s", err, s.Exit(t), s.Logged())
	}
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("a server that ended before it was ready: %v", err)
	}
	s = script(t, up)
	if err := s.Launch(); err != nil || !s.Ended(Patience) {
		t.Fatal(err)
	}
	for range 100 { // both have happened, and which of them is seen first may not matter
		if err := s.AwaitReady(); err != nil {
			t.Fatalf("a server that was ready and has ended: %v", err)
		}
	}
}

func TestCall(t *testing.T) {
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/no":
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"error": {"code": "run_state", "message": "it has ended"}}`))
		case "/api/v1/page":
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("<html>"))
		default:
			body := make([]byte, r.ContentLength)
			_, _ = r.Body.Read(body)
			_, _ = w.Write([]byte(`{"Host": "` + r.Host + `", "Type": "` + r.Header.Get("Content-Type") + `", "Size": ` + string(append([]byte("1"), body...)) + `}`))
		}
	}))
	t.Cleanup(there.Close)
	if err := Call("", "GET", "/yes", nil, nil, nil); err == nil {
		t.Error("a server that is down was called")
	}
	for path, want := range map[string]Refused{"/no": {409, "", "run_state", "it has ended"}, "/page": {502, "", "", ""}} {
		got, ok := Call(there.URL, "POST", path, nil, nil, nil).(*Refused)
		if !ok || got.Text == "" || got.Status != want.Status || got.Code != want.Code || got.Message != want.Message {
			t.Errorf("%s: got %+v, want %+v", path, got, want)
		}
	}
	type answer struct {
		Host, Type string
		Size       int
	}
	at := strings.TrimPrefix(there.URL, "http://")
	for _, c := range []struct {
		body   any
		header http.Header
		want   answer
	}{
		{nil, nil, answer{at, "", 1}},
		{7, nil, answer{at, "application/json", 17}},
		{"8", http.Header{"Content-Type": {"application/yaml"}, "Host": {"elsewhere"}}, answer{"elsewhere", "application/yaml", 18}},
	} {
		var got answer
		if err := Call(there.URL, "POST", "/yes", c.header, c.body, &got); err != nil || got != c.want {
			t.Errorf("%v: got %+v, want %+v: %v", c.body, got, c.want, err)
		}
	}
}

func TestAwait(t *testing.T) {
	asked := 0
	if !Await(func() bool { asked++; return asked == 3 }) || asked != 3 {
		t.Errorf("it was asked %d times, want 3", asked)
	}
}
