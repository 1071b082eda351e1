// Package localpg owns the private PostgreSQL that the server keeps for itself when no --database-url is given: it finds the
// binaries, makes the cluster, starts it, adopts or ends what a killed server left behind, restarts it when it dies, and stops
// it. It also owns the lock on the data directory.
//
// The database listens on a unix socket in a directory that only its owner can enter, never on the network. An answering socket
// proves nothing here: a process counts as ours by its process id, its command line and its data directory.
//
// It knows no schema, no run and no flow.
package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

const (
	databaseName = "segno"
	superuser    = "segno"
	port         = "5432" // only part of the socket's file name, since nothing listens on TCP

	// MinMajor is the oldest major version accepted: 14 brought client_connection_check_interval.
	MinMajor = 14
)

// Config says where the private PostgreSQL lives. Only DataDir is required.
type Config struct {
	// DataDir holds the cluster in DataDir/postgres and its log in DataDir/postgres.log. It is created if missing.
	DataDir string
	// Lock is held on DataDir by the caller. Nil: Start takes the lock and Stop releases it.
	Lock *DirLock
	// Logger receives what a person should know: where, which version, adopted, died, restarted. Nil: discard.
	Logger *slog.Logger
	// Search lists directories, or glob patterns of them, that may hold PostgreSQL's binaries, in order of preference.
	// Nil: PATH, `pg_config --bindir`, and where packages put them.
	Search []string
	// Settings are added to the server's command line and win over the defaults, for example {"max_connections": "200"}.
	Settings map[string]string
	// Elsewhere is where a cluster goes if we are root and the database's user cannot reach DataDir.
	// Empty: /var/lib/segno/clusters.
	Elsewhere string
}

func (c *Config) validate() error {
	if c.DataDir == "" {
		return errors.New("localpg: Config.DataDir is empty")
	}
	if c.Lock != nil && c.Lock.file == nil {
		return errors.New("localpg: Config.Lock has been released")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if c.Elsewhere == "" {
		c.Elsewhere = "/var/lib/segno/clusters"
	}
	return nil
}

// Server is a running private PostgreSQL. It is safe for concurrent use.
type Server struct {
	cfg     Config
	log     *slog.Logger
	lock    *DirLock // ours to release; nil if the caller's
	acct    account
	home    home
	install install
	args    []string // of the postmaster, after its name

	restarts atomic.Int64
	adopted  bool
	stop     chan struct{}
	stopOnce sync.Once
	done     chan struct{}
	err      error // why it is done; written before done closes
}

// Start returns once the private PostgreSQL under cfg.DataDir accepts connections and its database exists. It makes the cluster
// at the first start, and adopts the one that a killed server left running. What a person can mend comes back as an *Error.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.Logger, stop: make(chan struct{}), done: make(chan struct{})}
	if cfg.Lock == nil {
		lock, err := Lock(cfg.DataDir)
		if err != nil {
			return nil, err
		}
		s.lock = lock
	}
	p, err := s.start(ctx)
	if err != nil {
		s.release()
		return nil, err
	}
	go s.supervise(p)
	return s, nil
}

func (s *Server) start(ctx context.Context) (*process, error) {
	began := time.Now()
	var err error
	if s.home, s.acct, err = settle(s.cfg); err != nil {
		return nil, err
	}
	if s.install, err = choose(ctx, s.cfg.Search, s.home, s.acct); err != nil {
		return nil, err
	}
	s.args = arguments(s.home, s.cfg.Settings)
	fresh, err := s.create(ctx)
	if err != nil {
		return nil, err
	}
	synced := make(chan error, 1)
	go func() {
		if fresh {
			synced <- syncTree(s.home.dir)
		}
		close(synced)
	}()
	p, err := s.launch(ctx)
	if err != nil {
		return nil, err
	}
	// What initdb wrote must be durable before anything stored on top of it is acknowledged.
	if err := <-synced; err != nil {
		s.end(p)
		return nil, fmt.Errorf("syncing the new cluster in %s: %w", s.home.cluster, err)
	}
	s.adopted = p.adopted
	s.log.Info("private PostgreSQL is ready", "version", s.install.version, "dir", s.home.cluster, "pid", p.pid,
		"created", fresh, "adopted", p.adopted, "ms", time.Since(began).Milliseconds())
	return p, nil
}

// release gives the locks back.
func (s *Server) release() {
	s.home.lock.Release()
	s.lock.Release()
}

// URL is a connection string for pgx: the database "segno" through the unix socket.
func (s *Server) URL() string { return s.home.url(databaseName) }

// Version is that of the binaries, for example "15.18".
func (s *Server) Version() string { return s.install.version }

// Bin is the directory of its binaries, pg_dump among them.
func (s *Server) Bin() string { return s.install.bin }

// Dir is the cluster's own directory. It lies outside the data directory if the database's user could not reach that.
func (s *Server) Dir() string { return s.home.cluster }

// LogFile is where PostgreSQL writes its log.
func (s *Server) LogFile() string { return s.home.log }

// Adopted says whether Start found the database running, left behind by a server that was killed.
func (s *Server) Adopted() bool { return s.adopted }

// Restarts counts how often PostgreSQL died and was started again since Start.
func (s *Server) Restarts() int64 { return s.restarts.Load() }

// Done is closed when PostgreSQL has ended and will not be started again: after Stop, or if its cluster is gone.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err says why the server is done: nil after Stop, or while it is not done.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends PostgreSQL and returns when it is gone: a fast shutdown, and if that takes longer than stopGrace (or ctx ends)
// an immediate one, which costs the next start a recovery but loses nothing. It may be called more than once.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() { close(s.stop) })
	select {
	case <-s.done:
	case <-ctx.Done():
		// The supervisor goes on to the end by itself, within its own bounds.
		return fmt.Errorf("stopping the private PostgreSQL: %w", ctx.Err())
	}
	return s.err
}

func (h home) url(database string) string {
	q := url.Values{"host": {h.socket}, "port": {port}, "sslmode": {"disable"}}
	return "postgres://" + superuser + "@/" + database + "?" + q.Encode()
}
