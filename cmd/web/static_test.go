package main

import (
	"debug/elf"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/internal/servertest"
)

// The image can't be built by these tests. What it relies on can be tested: one static program that an unprivileged user runs with a database elsewhere.

func TestBinaryIsStatic(t *testing.T) {
	f, err := elf.Open(servertest.Program(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program has a %s segment, so it needs a loader and libraries", p.Type)
		}
	}
	if libs, err := f.ImportedLibraries(); err == nil && len(libs) > 0 {
		t.Errorf("the program needs %v, want nothing", libs)
	}
}

func TestRunsAsAnUnprivilegedUser(t *testing.T) {
	o := options{Data: filepath.Join(dataDir(t), "of-nobody"), Args: []string{"--database-url", pgtest.URL(t)}}
	if err := os.Mkdir(o.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chmod(filepath.Dir(o.Data), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(o.Data, int(nobody.Uid), int(nobody.Gid)); err != nil {
			t.Fatal(err)
		}
		openSocket(t)
		o.Process = &syscall.SysProcAttr{Credential: nobody}
	}
	s := start(t, o)
	if r := s.settled(t, s.startRun(t, "order", sampleInput(t, "order"))); r.Status != "succeeded" {
		t.Errorf("got %s, want succeeded: %+v", r.Status, r.Error)
	}
	if pid := postmaster(o.Data); pid != 0 {
		t.Errorf("it started a PostgreSQL of its own, process %d, though it was given one", pid)
	}
}

// openSocket lets every user reach the tests' PostgreSQL, whose socket is for its own user only.
func openSocket(t *testing.T) {
	t.Helper()
	home := filepath.Dir(pgtest.Server(t).Dir())
	for _, path := range []string{home, filepath.Join(home, "run")} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sockets, err := filepath.Glob(filepath.Join(home, "run", ".s.PGSQL.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, socket := range sockets {
		if err := os.Chmod(socket, 0o777); err != nil {
			t.Fatal(err)
		}
	}
}
