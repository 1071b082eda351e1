package runtime_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/memory"
	"github.com/segno-run/segno/runtime/planner"
)

// family is a world of several flows, each of which may run those before it.
type family struct {
	world
	programs map[string]*check.Program
	broken   map[string]error
}

func (f *family) Program(_ context.Context, name string, _ int) (*check.Program, error) {
	if err := f.broken[name]; err != nil {
		return nil, &runtime.BrokenVersion{Err: err}
	}
	return f.programs[name], nil
}

type flowCatalog struct {
	catalog
	flows map[string]*check.Signature
}

func (c flowCatalog) Flow(name string, _ int) *check.Signature { return c.flows[name] }

// newFamily compiles flows in order; each ends well in 20 ms unless answer says otherwise.
func newFamily(t *testing.T, sources ...string) *family {
	t.Helper()
	fns, issues := flow.ParseFunctions([]byte(functions))
	if issues.HasErrors() {
		t.Fatal(issues)
	}
	c := flowCatalog{catalog{}, map[string]*check.Signature{}}
	for i := range fns {
		c.catalog[fns[i].Name] = &fns[i]
	}
	f := &family{world: world{t: t}, programs: map[string]*check.Program{}, broken: map[string]error{}}
	for _, src := range sources {
		p, _, issues := check.CompileSource([]byte(src), c)
		if p == nil {
			t.Fatalf("%+v\n%s", issues, src)
		}
		sig, _ := check.SignatureOf([]byte(src), 3, c)
		c.flows[p.Flow], f.programs[p.Flow] = sig, p
	}
	f.answer = func(int, invoke.Invocation) invoke.Result { return invoke.Result{Output: []byte(`{"id":"x"}`)} }
	return f
}

// engine runs an engine of the family's flows until it is stopped.
func (f *family) engine(store *memory.Store) (*runtime.Engine, func()) {
	f.t.Helper()
	return engine(f.t, store, f)
}

// said lists the calls that were made, `flow.step`, undos as `flow.step/undo`.
func (f *family) said() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, c := range f.calls {
		name := c.Flow + "." + c.Step
		if strings.HasSuffix(c.Key, "/undo") {
			name += "/undo"
		}
		out = append(out, name)
	}
	return out
}

const charge = `
name: charge
steps:
  reserve: {call: a, with: {n: "${{ input.n }}"}, compensate: {call: undo}}
  take: {needs: [reserve], call: b, retry: {max_attempts: 1}, compensate: {call: undo}}
output: {id: "${{ steps.take.output.id }}", n: "${{ input.n }}"}
`

const shop = `
name: shop
steps:
  first: {call: a, compensate: {call: undo}}
  pay: {needs: [first], flow: charge, with: {n: 7}}
  last: {needs: [pay], call: a, with: {id: "${{ steps.pay.output.id }}"}}
output: {n: "${{ steps.pay.output.n }}"}
`

// begin starts a run of the last flow and waits until nothing moves.
func (f *family) begin(e *runtime.Engine, flow, input string) string {
	f.t.Helper()
	id, _, err := e.Start(f.t.Context(), runtime.StartRequest{Flow: flow, Version: 1, Input: []byte(input)})
	if err != nil {
		f.t.Fatal(err)
	}
	synctest.Wait()
	return id
}

func (f *family) press(e *runtime.Engine, id string, b runtime.Button) {
	f.t.Helper()
	if err := e.Press(f.t.Context(), id, b); err != nil {
		f.t.Fatalf("%s: %v", b.Kind, err)
	}
	synctest.Wait()
	time.Sleep(poll) // a word between runs may wait for the next look at the inbox: a hint is only a hint
	synctest.Wait()
}

// poll is how often an engine looks at its inbox without a hint, and a moment more, by synctest's clock.
const poll = 251 * time.Millisecond

func stands(t *testing.T, store *memory.Store, id string, want planner.RunStatus) *planner.State {
	t.Helper()
	s := load(t, store, id)
	if got := s.Status(); got != want {
		t.Fatalf("status of %s: got %s, want %s: %+v", s.Flow, got, want, s.Failure)
	}
	n, _ := store.Find(t.Context(), id)
	if row, _, err := store.Row(n); err != nil || row.Status != string(want) {
		t.Errorf("the row of %s says %s (%v), want %s", s.Flow, row.Status, err, want)
	}
	return s
}

func fails(class fault.Class, effect fault.Effect) invoke.Result {
	return invoke.Result{Fault: &fault.Fault{Class: class, Effect: effect, Message: "no"}}
}

func TestAChildRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, charge, shop)
		store := memory.New(time.Now)
		e, stop := f.engine(store)
		defer stop()
		id := f.begin(e, "shop", `{}`)
		s := stands(t, store, id, planner.StatusSucceeded)
		if got := string(s.Output.JSON()); got != `{"n":7}` {
			t.Errorf("output: got %s", got)
		}
		u := s.Steps["pay"].Unit
		child := stands(t, store, u.Child, planner.StatusSucceeded)
		if child.Parent == nil || child.Parent.Run != id || child.Parent.Step != "pay" || child.Version != 3 || string(child.Input.JSON()) != `{"n":7}` {
			t.Errorf("the child: %+v, version %d, input %s", child.Parent, child.Version, child.Input.JSON())
		}
		if kids := store.Family(id); len(kids) != 1 || kids[0] != u.Child || u.ChildStatus != planner.StatusSucceeded {
			t.Errorf("children: %v, the unit's %s (%s)", kids, u.Child, u.ChildStatus)
		}
		if got, want := f.said(), []string{"shop.first", "charge.reserve", "charge.take", "shop.last"}; !slices.Equal(got, want) {
			t.Errorf("calls: got %v, want %v", got, want)
		}
	})
}

func TestRetryOfAParentGoesOnInTheChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, charge, shop)
		f.answer = func(n int, in invoke.Invocation) invoke.Result {
			if in.Step == "take" && n == 1 {
				return fails(fault.Denied, fault.None)
			}
			return invoke.Result{Output: []byte(`{"id":"x"}`)}
		}
		store := memory.New(time.Now)
		e, stop := f.engine(store)
		defer stop()
		id := f.begin(e, "shop", `{}`)
		s := stands(t, store, id, planner.StatusFailed)
		u := s.Steps["pay"].Unit
		if s.Failure.Step != "pay" || s.Failure.Fault.Class != fault.Denied || s.Failure.Fault.Message != "`take` failed: no" {
			t.Errorf("failure: %+v", s.Failure)
		}
		child := stands(t, store, u.Child, planner.StatusFailed)
		for _, kind := range []runtime.ButtonKind{runtime.ButtonRetry, runtime.ButtonCompensate, runtime.ButtonCancel} {
			var r *planner.Refusal
			if err := e.Press(t.Context(), u.Child, runtime.Button{Kind: kind}); !errors.As(err, &r) || !strings.Contains(r.Message, id) {
				t.Errorf("%s on the child: got %v, want a refusal that names the parent", kind, err)
			}
		}
		if fits := child.Fits(); len(fits) > 0 {
			t.Errorf("the child offers %v", fits)
		}
		f.press(e, id, runtime.Button{Kind: runtime.ButtonRetry})
		s = stands(t, store, id, planner.StatusSucceeded)
		if got := s.Steps["pay"].Unit.Child; got != u.Child {
			t.Errorf("Retry took another child")
		}
		if got, want := f.said(), []string{"shop.first", "charge.reserve", "charge.take", "charge.take", "shop.last"}; !slices.Equal(got, want) {
			t.Errorf("calls: got %v, want %v", got, want)
		}
	})
}

func TestCompensationReachesChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, failing := range map[string]string{"a child that succeeded": "last", "a child that failed": "take"} {
			t.Log(name)
			f := newFamily(t, charge, shop)
			f.answer = func(_ int, in invoke.Invocation) invoke.Result {
				if in.Step == failing && !strings.HasSuffix(in.Key, "/undo") {
					return fails(fault.Denied, fault.None)
				}
				return invoke.Result{Output: []byte(`{"id":"x"}`)}
			}
			store := memory.New(time.Now)
			e, stop := f.engine(store)
			id := f.begin(e, "shop", `{}`)
			stands(t, store, id, planner.StatusFailed)
			f.press(e, id, runtime.Button{Kind: runtime.ButtonCompensate})
			s := stands(t, store, id, planner.StatusCompensated)
			stands(t, store, s.Steps["pay"].Unit.Child, planner.StatusCompensated)
			undone := slices.DeleteFunc(f.said(), func(s string) bool { return !strings.HasSuffix(s, "/undo") })
			want := []string{"charge.take/undo", "charge.reserve/undo", "shop.first/undo"}
			if failing == "take" {
				want = want[1:]
			}
			if !slices.Equal(undone, want) {
				t.Errorf("undone: got %v, want %v", undone, want)
			}
			stop()
		}
	})
}

func TestAFailedUndoOfAChildIsRetriedThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, charge, shop)
		f.answer = func(n int, in invoke.Invocation) invoke.Result {
			if in.Step == "last" || in.Step == "reserve" && strings.HasSuffix(in.Key, "/undo") && n == 1 {
				return fails(fault.Denied, fault.None)
			}
			return invoke.Result{Output: []byte(`{"id":"x"}`)}
		}
		store := memory.New(time.Now)
		e, stop := f.engine(store)
		defer stop()
		id := f.begin(e, "shop", `{}`)
		f.press(e, id, runtime.Button{Kind: runtime.ButtonCompensate})
		s := stands(t, store, id, planner.StatusCompensationFailed)
		stands(t, store, s.Steps["pay"].Unit.Child, planner.StatusCompensationFailed)
		f.press(e, id, runtime.Button{Kind: runtime.ButtonRetry})
		s = stands(t, store, id, planner.StatusCompensated)
		stands(t, store, s.Steps["pay"].Unit.Child, planner.StatusCompensated)
	})
}

const asking = `
name: asking
steps:
  hold: {call: a, compensate: {call: undo}}
  ask: {needs: [hold], approval: {title: "well?"}}
output: {ok: "${{ steps.ask.output.approved }}"}
`

const askShop = `
name: shop
steps:
  many: {for_each: "${{ [1, 2] }}", max_parallel: 2, flow: asking, deadline: 10h}
`

func TestButtonsReachChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, asking, askShop)
		store := memory.New(time.Now)
		e, stop := f.engine(store)
		defer stop()

		id := f.begin(e, "shop", `{}`)
		f.press(e, id, runtime.Button{Kind: runtime.ButtonPause})
		kids := store.Family(id)
		stands(t, store, kids[0], planner.StatusPaused)
		f.press(e, id, runtime.Button{Kind: runtime.ButtonResume})
		stands(t, store, kids[1], planner.StatusWaiting)
		time.Sleep(time.Hour) // of synctest's clock: parent and children leave memory, and come back
		for _, kid := range kids {
			f.press(e, kid, runtime.Button{Kind: runtime.ButtonApprove, Step: "ask", Approved: true})
		}
		s := stands(t, store, id, planner.StatusSucceeded)
		if got := string(s.Steps["many"].Result.JSON()); got != `[{"ok":true},{"ok":true}]` {
			t.Errorf("output: got %s", got)
		}

		id = f.begin(e, "shop", `{}`)
		f.press(e, id, runtime.Button{Kind: runtime.ButtonCancel, Then: flow.Compensate})
		stands(t, store, id, planner.StatusCompensated)
		stands(t, store, store.Family(id)[1], planner.StatusCompensated)

		id = f.begin(e, "shop", `{}`)
		f.press(e, id, runtime.Button{Kind: runtime.ButtonCancel, Then: flow.Pause})
		stands(t, store, id, planner.StatusCancelled)
		stands(t, store, store.Family(id)[0], planner.StatusCancelled)
		f.press(e, id, runtime.Button{Kind: runtime.ButtonCompensate})
		stands(t, store, id, planner.StatusCompensated)
		stands(t, store, store.Family(id)[0], planner.StatusCompensated)

		id = f.begin(e, "shop", `{}`)
		time.Sleep(11 * time.Hour)
		s = stands(t, store, id, planner.StatusFailed)
		if s.Failure.Fault.Class != fault.Timeout || !strings.Contains(s.Failure.Fault.Message, "`many` was not done within 10h") {
			t.Errorf("failure: %+v", s.Failure)
		}
		stands(t, store, store.Family(id)[0], planner.StatusFailed)
		f.press(e, id, runtime.Button{Kind: runtime.ButtonRetry})
		for _, kid := range store.Family(id) {
			f.press(e, kid, runtime.Button{Kind: runtime.ButtonApprove, Step: "ask", Approved: true})
		}
		stands(t, store, id, planner.StatusSucceeded)
		if got := len(store.Family(id)); got != 2 {
			t.Errorf("Retry made %d children of 2 items", got)
		}
	})
}

func TestAChildThatCannotBeCarriedOnTellsItsParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, charge, shop)
		f.broken["charge"] = errors.New("no such function")
		store := memory.New(time.Now)
		e, stop := f.engine(store)
		defer stop()
		id := f.begin(e, "shop", `{}`)
		s := stands(t, store, id, planner.StatusFailed)
		if !strings.Contains(s.Failure.Fault.Message, "no such function") {
			t.Errorf("failure: %+v", s.Failure)
		}
		delete(f.broken, "charge")
		f.press(e, id, runtime.Button{Kind: runtime.ButtonRetry})
		stands(t, store, id, planner.StatusSucceeded)
	})
}

func TestAStoppedParentHearsItsChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, asking, askShop)
		store := memory.New(time.Now)
		e, stop := f.engine(store)
		id := f.begin(e, "shop", `{}`)
		stop()
		f.broken["shop"] = errors.New("it is gone")
		e, stop = f.engine(store)
		synctest.Wait()
		s := stands(t, store, id, planner.StatusFailed)
		for _, kid := range store.Family(id) {
			stands(t, store, kid, planner.StatusFailed)
		}
		if s.Steps["many"].Items[0].ChildStatus != planner.StatusFailed || s.Children != 0 {
			t.Errorf("the parent has not heard: %+v", s.Steps["many"].Items[0])
		}
		delete(f.broken, "shop")
		f.press(e, id, runtime.Button{Kind: runtime.ButtonRetry})
		for _, kid := range store.Family(id) {
			f.press(e, kid, runtime.Button{Kind: runtime.ButtonApprove, Step: "ask", Approved: true})
		}
		stands(t, store, id, planner.StatusSucceeded)
		stop()
	})
}
