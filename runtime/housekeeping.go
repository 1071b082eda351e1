package runtime

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

// How often a server looks for what nobody needs any more, how long a payload may wait for the transition that it was stored for, and how much is deleted
// at once. After each piece it rests for as long as the piece took, and a moment.
const (
	houseEvery  = time.Minute
	sweepEvery  = 10 // looks
	sweepGrace  = time.Hour
	sweepBatch  = 20
	expireBatch = 100  // runs that no other run started
	clearBatch  = 2000 // rows
	leastRest   = 20 * time.Millisecond
)

// Retention says which finished runs of a flow may be deleted.
type Retention = journal.Retention

// House counts what this server has deleted since it started.
type House struct {
	Runs     int64 // those that no other run started
	Rows     int64 // of histories
	Payloads int64
	Bytes    int64     // of payloads
	Failed   int64     // times that it had to give up until later
	Looked   time.Time // when it last did all that there was to do; zero: not yet
}

type house struct {
	runs, rows, payloads, bytes, failed atomic.Int64
	looked                              atomic.Pointer[time.Time]
}

// House returns what was deleted so far.
func (e *Engine) House() House {
	h := &e.house
	house := House{Runs: h.runs.Load(), Rows: h.rows.Load(), Payloads: h.payloads.Load(), Bytes: h.bytes.Load(), Failed: h.failed.Load()}
	if at := h.looked.Load(); at != nil {
		house.Looked = *at
	}
	return house
}

// keepHouse deletes what nobody needs any more, now and then, in pieces that hinder nobody.
func (s *session) keepHouse(ctx context.Context) {
	tick := time.NewTicker(houseEvery)
	defer tick.Stop()
	for look := 1; ; look++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		failed := s.e.house.failed.Load()
		s.expire(ctx)
		if look%sweepEvery == 0 {
			s.sweep(ctx)
		}
		if now := time.Now(); ctx.Err() == nil && s.e.house.failed.Load() == failed {
			s.e.house.looked.Store(&now)
		}
	}
}

// piecemeal does something again and again until it did nothing, or failed.
func (s *session) piecemeal(ctx context.Context, what string, do func() (n int, err error)) {
	for {
		began := time.Now()
		n, err := do()
		if err != nil && ctx.Err() == nil {
			s.e.house.failed.Add(1)
			s.e.cfg.Logger.Warn("house-keeping goes on later", "what", what, "error", err)
		}
		if err != nil || n == 0 {
			return
		}
		pause(ctx, max(leastRest, time.Since(began)))
	}
}

// expire deletes the finished runs that their flows do not keep. Servers that do so at the same time take different ones.
func (s *session) expire(ctx context.Context) {
	store, house := s.e.cfg.Store, &s.e.house
	if s.e.cfg.Retention != nil {
		flows, err := s.e.cfg.Retention(ctx)
		if err != nil && ctx.Err() == nil {
			s.e.house.failed.Add(1)
			s.e.cfg.Logger.Warn("house-keeping goes on later", "what", "reading how long runs are kept", "error", err)
		}
		for _, r := range flows {
			gone := 0
			s.piecemeal(ctx, "deleting finished runs of "+r.Flow, func() (int, error) {
				n, err := store.Expire(ctx, r, expireBatch)
				gone += n
				house.runs.Add(int64(n))
				return n, err
			})
			if gone > 0 {
				s.e.cfg.Logger.Info("finished runs were deleted, as their flow says", "flow", r.Flow, "runs", gone)
			}
		}
	}
	s.piecemeal(ctx, "deleting histories", func() (int, error) {
		n, err := store.Clear(ctx, clearBatch)
		house.rows.Add(int64(n))
		return n, err
	})
}

// sweep deletes the payloads that no transition refers to.
func (s *session) sweep(ctx context.Context) {
	house := &s.e.house
	s.piecemeal(ctx, "deleting payloads", func() (int, error) {
		n, size, err := s.e.cfg.Store.SweepPayloads(ctx, sweepGrace, sweepBatch)
		house.payloads.Add(int64(n))
		house.bytes.Add(size)
		return n, err
	})
}
