package schema

import (
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// quick is the part of a schema that most contracts consist of: types, properties, which of them are required, and the items of a list. It reads a value
// once, from its text, and builds nothing.
//
// It only ever says that a value fits. Whatever it does not understand, be it of the schema or of the value, and whatever does not fit, is left to the whole
// validator, which has the words for it.
type quick struct {
	types    kinds // 0: any
	required []string
	fields   map[string]*quick
	closed   bool // no other fields
	items    *quick
}

// kinds is a set of the types of JSON.
type kinds uint8

const (
	kindNull kinds = 1 << iota
	kindBoolean
	kindInteger
	kindNumber // with a fraction, too
	kindString
	kindArray
	kindObject
)

var kindOf = map[string]kinds{"null": kindNull, "boolean": kindBoolean, "integer": kindInteger, "number": kindNumber | kindInteger, "string": kindString,
	"array": kindArray, "object": kindObject}

// any of these says nothing that a value could break, or is read by newQuick.
var understood = []string{"DraftVersion", "Location", "Bool", "Types", "Required", "Properties", "AdditionalProperties", "Items2020",
	"Title", "Description", "Default", "Comment", "ReadOnly", "WriteOnly", "Examples", "Deprecated"}

// newQuick is nil if the schema says more than a quick look can tell.
func newQuick(c *jsonschema.Schema, depth int) *quick {
	if c == nil {
		return &quick{}
	}
	if depth > MaxDepth || c.Bool != nil && !*c.Bool || len(c.Required) > 64 {
		return nil
	}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() && !slices.Contains(understood, f.Name) {
			return nil
		}
	}
	q := &quick{required: c.Required}
	if c.Types != nil {
		for _, name := range c.Types.ToStrings() {
			q.types |= kindOf[name]
		}
	}
	switch rest := c.AdditionalProperties.(type) {
	case nil:
	case bool:
		q.closed = !rest
	default:
		return nil
	}
	if len(c.Properties) > 0 {
		q.fields = make(map[string]*quick, len(c.Properties))
		for name, sub := range c.Properties {
			f := newQuick(sub, depth+1)
			if f == nil {
				return nil
			}
			q.fields[name] = f
		}
	}
	if c.Items2020 != nil {
		if q.items = newQuick(c.Items2020, depth+1); q.items == nil {
			return nil
		}
	}
	return q
}

// fits reports whether the value is surely fine.
func (q *quick) fits(value []byte) bool {
	if q == nil || !utf8.Valid(value) {
		return false
	}
	r := reader{src: value}
	if !r.value(q, 0) {
		return false
	}
	r.space()
	return r.pos == len(value)
}

// anything is what nothing is said of.
var anything = &quick{}

// reader walks over a JSON text.
type reader struct {
	src []byte
	pos int
}

func (r *reader) space() {
	for r.pos < len(r.src) {
		switch r.src[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// take consumes the byte c, with the white space before it.
func (r *reader) take(c byte) bool {
	r.space()
	if r.pos < len(r.src) && r.src[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

// value reads one value, and reports whether it is well formed, safe to carry, and fits.
func (r *reader) value(q *quick, depth int) bool {
	if r.space(); r.pos >= len(r.src) || depth >= MaxValueDepth {
		return false
	}
	var kind kinds
	switch c := r.src[r.pos]; {
	case c == '{':
		return (q.types == 0 || q.types&kindObject != 0) && r.object(q, depth)
	case c == '[':
		return (q.types == 0 || q.types&kindArray != 0) && r.array(q, depth)
	case c == '"':
		if _, ok := r.text(); !ok {
			return false
		}
		kind = kindString
	case c == '-' || c >= '0' && c <= '9':
		if kind = r.number(); kind == 0 {
			return false
		}
	case r.word("true"), r.word("false"):
		kind = kindBoolean
	case r.word("null"):
		kind = kindNull
	default:
		return false
	}
	return q.types == 0 || q.types&kind != 0
}

func (r *reader) object(q *quick, depth int) bool {
	r.pos++
	var seen uint64 // of the required fields
	for first := true; !r.take('}'); first = false {
		if !first && !r.take(',') {
			return false
		}
		r.space()
		name, ok := r.text()
		if !ok || !r.take(':') {
			return false
		}
		for i, want := range q.required {
			if want == string(name) {
				seen |= 1 << i
			}
		}
		sub := q.fields[string(name)]
		switch {
		case sub != nil:
		case q.closed:
			return false
		default:
			sub = anything
		}
		if !r.value(sub, depth+1) {
			return false
		}
	}
	return seen == 1<<len(q.required)-1
}

func (r *reader) array(q *quick, depth int) bool {
	r.pos++
	items := q.items
	if items == nil {
		items = anything
	}
	for first := true; !r.take(']'); first = false {
		if !first && !r.take(',') || !r.value(items, depth+1) {
			return false
		}
	}
	return true
}

// text reads a string without escapes; one with any is left to the whole validator.
func (r *reader) text() ([]byte, bool) {
	if r.pos >= len(r.src) || r.src[r.pos] != '"' {
		return nil, false
	}
	r.pos++
	for i := r.pos; i < len(r.src); i++ {
		switch c := r.src[i]; {
		case c == '"':
			s := r.src[r.pos:i]
			r.pos = i + 1
			return s, true
		case c == '\\' || c < ' ':
			return nil, false
		}
	}
	return nil, false
}

// number reads a number that every reader carries: up to 15 digits, without an exponent. It is 0 for any other.
func (r *reader) number() kinds {
	digits := func() (n int) {
		for r.pos < len(r.src) && r.src[r.pos] >= '0' && r.src[r.pos] <= '9' {
			r.pos++
			n++
		}
		return n
	}
	if r.src[r.pos] == '-' {
		r.pos++
	}
	from := r.pos
	n := digits()
	if n == 0 || n > 1 && r.src[from] == '0' {
		return 0
	}
	kind := kindInteger
	if r.pos < len(r.src) && r.src[r.pos] == '.' {
		r.pos++
		more := digits()
		if more == 0 {
			return 0
		}
		n, kind = n+more, kindNumber // one like 1.0 is an integer, too, which only the whole validator knows
	}
	if n > 15 || r.pos < len(r.src) && (r.src[r.pos] == 'e' || r.src[r.pos] == 'E') {
		return 0
	}
	return kind
}

func (r *reader) word(w string) bool {
	if len(r.src)-r.pos < len(w) || string(r.src[r.pos:r.pos+len(w)]) != w {
		return false
	}
	r.pos += len(w)
	return true
}
