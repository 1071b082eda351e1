package view

import "time"

// Replicas is GET /api/v1/replicas: the servers that work on this database, and what waits for whichever comes first.
type Replicas struct {
	Replicas  []Replica `json:"replicas"`
	Unclaimed Unclaimed `json:"unclaimed"`
	At        time.Time `json:"at"`
}

// Replica is a server under a lease. Numbers stop at a bound, and one above it says that there are more: 100,000 for runs, 10,000 for messages.
type Replica struct {
	Replica     string         `json:"replica"` // its data directory's id
	Incarnation int64          `json:"incarnation"`
	This        bool           `json:"this,omitempty"` // the one that answers
	Alive       bool           `json:"alive"`          // its lease has not passed
	LeaseMS     int64          `json:"lease_remaining_ms"`
	JoinedAt    time.Time      `json:"joined_at"`
	OwnedRuns   int            `json:"owned_runs"`
	Inbox       int            `json:"inbox"` // messages to its runs that it has not consumed
	InboxMS     int64          `json:"inbox_oldest_ms"`
	LagMS       int64          `json:"lag_ms"` // how late it is: the oldest message, or the next timer in its memory
	Said        *ReplicaReport `json:"said,omitempty"`
}

// ReplicaReport is what a server says of itself every few seconds.
type ReplicaReport struct {
	Host        string    `json:"host"`
	Addr        string    `json:"addr"`
	Release     string    `json:"release"`
	Reader      int       `json:"reader"`
	Since       time.Time `json:"since"` // when its process began
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
	Due     int   `json:"due"` // sleeping runs whose time has come
	DueMS   int64 `json:"due_oldest_ms"`
	Inbox   int   `json:"inbox"` // messages to runs that nobody owns
	InboxMS int64 `json:"inbox_oldest_ms"`
}
