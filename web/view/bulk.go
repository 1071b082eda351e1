package view

import "time"

// Bulk is one wish to retry many failed runs of a flow, and what has come of it so far: /api/v1/flows/{flow}/retries/{id}.
type Bulk struct {
	ID          string     `json:"id"`
	Flow        string     `json:"flow"`
	Class       string     `json:"class,omitempty"` // of the failures, like the two below; absent: any
	Step        string     `json:"step,omitempty"`
	Fingerprint string     `json:"fingerprint,omitempty"`
	Version     int        `json:"version,omitempty"` // of the flow that the runs go on with; absent: each with its own
	Actor       string     `json:"actor,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
	StoppedAt   *time.Time `json:"stopped_at,omitempty"`
	Done        bool       `json:"done"` // no run waits any more
	Runs        int        `json:"runs"`
	Waiting     int        `json:"waiting"` // once it is stopped: that had had their turn by then, and are not decided yet
	Retried     int        `json:"retried"`
	Refused     int        `json:"refused"`
	Stopped     int        `json:"stopped"`
	Succeeded   int        `json:"succeeded"` // of those retried, like the two below: how they ended; the others are under way
	Failed      int        `json:"failed"`    // again
	Otherwise   int        `json:"otherwise"` // cancelled, compensated or deleted
}

// BulkRun is what came of one run of a bulk.
type BulkRun struct {
	N       int        `json:"n"` // its place, from 1
	Run     string     `json:"run"`
	State   string     `json:"state"` // waiting, retried, refused or stopped
	Why     string     `json:"why,omitempty"`
	At      *time.Time `json:"at,omitempty"`
	Outcome string     `json:"outcome,omitempty"` // retried: the status in which it was first found ended, or deleted; absent: it is under way
	Status  string     `json:"status,omitempty"`  // of the run now; absent: it has been deleted
}

// BulkPlan is what a bulk retry would do, without doing it.
type BulkPlan struct {
	Flow        string       `json:"flow"`
	Class       string       `json:"class,omitempty"`
	Step        string       `json:"step,omitempty"`
	Fingerprint string       `json:"fingerprint,omitempty"`
	Version     int          `json:"version,omitempty"`
	Runs        int          `json:"runs"`    // that it would be about
	Planned     int          `json:"planned"` // the newest of them, whose plans were made
	Fit         int          `json:"fit"`     // of those, how many would go on
	Kinds       []BulkReason `json:"kinds"`   // what would become of them, the most frequent first
}

// BulkReason is runs that would fare alike.
type BulkReason struct {
	Fits bool   `json:"fits"`
	Text string `json:"text"` // what is reused and runs again, or what is in the way
	Runs int    `json:"runs"`
	Run  string `json:"run"` // the newest of them
}
