package postgres_test

import (
	"testing"
	"time"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/postgres"
)

// BenchmarkRetention writes runs of five transitions and deletes as many, round after round. After each it prints what the tables take, and how fast was
// written: in the odd rounds while the old ones are deleted, in the even ones alone, the deletes after it.
//
//	go test ./runtime/postgres -run '^$' -bench Retention -benchtime 1x
func BenchmarkRetention(b *testing.B) {
	const runs, seqs, rounds, batch = 4000, 5, 8, 200
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
			size := exec(b, c, `SELECT (pg_total_relation_size('journal') + pg_total_relation_size('runs') + pg_total_relation_size('run_keys')) / 1024`)
			how := "alone"
			if round%2 == 1 {
				how = "beside deletes"
			}
			b.Logf("round %d: %d rows in the journal, %d KiB of tables, %.0f transitions/s %s, %d runs deleted behind it", round, exec(b, c, `SELECT count(*) FROM journal`), size,
				float64(runs*seqs)/took.Seconds(), how, gone)
		}
		s.Close()
	}
}
