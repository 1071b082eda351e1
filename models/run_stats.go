package models

import (
	"context"
	"time"
)

// RunDay is what a day's runs came to, by the day on which they began, UTC.
type RunDay struct {
	Day    time.Time
	Runs   int
	Failed int // failed, or could not be undone
}

// RunStats is how the runs of a flow went.
type RunStats struct {
	Days      []RunDay      // those with runs, the oldest first
	Ended     int           // of the runs that began since then, those that have ended, up to the bound
	Succeeded int           // of them
	P50, P95  time.Duration // of those that succeeded; 0 without one
}

// FailureGroup is failures that differ in numbers, ids and quoted values alone.
type FailureGroup struct {
	Fingerprint, Class, Step string
	Message                  string // of the newest
	Run                      string // UUID of the newest
	N                        int
	Last                     time.Time // when the newest began
}

// RunStats sums up the runs of a flow that began at since or later. Rates and times are of the newest bound of them.
func (db *DB) RunStats(ctx context.Context, flow string, since time.Time, bound int) (RunStats, error) {
	var s RunStats
	flow = clean(flow)
	err := db.on(ctx).Raw(`SELECT date_trunc('day', created_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS day, count(*) AS runs,
			count(*) FILTER (WHERE status IN ('failed', 'compensation_failed')) AS failed
		FROM runs WHERE flow = ? AND created_at >= ? GROUP BY 1 ORDER BY 1`, flow, since).Scan(&s.Days).Error
	if err != nil {
		return s, wrap(err, "counting the runs of %q by day", flow)
	}
	for i := range s.Days {
		utc(&s.Days[i].Day)
	}
	var row struct {
		Ended, Succeeded int
		P50, P95         *float64 // seconds
	}
	err = db.on(ctx).Raw(`SELECT count(*) AS ended, count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FILTER (WHERE status = 'succeeded') AS p50,
			percentile_cont(0.95) WITHIN GROUP (ORDER BY took) FILTER (WHERE status = 'succeeded') AS p95
		FROM (SELECT status, extract(epoch FROM ended_at - created_at)::float8 AS took FROM runs
			WHERE flow = ? AND created_at >= ? AND ended_at IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT ?) AS newest`, flow, since, bound).Scan(&row).Error
	if err != nil {
		return s, wrap(err, "measuring the runs of %q", flow)
	}
	s.Ended, s.Succeeded = row.Ended, row.Succeeded
	if row.P50 != nil && row.P95 != nil {
		s.P50, s.P95 = time.Duration(*row.P50*float64(time.Second)), time.Duration(*row.P95*float64(time.Second))
	}
	return s, nil
}

// FailureGroups groups the failures of a flow's runs that began at since or later, the newest bound of them, by fingerprint; the largest groups first,
// at most most.
func (db *DB) FailureGroups(ctx context.Context, flow string, since time.Time, bound, most int) ([]FailureGroup, error) {
	var out []FailureGroup
	err := db.on(ctx).Raw(`SELECT fingerprint, min(class) AS class, min(step) AS step, (array_agg(message ORDER BY created_at DESC, id DESC))[1] AS message,
			(array_agg(uuid::text ORDER BY created_at DESC, id DESC))[1] AS run, count(*) AS n, max(created_at) AS last
		FROM (SELECT * FROM runs WHERE flow = ? AND created_at >= ? AND class <> '' ORDER BY created_at DESC, id DESC LIMIT ?) AS newest
		GROUP BY fingerprint ORDER BY n DESC, last DESC LIMIT ?`, clean(flow), since, bound, most).Scan(&out).Error
	for i := range out {
		utc(&out[i].Last)
	}
	return out, wrap(err, "grouping the failures of %q", flow)
}

// Histories reads the transitions of the newest runs of a flow that have ended: of at most runs runs, and of no more of them than whose facts together
// are within bytes. By the run's number, in order.
func (db *DB) Histories(ctx context.Context, flow string, runs int, bytes int64) (map[int64][]Event, error) {
	var rows []struct {
		Run, Seq int64
		At       time.Time
		Facts    []byte
	}
	err := db.on(ctx).Raw(`WITH newest AS (SELECT id, created_at FROM runs WHERE flow = ? AND ended_at IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT ?),
		sized AS (SELECT n.id, n.created_at, (SELECT coalesce(sum(octet_length(facts)), 0) FROM journal WHERE run = n.id) AS size FROM newest n),
		fit AS (SELECT id, sum(size) OVER (ORDER BY created_at DESC, id DESC) AS upto FROM sized)
		SELECT j.run, j.seq, j.at, j.facts FROM fit JOIN journal j ON j.run = fit.id WHERE fit.upto <= ? ORDER BY j.run, j.seq`, clean(flow), runs, bytes).Scan(&rows).Error
	out := map[int64][]Event{}
	for _, r := range rows {
		out[r.Run] = append(out[r.Run], Event{Seq: r.Seq, At: r.At.UTC(), Facts: r.Facts})
	}
	return out, wrap(err, "reading the last histories of %q", flow)
}
