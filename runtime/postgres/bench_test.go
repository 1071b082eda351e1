package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
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

// BenchmarkJournal measures what 200 callers reach through the group commit, each waiting for one transition at a time.
func BenchmarkJournal(b *testing.B) {
	s, _ := open(b)
	inc := join(b, s, "a")
	const callers = 200
	j := journal.New(s, inc, journal.Config{})
	facts := bytes.Repeat([]byte("x"), 200)
	births := make([]journal.Transition, callers)
	for i := range births {
		births[i] = birth(int64(i + 1))
	}
	if err := s.Append(b.Context(), inc, 0, births); err != nil {
		b.Fatal(err)
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			done := make(chan error, 1)
			for seq := int64(2); left.Add(-1) >= 0; seq++ {
				j.Submit(journal.Transition{Run: int64(i + 1), Seq: seq, At: time.Now(), Facts: facts}, func(err error) { done <- err })
				if err := <-done; err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transitions/s")
	if err := j.Close(context.Background()); err != nil {
		b.Error(err)
	}
}
