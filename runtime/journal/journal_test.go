package journal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
)

var errLost = errors.New("connection lost")

// faulty is a store whose appends can be held and lost.
type faulty struct {
	*memory.Store

	mu      sync.Mutex
	batches [][]int64 // the runs of each append
	before  func(n int, batch []journal.Transition) error
	after   func(n int, batch []journal.Transition) error
	readErr error
}

func (f *faulty) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	f.mu.Lock()
	var runs []int64
	for _, t := range batch {
		runs = append(runs, t.Run)
	}
	f.batches = append(f.batches, runs)
	n := len(f.batches)
	f.mu.Unlock()
	if f.before != nil {
		if err := f.before(n, batch); err != nil {
			return err
		}
	}
	if err := f.Store.Append(ctx, inc, writer, batch); err != nil {
		return err
	}
	if f.after != nil {
		return f.after(n, batch)
	}
	return nil
}

// made tells the runs of each append.
func (f *faulty) made() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprint(f.batches)
}

func (f *faulty) Committed(ctx context.Context, run, seq int64) ([]byte, bool, error) {
	if err := f.readErr; err != nil {
		f.readErr = nil
		return nil, false, err
	}
	return f.Store.Committed(ctx, run, seq)
}

// bench is a journal with its answers.
type bench struct {
	t     *testing.T
	store *faulty
	inc   journal.Incarnation
	j     *journal.Journal

	mu      sync.Mutex
	answers map[string]error // by "run/seq"; nil: durable
	order   []string
}

// at runs f with a journal of one writer in virtual time.
func at(t *testing.T, cfg journal.Config, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, store: &faulty{Store: memory.New(nil)}, answers: map[string]error{}}
		if cfg.Writers == 0 {
			cfg.Writers = 1
		}
		var err error
		b.inc, err = b.store.Join(t.Context(), "a", cfg.Writers, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		b.j = journal.New(b.store, b.inc, cfg)
		f(b)
		if err := b.j.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func (b *bench) submit(tr journal.Transition) {
	key := fmt.Sprintf("%d/%d", tr.Run, tr.Seq)
	b.j.Submit(tr, func(err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if err == nil && !tr.NoFacts() {
			// Nothing is acknowledged before it is durable.
			if _, ok, _ := b.store.Store.Committed(context.Background(), tr.Run, tr.Seq); !ok {
				b.t.Errorf("%s acknowledged, but not in the store", key)
			}
		}
		b.answers[key] = err
		b.order = append(b.order, key)
	})
}

// want settles and checks one answer.
func (b *bench) want(key string, want error) {
	b.t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	got, ok := b.answers[key]
	if !ok || !errors.Is(got, want) {
		b.t.Errorf("%s: got answered %v, %v, want %v", key, ok, got, want)
	}
}

func (b *bench) refused(key string) {
	b.t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	var bad *journal.BatchError
	if !errors.As(b.answers[key], &bad) {
		b.t.Errorf("%s: got %v, want a BatchError", key, b.answers[key])
	}
}

func (b *bench) seqs(run int64, want ...int64) {
	b.t.Helper()
	h, err := b.store.Load(context.Background(), run)
	if err != nil {
		b.t.Fatalf("Load(%d): %v", run, err)
	}
	var got []int64
	for _, r := range h.Records {
		got = append(got, r.Seq)
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("run %d: got seqs %v, want %v", run, got, want)
	}
}

// pass lets virtual time go by.
func pass(d time.Duration) { <-time.After(d) }

func birth(run int64) journal.Transition {
	t := fact(run, 1)
	t.New = &journal.NewRun{UUID: uuid.NewString(), Flow: "order", Version: 1, Reader: 1}
	return t
}

func fact(run, seq int64) journal.Transition {
	return journal.Transition{Run: run, Seq: seq, At: time.Now(), Facts: fmt.Appendf(nil, "%d/%d", run, seq)}
}

// hold lets the first append wait until the returned function is called.
func (b *bench) hold() (release func()) {
	gate := make(chan struct{})
	b.store.before = func(n int, _ []journal.Transition) error {
		if n == 1 {
			<-gate
		}
		return nil
	}
	return func() { close(gate) }
}

func TestNextBatchGathersDuringCommit(t *testing.T) {
	at(t, journal.Config{MaxBatch: 3}, func(b *bench) {
		release := b.hold()
		for run := int64(1); run <= 6; run++ {
			b.submit(birth(run))
			synctest.Wait()
		}
		b.submit(fact(1, 2))
		release()
		b.want("1/2", nil)
		if got, want := b.store.made(), "[[1] [2 3 4] [5 6 1]]"; got != want {
			t.Errorf("batches: got %s, want %s", got, want)
		}
		if got, want := fmt.Sprint(b.order), "[1/1 2/1 3/1 4/1 5/1 6/1 1/2]"; got != want {
			t.Errorf("answers: got %s, want %s", got, want)
		}
		if got := b.j.Stats(); got != (journal.Stats{Appends: 3, Transitions: 7}) {
			t.Errorf("Stats: got %+v, want 3 appends of 7 transitions", got)
		}
	})
}

func TestBatchBoundedInBytes(t *testing.T) {
	at(t, journal.Config{MaxBytes: 10}, func(b *bench) {
		release := b.hold()
		b.submit(birth(1))
		synctest.Wait()
		for run := int64(2); run <= 4; run++ {
			tr := birth(run)
			tr.Facts = make([]byte, 6*(run-1))
			b.submit(tr)
		}
		release()
		synctest.Wait()
		if got, want := b.store.made(), "[[1] [2] [3] [4]]"; got != want {
			t.Errorf("batches: got %s, want %s", got, want)
		}
	})
}

// TestEnoughForTwo: as soon as there is enough for a commit of its own, the other writer begins it, without the runs of the one that is in flight.
func TestEnoughForTwo(t *testing.T) {
	at(t, journal.Config{Writers: 2, MaxBatch: 3}, func(b *bench) {
		release := b.hold()
		b.submit(birth(1)) // held
		synctest.Wait()
		b.submit(birth(2))
		b.submit(fact(1, 2))
		synctest.Wait()
		if got, want := b.store.made(), "[[1]]"; got != want {
			t.Errorf("batches while there is little: got %s, want %s", got, want)
		}
		b.submit(birth(3))
		b.want("2/1", nil)
		b.want("3/1", nil)
		b.submit(fact(1, 3))
		b.submit(fact(1, 4)) // enough, but nothing that may go
		synctest.Wait()
		b.submit(birth(4)) // this may, a moment later
		pass(5 * time.Millisecond)
		b.want("4/1", nil)
		release()
		b.want("1/4", nil)
		if got, want := b.store.made(), "[[1] [2 3] [4] [1 1 1]]"; got != want {
			t.Errorf("batches: got %s, want %s", got, want)
		}
		b.seqs(1, 1, 2, 3, 4)
	})
}

// TestLittleWaits: what is too little for a commit of its own gathers while another one is in flight, but not for long.
func TestLittleWaits(t *testing.T) {
	at(t, journal.Config{Writers: 2, Patience: 5 * time.Millisecond}, func(b *bench) {
		release := b.hold()
		b.submit(birth(1)) // held
		synctest.Wait()
		b.submit(birth(2))
		pass(4 * time.Millisecond)
		b.submit(fact(1, 2))
		b.submit(birth(3))
		synctest.Wait()
		if got, want := b.store.made(), "[[1]]"; got != want {
			t.Errorf("batches before it has waited long: got %s, want %s", got, want)
		}
		pass(time.Millisecond)
		b.want("2/1", nil)
		b.want("3/1", nil)
		b.submit(birth(4))
		pass(5 * time.Millisecond)
		b.want("4/1", nil)
		release()
		b.want("1/2", nil)
		if got, want := b.store.made(), "[[1] [2 3] [4] [1]]"; got != want {
			t.Errorf("batches: got %s, want %s", got, want)
		}
		b.submit(birth(8))
		b.want("8/1", nil) // nothing is in flight
	})
}

func TestRefusedTransition(t *testing.T) {
	at(t, journal.Config{}, func(b *bench) {
		release := b.hold()
		b.submit(birth(1))
		b.submit(birth(2))
		synctest.Wait()
		bad := fact(1, 2)
		bad.Facts = nil
		b.submit(bad)
		b.submit(fact(2, 2))
		b.submit(fact(1, 3)) // would leave a gap
		b.submit(journal.Transition{Run: 1, At: time.Now(), Inbox: []journal.Consumed{{ID: uuid.NewString()}}})
		release()
		b.refused("1/2")
		b.want("1/3", journal.ErrAfterRefused)
		b.want("1/0", journal.ErrAfterRefused)
		b.want("2/2", nil)

		b.submit(fact(1, 4)) // still a gap
		b.want("1/4", journal.ErrAfterRefused)
		b.submit(fact(1, 2)) // what takes the bad one's place
		b.submit(fact(1, 3))
		b.want("1/2", nil)
		b.want("1/3", nil)
		b.seqs(1, 1, 2, 3)
		b.seqs(2, 1, 2)
	})
}

func TestRefusedWithoutFactsStopsNobody(t *testing.T) {
	at(t, journal.Config{}, func(b *bench) {
		b.submit(birth(1))
		b.submit(journal.Transition{Run: 1, At: time.Now(), Inbox: []journal.Consumed{{ID: "no uuid"}}})
		b.submit(fact(1, 2))
		b.refused("1/0")
		b.want("1/2", nil)
	})
}

// TestLostAnswer loses the answer of an append that was committed: no second try may write it twice or report it as bad.
func TestLostAnswer(t *testing.T) {
	at(t, journal.Config{}, func(b *bench) {
		b.store.after = func(n int, _ []journal.Transition) error {
			if n == 1 {
				return errLost
			}
			return nil
		}
		b.store.readErr = errLost // and the first look at what became of it fails too
		b.submit(birth(1))
		pass(time.Second)
		b.want("1/1", nil)
		b.seqs(1, 1)
		if len(b.store.batches) != 3 {
			t.Errorf("appends: got %d, want 3", len(b.store.batches))
		}
	})
}

// TestLostRequest loses an append before it was committed.
func TestLostRequest(t *testing.T) {
	at(t, journal.Config{RetryBackoff: 10 * time.Millisecond, MaxBackoff: 40 * time.Millisecond}, func(b *bench) {
		start := time.Now()
		var tries []time.Duration
		b.store.before = func(n int, _ []journal.Transition) error {
			tries = append(tries, time.Since(start))
			if n < 6 {
				return errLost
			}
			return nil
		}
		b.submit(birth(1))
		pass(time.Second)
		b.want("1/1", nil)
		ms := time.Millisecond
		if want := []time.Duration{0, 10 * ms, 30 * ms, 70 * ms, 110 * ms, 150 * ms}; !slices.Equal(tries, want) {
			t.Errorf("tries at %v, want %v", tries, want)
		}
	})
}

// TestDuplicateAfterLostRequest has something else stand where a lost append wanted to write: that is a refusal.
func TestDuplicateAfterLostRequest(t *testing.T) {
	at(t, journal.Config{}, func(b *bench) {
		if err := b.store.Store.Append(t.Context(), b.inc, 0, []journal.Transition{birth(1), fact(1, 2)}); err != nil {
			t.Fatal(err)
		}
		b.store.before = func(n int, _ []journal.Transition) error {
			if n == 1 {
				return errLost
			}
			return nil
		}
		other := fact(1, 2)
		other.Facts = []byte("other")
		b.submit(other)
		pass(time.Second)
		b.refused("1/2")
	})
}

func TestFenced(t *testing.T) {
	at(t, journal.Config{Writers: 2}, func(b *bench) {
		b.submit(birth(1))
		b.want("1/1", nil)
		if err := b.store.Leave(t.Context(), b.inc); err != nil {
			t.Fatal(err)
		}
		b.submit(fact(1, 2))
		b.submit(fact(1, 3))
		b.want("1/2", journal.ErrFenced)
		b.want("1/3", journal.ErrFenced)
		appends := len(b.store.batches)
		b.submit(birth(2)) // the other writer knows without asking
		b.want("2/1", journal.ErrFenced)
		if !b.j.Fenced() || len(b.store.batches) != appends {
			t.Errorf("Fenced: got %v and %d more appends, want true and none", b.j.Fenced(), len(b.store.batches)-appends)
		}
	})
}
