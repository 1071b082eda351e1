package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

type item struct {
	t    Transition
	done func(error)
}

// writer owns one fence row and one commit at a time.
type writer struct {
	j      *Journal
	number int
	batch  []Transition // of the append under way; the room is used again
}

func (w *writer) loop() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		items, wait, over := w.j.queue.take(w.number)
		var later <-chan time.Time
		switch {
		case len(items) > 0:
			w.commit(w.j.queue.sift(items))
			continue
		case over:
			return
		case wait > 0:
			timer.Reset(wait)
			later = timer.C
		}
		select {
		case <-w.j.queue.wake:
		case <-later:
		}
	}
}

// commit appends until it is known what became of every item.
func (w *writer) commit(items []*item) {
	backoff := w.j.cfg.RetryBackoff
	unknown := false // an earlier append of exactly these items may have been committed
	for len(items) > 0 {
		err := w.append(items)
		var refusal *BatchError
		switch {
		case err == nil:
			w.durable(items)
			return
		case errors.Is(err, ErrFenced):
			w.j.fenced.Store(true)
			answer(items, ErrFenced)
			return
		case errors.As(err, &refusal) && len(refusal.Bad) > 0:
			committed := false
			if unknown {
				committed, err = w.committed(items)
				if err != nil {
					break // still unknown
				}
			}
			if committed {
				w.durable(items)
				return
			}
			items, unknown, backoff = w.refuse(items, refusal), false, w.j.cfg.RetryBackoff
			continue
		}
		unknown = true
		w.j.cfg.Logger.LogAttrs(w.j.ctx, slog.LevelWarn, "append failed, trying again",
			slog.Int("writer", w.number), slog.Int("transitions", len(items)), slog.Duration("after", backoff), slog.Any("error", err))
		if !w.wait(backoff) {
			answer(items, fmt.Errorf("%w; the last append failed: %w", ErrClosed, err))
			return
		}
		backoff = min(2*backoff, w.j.cfg.MaxBackoff)
	}
}

func (w *writer) append(items []*item) error {
	if w.j.fenced.Load() {
		return ErrFenced
	}
	w.batch = w.batch[:0]
	for i := range items {
		w.batch = append(w.batch, items[i].t)
	}
	defer clear(w.batch) // what they hold is let go of
	ctx, cancel := context.WithTimeout(w.j.ctx, w.j.cfg.AppendTimeout)
	defer cancel()
	w.j.appends.Add(1)
	began := time.Now()
	err := w.j.store.Append(ctx, w.j.inc, w.number, w.batch)
	w.j.cfg.Observe(Batch{len(items), time.Since(began), err})
	return err
}

// committed reads back whether an append whose answer was lost has been committed. A batch is atomic, so one row of it tells. The row must hold
// the same facts: a duplicate of something else is a refusal. Without a row of history in it, the batch can't have been refused as a duplicate.
func (w *writer) committed(items []*item) (bool, error) {
	for i := range items {
		t := &items[i].t
		if t.NoFacts() {
			continue
		}
		ctx, cancel := context.WithTimeout(w.j.ctx, w.j.cfg.AppendTimeout)
		defer cancel()
		facts, ok, err := w.j.store.Committed(ctx, t.Run, t.Seq)
		return ok && bytes.Equal(facts, t.Facts), err
	}
	return false, nil
}

// refuse answers the bad items, and those after them that would leave a gap, and returns the rest.
func (w *writer) refuse(items []*item, refusal *BatchError) []*item {
	bad := map[int]bool{}
	for _, i := range refusal.Bad {
		bad[i] = true
	}
	stopped := map[int64]bool{}
	var rest []*item
	for i, it := range items {
		switch {
		case bad[i]:
			w.j.cfg.Logger.LogAttrs(w.j.ctx, slog.LevelError, "the store refuses a transition",
				slog.Int64("number", it.t.Run), slog.Int64("seq", it.t.Seq), slog.Any("error", refusal.Err))
			if !it.t.NoFacts() && !stopped[it.t.Run] {
				w.j.queue.refuse(it.t.Run, it.t.Seq)
				stopped[it.t.Run] = true
			}
			it.done(refusal)
		case stopped[it.t.Run]:
			it.done(fmt.Errorf("seq %d of run %d: %w", it.t.Seq, it.t.Run, ErrAfterRefused))
		default:
			rest = append(rest, it)
		}
	}
	return rest
}

func (w *writer) durable(items []*item) {
	w.j.transitions.Add(int64(len(items)))
	answer(items, nil)
}

// wait reports false when the journal has given up.
func (w *writer) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.j.ctx.Done():
		return false
	}
}

func answer(items []*item, err error) {
	for _, it := range items {
		it.done(err)
	}
}
