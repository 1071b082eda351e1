package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// FlowTestResult is what the last test of a flow said.
type FlowTestResult struct {
	Flow    string `gorm:"primaryKey"`
	Version int    `gorm:"primaryKey;autoIncrement:false"` // 0: the draft
	Kind    string `gorm:"primaryKey"`                     // the caller's: scenarios, faults
	Basis   string // hash of everything that was tested: another one, and the result is out of date
	Report  []byte // the caller's format
	At      time.Time
}

// TableName implements GORM's Tabler.
func (FlowTestResult) TableName() string { return "flow_test_results" }

// AfterFind implements a hook of GORM.
func (r *FlowTestResult) AfterFind(*gorm.DB) error {
	utc(&r.At)
	return nil
}

// SaveFlowTestResult keeps a result in place of the one before. At is ignored.
func (db *DB) SaveFlowTestResult(ctx context.Context, r FlowTestResult) error {
	err := db.on(ctx).Exec(`INSERT INTO flow_test_results (flow, version, kind, basis, report) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (flow, version, kind) DO UPDATE SET basis = excluded.basis, report = excluded.report, at = now()`,
		clean(r.Flow), r.Version, clean(r.Kind), clean(r.Basis), full(r.Report)).Error
	return wrap(err, "saving the test result of %q", r.Flow)
}

// FlowTestResult returns the last result of a kind. ErrNotFound.
func (db *DB) FlowTestResult(ctx context.Context, flow string, version int, kind string) (FlowTestResult, error) {
	var r FlowTestResult
	if !storable(flow) || !storable(kind) {
		return r, wrap(ErrNotFound, "reading the test result of %q", flow)
	}
	err := db.on(ctx).Where("flow = ? AND version = ? AND kind = ?", flow, version, kind).Take(&r).Error
	return r, wrap(err, "reading the test result of %q", flow)
}
