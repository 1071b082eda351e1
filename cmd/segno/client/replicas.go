package client

import (
	"context"
	"time"
)

// Replicas are the servers that work on one database, and what waits for whichever comes first.
type Replicas struct {
	Replicas  []Replica `json:"replicas"`
	Unclaimed Unclaimed `json:"unclaimed"`
	At        time.Time `json:"at"`
}

// Replica is a server under a lease.
type Replica struct {
	Replica     string         `json:"replica"`
	Incarnation int64          `json:"incarnation"`
	This        bool           `json:"this,omitempty"` // the one that answered
	Alive       bool           `json:"alive"`
	LeaseMS     int64          `json:"lease_remaining_ms"`
	JoinedAt    time.Time      `json:"joined_at"`
	OwnedRuns   int            `json:"owned_runs"`
	Inbox       int            `json:"inbox"`
	InboxMS     int64          `json:"inbox_oldest_ms"`
	LagMS       int64          `json:"lag_ms"`
	Said        *ReplicaReport `json:"said,omitempty"`
}

// ReplicaReport is what a server says of itself.
type ReplicaReport struct {
	Host        string    `json:"host"`
	Addr        string    `json:"addr"`
	Release     string    `json:"release"`
	Reader      int       `json:"reader"`
	Since       time.Time `json:"since"`
	Runs        int       `json:"runs_in_memory"`
	Calls       int       `json:"calls_in_flight"`
	Queued      int       `json:"calls_queued"`
	Events      int       `json:"queue_events"`
	Transitions int       `json:"queue_transitions"`
	LateMS      int64     `json:"timer_late_ms"`
	AgeMS       int64     `json:"said_ms_ago"`
}

// Unclaimed is what waits for whichever server comes first.
type Unclaimed struct {
	Due     int   `json:"due"`
	DueMS   int64 `json:"due_oldest_ms"`
	Inbox   int   `json:"inbox"`
	InboxMS int64 `json:"inbox_oldest_ms"`
}

// Replicas lists them.
func (c *Client) Replicas(ctx context.Context) (r Replicas, err error) {
	err = c.get(ctx, &r, nil, "replicas")
	return r, err
}
