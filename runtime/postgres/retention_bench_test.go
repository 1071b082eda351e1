package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/postgres"
)

// BenchmarkRetention writes runs of five transitions and deletes as many, round after round, interleaved: in the odd rounds while the old ones are deleted, in the
// even ones alone, the deletes after it. After each it prints how fast was written and what the tables and their indexes take; at the end the medians, that of the pairs of neighbours among them, and how
// much larger all is after the last round than after the third, by when as much is kept and was deleted as ever.
//
//	go test ./runtime/postgres -run '^$' -bench Retention -benchtime 1x
func BenchmarkRetention(b *testing.B) {
	const runs, seqs, rounds, batch = 4000, 5, 12, 200
	for range b.N {
		url := pgtest.URL(b)
		s, err := postgres.Open(b.Context(), postgres.Config{URL: url})
		if err != nil {
			b.Fatal(err)
		}
		c := connect(b, url)
		inc := join(b, s, "a")
		remove := func() (n int) {
			for {
				gone, err := s.Expire(b.Context(), journal.Retention{Flow: "order", Runs: runs}, 100)
				if err != nil {
					b.Error(err)
					return n
				}
				left, err := s.Clear(b.Context(), 2000)
				if err != nil {
					b.Error(err)
					return n
				}
				if n += gone; gone == 0 && left == 0 {
					return n
				}
			}
		}
		next := int64(1)
		var speeds [2][]float64 // alone, beside deletes
		var sizes []int
		for round := range rounds {
			beside := make(chan int, 1)
			if round%2 == 1 {
				go func() { beside <- remove() }()
			}
			began := time.Now()
			for range runs / batch {
				for seq := int64(1); seq <= seqs; seq++ {
					var ts []journal.Transition
					for i := range int64(batch) {
						tr := fact(next+i, seq)
						tr.Facts = make([]byte, 150)
						if seq == 1 {
							tr = birth(next + i)
						}
						if seq == seqs {
							now := time.Now()
							tr.Row = &journal.RunRow{Status: "succeeded", Release: true, EndedAt: &now}
						}
						ts = append(ts, tr)
					}
					if err := s.Append(b.Context(), inc, 0, ts); err != nil {
						b.Fatal(err)
					}
				}
				next += batch
			}
			took := time.Since(began)
			if round%2 == 1 {
				<-beside
			}
			gone := remove()
			for _, table := range []string{"journal", "runs"} { // as the server's own vacuum would, in time
				if _, err := c.Exec(b.Context(), "VACUUM "+table); err != nil {
					b.Fatal(err)
				}
			}
			size := func(what string) int {
				return exec(b, c, "SELECT ("+what+"('journal') + "+what+"('runs') + "+what+"('run_keys')) / 1024")
			}
			tables, indexes := size("pg_table_size"), size("pg_indexes_size")
			speed := float64(runs*seqs) / took.Seconds()
			speeds[round%2], sizes = append(speeds[round%2], speed), append(sizes, tables+indexes)
			b.Logf("round %2d: %5.0f transitions/s %s, %d runs deleted behind it; then %d rows in the journal, %d KiB of tables, %d of indexes", round, speed,
				[]string{"alone         ", "beside deletes"}[round%2], gone, exec(b, c, `SELECT count(*) FROM journal`), tables, indexes)
		}
		var pairs []float64 // of neighbours, so that a machine that gets busier counts for both
		for i := range speeds[0] {
			pairs = append(pairs, speeds[1][i]/speeds[0][i])
		}
		for name, all := range map[string][]float64{"alone/s": speeds[0], "beside/s": speeds[1], "beside/alone": pairs} {
			slices.Sort(all)
			b.ReportMetric((all[(len(all)-1)/2]+all[len(all)/2])/2, name)
		}
		b.ReportMetric(float64(sizes[len(sizes)-1])/float64(sizes[2]), "last/third_size")
		s.Close()
	}
}
