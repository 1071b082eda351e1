package bench

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/cmd/web/app/localpg"
)

// schema is where the server that is measured keeps its tables, so that a database that is given keeps its own.
const schema = "segno_bench"

// database is the PostgreSQL that is measured on.
type database struct {
	url     string
	private *localpg.Server
	conn    *pgx.Conn // for looking and for preparing; never while the clock runs
	pid     int       // of the postmaster, 0 if it is not on this machine
}

func openDatabase(ctx context.Context, given, dir string) (*database, error) {
	db := &database{url: given}
	if given == "" {
		server, err := localpg.Start(ctx, localpg.Config{DataDir: filepath.Join(dir, "database")})
		if err != nil {
			return nil, err
		}
		db.url, db.private = server.URL(), server
	}
	var err error
	if db.conn, err = pgx.Connect(ctx, db.url); err != nil {
		_ = db.close()
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	db.pid = postmaster(db.conn.PgConn().PID())
	return db, nil
}

func (d *database) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if d.conn != nil {
		_ = d.conn.Close(ctx)
	}
	if d.private != nil {
		return d.private.Stop(ctx)
	}
	return nil
}

// fresh makes the server's schema anew.
func (d *database) fresh(ctx context.Context) error {
	_, err := d.conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE; CREATE SCHEMA "+schema)
	return err
}

func (d *database) drop(ctx context.Context) error {
	_, err := d.conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE")
	return err
}

// inSchema is the address with which everything lands in the server's schema.
func (d *database) inSchema() (string, error) {
	if !strings.Contains(d.url, "://") {
		return d.url + " search_path=" + schema, nil
	}
	u, err := url.Parse(d.url)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func (d *database) checkpoint(ctx context.Context) error {
	if _, err := d.conn.Exec(ctx, "CHECKPOINT"); err != nil {
		return fmt.Errorf("CHECKPOINT, which the figures begin with (it wants a superuser, or the role pg_checkpoint): %w", err)
	}
	return nil
}

// wal is how many bytes of WAL there have been.
func (d *database) wal(ctx context.Context) (bytes float64, err error) {
	err = d.conn.QueryRow(ctx, "SELECT (pg_current_wal_lsn()-'0/0')::float8").Scan(&bytes)
	return bytes, err
}

// settings are those that the figures depend on.
func (d *database) settings(ctx context.Context) (map[string]string, error) {
	settings := map[string]string{}
	for _, name := range []string{"server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_compression", "shared_buffers", "max_wal_size"} {
		var v string
		if err := d.conn.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&v); err != nil {
			return nil, err
		}
		settings[name] = v
	}
	return settings, nil
}
