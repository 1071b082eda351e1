package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/segno-run/segno/runtime/postgres"
)

// The bounds of how many connections to the database a server has. More than the most brings nothing: a commit takes all who wait for it along.
const (
	LeastConnections = 5
	mostConnections  = 15
)

// ErrConnections refuses fewer connections than a server can work with.
var ErrConnections = fmt.Errorf("a server needs at least %d connections to its database: two that write, one that listens, one for leases and histories, one for the pages", LeastConnections)

// share is how a server's connections are divided. Beside these one listens, and they are opened when they are needed.
type share struct{ writers, others, pages int }

func shared(all int) share {
	rest := max(all, LeastConnections) - 3
	others := max(1, min(4, rest/3))
	return share{writers: 2, others: others, pages: rest - others}
}

// patience is how long a server that starts waits for a place among the database's connections: those of one that was killed are just being cleared away.
const patience = 15 * time.Second

// divide decides how many connections this server has: so many as it was told to, or a third of those that the database gives to people who may not
// do everything, so that three servers fit.
func (d *database) divide(ctx context.Context, wanted int) (err error) {
	cfg, err := pgx.ParseConfig(d.url)
	if err != nil {
		return fmt.Errorf("--database-url: %w", err)
	}
	postgres.Harden(cfg)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var conn *pgx.Conn
	for conn == nil {
		if conn, err = pgx.ConnectConfig(ctx, cfg); err == nil {
			break
		}
		var full *pgconn.PgError
		if !errors.As(err, &full) || full.Code != "53300" { // too_many_connections
			return fmt.Errorf("connecting to the database: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database has no connection left; a server takes %d to %d (--connections): %w", LeastConnections, mostConnections, err)
		case <-time.After(patience / 50):
		}
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	switch {
	case wanted > 0:
	case d.private != nil:
		wanted = mostConnections // nobody else is there
	default:
		if wanted, err = fair(ctx, conn); err != nil {
			return fmt.Errorf("asking how many connections the database has: %w", err)
		}
	}
	d.share = shared(wanted)
	return nil
}

// fair is a third of the connections that this user can have in this database, within the bounds.
func fair(ctx context.Context, conn *pgx.Conn) (int, error) {
	var most int
	err := conn.QueryRow(ctx, `SELECT least(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
			- coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int,
		(SELECT CASE WHEN datconnlimit < 0 THEN 1000000 ELSE datconnlimit END FROM pg_database WHERE datname = current_database()),
		(SELECT CASE WHEN rolconnlimit < 0 THEN 1000000 ELSE rolconnlimit END FROM pg_roles WHERE rolname = current_user))`).Scan(&most)
	return max(LeastConnections, min(mostConnections, most/3)), err
}
