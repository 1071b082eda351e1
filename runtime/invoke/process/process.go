// Package process owns functions that run as child processes and speak the AWS Lambda Runtime API (version 2018-06-01), so that a handler written
// for aws-lambda-go, or any other Lambda runtime client, runs here unmodified.
//
// A function has a pool of warm children; each child has an HTTP listener of its own on loopback and handles one invocation at a time. A child sees
// an empty environment plus what was declared plus what the Runtime API prescribes, leads a process group of its own that is killed as a whole, and
// on Linux dies with the server, even if that is killed with SIGKILL. (A process that a child started and moved to another group is out of reach.)
//
// How a handler's failure is classed: it is a function_error whose effect may have happened, unless the error's type says otherwise. The types
// Rejected, Denied, NotFound, RateLimited and Unavailable (aws-lambda-go takes the name of the Go type) and Segno.<class>, such as
// Segno.rate_limited, name the class. The five named types, in either spelling, are the handler's word that it refused before it did anything:
// their effect is none.
//
// The package knows no retry, no flow and no run beyond the names that it passes on. A handler reads them from the client context
// (lambdacontext.FromContext(ctx).ClientContext.Custom): idempotency_key, run, flow, step, item, attempt, traceparent.
package process

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/internal/wire"
)

// Config says how to run one function.
type Config struct {
	Name    string            // registered name of the function; children see it as AWS_LAMBDA_FUNCTION_NAME
	Command []string          // argv, looked up in the server's PATH; ["segno:NAME"] asks Builtin
	Dir     string            // working directory; empty: the server's
	Env     map[string]string // the children's environment, beside what the Runtime API prescribes
	// Concurrency is the most children at once; 0 means DefaultConcurrency. A call that finds all of them busy waits for one, within its timeout.
	Concurrency int
	Idle        time.Duration // how long a child without work is kept warm; 0 means DefaultIdle
	// Builtin finds the command of a handler that is part of this program; env is added to Env, which wins. Nil: there are none.
	Builtin func(name string) (argv []string, env map[string]string, ok bool)
	Logger  *slog.Logger // nil: silent
}

// Defaults of Config.
const (
	DefaultConcurrency = 8
	DefaultIdle        = time.Minute
)

// closeWithin bounds Close: a killed child is gone in milliseconds unless the kernel holds on to it.
const closeWithin = 1500 * time.Millisecond

// New returns the Invoker of one function. It starts no child before the first call, and a command that cannot be run shows at that call.
func New(cfg Config) invoke.Invoker {
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = DefaultConcurrency
	}
	if cfg.Idle <= 0 {
		cfg.Idle = DefaultIdle
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Command = slices.Clone(cfg.Command)
	cfg.Env = maps.Clone(cfg.Env)
	return &function{
		config:  cfg,
		slots:   make(chan struct{}, cfg.Concurrency),
		closing: make(chan struct{}),
		all:     make(map[*child]struct{}),
	}
}

type function struct {
	config  Config
	slots   chan struct{} // one entry a child that is starting, busy or finishing
	closing chan struct{} // closed by Close

	mu     sync.Mutex
	closed bool
	idle   []*child // the last one was used last; it is the one to take
	all    map[*child]struct{}

	finishing int           // children that have answered and not asked for more yet
	waiters   []chan *child // calls that wait for one of them, at most as many; each channel holds one entry
}

// Invoke hands the invocation to a warm child, or to a new one.
func (f *function) Invoke(ctx context.Context, inv invoke.Invocation) invoke.Result {
	timeout := inv.Timeout
	if timeout <= 0 {
		timeout = wire.DefaultTimeout
	}
	callCtx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	c := &attempt{function: f, inv: inv, ctx: ctx, callCtx: callCtx, timeout: timeout, lines: &recorder{}}
	c.result.Started = time.Now()
	select {
	case f.slots <- struct{}{}:
		c.result.Started = time.Now()
		c.run()
	case <-callCtx.Done():
		c.result.Fault = c.stopped(waitingForChild)
	case <-f.closing:
		c.result.Fault = c.stopped(waitingForChild)
	}
	c.result.Ended = time.Now()
	c.result.Logs, c.result.LogsDropped = c.lines.lines()
	if fa := c.result.Fault; fa != nil {
		f.config.Logger.DebugContext(ctx, "process function failed", "function", f.config.Name, "class", fa.Class, "effect", fa.Effect, "message", fa.Message)
	}
	return c.result
}

// Close kills every child with its group and returns when they are gone. Calls under way end as crashed, later ones are unavailable.
func (f *function) Close() {
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		close(f.closing)
	}
	children := slices.Collect(maps.Keys(f.all))
	f.mu.Unlock()

	for _, ch := range children {
		ch.kill()
	}
	limit := time.NewTimer(closeWithin)
	defer limit.Stop()
	for _, ch := range children {
		select {
		case <-ch.exited:
		case <-limit.C:
			f.config.Logger.Warn("a killed process is not gone yet", "function", f.config.Name, "pid", ch.pid)
			return
		}
	}
}

// takeWarm returns the warm child that was used last, or nil. A child that has just answered is warm in a moment, sooner than a new one would be.
func (f *function) takeWarm(ctx context.Context) *child {
	f.mu.Lock()
	if n := len(f.idle); n > 0 {
		ch := f.idle[n-1]
		f.idle = f.idle[:n-1]
		ch.retire.Stop()
		f.mu.Unlock()
		return ch
	}
	if f.finishing <= len(f.waiters) {
		f.mu.Unlock()
		return nil
	}
	handed := make(chan *child, 1)
	f.waiters = append(f.waiters, handed)
	f.mu.Unlock()

	limit := time.NewTimer(coldStart)
	defer limit.Stop()
	select {
	case ch := <-handed:
		return ch
	case <-limit.C:
	case <-ctx.Done():
	}
	f.mu.Lock()
	f.waiters = slices.DeleteFunc(f.waiters, func(w chan *child) bool { return w == handed })
	f.mu.Unlock()
	select {
	case ch := <-handed: // it came after all
		return ch
	default:
		return nil
	}
}

// coldStart is about what starting a child costs, and so how long it pays to wait for a warm one.
const coldStart = 25 * time.Millisecond

// recycle waits until a child that has answered asks for more, which ends the invocation for the child, passes it on and frees its slot.
func (f *function) recycle(ch *child) {
	defer func() { <-f.slots }()
	limit := time.NewTimer(afterAnswer)
	defer limit.Stop()
	ready := false
	select {
	case <-ch.ready:
		ready = true
	case <-ch.exited:
	case <-limit.C:
		f.config.Logger.Warn("a process answered and did not come back for more; it is killed", "function", f.config.Name, "pid", ch.pid)
		ch.kill()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finishing--
	if _, alive := f.all[ch]; !alive || f.closed {
		ready = false
	}
	switch {
	case ready && len(f.waiters) > 0:
		f.waiters[0] <- ch
		f.waiters = f.waiters[1:]
	case ready:
		f.idle = append(f.idle, ch)
		ch.retire = time.AfterFunc(f.config.Idle, func() { f.retire(ch) })
	case len(f.waiters) > f.finishing: // one of them waits in vain
		f.waiters[0] <- nil
		f.waiters = f.waiters[1:]
	}
}

// afterAnswer is how long a child may take from its answer to its next request. Handlers that clean up do so here.
const afterAnswer = 5 * time.Second

// retire stops a child that has been idle for too long, unless it was taken in the meantime.
func (f *function) retire(ch *child) {
	f.mu.Lock()
	i := slices.Index(f.idle, ch)
	if i >= 0 {
		f.idle = slices.Delete(f.idle, i, i+1)
	}
	f.mu.Unlock()
	if i >= 0 {
		ch.terminate()
	}
}

// adopt enters a new child in the books; false means that the function was closed meanwhile.
func (f *function) adopt(ch *child) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.all[ch] = struct{}{}
	return true
}

// forget strikes a child that is gone.
func (f *function) forget(ch *child) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, ch)
	if i := slices.Index(f.idle, ch); i >= 0 {
		ch.retire.Stop()
		f.idle = slices.Delete(f.idle, i, i+1)
	}
}

// attempt is one Invoke under way, holding a slot.
type attempt struct {
	function *function
	inv      invoke.Invocation
	ctx      context.Context // the caller's
	callCtx  context.Context // ctx with the invocation's timeout
	timeout  time.Duration
	lines    *recorder
	result   invoke.Result
}

// run makes the call. It passes the slot on to recycle, or frees it.
func (a *attempt) run() {
	f := a.function
	ch, call := a.reach()
	if ch == nil {
		<-f.slots
		return
	}
	defer call.discard()
	begun := time.Now()
	select {
	case answer := <-call.answer:
		ch.logs.settle()
		a.result.Output, a.result.Fault = a.read(answer)
		ch.logs.record(nil)
		f.mu.Lock()
		f.finishing++
		f.mu.Unlock()
		go f.recycle(ch)
	case <-ch.exited:
		// An answer that got through counts, whatever the child did after it.
		select {
		case answer := <-call.answer:
			a.result.Output, a.result.Fault = a.read(answer)
		default:
			a.result.Fault = a.crashed(ch)
		}
		ch.logs.record(nil)
		<-f.slots
	case <-a.callCtx.Done():
		a.abandon(ch, running)
	case <-f.closing:
		a.abandon(ch, running)
	}
	a.result.Phases = append(a.result.Phases, invoke.Phase{Name: "run", Took: time.Since(begun)})
}

// reach gets the invocation to a child and returns both, or nil with the fault in the result.
func (a *attempt) reach() (*child, *call) {
	f := a.function
	call := newCall(a.inv, f.config.Name, deadline(a.callCtx))
	for {
		ch := f.takeWarm(a.callCtx)
		warm := ch != nil
		if warm {
			ch.logs.record(a.lines)
		} else if ch = a.start(); ch == nil {
			return nil, nil
		}
		calls := ch.calls
		if ch.gone() {
			calls = nil
		}
		select {
		case calls <- call:
			return ch, call
		case <-ch.exited: // it never saw the call: another one may
			ch.logs.record(nil)
			if !warm {
				a.result.Fault = a.failedStart(ch)
				return nil, nil
			}
		case <-a.callCtx.Done():
			a.kill(ch, waitingForChild)
			return nil, nil
		case <-f.closing:
			a.kill(ch, waitingForChild)
			return nil, nil
		}
	}
}

// start starts a child and waits until it asks for work.
func (a *attempt) start() *child {
	f := a.function
	begun := time.Now()
	defer func() {
		a.result.Phases = append(a.result.Phases, invoke.Phase{Name: "start", Took: time.Since(begun)})
	}()
	ch, fa := f.spawn(a.lines)
	if fa != nil {
		a.result.Fault = fa
		return nil
	}
	select {
	case <-ch.ready:
		return ch
	case <-ch.exited:
		ch.logs.record(nil)
		a.result.Fault = a.failedStart(ch)
	case <-a.callCtx.Done():
		a.kill(ch, starting)
	case <-f.closing:
		a.kill(ch, starting)
	}
	return nil
}

// kill ends the child's group and records why the call stopped.
func (a *attempt) kill(ch *child, at stage) {
	ch.kill()
	ch.logs.settle()
	a.result.Fault = a.stopped(at)
	ch.logs.record(nil)
}

// abandon is kill for a child whose call was under way; the slot comes free when the child is gone.
func (a *attempt) abandon(ch *child, at stage) {
	a.kill(ch, at)
	go func() {
		<-ch.exited
		<-a.function.slots
	}()
}

// read turns a child's answer into an output or a fault.
func (a *attempt) read(answer answer) ([]byte, *fault.Fault) {
	switch {
	case answer.fault != nil:
		return nil, answer.fault
	case answer.failed:
		defer answer.drop()
		return nil, a.handlerFault(answer)
	}
	output, fa := wire.Output(answer.body, answer.contentType)
	a.result.Free = answer.free
	if fa != nil {
		a.result.Release()
		fa.Message = a.function.config.Name + ": " + fa.Message
	}
	return output, fa
}
