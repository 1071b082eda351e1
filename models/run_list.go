package models

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// ErrCursor says that a cursor was not made by Runs.
var ErrCursor = errors.New("not a cursor of this list")

// RunFilter chooses runs. What is zero chooses all.
type RunFilter struct {
	Flow        string
	Version     int
	Statuses    []string
	Needs       string  // person or retry; runs above one that waits for a person wait for one as well
	Parent      string  // UUID of the run that started them, or TopLevel
	Class       string  // of the failure
	Step        string  // that failed
	Fingerprint string  // of the failure
	Keys        []int64 // of values of its input, all of them: runtime.InputKey
	Q           string  // the beginning of the run's UUID, or part of its failure's message, in any case

	From, To        time.Time     // when the run began: from From on, before To
	Longer, Shorter time.Duration // how long it took, or has taken so far: at least, at most
	Now             time.Time     // until when a run that is not over has lasted; the zero time is the clock's
	After           string        // the cursor of the run above the page; "": from the newest
	Before          string        // the cursor of the run below the page; it wins over After
	Limit           int           // at most; 1 to 1000, default 50
}

// RunList is a page of runs, the newest first.
type RunList struct {
	Runs         []Run
	Older, Newer string // the cursors for After and Before of the pages around it; "" where there is none
}

// Runs lists runs, the newest first. next is the cursor of the page after this one, "" at the end. ErrCursor.
func (db *DB) Runs(ctx context.Context, f RunFilter) (runs []Run, next string, err error) {
	page, err := db.RunPage(ctx, f)
	return page.Runs, page.Older, err
}

// RunPage lists runs, a page of them that begins or ends at a cursor. ErrCursor.
func (db *DB) RunPage(ctx context.Context, f RunFilter) (RunList, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 1000)
	q := f.where(db.on(ctx)).Limit(f.Limit + 1)
	up := f.Before != ""
	switch {
	case up:
		at, id, err := parseCursor(f.Before)
		if err != nil {
			return RunList{}, wrap(err, "listing runs before %q", f.Before)
		}
		q = q.Where("(created_at, id) > (?, ?)", at, id).Order("created_at, id")
	case f.After != "":
		at, id, err := parseCursor(f.After)
		if err != nil {
			return RunList{}, wrap(err, "listing runs after %q", f.After)
		}
		q = q.Where("(created_at, id) < (?, ?)", at, id).Order("created_at DESC, id DESC")
	default:
		q = q.Order("created_at DESC, id DESC")
	}
	var p RunList
	if err := q.Find(&p.Runs).Error; err != nil {
		return RunList{}, wrap(err, "listing runs")
	}
	more := len(p.Runs) > f.Limit
	if more {
		p.Runs = p.Runs[:f.Limit]
	}
	if up {
		slices.Reverse(p.Runs)
	}
	if n := len(p.Runs); n > 0 {
		if more || up {
			p.Older = RunCursor(p.Runs[n-1])
		}
		if up && more || !up && f.After != "" {
			p.Newer = RunCursor(p.Runs[0])
		}
	}
	return p, nil
}

// where narrows a query to what the filter chooses, whatever the page.
func (f RunFilter) where(q *gorm.DB) *gorm.DB {
	for column, value := range map[string]string{"flow": f.Flow, "class": f.Class, "step": f.Step, "fingerprint": f.Fingerprint} {
		if value != "" {
			q = q.Where(column+" = ?", clean(value))
		}
	}
	if f.Class == "" && (f.Step != "" || f.Fingerprint != "") {
		q = q.Where("class <> ''") // the index of what failed
	}
	switch f.Needs {
	case "":
	case "person":
		// An array, so that both halves can be looked up in an index.
		q = q.Where("(needs = 'person' AND needs <> '' OR ended_at IS NULL AND uuid = ANY(ARRAY(" + waitingAbove + ")))")
	default:
		q = q.Where("needs = ? AND needs <> ''", clean(f.Needs))
	}
	switch {
	case f.Parent == TopLevel:
		q = q.Where("parent IS NULL")
	case len(f.Parent) == 36 && uuid.Validate(f.Parent) == nil:
		q = q.Where("parent = ?", f.Parent)
	case f.Parent != "":
		q = q.Where("false") // nobody's
	}
	if f.Version != 0 {
		q = q.Where("version = ?", f.Version)
	}
	if len(f.Statuses) > 0 {
		var statuses []string
		for _, s := range f.Statuses {
			statuses = append(statuses, clean(s))
		}
		q = q.Where("status IN ?", statuses)
	}
	if !f.From.IsZero() {
		q = q.Where("created_at >= ?", f.From)
	}
	if !f.To.IsZero() {
		q = q.Where("created_at < ?", f.To)
	}
	now := f.Now
	if now.IsZero() {
		now = time.Now()
	}
	if f.Longer > 0 {
		q = q.Where("coalesce(ended_at, ?) - created_at >= ?::float8 * interval '1 second'", now, f.Longer.Seconds())
	}
	if f.Shorter > 0 {
		q = q.Where("coalesce(ended_at, ?) - created_at <= ?::float8 * interval '1 second'", now, f.Shorter.Seconds())
	}
	if len(f.Keys) > 0 {
		q = q.Where("id IN (SELECT run FROM run_keys WHERE keys @> ?::bigint[])", keyArray(f.Keys))
	}
	return withText(q, f.Q)
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

// RunCursor is the place of a run in the lists: when it began in microseconds, and its number.
func RunCursor(r Run) string {
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

// RunsSince counts the runs that f chooses and that stand above a cursor, up to most. ErrCursor.
func (db *DB) RunsSince(ctx context.Context, f RunFilter, cursor string, most int) (int, error) {
	f.Before, f.Limit = cursor, most
	at, id, err := parseCursor(cursor)
	if err != nil {
		return 0, wrap(err, "counting runs since %q", cursor)
	}
	var n int64
	some := f.where(db.on(ctx).Model(&Run{})).Select("1").Where("(created_at, id) > (?, ?)", at, id).Limit(most)
	err = db.on(ctx).Table("(?) AS chosen", some).Count(&n).Error
	return int(n), wrap(err, "counting runs since %q", cursor)
}

// RunsByUUID reads runs, in no order. UUIDs that are none, or nobody's, are left away.
func (db *DB) RunsByUUID(ctx context.Context, ids []string) ([]Run, error) {
	var valid []string
	for _, id := range ids {
		if len(id) == 36 && uuid.Validate(id) == nil {
			valid = append(valid, id)
		}
	}
	if len(valid) == 0 {
		return nil, nil
	}
	var runs []Run
	err := db.on(ctx).Where("uuid IN ?", valid).Find(&runs).Error
	return runs, wrap(err, "reading %d runs", len(valid))
}

// FlowNames lists the names of all flows.
func (db *DB) FlowNames(ctx context.Context) ([]string, error) {
	var names []string
	err := db.on(ctx).Model(&Flow{}).Order("name").Pluck("name", &names).Error
	return names, wrap(err, "listing the names of flows")
}

// RunsNamed finds runs by the beginning or the end of their UUID, which is what the lists show; the newest first, at most limit.
func (db *DB) RunsNamed(ctx context.Context, part string, limit int) ([]Run, error) {
	part = strings.ToLower(strings.TrimSpace(part))
	if part == "" || len(part) > 36 || strings.Trim(part, "0123456789abcdef-") != "" {
		return nil, nil
	}
	q := db.on(ctx).Order("created_at DESC, id DESC").Limit(limit)
	if from, to, ok := uuidRange(part); ok {
		q = q.Where("(uuid BETWEEN ? AND ? OR uuid::text LIKE ?)", from, to, "%"+part)
	} else {
		q = q.Where("uuid::text LIKE ?", "%"+part)
	}
	var runs []Run
	err := q.Find(&runs).Error
	return runs, wrap(err, "finding the run %q", part)
}
