package local

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segno-run/segno/runtime/invoke"
)

// work is one call for a hand.
type work struct {
	ctx    context.Context
	f      Func
	in     invoke.Invocation
	answer chan<- invoke.Result // with room for one: whoever left does not read it
}

// hands are the goroutines that call the functions of one invoker, for callers who may have to leave before the function returns. One that has made a call
// makes the next: its stack has grown to what a call takes, which costs a new goroutine more than all else.
type hands struct {
	next  chan work     // to one that is free
	over  chan struct{} // closed: none waits any more
	once  sync.Once
	free  atomic.Int64
	waits sync.Pool // of *wait
}

// mostFree is how many wait for another call.
const mostFree = 256

func (h *hands) begin(w work) {
	select {
	case h.next <- w:
	default:
		go h.serve(w)
	}
}

func (h *hands) serve(w work) {
	for {
		w.answer <- call(w.ctx, w.f, w.in)
		if h.free.Add(1) > mostFree {
			h.free.Add(-1)
			return
		}
		w = work{} // what it held is not kept while nothing is to be done
		select {
		case w = <-h.next:
			h.free.Add(-1)
		case <-h.over:
			return
		}
	}
}

func (h *hands) end() { h.once.Do(func() { close(h.over) }) }

// wait is what a caller waits with.
type wait struct {
	answer  chan invoke.Result
	timeout *time.Timer
}

// wait returns one, which is to be given back if its answer has been read.
func (h *hands) wait(timeout time.Duration) *wait {
	if w, ok := h.waits.Get().(*wait); ok {
		w.timeout.Reset(timeout)
		return w
	}
	return &wait{make(chan invoke.Result, 1), time.NewTimer(timeout)}
}

func (h *hands) done(w *wait) {
	w.timeout.Stop() // nothing comes of it after that
	h.waits.Put(w)
}
