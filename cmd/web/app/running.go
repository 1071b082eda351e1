package app

import (
	"context"
	"maps"
	"sync"

	"github.com/segno-run/segno/runtime/invoke"
)

// running counts the calls of runs that are being made, by function: what has left the queue.
type running struct {
	mu sync.Mutex
	n  map[string]int
}

// of counts the calls of in. It stands behind whatever has calls wait.
func (r *running) of(in invoke.Invoker) invoke.Invoker { return &counted{in, r} }

func (r *running) add(function string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == nil {
		r.n = map[string]int{}
	}
	r.n[function] += n
}

// now tells how many there are; functions that have been called stay with 0.
func (r *running) now() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.n)
}

type counted struct {
	invoke.Invoker
	running *running
}

// Invoke implements invoke.Invoker. A call that somebody makes to try a function belongs to no run.
func (c *counted) Invoke(ctx context.Context, inv invoke.Invocation) invoke.Result {
	if inv.Flow == "" {
		return c.Invoker.Invoke(ctx, inv)
	}
	c.running.add(inv.Function, 1)
	defer c.running.add(inv.Function, -1)
	return c.Invoker.Invoke(ctx, inv)
}
