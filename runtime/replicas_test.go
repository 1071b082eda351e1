package runtime_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
	"github.com/segno-run/segno/runtime/planner"
)

// deaf is a store whose hints are all lost.
type deaf struct{ journal.Store }

// mute is a store that can be cut off: then nothing that is asked is answered until it is not cut off any more, or the asker gives up.
type mute struct {
	*memory.Store
	cut atomic.Bool
}

func (m *mute) wait(ctx context.Context) error {
	for m.cut.Load() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

func (m *mute) Renew(ctx context.Context, inc journal.Incarnation, lease time.Duration) (time.Time, error) {
	if err := m.wait(ctx); err != nil {
		return time.Time{}, err
	}
	return m.Store.Renew(ctx, inc, lease)
}

func (m *mute) Join(ctx context.Context, replica string, writers int, lease time.Duration) (journal.Incarnation, error) {
	if err := m.wait(ctx); err != nil {
		return 0, err
	}
	return m.Store.Join(ctx, replica, writers, lease)
}

func (m *mute) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	if err := m.wait(ctx); err != nil {
		return err
	}
	return m.Store.Append(ctx, inc, writer, batch)
}

// replica is one of several engines on a store.
func replica(t *testing.T, name string, store journal.Store, w source, more ...func(*runtime.Config)) (e *runtime.Engine, stop func()) {
	t.Helper()
	cfg := runtime.Config{Store: store, Replica: name, Programs: w, Functions: w, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)).With("replica", name)}
	for _, m := range more {
		m(&cfg)
	}
	e, err := runtime.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = e.Run(ctx) }()
	<-e.Ready()
	return e, func() { cancel(); <-done }
}

func begin(t *testing.T, e *runtime.Engine) string {
	t.Helper()
	id, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func approve(t *testing.T, e *runtime.Engine, id string) {
	t.Helper()
	if err := e.Press(t.Context(), id, runtime.Button{Kind: runtime.ButtonApprove, Step: "ask", Approved: true}); err != nil {
		t.Fatal(err)
	}
}

// asks is a flow that waits for a person, but never for so long that it leaves memory.
const asks = "name: f\nsteps:\n  ask: {approval: {title: ok, timeout: 29s}}\n  one: {needs: [ask.approved], call: a}\n"

// rarely has an engine look for what is new so seldom that nothing but hints can be what it goes by.
func rarely(c *runtime.Config) { c.Poll = time.Hour }

// TestAHintIsAllItTakes presses a button on one server for a run of another, neither of which looks by itself.
func TestAHintIsAllItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, asks, functions)}
		w.answer = func(int, invoke.Invocation) invoke.Result { return invoke.Result{Output: []byte(`{}`)} }
		store := memory.New(time.Now)
		one, stop := replica(t, "one", store, w, rarely)
		defer stop()
		two, stop2 := replica(t, "two", store, w, rarely)
		defer stop2()
		<-time.After(5 * time.Second) // they know of each other
		id := begin(t, one)
		seen, unwatch := two.Broker().Watch(id)
		defer unwatch()
		<-time.After(time.Second)
		synctest.Wait()
		for len(seen) > 0 {
			<-seen
		}
		began := time.Now()
		approve(t, two, id)
		if took := time.Since(began); took >= 100*time.Millisecond { // of the test's own clock, which nothing but waiting moves
			t.Errorf("the answer came after %s: it was looked for and not told", took)
		}
		<-time.After(50 * time.Millisecond)
		synctest.Wait()
		wantStatus(t, store, id, planner.StatusSucceeded)
		if len(seen) == 0 {
			t.Error("who looks at the run on the other server was not told that it has moved")
		}
	})
}

// TestWithoutAnyHint does the same where every hint is lost.
func TestWithoutAnyHint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, asks, functions)}
		w.answer = func(int, invoke.Invocation) invoke.Result { return invoke.Result{Output: []byte(`{}`)} }
		store := memory.New(time.Now)
		one, stop := replica(t, "one", deaf{store}, w)
		two, stop2 := replica(t, "two", deaf{store}, w)
		defer stop2()
		id, handed := begin(t, one), begin(t, one)
		approve(t, two, id)
		<-time.After(time.Second)
		wantStatus(t, store, id, planner.StatusSucceeded)
		stop()
		<-time.After(time.Second)
		approve(t, two, handed)
		<-time.After(time.Second)
		wantStatus(t, store, handed, planner.StatusSucceeded)
	})
}

// TestAHandOverIsTold ends a server whose runs another one takes though it does not look by itself, and though a call is under way.
func TestAHandOverIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, "name: f\nsteps:\n  one: {call: a}\n  two: {needs: [one], call: c}\n", functions)}
		var calls atomic.Int32
		w.answer = func(n int, in invoke.Invocation) invoke.Result {
			if in.Step == "one" && calls.Add(1) == 1 {
				<-time.After(time.Minute)
			}
			return invoke.Result{Output: []byte(`{}`)}
		}
		store := memory.New(time.Now)
		one, stop := replica(t, "one", store, w)
		_, stop2 := replica(t, "two", store, w, rarely)
		defer stop2()
		id := begin(t, one)
		synctest.Wait()
		began := time.Now()
		stop()
		synctest.Wait()
		wantStatus(t, store, id, planner.StatusSucceeded)
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("the hand-over took %s", took)
		}
		first := load(t, store, id).Steps["one"].Attempts[0]
		if first.Fault == nil || first.Fault.Class != fault.Crashed || first.Fault.Evidence[0] != (fault.Detail{Name: "crashes in a row", Value: "0"}) {
			t.Errorf("the call that was cut short: got %+v, want that its server left, which is no crash", first.Fault)
		}
		<-time.After(time.Minute) // for the call that nobody waits for
	})
}

// TestClocksThatAreOff gives two servers clocks that are ten minutes off in either direction, and the database a third time. Deadlines, naps and records go by
// the database's, whoever owns the run.
func TestClocksThatAreOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		off := func(d time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(d) } }
		w := &world{t: t, program: compile(t, `
name: f
steps:
  nap: {wait: 20s}
  one: {needs: [nap], call: a, timeout: 5s, retry: {max_attempts: 2, backoff: 8s, on: [unavailable]}}
  ask: {needs: [one], approval: {title: ok, timeout: 15s}}
  late: {needs: [ask.error], call: b}
`, functions)}
		w.answer = func(n int, in invoke.Invocation) invoke.Result {
			if in.Step == "one" && n == 1 {
				return invoke.Result{Fault: &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "later"}}
			}
			return invoke.Result{Output: []byte(`{}`)}
		}
		database := off(time.Hour)
		store := memory.New(database)
		fast := &mute{Store: store}
		one, stop := replica(t, "one", fast, w, func(c *runtime.Config) { c.Clock = off(10 * time.Minute) })
		defer stop()
		_, stop2 := replica(t, "two", store, w, func(c *runtime.Config) { c.Clock = off(-10 * time.Minute) })
		defer stop2()
		began := database()
		id := begin(t, one)
		<-time.After(5 * time.Second)
		fast.cut.Store(true) // the other one takes over, and fires the nap
		<-time.After(30 * time.Second)
		fast.cut.Store(false)
		<-time.After(30 * time.Second)
		synctest.Wait()
		s := load(t, store, id)
		if s.Status() != planner.StatusSucceeded {
			t.Fatalf("got %s, want succeeded: %+v", s.Status(), s.Failure)
		}
		near := func(what string, at, want time.Time) {
			t.Helper()
			if d := at.Sub(want); d < 0 || d > 300*time.Millisecond {
				t.Errorf("%s: %s off", what, d)
			}
		}
		first, second := s.Steps["one"].Attempts[0], s.Steps["one"].Attempts[1]
		near("the nap's end", first.QueuedAt, began.Add(20*time.Second))
		near("the first attempt's end", first.EndedAt, first.QueuedAt)
		near("the retry", second.QueuedAt, first.EndedAt.Add(8*time.Second))
		near("the approval's deadline", s.Steps["late"].Attempts[0].QueuedAt, second.EndedAt.Add(15*time.Second))
	})
}

// TestASlowAnswerTellsNoTime has a run wait while the store answers so slowly that what time it says is off by seconds: nothing may come early.
func TestASlowAnswerTellsNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, "name: f\nsteps:\n  nap: {wait: 20s}\n", functions)}
		store := memory.New(time.Now)
		e, stop := replica(t, "one", &tardy{Store: store}, w)
		defer stop()
		id := begin(t, e)
		<-time.After(19 * time.Second)
		wantStatus(t, store, id, planner.StatusWaiting)
		<-time.After(2 * time.Second)
		wantStatus(t, store, id, planner.StatusSucceeded)
	})
}

// tardy is a store that gets to the second Renew, and to those after it, only after a while, as if the asker had stood still with the question in its hands.
type tardy struct {
	*memory.Store
	renewed atomic.Bool
}

func (s *tardy) Renew(ctx context.Context, inc journal.Incarnation, lease time.Duration) (time.Time, error) {
	if s.renewed.Swap(true) {
		<-time.After(4 * time.Second)
	}
	return s.Store.Renew(context.WithoutCancel(ctx), inc, lease)
}

// TestCallsEndBeforeTheLease cuts a server off while it calls: the call is told to stop before anybody else may make it, and the server comes back by itself.
func TestCallsEndBeforeTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &caught{world: oneStep(t)}
		store := memory.New(time.Now)
		cut := &mute{Store: store}
		e, stop := replica(t, "one", cut, w)
		defer stop()
		_, stop2 := replica(t, "two", store, w.world)
		defer stop2()
		id := begin(t, e)
		synctest.Wait()
		cut.cut.Store(true)
		began := time.Now()
		<-time.After(40 * time.Second)
		synctest.Wait()
		if took := w.ended.Sub(began); w.ended.IsZero() || took > 10*time.Second {
			t.Errorf("the call was told to stop after %s, want before its lease of 10s had ended", took)
		}
		wantStatus(t, store, id, planner.StatusSucceeded)
		cut.cut.Store(false)
		<-time.After(time.Second)
		w.free.Store(true)
		again := begin(t, e)
		<-time.After(time.Second)
		wantStatus(t, store, again, planner.StatusSucceeded)
	})
}

// caught makes calls that last until they are told to stop, and notes when.
type caught struct {
	*world
	free  atomic.Bool
	ended time.Time
}

func (c *caught) Invoker(context.Context, string) (invoke.Invoker, error) { return c, nil }
func (c *caught) Invoke(ctx context.Context, in invoke.Invocation) invoke.Result {
	if c.free.Load() {
		return c.world.Invoke(ctx, in)
	}
	<-ctx.Done()
	c.ended = time.Now()
	return invoke.Result{Ended: time.Now(), Fault: &fault.Fault{Class: fault.Cancelled, Effect: fault.Maybe, Message: "told to stop"}}
}
