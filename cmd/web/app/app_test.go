package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/runtime/invoke"
)

func TestMain(m *testing.M) {
	RunHandler() // handlers of the sample project execute this binary once more
	pgtest.Main(m)
}

func TestLoopbackOnlyWithoutAPassword(t *testing.T) {
	for addr, free := range map[string]bool{
		"127.0.0.1:8080": true, "127.9.9.9:1": true, "[::1]:8080": true, "localhost:0": true, "LocalHost:0": true,
		"0.0.0.0:8080": false, ":8080": false, "[::]:1": false, "10.0.0.1:1": false, "localhost.example:1": false, "2130706433:1": false,
	} {
		c := Config{Addr: addr, Data: t.TempDir()}
		if err := c.setDefaults(); (err == nil) != free || !free && !errors.Is(err, ErrNoPassword) {
			t.Errorf("%s without a password: got %v, want it allowed: %v", addr, err, free)
		}
		c.Password = "x"
		if err := c.setDefaults(); err != nil {
			t.Errorf("%s with a password: got %v, want none", addr, err)
		}
	}
	c := Config{Addr: "8080"}
	if err := c.setDefaults(); !errors.Is(err, ErrAddr) {
		t.Errorf("got %v, want ErrAddr", err)
	}
}

func TestDefaultData(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/somewhere/data")
	want := "/somewhere/data/segno"
	if os.Geteuid() == 0 {
		want = "/var/lib/segno"
	}
	if got, err := DefaultData(); got != want || err != nil {
		t.Errorf("got %q (error %v), want %q", got, err, want)
	}
}

func TestReplicaIDStays(t *testing.T) {
	dir := t.TempDir()
	first, err := replicaID(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := replicaID(dir); again != first || err != nil {
		t.Errorf("got %q (error %v), want the identity of the directory, %q", again, err, first)
	}
	if err := os.WriteFile(filepath.Join(dir, "replica"), []byte("me\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if id, err := replicaID(dir); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "replica")) {
		t.Errorf("got %q (error %v), want an error that names the file", id, err)
	}
}

func TestStartingSaysSo(t *testing.T) {
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 503, "/": 503, "/api/v1/runs": 503} {
		w := httptest.NewRecorder()
		starting(w, httptest.NewRequest("GET", path, nil))
		if w.Code != status || status == 503 && w.Header().Get("Retry-After") == "" {
			t.Errorf("%s while starting: got %d, want %d, with Retry-After if it is 503", path, w.Code, status)
		}
	}
}

// slow is a function that answers when it is told to.
type slow struct {
	begun, end chan struct{}
	closed     bool
}

func (s *slow) Invoke(context.Context, invoke.Invocation) invoke.Result {
	s.begun <- struct{}{}
	<-s.end
	return invoke.Result{}
}

func (s *slow) Close() { s.closed = true }

func TestLimitedQueuesAndStopsQueueing(t *testing.T) {
	fn := &slow{begun: make(chan struct{}), end: make(chan struct{})}
	l := newLimited(fn, 2, invoke.Limits{})
	done := make(chan invoke.Result)
	for range 2 {
		go func() { done <- l.Invoke(context.Background(), invoke.Invocation{}) }()
		<-fn.begun
	}
	// The third waits for its turn, and when it is cancelled it has certainly not been called.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := l.Invoke(ctx, invoke.Invocation{}); r.Fault == nil || r.Fault.Class != fault.Cancelled || r.Fault.Effect != fault.None {
		t.Errorf("got %+v, want cancelled without effect", r.Fault)
	}
	closed := make(chan struct{})
	go func() { l.closeWhenIdle(); close(closed) }()
	for range 2 {
		fn.end <- struct{}{}
		<-done
	}
	<-closed
	if !fn.closed {
		t.Error("the function is still open after its last call")
	}
}

// TestRun boots the whole program in this process and ends it.
func TestRun(t *testing.T) {
	a, err := New(Config{Addr: "127.0.0.1:0", Data: pgtest.DataDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	select {
	case <-a.Ready():
	case err := <-ended:
		t.Fatalf("it ended before it was ready: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("it is not ready after a minute")
	}
	for _, path := range []string{"/healthz", "/readyz", "/flows", "/static/favicon.svg", "/metrics"} {
		res, err := http.Get(a.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: got %s, want 200", path, res.Status)
		}
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("stopping: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not stop")
	}
}
