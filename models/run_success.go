package models

import "context"

// successLooked is how many runs of a flow are read at most to find one that succeeded.
const successLooked = 20_000

// LastSuccess returns the newest run of r's flow that was started before r and succeeded. ErrNotFound if there is none, or none among the last 20,000.
func (db *DB) LastSuccess(ctx context.Context, r Run) (Run, error) {
	var found Run
	err := db.on(ctx).Raw(`SELECT * FROM (SELECT * FROM runs WHERE flow = ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?) before
		WHERE status = 'succeeded' ORDER BY created_at DESC, id DESC LIMIT 1`, r.Flow, r.CreatedAt, r.ID, successLooked).Take(&found).Error
	return found, wrap(err, "finding the last success of %q", r.Flow)
}
