package local_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/local"
)

func registry() *local.Registry {
	r := &local.Registry{}
	r.Register("echo", func(_ context.Context, in invoke.Invocation) ([]byte, error) { return in.Input, nil })
	r.Register("fails", func(context.Context, invoke.Invocation) ([]byte, error) { return nil, errors.New("no luck") })
	r.Register("refuses", func(context.Context, invoke.Invocation) ([]byte, error) {
		return nil, &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "not this one"}
	})
	r.Register("panics", func(context.Context, invoke.Invocation) ([]byte, error) { panic("oh") })
	r.Register("babbles", func(context.Context, invoke.Invocation) ([]byte, error) { return []byte("{"), nil })
	r.Register("floods", func(context.Context, invoke.Invocation) ([]byte, error) {
		return []byte(`"` + strings.Repeat("x", invoke.DefaultOutput) + `"`), nil
	})
	r.Register("listens", func(ctx context.Context, _ invoke.Invocation) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() })
	r.Register("is deaf", func(ctx context.Context, _ invoke.Invocation) ([]byte, error) {
		<-context.WithoutCancel(ctx).Value(forever{}).(chan struct{})
		return nil, nil
	})
	return r
}

// invoked calls a function as one that is registered for this call alone.
func invoked(ctx context.Context, r *local.Registry, name string, in invoke.Invocation) invoke.Result {
	i := r.Invoker(name)
	defer i.Close()
	return i.Invoke(ctx, in)
}

type forever struct{}

func TestWhatComesOfACall(t *testing.T) {
	for name, want := range map[string]struct {
		class  fault.Class
		effect fault.Effect
	}{
		"fails":   {fault.FunctionError, fault.Maybe},
		"refuses": {fault.Rejected, fault.None},
		"panics":  {fault.Crashed, fault.Maybe},
		"babbles": {fault.FunctionError, fault.Maybe},
		"floods":  {fault.TooLarge, fault.Maybe},
		"listens": {fault.Timeout, fault.Maybe},
		"is deaf": {fault.Timeout, fault.Maybe},
		"unknown": {fault.NotFound, fault.None},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				deaf := make(chan struct{})
				ctx := context.WithValue(t.Context(), forever{}, deaf)
				began := time.Now()
				res := invoked(ctx, registry(), name, invoke.Invocation{Input: []byte("{}"), Timeout: 3 * time.Second})
				close(deaf)
				if res.Fault == nil || res.Output != nil || res.Fault.Class != want.class || res.Fault.Effect != want.effect {
					t.Fatalf("got %+v, want a fault of class %s with effect %s", res, want.class, want.effect)
				}
				if took := time.Since(began); want.class == fault.Timeout && took != 3*time.Second {
					t.Errorf("it took %s, want the timeout, 3s", took)
				}
			})
		})
	}
}

func TestACallIsToldToStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if res := invoked(ctx, registry(), "listens", invoke.Invocation{Timeout: time.Minute}); res.Fault == nil || res.Fault.Class != fault.Cancelled {
			t.Errorf("got %+v, want class cancelled", res)
		}
	})
}

func TestOutputAndTimes(t *testing.T) {
	res := invoked(t.Context(), registry(), "echo", invoke.Invocation{Input: []byte(`{"n":1}`), Timeout: time.Minute})
	if res.Fault != nil || string(res.Output) != `{"n":1}` || res.Started.IsZero() || res.Ended.Before(res.Started) {
		t.Errorf("got %+v, want what went in, with both times", res)
	}
	var none *local.Registry
	if none.Has("echo") || none.Names() != nil || !registry().Has("echo") {
		t.Error("a nil registry has nothing, and that of the test has echo")
	}
}

// TestTheContextOfACall: it has the call's deadline, ends when that has passed, and at the latest with the call, also for whoever looks only then.
func TestTheContextOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := registry()
		began := time.Now()
		var kept context.Context
		r.Register("keeps", func(ctx context.Context, in invoke.Invocation) ([]byte, error) {
			kept = ctx
			if at, ok := ctx.Deadline(); !ok || at.Sub(began) != in.Timeout {
				t.Errorf("got the deadline %s after the start, want %s", at.Sub(began), in.Timeout)
			}
			if string(in.Input) == `"look"` && ctx.Err() != nil {
				t.Errorf("got %v while the call goes on, want none", ctx.Err())
			}
			return in.Input, nil
		})
		for _, input := range []string{`"look"`, `"no"`} {
			began = time.Now()
			invoked(t.Context(), r, "keeps", invoke.Invocation{Input: []byte(input), Timeout: time.Minute})
			if !errors.Is(kept.Err(), context.Canceled) {
				t.Errorf("%s: got %v after the call, want it cancelled", input, kept.Err())
			}
			<-kept.Done()
		}
		outer, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		r.Register("narrows", func(ctx context.Context, _ invoke.Invocation) ([]byte, error) {
			if at, _ := ctx.Deadline(); at.Sub(began) != time.Second {
				t.Errorf("got the deadline %s after the start, want the caller's, 1s", at.Sub(began))
			}
			inner, stop := context.WithTimeout(ctx, time.Hour)
			defer stop()
			<-inner.Done()
			return nil, inner.Err()
		})
		if res := invoked(outer, r, "narrows", invoke.Invocation{Timeout: time.Minute}); res.Fault == nil || res.Fault.Class != fault.Timeout || time.Since(began) != time.Second {
			t.Errorf("got %+v after %s, want a timeout after 1s", res, time.Since(began))
		}
	})
}

// TestALateAnswerIsNobodysElse has calls end before their functions do, and others made beside and after them.
func TestALateAnswerIsNobodysElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &local.Registry{}
		r.Register("sleeps", func(_ context.Context, in invoke.Invocation) ([]byte, error) {
			if strings.HasPrefix(string(in.Input), "-") {
				time.Sleep(time.Hour)
			}
			return in.Input, nil
		})
		i := r.Invoker("sleeps")
		defer i.Close()
		for n := range 50 {
			late := i.Invoke(t.Context(), invoke.Invocation{Input: fmt.Appendf(nil, "-%d", n+1), Timeout: time.Duration(n) * time.Minute})
			if late.Fault == nil || late.Fault.Class != fault.Timeout {
				t.Errorf("got %+v for a function that takes an hour, want a timeout", late)
			}
			if res := i.Invoke(t.Context(), invoke.Invocation{Input: fmt.Append(nil, n), Timeout: time.Minute}); string(res.Output) != fmt.Sprint(n) {
				t.Errorf("got %s (%+v), want %d", res.Output, res.Fault, n)
			}
		}
		time.Sleep(time.Hour) // the last of them has returned
	})
}
