package localpg_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/segno-run/segno/cmd/web/app/localpg"
)

func TestFirstStartMakesACluster(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	began := time.Now()
	s := start(t, localpg.Config{DataDir: dir})
	t.Logf("cold start took %v", time.Since(began).Round(time.Millisecond))
	conn := connect(t, s.URL())
	for sql, want := range map[string]string{
		"SELECT current_database()":    "segno",
		"SHOW data_directory":          s.Dir(),
		"SHOW listen_addresses":        "",
		"SHOW fsync":                   "on",
		"SHOW synchronous_commit":      "on",
		"SHOW server_encoding":         "UTF8",
		"SELECT upper('é')":            "É",
		"SELECT ('Z' < 'a')::text":     "true",
		"SHOW unix_socket_directories": conn.Config().Host,
	} {
		if got := query(t, conn, sql); got != want {
			t.Errorf("%s: got %q, want %q", sql, got, want)
		}
	}
	if got := query(t, conn, "SHOW server_version"); !strings.HasPrefix(got, s.Version()) {
		t.Errorf("got server version %q, want %q", got, s.Version())
	}
	for _, private := range []string{s.Dir(), conn.Config().Host} {
		st, err := os.Stat(private)
		if err != nil || st.Mode().Perm() != 0o700 {
			t.Errorf("%s: got mode %v (error %v), want 0700", private, st.Mode(), err)
		}
	}
	exec1(t, conn, "CREATE TABLE kept AS SELECT 'mark'::text AS what")
	pid := postmaster(s.Dir())

	began = time.Now()
	stop(t, s)
	t.Logf("stop took %v", time.Since(began).Round(time.Millisecond))
	if living(pid) || postmaster(s.Dir()) != 0 {
		t.Errorf("process %d outlived Stop", pid)
	}
	select {
	case <-s.Done():
	default:
		t.Error("not done after Stop")
	}
	if _, err := os.Stat(conn.Config().Host); !os.IsNotExist(err) {
		t.Errorf("the socket's directory %s is still there (error %v)", conn.Config().Host, err)
	}

	began = time.Now()
	again := start(t, localpg.Config{DataDir: dir})
	t.Logf("warm start took %v", time.Since(began).Round(time.Millisecond))
	if got := query(t, connect(t, again.URL()), "SELECT what FROM kept"); got != "mark" {
		t.Errorf("got %q after a restart, want what was stored", got)
	}
	if again.Adopted() {
		t.Error("got an adopted server where none was left")
	}
}

func TestDatabaseHasASessionOfItsOwn(t *testing.T) {
	t.Parallel()
	s := start(t, localpg.Config{DataDir: dataDir(t)})
	ours, err1 := unix.Getsid(0)
	theirs, err2 := unix.Getsid(postmaster(s.Dir()))
	if err1 != nil || err2 != nil || ours == theirs {
		t.Errorf("got sessions %d and %d (errors %v, %v), want a Ctrl-C in our terminal not to reach PostgreSQL", ours, theirs, err1, err2)
	}
}

func TestStopEndsABusyDatabase(t *testing.T) {
	t.Parallel()
	s := start(t, localpg.Config{DataDir: dataDir(t)})
	conn := connect(t, s.URL())
	exec1(t, conn, "CREATE TABLE busy (n int)")
	exec1(t, conn, "BEGIN; INSERT INTO busy VALUES (1)")
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "SELECT pg_sleep(600)")
		ended <- err
	}()
	began := time.Now()
	stop(t, s)
	if took := time.Since(began); took > 30*time.Second { // it waits for the ten minutes, or not; how fast is no test's business
		t.Errorf("Stop took %v: it waited for the statement", took)
	}
	if err := <-ended; err == nil {
		t.Error("a statement of ten minutes ended well")
	}
}

func TestStopTwiceAndTimeout(t *testing.T) {
	t.Parallel()
	s := start(t, localpg.Config{DataDir: dataDir(t)})
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	// An ended ctx may or may not be noticed before the shutdown is through; it must not prevent it.
	_ = s.Stop(ended)
	stop(t, s)
	if err := s.Err(); err != nil {
		t.Errorf("got %v after Stop, want no error", err)
	}
}

func TestComesBackWhenKilled(t *testing.T) {
	t.Parallel()
	said := make(events, 1000)
	s := start(t, localpg.Config{DataDir: dataDir(t), Logger: newLogger(said)})
	conn := connect(t, s.URL())
	exec1(t, conn, "CREATE TABLE kept AS SELECT 'mark'::text AS what")
	first := postmaster(s.Dir())
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	said.wait(t, "is back")
	if got := query(t, connect(t, s.URL()), "SELECT what FROM kept"); got != "mark" {
		t.Errorf("got %q, want what was stored", got)
	}
	if second := postmaster(s.Dir()); second == first || s.Restarts() != 1 {
		t.Errorf("got process %d after %d and %d restarts, want another process and 1", second, first, s.Restarts())
	}
}

func TestGivesUpWhenTheClusterIsGone(t *testing.T) {
	t.Parallel()
	s, err := localpg.Start(context.Background(), localpg.Config{DataDir: dataDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	pid := postmaster(s.Dir())
	if err := os.RemoveAll(filepath.Join(s.Dir(), "PG_VERSION")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "is gone") {
		t.Errorf("got %v, want that the cluster is gone", err)
	}
	if err := s.Stop(context.Background()); err == nil {
		t.Error("Stop does not say that the database had ended before")
	}
}
