package runtime

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
)

// Errors that Start and Press give beside those of the store.
var (
	// ErrKeyReused says that the idempotency key has started another run, with another input.
	ErrKeyReused = errors.New("this Idempotency-Key has been used with another input")
	// ErrButtonReused says that the button's ID has been used with another wish.
	ErrButtonReused = errors.New("this Idempotency-Key has been used with another request")
	// ErrUndecided says that the button is safe in the inbox, but that no server has decided it yet.
	ErrUndecided = errors.New("the request is recorded, but no server has decided it yet")
	// ErrUnknown says that the engine stopped, or lost its database, before it knew whether the start is durable.
	ErrUnknown = errors.New("the engine stopped before it knew whether the run was started")
	// ErrUnavailable says that the engine can't write now (starting, stopping, or without its database). Nothing was written.
	ErrUnavailable = errors.New("the engine is not ready: it is starting, stopping, or has lost its database")
)

// Config is what an Engine needs. Store, Replica, Programs and Functions are required.
type Config struct {
	Store     journal.Store
	Replica   string // stable id of this server: one per data directory
	Programs  Programs
	Functions Functions
	Logger    *slog.Logger
	// Retention lists the flows whose finished runs are deleted, and when. It is asked once a minute. Nil: none are.
	Retention func(ctx context.Context) ([]Retention, error)

	// Meter hears what the engine does. Nil: nobody does.
	Meter Meter

	Lease   time.Duration // how long the runs stay ours without a sign of life; default and most 10 s
	Writers int           // default 2
	Poll    time.Duration // how often the inbox and the sleepers are looked at without a hint; default 250 ms
	Drain   time.Duration // how long Close waits for calls in flight; default 1 s
	// Clock is this server's own clock; nil: time.Now. Only what passes between two of its readings counts, which the monotonic clock tells: how it is set does not
	// matter, and neither does that it is set anew.
	Clock  func() time.Time
	Decide time.Duration // how long Press waits for the owner's word; default 10 s
}

func (c *Config) validate() error {
	switch {
	case c.Store == nil, c.Programs == nil, c.Functions == nil:
		return errors.New("runtime: Store, Programs and Functions are required")
	case c.Replica == "":
		return errors.New("runtime: Replica is required")
	case c.Lease > 10*time.Second:
		return fmt.Errorf("runtime: a lease of %s is too long; at most 10s", c.Lease)
	}
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&c.Lease, 10 * time.Second}, {&c.Poll, 250 * time.Millisecond}, {&c.Drain, time.Second}, {&c.Decide, 10 * time.Second}} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Writers <= 0 {
		c.Writers = 2
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Meter == nil {
		c.Meter = deaf{}
	}
	return nil
}

// Engine runs a Core: it gives it a clock, a journal, functions to call and people to answer. It lives through several incarnations: when one
// loses its lease, the next one begins.
type Engine struct {
	cfg    Config
	broker live.Broker
	ids    ids
	values *values
	house  house

	mu      sync.Mutex
	session *session
	ready   chan struct{} // closed after the first takeover
}

// New returns an engine that has not begun. Run it.
func New(cfg Config) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Engine{cfg: cfg, ready: make(chan struct{}), ids: ids{store: cfg.Store}, values: newValues(cfg.Store, cfg.Programs, cfg.Meter.Stored)}, nil
}

// Broker tells watchers of new transitions.
func (e *Engine) Broker() *live.Broker { return &e.broker }

// Ready is closed once the runs of a dead predecessor have been taken up.
func (e *Engine) Ready() <-chan struct{} { return e.ready }

// rejoin is the pause before another incarnation is tried when the database does not answer.
const rejoin = 300 * time.Millisecond

// Run owns runs until ctx ends, then lets calls in flight finish for a moment, writes what is decided, and leaves. It returns nil.
func (e *Engine) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		s, err := e.join(ctx)
		if err != nil {
			if ctx.Err() == nil {
				e.cfg.Logger.Warn("the engine can't join the database", "error", err)
			}
			pause(ctx, rejoin)
			continue
		}
		e.set(s)
		err = s.run(ctx)
		e.set(nil)
		if err != nil && ctx.Err() == nil {
			e.cfg.Meter.LostLease()
			e.cfg.Logger.Warn("the engine lost its lease and begins again", "incarnation", int64(s.inc), "error", err)
			pause(ctx, rejoin)
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (e *Engine) set(s *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.session = s
}

func (e *Engine) current() *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.session
}

// Start begins a run and returns once it is durable. created is false when the key had started it before.
func (e *Engine) Start(ctx context.Context, req StartRequest) (id string, created bool, err error) {
	s := e.current()
	if s == nil {
		return "", false, ErrUnavailable
	}
	program, err := e.cfg.Programs.Program(ctx, req.Flow, req.Version)
	if err != nil {
		return "", false, fmt.Errorf("starting %s version %d: %w", req.Flow, req.Version, err)
	}
	fresh, err := uuid.NewV7()
	if err != nil {
		return "", false, err
	}
	id = fresh.String()
	if req.Key != "" {
		sum := sha256.Sum256(req.Input)
		bound, input, err := e.cfg.Store.ReserveStart(ctx, req.Flow, req.Key, id, sum[:])
		if err != nil {
			return "", false, err
		}
		if string(input) != string(sum[:]) {
			return "", false, ErrKeyReused
		}
		if bound != id {
			if _, err := e.cfg.Store.Find(ctx, bound); !errors.Is(err, journal.ErrNoRun) {
				return bound, false, err
			}
			id = bound // reserved by a request that did not live to start it
		}
	}
	run, err := e.ids.next(ctx)
	if err != nil {
		return "", false, err
	}
	begun := make(chan error, 1)
	s.waitBegun(run, begun)
	if req.Committed != nil {
		s.watch(run, req.Committed)
	}
	s.mail.put(Begin{run, program, &planner.Start{ID: id, Version: req.Version, Input: req.Input, By: req.By}})
	select {
	case err = <-begun:
	case <-s.over:
		err = ErrUnknown
		select {
		case err = <-begun:
		default:
		}
	case <-ctx.Done():
		s.waitBegun(run, nil)
		err = ctx.Err()
	}
	if errors.Is(err, journal.ErrClosed) || errors.Is(err, journal.ErrFenced) {
		err = fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if err != nil {
		s.watch(run, nil)
	}
	var bad *journal.BatchError
	if errors.As(err, &bad) && req.Key != "" {
		if _, found := e.cfg.Store.Find(ctx, id); found == nil { // another server used the key at the same moment
			return id, false, nil
		}
	}
	if err != nil {
		return "", false, err
	}
	return id, true, nil
}

// Started looks whether the key has started a run of the flow. ok is false if it has not, or not yet. ErrKeyReused if that was with another input.
func (e *Engine) Started(ctx context.Context, flow, key string, input []byte) (id string, ok bool, err error) {
	id, was, ok, err := e.cfg.Store.Reserved(ctx, flow, key)
	if err != nil || !ok {
		return "", false, err
	}
	if sum := sha256.Sum256(input); string(was) != string(sum[:]) {
		return "", false, ErrKeyReused
	}
	switch _, err := e.cfg.Store.Find(ctx, id); {
	case errors.Is(err, journal.ErrNoRun): // reserved by a request that did not live to start it
		return "", false, nil
	case err != nil:
		return "", false, err
	}
	return id, true, nil
}

// Press puts a button into the run's inbox and waits for its owner's word: nil, a *planner.Refusal, journal.ErrNoRun, ErrButtonReused, or ErrUndecided.
func (e *Engine) Press(ctx context.Context, runID string, b Button) error {
	run, err := e.cfg.Store.Find(ctx, runID)
	if err != nil {
		return err
	}
	given := b.ID != ""
	if !given {
		b.ID = uuid.NewString()
	}
	body, err := EncodeButton(b)
	if err != nil {
		return err
	}
	answered := make(chan struct{}, 1)
	if s := e.current(); s != nil {
		s.waitAnswer(b.ID, answered)
		defer s.waitAnswer(b.ID, nil)
	}
	if err := e.cfg.Store.Post(ctx, journal.Message{ID: b.ID, Run: run, Kind: string(b.Kind), Body: body}); err != nil {
		return err
	}
	if given {
		was, err := e.cfg.Store.Posted(ctx, b.ID)
		if err != nil {
			return err
		}
		if !sameWish(was.Body, body) {
			return ErrButtonReused
		}
	}
	if s := e.current(); s != nil {
		s.poke()
		s.hints.tell(journal.Hint{Kind: journal.HintInbox, Run: runID, ID: b.ID})
	}
	return e.decided(ctx, b.ID, answered)
}

// decided waits for a message's answer. The store is the truth: the owner may be another server.
func (e *Engine) decided(ctx context.Context, id string, hint <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.Decide)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		answer, ok, err := e.cfg.Store.Answer(ctx, id)
		switch {
		case ok:
			return decodeAnswer(answer)
		case err != nil && ctx.Err() == nil:
			return err
		}
		select {
		case <-ctx.Done():
			return ErrUndecided
		case <-hint:
		case <-tick.C:
		}
	}
}

// ids hands out run numbers from blocks.
type ids struct {
	store journal.Store
	mu    sync.Mutex
	first int64
	left  int64
}

// idBlock is how many run numbers are reserved at once: few enough to waste, many enough not to cost a statement a run.
const idBlock = 1000

func (i *ids) next(ctx context.Context) (int64, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.left == 0 {
		first, err := i.store.ReserveIDs(ctx, idBlock)
		if err != nil {
			return 0, err
		}
		i.first, i.left = first, idBlock
	}
	id := i.first
	i.first, i.left = id+1, i.left-1
	return id, nil
}
