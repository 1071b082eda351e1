package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed says that the journal was closed before the transition was known to be durable.
var ErrClosed = errors.New("journal: closed")

// ErrAfterRefused says that an earlier transition of the same run was refused, so that this one would leave a gap. Nothing was written.
var ErrAfterRefused = errors.New("journal: an earlier transition of this run was refused")

// Config tunes the group commit.
type Config struct {
	// Writers is the number of connections that may commit at the same time, each other runs. It must be the number that the incarnation joined
	// with. Default 2.
	Writers int
	// MaxBatch bounds the transitions of one commit. Default 200.
	MaxBatch int
	// MaxBytes bounds the facts of one commit; a single larger transition goes alone. Default 8 MiB.
	MaxBytes int
	// Patience is how long less than MaxBatch waits for a commit that is in flight, and with it for what else comes, before another
	// writer begins one beside it. Default 5 ms.
	Patience time.Duration
	// RetryBackoff is the wait after the first failed append, doubled up to MaxBackoff. Defaults 20 ms and 1 s.
	RetryBackoff, MaxBackoff time.Duration
	// AppendTimeout ends an append that gives no answer; its outcome is then unknown, and it is tried again. Default 15 s.
	AppendTimeout time.Duration
	// Observe is told of each append, from the writers' goroutines, before anybody hears what became of it; it must not block. Default: nobody.
	Observe func(Batch)
	// Logger hears of failed appends and of refused transitions. Default: nobody.
	Logger *slog.Logger
}

func (c *Config) setDefaults() {
	setDefault(&c.Writers, 2)
	setDefault(&c.MaxBatch, 200)
	setDefault(&c.MaxBytes, 8<<20)
	setDefault(&c.Patience, 5*time.Millisecond)
	setDefault(&c.RetryBackoff, 20*time.Millisecond)
	setDefault(&c.MaxBackoff, time.Second)
	setDefault(&c.AppendTimeout, 15*time.Second)
	if c.Observe == nil {
		c.Observe = func(Batch) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Batch is one append: an attempt at a commit.
type Batch struct {
	Transitions int
	Took        time.Duration
	Err         error // nil: committed; ErrFenced: refused, for good
}

// Stats counts since New.
type Stats struct {
	Appends     int64 // commits, repeated ones included
	Transitions int64 // known to be durable
}

// Journal is the group commit in front of a Store: while one commit is in flight, the next batch gathers. It adds no delay of its own.
type Journal struct {
	store   Store
	inc     Incarnation
	cfg     Config
	ctx     context.Context // ends when Close gives up waiting
	giveUp  context.CancelFunc
	fenced  atomic.Bool
	queue   *queue
	running sync.WaitGroup

	appends, transitions atomic.Int64
}

// New starts the writers of an incarnation. Close stops them.
func New(store Store, inc Incarnation, cfg Config) *Journal {
	cfg.setDefaults()
	j := &Journal{store: store, inc: inc, cfg: cfg}
	j.ctx, j.giveUp = context.WithCancel(context.Background())
	j.queue = newQueue(&j.cfg)
	for i := range cfg.Writers {
		w := &writer{j: j, number: i}
		j.running.Go(w.loop)
	}
	return j
}

// Submit hands a transition in and returns at once. Transitions of one run become durable in the order in which they were submitted.
//
// done is called once, from a writer's goroutine, and must not block: with nil after the commit; ErrFenced when the incarnation has lost its
// runs; ErrClosed; ErrAfterRefused; or the store's error when it can't hold the transition. After a refusal the run goes on with another
// transition of the refused Seq. After Close, done is called before Submit returns. Facts and all else in t must not change any more.
func (j *Journal) Submit(t Transition, done func(error)) {
	if !j.queue.put(&item{t, done}) {
		done(ErrClosed)
	}
}

// Close takes no more transitions, waits until all that were submitted are durable or answered, and stops the writers. When ctx ends first, what
// is left is answered with ErrClosed, whatever became of it; Close then returns ctx's error.
func (j *Journal) Close(ctx context.Context) error {
	j.queue.close()
	stop := context.AfterFunc(ctx, j.giveUp)
	j.running.Wait()
	stop()
	defer j.giveUp()
	if j.ctx.Err() != nil && ctx.Err() != nil {
		return fmt.Errorf("journal: closing: %w", ctx.Err())
	}
	return nil
}

// Fenced reports whether the incarnation has lost its runs.
func (j *Journal) Fenced() bool { return j.fenced.Load() }

// Waiting is how many transitions have been submitted and are in no commit yet.
func (j *Journal) Waiting() int {
	return j.queue.waiting()
}

// Stats returns the counters so far.
func (j *Journal) Stats() Stats {
	return Stats{Appends: j.appends.Load(), Transitions: j.transitions.Load()}
}
