package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/segno-run/segno/internal/servertest"
)

type options = servertest.Options

// server is one process of the program.
type server struct {
	*servertest.Server
	url string // once it listens, and still when it has ended
}

// launch starts the program at a pace at which nobody watches, and returns when it listens or has ended. It is gone when the test ends.
func launch(t testing.TB, o options) *server {
	t.Helper()
	o.Env = append([]string{"SEGNO_PACE=10ms"}, o.Env...)
	s := servertest.New(t, o)
	if err := s.Launch(); err != nil {
		t.Fatal(err)
	}
	return &server{s, s.URL()}
}

// start launches the program, on a free port unless the options say which, and returns once /readyz says 200.
func start(t testing.TB, o options) *server {
	t.Helper()
	o.Args = append([]string{"--addr", "127.0.0.1:0"}, o.Args...)
	s := launch(t, o)
	s.awaitReady(t)
	return s
}

func (s *server) awaitReady(t testing.TB) {
	t.Helper()
	if err := s.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(s.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the server says that it is ready, and /readyz says %s", res.Status)
	}
}

// postmaster is the process id of the database in a data directory, 0 if none runs.
func postmaster(data string) int {
	raw, err := os.ReadFile(filepath.Join(data, "postgres", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}
