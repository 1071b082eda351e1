package servertest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Options say how a server is run. The zero options run the program with no flag.
type Options struct {
	Data    string   // --data, if not empty
	Args    []string // other flags; of two the later counts
	Env     []string // on top of a clean environment; of two the later counts
	Process *syscall.SysProcAttr
	Program string         // what to run; the built program if empty
	Ends    syscall.Signal // what ends it with its test; SIGTERM if 0, which it must obey
}

// Server is the program on its data: one process after the other, at most one at a time. Its methods may be called from any goroutine.
type Server struct {
	Options

	mu  sync.Mutex
	now *process // nil before the first
	url string   // "" while none answers
	log []string // of all processes
}

// process is one process of a server.
type process struct {
	cmd       *exec.Cmd
	listening chan struct{} // closed when the log says so
	ready     chan struct{} // closed when the log says so
	done      chan struct{} // closed when it has ended and its log is complete
	err       error         // how it ended; after done
}

// New is a server that is not running yet. What runs of it is ended with the test, which shows the last of its log if it has failed.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Program == "" {
		o.Program = Program(t)
	}
	s := &Server{Options: o}
	t.Cleanup(func() { s.end(t) })
	return s
}

func (s *Server) end(t testing.TB) {
	if s.now == nil {
		return
	}
	_ = s.Signal(syscall.SIGCONT) // one that stands still could not be ended
	if s.Ends != 0 {
		_ = s.Signal(s.Ends)
		<-s.Done()
	} else if _ = s.Signal(syscall.SIGTERM); !s.Ended(20 * time.Second) {
		s.Kill(t)
		t.Errorf("the server did not stop by itself")
	}
	if t.Failed() {
		t.Logf("the last of the log of the server, process %d:\n%s", s.PID(), s.Tail())
	}
}

// Launch begins a process and returns when it listens or has ended.
func (s *Server) Launch() error { return s.launch(s.Args) }

// Start begins a process, on a free port unless the options say which, and returns when its log says that it is ready.
func (s *Server) Start() error {
	if err := s.launch(append([]string{"--addr", "127.0.0.1:0"}, s.Args...)); err != nil {
		return err
	}
	return s.AwaitReady()
}

func (s *Server) launch(args []string) error {
	if s.Data != "" {
		args = append([]string{"--data", s.Data}, args...)
	}
	p := &process{cmd: exec.Command(s.Program, args...), listening: make(chan struct{}), ready: make(chan struct{}), done: make(chan struct{})}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "TMPDIR=" + os.TempDir()}, s.Env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{}
	if s.Process != nil {
		*p.cmd.SysProcAttr = *s.Process
	}
	p.cmd.SysProcAttr.Setpgid = true // a Ctrl-C at the tests is not one at the server
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("starting the program: %w", err)
	}
	s.mu.Lock()
	s.now = p
	s.mu.Unlock()
	go s.read(p, bufio.NewReader(stderr))
	select {
	case <-p.listening:
	case <-p.done: // whoever launched it looks at how it ended
	case <-time.After(Patience):
		return errors.New("the server does not listen")
	}
	return nil
}

var loggedURL = regexp.MustCompile(`msg=listening .*url=(http://\S+)`)

// read keeps the log, and says what is waited for.
func (s *Server) read(p *process, log *bufio.Reader) {
	var err error
	for err == nil {
		var line string
		if line, err = log.ReadString('\n'); line == "" {
			continue
		}
		s.mu.Lock()
		s.log = append(s.log, strings.TrimSuffix(line, "\n"))
		if m := loggedURL.FindStringSubmatch(line); m != nil {
			s.url = m[1]
			close(p.listening)
		}
		s.mu.Unlock()
		if strings.Contains(line, "msg=ready ") {
			close(p.ready)
		}
	}
	p.err = p.cmd.Wait()
	if p.err == nil && !errors.Is(err, io.EOF) {
		p.err = fmt.Errorf("reading the log: %w", err)
	}
	s.forget()
	close(p.done)
}

func (s *Server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = ""
}

func (s *Server) current() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// AwaitReady returns when the log says that the server is ready.
func (s *Server) AwaitReady() error {
	p := s.current()
	select {
	case <-p.ready:
		return nil
	case <-p.done:
	case <-time.After(Patience):
		return errors.New("the server is not ready")
	}
	if s.Ready() { // before it ended
		return nil
	}
	return fmt.Errorf("the server ended (%v) before it was ready", p.err)
}

// Ready reports whether the process has said that it is.
func (s *Server) Ready() bool {
	select {
	case <-s.current().ready:
		return true
	default:
		return false
	}
}

// URL is where the server answers, "" while it does not.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Logged is all that the server has logged.
func (s *Server) Logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

// Tail is the last of the log, without the requests that went well.
func (s *Server) Tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := slices.DeleteFunc(slices.Clone(s.log), func(line string) bool { return strings.Contains(line, "level=INFO msg=request ") })
	return strings.Join(lines[max(0, len(lines)-200):], "\n")
}

// PID is the number of the process.
func (s *Server) PID() int { return s.current().cmd.Process.Pid }

// Signal sends the process a signal.
func (s *Server) Signal(how syscall.Signal) error { return s.current().cmd.Process.Signal(how) }

// Kill ends the process without a word and returns when it is gone.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.forget()
	if err := s.Signal(syscall.SIGKILL); err != nil {
		t.Errorf("killing the server: %v", err)
	}
	<-s.Done()
}

// Done is closed when the process has ended and its log is complete.
func (s *Server) Done() <-chan struct{} { return s.current().done }

// Ended waits for the end of the process.
func (s *Server) Ended(within time.Duration) bool {
	select {
	case <-s.Done():
		return true
	case <-time.After(within):
		return false
	}
}

// Exit waits for the process to end by itself and returns its exit code, -1 if a signal ended it.
func (s *Server) Exit(t testing.TB) (code int) {
	t.Helper()
	if !s.Ended(Patience) {
		t.Fatal("the server still runs")
	}
	p := s.current()
	var failed *exec.ExitError
	if p.err != nil && !errors.As(p.err, &failed) {
		t.Fatal(p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}
