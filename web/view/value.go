package view

import "encoding/json"

// Written is a part of a step's definition, as it was written: an expression, or a value that holds some.
type Written struct {
	Name string          // the key, or the branch of a switch
	Text string          // an expression
	JSON json.RawMessage // else a value, templates as strings
}

// ValueChange is one place at which two values differ. A side that does not have it has no value.
type ValueChange struct {
	Path string          `json:"path"` // as items[3].id; empty: the whole value
	Was  json.RawMessage `json:"was,omitempty"`
	Is   json.RawMessage `json:"is,omitempty"`
}

// Comparison tells how a run went otherwise than another one of its flow: GET /api/v1/runs/{id}/compare.
type Comparison struct {
	Run         string           `json:"run"`
	With        string           `json:"with"` // the other one
	Version     int              `json:"version"`
	WithVersion int              `json:"with_version"`
	Status      string           `json:"status"`
	WithStatus  string           `json:"with_status"`
	TookMS      *int64           `json:"took_ms,omitempty"` // none while it goes on
	WithTookMS  *int64           `json:"with_took_ms,omitempty"`
	First       string           `json:"first,omitempty"`       // the step at which they part: another status, another port; none if they went the same way
	FirstValue  string           `json:"first_value,omitempty"` // the step from which on values differ
	Input       []ValueChange    `json:"input,omitempty"`
	InputMore   int              `json:"input_more,omitempty"` // differences that are not listed
	Output      []ValueChange    `json:"output,omitempty"`
	OutputMore  int              `json:"output_more,omitempty"`
	Steps       []StepComparison `json:"steps"`          // of the run, each after all that it needs
	Gone        []string         `json:"gone,omitempty"` // steps that only the other one has
}

// StepComparison is one step of a Comparison.
type StepComparison struct {
	ID         string        `json:"id"`
	Title      string        `json:"title,omitempty"`
	Parts      bool          `json:"parts,omitempty"`   // it went another way
	Differs    string        `json:"differs,omitempty"` // how it differs, in words; none if it does not
	Status     string        `json:"status"`
	WithStatus string        `json:"with_status,omitempty"` // none if the other run's version has no such step
	TookMS     *int64        `json:"took_ms,omitempty"`
	WithTookMS *int64        `json:"with_took_ms,omitempty"`
	Input      []ValueChange `json:"input,omitempty"` // of what was sent
	InputMore  int           `json:"input_more,omitempty"`
	Output     []ValueChange `json:"output,omitempty"`
	OutputMore int           `json:"output_more,omitempty"`
}
