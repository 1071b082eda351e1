package localpg_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/cmd/web/app/localpg"
	"github.com/segno-run/segno/internal/pgtest"
)

// ownerDir makes this binary, when it is set, a server that holds a private PostgreSQL there until it is killed.
const ownerDir = "LOCALPG_TEST_OWNER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerDir); dir != "" {
		s, err := localpg.Start(context.Background(), localpg.Config{DataDir: dir})
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println("ready", postmaster(s.Dir()))
		_, _ = io.Copy(io.Discard, os.Stdin) // until killed, or until the test is gone
		_ = s.Stop(context.Background())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// postmaster is the process id in a cluster's postmaster.pid, 0 if there is none.
func postmaster(cluster string) int {
	b, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}

// start starts a server that is stopped when the test ends.
func start(t *testing.T, cfg localpg.Config) *localpg.Server {
	t.Helper()
	s, err := localpg.Start(context.Background(), cfg)
	if err != nil {
		t.Fatalf("starting in %s: %v", cfg.DataDir, err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *localpg.Server) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

// refused starts a server that must not start, and returns why.
func refused(t *testing.T, cfg localpg.Config, want localpg.Code) *localpg.Error {
	t.Helper()
	s, err := localpg.Start(context.Background(), cfg)
	if err == nil {
		stop(t, s)
		t.Fatalf("got a server, want %s", want)
	}
	var e *localpg.Error
	if !errors.As(err, &e) || e.Code != want {
		t.Fatalf("got error %v, want code %s", err, want)
	}
	return e
}

// killedOwner starts a server process on dir, kills it with SIGKILL, and returns the process id of the PostgreSQL it left behind.
func killedOwner(t *testing.T, dir string) int {
	t.Helper()
	owner, pid := owner(t, dir)
	if err := owner.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = owner.Wait()
	return pid
}

// owner starts a server process on dir and returns it and its PostgreSQL's process id.
func owner(t *testing.T, dir string) (*os.Process, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), ownerDir+"="+dir)
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("waiting for the owner: %v", err)
	}
	var pid int
	if _, err := fmt.Sscanf(line, "ready %d", &pid); err != nil {
		t.Fatalf("the owner says %q", line)
	}
	return cmd.Process, pid
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatalf("connecting to %s: %v", url, err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func query(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	var got string
	if err := conn.QueryRow(context.Background(), sql).Scan(&got); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// living says whether a process runs; an orphan that nobody has reaped does not.
func living(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(b), ") Z")
}

// events is a logger whose messages a test can wait for.
type events chan string

func (e events) Enabled(context.Context, slog.Level) bool { return true }
func (e events) WithAttrs([]slog.Attr) slog.Handler       { return e }
func (e events) WithGroup(string) slog.Handler            { return e }
func (e events) Handle(_ context.Context, r slog.Record) error {
	e <- r.Message
	return nil
}

func (e events) wait(t *testing.T, part string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case got := <-e:
			if strings.Contains(got, part) {
				return
			}
		case <-deadline:
			t.Errorf("no message with %q", part)
			return
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func dataDir(t *testing.T) string { return pgtest.DataDir(t) }
