package view

// Retention is how long a flow keeps its finished runs: GET and PUT /api/v1/flows/{flow}/retention. Without either bound they are kept for ever.
type Retention struct {
	MaxAge  string `json:"max_age,omitempty"`  // since they ended: "30d", "12h"
	MaxRuns int    `json:"max_runs,omitempty"` // so many, the newest
	Failed  bool   `json:"failed,omitempty"`   // failed runs count as finished, too
}
