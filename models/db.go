// Package models owns what the pages and the API read and write in the database beside the journal: flows and their versions, functions, the
// lists of runs, tokens and settings. GORM rows and their queries, on a pool of their own.
//
// It knows no flow language, no planner and no journal: sources, contracts, specs and facts are bytes to it.
package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that the row has changed since the caller read it.
	ErrConflict = errors.New("changed in the meantime")
)

// AnyRev as an expected revision skips the comparison: the last writer wins.
const AnyRev int64 = -1

// DB answers the queries. It is safe for concurrent use.
type DB struct {
	gorm  *gorm.DB
	close func() error
}

// Open uses pool, which should be small and used for nothing else; its owner closes it after Close.
func Open(pool *pgxpool.Pool) (*DB, error) {
	conn := stdlib.OpenDBFromPool(pool)
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: conn}), &gorm.Config{
		SkipDefaultTransaction: true,
		PrepareStmt:            false, // pgx prepares by itself
		Logger:                 logger.Discard,
		NowFunc:                func() time.Time { return time.Now().UTC() },
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("models: opening the database: %w", err), conn.Close())
	}
	return &DB{gorm: g, close: conn.Close}, nil
}

// Close gives the connections back to the pool.
func (db *DB) Close() error {
	if err := db.close(); err != nil {
		return fmt.Errorf("models: closing: %w", err)
	}
	return nil
}

func (db *DB) on(ctx context.Context) *gorm.DB { return db.gorm.WithContext(ctx) }

// wrap names the operation, and turns GORM's words into ours.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = ErrNotFound
	}
	return fmt.Errorf("models: %s: %w", fmt.Sprintf(format, args...), err)
}

// Away reports whether err, of this package or of the journal, means that the database can't be reached or is going down: nothing is wrong with the
// request, and it may go well in a moment.
func Away(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	var pg *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &pg): // PostgreSQL's appendix A: connection exception, too many connections, shutdown, start-up
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P") || pg.Code == "53300"
	}
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, io.ErrUnexpectedEOF)
}

// storable reports whether a text column could hold s: a name that it can't hold names nothing.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// clean is s as a text column holds it, U+FFFD in place of what it can't.
func clean(s string) string {
	if storable(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// full is b, never NULL.
func full(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// utc sets times to UTC, in which all of Segno shows them to machines.
func utc(times ...*time.Time) {
	for _, t := range times {
		if t != nil {
			*t = t.UTC()
		}
	}
}
