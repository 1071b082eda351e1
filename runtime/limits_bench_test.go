package runtime

import (
	"testing"

	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
)

// BenchmarkLimit is what a call pays whose function has a limit that is not reached.
func BenchmarkLimit(b *testing.B) {
	s := &session{e: &Engine{}, mail: newMailbox()}
	s.hints = &hints{s: s}
	l := &limits{s: s, store: journal.Limiter(memory.New(nil)), wake: make(chan struct{}, 1), all: map[string]*limit{}}
	bounds := invoke.Limits{Concurrency: 100}
	f := l.of("pay", bounds)
	f.slots, f.fair = 100, 100
	for b.Loop() {
		done, err := l.take(b.Context(), "pay", bounds)
		if err != nil {
			b.Fatal(err)
		}
		done()
	}
}
