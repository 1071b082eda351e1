package runtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
	"github.com/segno-run/segno/runtime/planner"
)

// gate is a function of several servers, which counts its calls under way over all of them.
type gate struct {
	*world
	limits invoke.Limits
	takes  time.Duration
	most   int // under way at once, so far
	now    int
	began  []time.Time
	by     map[string]int // calls by server
	shares int            // statements
	items  int            // of a run
}

// door is the gate as one server has it.
type door struct {
	*gate
	name string
}

func (d *door) Invoker(context.Context, string) (invoke.Invoker, error) { return d, nil }
func (d *door) Limits() invoke.Limits {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.limits
}
func (d *door) Invoke(ctx context.Context, in invoke.Invocation) invoke.Result {
	d.mu.Lock()
	d.now++
	d.most = max(d.most, d.now)
	d.began = append(d.began, time.Now())
	d.by[d.name]++
	takes := d.takes
	d.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	d.mu.Lock()
	d.now--
	d.mu.Unlock()
	return invoke.Result{Output: []byte(`{}`)}
}

func newGate(t *testing.T, limits invoke.Limits, takes time.Duration, items int) *gate {
	const src = "name: f\ninput: {type: object, required: [all], properties: {all: {type: array, items: {type: integer}}}}\n" +
		"steps:\n  all:\n    for_each: ${{ input.all }}\n    max_parallel: 1000\n    call: a\n"
	return &gate{items: items, world: &world{t: t, program: compile(t, src, functions)}, limits: limits, takes: takes, by: map[string]int{}}
}

// counted counts the statements that limits cost.
type counted struct {
	*memory.Store
	gate *gate
	slow time.Duration // what a statement takes on its way there, and what its answer does
}

func (c *counted) Share(ctx context.Context, inc journal.Incarnation, wants []journal.Want) ([]journal.Grant, error) {
	c.gate.mu.Lock()
	c.gate.shares++
	c.gate.mu.Unlock()
	<-time.After(c.slow)
	defer func() { <-time.After(c.slow) }()
	return c.Store.Share(ctx, inc, wants)
}

func (c *counted) Reserve(ctx context.Context, name string, n int, every time.Duration) (time.Time, error) {
	c.gate.mu.Lock()
	c.gate.shares++
	c.gate.mu.Unlock()
	return c.Store.Reserve(ctx, name, n, every)
}

// serve runs one server of the gate.
func (g *gate) serve(store journal.Store, name string) (e *runtime.Engine, stop func()) {
	g.t.Helper()
	return replica(g.t, name, store, g.world, func(c *runtime.Config) { c.Functions = &door{g, name} })
}

// begin starts a run that calls once an item.
func (g *gate) begin(e *runtime.Engine) string { return g.beginWith(e, g.items) }

func (g *gate) beginWith(e *runtime.Engine, items int) string {
	g.t.Helper()
	input, err := json.Marshal(map[string][]int{"all": make([]int, items)})
	if err != nil {
		g.t.Fatal(err)
	}
	id, _, err := e.Start(g.t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: input})
	if err != nil {
		g.t.Fatal(err)
	}
	return id
}

// both has two servers carry a run each at once, some time after they began, and says how long that took.
func (g *gate) both(after time.Duration) time.Duration {
	g.t.Helper()
	store := &counted{Store: memory.New(time.Now), gate: g}
	one, stop := g.serve(store, "one")
	defer stop()
	two, stop2 := g.serve(store, "two")
	defer stop2()
	<-time.After(after)
	began := time.Now()
	for _, id := range []string{g.begin(one), g.begin(two)} {
		for load(g.t, store, id).Status() != planner.StatusSucceeded {
			<-time.After(100 * time.Millisecond)
			if time.Since(began) > 10*time.Minute {
				g.t.Fatal("they do not end")
			}
		}
	}
	return time.Since(began)
}

// TestConcurrencyHoldsOverAllServers has two servers call one function as often as they can.
func TestConcurrencyHoldsOverAllServers(t *testing.T) {
	for _, most := range []int{1, 3, 10} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(t, invoke.Limits{Concurrency: most}, 50*time.Millisecond, 100)
				took := g.both(3 * time.Second) // they know of each other
				if g.most != most {
					t.Errorf("%d calls were under way at once, want %d", g.most, most)
				}
				if best := 200 / time.Duration(most) * g.takes; took > 2*best {
					t.Errorf("200 calls took %s, where %s is possible", took, best)
				}
				if seconds := int(took/time.Second) + 2; g.shares > 25*seconds {
					t.Errorf("%d statements in %s for 200 calls", g.shares, took)
				}
				t.Logf("%d at once: 200 calls took %s, %d statements", most, took, g.shares)
			})
		})
	}
}

// TestNoServerStarves has one server call long before another one comes.
func TestNoServerStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, invoke.Limits{Concurrency: 2}, 100*time.Millisecond, 300)
		store := memory.New(time.Now)
		one, stop := g.serve(store, "one")
		defer stop()
		g.begin(one)
		<-time.After(time.Second)
		two, stop2 := g.serve(store, "two")
		defer stop2()
		g.begin(two)
		<-time.After(6 * time.Second)
		g.mu.Lock()
		defer g.mu.Unlock()
		if a, b := g.by["one"], g.by["two"]; b < 20 || a < b {
			t.Errorf("the first server made %d calls, the second one %d", a, b)
		}
		if g.most > 2 {
			t.Errorf("%d calls at once", g.most)
		}
	})
}

// TestConcurrencyHoldsWhileTheStoreIsAsked has statements take long, so that calls end and begin while a server asks, and three servers with
// something to do now and then.
func TestConcurrencyHoldsWhileTheStoreIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, invoke.Limits{Concurrency: 6}, 100*time.Millisecond, 0)
		store := &counted{Store: memory.New(time.Now), gate: g, slow: 30 * time.Millisecond}
		var starting sync.WaitGroup
		ids := make([][]string, 3)
		for i, name := range []string{"one", "two", "three"} {
			e, stop := g.serve(store, name)
			defer stop()
			random := rand.New(rand.NewPCG(uint64(i), 7))
			starting.Go(func() {
				for range 150 {
					ids[i] = append(ids[i], g.beginWith(e, 1+random.IntN(5)))
					<-time.After(time.Duration(random.IntN(400)) * time.Millisecond)
				}
			})
		}
		starting.Wait()
		<-time.After(time.Minute)
		for _, id := range slices.Concat(ids...) {
			wantStatus(t, store, id, planner.StatusSucceeded)
		}
		if g.most != 6 {
			t.Errorf("%d calls were under way at once, want 6", g.most)
		}
	})
}

// TestARateIsSharedByTurns has one server wait for many calls, of which more come all the time, and another one for few, later.
func TestARateIsSharedByTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, invoke.Limits{Every: 10 * time.Millisecond}, time.Millisecond, 0)
		store := memory.New(time.Now)
		one, stop := g.serve(store, "one")
		defer stop()
		two, stop2 := g.serve(store, "two")
		defer stop2()
		for range 600 {
			g.beginWith(one, 1)
			<-time.After(2 * time.Millisecond)
		}
		id := g.beginWith(two, 50)
		<-time.After(2 * time.Second)
		wantStatus(t, store, id, planner.StatusSucceeded)
	})
}

// TestNoBurstAfterARest lets a server rest with times reserved that nobody used.
func TestNoBurstAfterARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, invoke.Limits{Every: 10 * time.Millisecond}, time.Millisecond, 3)
		one, stop := g.serve(memory.New(time.Now), "one")
		defer stop()
		for range 30 { // one after the other, so that more and more is reserved ahead
			g.begin(one)
			<-time.After(35 * time.Millisecond)
		}
		<-time.After(5 * time.Second)
		g.began, g.items = nil, 20
		g.begin(one)
		<-time.After(5 * time.Second)
		if len(g.began) != 20 {
			t.Fatalf("%d calls, want 20", len(g.began))
		}
		for i := 1; i < len(g.began); i++ {
			if apart := g.began[i].Sub(g.began[i-1]); apart < 9900*time.Microsecond {
				t.Errorf("call %d came %s after the one before, want 10ms", i, apart)
			}
		}
	})
}

// TestAloneALimitCostsNothing counts what a limit costs a server that is alone.
func TestAloneALimitCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, invoke.Limits{Concurrency: 1000}, 10*time.Millisecond, 500)
		store := &counted{Store: memory.New(time.Now), gate: g}
		one, stop := g.serve(store, "one")
		defer stop()
		for range 20 {
			id := g.begin(one)
			<-time.After(time.Second)
			wantStatus(t, store, id, planner.StatusSucceeded)
		}
		if g.shares > 2 { // one to take all, one to say that nobody waits any more
			t.Errorf("%d statements for %d calls, want two at most", g.shares, len(g.began))
		}
	})
}

// TestALimitIsTakenAwayWhileCallsWait registers a function anew with another kind of limit while calls wait for the one that it had.
func TestALimitIsTakenAwayWhileCallsWait(t *testing.T) {
	for name, c := range map[string]struct{ before, after invoke.Limits }{
		"the rate of two":          {invoke.Limits{Concurrency: 5, Every: 10 * time.Second}, invoke.Limits{Concurrency: 5}},
		"a rate for a concurrency": {invoke.Limits{Every: 10 * time.Second}, invoke.Limits{Concurrency: 5}},
		"a concurrency for a rate": {invoke.Limits{Concurrency: 1}, invoke.Limits{Every: 10 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(t, c.before, 10*time.Second, 20)
				store := memory.New(time.Now)
				one, stop := g.serve(store, "one")
				defer stop()
				waiting := g.begin(one)
				<-time.After(time.Second)
				g.mu.Lock()
				g.limits = c.after
				g.mu.Unlock()
				next := g.beginWith(one, 1)
				<-time.After(time.Minute) // what the first limit allows takes more than three
				wantStatus(t, store, waiting, planner.StatusSucceeded)
				wantStatus(t, store, next, planner.StatusSucceeded)
			})
		})
	}
}

// TestALostServerGivesItsCallsBack cuts a server off that has all calls of a function under way.
func TestALostServerGivesItsCallsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, invoke.Limits{Concurrency: 2}, time.Hour, 4)
		store := memory.New(time.Now)
		cut := &mute{Store: store}
		one, stop := g.serve(cut, "one")
		defer stop()
		id := g.begin(one)
		_, stop2 := g.serve(store, "two")
		defer stop2()
		<-time.After(5 * time.Second)
		g.mu.Lock()
		g.takes = time.Second
		g.mu.Unlock()
		cut.cut.Store(true)
		<-time.After(30 * time.Second)
		wantStatus(t, store, id, planner.StatusSucceeded)
		if g.most > 2 { // its calls were stopped before the other server could make any
			t.Errorf("%d calls at once, want 2", g.most)
		}
		cut.cut.Store(false)
		<-time.After(time.Second)
	})
}

// TestRateHoldsOverAllServers has two servers call one function as often as they can.
func TestRateHoldsOverAllServers(t *testing.T) {
	for _, every := range []time.Duration{2 * time.Millisecond, 100 * time.Millisecond, 3 * time.Second} {
		t.Run(every.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				items := min(int(30*time.Second/every), 500)
				g := newGate(t, invoke.Limits{Every: every}, time.Millisecond, items)
				took, best := g.both(0), time.Duration(2*items)*every
				if took > best+best/4+time.Second {
					t.Errorf("%d calls took %s, where %s is possible", 2*items, took, best)
				}
				for i := 1; i < len(g.began); i++ {
					if apart := g.began[i].Sub(g.began[i-1]); apart < every-every/100 {
						t.Fatalf("call %d came %s after the one before, want %s", i, apart, every)
					}
				}
				if seconds := int(took/time.Second) + 2; g.shares > 20*seconds {
					t.Errorf("%d statements in %s", g.shares, took)
				}
				t.Logf("one every %s: %d calls took %s, %d statements", every, 2*items, took, g.shares)
			})
		})
	}
}
