package models

// The statements whose plans tests read.
const (
	BacklogQuery = backlogQuery
	StatusQuery  = statusQuery
)
