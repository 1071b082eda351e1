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

// What has a year of four digits: no run began outside.
var (
	firstTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

// edges are the beginnings of the slots and the end of the last one, as an array of PostgreSQL.
func (s RunSlots) edges() string {
	out := []byte{'{'}
	for i := range s.N + 1 {
		if i > 0 {
			out = append(out, ',')
		}
		at := s.From.Add(time.Duration(i) * s.Width).UTC()
		switch {
		case at.Before(firstTime):
			at = firstTime
		case at.After(lastTime):
			at = lastTime
		}
		out = at.AppendFormat(out, `"2006-01-02T15:04:05.999999Z"`)
	}
	return string(append(out, '}'))
}

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
	// A search among the slots' edges: dividing differences of times, which are numerics there, took half of all.
	args := append([]any{slots.edges()}, append(bounds, some)...)
	err = db.on(ctx).Raw(`SELECT status, needs, width_bucket(created_at, ?::timestamptz[]) - 1 AS slot, `+in+` AS "in", count(*) AS n
		FROM (?) AS chosen GROUP BY 1, 2, 3, 4`, args...).Scan(&counts).Error
	all := 0
	for _, c := range counts {
		all += c.N
	}
	return counts, all >= bound, wrap(err, "counting runs by status and time")
}

// OldestRun is when the oldest of the newest bound runs began, of one flow or, with "", of all; the zero time if there is none. As long as the table is
// about as small as bound by the planner's own estimate, it is the oldest of all, which needs no walk over the others.
func (db *DB) OldestRun(ctx context.Context, flow string, bound int) (time.Time, error) {
	of := func() (q *gorm.DB) {
		q = db.on(ctx).Model(&Run{}).Limit(1)
		if flow != "" {
			q = q.Where("flow = ?", clean(flow))
		}
		return q
	}
	var about float64 // -1: nobody has looked yet
	if err := db.on(ctx).Raw(`SELECT reltuples FROM pg_class WHERE oid = 'runs'::regclass`).Scan(&about).Error; err != nil {
		return time.Time{}, wrap(err, "estimating the number of runs")
	}
	var at []time.Time
	var err error
	if about < 0 || about > float64(bound) {
		err = of().Order("created_at DESC, id DESC").Offset(bound-1).Pluck("created_at", &at).Error
	}
	if err == nil && len(at) == 0 {
		err = of().Order("created_at, id").Pluck("created_at", &at).Error
	}
	if err != nil || len(at) == 0 {
		return time.Time{}, wrap(err, "looking for the oldest run of %q", flow)
	}
	return at[0].UTC(), nil
}
