package chaos

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/pgtest"
)

// server is one of the servers on the database: a data directory, and the process that lives there now.
type server struct {
	data, database, project string
	lease                   time.Duration
	behind                  *proxy

	mu    sync.Mutex
	cmd   *exec.Cmd
	url   string        // "" while it is down
	done  chan struct{} // closed when the process is gone
	up    bool          // whoever started it has been told that it is ready
	still bool          // a signal stopped it: asking it would only wait
	log   []string
}

var listening = regexp.MustCompile(`msg=listening .*url=(http://\S+)`)

// start returns once the server says that it is ready.
func (s *server) start() error {
	ready, err := s.launch()
	if err != nil {
		return fmt.Errorf("starting a server: %w", err)
	}
	select {
	case <-ready:
		return nil
	case <-s.done:
		return errors.New("the server ended before it was ready")
	case <-time.After(patience):
		return errors.New("the server is not ready")
	}
}

// launch starts the process and does not wait.
func (s *server) launch() (ready <-chan struct{}, err error) {
	cmd := exec.Command(program, "--addr", "127.0.0.1:0", "--data", s.data, "--database-url", s.database, "--project", s.project, "--lease", s.lease.String())
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "TMPDIR=" + os.TempDir()}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	up, done := make(chan struct{}), make(chan struct{})
	s.mu.Lock()
	s.cmd, s.done, s.up = cmd, done, false
	s.mu.Unlock()
	go func() {
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			s.read(lines.Text(), up)
		}
		_ = cmd.Wait()
		s.mu.Lock()
		s.url = ""
		s.mu.Unlock()
		close(done)
	}()
	return up, nil
}

func (s *server) read(line string, up chan<- struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.Contains(line, "level=INFO msg=request ") {
		s.log = append(s.log, line)
	}
	if m := listening.FindStringSubmatch(line); m != nil {
		s.url = m[1]
	}
	if strings.Contains(line, "msg=ready ") {
		s.up = true
		close(up)
	}
}

func (s *server) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log[max(0, len(s.log)-200):], "\n")
}

// address is where it answers, "" while it does not.
func (s *server) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.still {
		return ""
	}
	return s.url
}

// mute says that the server stands still, or goes on.
func (s *server) mute(still bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.still = still
}

func (s *server) signal(how syscall.Signal) error { return s.cmd.Process.Signal(how) }

// kill ends the process without a word and returns when it is gone.
func (s *server) kill(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	s.url = ""
	s.mu.Unlock()
	if err := s.signal(syscall.SIGKILL); err != nil {
		t.Errorf("killing a server: %v", err)
	}
	<-s.done
}

// fleet is the servers on one database.
type fleet []*server

// openFleet starts n servers, each behind a proxy of its own.
func openFleet(t testing.TB, d *database, b *books, n int, lease time.Duration, deaf bool) fleet {
	t.Helper()
	project := writeProject(t, b)
	var all fleet
	for range n {
		p := openProxy(t, d, deaf)
		s := &server{data: pgtest.DataDir(t), database: p.url(t, d), project: project, lease: lease, behind: p}
		all = append(all, s)
		if err := s.start(); err != nil {
			t.Fatalf("%v; its log:\n%s", err, s.text())
		}
		t.Cleanup(func() {
			_ = s.signal(syscall.SIGCONT)
			_ = s.signal(syscall.SIGKILL)
			<-s.done
			if t.Failed() {
				t.Logf("the last of the log of the server in %s:\n%s", s.data, s.text())
			}
		})
	}
	return all
}

// any is a server that answers, "" if none does.
func (f fleet) any(n int) string {
	for i := range f {
		if url := f[(n+i)%len(f)].address(); url != "" {
			return url
		}
	}
	return ""
}

func (s *server) ready() bool {
	url := s.address()
	s.mu.Lock()
	up := s.up
	s.mu.Unlock()
	if url == "" || !up {
		return false
	}
	res, err := client.Get(url + "/readyz")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}
