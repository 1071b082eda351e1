package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// Function is a registered function.
type Function struct {
	Name      string `gorm:"primaryKey"`
	Spec      []byte // JSON; the caller's format
	Rev       int64  // from 1, rises with every change
	UpdatedAt time.Time
}

// TableName implements GORM's Tabler.
func (Function) TableName() string { return "functions" }

// AfterFind implements a hook of GORM.
func (f *Function) AfterFind(*gorm.DB) error {
	utc(&f.UpdatedAt)
	return nil
}

// Functions lists all functions by name.
func (db *DB) Functions(ctx context.Context) ([]Function, error) {
	var fs []Function
	err := db.on(ctx).Order("name").Find(&fs).Error
	return fs, wrap(err, "listing functions")
}

// Function returns one function. ErrNotFound.
func (db *DB) Function(ctx context.Context, name string) (Function, error) {
	var f Function
	if !storable(name) {
		return f, wrap(ErrNotFound, "reading function %q", name)
	}
	err := db.on(ctx).Where("name = ?", name).Take(&f).Error
	return f, wrap(err, "reading function %q", name)
}

// PutFunction keeps a function, new or not, and returns its new revision. ErrConflict if its revision is not rev (0: it must be new; AnyRev:
// whatever it is); ErrNotFound if it should exist and does not.
func (db *DB) PutFunction(ctx context.Context, name string, spec []byte, rev int64) (newRev int64, err error) {
	if !storable(name) {
		return 0, wrap(ErrNotFound, "saving function %q", name)
	}
	var revs []int64
	switch {
	case rev == AnyRev:
		err = db.on(ctx).Raw(`INSERT INTO functions (name, spec) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, rev = functions.rev + 1, updated_at = now() RETURNING rev`, name, full(spec)).Scan(&revs).Error
	case rev == 0:
		err = db.on(ctx).Raw(`INSERT INTO functions (name, spec) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING rev`, name, full(spec)).Scan(&revs).Error
	default:
		err = db.on(ctx).Raw(`UPDATE functions SET spec = ?, rev = rev + 1, updated_at = now() WHERE name = ? AND rev = ? RETURNING rev`,
			full(spec), name, rev).Scan(&revs).Error
	}
	switch {
	case err != nil:
		return 0, wrap(err, "saving function %q", name)
	case len(revs) == 1:
		return revs[0], nil
	}
	if _, err := db.Function(ctx, name); err != nil {
		return 0, wrap(err, "saving function %q", name)
	}
	return 0, wrap(ErrConflict, "saving function %q", name)
}

// DeleteFunction removes a function. ErrNotFound.
func (db *DB) DeleteFunction(ctx context.Context, name string) error {
	if !storable(name) {
		return wrap(ErrNotFound, "deleting function %q", name)
	}
	r := db.on(ctx).Where("name = ?", name).Delete(&Function{})
	if r.Error == nil && r.RowsAffected == 0 {
		r.Error = ErrNotFound
	}
	return wrap(r.Error, "deleting function %q", name)
}
