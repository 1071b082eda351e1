package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

const (
	// bulkEvery is how often a server looks for runs to retry without having been told of any.
	bulkEvery = time.Second
	// bulkHold is how long the runs that a server has taken are its own. If it is killed, another one takes them after that.
	bulkHold = 30 * time.Second
	// bulkBatch is how many runs it takes at a time: few, so that servers share, and that few have their turn after a stop.
	bulkBatch = 16
	// bulkLook is at how many retried runs under way it looks each time, whether they have ended: some milliseconds of the database, however many there are.
	bulkLook = 2000
)

// WorkBulk retries what bulk retries wait for, and records how that ended, beside the other servers on the database, until ctx ends. A run is retried by a
// button whose id follows from the bulk and the run, so it is pressed once whoever is killed in between.
func (s *Server) WorkBulk(ctx context.Context) {
	var ends sync.WaitGroup
	defer ends.Wait()
	ends.Go(func() { s.endBulks(ctx) })
	tick := time.NewTicker(bulkEvery)
	defer tick.Stop()
	for {
		tasks, err := s.DB.TakeBulk(ctx, bulkBatch, bulkHold)
		if err != nil && ctx.Err() == nil && !models.Away(err) {
			s.Logger.Warn("runs of bulk retries could not be taken", "error", err)
		}
		for _, t := range tasks {
			if !s.retryOne(ctx, t) {
				tasks = nil // the engine is away: what was taken is taken again when the hold is over
				break
			}
		}
		if len(tasks) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.bulkPokes:
		case <-tick.C:
		}
	}
}

// endBulks records how retried runs have ended, round after round.
func (s *Server) endBulks(ctx context.Context) {
	tick := time.NewTicker(bulkEvery)
	defer tick.Stop()
	var last models.BulkPlace
	for {
		var err error
		if last, err = s.DB.EndBulk(ctx, last, bulkLook); err != nil && ctx.Err() == nil && !models.Away(err) {
			s.Logger.Warn("how the runs of bulk retries ended could not be recorded", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// pokeBulk has this server look at once.
func (s *Server) pokeBulk() {
	select {
	case s.bulkPokes <- struct{}{}:
	default:
	}
}

// retryOne retries one run and records what came of it. It reports whether the next one is worth trying.
func (s *Server) retryOne(ctx context.Context, t models.BulkTask) bool {
	state, why, err := s.retryTask(ctx, t)
	if err != nil && !passing(ctx, err) {
		s.Logger.Error("a run of a bulk retry could not be retried", "run", t.Run, "bulk", t.Bulk, "error", err)
		state, why, err = "refused", "the server could not retry it; its log has the cause", nil
	}
	if err == nil {
		err = s.DB.SettleBulk(ctx, t, state, why)
	}
	if err != nil && ctx.Err() == nil {
		s.Logger.Warn("a run of a bulk retry waits: its owner, the engine or the database is away", "run", t.Run, "bulk", t.Bulk, "error", err)
	}
	return err == nil || errors.Is(err, runtime.ErrUndecided) // nobody decides this one, which says nothing of the others
}

func (s *Server) retryTask(ctx context.Context, t models.BulkTask) (state, why string, err error) {
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte("bulk/"+t.Bulk+"/"+t.Run)).String()
	fits, text, _, err := s.foretell(ctx, t.Run, t.Version)
	var no *Error
	switch {
	case errors.As(err, &no) && no.Code == CodeNotFound:
		return "refused", "it has been deleted", nil
	case err != nil:
		return "", "", err
	}
	// A plan that does not fit may be that of a run that we have retried before we were killed: the button's own answer counts.
	button := runtime.Button{ID: id, Kind: runtime.ButtonRetry, By: t.Actor, Version: t.Version}
	err = s.Runs.Press(ctx, t.Run, button)
	var refusal *planner.Refusal
	switch {
	case err == nil:
		return "retried", "", nil
	case errors.Is(err, runtime.ErrNoRun):
		return "refused", "it has been deleted", nil
	case errors.As(err, &refusal):
		if !fits {
			return "refused", text, nil // in the words of the plan that the person saw
		}
		return "refused", refusal.Error(), nil
	}
	return "", "", err
}

// passing reports whether trying again could help.
func passing(ctx context.Context, err error) bool {
	return ctx.Err() != nil || models.Away(err) || errors.Is(err, runtime.ErrUndecided) || errors.Is(err, runtime.ErrUnavailable) || errors.Is(err, runtime.ErrUnknown)
}
