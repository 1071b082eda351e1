// Package postgres keeps histories in PostgreSQL: the journal's Store, written with pgx.
//
// It owns the statements that make a batch durable under a fence, the takeover of a dead server's runs, and the connections for both. It treats
// facts as bytes, knows nothing of flows or steps, and leaves the queries of the pages to models.
package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

var _ journal.Store = (*Store)(nil)

// Config says where the histories are.
type Config struct {
	// URL of the database, as libpq reads it (postgres://… or keywords). Its schema must be there (package migrations).
	URL string
	// Writers is the number of connections that only append. Default 2.
	Writers int
	// Others is the number of connections for everything else: leases, claims, loads, the inbox. Default 4.
	Others int
	// Beside these, a store that is listened to (Listen) has one more.
	// Reader is the latest reader version that this server understands: runs that need a later one are left alone. Default planner.Reader.
	Reader int
	// Tracer sees every statement, for counting. Default none.
	Tracer pgx.QueryTracer
}

func (c *Config) validate() error {
	if c.URL == "" {
		return errors.New("no database URL")
	}
	if c.Writers == 0 {
		c.Writers = 2
	}
	if c.Others == 0 {
		c.Others = 4
	}
	if c.Reader == 0 {
		c.Reader = planner.Reader
	}
	if c.Writers < 0 || c.Others < 0 {
		return fmt.Errorf("%d writers and %d other connections make no sense", c.Writers, c.Others)
	}
	return nil
}

// Store is a journal.Store on PostgreSQL.
type Store struct {
	writers *pgxpool.Pool // appends alone: no page and no claim ever makes a commit wait for a connection
	others  *pgxpool.Pool
	leases  *pgxpool.Pool // of renewals, which must never wait behind a takeover or a payload: the writers' if others has one connection
	numbers numbers
	tracer  pgx.QueryTracer // nil: none
	reader  int

	listener *pgx.ConnConfig // of the connection that listens, while somebody does

	packer packer
	moving chan struct{} // an entry for each payload that is on its way
}

// Open connects. It returns an error when the database can't be reached.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("postgres: opening the journal: %w", err)
	}
	writers, err := connect(ctx, cfg, cfg.Writers, prepareWriter)
	if err != nil {
		return nil, fmt.Errorf("postgres: opening the writers' connections: %w", err)
	}
	others, err := connect(ctx, cfg, cfg.Others, nil)
	if err != nil {
		writers.Close()
		return nil, fmt.Errorf("postgres: opening the other connections: %w", err)
	}
	packer, err := newPacker()
	if err != nil {
		writers.Close()
		others.Close()
		return nil, fmt.Errorf("postgres: opening the journal: %w", err)
	}
	leases := others
	if cfg.Others == 1 {
		leases = writers
	}
	return &Store{writers: writers, others: others, leases: leases, tracer: cfg.Tracer, reader: cfg.Reader, listener: others.Config().ConnConfig, packer: packer, moving: make(chan struct{}, max(1, min(movers, cfg.Others-1)))}, nil
}

// Close waits for what is under way and closes the connections.
func (s *Store) Close() {
	s.writers.Close()
	s.others.Close()
}

func connect(ctx context.Context, cfg Config, n int, prepare func(context.Context, *pgx.Conn) error) (*pgxpool.Pool, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, err
	}
	pc.MaxConns = int32(n)
	Harden(pc.ConnConfig)
	pc.ConnConfig.Tracer = cfg.Tracer
	pc.AfterConnect = prepare
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// prepareWriter fits a session to the one kind of statement that it runs: short lists against primary keys. A plan made for a small table must
// not scan it when it has grown, planning costs more than running, and a commit means durable whatever the database's default says.
func prepareWriter(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SELECT set_config(name, value, false) FROM (VALUES
		('plan_cache_mode', 'force_generic_plan'), ('jit', 'off'),
		('enable_seqscan', 'off'), ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'),
		('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END)
	) AS wanted (name, value)`)
	if err != nil {
		return fmt.Errorf("setting up a writer's session: %w", err)
	}
	return nil
}
