package process_test

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/process"
)

// wantGone waits until the process has ended, whoever its parent is.
func wantGone(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return
	}
	if err != nil {
		t.Fatalf("opening a pidfd of %d: %v", pid, err)
	}
	defer unix.Close(fd)
	deadline := time.Now().Add(10 * time.Second)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(time.Until(deadline).Milliseconds()))
		switch {
		case err == unix.EINTR:
		case err != nil:
			t.Fatalf("waiting for %d: %v", pid, err)
		case n == 0:
			t.Fatalf("process %d is still there after 10s", pid)
		default:
			return
		}
	}
}

// pidIn returns the pid that a role printed.
func pidIn(t *testing.T, lines []invoke.LogLine) int {
	t.Helper()
	for _, l := range lines {
		if text, ok := strings.CutPrefix(l.Text, "pid "); ok {
			pid, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatalf("got %v, want a line with a pid", lines)
	return 0
}

func TestTimeoutKillsTheGroup(t *testing.T) {
	f := newFunction(t, nil)
	wantOutput(t, f.Invoke(t.Context(), invocation(t, request{Do: "echo"})), `{"do":"echo"}`)
	inv := invocation(t, request{Do: "hang with a grandchild"})
	inv.Timeout = 2 * time.Second
	r := f.Invoke(t.Context(), inv)
	wantFault(t, r, fault.Timeout, fault.Maybe, "no answer within 2s", "killed with its group")
	wantGone(t, pidIn(t, r.Logs))
}

func TestCloseKillsTheGroup(t *testing.T) {
	started := make(chan struct{})
	cfg := process.Config{Name: "f", Command: []string{os.Args[0]}, Env: map[string]string{roleEnv: "handler"}}
	f := process.New(cfg)
	idle := f.Invoke(t.Context(), invocation(t, request{Do: "pid"}))
	results := make(chan invoke.Result)
	go func() {
		close(started)
		results <- f.Invoke(t.Context(), invocation(t, request{Do: "hang with a grandchild"}))
	}()
	<-started
	begun := time.Now()
	f.Close()
	if took := time.Since(begun); took > 30*time.Second { // it hangs for ever, or not at all; how fast is no test's business
		t.Errorf("Close took %s: it waited for the call", took)
	}
	r := <-results
	if r.Fault == nil || r.Fault.Class != fault.Crashed && r.Fault.Class != fault.Unavailable {
		t.Errorf("the call under way: got %v, want crashed, or unavailable if it had not begun", r.Fault)
	}
	pid, err := strconv.Atoi(string(idle.Output))
	if err != nil {
		t.Fatal(err)
	}
	wantGone(t, pid)
	wantFault(t, f.Invoke(t.Context(), invocation(t, request{Do: "echo"})), fault.Unavailable, fault.None, "closed")
	f.Close()
}

func TestIdleChildrenAreStopped(t *testing.T) {
	f := newFunction(t, func(c *process.Config) { c.Idle = 50 * time.Millisecond })
	r := f.Invoke(t.Context(), invocation(t, request{Do: "pid"}))
	pid, err := strconv.Atoi(string(r.Output))
	if err != nil {
		t.Fatal(err)
	}
	wantGone(t, pid)
	if again := f.Invoke(t.Context(), invocation(t, request{Do: "pid"})); again.Fault != nil || string(again.Output) == string(r.Output) {
		t.Errorf("got %s %v, want an answer of another process", again.Output, again.Fault)
	}
}

func TestAnIdleChildThatDiesIsReplaced(t *testing.T) {
	f := newFunction(t, nil)
	for range 5 {
		r := f.Invoke(t.Context(), invocation(t, request{Do: "pid"}))
		pid, err := strconv.Atoi(string(r.Output))
		if err != nil {
			t.Fatalf("got %s %v, want a pid", r.Output, r.Fault)
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wantGone(t, pid)
	}
}

func TestChildrenDieWithTheServer(t *testing.T) {
	host := exec.Command(os.Args[0])
	host.Env = []string{roleEnv + "=host"}
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := host.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "pid "); ok {
			if pid, err = strconv.Atoi(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if pid == 0 {
		t.Fatal("the host never told its child's pid")
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // it was killed
	wantGone(t, pid)
}
