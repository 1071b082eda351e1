package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// TestStops ends the server by each signal while runs are under way, and starts it again on what it left.
func TestStops(t *testing.T) {
	o, binary := options{Data: dataDir(t), Env: []string{"SEGNO_PACE=300ms"}}, servertest.Program(t)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := start(t, o)
		var ids []string
		for range 5 {
			ids = append(ids, s.startRun(t, "order", sampleInput(t, "order")))
		}
		servertest.Eventually(t, "a handler works", func() bool { return len(processesOf(t, binary)) > 1 })
		database := postmaster(o.Data)
		began := time.Now()
		if err := s.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if !s.Ended(10 * time.Second) {
			t.Fatalf("%s: the server still runs after 10 s, want it to end within 4 s", signal)
		}
		t.Logf("%s: server and database stopped after %s", signal, time.Since(began).Round(time.Millisecond))
		if code := s.Exit(t); code != 0 {
			t.Errorf("%s: got exit code %d, want 0", signal, code)
		}
		if alive(database) || postmaster(o.Data) != 0 {
			t.Errorf("%s: PostgreSQL, process %d, outlived its server", signal, database)
		}
		if left := processesOf(t, binary); len(left) > 0 {
			t.Errorf("%s: the handlers %v outlived their server", signal, left)
		}
		again := start(t, o)
		for _, id := range ids {
			if r := again.settled(t, id); r.Status != "succeeded" {
				t.Errorf("%s: after the restart, run %s is %s, want succeeded: %+v", signal, id, r.Status, r.Error)
			}
		}
		again.Kill(t)
	}
}

// TestHandlersDieWithServer kills the server while its handlers work; they are in process groups of their own, and must not go on for nobody.
func TestHandlersDieWithServer(t *testing.T) {
	o, binary := options{Data: dataDir(t), Env: []string{"SEGNO_PACE=1h"}}, servertest.Program(t)
	s := start(t, o)
	s.startRun(t, "order", sampleInput(t, "order"))
	servertest.Eventually(t, "a handler works", func() bool { return len(processesOf(t, binary)) > 1 })
	s.Kill(t)
	servertest.Eventually(t, "the handlers are gone", func() bool { return len(processesOf(t, binary)) == 0 })
}

// alive reports whether a process runs. One that has ended and waits for its parent to notice does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ") // the name, which may hold anything, is in brackets
	return !strings.HasPrefix(after, "Z")
}

// processesOf are the processes that execute a file.
func processesOf(t testing.TB, file string) (pids []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil || len(links) == 0 {
		t.Fatalf("this test reads /proc: %v", err)
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == file {
			pids = append(pids, strings.Split(link, "/")[2])
		}
	}
	return pids
}

// TestBothKilled starts on a data directory whose server and database were both killed.
func TestBothKilled(t *testing.T) {
	o := options{Data: dataDir(t)}
	s := start(t, o)
	id := s.startRun(t, "order", sampleInput(t, "order"))
	database := postmaster(o.Data)
	s.Kill(t)
	if err := syscall.Kill(database, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s = start(t, o)
	if r := s.settled(t, id); r.Status != "succeeded" {
		t.Errorf("got %s, want succeeded: %+v", r.Status, r.Error)
	}
	if got := fmt.Sprint(postmaster(o.Data)); got == fmt.Sprint(database) {
		t.Errorf("got postmaster %s, want another one than that which was killed", got)
	}
}
