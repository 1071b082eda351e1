package bench

import (
	"slices"
	"sync"
	"time"

	"github.com/segno-run/segno/runtime/planner"
)

// clock times the steps of runs: when their functions were called, and when what came of them was known to be durable.
type clock struct {
	shards [64]struct {
		mu    sync.Mutex
		calls map[string][]time.Time // by run
	}
	mu    sync.Mutex
	took  []time.Duration
	chain bool // steps follow each other: one lasts from its call to the next one's
	some  bool // one run of sixteen is timed: timing all of many took a twentieth of what was measured
}

// timeline is what is known of one run's commits. over is closed by the last one; the other fields are to be read after that.
type timeline struct {
	chain   bool
	commits []time.Time // by sequence number, from 1; of a chain the last one alone
	over    chan struct{}
	how     planner.RunStatus
}

func newClock() *clock {
	c := &clock{}
	for i := range c.shards {
		c.shards[i].calls = map[string][]time.Time{}
	}
	return c
}

// called notes that a step's function has begun.
func (c *clock) called(run string) {
	if !c.times(run) {
		return
	}
	now, s := time.Now(), &c.shards[run[len(run)-1]&63]
	s.mu.Lock()
	s.calls[run] = append(s.calls[run], now)
	s.mu.Unlock()
}

// times reports whether a run is timed: by the last digit of its UUID, which is random.
func (c *clock) times(run string) bool { return !c.some || run[len(run)-1] == '0' }

func (c *clock) begin() *timeline { return &timeline{chain: c.chain, over: make(chan struct{})} }

func (t *timeline) committed(_ int64, ended planner.RunStatus) {
	if !t.chain || ended != "" {
		t.commits = append(t.commits, time.Now())
	}
	if ended != "" {
		t.how = ended
		close(t.over)
	}
}

// end takes the times of a run that has ended.
//
// Steps in a row: each lasts from the call of its function to the call of the next one, the last to the commit that ended the run. Steps side by side: the
// first transition of the run is its start and the others are the outcomes of calls in the order in which they ended, so the n-th call lasts until the
// commit after the n-th.
func (c *clock) end(run string, t *timeline) {
	if !c.times(run) {
		return
	}
	s := &c.shards[run[len(run)-1]&63]
	s.mu.Lock()
	calls := s.calls[run]
	delete(s.calls, run)
	s.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortFunc(calls, time.Time.Compare)
	for i, at := range calls {
		switch {
		case !c.chain:
			if i+1 < len(t.commits) {
				c.took = append(c.took, t.commits[i+1].Sub(at))
			}
		case i+1 < len(calls):
			c.took = append(c.took, calls[i+1].Sub(at))
		default:
			c.took = append(c.took, t.commits[len(t.commits)-1].Sub(at))
		}
	}
}

// take returns the times of all runs that have ended since the last time, and begins anew. No run may be under way.
func (c *clock) take(chain, some bool) []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	took := c.took
	c.took, c.chain, c.some = nil, chain, some
	return took
}
