package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestDocumentedCalls runs the shell blocks of docs/api.md, one after the other in one shell, against a fresh server.
func TestDocumentedCalls(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	script := blocks(string(text))
	if len(script) < 10 {
		t.Fatalf("got %d blocks, want those of every chapter", len(script))
	}
	s := start(t, options{Data: dataDir(t)})
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", strings.Join(script, "\n"))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "SEGNO="+s.url, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	if out, err := cmd.CombinedOutput(); err != nil {
		last := out[max(0, len(out)-2000):]
		t.Errorf("%v; the output ends with\n%s", err, last)
	}
}

// blocks are the fenced blocks marked sh, each preceded by an echo that says which line it comes from.
func blocks(markdown string) (all []string) {
	var block []string
	inside := false
	for number, line := range strings.Split(markdown, "\n") {
		switch {
		case !inside && strings.TrimSpace(line) == "```sh":
			inside, block = true, []string{"echo; echo '== the block that begins above line " + strconv.Itoa(number+2) + "'"}
		case inside && strings.TrimSpace(line) == "```":
			inside = false
			all = append(all, strings.Join(block, "\n"))
		case inside:
			block = append(block, line)
		}
	}
	return all
}
