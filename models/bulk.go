package models

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// Bulk is one wish to retry many failed runs of a flow.
type Bulk struct {
	ID                                 string
	Flow                               string
	Class, Step, Fingerprint           string // of the failures; "" leaves it open
	Version                            int    // to go on with; 0: each run's own
	Actor                              string
	Runs                               int // that it is about
	CreatedAt                          time.Time
	StoppedAt                          *time.Time
	Waiting, Retried, Refused, Stopped int // of the runs, by what has come of them; Stopped: left out
	Succeeded, Failed, Otherwise       int // of those retried, by how they ended; Otherwise: cancelled, compensated or deleted. The others are under way
}

// BulkRun is one run of a bulk.
type BulkRun struct {
	N       int
	Run     string
	State   string // waiting, retried, refused or stopped
	Why     string // refused: the reason
	At      *time.Time
	Outcome string // retried: the status in which the run was first found ended, or deleted; "": it is under way
	Status  string // of the run now; "" if it has been deleted
}

// BulkPlace is a run's place among all bulks.
type BulkPlace struct {
	Bulk string
	N    int
}

// BulkTask is a run that a server has taken to retry.
type BulkTask struct {
	Bulk    string
	N       int
	Run     string
	Version int
	Actor   string
}

// The bounds of bulks.
const (
	// BulkMost is how many runs one bulk may be about.
	BulkMost = 100_000
	// bulkKept is how long a bulk is kept for its record.
	bulkKept = 90 * 24 * time.Hour
)

// bulkLock is the advisory lock under which servers look one at a time at how retried runs have ended, so that they don't wait for each other's rows in a circle.
const bulkLock int64 = 0x7365676e6f02

// bulkStatuses are those of runs that have failed.
var bulkStatuses = []string{"failed", "compensation_failed"}

// Filter chooses the runs that a bulk is about, as they stand now.
func (b Bulk) Filter() RunFilter {
	return RunFilter{Flow: b.Flow, Class: b.Class, Step: b.Step, Fingerprint: b.Fingerprint, Statuses: bulkStatuses}
}

// CountBulk counts the runs that a bulk would be about, up to one above BulkMost.
func (db *DB) CountBulk(ctx context.Context, b Bulk) (int, error) {
	var n int64
	chosen := b.Filter().where(db.on(ctx).Model(&Run{}).Select("id")).Limit(BulkMost + 1)
	err := db.on(ctx).Table("(?) AS chosen", chosen).Count(&n).Error
	return int(n), wrap(err, "counting the failed runs of %q", b.Flow)
}

// CreateBulk fixes the runs that a bulk is about and returns it; one whose id is known already is returned as it was created. fits is asked with how many they
// are, one above BulkMost if they are too many; its error undoes all and is returned. Old bulks are deleted.
func (db *DB) CreateBulk(ctx context.Context, b Bulk, fits func(runs int) error) (Bulk, error) {
	var refused error
	old := time.Now().Add(-bulkKept)
	err := db.on(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec(`DELETE FROM bulk_runs USING bulks WHERE bulks.id = bulk_runs.bulk AND bulks.created_at < ?`, old).Error; err != nil { // first, as whoever settles runs locks them first
			return err
		}
		if err := tx.Exec(`DELETE FROM bulks WHERE created_at < ?`, old).Error; err != nil {
			return err
		}
		made := tx.Exec(`INSERT INTO bulks (id, flow, class, step, fingerprint, version, actor, runs) VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
			b.ID, clean(b.Flow), clean(b.Class), clean(b.Step), clean(b.Fingerprint), b.Version, clean(b.Actor))
		if made.Error != nil || made.RowsAffected == 0 {
			return made.Error
		}
		chosen := b.Filter().where(tx.Model(&Run{}).Select("uuid, created_at, id")).Order("created_at DESC, id DESC").Limit(BulkMost + 1)
		added := tx.Exec(`INSERT INTO bulk_runs (bulk, n, run) SELECT ?, row_number() OVER (ORDER BY created_at DESC, id DESC), uuid FROM (?) AS chosen`, b.ID, chosen)
		if added.Error != nil {
			return added.Error
		}
		if refused = fits(int(added.RowsAffected)); refused != nil {
			return refused
		}
		return tx.Exec(`UPDATE bulks SET runs = ? WHERE id = ?`, added.RowsAffected, b.ID).Error
	})
	switch {
	case refused != nil:
		return Bulk{}, refused
	case err != nil:
		return Bulk{}, wrap(err, "starting a bulk retry of %q", b.Flow)
	}
	return db.Bulk(ctx, b.Flow, b.ID)
}

const bulkQuery = `SELECT *, runs - retried - refused - stopped AS waiting FROM bulks WHERE flow = ?`

// Bulk is one of a flow, with what has come of it so far. ErrNotFound.
func (db *DB) Bulk(ctx context.Context, flow, id string) (b Bulk, err error) {
	got := db.on(ctx).Raw(bulkQuery+` AND id::text = ?`, clean(flow), clean(id)).Scan(&b)
	if got.Error == nil && got.RowsAffected == 0 {
		got.Error = gorm.ErrRecordNotFound
	}
	utc(&b.CreatedAt, b.StoppedAt)
	return b, wrap(got.Error, "reading the bulk retry %q of %q", id, flow)
}

// Bulks are the last of a flow, the newest first.
func (db *DB) Bulks(ctx context.Context, flow string, limit int) (all []Bulk, err error) {
	err = db.on(ctx).Raw(bulkQuery+` ORDER BY created_at DESC LIMIT ?`, clean(flow), limit).Scan(&all).Error
	for i := range all {
		utc(&all[i].CreatedAt, all[i].StoppedAt)
	}
	return all, wrap(err, "listing the bulk retries of %q", flow)
}

// BulkRuns are the runs of a bulk (by the id that Bulk returned) from the one after n on, those of one state if it is given.
func (db *DB) BulkRuns(ctx context.Context, id, state string, after, limit int) (all []BulkRun, err error) {
	err = db.on(ctx).Raw(`SELECT n, run, state, why, at, outcome, coalesce(runs.status, '') AS status FROM bulk_runs LEFT JOIN runs ON runs.uuid = run
		WHERE bulk = ? AND n > ? AND (? = '' OR state = ?) ORDER BY n LIMIT ?`, id, after, state, state, limit).Scan(&all).Error
	for i := range all {
		utc(all[i].At)
	}
	return all, wrap(err, "reading the runs of the bulk retry %q", id)
}

// TakeBulk takes runs that wait to be retried, for so long: after it, whoever took them has not come back, and another server may take them. Being taken is a
// run's turn: StopBulk leaves it alone, for its Retry may be on its way.
func (db *DB) TakeBulk(ctx context.Context, limit int, hold time.Duration) (all []BulkTask, err error) {
	err = db.on(ctx).Raw(`WITH mine AS (SELECT bulk, n FROM bulk_runs WHERE state = 'waiting' AND until < clock_timestamp() ORDER BY until, bulk, n LIMIT ? FOR UPDATE SKIP LOCKED)
		UPDATE bulk_runs r SET until = clock_timestamp() + make_interval(secs => ?) FROM mine, bulks b
		WHERE r.bulk = mine.bulk AND r.n = mine.n AND b.id = r.bulk RETURNING r.bulk, r.n, r.run, b.version, b.actor`, limit, hold.Seconds()).Scan(&all).Error
	return all, wrap(err, "taking runs of bulk retries")
}

// SettleBulk records and counts what came of a run: retried or refused. What is settled stays so.
func (db *DB) SettleBulk(ctx context.Context, t BulkTask, state, why string) error {
	err := db.on(ctx).Exec(`WITH settled AS (UPDATE bulk_runs SET state = ?, why = ?, at = clock_timestamp() WHERE bulk = ? AND n = ? AND state = 'waiting' RETURNING bulk, state)
		UPDATE bulks SET retried = retried + (settled.state = 'retried')::int, refused = refused + (settled.state = 'refused')::int FROM settled WHERE id = settled.bulk`,
		state, clean(why), t.Bulk, t.N).Error
	return wrap(err, "recording run %d of the bulk retry %q", t.N, t.Bulk)
}

// EndBulk looks at so many retried runs that are under way, of all bulks, from the one after a place on, and records and counts how those have ended that
// have. It returns the last place that it looked at; the zero one if it has come round, or if another server is looking.
func (db *DB) EndBulk(ctx context.Context, after BulkPlace, limit int) (BulkPlace, error) {
	var last struct {
		BulkPlace
		Looked int
	}
	err := db.on(ctx).Raw(`WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(?) AS mine),
		looked AS MATERIALIZED (SELECT b.bulk, b.n, coalesce(runs.status, 'deleted') AS status FROM (
			SELECT bulk, n, run FROM bulk_runs WHERE state = 'retried' AND outcome = '' AND (bulk, n) > (?::uuid, ?) AND (SELECT mine FROM turn) ORDER BY bulk, n LIMIT ?
			) b LEFT JOIN runs ON runs.uuid = b.run),
		ended AS (UPDATE bulk_runs r SET outcome = looked.status FROM looked WHERE r.bulk = looked.bulk AND r.n = looked.n AND r.outcome = ''
			AND looked.status IN ('succeeded', 'failed', 'compensation_failed', 'cancelled', 'compensated', 'deleted') RETURNING r.bulk, r.outcome),
		counted AS (UPDATE bulks SET succeeded = succeeded + good, failed = failed + bad, otherwise = otherwise + every - good - bad FROM (
			SELECT bulk, count(*) AS every, count(*) FILTER (WHERE outcome = 'succeeded') AS good, count(*) FILTER (WHERE outcome IN ('failed', 'compensation_failed')) AS bad
			FROM ended GROUP BY bulk) sums WHERE id = sums.bulk)
		SELECT bulk, n, count(*) OVER () AS looked FROM looked ORDER BY bulk DESC, n DESC LIMIT 1`,
		bulkLock, cmp.Or(after.Bulk, uuid.Nil.String()), after.N, limit).Scan(&last).Error
	if last.Looked < limit {
		last.BulkPlace = BulkPlace{}
	}
	return last.BulkPlace, wrap(err, "looking at how retried runs have ended")
}

// StopBulk leaves out the runs that have not had their turn; those that have are still retried. ErrNotFound; ErrConflict if none waits, or it was stopped before.
func (db *DB) StopBulk(ctx context.Context, flow, id string) error {
	b, err := db.Bulk(ctx, flow, id)
	switch {
	case err != nil:
		return err
	case b.Waiting == 0 || b.StoppedAt != nil:
		return wrap(ErrConflict, "stopping the bulk retry %q of %q", id, flow)
	}
	err = db.on(ctx).Exec(`WITH halted AS (UPDATE bulk_runs SET state = 'stopped', at = clock_timestamp() WHERE bulk = ? AND state = 'waiting' AND until = '-infinity' RETURNING 1)
		UPDATE bulks SET stopped = stopped + (SELECT count(*) FROM halted), stopped_at = coalesce(stopped_at, clock_timestamp()) WHERE id = ?`, id, id).Error
	return wrap(err, "stopping the bulk retry %q of %q", id, flow)
}
