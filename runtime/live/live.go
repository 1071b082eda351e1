// Package live owns who watches which run, and how a watcher follows a run without a gap.
//
// What a watcher gets comes from the journal alone: the broker only says that there is something new. So a hint that is lost, or that another
// server's commit never sends, costs half a second and nothing else.
package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/segno-run/segno/runtime/planner"
)

// Transition is one committed transition of a run.
type Transition struct {
	Seq   int64
	At    time.Time
	Facts []planner.Fact
}

// Source reads committed transitions: those of a run with a sequence number above after, in order, at most limit.
type Source interface {
	Transitions(ctx context.Context, run string, after int64, limit int) ([]Transition, error)
}

// Broker tells watchers that a run has something new. The zero Broker is ready to use.
type Broker struct {
	mu    sync.Mutex
	watch map[string]map[chan struct{}]struct{}
	added chan struct{}
}

// Added says that a run is watched that was not: there is something to read from it once for any number of such runs. One goroutine may listen.
func (b *Broker) Added() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.adds()
}

func (b *Broker) adds() chan struct{} {
	if b.added == nil {
		b.added = make(chan struct{}, 1)
	}
	return b.added
}

// Runs lists the UUIDs of the runs that are watched, in no order.
func (b *Broker) Runs() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.watch))
}

// Publish says that the run with that UUID has a new committed transition. It never blocks.
func (b *Broker) Publish(run string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.watch[run] {
		select {
		case c <- struct{}{}:
		default: // the watcher has an unread hint already
		}
	}
}

// Watch returns a channel of hints, and a function that ends the watch.
func (b *Broker) Watch(run string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watch == nil {
		b.watch = map[string]map[chan struct{}]struct{}{}
	}
	if b.watch[run] == nil {
		b.watch[run] = map[chan struct{}]struct{}{}
		select {
		case b.adds() <- struct{}{}:
		default:
		}
	}
	b.watch[run][c] = struct{}{}
	return c, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watch[run], c)
		if len(b.watch[run]) == 0 {
			delete(b.watch, run)
		}
	}
}

// Watchers counts the watches of all runs.
func (b *Broker) Watchers() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, w := range b.watch {
		n += len(w)
	}
	return n
}

const (
	// poll is how often a watcher looks for what no hint told it of: commits of other servers.
	poll = 500 * time.Millisecond
	page = 500 // transitions a read
)

// Follow calls each for every transition of the run after that sequence number, in order and without gaps, as they are committed, until ctx ends
// or each fails. It returns ctx's error, or each's, or that of the source after it failed to answer.
func (b *Broker) Follow(ctx context.Context, src Source, run string, after int64, each func(Transition) error) error {
	hints, stop := b.Watch(run)
	defer stop()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		for {
			got, err := src.Transitions(ctx, run, after, page)
			if err != nil {
				return fmt.Errorf("following run %s after %d: %w", run, after, err)
			}
			for _, t := range got {
				if err := each(t); err != nil {
					return err
				}
				after = t.Seq
			}
			if len(got) < page {
				break
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hints:
		case <-tick.C:
		}
	}
}
