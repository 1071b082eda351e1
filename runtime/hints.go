package runtime

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

const (
	hintGather = 10 * time.Millisecond // what comes up within it goes out together
	hintsKept  = 1000                  // that wait to go out; further ones are lost
	askersKept = 1000

	// A server says again and again for which runs it has watchers, and is forgotten when it does not: nobody has to say goodbye.
	watchAgain  = 5 * time.Second
	watchKept   = 3 * watchAgain
	watchedMost = 500 // runs, of one server
)

// hints are what a session tells other servers, and what it knows of what they want to be told. Nothing depends on any of it: what a hint says is found
// by a poll as well, later. Alone on its database a server sends none.
type hints struct {
	s     *session
	store journal.Hinter // nil: the store carries none

	mu     sync.Mutex
	others int // servers, as they were counted last
	queue  []journal.Hint
	wake   chan struct{}

	askers   map[string]journal.Incarnation               // by message: who waits for its answer
	watchers map[string]map[journal.Incarnation]time.Time // by run: until when who wants to hear of it
}

func newHints(s *session) *hints {
	h := &hints{s: s, wake: make(chan struct{}, 1), askers: map[string]journal.Incarnation{}, watchers: map[string]map[journal.Incarnation]time.Time{}}
	h.store, _ = s.e.cfg.Store.(journal.Hinter)
	return h
}

// run listens and sends until ctx ends.
func (h *hints) run(ctx context.Context) {
	if h.store == nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { h.store.Listen(ctx, h.s.inc, h.hear) })
	both.Go(func() { h.send(ctx) })
	both.Wait()
}

// count looks how many other servers there are.
func (h *hints) count(ctx context.Context) {
	if h.store == nil {
		return
	}
	n, err := h.store.Others(ctx, h.s.inc)
	if err != nil {
		return // as many as before
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.others = n
}

func (h *hints) alone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.others == 0
}

func (h *hints) tell(hints ...journal.Hint) {
	h.mu.Lock()
	if h.others > 0 && len(h.queue)+len(hints) <= hintsKept {
		h.queue = append(h.queue, hints...)
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// send lets out what waits, and says again what is watched here.
func (h *hints) send(ctx context.Context) {
	again := time.NewTicker(watchAgain)
	defer again.Stop()
	broker := &h.s.e.broker
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		case <-broker.Added():
			h.watch(broker.Runs())
		case <-again.C:
			h.forget()
			h.watch(broker.Runs())
		}
		h.mu.Lock()
		out := h.queue
		h.queue = nil
		h.mu.Unlock()
		if len(out) == 0 {
			continue
		}
		sending, cancel := context.WithTimeout(ctx, time.Second)
		_ = h.store.Hint(sending, h.s.inc, out) // a hint that is lost costs a poll
		cancel()
		pause(ctx, hintGather)
	}
}

// watch tells the owners of runs that somebody looks at them here.
func (h *hints) watch(runs []string) {
	var out []journal.Hint
	for _, run := range runs[:min(len(runs), watchedMost)] {
		out = append(out, journal.Hint{Kind: journal.HintWatched, Run: run})
	}
	h.tell(out...)
}

// hear does what another server hints at.
func (h *hints) hear(hint journal.Hint) {
	switch hint.Kind {
	case journal.HintInbox:
		if hint.ID != "" {
			h.mu.Lock()
			if len(h.askers) < askersKept {
				h.askers[hint.ID] = hint.From
			}
			h.mu.Unlock()
		}
		h.s.poke()
	case journal.HintLeft, journal.HintDeaf:
		h.s.poke()
	case journal.HintSlots:
		h.s.limits.look()
	case journal.HintAnswer:
		h.s.tellAnswer(hint.ID)
	case journal.HintMoved:
		h.s.e.broker.Publish(hint.Run)
	case journal.HintWatched:
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.watchers[hint.Run] == nil {
			h.watchers[hint.Run] = map[journal.Incarnation]time.Time{}
		}
		h.watchers[hint.Run][hint.From] = time.Now().Add(watchKept)
	}
}

// forget drops the watchers that have not said again that they are there, and the askers that nobody needs any more.
func (h *hints) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for run, watchers := range h.watchers {
		maps.DeleteFunc(watchers, func(_ journal.Incarnation, until time.Time) bool { return until.Before(now) })
		if len(watchers) == 0 {
			delete(h.watchers, run)
		}
	}
	if len(h.askers) == askersKept {
		clear(h.askers)
	}
}

// moved tells who looks at a run elsewhere that it has a new transition.
func (h *hints) moved(run string) {
	h.mu.Lock()
	watchers := h.watchers[run]
	if len(watchers) == 0 { // as with nearly every commit
		h.mu.Unlock()
		return
	}
	var out []journal.Hint
	for _, inc := range slices.Sorted(maps.Keys(watchers)) {
		hint := journal.Hint{Kind: journal.HintMoved, To: inc, Run: run}
		if !slices.Contains(h.queue, hint) { // it will look at all there is by then
			out = append(out, hint)
		}
	}
	h.mu.Unlock()
	if len(out) > 0 {
		h.tell(out...)
	}
}

// answered tells who waits for a message's answer elsewhere that it is there.
func (h *hints) answered(id string) {
	h.mu.Lock()
	from, ok := h.askers[id]
	delete(h.askers, id)
	h.mu.Unlock()
	if ok {
		h.tell(journal.Hint{Kind: journal.HintAnswer, To: from, ID: id})
	}
}

// mailed tells the owners of runs that are not in memory here that messages came for them.
func (h *hints) mailed(runs []string) {
	if len(runs) == 0 || h.alone() {
		return
	}
	out := make([]journal.Hint, len(runs))
	for i, run := range runs {
		out[i] = journal.Hint{Kind: journal.HintInbox, Run: run}
	}
	h.tell(out...)
}
