package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

var _ journal.Limiter = (*Store)(nil)

// limits are what servers have of a function.
type limits struct {
	next   time.Time
	shares map[journal.Incarnation]journal.Share
}

func (s *Store) limit(function string) *limits {
	l := s.limited[function]
	if l == nil {
		l = &limits{shares: map[journal.Incarnation]journal.Share{}}
		s.limited[function] = l
	}
	return l
}

// Share implements journal.Limiter.
func (s *Store) Share(ctx context.Context, inc journal.Incarnation, wants []journal.Want) ([]journal.Grant, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if s.incs[inc] == nil {
		return nil, journal.ErrFenced
	}
	now := s.now()
	var out []journal.Grant
	for _, w := range wants {
		l := s.limit(w.Function)
		mine := l.shares[inc]
		mine.Incarnation, mine.Wanted = inc, w.Want
		var others []journal.Share
		for _, other := range slices.Sorted(maps.Keys(l.shares)) {
			switch {
			case s.incs[other] == nil:
				delete(l.shares, other)
			case other != inc:
				others = append(others, l.shares[other])
			}
		}
		next, grant := journal.Divide(w.Most, w.Keep, mine, others, now)
		if l.shares[inc] = next; next.Slots == 0 && w.Want == 0 {
			delete(l.shares, inc)
		}
		out = append(out, grant)
	}
	return out, nil
}

// Reserve implements journal.Limiter.
func (s *Store) Reserve(ctx context.Context, function string, n int, every time.Duration) (time.Time, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer unlock()
	if n < 1 || every < time.Microsecond {
		return time.Time{}, fmt.Errorf("memory: reserving %d calls every %s makes no sense", n, every)
	}
	l := s.limit(function)
	first := s.now()
	if l.next.After(first) {
		first = l.next
	}
	l.next = first.Add(time.Duration(n) * every.Truncate(time.Microsecond))
	return first, nil
}
