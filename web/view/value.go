package view

import "encoding/json"

// Written is a part of a step's definition, as it was written: an expression, or a value that holds some.
type Written struct {
	Name string          // the key, or the branch of a switch
	Text string          // an expression
	JSON json.RawMessage // else a value, templates as strings
}
