package main

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is one process of the program.
type server struct {
	cmd   *exec.Cmd
	url   string        // once it listens
	ready chan struct{} // closed when its log says so
	done  chan struct{} // closed when it has ended and its log is complete
	err   error         // how it ended; after done

	mu  sync.Mutex
	log []string
}

// options say how to start the program; the zero options start it with a private database in a directory of the test's.
type options struct {
	data    string
	args    []string
	env     []string // on top of a clean environment
	process *syscall.SysProcAttr
	program string // what to run; the built program if empty
}

// launch starts the program and returns at once. It is gone when the test ends.
func launch(t testing.TB, o options) *server {
	t.Helper()
	if o.program == "" {
		o.program = binary
	}
	args := o.args
	if o.data != "" {
		args = append([]string{"--data", o.data}, args...)
	}
	s := &server{cmd: exec.Command(o.program, args...), ready: make(chan struct{}), done: make(chan struct{})}
	s.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "TMPDIR=" + os.TempDir(), "SEGNO_PACE=10ms"}, o.env...)
	s.cmd.SysProcAttr = o.process
	if s.cmd.SysProcAttr == nil {
		s.cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	s.cmd.SysProcAttr.Setpgid = true // a Ctrl-C at the tests is not one at the server
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("starting the program: %v", err)
	}
	listening := make(chan struct{})
	go s.read(bufio.NewScanner(stderr), listening)
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		if !s.ended(20 * time.Second) {
			_ = s.cmd.Process.Kill()
			<-s.done
			t.Errorf("the server did not stop by itself")
		}
		if t.Failed() {
			t.Logf("log of process %d:\n%s", s.cmd.Process.Pid, s.text())
		}
	})
	select {
	case <-listening:
	case <-s.done: // the test looks at how it ended
	case <-time.After(patience):
		t.Fatalf("the server does not listen; its log:\n%s", s.text())
	}
	return s
}

var loggedURL = regexp.MustCompile(`msg=listening .*url=(http://\S+)`)

// read keeps the log, and says what is waited for.
func (s *server) read(lines *bufio.Scanner, listening chan<- struct{}) {
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		s.mu.Lock()
		s.log = append(s.log, line)
		s.mu.Unlock()
		if m := loggedURL.FindStringSubmatch(line); m != nil {
			s.url = m[1]
			close(listening)
		}
		if strings.Contains(line, "msg=ready ") {
			close(s.ready)
		}
	}
	s.err = s.cmd.Wait()
	close(s.done)
}

func (s *server) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

// start launches the program on a free port and returns once /readyz says 200.
func start(t testing.TB, o options) *server {
	t.Helper()
	o.args = append([]string{"--addr", "127.0.0.1:0"}, o.args...)
	s := launch(t, o)
	s.awaitReady(t)
	return s
}

func (s *server) awaitReady(t testing.TB) {
	t.Helper()
	select {
	case <-s.ready:
	case <-s.done:
		t.Fatalf("the server ended (%v) before it was ready; its log:\n%s", s.err, s.text())
	case <-time.After(patience):
		t.Fatalf("the server is not ready; its log:\n%s", s.text())
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

// ended waits for the end of the process.
func (s *server) ended(within time.Duration) bool {
	select {
	case <-s.done:
		return true
	case <-time.After(within):
		return false
	}
}

// exit waits for the process to end by itself and returns its exit code and log.
func (s *server) exit(t testing.TB) (code int, log string) {
	t.Helper()
	if !s.ended(patience) {
		t.Fatalf("the server still runs; its log:\n%s", s.text())
	}
	var failed *exec.ExitError
	if s.err != nil && !errors.As(s.err, &failed) {
		t.Fatal(s.err)
	}
	return s.cmd.ProcessState.ExitCode(), s.text()
}

// kill ends the process at once, and returns when it is gone.
func (s *server) kill(t testing.TB) {
	if err := s.cmd.Process.Kill(); err != nil {
		t.Errorf("killing the server: %v", err)
	}
	<-s.done
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

// eventually waits until ok is true. It asks again and again: for what tells nobody when it changes.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %s in vain: %s", patience, what)
		}
	}
}
