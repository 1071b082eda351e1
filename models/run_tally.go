package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// RunCount is a number of runs that are alike.
type RunCount struct {
	Status, Needs string // Needs as RunFilter's
	Slot          int    // of the time line, from 0; -1 before it, RunSlots.N after it
	In            bool   // between From and To of the filter
	N             int
}

// RunSlots divides a time line: N slots of one width from a moment on.
type RunSlots struct {
	From  time.Time
	Width time.Duration // not 0
	N     int
}

// To is when the last slot ends.
func (s RunSlots) To() time.Time { return s.From.Add(time.Duration(s.N) * s.Width) }

// RunTally counts the runs that f chooses, whatever its statuses and its page, and beyond its From and To those of the time line as well. The newest bound
// of them are looked at: capped says that there are more.
func (db *DB) RunTally(ctx context.Context, f RunFilter, slots RunSlots, bound int) (counts []RunCount, capped bool, err error) {
	from, to := f.From, f.To
	f.Statuses, f.From, f.To = nil, time.Time{}, time.Time{}
	in, bounds := "true", []any{}
	if !from.IsZero() {
		in, bounds = in+" AND created_at >= ?", append(bounds, from)
		if slots.From.Before(from) {
			f.From = slots.From
		} else {
			f.From = from
		}
	}
	if !to.IsZero() {
		in, bounds = in+" AND created_at < ?", append(bounds, to)
		if slots.To().After(to) {
			f.To = slots.To()
		} else {
			f.To = to
		}
	}
	// The order is that of the list, so its indexes serve.
	some := f.where(db.on(ctx).Model(&Run{})).Select(`status, CASE WHEN needs = '' AND ended_at IS NULL AND uuid IN (` + waitingAbove + `) THEN 'person' ELSE needs END AS needs,
		created_at`).Order("created_at DESC, id DESC").Limit(bound)
	args := append([]any{slots.N, slots.From, slots.Width.Seconds()}, append(bounds, some)...)
	err = db.on(ctx).Raw(`SELECT status, needs, greatest(-1, least(?::int, floor(extract(epoch FROM created_at - ?) / ?))) AS slot, `+in+` AS "in", count(*) AS n
		FROM (?) AS chosen GROUP BY 1, 2, 3, 4`, args...).Scan(&counts).Error
	all := 0
	for _, c := range counts {
		all += c.N
	}
	return counts, all >= bound, wrap(err, "counting runs by status and time")
}

// OldestRun is when the oldest of the newest bound runs began, of one flow or, with "", of all; the zero time if there is none.
func (db *DB) OldestRun(ctx context.Context, flow string, bound int) (time.Time, error) {
	of := func() (q *gorm.DB) {
		q = db.on(ctx).Model(&Run{}).Limit(1)
		if flow != "" {
			q = q.Where("flow = ?", clean(flow))
		}
		return q
	}
	var at []time.Time
	err := of().Order("created_at DESC, id DESC").Offset(bound-1).Pluck("created_at", &at).Error
	if err == nil && len(at) == 0 {
		err = of().Order("created_at, id").Pluck("created_at", &at).Error
	}
	if err != nil || len(at) == 0 {
		return time.Time{}, wrap(err, "looking for the oldest run of %q", flow)
	}
	return at[0].UTC(), nil
}
