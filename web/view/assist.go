package view

// Assist is the help for a cursor: what may stand there, and what stands there.
type Assist struct {
	From   Place        `json:"from"` // what an item replaces, up to To
	To     Place        `json:"to"`
	Items  []AssistItem `json:"items"` // best first
	Hover  *Hover       `json:"hover,omitempty"`
	Type   string       `json:"type,omitempty"`   // of the expression in which the cursor stands
	Wanted string       `json:"wanted,omitempty"` // the type that is wanted there
}

// AssistItem is one thing that may stand there.
type AssistItem struct {
	Label  string `json:"label"`
	Kind   string `json:"kind"` // key, value, function, step, field, method or expression
	Type   string `json:"type,omitempty"`
	Detail string `json:"detail,omitempty"`
	Insert string `json:"insert"`
}

// Hover is what stands at a place.
type Hover struct {
	From   Place  `json:"from"`
	To     Place  `json:"to"`
	Label  string `json:"label"`
	Type   string `json:"type,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Place is a line and a column, both from 1; columns count code points.
type Place struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}
