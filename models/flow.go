package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// Flow is a workflow's name with its draft.
type Flow struct {
	Name      string `gorm:"primaryKey"`
	Draft     []byte // YAML as typed; nil: none
	DraftRev  int64  // rises with every change of the draft; 0: there never was one
	Published *int   // the latest version; nil: none
	CreatedAt time.Time
	UpdatedAt time.Time
}

// TableName implements GORM's Tabler.
func (Flow) TableName() string { return "flows" }

// AfterFind implements a hook of GORM.
func (f *Flow) AfterFind(*gorm.DB) error {
	utc(&f.CreatedAt, &f.UpdatedAt)
	return nil
}

// FlowSummary is a line in the list of flows.
type FlowSummary struct {
	Flow
	Source []byte         // of the latest version; nil: none is published
	Counts map[string]int // runs by status; no entry: none
	Last   *Run           // the latest run; nil: none
}

// Flows lists all flows by name, each with the source of its latest version, its run counts and its last run.
func (db *DB) Flows(ctx context.Context) ([]FlowSummary, error) {
	var flows []Flow
	if err := db.on(ctx).Order("name").Find(&flows).Error; err != nil {
		return nil, wrap(err, "listing flows")
	}
	var sources []FlowVersion
	err := db.on(ctx).Select("v.flow, v.source").Table("flow_versions v").Joins("JOIN flows f ON f.name = v.flow AND f.published = v.version").Find(&sources).Error
	if err != nil {
		return nil, wrap(err, "reading the latest versions")
	}
	counts, err := db.RunCounts(ctx, "")
	if err != nil {
		return nil, err
	}
	var last []Run
	err = db.on(ctx).Raw(`SELECT r.* FROM flows f CROSS JOIN LATERAL (
		SELECT * FROM runs WHERE runs.flow = f.name ORDER BY created_at DESC, id DESC LIMIT 1) r`).Find(&last).Error
	if err != nil {
		return nil, wrap(err, "reading the last runs")
	}

	out := make([]FlowSummary, len(flows))
	at := map[string]*FlowSummary{}
	for i, f := range flows {
		out[i] = FlowSummary{Flow: f, Counts: counts[f.Name]}
		at[f.Name] = &out[i]
	}
	for i := range sources {
		if s := at[sources[i].Flow]; s != nil {
			s.Source = sources[i].Source
		}
	}
	for i := range last {
		if s := at[last[i].Flow]; s != nil {
			s.Last = &last[i]
		}
	}
	return out, nil
}

// PublishedNames lists the flows of which a version is published, by name.
func (db *DB) PublishedNames(ctx context.Context) ([]string, error) {
	var names []string
	err := db.on(ctx).Model(&Flow{}).Where("published IS NOT NULL").Order("name").Pluck("name", &names).Error
	return names, wrap(err, "listing the published flows")
}

// LatestVersions gives the latest version of every flow that has one, by name, with Flow, Version and Source alone.
func (db *DB) LatestVersions(ctx context.Context) ([]FlowVersion, error) {
	var out []FlowVersion
	err := db.on(ctx).Select("v.flow, v.version, v.source").Table("flow_versions v").Joins("JOIN flows f ON f.name = v.flow AND f.published = v.version").
		Order("v.flow").Find(&out).Error
	return out, wrap(err, "reading the latest versions")
}

// Flow returns one flow. ErrNotFound.
func (db *DB) Flow(ctx context.Context, name string) (Flow, error) {
	var f Flow
	if !storable(name) {
		return f, wrap(ErrNotFound, "reading flow %q", name)
	}
	err := db.on(ctx).Where("name = ?", name).Take(&f).Error
	return f, wrap(err, "reading flow %q", name)
}

// SaveDraft keeps text as the draft of a flow, which comes into being with its first, and returns the draft's new revision. ErrConflict if its
// revision is not rev (0: there must be none yet; AnyRev: whatever it is); ErrNotFound if it should have one and there is no such flow.
func (db *DB) SaveDraft(ctx context.Context, name string, text []byte, rev int64) (newRev int64, err error) {
	if !storable(name) {
		return 0, wrap(ErrNotFound, "saving the draft of %q", name)
	}
	var revs []int64
	if rev <= 0 {
		err = db.on(ctx).Raw(`INSERT INTO flows (name, draft, draft_rev) VALUES (?, ?, 1)
			ON CONFLICT (name) DO UPDATE SET draft = excluded.draft, draft_rev = flows.draft_rev + 1, updated_at = now()
			WHERE ? = -1 OR flows.draft_rev = 0 RETURNING draft_rev`, name, full(text), rev).Scan(&revs).Error
	} else {
		err = db.on(ctx).Raw(`UPDATE flows SET draft = ?, draft_rev = draft_rev + 1, updated_at = now()
			WHERE name = ? AND draft_rev = ? RETURNING draft_rev`, full(text), name, rev).Scan(&revs).Error
	}
	return db.newRev(ctx, name, revs, err, "saving the draft of")
}

// NewFlow keeps text as the draft of a flow that comes into being with it. ErrConflict if there is one of that name, with a draft or without.
func (db *DB) NewFlow(ctx context.Context, name string, text []byte) error {
	if !storable(name) {
		return wrap(ErrNotFound, "making the flow %q", name)
	}
	r := db.on(ctx).Exec(`INSERT INTO flows (name, draft, draft_rev) VALUES (?, ?, 1) ON CONFLICT (name) DO NOTHING`, name, full(text))
	if r.Error == nil && r.RowsAffected == 0 {
		r.Error = ErrConflict
	}
	return wrap(r.Error, "making the flow %q", name)
}

// DiscardDraft removes the draft of a flow and returns the revision that the next SaveDraft must name. Errors as SaveDraft.
func (db *DB) DiscardDraft(ctx context.Context, name string, rev int64) (newRev int64, err error) {
	if !storable(name) {
		return 0, wrap(ErrNotFound, "discarding the draft of %q", name)
	}
	var revs []int64
	err = db.on(ctx).Raw(`UPDATE flows SET draft = NULL, draft_rev = draft_rev + 1, updated_at = now()
		WHERE name = ? AND (? = -1 OR draft_rev = ?) RETURNING draft_rev`, name, rev, rev).Scan(&revs).Error
	return db.newRev(ctx, name, revs, err, "discarding the draft of")
}

// newRev judges a conditional change: without a row it was either too late or nowhere.
func (db *DB) newRev(ctx context.Context, name string, revs []int64, err error, doing string) (int64, error) {
	switch {
	case err != nil:
		return 0, wrap(err, "%s %q", doing, name)
	case len(revs) == 1:
		return revs[0], nil
	}
	if _, err := db.Flow(ctx, name); err != nil {
		return 0, wrap(err, "%s %q", doing, name)
	}
	return 0, wrap(ErrConflict, "%s %q", doing, name)
}
