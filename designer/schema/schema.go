// Package schema owns JSON Schema (draft 2020-12): compiling a schema within bounds, checking values against it with messages for people, making a
// sample value from it, and the types that expressions are checked with.
//
// It knows no flow, no function and no run; it never opens a file or a connection, whatever a `$ref` says.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The bounds of a schema.
const (
	MaxBytes  = 256 << 10 // of a schema's text
	MaxDepth  = 100       // levels that a schema may nest
	maxVisits = 100_000   // subschemas that one look at a value may have to try, references expanded
)

// location is the address that every schema is compiled under; only references into itself resolve.
const location = "segno:///schema"

// Schema is a compiled JSON Schema. It is immutable and safe for concurrent use. A nil *Schema accepts every value.
type Schema struct {
	raw      []byte
	compiled *jsonschema.Schema
	quick    *quick                    // nil if only the whole validator understands it
	strict   func() *jsonschema.Schema // compiled with `format` as a rule, once it is asked for
	typeMemo
	weight    int  // see weigh
	recursive bool // it refers to itself
}

// Error is why a schema cannot be used.
type Error struct {
	Path    string // within the schema: "properties.lines.items"; "" for the whole
	Message string
	more    []Violation
}

// Problems lists everything that is wrong with the schema, Path and Message first.
func (e *Error) Problems() []Violation {
	return append([]Violation{{e.Path, e.Message}}, e.more...)
}

func (e *Error) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// Compile compiles a schema given as JSON. The error is an *Error.
//
// A `$ref` may only point into the schema itself. `format` is an annotation, as draft 2020-12 has it. Regular expressions are RE2, linear in time.
//
// Compiling the same text again is cheap: a draft is checked at every keystroke against the same contracts.
func Compile(raw []byte) (*Schema, error) {
	if len(raw) > MaxBytes {
		return nil, &Error{Message: fmt.Sprintf("the schema is %d bytes long; at most %d are allowed", len(raw), MaxBytes)}
	}
	return compiled.get(raw, compileNew)
}

func compileNew(raw []byte) (*Schema, error) {
	doc, bad := decode(raw, MaxDepth)
	if bad != nil {
		return nil, &Error{Path: bad.Path, Message: bad.Message}
	}
	switch doc.(type) {
	case map[string]any, bool:
	default:
		return nil, &Error{Message: "a schema must be an object or a boolean, found " + describe(doc)}
	}
	if path, text := hugeNumber(doc, ""); text != "" {
		return nil, &Error{Path: path, Message: "the number " + clip(text) + " is out of range"}
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(refuseLoader{})
	if err := c.AddResource(location, doc); err != nil {
		return nil, &Error{Message: err.Error()}
	}
	compiled, err := c.Compile(location)
	if err != nil {
		return nil, explainCompile(doc, err)
	}
	weight, recursive := weigh(compiled)
	if weight > maxVisits {
		return nil, &Error{Message: "the schema's references multiply beyond what can be checked in reasonable time"}
	}
	return &Schema{raw: bytes.Clone(raw), compiled: compiled, quick: newQuick(compiled, 0), weight: weight, recursive: recursive,
		strict: sync.OnceValue(func() *jsonschema.Schema { return compileStrict(doc) })}, nil
}

// Raw gives the schema as it was compiled, which must not be changed; nil for a nil Schema.
func (s *Schema) Raw() []byte {
	if s == nil {
		return nil
	}
	return s.raw
}

// refuseLoader keeps `$ref` inside the schema.
type refuseLoader struct{}

func (refuseLoader) Load(url string) (any, error) {
	return nil, errRemote
}

var errRemote = errors.New("only references within the schema itself are followed")

func explainCompile(doc any, err error) error {
	var (
		invalid *jsonschema.SchemaValidationError
		load    *jsonschema.LoadURLError
		regex   *jsonschema.InvalidRegexError
		report  *jsonschema.ValidationError
	)
	switch {
	case errors.As(err, &load):
		path, ref := remoteRef(doc, "")
		if ref == "" {
			ref = load.URL
		}
		return &Error{Path: path, Message: fmt.Sprintf("the reference to %q is not followed: %v", ref, errRemote)}
	case errors.As(err, &regex):
		return &Error{Path: pointerPath(doc, regex.URL), Message: fmt.Sprintf("%q is not a regular expression: %v", regex.Regex, regex.Err)}
	case errors.As(err, &invalid) && errors.As(invalid.Err, &report):
		found := collect(doc, report)
		for i := range found { // the alternatives are those of the language of schemas, which nobody wrote
			found[i].Message, _, _ = strings.Cut(found[i].Message, " (the nearest of ")
		}
		if len(found) > 0 {
			return &Error{Path: found[0].Path, Message: found[0].Message, more: found[1:]}
		}
	}
	return &Error{Message: strings.ReplaceAll(strings.ReplaceAll(err.Error(), location, ""), "\n", " ")}
}

// remoteRef finds the first reference that leaves the schema.
func remoteRef(v any, path string) (where, ref string) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if where, ref := remoteRef(e, path+"["+strconv.Itoa(i)+"]"); ref != "" {
				return where, ref
			}
		}
	case map[string]any:
		for _, k := range sortedNames(v) {
			if s, ok := v[k].(string); ok && (k == "$ref" || k == "$dynamicRef" || k == "$schema") && !strings.HasPrefix(s, "#") {
				return join(path, k), s
			}
			if where, ref := remoteRef(v[k], join(path, k)); ref != "" {
				return where, ref
			}
		}
	}
	return "", ""
}

// pointerPath turns "…#/properties/a/pattern" into "properties.a.pattern".
func pointerPath(doc any, url string) string {
	_, pointer, ok := strings.Cut(url, "#/")
	if !ok {
		return ""
	}
	tokens := strings.Split(pointer, "/")
	for i, t := range tokens {
		tokens[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(t)
	}
	return pathOf(doc, tokens)
}

// decode reads JSON with numbers as written, refusing what no reader carries safely: invalid UTF-8, integers beyond ±2^53, numbers out of a
// double's range, nesting deeper than limit.
func decode(raw []byte, limit int) (any, *Violation) {
	if !utf8.Valid(raw) {
		return nil, &Violation{Message: "not valid UTF-8"}
	}
	if bad := tooDeep(raw, limit); bad != nil {
		return nil, bad
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, &Violation{Message: "not valid JSON: " + plainJSON(err)}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &Violation{Message: "not valid JSON: more follows after the value"}
	}
	return v, nil
}

func plainJSON(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	return err.Error()
}

// tooDeep counts brackets outside of strings, before anything recurses over the text.
func tooDeep(raw []byte, limit int) *Violation {
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return &Violation{Message: fmt.Sprintf("nests deeper than %d levels", limit)}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
