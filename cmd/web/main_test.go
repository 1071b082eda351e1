package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/internal/servertest"
)

// The tests of this package run the program itself, built as it is shipped, and look at it from outside: its API, its log, its exit code, and what its
// functions say that it did.

// mourner outlives a killed test process; see mourn.
var mourner io.WriteCloser

func TestMain(m *testing.M) {
	var err error
	if mourner, err = mourn(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	pgtest.AtEnd(func() {
		_ = mourner.Close()
		servertest.Remove()
	})
	pgtest.Main(m)
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
