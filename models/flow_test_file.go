package models

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
)

// FlowTest is a file that a flow is tested with: scenarios (name.yaml) or an input that they name (name.json).
type FlowTest struct {
	Flow      string `gorm:"primaryKey"`
	File      string `gorm:"primaryKey"`
	Source    []byte // exactly as written
	Rev       int64  // rises with every change, and is never used again
	UpdatedAt time.Time
}

// TableName implements GORM's Tabler.
func (FlowTest) TableName() string { return "flow_tests" }

// AfterFind implements a hook of GORM.
func (t *FlowTest) AfterFind(*gorm.DB) error {
	utc(&t.UpdatedAt)
	return nil
}

// ErrTooMany means that a flow has as many test files as it may have.
var ErrTooMany = errors.New("too many")

// MaxFlowTests is how many test files and inputs a flow may have.
const MaxFlowTests = 200

// FlowTests lists the test files of a flow by name, with their sources. A flow without any, or no flow, has none.
func (db *DB) FlowTests(ctx context.Context, flow string) ([]FlowTest, error) {
	if !storable(flow) {
		return nil, nil
	}
	var files []FlowTest
	err := db.on(ctx).Where("flow = ?", flow).Order("file").Find(&files).Error
	return files, wrap(err, "listing the tests of %q", flow)
}

// FlowTest returns one test file. ErrNotFound.
func (db *DB) FlowTest(ctx context.Context, flow, file string) (FlowTest, error) {
	var t FlowTest
	if !storable(flow) || !storable(file) {
		return t, wrap(ErrNotFound, "reading the test %q of %q", file, flow)
	}
	err := db.on(ctx).Where("flow = ? AND file = ?", flow, file).Take(&t).Error
	return t, wrap(err, "reading the test %q of %q", file, flow)
}

// SaveFlowTest keeps text as a test file of a flow and returns its new revision. ErrNotFound if there is no such flow; ErrConflict if the file's
// revision is not rev (0: there must be none yet; AnyRev: whatever it is); ErrTooMany.
func (db *DB) SaveFlowTest(ctx context.Context, flow, file string, text []byte, rev int64) (newRev int64, err error) {
	if !storable(flow) || !storable(file) {
		return 0, wrap(ErrNotFound, "saving the test %q of %q", file, flow)
	}
	err = db.on(ctx).Transaction(func(tx *gorm.DB) error {
		// The flow's row is locked, so that the files can be counted.
		var names []string
		if err := tx.Raw(`SELECT name FROM flows WHERE name = ? FOR UPDATE`, flow).Scan(&names).Error; err != nil {
			return err
		}
		if len(names) == 0 {
			return ErrNotFound
		}
		if rev > 0 {
			newRev, err = replaceTest(tx, flow, file, text, rev)
			return err
		}
		var others int64
		if err := tx.Model(&FlowTest{}).Where("flow = ? AND file <> ?", flow, file).Count(&others).Error; err != nil {
			return err
		}
		if others >= MaxFlowTests {
			return ErrTooMany
		}
		var revs []int64
		err := tx.Raw(`INSERT INTO flow_tests (flow, file, source) VALUES (?, ?, ?)
			ON CONFLICT (flow, file) DO UPDATE SET source = excluded.source, rev = excluded.rev, updated_at = now() WHERE ? = -1
			RETURNING rev`, flow, file, full(text), rev).Scan(&revs).Error
		if err == nil && len(revs) == 0 {
			err = ErrConflict
		}
		if err == nil {
			newRev = revs[0]
		}
		return err
	})
	return newRev, wrap(err, "saving the test %q of %q", file, flow)
}

func replaceTest(tx *gorm.DB, flow, file string, text []byte, rev int64) (int64, error) {
	var revs []int64
	err := tx.Raw(`UPDATE flow_tests SET source = ?, rev = nextval('flow_test_revs'), updated_at = now() WHERE flow = ? AND file = ? AND rev = ?
		RETURNING rev`, full(text), flow, file, rev).Scan(&revs).Error
	if err == nil && len(revs) == 0 {
		err = ErrConflict
	}
	if err != nil {
		return 0, err
	}
	return revs[0], nil
}

// DeleteFlowTest removes a test file. ErrNotFound; ErrConflict if its revision is not rev (AnyRev: whatever it is).
func (db *DB) DeleteFlowTest(ctx context.Context, flow, file string, rev int64) error {
	if !storable(flow) || !storable(file) {
		return wrap(ErrNotFound, "deleting the test %q of %q", file, flow)
	}
	r := db.on(ctx).Where("flow = ? AND file = ? AND (? = -1 OR rev = ?)", flow, file, rev, rev).Delete(&FlowTest{})
	if r.Error == nil && r.RowsAffected == 0 {
		if _, err := db.FlowTest(ctx, flow, file); err != nil {
			return err
		}
		return wrap(ErrConflict, "deleting the test %q of %q", file, flow)
	}
	return wrap(r.Error, "deleting the test %q of %q", file, flow)
}

// SaveDraftWithTests is SaveDraft for a change that goes into test files, too: all of it is kept, or nothing. Of tests, Rev is the revision that was
// changed; ErrConflict if a file has another one by now.
func (db *DB) SaveDraftWithTests(ctx context.Context, name string, text []byte, rev int64, tests []FlowTest) (newRev int64, err error) {
	if len(tests) == 0 {
		return db.SaveDraft(ctx, name, text, rev)
	}
	err = db.on(ctx).Transaction(func(tx *gorm.DB) error {
		newRev, err = (&DB{gorm: tx}).SaveDraft(ctx, name, text, rev)
		if err != nil {
			return err
		}
		for _, t := range tests {
			if _, err := replaceTest(tx, name, t.File, t.Source, t.Rev); err != nil {
				return wrap(err, "saving the test %q of %q", t.File, name)
			}
		}
		return nil
	})
	return newRev, err
}
