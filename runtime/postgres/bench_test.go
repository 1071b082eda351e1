package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/runtime/journal"
)

// statements counts what a client sends.
type statements struct{ n atomic.Int64 }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	s.n.Add(1)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// BenchmarkAppend measures one append of so many transitions with 200 bytes of facts each, commit included.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 200} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, _ := open(b)
			inc := join(b, s, "a")
			facts := bytes.Repeat([]byte("x"), 200)
			batch := make([]journal.Transition, size)
			for i := range batch {
				batch[i] = birth(int64(i + 1))
			}
			if err := s.Append(b.Context(), inc, 0, batch); err != nil {
				b.Fatal(err)
			}
			seq := int64(1)
			for b.Loop() {
				seq++
				for i := range batch {
					batch[i] = journal.Transition{Run: int64(i + 1), Seq: seq, At: time.Now(), Facts: facts}
				}
				if err := s.Append(b.Context(), inc, 0, batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "transitions/s")
		})
	}
}
