package view

// Payload stands in the place of a value, or of a part of one, that is kept apart from the history because of its size.
type Payload struct {
	Payload string `json:"$payload"` // "sha256:" and 64 hex digits
	Bytes   int64  `json:"bytes"`
}
