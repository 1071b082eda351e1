package models

import (
	"context"
	"time"
)

// FunctionWait says that calls of a function wait for their turn on the server that owns a run.
type FunctionWait struct {
	Function string
	Waiting  int        // calls there that have not begun
	Since    *time.Time // when the oldest of them came; nil: not known
	Slots    int        // that all servers have together
	Others   int        // other servers that call it, or wait to
}

// FunctionWaits lists the functions of which calls wait on the server that owns the run, as it said last, which is seldom more than a second ago.
func (db *DB) FunctionWaits(ctx context.Context, run int64) ([]FunctionWait, error) {
	var waits []FunctionWait
	err := db.on(ctx).Raw(`SELECT s.function, s.waiting, s.since, sum(a.slots)::int AS slots, (count(*) - 1)::int AS others
		FROM runs r JOIN function_shares s ON s.incarnation = r.owner JOIN function_shares a ON a.function = s.function
		WHERE r.id = ? AND s.waiting > 0 GROUP BY s.function, s.waiting, s.since ORDER BY s.function`, run).Scan(&waits).Error
	for i := range waits {
		utc(waits[i].Since)
	}
	return waits, wrap(err, "reading what run %d waits for", run)
}
