package runtime_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
	"github.com/segno-run/segno/runtime/planner"
)

// heavy is a store on which a takeover takes long, and which can't be left.
type heavy struct {
	*memory.Store
	takes time.Duration
	stay  bool
	joins atomic.Int32
}

func (h *heavy) Join(ctx context.Context, replica string, writers int, lease time.Duration) (journal.Incarnation, error) {
	h.joins.Add(1)
	return h.Store.Join(ctx, replica, writers, lease)
}

func (h *heavy) Takeover(ctx context.Context, inc journal.Incarnation, replica string) ([]int64, error) {
	select {
	case <-time.After(h.takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return h.Store.Takeover(ctx, inc, replica)
}

func (h *heavy) Leave(ctx context.Context, inc journal.Incarnation) error {
	if h.stay {
		return errors.New("not now")
	}
	return h.Store.Leave(ctx, inc)
}

// TestATakeoverLongerThanALease has a server keep its lease while it takes very many runs over, at its start and later.
func TestATakeoverLongerThanALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := oneStep(t)
		store := &heavy{Store: memory.New(time.Now), takes: 25 * time.Second}
		own := left(t, store.Store, w.program, "one")
		_, stop := replica(t, "one", store, w)
		defer stop()
		<-time.After(time.Second)
		wantStatus(t, store, own, planner.StatusSucceeded)
		others := left(t, store.Store, w.program, "another")
		<-time.After(time.Minute)
		wantStatus(t, store, others, planner.StatusSucceeded)
		if n := store.joins.Load(); n != 1 {
			t.Errorf("it joined %d times, want once: it lost its lease over a takeover", n)
		}
	})
}

// TestAHandOverThatFails has a server that can't hand its runs over end its lease instead.
func TestAHandOverThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, asks, functions)}
		store := &heavy{Store: memory.New(time.Now), stay: true}
		one, stop := replica(t, "one", store, w)
		two, stop2 := replica(t, "two", store, w)
		id := begin(t, one)
		stop()
		<-time.After(3 * time.Second)
		n, err := store.Find(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		runs, err := store.Owned(t.Context(), 2)
		if err != nil || len(runs) != 1 || runs[0] != n {
			t.Errorf("3 s after the end the other server has runs %v, %v; want %d", runs, err, n)
		}
		_ = two
		store.stay = false
		stop2()
	})
}
