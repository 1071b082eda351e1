package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/segno-run/segno/cmd/web/app"
	"github.com/segno-run/segno/internal/pgtest"
)

// The tests of this package run the program itself, built as it is shipped, and hold what it prints against golden files.

var update = flag.Bool("update", false, "write the golden files anew")

// binary is the program.
var binary string

func TestMain(m *testing.M) {
	app.RunHandler() // the sample's handlers execute this binary once more
	dir, err := build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "segno")
	pgtest.AtEnd(func() { _ = os.RemoveAll(dir) })
	pgtest.Main(m, pgtest.WithoutFsync())
}

func build() (dir string, err error) {
	if err := os.Setenv("SEGNO_PACE", "5ms"); err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp("", "segno-cli-"); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "segno"), ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return dir, nil
}

// TestCases runs the commands of each folder of testdata/cases in a copy of its `in` and expects `out`: what stood on the screen. A line of `cmd` is
// a command, of which `< file` may be the standard input.
func TestCases(t *testing.T) {
	dirs, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(dirs) < 5 {
		t.Fatalf("%d cases, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(filepath.Join(dir, "cmd"))
			if err != nil {
				t.Fatal(err)
			}
			at := t.TempDir()
			if err := os.CopyFS(at, os.DirFS(filepath.Join(dir, "in"))); err != nil {
				t.Fatal(err)
			}
			var screen bytes.Buffer
			for line := range strings.Lines(string(script)) {
				fmt.Fprintf(&screen, "$ %s", line)
				words, input, _ := strings.Cut(strings.TrimSpace(line), " < ")
				out, errs, code := execute(t, at, input, strings.Fields(words)...)
				screen.WriteString(out)
				for l := range strings.Lines(errs) {
					screen.WriteString("! " + l)
				}
				fmt.Fprintf(&screen, "exit %d\n\n", code)
			}
			golden(t, filepath.Join(dir, "out"), screen.Bytes())
		})
	}
}

// execute runs one command, "segno" or "git", in a folder and with an environment that knows no server.
func execute(t *testing.T, dir, input string, words ...string) (out, errs string, code int) {
	t.Helper()
	return executeWith(t, nil, dir, input, words...)
}

func executeWith(t *testing.T, env []string, dir, input string, words ...string) (out, errs string, code int) {
	t.Helper()
	program := words[0]
	if program == "segno" {
		program = binary
	}
	cmd := exec.Command(program, words[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1"}
	cmd.Env = append(cmd.Env, env...)
	if input != "" {
		f, err := os.Open(filepath.Join(dir, input))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		cmd.Stdin = f
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", strings.Join(words, " "), err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s\n got\n%s\nwant\n%s", name, got, want)
	}
}

// TestGit compares a revision of a repository with the file as it is.
func TestGit(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("name: a\nsteps:\n  x: {wait: 1s}\n")
	for _, words := range []string{"git init -q", "git add a.yaml", "git -c user.name=a -c user.email=a@example.com commit -q -m first"} {
		if _, errs, code := execute(t, dir, "", strings.Fields(words)...); code != 0 {
			t.Fatalf("%s: %s", words, errs)
		}
	}
	write("name: a\nsteps:\n  x: {wait: 2s}\n")
	out, errs, code := execute(t, dir, "", "segno", "diff", "HEAD:a.yaml", "a.yaml", "--exit-code")
	if want := "HEAD:a.yaml → a.yaml: 1 step changed\n~ step x\n    wait: 1s → 2s\n"; out != want || code != 1 {
		t.Errorf("got %q, %q, exit %d, want %q and exit 1", out, errs, code, want)
	}
	if _, errs, code = execute(t, dir, "", "segno", "diff", "HEAD:b.yaml", "a.yaml"); code != 2 || !strings.HasPrefix(errs, "segno: reading HEAD:b.yaml: git: ") {
		t.Errorf("got %q, exit %d, want git's own words and exit 2", errs, code)
	}
}

// TestCompletion: every shell gets a script, and knows the commands and what a flag takes.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if out, errs, code := execute(t, t.TempDir(), "", "segno", "completion", shell); code != 0 || !strings.Contains(out, "segno") {
			t.Errorf("%s: exit %d: %s", shell, code, errs)
		}
	}
	out, _, _ := execute(t, t.TempDir(), "", "segno", "__complete", "render", "a.yaml", "--format", "")
	if !strings.HasPrefix(out, "svg\nmermaid\n") {
		t.Errorf("got %q, want the formats", out)
	}
}
