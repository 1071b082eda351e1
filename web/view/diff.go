package view

// Overlay is two versions of a flow on one graph, with what changed between them: what the diff page embeds.
type Overlay struct {
	Flow    string       `json:"flow"`
	From    string       `json:"from"` // a version's number, or draft
	To      string       `json:"to"`
	Graph   Graph        `json:"graph"` // the steps and edges of both; Mark says which are not
	Changes []DiffChange `json:"changes"`
	Change  string       `json:"change,omitempty"` // the one that the address names
}

// DiffChange is one difference in words.
type DiffChange struct {
	ID    string   `json:"id"`   // as in ?change=
	Sign  string   `json:"sign"` // "+", "-", "~", or "!" for what can now run without what
	Text  string   `json:"text"`
	Below []string `json:"below,omitempty"` // the fields that changed
	Step  string   `json:"step,omitempty"`  // the node that it is about; none if it is about the flow itself
	Edge  string   `json:"edge,omitempty"`  // the edge that it is about
	Old   int      `json:"old,omitempty"`   // its line in the text from, 0 if it is not there
	New   int      `json:"new,omitempty"`   // and in the text to
}

// Publication is what publishing a draft would do: GET /api/v1/flows/{name}/draft/publication.
type Publication struct {
	Flow     string        `json:"flow"`
	Version  int           `json:"version"`        // that it would be
	From     int           `json:"from,omitempty"` // the latest version, which the changes are from; 0 if this is the first
	Summary  string        `json:"summary"`        // the changes in one line
	Changes  []DiffChange  `json:"changes"`
	Graph    string        `json:"graph,omitempty"` // both versions on one graph, as SVG; none if it is too large for a dialog
	Running  []RunsOn      `json:"running"`         // runs that have not ended, by version: they stay there
	PinnedBy []PinnedBy    `json:"pinned_by"`       // flows that run this one in a version that they have pinned
	Children []ChildMoves  `json:"children"`        // flows that this one runs without naming a version, and that another version is pinned of now
	Tests    Tested        `json:"tests"`
	Behind   []TestsBehind `json:"behind"` // steps that tests name and the draft no longer has
}

// TestsBehind is a step of the latest version that the draft has no more, and that test files of the flow still name.
type TestsBehind struct {
	Step   string   `json:"step"`
	Now    string   `json:"now,omitempty"` // what it is called in the draft; "" if it is gone
	Places int      `json:"places"`        // lines that name it
	Files  []string `json:"files"`
}

// ChildMoves is a flow that runs in another version from now on: published again since, and no step names its version.
type ChildMoves struct {
	Flow string `json:"flow"`
	From int    `json:"from"`
	To   int    `json:"to"`
}

// RunsOn counts the runs of a version that have not ended.
type RunsOn struct {
	Version int `json:"version"`
	Runs    int `json:"runs"`
}

// PinnedBy is a flow whose latest version runs this one as a child.
type PinnedBy struct {
	Flow    string `json:"flow"`
	Version int    `json:"version"` // of this flow: its runs stay on it until that flow is published again
}

// Tested is what the last test of a draft said.
type Tested struct {
	Total  int    `json:"total"` // scenarios that there are; 0: no tests
	Failed int    `json:"failed"`
	Ran    int    `json:"ran"`   // scenarios that the last test ran; 0: it never ran
	Stale  bool   `json:"stale"` // the draft, a function or a test has changed since
	At     string `json:"at,omitempty"`
}
