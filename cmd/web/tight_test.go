package main

import (
	"context"
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/cmd/web/app/localpg"
	"github.com/segno-run/segno/internal/servertest"
)

// tight is a PostgreSQL with max_connections=20, three of them for superusers, and a user who is none.
type tight struct {
	url     string // of the user
	watcher *pgx.Conn
	name    string // of the user
}

func openTight(t testing.TB) *tight {
	t.Helper()
	server, err := localpg.Start(t.Context(), localpg.Config{DataDir: dataDir(t), Logger: slog.New(slog.DiscardHandler),
		Settings: map[string]string{"max_connections": "20", "superuser_reserved_connections": "3", "shared_buffers": "32MB"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Errorf("stopping PostgreSQL: %v", err)
		}
	})
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, do := range []string{"CREATE ROLE shop LOGIN", "CREATE DATABASE shop OWNER shop"} {
		if _, err := conn.Exec(t.Context(), do); err != nil {
			t.Fatalf("%s: %v", do, err)
		}
	}
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.Path = url.User("shop"), "/shop"
	return &tight{u.String(), conn, "shop"}
}

// taken is how many connections the servers have.
func (d *tight) taken(t testing.TB) (all int) {
	t.Helper()
	if err := d.watcher.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE usename = $1`, d.name).Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// lay puts a wire between a server and its database.
func lay(t testing.TB, database string) (w *servertest.Wire, through string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	w = servertest.NewWire(t, "unix", filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"), nil)
	u.Host, u.RawQuery = w.Addr, "sslmode=disable"
	return w, u.String()
}
