package pgtest_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/pgtest"
)

// victim makes TestVictim, in a process of its own, say where its cluster is and wait to be killed.
const victim = "PGTEST_VICTIM"

func TestVictim(t *testing.T) {
	if os.Getenv(victim) == "" {
		return
	}
	s := pgtest.Server(t)
	fmt.Println(victim, s.Dir())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestKilledTestProcessLeavesNothing(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	cmd.Env = append(os.Environ(), victim+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var dir string
	for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), victim+" %s", &dir)
	}
	if dir == "" {
		t.Fatal("the victim said nothing")
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	deadline, tick := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s is still there", dir)
		}
	}
}
