package journal_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

func TestCloseDrains(t *testing.T) {
	at(t, journal.Config{}, func(b *bench) {
		release := b.hold()
		b.submit(birth(1))
		synctest.Wait()
		b.submit(birth(2))
		closed := make(chan error)
		go func() { closed <- b.j.Close(context.Background()) }()
		synctest.Wait()
		b.submit(birth(3))
		b.want("3/1", journal.ErrClosed)
		release()
		if err := <-closed; err != nil {
			t.Errorf("Close: got %v, want none", err)
		}
		b.want("2/1", nil)
	})
}

func TestCloseGivesUp(t *testing.T) {
	at(t, journal.Config{}, func(b *bench) {
		b.store.before = func(int, []journal.Transition) error { return errLost }
		b.submit(birth(1))
		synctest.Wait()
		b.submit(birth(2))
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := b.j.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: got %v, want the deadline", err)
		}
		b.want("1/1", journal.ErrClosed)
		b.want("2/1", journal.ErrClosed)
	})
}

// TestRandomFaults submits much under losses before and after commits; each run's history must be whole, and every answer true.
func TestRandomFaults(t *testing.T) {
	for seed := range 20 {
		at(t, journal.Config{Writers: 2, MaxBatch: 5}, func(b *bench) {
			x := uint64(seed)*2654435761 + 1
			var mu sync.Mutex
			chance := func(percent uint64) bool {
				mu.Lock()
				defer mu.Unlock()
				x = x*6364136223846793005 + 1442695040888963407
				return x>>33%100 < percent
			}
			lose := func(int, []journal.Transition) error {
				if chance(30) {
					return errLost
				}
				return nil
			}
			b.store.before, b.store.after = lose, lose
			for seq := int64(1); seq <= 20; seq++ {
				for run := int64(1); run <= 4; run++ {
					if seq == 1 {
						b.submit(birth(run))
					} else {
						b.submit(fact(run, seq))
					}
				}
				pass(time.Millisecond)
			}
			pass(time.Hour)
			for run := int64(1); run <= 4; run++ {
				var all []int64
				for seq := int64(1); seq <= 20; seq++ {
					all = append(all, seq)
					b.want(fmt.Sprintf("%d/%d", run, seq), nil)
				}
				b.seqs(run, all...)
			}
		})
	}
}
