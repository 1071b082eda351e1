package runtime

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/planner"
)

// calls are the function calls of a session that are under way.
type calls struct {
	s      *session
	ctx    context.Context
	cancel context.CancelFunc

	mu   sync.Mutex
	open map[callID]opened
	idle chan struct{} // closed and renewed whenever nothing is under way
	wg   sync.WaitGroup

	next chan call // to a goroutine that has made a call and waits for another
	free atomic.Int64
}

// mostFree is how many goroutines wait for another call. Their stacks have grown to what a call takes, which costs a new one more than all else.
const mostFree = 256

// call is one of them, with the context that ends it.
type call struct {
	Invoke
	id     callID
	ctx    context.Context
	cancel context.CancelFunc
}

// opened is a call that has not ended.
type opened struct {
	cancel   context.CancelFunc
	function string
}

type callID struct {
	run     int64
	ref     planner.Ref
	attempt int
}

func newCalls(s *session) *calls {
	ctx, cancel := context.WithCancel(context.Background())
	return &calls{s: s, ctx: ctx, cancel: cancel, open: map[callID]opened{}, idle: make(chan struct{}), next: make(chan call)}
}

// begin makes a call in a goroutine of its own; its outcome comes back as a Done. Not after stop.
func (c *calls) begin(in Invoke) {
	one := call{Invoke: in, id: callID{in.Run, in.Ref, in.Attempt}}
	one.ctx, one.cancel = context.WithCancel(context.Background()) // ended by stop: a parent that keeps a list of its own would only be one more
	c.mu.Lock()
	c.open[one.id] = opened{one.cancel, in.Function}
	c.mu.Unlock()
	select {
	case c.next <- one:
	default:
		c.wg.Go(func() { c.work(one) })
	}
}

// work makes one call after the other.
func (c *calls) work(one call) {
	for ok := true; ok; {
		c.settle(one)
		if c.free.Add(1) > mostFree {
			c.free.Add(-1)
			return
		}
		one = call{} // what it held is not kept while nothing is to be done
		one, ok = <-c.next
		c.free.Add(-1)
	}
}

func (c *calls) settle(one call) {
	began := time.Now()
	res, kept := c.call(one.ctx, one.Invoke)
	one.cancel()
	c.count(one.Function, res, began)
	// When the session is over, what the call said is nobody's to record: its owner decides it again.
	if c.ctx.Err() == nil {
		c.s.mail.put(Done{one.Run, &planner.CallDone{Ref: one.Ref, Attempt: one.Attempt, Key: one.Key, Output: res.Output, Kept: kept, Fault: res.Fault,
			RetryAfter: res.RetryAfter, Call: record(res)}})
	}
	c.done(one.id)
}

// count tells the meter of a call that has ended. Its times are the store's by now.
func (c *calls) count(function string, res invoke.Result, began time.Time) {
	waited, took := time.Since(began), time.Duration(0)
	if !res.Started.IsZero() {
		took = max(0, res.Ended.Sub(res.Started))
		waited = max(0, res.Started.Sub(c.s.at(began)))
	}
	c.s.e.cfg.Meter.Called(function, res, waited, took)
}

func (c *calls) done(id callID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, id)
	if len(c.open) == 0 {
		close(c.idle)
		c.idle = make(chan struct{})
	}
}

func (c *calls) call(ctx context.Context, in Invoke) (res invoke.Result, kept bool) {
	defer func() {
		if p := recover(); p != nil {
			res = invoke.Result{Fault: &fault.Fault{Class: fault.Crashed, Effect: fault.Maybe, Message: fmt.Sprint("the invoker of this function panicked: ", p)}}
		}
		if res.Ended.IsZero() {
			res.Ended = c.s.e.cfg.Clock()
		}
		// Fold the server's own clock into the journal's, by which everything else is dated.
		if !res.Started.IsZero() {
			res.Started = c.s.at(res.Started)
		}
		res.Ended = c.s.at(res.Ended)
		for i := range res.Logs {
			res.Logs[i].At = c.s.at(res.Logs[i].At)
		}
	}()
	inv, err := c.s.e.cfg.Functions.Invoker(ctx, in.Function)
	for try := 1; err != nil && ctx.Err() == nil && try < tries; try++ { // a database that is away for a moment fails no step
		pause(ctx, rejoin)
		inv, err = c.s.e.cfg.Functions.Invoker(ctx, in.Function)
	}
	switch {
	case err != nil:
		return failed(&fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "the function's registration could not be read: " + err.Error()})
	case inv == nil:
		return failed(&fault.Fault{Class: fault.NotFound, Effect: fault.None, Message: "no function called `" + in.Function + "` is registered any more"})
	}
	if bounded, ok := inv.(invoke.Limited); ok {
		done, err := c.s.limits.take(ctx, in.Function, bounded.Limits())
		if err != nil {
			return failed(&fault.Fault{Class: fault.Cancelled, Effect: fault.None, Message: "the call was cancelled while it was queued"})
		}
		defer done()
	}
	input, free, f := c.s.e.values.input(ctx, in)
	if f != nil {
		free()
		return failed(f)
	}
	res = c.invoke(ctx, inv, in, input)
	free()
	defer res.Release()
	kept = c.s.e.values.output(c.ctx, in, &res, func(err error) {
		c.s.e.cfg.Logger.Warn("the output of a call could not be stored; it is tried again", "run", in.UUID, "step", in.Step, "bytes", len(res.Output), "error", err)
	})
	return res, kept
}

func failed(f *fault.Fault) (invoke.Result, bool) { return invoke.Result{Fault: f}, false }

// invoke is one call with a net below it.
func (c *calls) invoke(ctx context.Context, inv invoke.Invoker, in Invoke, input []byte) (res invoke.Result) {
	defer func() {
		if p := recover(); p != nil {
			res = invoke.Result{Fault: &fault.Fault{Class: fault.Crashed, Effect: fault.Maybe, Message: fmt.Sprint("the invoker of this function panicked: ", p)}}
		}
	}()
	return inv.Invoke(ctx, invoke.Invocation{Function: in.Function, Run: in.UUID, Flow: in.Flow, Version: in.Version, Step: in.Step, Item: in.Item,
		Attempt: in.Attempt, Iteration: in.Iteration, Key: in.Key, Traceparent: traceparent(in.UUID, in.Key, in.Attempt), Input: input, Timeout: in.Timeout,
		MaxOutput: planner.MaxValue})
}

// TraceID is the W3C trace id of a run: its UUID's 32 hex digits, so that a trace is found from a run and a run from a trace.
func TraceID(run string) string { return strings.ReplaceAll(run, "-", "") }

func traceparent(run, key string, attempt int) string {
	var room [64]byte
	span := fnv.New64a() // all that a span's id must be is another one than the other spans' of the run
	_, _ = span.Write(append(room[:0], key...))
	_, _ = span.Write(strconv.AppendInt(append(room[:0], '#'), int64(attempt), 10))
	out := append(room[:0], "00-"...)
	for i := range len(run) {
		if run[i] != '-' {
			out = append(out, run[i])
		}
	}
	out = append(out, '-')
	out = hex.AppendEncode(out, span.Sum(nil))
	return string(append(out, "-01"...))
}

func record(r invoke.Result) planner.Call {
	c := planner.Call{Started: r.Started, Ended: r.Ended, Dropped: r.LogsDropped}
	for _, p := range r.Phases {
		c.Phases = append(c.Phases, planner.Timing(p))
	}
	for _, l := range r.Logs {
		c.Logs = append(c.Logs, planner.LogLine(l))
	}
	return c
}

func (c *calls) abort(a Abort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call, ok := c.open[callID{a.Run, a.Ref, a.Attempt}]; ok {
		call.cancel()
	}
}

func (c *calls) running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// quiet is closed as soon as nothing is under way: at once if nothing is.
func (c *calls) quiet() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) == 0 {
		return closed
	}
	return c.idle
}

var closed = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// stop ends every call; their outcomes are dropped. No other may begin.
func (c *calls) stop() {
	c.cancel()
	close(c.next)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.open {
		one.cancel()
	}
}

// wait returns when every call has ended, or with ctx.
func (c *calls) wait(ctx context.Context) {
	done := make(chan struct{})
	go func() { c.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
