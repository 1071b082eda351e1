package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// values are the large values that calls send and return.
type values struct {
	store    journal.Store
	programs Programs
	stored   func(bytes int64)   // hears of each that was brought to the store
	sent     *semaphore.Weighted // bytes of the inputs that are put together for calls under way
	checking sync.Mutex          // one large value at a time is taken apart: that takes several times its size
}

// mostSent is what the large inputs of all calls may take in memory at any moment. A call waits for its part before it begins, and for nothing else of
// this kind while it holds it.
const mostSent = 2 * planner.MaxSent

func newValues(store journal.Store, programs Programs, stored func(bytes int64)) *values {
	return &values{store: store, programs: programs, stored: stored, sent: semaphore.NewWeighted(mostSent)}
}

// input puts a call's input together. free gives back what it takes; it is never nil.
func (v *values) input(ctx context.Context, in Invoke) (raw []byte, free func(), f *fault.Fault) {
	free = func() {}
	if !planner.HasPayloads(in.Input) {
		return in.Input, free, nil
	}
	size := planner.SizeOf(in.Input)
	if size > planner.MaxSent { // as the planner sees to it
		return nil, free, &fault.Fault{Class: fault.TooLarge, Effect: fault.None, Message: "the input has " + planner.FormatSize(size)}
	}
	if v.sent.Acquire(ctx, size) != nil {
		return nil, free, &fault.Fault{Class: fault.Cancelled, Effect: fault.None, Message: "the call was told to stop before it began"}
	}
	free = func() { v.sent.Release(size) }
	raw, err := v.assemble(ctx, in.Input, size)
	for try := 1; err != nil && ctx.Err() == nil && !errors.Is(err, journal.ErrNoPayload) && try < tries; try++ {
		pause(ctx, rejoin)
		raw, err = v.assemble(ctx, in.Input, size)
	}
	if err != nil {
		return nil, free, &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "the input could not be read from the store: " + err.Error()}
	}
	call, f := v.call(ctx, in)
	if f == nil {
		f = v.fits(raw, "the input of "+in.Function, fault.None, call.BreachOfInput)
	}
	return raw, free, f
}

// assemble puts the bytes of payloads in the place of their stand-ins.
func (v *values) assemble(ctx context.Context, raw []byte, size int64) ([]byte, error) {
	w := &sink{make([]byte, 0, size)}
	done := 0
	var failed error
	planner.FindPayloads(raw, func(p planner.Payload, from, to int) {
		if failed != nil {
			return
		}
		w.b = append(w.b, raw[done:from]...)
		done = to
		failed = v.store.ReadPayload(ctx, p, 0, p.Size, w)
	})
	return append(w.b, raw[done:]...), failed
}

// sink is a Writer into a slice that has room.
type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

// call is the call that an Invoke makes, as its flow's version says.
func (v *values) call(ctx context.Context, in Invoke) (*check.Call, *fault.Fault) {
	p, err := v.programs.Program(ctx, in.Flow, in.Version)
	for try := 1; err != nil && ctx.Err() == nil && try < tries; try++ {
		pause(ctx, rejoin)
		p, err = v.programs.Program(ctx, in.Flow, in.Version)
	}
	if err != nil {
		return nil, &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "the contract of " + in.Function + " could not be read: " + err.Error()}
	}
	var call *check.Call
	if st := p.Step(in.Step); st != nil && in.Undo {
		call = st.Compensate
	} else if st != nil {
		call = st.Call
	}
	if call == nil {
		return nil, &fault.Fault{Class: fault.NotFound, Effect: fault.None, Message: "this version has no call at `" + in.Step + "`"}
	}
	return call, nil
}

// mostParts is how many numbers, texts, objects and the like a value may consist of to be held against a contract. Each takes about a hundred bytes
// while it is.
const mostParts = 4_000_000

// fits holds a large value against a contract.
func (v *values) fits(raw []byte, what string, effect fault.Effect, breach func([]byte) *fault.Fault) *fault.Fault {
	v.checking.Lock()
	defer v.checking.Unlock()
	if n := parts(raw); n > mostParts {
		return &fault.Fault{Class: fault.TooLarge, Effect: effect, Message: fmt.Sprintf("%s consists of %d values; a contract is checked up to %d", what, n, mostParts),
			Evidence: []fault.Detail{{Name: "values", Value: fmt.Sprint(n)}, {Name: "limit", Value: fmt.Sprint(mostParts)}}}
	}
	return breach(raw)
}

// parts is about how many values a JSON text consists of.
func parts(raw []byte) int {
	n, text := 1, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case !text && (c == ',' || c == ':'):
			n++
		}
	}
	return n
}

// output makes a large output durable before anybody hears of it. alive ends when nobody would record it any more; the call itself has been made.
func (v *values) output(alive context.Context, in Invoke, res *invoke.Result, warn func(error)) (kept bool) {
	if res.Free != nil && len(res.Output) <= planner.MaxRead {
		res.Output = bytes.Clone(res.Output) // the array that it stands in is larger, and is given back
	}
	if res.Fault != nil || len(res.Output) <= planner.MaxInline {
		return false
	}
	large := len(res.Output) > planner.MaxRead
	if large {
		call, f := v.call(alive, in)
		if f == nil {
			f = v.fits(res.Output, "the output of "+in.Function, fault.Maybe, call.BreachOfOutput)
		}
		if f != nil {
			f.Effect = fault.Maybe
			res.Output, res.Fault = nil, f
			return false
		}
	}
	p := planner.PayloadOf(res.Output)
	for {
		err := v.store.PutPayload(alive, p, res.Output)
		if err == nil {
			v.stored(p.Size)
			break
		}
		if alive.Err() != nil {
			return false
		}
		warn(err)
		pause(alive, time.Second)
	}
	if large {
		res.Output = p.StandIn()
	}
	return !large
}

// ReadPayload writes a part of a payload that some run of the store refers to.
func (e *Engine) ReadPayload(ctx context.Context, p planner.Payload, from, to int64, w io.Writer) error {
	return e.cfg.Store.ReadPayload(ctx, p, from, to, w)
}
