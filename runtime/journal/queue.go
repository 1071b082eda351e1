package journal

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// queue is what waits for a commit, and what is in one. The transitions of one run are in one commit at a time, and in order.
type queue struct {
	cfg  *Config
	wake chan struct{} // one token: there is something, or enough; closed with the queue

	mu     sync.Mutex
	items  []*item
	flying [][]*item // what each writer's commit holds
	since  time.Time // when the last of them began
	barren time.Time // when a writer last found nothing but runs that a commit holds
	hungry bool      // it did so, and nothing has come since
	closed bool

	// refused is, for each run whose transition the store refused, the Seq that must come next.
	refused map[int64]int64
}

func newQueue(cfg *Config) *queue {
	return &queue{cfg: cfg, wake: make(chan struct{}, 1), flying: make([][]*item, cfg.Writers), refused: map[int64]int64{}}
}

// enough is how much is worth a commit beside another one: a whole batch. What is less is carried by the next commit, which costs nearly as much without it.
func (q *queue) enough() int { return q.cfg.MaxBatch }

func (q *queue) put(it *item) (ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.items = append(q.items, it)
	if n := len(q.items); n == 1 || n == q.enough() || q.hungry { // what an idle writer may wait for
		q.hungry = false
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
	return true
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.wake)
	}
}

// take gives a writer what it is to commit, as far as one commit may hold it. While another commit is in flight what is little waits, but not for long.
// Without anything, wait is when to ask again unless woken, 0 for never, and over says that nothing will come that no other writer takes.
func (q *queue) take(writer int) (items []*item, wait time.Duration, over bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flying[writer] = nil
	alone := !slices.ContainsFunc(q.flying, func(held []*item) bool { return held != nil })
	now := time.Now()
	if !alone && !q.closed {
		if len(q.items) == 0 {
			return nil, 0, false
		}
		wait = q.cfg.Patience - now.Sub(q.barren)
		if len(q.items) < q.enough() {
			wait = max(wait, q.cfg.Patience-now.Sub(q.since))
		}
		if wait > 0 {
			return nil, wait, false
		}
	}
	if alone {
		items = q.first()
	} else {
		items = q.others()
	}
	if len(items) == 0 {
		q.barren, q.hungry = now, len(q.items) > 0
		return nil, 0, q.closed
	}
	q.flying[writer], q.since = items, now
	return items, 0, false
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// first cuts the first of what waits off.
func (q *queue) first() (items []*item) {
	n, size := 0, 0
	for n < len(q.items) && n < q.cfg.MaxBatch {
		size += weight(&q.items[n].t)
		if n > 0 && size > q.cfg.MaxBytes {
			break
		}
		n++
	}
	items = q.items[:n:n]
	q.items = q.items[n:]
	if len(q.items) == 0 {
		q.items = nil // lets go of the array, and of the facts in it
	}
	return items
}

// others picks from what waits the first of those runs that no commit holds.
func (q *queue) others() (items []*item) {
	held := map[int64]bool{}
	for _, flight := range q.flying {
		for i := range flight {
			held[flight[i].t.Run] = true
		}
	}
	var rest []*item
	size := 0
	for i, it := range q.items {
		if held[it.t.Run] {
			rest = append(rest, it)
			continue
		}
		size += weight(&it.t)
		if len(items) == q.cfg.MaxBatch || len(items) > 0 && size > q.cfg.MaxBytes {
			rest = append(rest, q.items[i:]...)
			break
		}
		items = append(items, it)
	}
	q.items = rest
	return items
}

// weight is about how many bytes a transition sends.
func weight(t *Transition) int {
	n := len(t.Facts)
	for i := range t.Outbox {
		n += len(t.Outbox[i].Body)
	}
	for i := range t.Kept {
		n += len(t.Kept[i].Raw)
	}
	return n
}

// refuse notes that the store refused a run's transition.
func (q *queue) refuse(run, seq int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refused[run] = seq
}

// sift answers what would leave a gap after a refused transition and returns the rest.
func (q *queue) sift(items []*item) []*item {
	var fit, gaps []*item
	q.mu.Lock()
	if len(q.refused) == 0 {
		q.mu.Unlock()
		return items
	}
	for _, it := range items {
		next, ok := q.refused[it.t.Run]
		switch {
		case ok && it.t.Seq > next:
			gaps = append(gaps, it)
			continue
		case ok && !it.t.NoFacts():
			delete(q.refused, it.t.Run)
		}
		fit = append(fit, it)
	}
	q.mu.Unlock()
	for _, it := range gaps {
		it.done(fmt.Errorf("seq %d of run %d: %w", it.t.Seq, it.t.Run, ErrAfterRefused))
	}
	return fit
}
