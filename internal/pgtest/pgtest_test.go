package pgtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatalf("connecting to %s: %v", url, err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			conn := connect(t, pgtest.URL(t))
			if _, err := conn.Exec(context.Background(), "CREATE TABLE mine (id int)"); err != nil {
				t.Errorf("creating a table that no other test can have made: %v", err)
			}
			var n int
			if err := conn.QueryRow(context.Background(), "SELECT count(*) FROM goose_db_version WHERE version_id > 0").Scan(&n); err != nil || n == 0 {
				t.Errorf("got %d migrations applied (error %v), want at least one", n, err)
			}
		})
	}
}

func TestEmptyHasNoSchema(t *testing.T) {
	conn := connect(t, pgtest.Empty(t))
	var n int
	err := conn.QueryRow(context.Background(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("got %d tables (error %v), want none", n, err)
	}
}

func TestFsyncIsOn(t *testing.T) {
	var on string
	if err := connect(t, pgtest.URL(t)).QueryRow(context.Background(), "SHOW fsync").Scan(&on); err != nil || on != "on" {
		t.Errorf("got fsync %q (error %v), want on: tests measure what a server does", on, err)
	}
}
