package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/segno-run/segno/cmd/web/app/localpg"
	"github.com/segno-run/segno/migrations"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/postgres"
)

// database is the PostgreSQL in use.
type database struct {
	url     string
	what    string // for the log: which one it is
	private *localpg.Server
	pages   *pgxpool.Pool
	share   share
}

// openDatabase starts the private PostgreSQL, or takes the user's.
func openDatabase(ctx context.Context, c Config, lock *localpg.DirLock) (*database, error) {
	if c.DatabaseURL != "" {
		return &database{url: c.DatabaseURL, what: "the PostgreSQL of --database-url"}, nil
	}
	server, err := localpg.Start(ctx, localpg.Config{DataDir: c.Data, Lock: lock, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	return &database{url: server.URL(), private: server, what: fmt.Sprintf("private PostgreSQL %s in %s", server.Version(), server.Dir())}, nil
}

// migrate brings the schema up to date and opens the pages' models.
func (d *database) migrate(ctx context.Context, tracer pgx.QueryTracer) (*models.DB, error) {
	cfg, err := pgxpool.ParseConfig(d.url)
	if err != nil {
		return nil, fmt.Errorf("--database-url: %w", err)
	}
	cfg.MaxConns = int32(d.share.pages)
	postgres.Harden(cfg.ConnConfig)
	cfg.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	sql := stdlib.OpenDBFromPool(pool)
	err = migrations.Up(ctx, sql)
	err = errors.Join(err, sql.Close())
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("migrating the database: %w", err)
	}
	db, err := models.Open(pool)
	if err != nil {
		pool.Close()
		return nil, err
	}
	d.pages = pool
	return db, nil
}

func (d *database) stop(ctx context.Context) error {
	if d.pages != nil {
		go d.pages.Close() // it waits for queries that hang, and they end with the database or with this process
	}
	if d.private == nil {
		return nil
	}
	return d.private.Stop(ctx)
}

// replicaID is the identity of the data directory. A server that finds it again is the same one after a crash, and takes its runs up at once.
func replicaID(dir string) (string, error) {
	file := filepath.Join(dir, "replica")
	raw, err := os.ReadFile(file)
	if err == nil {
		if id := strings.TrimSpace(string(raw)); uuid.Validate(id) == nil {
			return id, nil
		}
		return "", fmt.Errorf("%s does not hold a UUID; remove it to give this server a new identity", file)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	id := uuid.NewString()
	if err := os.WriteFile(file, []byte(id+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("writing this server's identity: %w", err)
	}
	return id, nil
}
