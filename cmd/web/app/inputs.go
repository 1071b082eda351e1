package app

import (
	"context"
	"time"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
)

// inputsBatch is how many runs' inputs are read at a time: some megabytes at the most, and a moment's work.
const inputsBatch = 100

// readInputs has the runs found by their inputs that were there before inputs were kept. It ends when all are, or with ctx.
func (a *App) readInputs(ctx context.Context, db *models.DB) {
	wait := time.Millisecond
	for more := true; more; {
		var err error
		if more, err = db.ReadInputs(ctx, inputsBatch, runtime.KeysOf); err != nil {
			if ctx.Err() != nil {
				return
			}
			a.log.Warn("the inputs of old runs could not be read; trying again", "error", err)
			more, wait = true, min(2*wait, time.Minute)
		} else {
			wait = time.Millisecond
		}
		select {
		case <-time.After(wait): // others use the database as well
		case <-ctx.Done():
			return
		}
	}
}
