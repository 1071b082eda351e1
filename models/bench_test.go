package models_test

import (
	"testing"
	"time"

	"github.com/segno-run/segno/models"
)

// BenchmarkRunList fills 100,000 runs into PostgreSQL and prints what a page of their list costs: its rows and the counts of its chips.
//
//	go test ./models -run '^$' -bench RunList -benchtime 20x
func BenchmarkRunList(b *testing.B) {
	db, pool := open(b)
	const runs = 100_000
	exec(b, pool, `INSERT INTO runs (id, uuid, flow, version, status, needs, reader, created_at, updated_at, ended_at, class, step, message)
		SELECT n, gen_random_uuid(), 'flow_' || n % 20, 1 + n % 4, s.status, CASE WHEN s.status = 'waiting' THEN 'person' ELSE '' END, 1,
			$2::timestamptz + n * interval '10 s', $2::timestamptz + n * interval '10 s', CASE WHEN s.status <> 'waiting' THEN $2::timestamptz + n * interval '10 s' + n % 300 * interval '1 s' END,
			CASE WHEN s.status = 'failed' THEN (ARRAY['timeout', 'unavailable', 'contract'])[1 + n % 3] ELSE '' END, CASE WHEN s.status = 'failed' THEN 'ship' ELSE '' END,
			CASE WHEN s.status = 'failed' THEN 'no answer from host ' || n || ' within 10 s' ELSE '' END
		FROM generate_series(1, $1::bigint) n, LATERAL (SELECT CASE WHEN n % 10 = 0 THEN 'failed' WHEN n % 97 = 0 THEN 'waiting' ELSE 'succeeded' END AS status) s`, runs, born)
	// Keys of an order's number, of an account with a hundred runs, and of what half of all runs have.
	exec(b, pool, `INSERT INTO run_keys (run, keys) SELECT n, ARRAY[n, 1000000 + n % 1000, 2000000 + n % 2, -n] FROM generate_series(1, $1::bigint) n`, runs)
	exec(b, pool, `ANALYZE runs, run_keys`)
	middle, _, err := db.Runs(b.Context(), models.RunFilter{To: born.Add(runs / 2 * 10 * time.Second), Limit: 1})
	if err != nil || len(middle) != 1 {
		b.Fatal(err)
	}
	now := born.Add(runs * 10 * time.Second)
	for _, c := range []struct {
		name string
		f    models.RunFilter
	}{
		{"first_page", models.RunFilter{}},
		{"middle_page", models.RunFilter{After: models.RunCursor(middle[0])}},
		{"page_before", models.RunFilter{Before: models.RunCursor(middle[0])}},
		{"flow", models.RunFilter{Flow: "flow_7"}},
		{"failed", models.RunFilter{Statuses: []string{"failed"}}},
		{"waiting_for_a_person", models.RunFilter{Needs: "person"}},
		{"class_and_step", models.RunFilter{Class: "contract", Step: "ship"}},
		{"text_that_nothing_has", models.RunFilter{Q: "no such words"}},
		{"longer_than_anything", models.RunFilter{Longer: time.Hour, Statuses: []string{"succeeded"}}},
		{"one_input", models.RunFilter{Keys: []int64{4711}}},
		{"input_of_100_runs", models.RunFilter{Keys: []int64{1000042}}},
		{"input_of_50000_runs", models.RunFilter{Keys: []int64{2000001}}},
		{"two_inputs", models.RunFilter{Keys: []int64{1000042, 2000000}}},
		{"top_level", models.RunFilter{Parent: models.TopLevel}},
		{"last_day_version_3", models.RunFilter{From: now.Add(-24 * time.Hour), Version: 3}},
	} {
		c.f.Now = now
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := db.RunPage(b.Context(), c.f); err != nil {
					b.Fatal(err)
				}
				from, err := db.OldestRun(b.Context(), c.f.Flow, runs)
				if err != nil {
					b.Fatal(err)
				}
				if _, _, err := db.RunTally(b.Context(), c.f, models.RunSlots{From: from, Width: 24 * time.Hour, N: 20}, runs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/page")
		})
	}
}
