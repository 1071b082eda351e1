package live_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/runtime/live"
)

// history is a source whose transitions appear when the test commits them.
type history struct {
	mu    sync.Mutex
	n     int64
	reads int
	err   error
}

func (h *history) commit(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n += int64(n)
}

func (h *history) Transitions(_ context.Context, _ string, after int64, limit int) ([]live.Transition, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads++
	if h.err != nil {
		return nil, h.err
	}
	var out []live.Transition
	for seq := after + 1; seq <= h.n && len(out) < limit; seq++ {
		out = append(out, live.Transition{Seq: seq})
	}
	return out, nil
}

// watcher follows a run and keeps the numbers that it was told.
type watcher struct {
	mu   sync.Mutex
	seqs []int64
	stop context.CancelFunc
	end  chan error
}

func follow(t *testing.T, b *live.Broker, h *history, after int64) *watcher {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watcher{stop: cancel, end: make(chan error, 1)}
	go func() {
		w.end <- b.Follow(ctx, h, "run", after, func(tr live.Transition) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.seqs = append(w.seqs, tr.Seq)
			return nil
		})
	}()
	return w
}

// want checks that the watcher was told everything from one number to another, once and in order.
func (w *watcher) want(t *testing.T, from, to int64) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if int64(len(w.seqs)) != to-from+1 {
		t.Fatalf("told: got %v, want %d to %d", w.seqs, from, to)
	}
	for i, seq := range w.seqs {
		if seq != from+int64(i) {
			t.Fatalf("told: got %v, want %d to %d", w.seqs, from, to)
		}
	}
}

func TestFollowHasNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b live.Broker
		h := &history{}
		h.commit(3)
		w := follow(t, &b, h, 1)
		w.want(t, 2, 3)
		h.commit(1)
		b.Publish("run")
		w.want(t, 2, 4)
		h.commit(5) // a batch, and one hint
		b.Publish("run")
		b.Publish("run")
		w.want(t, 2, 9)
		h.commit(2000) // more than one read gives
		b.Publish("run")
		w.want(t, 2, 2009)
		w.stop()
		if err := <-w.end; !errors.Is(err, context.Canceled) {
			t.Errorf("end: got %v, want context.Canceled", err)
		}
		if n := b.Watchers(); n != 0 {
			t.Errorf("watchers: got %d, want none", n)
		}
		resumed := follow(t, &b, h, 2009)
		h.commit(1)
		b.Publish("run")
		resumed.want(t, 2010, 2010)
		resumed.stop()
		<-resumed.end
	})
}

func TestALostHintCostsAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b live.Broker
		h := &history{}
		w := follow(t, &b, h, 0)
		synctest.Wait()
		h.commit(1) // by another server: nobody says so
		b.Publish("another run")
		w.want(t, 1, 0)
		<-time.After(500 * time.Millisecond)
		w.want(t, 1, 1)
		// A hint without news is harmless.
		b.Publish("run")
		w.want(t, 1, 1)
		w.stop()
		<-w.end
	})
}

// A transition that is committed between the read and the wait is told, because the watch began before the read.
func TestACommitBetweenReadAndWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b live.Broker
		h := &history{}
		h.commit(1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		began := time.Now()
		var last int64
		err := b.Follow(ctx, h, "run", 0, func(tr live.Transition) error {
			last = tr.Seq
			if tr.Seq == 1 {
				h.commit(1)
				b.Publish("run")
				return nil
			}
			return errors.New("enough")
		})
		if err == nil || err.Error() != "enough" || last != 2 {
			t.Errorf("got %v after %d, want enough after 2", err, last)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took a poll: %s", took)
		}
	})
}

func TestASlowWatcherHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b live.Broker
		h := &history{}
		go1 := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error, 1)
		go func() {
			end <- b.Follow(ctx, h, "run", 0, func(live.Transition) error { <-go1; return nil })
		}()
		fast := follow(t, &b, h, 0)
		synctest.Wait()
		for range 10 {
			h.commit(1)
			b.Publish("run")
		}
		fast.want(t, 1, 10)
		if n := b.Watchers(); n != 2 {
			t.Errorf("watchers: got %d, want 2", n)
		}
		close(go1)
		cancel()
		fast.stop()
		<-end
		<-fast.end
	})
}

func TestASourceThatFails(t *testing.T) {
	var b live.Broker
	err := b.Follow(t.Context(), &history{err: errors.New("no database")}, "run", 4, func(live.Transition) error { return nil })
	if err == nil || err.Error() != "following run run after 4: no database" {
		t.Errorf("got %v", err)
	}
}
