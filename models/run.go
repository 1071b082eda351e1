package models

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// ErrCursor says that a cursor was not made by Runs.
var ErrCursor = errors.New("not a cursor of this list")

// Run is what the lists know of a run. The journal writes it; here it is only read.
type Run struct {
	ID        int64  `gorm:"primaryKey"` // the journal's number
	UUID      string `gorm:"column:uuid"`
	Flow      string
	Version   int
	Status    string
	Owner     *int64     // the incarnation that has it in memory; nil: asleep or over
	WakeAt    *time.Time // when a sleeping run is due
	CreatedAt time.Time
	UpdatedAt time.Time  // when the status last changed
	EndedAt   *time.Time // nil: not over
	Class     string     // of its failure, "" without one
	Step      string     // that failed
	Message   string     // of the failure

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

// RunFilter chooses runs.
type RunFilter struct {
	Flow     string   // "": all
	Statuses []string // none: all
	Q        string   // the beginning of the run's UUID, or part of its failure's message, in any case; "": all
	After    string   // the cursor that the page before returned; "": from the newest
	Limit    int      // at most; 1 to 1000, default 50
}

// Runs lists runs, the newest first. next is the cursor of the page after this one, "" at the end. ErrCursor.
func (db *DB) Runs(ctx context.Context, f RunFilter) (runs []Run, next string, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 1000)
	q := db.on(ctx).Order("created_at DESC, id DESC").Limit(f.Limit + 1)
	if f.Flow != "" {
		q = q.Where("flow = ?", clean(f.Flow))
	}
	if len(f.Statuses) > 0 {
		var statuses []string
		for _, s := range f.Statuses {
			statuses = append(statuses, clean(s))
		}
		q = q.Where("status IN ?", statuses)
	}
	q = withText(q, f.Q)
	if f.After != "" {
		at, id, err := parseCursor(f.After)
		if err != nil {
			return nil, "", wrap(err, "listing runs after %q", f.After)
		}
		q = q.Where("(created_at, id) < (?, ?)", at, id)
	}
	if err := q.Find(&runs).Error; err != nil {
		return nil, "", wrap(err, "listing runs")
	}
	if len(runs) > f.Limit {
		runs = runs[:f.Limit]
		next = cursor(runs[f.Limit-1])
	}
	return runs, next, nil
}

// withText narrows a query to the runs that RunFilter.Q means.
func withText(q *gorm.DB, text string) *gorm.DB {
	if text = strings.TrimSpace(clean(text)); text == "" {
		return q
	}
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
	if from, to, ok := uuidRange(text); ok {
		return q.Where("(uuid BETWEEN ? AND ? OR message ILIKE ?)", from, to, like)
	}
	return q.Where("message ILIKE ?", like)
}

// uuidRange turns the beginning of a UUID into the first and the last that begin so. ok is false when no UUID does.
func uuidRange(prefix string) (from, to string, ok bool) {
	const low, high = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
	if len(prefix) > len(low) {
		return "", "", false
	}
	from, to = prefix+low[len(prefix):], prefix+high[len(prefix):]
	return from, to, uuid.Validate(from) == nil
}

// A cursor is the place of the last run of a page: when it began in microseconds, and its number.
func cursor(r Run) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %d", r.CreatedAt.UnixMicro(), r.ID))
}

func parseCursor(s string) (at time.Time, id int64, err error) {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return at, 0, ErrCursor
	}
	var micros int64
	if _, err := fmt.Sscanf(string(text), "%d %d", &micros, &id); err != nil {
		return at, 0, ErrCursor
	}
	at = time.UnixMicro(micros).UTC()
	if y := at.Year(); y < 1 || y > 9999 {
		return at, 0, ErrCursor
	}
	return at, id, nil
}

// RunCounts counts runs by flow and status: those that text means as RunFilter.Q does, all with "".
func (db *DB) RunCounts(ctx context.Context, text string) (map[string]map[string]int, error) {
	var rows []struct {
		Flow, Status string
		N            int
	}
	if err := withText(db.on(ctx).Model(&Run{}), text).Select("flow, status, count(*) AS n").Group("flow, status").Scan(&rows).Error; err != nil {
		return nil, wrap(err, "counting runs")
	}
	counts := map[string]map[string]int{}
	for _, r := range rows {
		if counts[r.Flow] == nil {
			counts[r.Flow] = map[string]int{}
		}
		counts[r.Flow][r.Status] = r.N
	}
	return counts, nil
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
