package chaos

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/segno-run/segno/cmd/web/app/localpg"
	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/internal/servertest"
)

// database is a PostgreSQL of one test, which the test may stop, kill and start.
type database struct {
	cfg localpg.Config
	*localpg.Server
}

// connections are as few as three servers must do with.
const connections = "20"

func openDatabase(t testing.TB) *database {
	t.Helper()
	d := &database{cfg: localpg.Config{DataDir: pgtest.DataDir(t), Logger: slog.New(slog.DiscardHandler), Settings: map[string]string{"max_connections": connections}}}
	d.start(t)
	t.Cleanup(func() { d.stop(t) })
	return d
}

func (d *database) start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
	defer cancel()
	var err error
	if d.Server, err = localpg.Start(ctx, d.cfg); err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
}

func (d *database) stop(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
	defer cancel()
	if err := d.Stop(ctx); err != nil {
		t.Fatalf("stopping PostgreSQL: %v", err)
	}
}

// kill ends PostgreSQL without a word; whoever supervises it starts it again, through a recovery. It returns which process that was, 0 if there was none to kill.
func (d *database) kill(how syscall.Signal) int {
	pid := d.postmaster()
	if pid == 0 || syscall.Kill(pid, how) != nil {
		return 0
	}
	return pid
}

// postmaster is the process of PostgreSQL, 0 while there is none.
func (d *database) postmaster() int {
	raw, err := os.ReadFile(filepath.Join(d.Dir(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	// The file may be an older one's, and the number somebody else's by now.
	command, err := os.ReadFile(filepath.Join("/proc", first, "cmdline"))
	if err != nil || !bytes.Contains(command, []byte(d.Dir())) {
		return 0
	}
	return pid
}

// socket is where PostgreSQL listens.
func (d *database) socket(t testing.TB) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(hostOf(t, d.URL()), ".s.PGSQL.*[0-9]"))
	if err != nil || len(all) != 1 {
		t.Fatalf("found the sockets %v (error %v), want one", all, err)
	}
	return all[0]
}

// awaitUp returns when PostgreSQL accepts connections again: not the one that was killed, which may answer for a moment after a SIGQUIT.
func (d *database) awaitUp(t testing.TB, killed int) {
	t.Helper()
	servertest.Eventually(t, "PostgreSQL accepts connections", func() bool {
		now := d.postmaster()
		return now != 0 && now != killed && answers(d.URL())
	})
}
