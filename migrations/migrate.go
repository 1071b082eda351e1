// Package migrations owns the database schema: SQL files in the order of their numbers, embedded, and applied by goose.
//
// It knows no row type and no query; a migration that has been released is never edited again.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"

	"github.com/pressly/goose/v3"
)

//go:embed *.sql
var files embed.FS

// lockID is the key of the advisory lock under which migrations run: "segno" in ASCII. Replicas that start together take turns.
const lockID int64 = 0x7365676e6f

// Up brings the database to the newest schema. It is safe to call from several processes at once: one migrates, the others wait
// for it and then find nothing to do. Each migration is a transaction, so an error leaves the schema at the last complete one.
func Up(ctx context.Context, db *sql.DB) error {
	p, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(advisoryLock{}), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("loading migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}

// advisoryLock waits inside the database, so whoever comes second goes on the moment the first is done; goose's own locker asks
// again every few seconds.
type advisoryLock struct{}

func (advisoryLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lockID)
	return err
}

func (advisoryLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", lockID)
	return err
}
