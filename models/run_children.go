package models

import (
	"context"
)

// Descendant is a run that goes on below another one: its child, or one of those that the child has started.
type Descendant struct {
	Run       `gorm:"embedded"`
	ChildStep string // the step of the run above that started it, or the run between them
	ChildItem int    // its item; -1 outside a for_each
	Depth     int    // 1: a child
}

// maxDepth is how many runs may stand below one another. The checker allows fewer.
const maxDepth = 8

// Descendants lists the runs below a run that have not ended, at most limit of them: first those that wait for a person, then those that retry, then
// those that are paused, then what waits for a time or a signal, and among equals the oldest.
func (db *DB) Descendants(ctx context.Context, run string, limit int) ([]Descendant, error) {
	var found []Descendant
	err := db.on(ctx).Raw(`WITH RECURSIVE below AS (
 SELECT r.*, r.parent_step AS child_step, r.parent_item AS child_item, 1 AS depth FROM runs r WHERE r.parent = ? AND r.ended_at IS NULL
 UNION ALL
 SELECT r.*, b.child_step, b.child_item, b.depth + 1 FROM below b JOIN runs r ON r.parent = b.uuid AND r.ended_at IS NULL WHERE b.depth < ?)
SELECT * FROM below ORDER BY CASE WHEN needs = 'person' OR status = 'uncertain' THEN 0 WHEN needs = 'retry' THEN 1 WHEN status = 'paused' THEN 2 WHEN status = 'waiting' THEN 3 ELSE 4 END, id LIMIT ?`,
		run, maxDepth, limit).Scan(&found).Error
	for i := range found {
		_ = found[i].AfterFind(nil) // Scan runs no hooks
	}
	return found, wrap(err, "listing the runs below %s", run)
}
