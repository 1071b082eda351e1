package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
	"github.com/segno-run/segno/runtime/planner"
)

// world is a set of scripted functions and one flow.
type world struct {
	t       *testing.T
	program *check.Program
	mu      sync.Mutex
	calls   []invoke.Invocation
	answer  func(n int, in invoke.Invocation) invoke.Result
}

func (w *world) Program(context.Context, string, int) (*check.Program, error) { return w.program, nil }
func (w *world) Invoker(context.Context, string) (invoke.Invoker, error)      { return w, nil }
func (w *world) Close()                                                       {}
func (w *world) Invoke(_ context.Context, in invoke.Invocation) invoke.Result {
	w.mu.Lock()
	w.calls = append(w.calls, in)
	n := 0
	for _, c := range w.calls {
		if c.Key == in.Key {
			n++
		}
	}
	w.mu.Unlock()
	return w.answer(n, in)
}

type catalog map[string]*flow.Function

func (c catalog) Function(name string) *flow.Function { return c[name] }
func (c catalog) FunctionNames() []string             { return nil }
func (catalog) Flow(string, int) *check.Signature     { return nil }
func (catalog) FlowNames() []string                   { return nil }

func compile(t *testing.T, src, functions string) *check.Program {
	t.Helper()
	def, issues := flow.Parse([]byte(src))
	if issues.HasErrors() {
		t.Fatalf("parsing: %+v", issues)
	}
	fns, issues := flow.ParseFunctions([]byte(functions))
	if issues.HasErrors() {
		t.Fatalf("parsing functions: %+v", issues)
	}
	c := catalog{}
	for i := range fns {
		c[fns[i].Name] = &fns[i]
	}
	p, issues := check.Compile(def, c)
	if p == nil {
		t.Fatalf("checking: %+v", issues)
	}
	return p
}

const functions = `
a: {http: {url: "http://x/a"}, idempotent: true}
b: {http: {url: "http://x/b"}, idempotent: true}
c: {http: {url: "http://x/c"}, idempotent: false}
undo: {http: {url: "http://x/u"}, idempotent: true}
`

// source is where an engine has its versions and functions from.
type source interface {
	runtime.Programs
	runtime.Functions
}

// engine runs the only engine on a store until it is stopped.
func engine(t *testing.T, store journal.Store, w source, more ...func(*runtime.Config)) (e *runtime.Engine, stop func()) {
	t.Helper()
	return replica(t, "one", store, w, more...)
}

func load(t *testing.T, store journal.Store, id string) *planner.State {
	t.Helper()
	n, err := store.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	h, err := store.Load(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	s := planner.NewState()
	for _, r := range h.Records {
		facts, err := planner.Decode(r.Facts)
		if err != nil {
			t.Fatal(err)
		}
		planner.Fold(s, r.Seq, r.At, facts)
	}
	return s
}

func TestRetryGoesOnFromTheFailedStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, `
name: f
steps:
  one: {call: a, with: {x: "${{ input.x }}"}, compensate: {call: undo, with: {hold: "${{ steps.one.output.hold }}"}}}
  two: {needs: [one], call: b}
  three: {needs: [two], for_each: "${{ [1, 2, 3] }}", max_parallel: 2, call: a, with: {i: "${{ item }}"}}
output: {all: "${{ steps.three.output }}"}
`, functions)}
		w.answer = func(n int, in invoke.Invocation) invoke.Result {
			if in.Step == "two" && n == 1 {
				return invoke.Result{Fault: &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "no"}}
			}
			return invoke.Result{Output: []byte(`{"hold":"h1","echo":` + string(in.Input) + `}`)}
		}
		store := memory.New(time.Now)
		e, stop := engine(t, store, w)
		defer stop()
		id, created, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{"x":7}`)})
		if err != nil || !created {
			t.Fatalf("start: %v %v", created, err)
		}
		synctest.Wait()
		if got := load(t, store, id).Status(); got != planner.StatusFailed {
			t.Fatalf("status: got %s, want failed", got)
		}
		if err := e.Press(t.Context(), id, runtime.Button{Kind: runtime.ButtonRetry}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s := load(t, store, id)
		if got := s.Status(); got != planner.StatusSucceeded {
			t.Fatalf("status: got %s, want succeeded: %+v", got, s.Failure)
		}
		if got := len(s.Steps["one"].Attempts); got != 1 {
			t.Errorf("attempts of one: got %d, want 1", got)
		}
		var out struct{ All []json.RawMessage }
		if err := json.Unmarshal(s.Output.JSON(), &out); err != nil || len(out.All) != 3 {
			t.Errorf("output: got %s", s.Output.JSON())
		}
		if err := e.Press(t.Context(), id, runtime.Button{Kind: runtime.ButtonRetry}); err == nil {
			t.Error("a second Retry was accepted")
		}
		if len(w.calls) != 6 {
			t.Errorf("calls: got %d, want 6", len(w.calls))
		}
	})
}

// moody gives a version only after it has failed a few times.
type moody struct {
	*world
	mu    sync.Mutex
	fails int
	err   error
}

func (m *moody) Program(ctx context.Context, flow string, version int) (*check.Program, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails > 0 {
		m.fails--
		return nil, m.err
	}
	return m.world.Program(ctx, flow, version)
}

// restarted starts a run that waits for a person, takes the engine away, and gives another one a version that fails a few times.
func restarted(t *testing.T, fails int, err error) *planner.State {
	t.Helper()
	w := &world{t: t, program: compile(t, "\nname: f\nsteps:\n  ask: {approval: {title: ok}}\n", functions)}
	store := memory.New(time.Now)
	e, stop := engine(t, store, w)
	id, _, serr := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
	if serr != nil {
		t.Fatal(serr)
	}
	synctest.Wait()
	stop()
	m := &moody{world: w, fails: fails, err: err}
	next, stop := engine(t, store, m)
	perr := next.Press(t.Context(), id, runtime.Button{Kind: runtime.ButtonApprove, Step: "ask", Approved: true})
	t.Logf("press: %v", perr)
	synctest.Wait()
	stop()
	return load(t, store, id)
}

func TestAVersionThatCannotBeReadForAMomentFailsNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if s := restarted(t, 3, context.Canceled); s.Status() != planner.StatusSucceeded {
			t.Errorf("status: got %s, want succeeded: %+v", s.Status(), s.Failure)
		}
	})
}

func TestAVersionThatDoesNotCompileStopsItsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := restarted(t, 1, &runtime.BrokenVersion{Err: errors.New("line 3: no function")})
		if s.Status() != planner.StatusFailed || s.Failure == nil || !strings.Contains(s.Failure.Fault.Message, "line 3: no function") {
			t.Errorf("got %s, %+v", s.Status(), s.Failure)
		}
	})
}
