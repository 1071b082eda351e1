package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
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

// document is a value of exactly n bytes.
func document(n int) []byte {
	const head, tail = `{"id":7,"text":"`, `"}`
	return []byte(head + strings.Repeat("x", n-len(head)-len(tail)) + tail)
}

// shelf is a store whose payloads can be lost on their way.
type shelf struct {
	*memory.Store
	mu    sync.Mutex
	fails int // PutPayload
	puts  int
	hold  chan struct{} // if not nil: a put that is done waits for it, or for its caller to give up
}

var errAway = errors.New("the database is away")

func (s *shelf) PutPayload(ctx context.Context, p planner.Payload, raw []byte) error {
	s.mu.Lock()
	s.puts++
	fail := s.puts <= s.fails
	s.mu.Unlock()
	if fail {
		return errAway
	}
	if err := s.Store.PutPayload(ctx, p, raw); err != nil {
		return err
	}
	if s.hold != nil {
		select {
		case <-s.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// whole is a value with its payloads in place.
func whole(t *testing.T, store journal.Store, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	done := 0
	planner.FindPayloads(raw, func(p planner.Payload, from, to int) {
		out.Write(raw[done:from])
		done = to
		if err := store.ReadPayload(t.Context(), p, 0, p.Size, &out); err != nil {
			t.Fatal(err)
		}
	})
	out.Write(raw[done:])
	return out.Bytes()
}

const passing = `
name: f
steps:
  big: {call: a}
  ask: {needs: [big], approval: {title: "go on?"}}
  use: {needs: [ask.approved], call: b, with: {doc: "${{ steps.big.output }}", n: 1}}
output: {doc: "${{ steps.big.output }}", all: "${{ steps.use.output }}"}
`

// TestValuesOfEverySize returns values around each limit, restarts the server in between, and finds them where they were passed on to, byte for byte.
func TestValuesOfEverySize(t *testing.T) {
	for _, n := range []int{100, planner.MaxInline, planner.MaxInline + 1, planner.MaxRead, planner.MaxRead + 1, 5 << 20} {
		synctest.Test(t, func(t *testing.T) {
			doc := document(n)
			w := &world{t: t, program: compile(t, passing, functions)}
			w.answer = func(_ int, in invoke.Invocation) invoke.Result {
				if in.Step == "big" {
					return invoke.Result{Output: doc}
				}
				if want := fmt.Appendf(nil, `{"doc":%s,"n":1}`, doc); !bytes.Equal(in.Input, want) {
					t.Errorf("%d bytes: the next step was sent %d, want %d", n, len(in.Input), len(want))
				}
				return invoke.Result{Output: []byte(`"used"`)}
			}
			store := memory.New(time.Now)
			e, stop := engine(t, store, w)
			id, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			stop()
			e, stop = engine(t, store, w)
			defer stop()
			if err := e.Press(t.Context(), id, runtime.Button{Kind: runtime.ButtonApprove, Step: "ask", Approved: true}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			s := load(t, store, id)
			if got := s.Status(); got != planner.StatusSucceeded {
				t.Fatalf("%d bytes: %s: %+v", n, got, s.Failure)
			}
			if got, want := whole(t, store, s.Output.JSON()), fmt.Appendf(nil, `{"doc":%s,"all":"used"}`, doc); !bytes.Equal(got, want) {
				t.Errorf("%d bytes: the run's output has %d, want %d", n, len(got), len(want))
			}
			if apart := planner.HasPayloads(s.Steps["big"].Result.JSON()); apart != (n > planner.MaxInline) {
				t.Errorf("%d bytes: a payload: %v", n, apart)
			}
			if swept, _, err := store.SweepPayloads(t.Context(), -time.Hour, 100); err != nil || swept != 0 {
				t.Errorf("%d bytes: swept %d of what the run refers to, %v", n, swept, err)
			}
		})
	}
}

// TestLookingIntoLargeValues: expressions read what is up to 1 MiB; a larger value is an error that an error port takes.
func TestLookingIntoLargeValues(t *testing.T) {
	for n, want := range map[int]string{planner.MaxRead: `{"id":7}`, planner.MaxRead + 1: `{"id":0}`} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{t: t, program: compile(t, `
name: f
steps:
  big: {call: a}
  look: {needs: [big], call: b, with: {id: "${{ steps.big.output.id }}"}}
  else: {needs: [look.error], set: {id: 0, class: "${{ steps.look.error.class }}", why: "${{ steps.look.error.message }}"}}
output: {id: "${{ steps.?look.?output.?id.orValue(0) }}", why: "${{ steps.?else.?output.?class.orValue('') + ' ' + steps.?else.?output.?why.orValue('') }}"}
`, functions)}
			w.answer = func(_ int, in invoke.Invocation) invoke.Result {
				if in.Step == "big" {
					return invoke.Result{Output: document(n)}
				}
				return invoke.Result{Output: in.Input}
			}
			store := memory.New(time.Now)
			e, stop := engine(t, store, w)
			defer stop()
			id, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			s := load(t, store, id)
			if s.Status() != planner.StatusSucceeded || !strings.HasPrefix(string(s.Output.JSON()), want[:len(want)-1]) {
				t.Fatalf("%d bytes: got %s, %s, %+v", n, s.Status(), s.Output.JSON(), s.Failure)
			}
			if said := "too_large steps.big.output has 1.0 MiB (1048577 bytes)"; n > planner.MaxRead && !strings.Contains(string(s.Output.JSON()), said) {
				t.Errorf("got %s, want %q", s.Output.JSON(), said)
			}
		})
	}
}

// TestContractsOfLargeValues holds large outputs and the inputs that are made of them against their contracts.
func TestContractsOfLargeValues(t *testing.T) {
	const contracts = `
a: {http: {url: "http://x/a"}, idempotent: true, output: {type: object, required: [id], properties: {id: {type: integer}, text: {type: string}}}}
b: {http: {url: "http://x/b"}, idempotent: true, input: {type: object, properties: {doc: {type: object, properties: {text: {maxLength: 10}}}}}}
`
	const source = `
name: f
steps:
  big: {call: a}
  use: {needs: [big], call: b, with: {doc: "${{ steps.big.output }}"}}
`
	for _, tt := range []struct {
		answer     []byte
		step, said string
	}{
		{bytes.Replace(document(3<<20), []byte(`"id":7`), []byte(`"id":"7"`), 1), "big", "the output of a breaks its contract: `id`"},
		{document(3 << 20), "use", "the input of b breaks its contract: `doc.text`"},
		{document(100 << 10), "use", "the input of b breaks its contract: `doc.text`"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{t: t, program: compile(t, source, contracts)}
			w.answer = func(_ int, in invoke.Invocation) invoke.Result {
				if in.Step == "use" {
					t.Error("called with an input that breaks its contract")
				}
				return invoke.Result{Output: tt.answer}
			}
			store := memory.New(time.Now)
			e, stop := engine(t, store, w)
			defer stop()
			id, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			s := load(t, store, id)
			if s.Failure == nil || s.Failure.Step != tt.step || s.Failure.Fault.Class != fault.Contract || !strings.Contains(s.Failure.Fault.Message, tt.said) {
				t.Errorf("got %s, %+v, want %s: %s", s.Status(), s.Failure, tt.step, tt.said)
			}
		})
	}
}

// TestLostPayloads: a result that can't be stored for a while is not lost; and one whose server goes away between its payload and its transition is asked
// for again, while what was stored of it is swept.
func TestLostPayloads(t *testing.T) {
	start := func(t *testing.T, store journal.Store, w *world) (*runtime.Engine, func(), string) {
		e, stop := engine(t, store, w)
		id, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		return e, stop, id
	}
	one := "\nname: f\nsteps:\n  big: {call: a}\noutput: \"${{ steps.big.output }}\"\n"
	t.Run("away", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &world{t: t, program: compile(t, one, functions)}
			w.answer = func(int, invoke.Invocation) invoke.Result { return invoke.Result{Output: document(2 << 20)} }
			store := &shelf{Store: memory.New(time.Now), fails: 5}
			_, stop, id := start(t, store, w)
			defer stop()
			<-time.After(time.Minute) // of virtual time
			if s := load(t, store, id); s.Status() != planner.StatusSucceeded || len(w.calls) != 1 {
				t.Errorf("got %s after %d calls, want that one call counts", s.Status(), len(w.calls))
			}
		})
	})
	t.Run("killed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &world{t: t, program: compile(t, one, functions)}
			w.answer = func(n int, _ invoke.Invocation) invoke.Result {
				return invoke.Result{Output: document(2<<20 + n)}
			}
			store := &shelf{Store: memory.New(time.Now), hold: make(chan struct{})}
			_, stop, id := start(t, store, w)
			synctest.Wait() // the payload is stored, and nobody has heard of it
			stop()
			if s := load(t, store, id); s.Steps["big"].Result != nil {
				t.Fatal("a result that was not committed counts")
			}
			store.hold = nil
			_, stop = engine(t, store, w)
			defer stop()
			synctest.Wait()
			s := load(t, store, id)
			if s.Status() != planner.StatusSucceeded || len(w.calls) != 2 {
				t.Fatalf("got %s after %d calls: %+v", s.Status(), len(w.calls), s.Failure)
			}
			if got := whole(t, store, s.Output.JSON()); !bytes.Equal(got, document(2<<20+2)) {
				t.Errorf("the output has %d bytes, want those of the second call", len(got))
			}
			if n, size, err := store.SweepPayloads(t.Context(), -time.Hour, 10); n != 1 || size != 2<<20+1 || err != nil {
				t.Errorf("swept %d payloads of %d bytes, %v; want that of the lost call", n, size, err)
			}
			if got := whole(t, store, s.Output.JSON()); len(got) != 2<<20+2 {
				t.Errorf("the output has %d bytes after the sweep", len(got))
			}
		})
	})
}

func TestReadPayload(t *testing.T) {
	store := memory.New(time.Now)
	e, err := runtime.New(runtime.Config{Store: store, Replica: "one", Programs: &world{}, Functions: &world{}})
	if err != nil {
		t.Fatal(err)
	}
	raw := document(3 << 20)
	p := planner.PayloadOf(raw)
	if err := store.PutPayload(t.Context(), p, raw); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := e.ReadPayload(t.Context(), p, 1<<20, 1<<20+10, &got); err != nil || got.String() != strings.Repeat("x", 10) {
		t.Errorf("got %q, %v", got.String(), err)
	}
	if err := e.ReadPayload(t.Context(), planner.PayloadOf([]byte("1")), 0, 1, io.Discard); !errors.Is(err, journal.ErrNoPayload) {
		t.Errorf("an unknown payload: got %v", err)
	}
}

// TestHousekeeping: what a server that went away has left is swept by the next one, in time.
func TestHousekeeping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, "\nname: f\nsteps:\n  a: {call: a}\n", functions)}
		store := memory.New(time.Now)
		var left []planner.Payload
		for i := range 50 {
			raw := document(70_000 + i)
			left = append(left, planner.PayloadOf(raw))
			if err := store.PutPayload(t.Context(), left[i], raw); err != nil {
				t.Fatal(err)
			}
		}
		_, stop := engine(t, store, w)
		defer stop()
		there := func() (n int) {
			for _, p := range left {
				if store.ReadPayload(t.Context(), p, 0, 1, io.Discard) == nil {
					n++
				}
			}
			return n
		}
		<-time.After(59 * time.Minute)
		if n := there(); n != len(left) {
			t.Errorf("within an hour: %d left of %d", n, len(left))
		}
		<-time.After(15 * time.Minute)
		if n := there(); n != 0 {
			t.Errorf("after it: %d left", n)
		}
	})
}

// TestExpiry: a server deletes what its flows do not keep, and the values with it.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, "\nname: f\nsteps:\n  big: {call: a}\noutput: \"${{ steps.big.output }}\"\n", functions)}
		w.answer = func(n int, in invoke.Invocation) invoke.Result { return invoke.Result{Output: document(70_000)} }
		store := memory.New(time.Now)
		e, stop := engine(t, store, w, func(c *runtime.Config) {
			c.Retention = func(context.Context) ([]runtime.Retention, error) {
				return []runtime.Retention{{Flow: "f", Runs: 2}}, nil
			}
		})
		defer stop()
		var ids []string
		for range 5 {
			id, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
			synctest.Wait()
		}
		<-time.After(2 * time.Minute)
		for i, id := range ids {
			if _, err := store.Find(t.Context(), id); (err == nil) != (i >= 3) {
				t.Errorf("run %d of 5: %v", i, err)
			}
		}
		if h := e.House(); h.Runs != 3 {
			t.Errorf("counted %+v", h)
		}
	})
}
