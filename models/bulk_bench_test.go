package models_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/segno-run/segno/models"
)

// BenchmarkBulk has 20 bulk retries of the same 100,000 runs, and prints what their list and one of their pages cost (a page is read every two seconds),
// and what it costs to look whether 2000 of the runs have ended, which each server does every second.
//
//	go test ./models -run '^$' -bench Bulk -benchtime 20x
func BenchmarkBulk(b *testing.B) {
	db, pool := open(b)
	const runs, bulks = 100_000, 20
	do := func(sql string, args ...any) {
		b.Helper()
		if _, err := pool.Exec(b.Context(), sql, args...); err != nil {
			b.Fatal(err)
		}
	}
	do(`INSERT INTO runs (id, uuid, flow, version, status, reader, created_at, updated_at, ended_at, class, step)
		SELECT n, gen_random_uuid(), 'order', 1, 'failed', 1, $2::timestamptz + n * interval '1 s', $2, $2, 'timeout', 'ship' FROM generate_series(1, $1::bigint) n`, runs, born)
	var last models.Bulk
	for range bulks {
		var err error
		if last, err = db.CreateBulk(b.Context(), models.Bulk{ID: uuid.NewString(), Flow: "order"}, anyNumber); err != nil || last.Runs != runs {
			b.Fatal(last, err)
		}
	}
	read := func(name string) {
		b.Run(name+"/page", func(b *testing.B) {
			for b.Loop() {
				if _, err := db.Bulk(b.Context(), "order", last.ID); err != nil {
					b.Fatal(err)
				}
				if _, err := db.BulkRuns(b.Context(), last.ID, "", 0, 51); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/page")
		})
		b.Run(name+"/list", func(b *testing.B) {
			for b.Loop() {
				if _, err := db.Bulks(b.Context(), "order", bulks); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/list")
		})
	}
	look := func(name string) {
		b.Run(name+"/look", func(b *testing.B) {
			var at models.BulkPlace
			for b.Loop() {
				var err error
				if at, err = db.EndBulk(b.Context(), at, 2000); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/look")
		})
	}
	do(`VACUUM ANALYZE runs, bulk_runs`)
	read("waiting")
	do(`UPDATE bulk_runs SET state = 'retried', at = now()`)
	do(`UPDATE bulks SET retried = runs`)
	do(`UPDATE runs SET status = 'waiting', ended_at = NULL`)
	do(`VACUUM ANALYZE runs, bulk_runs`)
	read("under_way")
	look("under_way")
	do(`UPDATE runs SET status = 'succeeded', ended_at = now()`)
	do(`VACUUM ANALYZE runs, bulk_runs`)
	look("ended")
	do(`UPDATE bulks SET succeeded = retried`)
	do(`UPDATE bulk_runs SET outcome = 'succeeded'`)
	do(`VACUUM ANALYZE runs, bulk_runs`)
	read("ended")
	look("none")
}
