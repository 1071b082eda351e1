package memory_test

import (
	"sync"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/journal/storetest"
	"github.com/segno-run/segno/runtime/memory"
)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func TestConformance(t *testing.T) {
	clocks := map[journal.Store]*clock{}
	storetest.Run(t, func(*testing.T) journal.Store {
		c := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		s := memory.New(c.Now)
		clocks[s] = c
		return s
	}, storetest.Options{
		Advance: func(_ *testing.T, s journal.Store, d time.Duration) {
			c := clocks[s]
			c.mu.Lock()
			defer c.mu.Unlock()
			c.now = c.now.Add(d)
		},
		Row: func(t *testing.T, s journal.Store, run int64) journal.RunRow {
			t.Helper()
			row, _, err := s.(*memory.Store).Row(run)
			if err != nil {
				t.Fatalf("Row(%d): %v", run, err)
			}
			return row
		},
	})
}
