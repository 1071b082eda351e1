package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/cmd/web/app"
)

// site is where a server answers.
type site struct {
	url  string
	data string // its data directory
}

// boot runs the whole program in this process, with the sample project, until the test ends.
func boot(t testing.TB) site {
	t.Helper()
	return bootWith(t, "")
}

// bootWith boots with a project folder, "" for the sample, and with what else is to be different.
func bootWith(t testing.TB, project string, more ...func(*app.Config)) site {
	t.Helper()
	log := &lines{}
	data := dataDir(t)
	cfg := app.Config{Addr: "127.0.0.1:0", Data: data, Project: project, Logger: slog.New(slog.NewTextHandler(log, nil))}
	for _, change := range more {
		change(&cfg)
	}
	a, err := app.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended: %v", err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
	})
	select {
	case <-a.Ready():
	case err := <-ended:
		ended <- err
		t.Fatalf("the server did not start: %v", err)
	}
	return site{a.URL(), data}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// program is the server as a process of its own, which can be killed and started again on the same address and data.
type program struct {
	site
	binary, data, pace string
	log                *lines
	cmd                *exec.Cmd
	done               chan struct{}
}

func launch(t testing.TB, pace string) *program {
	t.Helper()
	p := &program{binary: filepath.Join(t.TempDir(), "segno-web"), data: dataDir(t), pace: pace, log: &lines{}}
	build := exec.Command("go", "build", "-o", p.binary, "../cmd/web")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	p.start(t, "127.0.0.1:0")
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		<-p.done
		if t.Failed() {
			t.Logf("the server's log:\n%s", p.log)
		}
	})
	return p
}

var readyLine = regexp.MustCompile(`msg=ready .*url=(http://\S+)`)

// start returns once the server is ready.
func (p *program) start(t testing.TB, addr string) {
	t.Helper()
	p.cmd = exec.Command(p.binary, "--addr", addr, "--data", p.data)
	p.cmd.Env = append(os.Environ(), "SEGNO_PACE="+p.pace)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready, done := make(chan string, 1), make(chan struct{})
	p.done = done
	go func() {
		defer close(done)
		for scan := bufio.NewScanner(stderr); scan.Scan(); {
			_, _ = io.WriteString(p.log, scan.Text()+"\n")
			if m := readyLine.FindStringSubmatch(scan.Text()); m != nil {
				ready <- m[1]
			}
		}
		_ = p.cmd.Wait()
	}()
	select {
	case p.url = <-ready:
	case <-done:
		t.Fatalf("the server ended before it was ready:\n%s", p.log)
	case <-time.After(patience):
		t.Fatalf("the server is not ready:\n%s", p.log)
	}
}

// kill is kill -9, and the start after it is somebody's who finds the server dead.
func (p *program) kill(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
}

func (p *program) startAgain(t testing.TB) {
	t.Helper()
	p.start(t, strings.TrimPrefix(p.url, "http://"))
}

// run is what the journeys read of a run, to compare what a page says with.
type run struct {
	ID, Status string
	Seq        int64
	Steps      []struct {
		ID, Status string
		Attempts   []json.RawMessage
		Items      struct{ Succeeded int }
	}
}

func (s site) run(t testing.TB, id string) (r run) {
	t.Helper()
	s.api(t, "GET", "/runs/"+id, "", &r)
	return r
}

// start begins a run through the API.
func (s site) start(t testing.TB, flow, input string) (id string) {
	t.Helper()
	var started struct{ ID string }
	s.api(t, "POST", "/flows/"+flow+"/runs", `{"input": `+input+`}`, &started)
	return started.ID
}

func (s site) api(t testing.TB, method, path, body string, into any) {
	t.Helper()
	req, err := http.NewRequest(method, s.url+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s (error %v)", method, path, res.Status, text, err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
}

// putDraft saves a flow's text as its draft, whatever there was.
func (s site) putDraft(t testing.TB, flow, text string) {
	t.Helper()
	req, err := http.NewRequest("PUT", s.url+"/api/v1/flows/"+flow+"/draft", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/yaml")
	req.Header.Set("If-Match", "*")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if said, _ := io.ReadAll(res.Body); res.StatusCode >= 300 {
		t.Fatalf("saving the draft of %s: %s %s", flow, res.Status, said)
	}
}
