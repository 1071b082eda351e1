package runtime

import (
	"container/list"
	"context"
	"time"
)

const (
	rateAhead = 250 * time.Millisecond // of calls' times are reserved at once; times that are missed by more are lost
	rateLead  = 20 * time.Millisecond  // before the last reserved time the next ones are reserved
)

// time waits for the moment at which the call may begin.
func (l *limits) time(ctx context.Context, f *limit, t *ticket) error {
	l.mu.Lock()
	at, ok := f.moment(l.s.now())
	var place *list.Element
	if !ok {
		t.given = false
		place = f.timed.PushBack(t)
		l.poke()
	}
	l.mu.Unlock()
	if !ok {
		select {
		case at = <-t.turn:
		case <-ctx.Done():
			l.mu.Lock()
			defer l.mu.Unlock()
			if !t.given {
				f.timed.Remove(place)
			}
			return ctx.Err()
		}
	}
	pause(ctx, at.Sub(l.s.now()))
	return ctx.Err()
}

// begin has the first who waits for a time begin at one.
func (f *limit) begin(at time.Time) {
	t := f.timed.Remove(f.timed.Front()).(*ticket)
	t.given = true
	t.turn <- at
}

// moment takes the next reserved time. Times that have passed for long are not made up for.
func (f *limit) moment(now time.Time) (at time.Time, ok bool) {
	if f.bounds.Every == 0 { // it had a rate when the call was queued
		return now, true
	}
	if late := now.Add(-rateAhead).Sub(f.next); f.left > 0 && late > 0 {
		missed := min(f.left, int(late/f.bounds.Every)+1)
		f.next, f.left = f.next.Add(time.Duration(missed)*f.bounds.Every), f.left-missed
	}
	if f.left == 0 || f.timed.Len() > 0 {
		return at, false
	}
	at = f.next
	f.next, f.left = at.Add(f.bounds.Every), f.left-1
	return at, true
}

// reserve takes times for the calls that wait for one.
func (l *limits) reserve(ctx context.Context) (asked bool) {
	l.mu.Lock()
	l.soon = time.Time{}
	now := l.s.now()
	var todo []*limit
	for _, f := range l.sorted() {
		switch due := f.until.Add(-rateLead); {
		case f.timed.Len() == 0:
		case now.Before(due): // one chunk at a time, so that other servers come in between
			if l.soon.IsZero() || due.Before(l.soon) {
				l.soon = due
			}
		default:
			todo = append(todo, f)
		}
	}
	l.mu.Unlock()
	for _, f := range todo {
		l.mu.Lock()
		every := f.bounds.Every
		if every == 0 { // registered anew meanwhile
			l.mu.Unlock()
			continue
		}
		n := 1
		if now.Sub(f.until) < rateAhead {
			n = 2 * f.chunk // all were used up
		}
		n = max(1, min(max(n, f.timed.Len()), int(rateAhead/every)))
		l.mu.Unlock()
		asking, cancel := context.WithTimeout(ctx, l.s.e.cfg.Lease/4)
		first, err := l.store.Reserve(asking, f.name, n, every)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				l.s.e.cfg.Logger.Warn("no call of a function with a rate may begin until the database answers", "function", f.name, "err", err)
			}
			continue // the next look tries it again
		}
		l.mu.Lock()
		f.next, f.left, f.chunk, f.until = first, n, n, first.Add(time.Duration(n-1)*every)
		for f.left > 0 && f.timed.Len() > 0 {
			f.begin(f.next)
			f.next, f.left = f.next.Add(every), f.left-1
		}
		if f.bounds.Every != every { // registered anew meanwhile
			f.left, f.until = 0, time.Time{}
		}
		if due := f.until.Add(-rateLead); f.timed.Len() > 0 && (l.soon.IsZero() || due.Before(l.soon)) {
			l.soon = due
		}
		l.mu.Unlock()
	}
	return len(todo) > 0
}
