package runtime

import (
	"context"
	"time"
)

// How often a server looks for payloads that nothing refers to, how long one may wait for the transition that it was stored for, and how many are deleted
// at once.
const (
	sweepEvery = 10 * time.Minute
	sweepGrace = time.Hour
	sweepBatch = 20
)

// keepHouse deletes what nobody needs any more, now and then, in pieces that hinder nobody.
func (s *session) keepHouse(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.sweep(ctx)
	}
}

// sweep deletes the payloads that no transition refers to. Servers that do so at the same time take different ones.
func (s *session) sweep(ctx context.Context) {
	for total, n := int64(0), sweepBatch; n == sweepBatch; {
		var size int64
		var err error
		if n, size, err = s.e.cfg.Store.SweepPayloads(ctx, sweepGrace, sweepBatch); err != nil {
			if ctx.Err() == nil {
				s.e.cfg.Logger.Warn("payloads could not be swept; they are later", "err", err)
			}
			return
		}
		if total += size; n > 0 && n < sweepBatch {
			s.e.cfg.Logger.Info("payloads that nothing refers to were deleted", "bytes", total)
		}
		if n == sweepBatch {
			pause(ctx, 100*time.Millisecond)
		}
	}
}
