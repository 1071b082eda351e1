package models

import (
	"context"
)

// setting is a value that the program keeps for itself.
type setting struct {
	Key   string `gorm:"primaryKey"`
	Value []byte
}

// TableName implements GORM's Tabler.
func (setting) TableName() string { return "settings" }

// Setting returns a value. ErrNotFound.
func (db *DB) Setting(ctx context.Context, key string) ([]byte, error) {
	var s setting
	if !storable(key) {
		return nil, wrap(ErrNotFound, "reading setting %q", key)
	}
	err := db.on(ctx).Where("key = ?", key).Take(&s).Error
	return s.Value, wrap(err, "reading setting %q", key)
}

// PutSetting keeps a value.
func (db *DB) PutSetting(ctx context.Context, key string, value []byte) error {
	err := db.on(ctx).Exec(`INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		clean(key), full(value)).Error
	return wrap(err, "saving setting %q", key)
}

// SettingOnce keeps value unless there is one already, and returns what is kept and whether it is new: several servers that start together agree.
func (db *DB) SettingOnce(ctx context.Context, key string, value []byte) (kept []byte, isNew bool, err error) {
	r := db.on(ctx).Exec(`INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING`, clean(key), full(value))
	if r.Error != nil {
		return nil, false, wrap(r.Error, "saving setting %q once", key)
	}
	kept, err = db.Setting(ctx, clean(key))
	return kept, r.RowsAffected == 1, err
}

// DeleteSetting removes a value; one that is not there is no error.
func (db *DB) DeleteSetting(ctx context.Context, key string) error {
	return wrap(db.on(ctx).Where("key = ?", clean(key)).Delete(&setting{}).Error, "deleting setting %q", key)
}

// Settings returns the values whose keys begin with prefix, by the rest of their keys.
func (db *DB) Settings(ctx context.Context, prefix string) (map[string][]byte, error) {
	var rows []setting
	err := db.on(ctx).Where("starts_with(key, ?)", clean(prefix)).Find(&rows).Error
	out := make(map[string][]byte, len(rows))
	for _, r := range rows {
		out[r.Key[len(prefix):]] = r.Value
	}
	return out, wrap(err, "reading the settings under %q", prefix)
}
