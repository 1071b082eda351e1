package runtime_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
	"github.com/segno-run/segno/runtime/planner"
)

var errLost = errors.New("the connection was lost before the answer came")

// faulty is a store some of whose answers are lost.
type faulty struct {
	journal.Store
	loseTakeover atomic.Bool  // the next takeover that moves a run
	slow         atomic.Int64 // how long an append takes
}

func (f *faulty) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	select {
	case <-time.After(time.Duration(f.slow.Load())):
		return f.Store.Append(ctx, inc, writer, batch)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *faulty) Takeover(ctx context.Context, inc journal.Incarnation, replica string) ([]int64, error) {
	runs, err := f.Store.Takeover(ctx, inc, replica)
	if len(runs) > 0 && f.loseTakeover.CompareAndSwap(true, false) {
		return nil, errLost
	}
	return runs, err
}

// left leaves a run in the store as a server does that dies right after its start, and returns its UUID.
func left(t *testing.T, store journal.Store, p *check.Program, replica string) string {
	t.Helper()
	inc, err := store.Join(t.Context(), replica, 1, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	run, err := store.ReserveIDs(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7()).String()
	facts, _, err := planner.Decide(p, planner.NewState(), &planner.Start{ID: id, Version: 1, Input: planner.JSON("{}")}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := planner.Encode(facts)
	if err != nil {
		t.Fatal(err)
	}
	err = store.Append(t.Context(), inc, 0, []journal.Transition{{Run: run, Seq: 1, At: time.Now(), Facts: raw,
		New: &journal.NewRun{UUID: id, Flow: "f", Version: 1, Reader: planner.Reader}, Row: &journal.RunRow{Status: "running"}}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func oneStep(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, program: compile(t, "name: f\nsteps:\n  one: {call: a}\n", functions)}
	w.answer = func(int, invoke.Invocation) invoke.Result { return invoke.Result{Output: []byte(`{}`)} }
	return w
}

func wantStatus(t *testing.T, store journal.Store, id string, want planner.RunStatus) {
	t.Helper()
	if got := load(t, store, id).Status(); got != want {
		t.Fatalf("status: got %s, want %s", got, want)
	}
}

func TestATakeoverWhoseAnswerIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := oneStep(t)
		store := &faulty{Store: memory.New(time.Now)}
		_, stop := engine(t, store, w)
		defer stop()
		id := left(t, store, w.program, "another")
		store.loseTakeover.Store(true)
		<-time.After(30 * time.Second)
		synctest.Wait()
		wantStatus(t, store, id, planner.StatusSucceeded)
	})
}

// flaky programs can't be read at first.
type flaky struct {
	*world
	failures atomic.Int32
}

func (f *flaky) Program(ctx context.Context, name string, version int) (*check.Program, error) {
	if f.failures.Add(-1) >= 0 {
		return nil, errLost
	}
	return f.world.Program(ctx, name, version)
}

func (f *flaky) Invoker(ctx context.Context, name string) (invoke.Invoker, error) {
	if f.failures.Add(-1) >= 0 {
		return nil, errLost
	}
	return f.world.Invoker(ctx, name)
}

func TestADatabaseThatIsAwayBreaksNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &flaky{world: oneStep(t)}
		w.failures.Store(3)
		store := memory.New(time.Now)
		id := left(t, store, w.program, "one")
		_, stop := engine(t, store, w)
		defer stop()
		w.failures.Store(3)
		<-time.After(10 * time.Second)
		synctest.Wait()
		wantStatus(t, store, id, planner.StatusSucceeded)
	})
}

func TestAMessageThatCannotBeReadIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := oneStep(t)
		store := memory.New(time.Now)
		e, stop := engine(t, store, w)
		defer stop()
		id, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		run, err := store.Find(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []journal.Message{{Kind: "retry", Body: []byte("{")}, {Kind: "a later release's", Body: []byte("{}")}} {
			m.ID, m.Run = uuid.NewString(), run
			if err := store.Post(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Second)
			synctest.Wait()
			if answer, ok, err := store.Answer(t.Context(), m.ID); !ok || err != nil {
				t.Errorf("message of kind %q: got %v, %v; want an answer", m.Kind, ok, err)
			} else if want := `"ok":false`; !strings.Contains(string(answer), want) {
				t.Errorf("message of kind %q: got the answer %s, want %s in it", m.Kind, answer, want)
			}
		}
	})
}

func TestAStartThatMeetsTheStop(t *testing.T) {
	for _, c := range []struct {
		name string
		slow time.Duration // of the append that is under way
		want error
	}{{"durable in time", 300 * time.Millisecond, nil}, {"not durable in time", time.Hour, runtime.ErrUnknown}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := oneStep(t)
				store := &faulty{Store: memory.New(time.Now)}
				e, stop := engine(t, store, w)
				store.slow.Store(int64(c.slow))
				got := make(chan error, 1)
				go func() {
					_, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
					got <- err
				}()
				synctest.Wait()
				stop()
				if err := <-got; !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			})
		})
	}
}
