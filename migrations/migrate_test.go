package migrations_test

import (
	"context"
	"database/sql"
	"os"
	"testing"

	"github.com/pressly/goose/v3"
	"golang.org/x/sync/errgroup"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/migrations"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Replicas that start together on an empty database: one migrates, and all go on.
func TestUpFromSeveralAtOnce(t *testing.T) {
	url := pgtest.Empty(t)
	var all errgroup.Group
	for range 5 {
		db := open(t, url)
		all.Go(func() error { return migrations.Up(context.Background(), db) })
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	var applied, versions int
	err := open(t, url).QueryRow("SELECT count(*), count(DISTINCT version_id) FROM goose_db_version WHERE version_id > 0").Scan(&applied, &versions)
	if err != nil || applied != versions || applied == 0 {
		t.Errorf("got %d migrations applied for %d versions (error %v), want each once", applied, versions, err)
	}
}

func TestUpAgainDoesNothing(t *testing.T) {
	db := open(t, pgtest.URL(t))
	before := schema(t, db)
	if err := migrations.Up(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	if after := schema(t, db); after != before {
		t.Errorf("got schema %s, want what it was, %s", after, before)
	}
}

func TestUpEndsWithItsContext(t *testing.T) {
	db := open(t, pgtest.Empty(t))
	holder, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if _, err := holder.ExecContext(context.Background(), "SELECT pg_advisory_lock(x'7365676e6f'::bigint)"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- migrations.Up(ctx, db) }()
	for waiting := 0; waiting == 0; {
		err := holder.QueryRowContext(context.Background(), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("migrated without the lock")
	}
}

// schema is a digest of all tables and columns.
func schema(t *testing.T, db *sql.DB) string {
	t.Helper()
	var digest string
	err := db.QueryRow(`SELECT md5(string_agg(table_name || '.' || column_name || ' ' || data_type, ',' ORDER BY table_name, column_name))
		FROM information_schema.columns WHERE table_schema = 'public'`).Scan(&digest)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// A server of an older release starts on the schema of a newer one: that is how an upgrade is taken back.
func TestUpOnALaterSchema(t *testing.T) {
	db := open(t, pgtest.URL(t))
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)"); err != nil {
		t.Fatal(err)
	}
	if err := migrations.Up(context.Background(), db); err != nil {
		t.Errorf("got %v, want the later schema taken as it is", err)
	}
}

// What bulk retries had come to before it was counted is counted when the counts come.
func TestBulkCountsOfOldRows(t *testing.T) {
	db := open(t, pgtest.URL(t))
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("."), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(t.Context(), 13); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`INSERT INTO bulks (id, flow, class, step, fingerprint, version, actor, runs) VALUES (gen_random_uuid(), 'order', '', '', '', 0, '', 7), (gen_random_uuid(), 'none', '', '', '', 0, '', 0)`,
		`INSERT INTO bulk_runs (bulk, n, run, state) SELECT id, n, gen_random_uuid(), (ARRAY['waiting', 'retried', 'retried', 'retried', 'refused', 'refused', 'stopped'])[n] FROM bulks, generate_series(1, 7) n WHERE flow = 'order'`,
	} {
		if _, err := db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := migrations.Up(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := db.QueryRow(`SELECT string_agg(concat_ws(' ', flow, retried, refused, stopped), ', ' ORDER BY flow) FROM bulks`).Scan(&got); err != nil || got != "none 0 0 0, order 3 2 1" {
		t.Errorf("got %q, %v", got, err)
	}
}
