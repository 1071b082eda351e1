package localpg_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/segno-run/segno/cmd/web/app/localpg"
)

func TestDataDirInUse(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	process, pid := owner(t, dir)
	e := refused(t, localpg.Config{DataDir: dir}, localpg.InUse)
	if want := fmt.Sprintf("in use by process %d", process.Pid); !strings.Contains(e.Error(), want) {
		t.Errorf("got %q, want it to say %q", e, want)
	}
	if !living(pid) {
		t.Error("the refused server ended the other's PostgreSQL")
	}
}

func TestLockOfTheCaller(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	lock, err := localpg.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := localpg.Lock(dir); err == nil {
		t.Error("locked twice")
	}
	stop(t, start(t, localpg.Config{DataDir: dir, Lock: lock}))
	if _, err := localpg.Lock(dir); err == nil {
		t.Error("Stop released a lock that is the caller's")
	}
	lock.Release()
	again, err := localpg.Lock(dir)
	if err != nil {
		t.Fatalf("locking after Release: %v", err)
	}
	again.Release()
}

func TestOtherMajorVersion(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, localpg.Config{DataDir: dir})
	stop(t, s)
	path := filepath.Join(s.Dir(), "PG_VERSION")
	write(t, path, "11\n")
	e := refused(t, localpg.Config{DataDir: dir}, localpg.WrongVersion)
	for _, want := range []string{"PostgreSQL 11", s.Version(), "postgresql-11"} {
		if !strings.Contains(e.Error(), want) {
			t.Errorf("got %q, want it to name %q", e, want)
		}
	}
	write(t, path, "eleven\n")
	refused(t, localpg.Config{DataDir: dir}, localpg.ClusterBroken)
}

func TestNoBinaries(t *testing.T) {
	t.Setenv("PATH", "")
	e := refused(t, localpg.Config{DataDir: dataDir(t), Search: []string{"/nonexistent/*/bin"}}, localpg.NotInstalled)
	for _, want := range []string{"apt-get install postgresql", "--database-url"} {
		if !strings.Contains(e.Error(), want) {
			t.Errorf("got %q, want it to name %q", e, want)
		}
	}
}

func TestFindsBinariesOutsidePath(t *testing.T) {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(found) == 0 {
		t.Log("this machine keeps PostgreSQL elsewhere, so there is nothing to find")
		return
	}
	t.Setenv("PATH", "/bin")
	start(t, localpg.Config{DataDir: dataDir(t)})
}

func TestBinariesTooOldOrBroken(t *testing.T) {
	t.Parallel()
	bin := dataDir(t)
	if err := os.Chmod(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\necho 'postgres (PostgreSQL) 9.6.24'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	e := refused(t, localpg.Config{DataDir: dataDir(t), Search: []string{bin}}, localpg.WrongVersion)
	if !strings.Contains(e.Error(), "9.6.24") || !strings.Contains(e.Error(), fmt.Sprint(localpg.MinMajor)) {
		t.Errorf("got %q, want both versions named", e)
	}
	if err := os.WriteFile(filepath.Join(bin, "postgres"), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	e = refused(t, localpg.Config{DataDir: dataDir(t), Search: []string{bin}}, localpg.NotInstalled)
	if !strings.Contains(e.Error(), "does not run") {
		t.Errorf("got %q, want it to say that what it found does not run", e)
	}
}

func TestSaysWhyPostgresDoesNotStart(t *testing.T) {
	t.Parallel()
	e := refused(t, localpg.Config{DataDir: dataDir(t), Settings: map[string]string{"shared_buffers": "plenty"}}, localpg.StartFailed)
	if !strings.Contains(e.Error(), "shared_buffers") {
		t.Errorf("got %q, want PostgreSQL's own words", e)
	}
}

func TestDirectoryThatIsNoCluster(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if err := os.Mkdir(filepath.Join(dir, "postgres"), 0o700); err != nil {
		t.Fatal(err)
	}
	chownToAccount(t, filepath.Join(dir, "postgres"))
	write(t, filepath.Join(dir, "postgres", "letters"), "dear")
	refused(t, localpg.Config{DataDir: dir}, localpg.ClusterBroken)
	if _, err := os.Stat(filepath.Join(dir, "postgres", "letters")); err != nil {
		t.Errorf("what was there is gone: %v", err)
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), strings.Repeat("long/", 30))
	openPath(t, filepath.Dir(dir))
	s := start(t, localpg.Config{DataDir: dir})
	query(t, connect(t, s.URL()), "SELECT 'it serves'")
	if got := s.Dir(); !strings.HasPrefix(got, dir) {
		t.Errorf("got cluster %s, want it under %s", got, dir)
	}
}

func TestDataDirThatCannotBeMade(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	refused(t, localpg.Config{DataDir: filepath.Join(file, "data")}, localpg.Unreachable)
	if _, err := localpg.Start(context.Background(), localpg.Config{}); err == nil {
		t.Error("started without a data directory")
	}
}
