package models

import (
	"context"

	"github.com/google/uuid"
)

// TopLevel is RunFilter.Parent for the runs that no other run started.
const TopLevel = "none"

// The runs above those that wait for a person, up to the first; in leaves each with one of them.
const (
	waitingAbove = `WITH RECURSIVE above (run) AS (
	SELECT DISTINCT parent FROM runs WHERE needs = 'person' AND parent IS NOT NULL
	UNION SELECT r.parent FROM runs r JOIN above a ON r.uuid = a.run WHERE r.parent IS NOT NULL)
	SELECT run FROM above`
	leaves = `WITH RECURSIVE above (run, leaf) AS (
	SELECT parent, max(uuid::text) FROM runs WHERE needs = 'person' AND parent IS NOT NULL GROUP BY parent
	UNION SELECT r.parent, a.leaf FROM runs r JOIN above a ON r.uuid = a.run WHERE r.parent IS NOT NULL)
	SELECT run, leaf FROM above`
)

// WaitingBelow says which of these runs, given by their UUIDs, have not ended and stand above one that waits for a person: that one's UUID.
func (db *DB) WaitingBelow(ctx context.Context, ids []string) (map[string]string, error) {
	var valid []string
	for _, id := range ids {
		if len(id) == 36 && uuid.Validate(id) == nil {
			valid = append(valid, id)
		}
	}
	if len(valid) == 0 {
		return nil, nil
	}
	var rows []struct{ Run, Leaf string }
	err := db.on(ctx).Raw(`SELECT w.run::text AS run, max(w.leaf) AS leaf FROM (`+leaves+`) AS w JOIN runs r ON r.uuid = w.run
		WHERE r.uuid IN ? AND r.ended_at IS NULL GROUP BY w.run`, valid).Scan(&rows).Error
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Run] = r.Leaf
	}
	return out, wrap(err, "looking for what %d runs wait for below them", len(ids))
}
