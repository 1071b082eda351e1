package models

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// Run is what the lists know of a run. The journal writes it; here it is only read.
type Run struct {
	ID        int64  `gorm:"primaryKey"` // the journal's number
	UUID      string `gorm:"column:uuid"`
	Flow      string
	Version   int
	Status    string
	Needs     string     // what it waits for that its status does not say: person, retry, or nothing
	Reader    int        // the lowest reader version that understands its history
	Owner     *int64     // the incarnation that has it in memory; nil: asleep or over
	WakeAt    *time.Time // when a sleeping run is due
	CreatedAt time.Time
	UpdatedAt time.Time  // when the status last changed
	EndedAt   *time.Time // nil: not over
	Class     string     // of its failure, "" without one
	Step      string     // that failed
	Message   string     // of the failure

	Fingerprint string `gorm:"->"` // of the failure: those that differ in numbers, ids and quoted values alone share it; "" without one

	Parent     *string `gorm:"column:parent"` // UUID of the run that started it; nil: none did
	ParentStep string  // the step of that run
	ParentItem int     // its item; -1 outside a for_each
}

// TableName implements GORM's Tabler.
func (Run) TableName() string { return "runs" }

// AfterFind implements a hook of GORM.
func (r *Run) AfterFind(*gorm.DB) error {
	utc(&r.CreatedAt, &r.UpdatedAt, r.WakeAt, r.EndedAt)
	return nil
}

// Run returns the run with that UUID in its canonical form of 36 characters. ErrNotFound, also for what is no UUID.
func (db *DB) Run(ctx context.Context, id string) (Run, error) {
	var r Run
	if len(id) != 36 || uuid.Validate(id) != nil {
		return r, wrap(ErrNotFound, "reading run %q", id)
	}
	err := db.on(ctx).Where("uuid = ?", id).Take(&r).Error
	return r, wrap(err, "reading run %q", id)
}

// Event is one committed transition of a run.
type Event struct {
	Seq   int64
	At    time.Time
	Facts []byte // as the planner wrote them
}

// AfterFind implements a hook of GORM.
func (e *Event) AfterFind(*gorm.DB) error {
	utc(&e.At)
	return nil
}

// Events lists the transitions of a run whose Seq is greater than after, in order, at most limit (0: all). An unknown run has none.
func (db *DB) Events(ctx context.Context, run, after int64, limit int) ([]Event, error) {
	q := db.on(ctx).Table("journal").Select("seq, at, facts").Where("run = ? AND seq > ?", run, after).Order("seq")
	if limit > 0 {
		q = q.Limit(limit)
	}
	var events []Event
	err := q.Find(&events).Error
	return events, wrap(err, "reading the events of run %d after %d", run, after)
}

// EventsAt lists the transitions of a run that have these numbers, in order.
func (db *DB) EventsAt(ctx context.Context, run int64, seqs []int64) ([]Event, error) {
	var events []Event
	if len(seqs) == 0 {
		return nil, nil
	}
	err := db.on(ctx).Table("journal").Select("seq, at, facts").Where("run = ? AND seq IN ?", run, seqs).Order("seq").Find(&events).Error
	return events, wrap(err, "reading transitions %v of run %d", seqs, run)
}

// VersionCount is a number of runs of one version.
type VersionCount struct {
	Version, N int
}

// RunsByVersion counts the runs of a flow whose status is none of those, by version, the newest first.
func (db *DB) RunsByVersion(ctx context.Context, flow string, but []string) ([]VersionCount, error) {
	var out []VersionCount
	if !storable(flow) {
		return nil, nil
	}
	err := db.on(ctx).Model(&Run{}).Select("version, count(*) AS n").Where("flow = ? AND status NOT IN ?", flow, but).Group("version").Order("version DESC").Scan(&out).Error
	return out, wrap(err, "counting the runs of %q", flow)
}
