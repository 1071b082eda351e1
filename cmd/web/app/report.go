package app

import (
	"context"
	"os"
	"time"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/planner"
)

// reportEvery is how often a server says how it does, for the page of servers.
const reportEvery = 3 * time.Second

// report says so until ctx ends. It is for people: what can't be said now is said in a moment, and nothing waits for it.
func (a *App) report(ctx context.Context, db *models.DB, running func() map[string]int) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	r := models.ReplicaReport{Host: host, Addr: a.listener.Addr().String(), Release: release(), Reader: planner.Reader, Since: time.Now()}
	select {
	case <-a.engine.Ready():
	case <-ctx.Done():
		return
	}
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		if held := a.engine.Held(); held.Incarnation != 0 {
			calls, open := 0, 0
			for _, n := range running() {
				calls += n
			}
			for _, n := range held.Calls {
				open += n
			}
			r.Incarnation, r.Runs, r.Events, r.Transitions, r.Late = held.Incarnation, held.Runs, held.Events, held.Transitions, held.Late
			r.Calls, r.Queued = calls, max(0, open-calls)
			attempt, cancel := context.WithTimeout(ctx, reportEvery)
			if err := db.Report(attempt, r); err != nil && ctx.Err() == nil {
				a.log.Debug("what this server holds could not be said", "error", err)
			}
			cancel()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
