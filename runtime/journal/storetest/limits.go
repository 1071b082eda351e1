package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

func (s *suite) share(inc journal.Incarnation, w journal.Want) journal.Grant {
	s.t.Helper()
	got, err := s.Store.(journal.Limiter).Share(ctx, inc, []journal.Want{{Function: "other", Most: 1}, w})
	s.ok(err, "Share")
	if len(got) != 2 || got[0].Slots != 0 {
		s.t.Fatalf("Share: got %+v, want nothing of what nothing is wanted of, and one grant more", got)
	}
	return got[1]
}

// shares divides a function's calls between two servers, one of which ends and one of which is lost.
func shares(t *testing.T, s *suite) {
	l := s.Store.(journal.Limiter)
	a, b := s.join("a"), s.join("b")
	want := func(keep, want int) journal.Want {
		return journal.Want{Function: "pay", Most: 4, Keep: keep, Want: want, Waiting: want - keep, Since: at}
	}
	if got := s.share(a, want(0, 2)); got.Slots != 4 {
		t.Errorf("alone: got %+v, want all 4", got)
	}
	if got := s.share(b, want(0, 9)); got.Slots != 0 || !slices.Equal(got.Tell, []journal.Incarnation{a}) {
		t.Errorf("with all taken: got %+v, want none, and that a is told", got)
	}
	if got := s.share(a, want(1, 9)); got.Slots != 2 || got.Fair != 2 || !slices.Equal(got.Tell, []journal.Incarnation{b}) {
		t.Errorf("with one call: got %+v, want 2, and that b is told", got)
	}
	if got := s.share(b, want(0, 9)); got.Slots != 2 {
		t.Errorf("the others: got %+v, want 2", got)
	}
	s.ok(s.Leave(ctx, a), "Leave")
	if got := s.share(b, want(2, 9)); got.Slots != 4 {
		t.Errorf("after the other one has left: got %+v, want all", got)
	}
	_, err := l.Share(ctx, a, []journal.Want{want(0, 1)})
	s.is(err, journal.ErrFenced, "Share of one that has left")
	c := s.join("c")
	s.o.Advance(t, s.Store, 2*lease)
	s.ok(second(s.Takeover(ctx, c, "c")), "Takeover")
	if got := s.share(c, want(0, 1)); got.Slots != 4 {
		t.Errorf("after the other one was lost: got %+v, want all", got)
	}
	if got := s.share(c, want(0, 0)); got.Slots != 0 {
		t.Errorf("with nothing to call: got %+v, want none", got)
	}
}

func second[T any](_ T, err error) error { return err }

// sharesAtOnce has servers ask at the same time.
func sharesAtOnce(t *testing.T, s *suite) {
	l := s.Store.(journal.Limiter)
	var incs []journal.Incarnation
	for _, name := range []string{"a", "b", "c"} {
		incs = append(incs, s.join(name))
	}
	var mu sync.Mutex
	slots := map[journal.Incarnation]int{}
	var asking sync.WaitGroup
	for _, inc := range incs {
		asking.Go(func() {
			for range 20 {
				got, err := l.Share(ctx, inc, []journal.Want{{Function: "pay", Most: 5, Keep: 0, Want: 5}, {Function: "ship", Most: 2, Want: 1}})
				if err != nil {
					t.Errorf("Share: %v", err)
					return
				}
				mu.Lock()
				slots[inc] = got[0].Slots
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	sum := 0
	for _, n := range slots {
		sum += n
	}
	if sum == 0 || sum > 5 {
		t.Errorf("got %v of 5 slots", slots)
	}
}

// reserve gives no time twice, and none that has passed.
func reserve(t *testing.T, s *suite) {
	l := s.Store.(journal.Limiter)
	inc := s.join("a")
	began := s.now(inc)
	const every = 10 * time.Second
	first, err := l.Reserve(ctx, "pay", 3, every)
	s.ok(err, "Reserve")
	if first.Before(began) || first.Sub(began) > time.Minute || first.Location() != time.UTC {
		t.Errorf("the first time is %v, want now, %v", first, began)
	}
	next, err := l.Reserve(ctx, "pay", 1, every)
	s.ok(err, "Reserve")
	if got := next.Sub(first); got != 3*every {
		t.Errorf("the next time comes after %s, want %s", got, 3*every)
	}
	other, err := l.Reserve(ctx, "ship", 1, every)
	s.ok(err, "Reserve")
	if other.After(next) {
		t.Errorf("another function's time is %v, behind those of the first one", other)
	}
	for _, bad := range []struct {
		n     int
		every time.Duration
	}{{0, every}, {1, 0}} {
		if _, err := l.Reserve(ctx, "pay", bad.n, bad.every); err == nil {
			t.Errorf("%d times every %s: got no error", bad.n, bad.every)
		}
	}
}
