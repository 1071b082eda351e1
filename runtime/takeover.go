package runtime

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

// takeoverTime bounds a takeover: a server that dies with very many runs in memory leaves a long one. The lease is renewed meanwhile.
const takeoverTime = time.Minute

// takeFirst takes over what a dead predecessor left, and keeps the lease until it has.
func (s *session) takeFirst(ctx context.Context) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, takeoverTime)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		tick := time.NewTicker(s.e.cfg.Lease / 5)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				attempt, done := context.WithTimeout(ctx, s.e.cfg.Lease/4)
				_ = s.renew(attempt) // whoever takes our lease is met soon enough
				done()
			}
		}
	})
	runs, err := s.e.cfg.Store.Takeover(ctx, s.inc, s.e.cfg.Replica)
	cancel()
	renewing.Wait()
	return runs, err
}

// takeOthers takes over what other servers lost, and counts those that are left.
func (s *session) takeOthers(ctx context.Context) {
	tick := time.NewTicker(s.e.cfg.Lease / 5)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		attempt, cancel := context.WithTimeout(ctx, takeoverTime)
		runs, err := s.e.cfg.Store.Takeover(attempt, s.inc, s.e.cfg.Replica)
		switch {
		case err != nil:
			s.unsure.Store(true)
			if ctx.Err() == nil && !errors.Is(err, journal.ErrFenced) { // of a fence the lease's keeper says it
				s.e.cfg.Logger.Warn("what other servers lost could not be taken over; it is tried again", "error", err)
			}
		case len(runs) > 0:
			s.e.cfg.Meter.TookOver(len(runs))
			s.mail.put(Adopt{Runs: runs})
		}
		s.hints.count(attempt)
		cancel()
	}
}

// lapse has the lease end now, for a server that can't hand its runs over: others take them at their next look.
func (s *session) lapse() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second/2)
	defer cancel()
	_, _ = s.e.cfg.Store.Renew(ctx, s.inc, -time.Second) // else it ends a lease later
}
