package templates

import (
	"unicode"
	"unicode/utf8"
)

// Field is one input of a form made from a JSON schema.
//
// Names in the posted form, so that a server rebuilds the JSON with scripts off:
//   - a value is posted under Path, "amount" or "lines.0.sku";
//   - a list posts how many rows it has under "_rows.PATH" ("_rows.lines=2"); rows are numbered from 0 without gaps;
//   - a boolean is a select of "", "true", "false": an empty one is left out;
//   - an empty text is left out unless the field is required (then it is "" and the schema decides);
//   - a button "_add" with a list's path asks for one more row, "_remove" with a row's path ("lines.0") takes that one away: the page is rendered
//     again with what was typed. With scripts the browser does both by itself;
//   - "_mode" is form or json: which of the two to read; "_json" holds the whole input as JSON text.
type Field struct {
	Name        string // last part of the path, the label
	Path        string
	Kind        string // string, text (multi-line), number, integer, boolean, enum, object, list, json
	Required    bool
	Description string
	Options     []string // of an enum, as JSON texts would be shown: order, not "order"
	Value       string   // as typed or as prefilled; JSON text for kind json
	Placeholder string   // the default, the bounds: shown when empty
	Hint        string   // "above 0", "YYYY-MM-DD"
	Fields      []Field  // of an object
	Rows        []Field  // of a list: each an object or a single value
	Item        *Field   // of a list: an empty row, with "__i__" where the number goes
	Error       string
}

// Paths with this mark are of the empty row that "Add" copies: nothing posts them.
const rowMark = "__i__"

// hintText is the hint as it stands alone, or as a sentence after the description.
func (f Field) hintText() string {
	if f.Description == "" || f.Hint == "" {
		return f.Hint
	}
	first, size := utf8.DecodeRuneInString(f.Hint)
	return string(unicode.ToUpper(first)) + f.Hint[size:] + "."
}
