package templates

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/segno-run/segno/web/view"
)

// Iteration is one iteration of a loop that has completed, with what changed since the one before.
type Iteration struct {
	Step           string
	Item           *view.Item // of a for_each
	Number, Last   int        // from 1; the last that has completed
	Output         json.RawMessage
	Href           string // where the API has all of it
	Compared       bool   // with the one before; false of the first
	Changes        []FieldChange
	More           int    // that are not listed
	Previous, Next string // addresses, "" at an end
}

// FieldChange is a field that differs. Was or Is is empty where it is not there.
type FieldChange struct {
	Path    string
	Was, Is json.RawMessage
}

// says is what an iteration's heading says of the one before.
func (i Iteration) says() string {
	switch {
	case i.Number == 1:
		return "The first one."
	case !i.Compared:
		return "The output of one of the two is not recorded."
	case len(i.Changes) == 0:
		return fmt.Sprintf("Nothing changed since iteration %d.", i.Number-1)
	}
	return fmt.Sprintf("%s changed since iteration %d:", count(len(i.Changes)+i.More, "field"), i.Number-1)
}

// changedField names a field of an output; the output as a whole has no path.
func changedField(path string) string {
	if path == "" || strings.HasPrefix(path, "[") {
		return "output" + path
	}
	return "output." + path
}
