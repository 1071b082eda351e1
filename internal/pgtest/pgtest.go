// Package pgtest gives each test a PostgreSQL database of its own, freshly migrated.
//
// A test process starts one private cluster, when a test first asks, and stops it at its end; should the process be killed, a
// watcher stops and removes the cluster. A package that uses it needs
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/segno-run/segno/cmd/web/app/localpg"
	"github.com/segno-run/segno/migrations"
)

const template = "segno_template"

// cluster is the one of this process.
type cluster struct {
	once     sync.Once
	settings map[string]string
	dir      string
	server   *localpg.Server
	watcher  io.Closer
	err      error

	mu    sync.Mutex // creating from a template wants nobody else at it
	count atomic.Int64
}

var (
	shared  = &cluster{settings: map[string]string{"max_connections": "200", "shared_buffers": "64MB"}}
	hasMain atomic.Bool
)

// Option changes the cluster that Main stops.
type Option func(settings map[string]string)

// WithoutFsync makes commits cheap and not durable: for tests that make many of them and never pull the plug.
func WithoutFsync() Option {
	return func(s map[string]string) { s["fsync"], s["synchronous_commit"] = "off", "off" }
}

// WithSetting sets one of PostgreSQL's settings.
func WithSetting(name, value string) Option {
	return func(s map[string]string) { s[name] = value }
}

// atEnd is what Main does once the tests have run.
var atEnd []func()

// AtEnd has Main call f once the tests have run: for what a whole package shares, such as a program that it has built. Call it before Main.
func AtEnd(f func()) { atEnd = append(atEnd, f) }

// Main runs the package's tests, stops the cluster if one was started, and exits.
func Main(m *testing.M, options ...Option) {
	hasMain.Store(true)
	for _, o := range options {
		o(shared.settings)
	}
	code := m.Run()
	for _, f := range atEnd {
		f()
	}
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = 1
	}
	os.Exit(code)
}

// URL is a connection string of a new, migrated database, which is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	return create(t, template)
}

// Empty is like URL, with no schema in the database.
func Empty(t testing.TB) string {
	t.Helper()
	return create(t, "template0")
}

// Server is the process's cluster, for tests that look at the server itself. Its databases are those of all its tests.
func Server(t testing.TB) *localpg.Server {
	t.Helper()
	if !hasMain.Load() {
		t.Fatal("pgtest needs func TestMain(m *testing.M) { pgtest.Main(m) } in this package")
	}
	shared.once.Do(func() { shared.err = shared.open() })
	if shared.err != nil {
		t.Fatalf("pgtest: %v", shared.err)
	}
	return shared.server
}

// DataDir is an empty directory that the private PostgreSQL can live in even if the tests run as root, where t.TempDir is closed
// to the database's user. It is removed when the test ends.
func DataDir(t testing.TB) string {
	t.Helper()
	dir, err := dataDir()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return dir
}

func create(t testing.TB, from string) string {
	t.Helper()
	server := Server(t)
	name := fmt.Sprintf("test_%d", shared.count.Add(1))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := shared.exec(ctx, server.URL(), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, from))
	if err != nil {
		t.Fatalf("pgtest: creating a database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := shared.exec(ctx, server.URL(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: dropping a database: %v", err)
		}
	})
	return withDatabase(server.URL(), name)
}

// withDatabase is the connection string with another database in its path.
func withDatabase(base, name string) string {
	u, err := url.Parse(base)
	if err != nil {
		panic(err) // ours, and well formed
	}
	u.Path = "/" + name
	return u.String()
}

func (c *cluster) exec(ctx context.Context, url, statement string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func (c *cluster) open() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var err error
	if c.dir, err = dataDir(); err != nil {
		return err
	}
	if c.watcher, err = watch(c.dir); err != nil {
		return fmt.Errorf("starting the watcher: %w", err)
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if c.server, err = localpg.Start(ctx, localpg.Config{DataDir: c.dir, Settings: c.settings, Logger: logger}); err != nil {
		return err
	}
	if err := c.exec(ctx, c.server.URL(), "CREATE DATABASE "+template); err != nil {
		return fmt.Errorf("creating the template: %w", err)
	}
	db, err := sql.Open("pgx", withDatabase(c.server.URL(), template))
	if err != nil {
		return err
	}
	return errors.Join(migrations.Up(ctx, db), db.Close())
}

func (c *cluster) close() error {
	var err error
	if c.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err = c.server.Stop(ctx)
	}
	if c.dir != "" {
		err = errors.Join(err, os.RemoveAll(c.dir))
	}
	if c.watcher != nil {
		err = errors.Join(err, c.watcher.Close())
	}
	return err
}

// dataDir makes a directory near the root of a file system, because a socket's path must be short and every directory on its way
// open to the database's user.
func dataDir() (string, error) {
	var errs error
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if os.Geteuid() == 0 && !openToAll(parent) || len(parent) > 40 {
			continue
		}
		dir, err := os.MkdirTemp(parent, "segno-test-")
		if err == nil {
			return dir, nil
		}
		errs = errors.Join(errs, err)
	}
	return "", errors.Join(errors.New("found no place for a data directory"), errs)
}

func openToAll(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		st, err := os.Stat(dir)
		if err != nil || st.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// watch starts a shell that waits for this process to end, by the end of a pipe, and then ends what it left in dir. After an
// orderly close it finds nothing to do.
func watch(dir string) (io.Closer, error) {
	script := strings.Join([]string{
		`cat >/dev/null`,
		`pid=$(head -n 1 "$1/postgres/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null`,
		`while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ "$n" != xxxxxxxxxx ]; do n=x$n; sleep 0.2; done`,
		`rm -rf "$1"`,
	}, "\n")
	cmd := exec.Command("/bin/sh", "-c", script, "pgtest-watcher", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = cmd.Wait() }() // it outlives us only if we are killed
	return in, nil
}
