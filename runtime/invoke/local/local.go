// Package local calls Go functions of this process: those of the benchmarks and of tests, and of programs that embed the server.
//
// It owns which functions there are (a Registry) and what calling one means. A registration of kind `local` names one of them, so it is good on a
// server whose process has registered that name, and refused by every other.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
)

// Func is a function of this process. It returns JSON. An error that is a *fault.Fault says itself what class it has and whether something happened;
// any other is a function_error whose effect may have happened. It should return when ctx ends; one that does not is left behind.
type Func func(ctx context.Context, in invoke.Invocation) (output []byte, err error)

// Registry holds the Go functions of a process by name. The zero Registry is empty and ready to use; it is safe for concurrent use.
type Registry struct {
	mu    sync.RWMutex
	funcs map[string]Func
}

// Register names a function. A name that is taken is taken over.
func (r *Registry) Register(name string, f Func) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.funcs == nil {
		r.funcs = map[string]Func{}
	}
	r.funcs[name] = f
}

// Has reports whether a function of that name is registered. A nil Registry has none.
func (r *Registry) Has(name string) bool { return r.find(name) != nil }

func (r *Registry) find(name string) Func {
	if r == nil {
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.funcs[name]
}

// Names lists what is registered, sorted.
func (r *Registry) Names() []string {
	if r == nil {
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	names := make([]string, 0, len(r.funcs))
	for name := range r.funcs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Invoker calls the function of that name; one that is not registered, now or when it is called, is a fault of class not_found. A nil Registry has none.
func (r *Registry) Invoker(name string) invoke.Invoker {
	return &invoker{registry: r, name: name, hands: hands{next: make(chan work), over: make(chan struct{})}}
}

type invoker struct {
	registry *Registry
	name     string
	hands    hands
}

// Close implements invoke.Invoker.
func (i *invoker) Close() { i.hands.end() }

// Invoke implements invoke.Invoker.
func (i *invoker) Invoke(ctx context.Context, in invoke.Invocation) invoke.Result {
	started := time.Now()
	f := i.registry.find(i.name)
	if f == nil {
		return invoke.Result{Started: started, Ended: time.Now(), Fault: &fault.Fault{Class: fault.NotFound, Effect: fault.None,
			Message: "this server's process has registered no Go function called `" + i.name + "`"}}
	}
	one := &limit{Context: ctx, at: started.Add(in.Timeout)}
	defer one.end()
	w := i.hands.wait(in.Timeout)
	i.hands.begin(work{one, f, in, w.answer}) // a function that does not listen to ctx must not hold its caller
	res, over := invoke.Result{}, error(nil)
	select {
	case res = <-w.answer:
	case <-w.timeout.C:
		over = context.DeadlineExceeded
	case <-ctx.Done():
		over = ctx.Err()
	}
	if over != nil {
		select {
		case res = <-w.answer: // what it said at the same moment counts
			over = nil
		default:
			res = invoke.Result{Fault: ended(over, in.Timeout)}
		}
	}
	if over == nil {
		i.hands.done(w)
	}
	res.Started, res.Ended = started, time.Now()
	return res
}

// call is one call with a net below it.
func call(ctx context.Context, f Func, in invoke.Invocation) (res invoke.Result) {
	defer func() {
		if p := recover(); p != nil {
			res = invoke.Result{Fault: &fault.Fault{Class: fault.Crashed, Effect: fault.Maybe, Message: fmt.Sprint("the function panicked: ", p)}}
		}
	}()
	out, err := f(ctx, in)
	var own *fault.Fault
	switch {
	case errors.As(err, &own):
		return invoke.Result{Fault: own}
	case err != nil && ctx.Err() != nil:
		return invoke.Result{Fault: ended(ctx.Err(), in.Timeout)}
	case err != nil:
		return invoke.Result{Fault: &fault.Fault{Class: fault.FunctionError, Effect: fault.Maybe, Message: err.Error()}}
	case len(out) > in.Most():
		return invoke.Result{Fault: &fault.Fault{Class: fault.TooLarge, Effect: fault.Maybe,
			Message: fmt.Sprintf("the function returned %d bytes; at most %d", len(out), in.Most())}}
	case !json.Valid(out):
		return invoke.Result{Fault: &fault.Fault{Class: fault.FunctionError, Effect: fault.Maybe, Message: "the function returned no valid JSON"}}
	}
	return invoke.Result{Output: out}
}

// ended is the fault of a call whose time is over, or that somebody asked to stop.
func ended(err error, timeout time.Duration) *fault.Fault {
	if errors.Is(err, context.DeadlineExceeded) {
		return &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe, Message: "the function did not return within " + timeout.String(),
			Evidence: []fault.Detail{{Name: "timeout", Value: timeout.String()}}}
	}
	return &fault.Fault{Class: fault.Cancelled, Effect: fault.Maybe, Message: "the call was told to stop"}
}
