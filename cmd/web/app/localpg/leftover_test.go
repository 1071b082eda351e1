package localpg_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/cmd/web/app/localpg"
)

func TestAdoptsWhatAKilledServerLeft(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	pid := killedOwner(t, dir)
	if !living(pid) {
		t.Fatalf("PostgreSQL %d died with its server", pid)
	}
	began := time.Now()
	s := start(t, localpg.Config{DataDir: dir})
	t.Logf("adoption took %v", time.Since(began).Round(time.Millisecond))
	if !s.Adopted() || postmaster(s.Dir()) != pid {
		t.Errorf("got adopted %v and process %d, want the one left behind, %d", s.Adopted(), postmaster(s.Dir()), pid)
	}
	query(t, connect(t, s.URL()), "SELECT 'it serves'")
	stop(t, s)
	if living(pid) {
		t.Errorf("the adopted process %d outlived Stop", pid)
	}
}

func TestAdoptedComesBackWhenKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	pid := killedOwner(t, dir)
	said := make(events, 1000)
	s := start(t, localpg.Config{DataDir: dir, Logger: newLogger(said)})
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	said.wait(t, "is back")
	query(t, connect(t, s.URL()), "SELECT 'it serves'")
}

func TestEndsALeftoverOfOtherSettings(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	pid := killedOwner(t, dir)
	s := start(t, localpg.Config{DataDir: dir, Settings: map[string]string{"max_connections": "33"}})
	if s.Adopted() || living(pid) {
		t.Errorf("got adopted %v and old process living %v, want it ended", s.Adopted(), living(pid))
	}
	if got := query(t, connect(t, s.URL()), "SHOW max_connections"); got != "33" {
		t.Errorf("got max_connections %s, want 33", got)
	}
}

// The kernel's out-of-memory killer may take server and postmaster and leave a backend in the middle of something.
func TestWaitsForTheLastBackend(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	process, pid := owner(t, dir)
	// The socket's directory is beside the cluster, where paths are short.
	conn := connect(t, "postgres://segno@/segno?host="+url.QueryEscape(filepath.Join(dir, "run")))
	backend, err := strconv.Atoi(query(t, conn, "SELECT pg_backend_pid()::text"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kill := range []struct {
		pid    int
		signal syscall.Signal
	}{{backend, syscall.SIGSTOP}, {process.Pid, syscall.SIGKILL}, {pid, syscall.SIGKILL}} {
		if err := syscall.Kill(kill.pid, kill.signal); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = process.Wait()

	said := make(events, 1000)
	go func() {
		said.wait(t, "still ending")
		_ = syscall.Kill(backend, syscall.SIGCONT)
	}()
	s := start(t, localpg.Config{DataDir: dir, Logger: newLogger(said)})
	query(t, connect(t, s.URL()), "SELECT 'it serves'")
}

func TestDataDirMovedUnderALeftover(t *testing.T) {
	t.Parallel()
	parent := dataDir(t)
	openPath(t, parent)
	dir, moved := filepath.Join(parent, "a"), filepath.Join(parent, "b")
	pid := killedOwner(t, dir)
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	s := start(t, localpg.Config{DataDir: moved})
	if s.Adopted() || living(pid) {
		t.Errorf("got adopted %v and old process living %v, want it ended", s.Adopted(), living(pid))
	}
}

func TestStalePidFileAfterAPowerCut(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	pid := killedOwner(t, dir)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s := start(t, localpg.Config{DataDir: dir})
	if got := postmaster(s.Dir()); s.Adopted() || got == pid {
		t.Errorf("got adopted %v and process %d, want a new one", s.Adopted(), got)
	}
}

// A pid file and a socket's lock file may name a process that has nothing to do with us by now: any process, or worse, the
// PostgreSQL of someone else. It is neither adopted nor hurt.
func TestPidOfSomeoneElse(t *testing.T) {
	t.Parallel()
	dir, otherDir := dataDir(t), dataDir(t)
	s := start(t, localpg.Config{DataDir: dir})
	text, err := os.ReadFile(filepath.Join(s.Dir(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	stop(t, s)

	sleeper := exec.Command("sleep", "600")
	if st, err := os.Stat(s.Dir()); err == nil && os.Geteuid() == 0 {
		// The same user, or PostgreSQL itself would already see that it cannot be one of its own.
		sys := st.Sys().(*syscall.Stat_t)
		sleeper.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: sys.Uid, Gid: sys.Gid}}
	}
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
	other := start(t, localpg.Config{DataDir: otherDir})

	for what, pid := range map[string]int{"any process": sleeper.Process.Pid, "another PostgreSQL": postmaster(other.Dir())} {
		path := filepath.Join(s.Dir(), "postmaster.pid")
		write(t, path, fmt.Sprintf("%d\n%s", pid, rest))
		chownLike(t, path, s.Dir())
		again := start(t, localpg.Config{DataDir: dir})
		if got := query(t, connect(t, again.URL()), "SHOW data_directory"); got != s.Dir() || again.Adopted() {
			t.Errorf("%s: got data directory %s, adopted %v, want our own, not adopted", what, got, again.Adopted())
		}
		stop(t, again)
		if !living(pid) {
			t.Errorf("%s: process %d was ended", what, pid)
		}
	}
	query(t, connect(t, other.URL()), "SELECT 'untouched'")
}

func TestPidFileCutShort(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, localpg.Config{DataDir: dir})
	stop(t, s)
	for _, text := range []string{"", "\n", "postgres", "-1\n/elsewhere\n"} {
		path := filepath.Join(s.Dir(), "postmaster.pid")
		write(t, path, text)
		chownLike(t, path, s.Dir())
		stop(t, start(t, localpg.Config{DataDir: dir}))
	}
}

func TestLeftoverOfAHalfMadeCluster(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	half := filepath.Join(dir, "postgres.init-1")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(half, "PG_VERSION"), "15\n")
	start(t, localpg.Config{DataDir: dir})
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("the half-made cluster is still there (error %v)", err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	stop(t, start(t, localpg.Config{DataDir: dir}))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if s, err := localpg.Start(ctx, localpg.Config{DataDir: dir}); err == nil {
		stop(t, s)
		t.Fatal("started under an ended context")
	}
	if pid := postmaster(filepath.Join(dir, "postgres")); pid != 0 {
		t.Errorf("process %d was left behind", pid)
	}
	start(t, localpg.Config{DataDir: dir}) // and the lock is free
}

func chownLike(t *testing.T, path, like string) {
	t.Helper()
	st, err := os.Stat(like)
	if err != nil {
		t.Fatal(err)
	}
	sys := st.Sys().(*syscall.Stat_t)
	if err := os.Chown(path, int(sys.Uid), int(sys.Gid)); err != nil {
		t.Fatal(err)
	}
}
