package models

import (
	"bytes"
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
)

// FlowVersion is a published version of a flow; it never changes.
type FlowVersion struct {
	Flow      string `gorm:"primaryKey"`
	Version   int    `gorm:"primaryKey;autoIncrement:false"` // from 1, without gaps
	Source    []byte // YAML exactly as written
	Hash      string // of the canonical form
	Contracts []byte // what the version was checked against; the caller's format
	Message   string
	Author    string
	CreatedAt time.Time
}

// TableName implements GORM's Tabler.
func (FlowVersion) TableName() string { return "flow_versions" }

// AfterFind implements a hook of GORM.
func (v *FlowVersion) AfterFind(*gorm.DB) error {
	utc(&v.CreatedAt)
	return nil
}

// Published says what came of a publication.
type Published struct {
	Version int
	SameAs  int  // the version before it, if that has the same hash; else 0
	Kept    bool // only of PublishChange: the latest version, Version, has this text already, and nothing was published
}

// errSameText ends a publication that would change nothing.
var errSameText = errors.New("the latest version has this text")

// Publish keeps v as the next version of its flow, which comes into being if it is new; v.Version and v.CreatedAt are ignored. The draft stays as it
// is.
func (db *DB) Publish(ctx context.Context, v FlowVersion) (Published, error) {
	return db.publish(ctx, v, false)
}

// PublishChange is Publish, unless the latest version has the same text, byte for byte. Of two that publish one text at once, one does.
func (db *DB) PublishChange(ctx context.Context, v FlowVersion) (Published, error) {
	return db.publish(ctx, v, true)
}

func (db *DB) publish(ctx context.Context, v FlowVersion, onlyChange bool) (Published, error) {
	if !storable(v.Flow) {
		return Published{}, wrap(ErrNotFound, "publishing %q", v.Flow)
	}
	v.Source, v.Contracts, v.Hash = full(v.Source), full(v.Contracts), clean(v.Hash)
	v.Message, v.Author = clean(v.Message), clean(v.Author)
	var out Published
	err := db.on(ctx).Transaction(func(tx *gorm.DB) error {
		// The upsert locks the flow's row, so that two publications number themselves one after the other.
		err := tx.Raw(`INSERT INTO flows (name, published) VALUES (?, 1)
			ON CONFLICT (name) DO UPDATE SET published = coalesce(flows.published, 0) + 1, updated_at = now() RETURNING published`, v.Flow).Scan(&out.Version).Error
		if err != nil {
			return err
		}
		var before FlowVersion
		err = tx.Select("hash", "source").Where("flow = ? AND version = ?", v.Flow, out.Version-1).Take(&before).Error
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound):
		case err != nil:
			return err
		case onlyChange && bytes.Equal(before.Source, v.Source):
			out.Version, out.Kept = out.Version-1, true
			return errSameText
		case before.Hash == v.Hash:
			out.SameAs = out.Version - 1
		}
		v.Version, v.CreatedAt = out.Version, tx.NowFunc()
		return tx.Create(&v).Error
	})
	if err != nil && !errors.Is(err, errSameText) {
		return Published{}, wrap(err, "publishing %q", v.Flow)
	}
	return out, nil
}

// Versions lists the versions of a flow, the latest first, without Source and Contracts. An unknown flow has none.
func (db *DB) Versions(ctx context.Context, flow string) ([]FlowVersion, error) {
	if !storable(flow) {
		return nil, nil
	}
	var vs []FlowVersion
	err := db.on(ctx).Omit("source", "contracts").Where("flow = ?", flow).Order("version DESC").Find(&vs).Error
	return vs, wrap(err, "listing the versions of %q", flow)
}

// NewestVersions are the numbers of a flow's newest versions, the latest first, most of them at most. They count from 1 without gaps, so the first of them is how many
// there are. An unknown flow has none.
func (db *DB) NewestVersions(ctx context.Context, flow string, most int) ([]int, error) {
	if !storable(flow) {
		return nil, nil
	}
	var out []int
	err := db.on(ctx).Model(&FlowVersion{}).Where("flow = ?", flow).Order("version DESC").Limit(most).Pluck("version", &out).Error
	return out, wrap(err, "listing the newest versions of %q", flow)
}

// Version returns one version of a flow; 0 is the latest. ErrNotFound.
func (db *DB) Version(ctx context.Context, flow string, version int) (FlowVersion, error) {
	var v FlowVersion
	if !storable(flow) || version < 0 || version > 1<<31-1 {
		return v, wrap(ErrNotFound, "reading version %d of %q", version, flow)
	}
	q := db.on(ctx).Where("flow = ?", flow)
	if version == 0 {
		q = q.Order("version DESC").Limit(1)
	} else {
		q = q.Where("version = ?", version)
	}
	err := q.Take(&v).Error
	return v, wrap(err, "reading version %d of %q", version, flow)
}
