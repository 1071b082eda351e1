package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/examples"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/httpfn"
	"github.com/segno-run/segno/runtime/invoke/local"
	"github.com/segno-run/segno/runtime/invoke/netguard"
	"github.com/segno-run/segno/runtime/invoke/process"
)

// fresh is how long a registration is used without asking the database again: another server may have changed it.
const fresh = time.Second

// functions keeps one Invoker for each registered function, as long as its registration stands.
type functions struct {
	db        *models.DB
	log       *slog.Logger
	policy    netguard.Policy
	transport *http.Transport
	ledger    string // where the sample's handlers write
	local     *local.Registry
	running   running

	mu    sync.Mutex
	known map[string]*registered
}

type registered struct {
	spec    []byte // a revision is no measure: a function that is removed and registered anew begins at 1 again
	asked   time.Time
	invoker *limited
}

func newFunctions(db *models.DB, log *slog.Logger, policy netguard.Policy, ledger string, local *local.Registry) *functions {
	return &functions{db: db, log: log, policy: policy, transport: httpfn.NewTransport(policy), ledger: ledger, local: local, known: map[string]*registered{}}
}

// Invoker implements runtime.Functions.
func (f *functions) Invoker(ctx context.Context, name string) (invoke.Invoker, error) {
	f.mu.Lock()
	known := f.known[name]
	f.mu.Unlock()
	if known != nil && time.Since(known.asked) < fresh {
		return known.invoker, nil
	}
	row, err := f.db.Function(ctx, name)
	if errors.Is(err, models.ErrNotFound) {
		f.forget(name)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	known = f.known[name]
	if known != nil && bytes.Equal(known.spec, row.Spec) {
		known.asked = time.Now()
		return known.invoker, nil
	}
	invoker, err := f.build(name, row.Spec)
	if err != nil {
		return nil, err
	}
	f.retire(known)
	f.known[name] = &registered{row.Spec, time.Now(), invoker}
	return invoker, nil
}

// Changed has the next call of a function see its new registration.
func (f *functions) Changed(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.known[name]; known != nil {
		known.asked = time.Time{}
	}
}

func (f *functions) forget(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.retire(f.known[name])
	delete(f.known, name)
}

// retire closes an Invoker once its calls under way have ended. Whoever was given it a moment ago may still call it, hence the delay.
func (f *functions) retire(r *registered) {
	if r != nil {
		time.AfterFunc(time.Minute, r.invoker.closeWhenIdle)
	}
}

// Close ends every Invoker and what it holds.
func (f *functions) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all sync.WaitGroup
	for _, r := range f.known {
		all.Go(r.invoker.Close)
	}
	all.Wait()
	f.known = map[string]*registered{}
	f.transport.CloseIdleConnections()
}

func (f *functions) build(name string, spec []byte) (*limited, error) {
	fn, issues := flow.ParseFunctionJSON(name, spec)
	if issues.HasErrors() {
		return nil, fmt.Errorf("the registration of %q: %s", name, firstError(issues))
	}
	most := fn.Concurrency
	if most <= 0 {
		most = flow.DefaultConcurrency
	}
	all := invoke.Limits{Concurrency: fn.Concurrency}
	if fn.Rate.Calls > 0 {
		all.Every = fn.Rate.Every()
	}
	switch {
	case fn.HTTP != nil:
		return newLimited(f.running.of(httpfn.New(httpfn.Config{URL: fn.HTTP.URL, Headers: fn.HTTP.Headers, Policy: f.policy, Transport: f.transport, Logger: f.log})), most, all), nil
	case fn.Local != nil:
		return newLimited(f.running.of(f.local.Invoker(fn.Local.Name)), most, all), nil
	case fn.Process != nil:
		if fn.Concurrency <= 0 {
			most = process.DefaultConcurrency
		}
		return newLimited(f.running.of(process.New(process.Config{Name: name, Command: fn.Process.Command, Dir: fn.Process.Dir, Env: fn.Process.Env,
			Concurrency: most, Builtin: examples.Builtin(f.ledger), Logger: f.log})), most, all), nil
	}
	return nil, fmt.Errorf("the registration of %q names no way to call it", name)
}

// limited bounds the calls of one function that this server makes at once. A call that waits is queued: its clock has not started.
type limited struct {
	invoke.Invoker
	slots chan struct{}
	all   invoke.Limits
}

func newLimited(in invoke.Invoker, most int, all invoke.Limits) *limited {
	return &limited{Invoker: in, slots: make(chan struct{}, most), all: all}
}

// Limits implements invoke.Limited: what all servers may do together.
func (l *limited) Limits() invoke.Limits { return l.all }

// Invoke implements invoke.Invoker.
func (l *limited) Invoke(ctx context.Context, inv invoke.Invocation) invoke.Result {
	if !l.take(ctx) {
		return invoke.Result{Ended: time.Now(), Fault: &fault.Fault{Class: fault.Cancelled, Effect: fault.None, Message: "the call was cancelled while it was queued"}}
	}
	defer func() { <-l.slots }()
	return l.Invoker.Invoke(ctx, inv)
}

// take waits for a slot. It reports false if ctx ends before.
func (l *limited) take(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case l.slots <- struct{}{}:
		return true
	default: // a context that nobody waits for makes no channel
	}
	select {
	case l.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// closeWhenIdle takes every slot, so that nothing is under way, and closes.
func (l *limited) closeWhenIdle() {
	for range cap(l.slots) {
		l.slots <- struct{}{}
	}
	l.Close()
	for range cap(l.slots) {
		<-l.slots
	}
}
