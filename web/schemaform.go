package web

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/web/templates"
)

// form turns a JSON schema into the fields of a start form, and what was typed into them back into JSON. It follows the schema only as far as a form
// can: anything else is a field of JSON text, so no schema is left without one.
type form struct {
	root flow.Value
}

// newForm takes a compiled schema; nil is one of no input.
func newForm(s *schema.Schema) form {
	if s == nil {
		return form{}
	}
	v, err := flow.FromJSON(s.Raw())
	if err != nil {
		return form{} // it compiled, so it is JSON
	}
	return form{root: v}
}

// typed is what the fields hold, by path: texts, and how many rows each list has.
type typed struct {
	text map[string]string
	rows map[string]int
}

func newTyped() typed { return typed{map[string]string{}, map[string]int{}} }

// maxRows bounds the rows of a form; longer lists are for the JSON side.
const maxRows = 500

// maxFormDepth is how deep objects and lists are fields; what lies deeper is JSON text. A schema may refer to nothing but itself, so this also ends
// whatever would not end.
const maxFormDepth = 5

// kindOf says what a schema is in a form.
func kindOf(s flow.Value, depth int) string {
	for _, k := range []string{"$ref", "oneOf", "anyOf", "allOf", "not", "if", "const", "$dynamicRef"} {
		if s.Get(k).Kind != flow.Absent {
			return "json"
		}
	}
	if e := s.Get("enum"); e.Kind == flow.List {
		for _, o := range e.Items {
			if o.Kind == flow.Map || o.Kind == flow.List || o.Kind == flow.Null {
				return "json"
			}
		}
		return "enum"
	}
	switch t := s.Get("type"); t.Text {
	case "string":
		if long, err := strconv.Atoi(s.Get("maxLength").Text); err == nil && long > 200 || s.Get("format").Text == "textarea" {
			return "text"
		}
		return "string"
	case "number", "integer", "boolean":
		return t.Text
	case "object":
		if p := s.Get("properties"); p.Kind == flow.Map && len(p.Fields) > 0 && depth < maxFormDepth {
			return "object"
		}
	case "array":
		if i := s.Get("items"); i.Kind == flow.Map && s.Get("prefixItems").Kind == flow.Absent && depth < maxFormDepth {
			return "list"
		}
	}
	return "json"
}

func requires(s flow.Value, name string) bool {
	return slices.ContainsFunc(s.Get("required").Items, func(v flow.Value) bool { return v.Text == name })
}

// asObject reports whether the input as a whole is fields. Otherwise it can only be typed as JSON.
func (f form) asObject() bool { return f.root.Kind != flow.Absent && kindOf(f.root, 0) == "object" }

// empty reports whether there is no input at all.
func (f form) empty() bool { return f.root.Kind == flow.Absent }

// fields are the form with what was typed and what is wrong with it; errs are by path in the form's way of writing, "lines.0.sku".
func (f form) fields(t typed, errs map[string]string) []templates.Field {
	if !f.asObject() {
		return nil
	}
	return f.properties(f.root, "", 0, t, errs)
}

func (f form) properties(s flow.Value, path string, depth int, t typed, errs map[string]string) []templates.Field {
	var out []templates.Field
	for _, p := range s.Get("properties").Fields {
		out = append(out, f.field(p.Value, p.Key, join(path, p.Key), requires(s, p.Key), depth+1, t, errs))
	}
	return out
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (f form) field(s flow.Value, name, path string, required bool, depth int, t typed, errs map[string]string) templates.Field {
	out := templates.Field{Name: name, Path: path, Kind: kindOf(s, depth), Required: required, Description: s.Get("description").Text,
		Value: t.text[path], Error: errs[path], Hint: hint(s)}
	if title := s.Get("title").Text; title != "" {
		out.Name = title
	}
	if d := s.Get("default"); d.Kind != flow.Absent {
		out.Placeholder = shown(d)
	}
	switch out.Kind {
	case "object":
		out.Fields = f.properties(s, path, depth, t, errs)
	case "list":
		item := s.Get("items")
		for i := range t.rows[path] {
			out.Rows = append(out.Rows, f.field(item, strconv.Itoa(i), path+"."+strconv.Itoa(i), true, depth+1, t, errs))
		}
		row := f.field(item, "__i__", path+".__i__", true, depth+1, newTyped(), nil)
		out.Item = &row
	case "enum":
		for _, o := range s.Get("enum").Items {
			out.Options = append(out.Options, shown(o))
		}
	}
	return out
}

// shown is a value as a person types it: a text without its quotes, anything else as JSON.
func shown(v flow.Value) string {
	if v.Kind == flow.String {
		return v.Text
	}
	return string(v.JSON())
}

// hint says a schema's bounds in words.
func hint(s flow.Value) string {
	var said []string
	for _, b := range []struct{ key, words string }{
		{"exclusiveMinimum", "above "}, {"minimum", "at least "}, {"exclusiveMaximum", "below "}, {"maximum", "at most "},
		{"minItems", "rows: at least "}, {"maxItems", "rows: at most "},
	} {
		if v := s.Get(b.key); v.Kind == flow.Number {
			said = append(said, b.words+v.Text)
		}
	}
	switch s.Get("format").Text {
	case "date":
		said = append(said, "YYYY-MM-DD")
	case "date-time":
		said = append(said, "2026-01-31T09:00:00Z")
	case "email", "uri":
		said = append(said, s.Get("format").Text)
	}
	return strings.Join(said, ", ")
}

// fill is what the fields hold for a JSON value. What the form has no field for is left out.
func (f form) fill(raw []byte) typed {
	t := newTyped()
	if v, err := flow.FromJSON(raw); err == nil && f.asObject() {
		f.fillIn(f.root, v, "", 0, t)
	}
	return t
}

func (f form) fillIn(s, v flow.Value, path string, depth int, t typed) {
	switch kindOf(s, depth) {
	case "object":
		for _, p := range s.Get("properties").Fields {
			if inner := v.Get(p.Key); inner.Kind != flow.Absent {
				f.fillIn(p.Value, inner, join(path, p.Key), depth+1, t)
			}
		}
	case "list":
		t.rows[path] = min(len(v.Items), maxRows)
		for i := range t.rows[path] {
			f.fillIn(s.Get("items"), v.Items[i], path+"."+strconv.Itoa(i), depth+1, t)
		}
	case "json":
		t.text[path] = indented(v.JSON())
	default:
		t.text[path] = shown(v)
	}
}

// posted reads a form's values.
func posted(values map[string][]string) typed {
	t := newTyped()
	for name, v := range values {
		if len(v) == 0 {
			continue
		}
		if list, ok := strings.CutPrefix(name, "_rows."); ok {
			if n, err := strconv.Atoi(v[0]); err == nil {
				t.rows[list] = min(max(n, 0), maxRows)
			}
		} else if !strings.HasPrefix(name, "_") {
			t.text[name] = normalize(v[0])
		}
	}
	return t
}

// json makes the input out of what was typed. errs are of fields whose text is no JSON at all; everything else is for the schema to judge.
func (f form) json(t typed) (raw []byte, errs map[string]string) {
	errs = map[string]string{}
	if !f.asObject() {
		return []byte("{}"), errs
	}
	raw, _ = f.value(f.root, "", true, 0, t, errs)
	return raw, errs
}

// value is the JSON of one field; ok is false if it is left out.
func (f form) value(s flow.Value, path string, required bool, depth int, t typed, errs map[string]string) (raw []byte, ok bool) {
	text, given := t.text[path]
	switch kindOf(s, depth) {
	case "object":
		return f.object(s, path, required, depth, t, errs)
	case "list":
		n := t.rows[path]
		if n == 0 && !required {
			return nil, false
		}
		raw = []byte{'['}
		for i := range n {
			if i > 0 {
				raw = append(raw, ',')
			}
			item, ok := f.value(s.Get("items"), path+"."+strconv.Itoa(i), true, depth+1, t, errs)
			if !ok {
				item = []byte("null") // a row that says nothing is still a row; the schema says what it misses
			}
			raw = append(raw, item...)
		}
		return append(raw, ']'), true
	case "string", "text":
		if text == "" && !(required && given) {
			return nil, false
		}
		return quoted(text), true
	case "number", "integer":
		text = strings.TrimSpace(text)
		if text == "" {
			return nil, false
		}
		if jsonNumber.MatchString(text) {
			return []byte(text), true
		}
		errs[path] = "this is no number"
		return quoted(text), true
	case "boolean":
		if text == "true" || text == "false" {
			return []byte(text), true
		}
		return nil, false
	case "enum":
		for _, o := range s.Get("enum").Items {
			if text != "" && shown(o) == text {
				return o.JSON(), true
			}
		}
		return quoted(text), text != ""
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, false
	}
	if err := checkJSON([]byte(text)); err != nil {
		errs[path] = "this is not JSON: a text needs quotes"
		return []byte("null"), true
	}
	return []byte(text), true
}

func (f form) object(s flow.Value, path string, required bool, depth int, t typed, errs map[string]string) (raw []byte, ok bool) {
	raw = []byte{'{'}
	for _, p := range s.Get("properties").Fields {
		v, given := f.value(p.Value, join(path, p.Key), requires(s, p.Key), depth+1, t, errs)
		if !given {
			continue
		}
		if len(raw) > 1 {
			raw = append(raw, ',')
		}
		raw = append(append(append(raw, quoted(p.Key)...), ':'), v...)
	}
	return append(raw, '}'), required || len(raw) > 1
}

// jsonNumber is JSON's grammar of numbers (RFC 8259, section 6).
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func quoted(s string) []byte {
	raw, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`) // a string always marshals
	}
	return raw
}

// addRow asks for one more row of a list.
func (t typed) addRow(list string) { t.rows[list] = min(t.rows[list]+1, maxRows) }

// removeRow takes a row ("lines.0") away; those behind it move up.
func (t typed) removeRow(row string) {
	i := strings.LastIndexByte(row, '.')
	if i < 0 {
		return
	}
	list := row[:i]
	gone, err := strconv.Atoi(row[i+1:])
	if err != nil || gone < 0 || gone >= t.rows[list] {
		return
	}
	t.rows[list]--
	moveUp(t.text, list, gone)
	moveUp(t.rows, list, gone)
}

// moveUp renumbers the entries below a list after one of its rows is gone.
func moveUp[V any](m map[string]V, list string, gone int) {
	moved := map[string]V{}
	for path, v := range m {
		rest, ok := strings.CutPrefix(path, list+".")
		if !ok {
			continue
		}
		index, tail, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(index)
		if err != nil || n < gone {
			continue
		}
		delete(m, path)
		if n == gone {
			continue
		}
		to := list + "." + strconv.Itoa(n-1)
		if tail != "" {
			to += "." + tail
		}
		moved[to] = v
	}
	for path, v := range moved {
		m[path] = v
	}
}

// fieldPath writes a violation's path as the form does: "lines[3].sku" is "lines.3.sku".
func fieldPath(path string) string {
	return strings.ReplaceAll(strings.ReplaceAll(path, "[", "."), "]", "")
}

// paths lists every field of a form, so that an error that has no field can be told elsewhere.
func paths(fields []templates.Field, into map[string]bool) map[string]bool {
	for _, f := range fields {
		into[f.Path] = true
		paths(f.Fields, into)
		paths(f.Rows, into)
	}
	return into
}
