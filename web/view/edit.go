package view

// Reference is one place that names a step: GET /api/v1/flows/{name}/draft/references?step=.
type Reference struct {
	In   string `json:"in"`             // needs, expression, compensation or test
	Step string `json:"step,omitempty"` // that it stands in; none in the flow's output and in a test
	File string `json:"file,omitempty"` // of the test
	Line int    `json:"line"`
	Text string `json:"text"` // the line
}

// Merge is what somebody has not saved, joined with what somebody else has: POST /api/v1/flows/{name}/draft/merge.
type Merge struct {
	ETag    string        `json:"etag"`   // of their draft
	Source  string        `json:"source"` // both joined
	Mine    string        `json:"mine"`   // mine alone
	Changes []MergeChange `json:"changes"`
}

// MergeChange is a part of a flow that one of the two changed, or both. A part that is not there is empty.
type MergeChange struct {
	Path   string `json:"path"` // by which it is chosen
	Step   string `json:"step,omitempty"`
	Field  string `json:"field,omitempty"` // none: the step as a whole
	Side   string `json:"side"`            // mine, theirs, same or both
	Base   string `json:"base"`
	Mine   string `json:"mine"`
	Theirs string `json:"theirs"`
}

// Pasted tells what a paste decided.
type Pasted struct {
	Steps    []string   `json:"steps"` // as they are called now
	Renamed  []Rename   `json:"renamed"`
	Dangling []Dangling `json:"dangling"`
}

// Rename is a step's old and new name.
type Rename struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Dangling is a pasted step, and one that it names and that is not there.
type Dangling struct {
	In   string `json:"in"`
	Step string `json:"step"`
}
