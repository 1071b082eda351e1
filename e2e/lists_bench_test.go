package e2e

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

const manyRuns = 100_000

// BenchmarkRunsList measures the list of 100,000 runs in a browser with nothing cached: when something of it is first seen, and when it is whole.
//
//	go test ./e2e -run '^$' -bench RunsList -benchtime 5x
func BenchmarkRunsList(b *testing.B) {
	s := boot(b)
	conn, err := pgx.Connect(b.Context(), "host="+s.data+"/run user=segno dbname=segno")
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{
		`INSERT INTO runs (id, uuid, flow, version, status, needs, reader, created_at, updated_at, ended_at, class, step, message)
			SELECT -n, gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'order' ELSE 'snapvault' END, 1, st, CASE WHEN st = 'waiting' THEN 'person' ELSE '' END, 1, at, at,
				CASE WHEN st <> 'waiting' THEN at + n % 300 * interval '1 s' END, CASE WHEN st = 'failed' THEN 'unavailable' ELSE '' END, CASE WHEN st = 'failed' THEN 'ship' ELSE '' END,
				CASE WHEN st = 'failed' THEN 'no answer from host ' || n || ' within 10 s' ELSE '' END
			FROM generate_series(1, $1::int) n, LATERAL (SELECT now() - n * interval '25 s' AS at, CASE WHEN n % 10 = 0 THEN 'failed' WHEN n % 97 = 0 THEN 'waiting' ELSE 'succeeded' END AS st) x`,
		`INSERT INTO run_keys (run, keys) SELECT -n, ARRAY[n, 1000000 + n % 1000] FROM generate_series(1, $1::int) n`,
	} {
		if _, err := conn.Exec(b.Context(), sql, manyRuns); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := conn.Exec(b.Context(), `ANALYZE runs, run_keys`); err != nil {
		b.Fatal(err)
	}
	if err := conn.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	for _, p := range []struct{ name, query string }{
		{"first_page", ""}, {"failed", "?status=failed"}, {"one_flow", "?flow=order"}, {"waiting_for_a_person", "?needs=person"}, {"text_that_nothing_has", "?q=nothing+like+it"},
		{"input", "?input.order_id=nobody"}, {"last_day", "?since=24h"},
	} {
		b.Run(p.name, func(b *testing.B) {
			var paint, whole, kB float64
			for b.Loop() {
				w := weigh(b, s.url+"/runs"+p.query, `document.querySelector("#runs")`)
				paint, whole, kB = paint+w.paint, whole+w.whole, kB+w.bytes/1000
			}
			n := float64(b.N)
			b.ReportMetric(paint/n, "first_paint_ms")
			b.ReportMetric(whole/n, "ready_ms")
			b.ReportMetric(kB/n, "kB")
		})
	}
}
