package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// Bulk is one wish to retry many failed runs of a flow.
type Bulk struct {
	ID                                string
	Flow                              string
	Class, Step, Fingerprint          string // of the failures; "" leaves it open
	Version                           int    // to go on with; 0: each run's own
	Actor                             string
	Runs                              int // that it is about
	CreatedAt                         time.Time
	StoppedAt                         *time.Time
	Waiting, Retried, Refused, Halted int // of the runs, by what has come of them; Halted: not any more, it was stopped
	Succeeded, Failed                 int // of those retried, how they stand now; the others are under way
}

// BulkRun is one run of a bulk.
type BulkRun struct {
	N      int
	Run    string
	State  string // waiting, retried, refused or stopped
	Why    string // refused: the reason
	At     *time.Time
	Status string // of the run now; "" if it has been deleted
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

// CreateBulk fixes the runs that a bulk is about and returns it; one whose id is known already is returned as it was created. Old bulks are deleted.
func (db *DB) CreateBulk(ctx context.Context, b Bulk) (Bulk, error) {
	err := db.on(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec(`DELETE FROM bulks WHERE created_at < ?`, time.Now().Add(-bulkKept)).Error; err != nil {
			return err
		}
		made := tx.Exec(`INSERT INTO bulks (id, flow, class, step, fingerprint, version, actor, runs) VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
			b.ID, clean(b.Flow), clean(b.Class), clean(b.Step), clean(b.Fingerprint), b.Version, clean(b.Actor))
		if made.Error != nil || made.RowsAffected == 0 {
			return made.Error
		}
		chosen := b.Filter().where(tx.Model(&Run{}).Select("uuid, created_at, id")).Order("created_at DESC, id DESC").Limit(BulkMost)
		if err := tx.Exec(`INSERT INTO bulk_runs (bulk, n, run) SELECT ?, row_number() OVER (ORDER BY created_at DESC, id DESC), uuid FROM (?) AS chosen`, b.ID, chosen).Error; err != nil {
			return err
		}
		return tx.Exec(`UPDATE bulks SET runs = (SELECT count(*) FROM bulk_runs WHERE bulk = ?) WHERE id = ?`, b.ID, b.ID).Error
	})
	if err != nil {
		return Bulk{}, wrap(err, "starting a bulk retry of %q", b.Flow)
	}
	return db.Bulk(ctx, b.Flow, b.ID)
}

const bulkQuery = `SELECT b.*, c.* FROM bulks b CROSS JOIN LATERAL (
	SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'retried') AS retried,
		count(*) FILTER (WHERE state = 'refused') AS refused, count(*) FILTER (WHERE state = 'stopped') AS halted,
		count(*) FILTER (WHERE state = 'retried' AND runs.status = 'succeeded') AS succeeded,
		count(*) FILTER (WHERE state = 'retried' AND runs.status IN ('failed', 'compensation_failed')) AS failed
	FROM bulk_runs LEFT JOIN runs ON runs.uuid = bulk_runs.run WHERE bulk = b.id) c`

// Bulk is one of a flow, with what has come of it so far. ErrNotFound.
func (db *DB) Bulk(ctx context.Context, flow, id string) (b Bulk, err error) {
	got := db.on(ctx).Raw(bulkQuery+` WHERE b.flow = ? AND b.id::text = ?`, clean(flow), clean(id)).Scan(&b)
	if got.Error == nil && got.RowsAffected == 0 {
		got.Error = gorm.ErrRecordNotFound
	}
	utc(&b.CreatedAt, b.StoppedAt)
	return b, wrap(got.Error, "reading the bulk retry %q of %q", id, flow)
}

// Bulks are the last of a flow, the newest first.
func (db *DB) Bulks(ctx context.Context, flow string, limit int) (all []Bulk, err error) {
	err = db.on(ctx).Raw(`WITH last AS (SELECT * FROM bulks WHERE flow = ? ORDER BY created_at DESC LIMIT ?) `+
		bulkQuery+` WHERE b.id IN (SELECT id FROM last) ORDER BY b.created_at DESC`, clean(flow), limit).Scan(&all).Error
	for i := range all {
		utc(&all[i].CreatedAt, all[i].StoppedAt)
	}
	return all, wrap(err, "listing the bulk retries of %q", flow)
}

// BulkRuns are the runs of a bulk (by the id that Bulk returned) from the one after n on, those of one state if it is given.
func (db *DB) BulkRuns(ctx context.Context, id, state string, after, limit int) (all []BulkRun, err error) {
	err = db.on(ctx).Raw(`SELECT n, run, state, why, at, coalesce(runs.status, '') AS status FROM bulk_runs LEFT JOIN runs ON runs.uuid = run
		WHERE bulk = ? AND n > ? AND (? = '' OR state = ?) ORDER BY n LIMIT ?`, id, after, state, state, limit).Scan(&all).Error
	for i := range all {
		utc(all[i].At)
	}
	return all, wrap(err, "reading the runs of the bulk retry %q", id)
}

// TakeBulk takes runs that wait to be retried, for so long: after it, whoever took them has not come back, and another server may take them.
func (db *DB) TakeBulk(ctx context.Context, limit int, hold time.Duration) (all []BulkTask, err error) {
	err = db.on(ctx).Raw(`WITH mine AS (SELECT bulk, n FROM bulk_runs WHERE state = 'waiting' AND until < clock_timestamp() ORDER BY until, bulk, n LIMIT ? FOR UPDATE SKIP LOCKED)
		UPDATE bulk_runs r SET until = clock_timestamp() + make_interval(secs => ?) FROM mine, bulks b
		WHERE r.bulk = mine.bulk AND r.n = mine.n AND b.id = r.bulk RETURNING r.bulk, r.n, r.run, b.version, b.actor`, limit, hold.Seconds()).Scan(&all).Error
	return all, wrap(err, "taking runs of bulk retries")
}

// SettleBulk records what came of a run: retried or refused. What is settled stays so; what was stopped does too, unless its Retry was on its way by then.
func (db *DB) SettleBulk(ctx context.Context, t BulkTask, state, why string) error {
	err := db.on(ctx).Exec(`UPDATE bulk_runs SET state = ?, why = ?, at = clock_timestamp() WHERE bulk = ? AND n = ?
		AND (state = 'waiting' OR state = 'stopped' AND ? = 'retried')`, state, clean(why), t.Bulk, t.N, state).Error
	return wrap(err, "recording run %d of the bulk retry %q", t.N, t.Bulk)
}

// StopBulk has the runs that wait not be retried. ErrNotFound; ErrConflict if none waits.
func (db *DB) StopBulk(ctx context.Context, flow, id string) error {
	if _, err := db.Bulk(ctx, flow, id); err != nil {
		return err
	}
	err := db.on(ctx).Transaction(func(tx *gorm.DB) error {
		halted := tx.Exec(`UPDATE bulk_runs SET state = 'stopped', at = clock_timestamp() WHERE bulk = ? AND state = 'waiting'`, id)
		if halted.Error == nil && halted.RowsAffected == 0 {
			return ErrConflict
		}
		if halted.Error != nil {
			return halted.Error
		}
		return tx.Exec(`UPDATE bulks SET stopped_at = clock_timestamp() WHERE id = ?`, id).Error
	})
	return wrap(err, "stopping the bulk retry %q of %q", id, flow)
}
