package models

// The statements whose plans tests read.
const (
	BacklogQuery = backlogQuery
	StatusQuery  = statusQuery
)

// Those of the page of servers, with what keeps them straight.
const (
	ReplicasQuery  = replicasQuery
	UnclaimedQuery = unclaimedQuery
)

// Straight are the settings under which they run.
func Straight() []string { return straight }
