// Package servertest runs the server as users have it, for the tests that look at it from outside: the program, built as it is shipped and at most once a
// test process; its processes with their logs, which are killed, stopped and started again; the whole server in the
// test's own process; its JSON API; and functions that keep books by which it is judged. It knows no page and no store.
//
// A package that uses it needs a TestMain that calls Remove at its end.
package servertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// program is the one of this test process.
var program struct {
	once sync.Once
	dir  string
	err  error
}

// Program is the path of the server, built as it is shipped when a test first asks. Its directory is open to all users.
func Program(t testing.TB) string {
	t.Helper()
	program.once.Do(func() { program.err = build() })
	if program.err != nil {
		t.Fatalf("building the program: %v", program.err)
	}
	return filepath.Join(program.dir, "segno-web")
}

func build() (err error) {
	if program.dir, err = os.MkdirTemp("", "segno-bin-"); err != nil {
		return err
	}
	if err := os.Chmod(program.dir, 0o755); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(program.dir, "segno-web"), "github.com/segno-run/segno/cmd/web")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// Remove deletes the program, if one was built.
func Remove() {
	if program.dir != "" {
		_ = os.RemoveAll(program.dir)
	}
}

// Project is a project folder of these files, by their path in it.
func Project(t testing.TB, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "flows"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
