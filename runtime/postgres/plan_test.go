package postgres

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/runtime/journal"
)

// TestAppendLooksRowsUp: a batch finds each row that it changes by its key, whatever the statistics say of the tables. A plan that goes through all the runs
// that a server owns, or through all messages that wait, costs each batch as much as there are of them.
func TestAppendLooksRowsUp(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := prepareWriter(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	id, now := uuid.NewString(), time.Now()
	row := &journal.RunRow{Status: "succeeded", Release: true, EndedAt: &now}
	args := statement(1, 0, []journal.Transition{
		{Run: 1, Seq: 1, At: now, Facts: []byte("x"), New: &journal.NewRun{UUID: id, Flow: "f"}},
		{Run: 2, Seq: 2, At: now, Facts: []byte("x"), Row: row, Inbox: []journal.Consumed{{ID: id}}, Births: []journal.Birth{{UUID: id, Flow: "f", Run: 3, Parent: id}},
			Outbox: []journal.Letter{{ID: id, To: uuid.NewString()}}},
	})
	whole := args.made.text()
	parameters := regexp.MustCompile(`\$\d+`).FindAllString(whole, -1)
	seen := map[string]bool{}
	for _, p := range parameters {
		seen[p] = true
	}
	values := strings.TrimSuffix(strings.Repeat("NULL,", len(seen)), ",")
	look := func(when string) {
		t.Helper()
		rows, _ := conn.Query(t.Context(), "EXPLAIN EXECUTE whole("+values+")", pgx.QueryExecModeSimpleProtocol)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		plan := strings.Join(lines, "\n")
		for _, not := range []string{"runs_owner", "inbox_waiting", "Seq Scan", "Bitmap"} {
			if strings.Contains(plan, not) {
				t.Errorf("%s: the plan of a batch has %s:\n%s", when, not, plan)
			}
		}
		for _, want := range []string{"runs_pkey", "inbox_pkey", "runs_uuid_key"} {
			if !strings.Contains(plan, want) {
				t.Errorf("%s: the plan of a batch does not use %s:\n%s", when, want, plan)
			}
		}
	}
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	prepare := func() {
		exec("DEALLOCATE ALL")
		exec("PREPARE whole AS " + whole)
	}
	prepare()
	look("empty tables")
	exec(`INSERT INTO runs (id, uuid, flow, version, status, owner, reader, created_at, updated_at)
		SELECT g, gen_random_uuid(), 'f', 1, 'running', 1, 3, now(), now() FROM generate_series(1, 3000) g`)
	exec(`INSERT INTO inbox (id, run, kind, body) SELECT gen_random_uuid(), g, 'signal', '' FROM generate_series(1, 3000) g`)
	prepare()
	look("full tables that nobody has counted")
	exec("ANALYZE")
	prepare()
	look("full tables")
	exec("UPDATE runs SET owner = NULL")
	exec("UPDATE inbox SET consumed_at = now()")
	exec("VACUUM ANALYZE")
	prepare()
	look("full tables, and nothing to do")
}
