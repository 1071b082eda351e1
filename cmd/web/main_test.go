package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/pgtest"
)

// The tests of this package run the program itself, built as it is shipped, and look at it from outside: its API, its log, its exit code, and what its
// functions say that it did.

// binary is the program. Its directory is open to all users, because some tests run it as another one.
var binary string

// mourner outlives a killed test process; see mourn.
var mourner io.WriteCloser

// patience is how long a test waits for something that must happen, before it says that it did not. No test measures with it.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	dir, err := build()
	if err != nil {
		_ = os.RemoveAll(dir)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "segno-web")
	pgtest.AtEnd(func() {
		_ = mourner.Close()
		_ = os.RemoveAll(dir)
	})
	pgtest.Main(m)
}

func build() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "segno-bin-"); err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return dir, err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "segno-web"), ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	mourner, err = mourn()
	return dir, err
}

// mourn starts a shell that reads the names of data directories until this process ends, and then ends what is still alive in them. After an orderly
// end of the tests it finds nothing.
func mourn() (io.WriteCloser, error) {
	script := strings.Join([]string{
		`while read -r dir; do all="$all $dir"; done`,
		`for dir in $all; do`,
		`  [ -d "$dir" ] || continue`,
		`  read -r pid <"$dir/segno.lock" && kill -KILL "$pid"`,
		`  read -r pid <"$dir/postgres/postmaster.pid" && kill -QUIT "$pid"`,
		`  rm -rf "$dir"`,
		`done 2>/dev/null`,
	}, "\n")
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = cmd.Wait() }()
	return in, nil
}

// dataDir is an empty data directory that nothing lives in when the test has ended.
func dataDir(t testing.TB) string {
	t.Helper()
	dir := pgtest.DataDir(t)
	if _, err := fmt.Fprintln(mourner, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}
