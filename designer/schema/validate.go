package schema

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// MaxValueDepth is how deeply a value may nest.
const MaxValueDepth = 200

// MaxViolations is how many violations Validate tells at most.
const MaxViolations = 20

// Violation is one way in which a value breaks its schema.
type Violation struct {
	Path    string `json:"path"`    // "ocr_result.has_text", "lines[3].sku"; "" for the whole value
	Message string `json:"message"` // "missing", `expected integer, found string "x"`
}

// String gives "lines[3].sku: missing".
func (v Violation) String() string {
	if v.Path == "" {
		return v.Message
	}
	return v.Path + ": " + v.Message
}

// Validate checks a JSON value; nil means that it is fine. The violations are sorted by path, at most MaxViolations.
//
// Values that JSON readers do not carry safely are violations under every schema: invalid UTF-8, integers beyond ±2^53, numbers outside a double's
// range, nesting deeper than MaxValueDepth. A nil Schema accepts everything.
func (s *Schema) Validate(value []byte) []Violation {
	if s == nil {
		return nil
	}
	if s.quick.fits(value) {
		return nil
	}
	return s.violations(value)
}

// violations is Validate by the whole validator.
func (s *Schema) violations(value []byte) []Violation {
	v, bad := decode(value, MaxValueDepth)
	if bad != nil {
		return []Violation{*bad}
	}
	var found []Violation
	unsafeNumbers(v, "", &found)
	if len(found) > 0 {
		return tidy(found)
	}
	if s.tooCostly(value, v) {
		return []Violation{{Message: "checking it would take too long: the schema comes to the same parts of it in too many ways"}}
	}
	err := s.compiled.Validate(v)
	if err == nil {
		return nil
	}
	report, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return []Violation{{Message: err.Error()}}
	}
	if found = collect(v, report); len(found) == 0 {
		found = []Violation{{Message: "does not fit the schema"}}
	}
	return found
}

func tidy(found []Violation) []Violation {
	slices.SortStableFunc(found, func(a, b Violation) int {
		return cmp.Or(comparePaths(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	found = slices.Compact(found)
	return found[:min(len(found), MaxViolations)]
}

// comparePaths orders paths so that lines[2] stands before lines[10].
func comparePaths(a, b string) int {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na > 0 && nb > 0 {
			if c := cmp.Or(cmp.Compare(na, nb), cmp.Compare(a[:na], b[:nb])); c != 0 {
				return c
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// pathOf writes the tokens of a JSON pointer as a path; the value tells indices from keys that look like them.
func pathOf(v any, tokens []string) string {
	path := ""
	for _, t := range tokens {
		switch at := v.(type) {
		case []any:
			path += "[" + t + "]"
			if i, err := strconv.Atoi(t); err == nil && i >= 0 && i < len(at) {
				v = at[i]
			} else {
				v = nil
			}
		case map[string]any:
			path = join(path, t)
			v = at[t]
		default:
			path = join(path, t)
			v = nil
		}
	}
	return path
}

func lookup(v any, tokens []string) any {
	for _, t := range tokens {
		switch at := v.(type) {
		case []any:
			i, err := strconv.Atoi(t)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		case map[string]any:
			v = at[t]
		default:
			return nil
		}
	}
	return v
}

func collect(v any, e *jsonschema.ValidationError) []Violation {
	var found []Violation
	leaves(v, e, &found)
	return tidy(found)
}

// leaves turns the library's tree of errors into the violations at its leaves. Of alternatives none of which fits, the one that got furthest
// speaks for all.
func leaves(root any, e *jsonschema.ValidationError, found *[]Violation) {
	path := pathOf(root, e.InstanceLocation)
	say := func(format string, args ...any) {
		*found = append(*found, Violation{path, fmt.Sprintf(format, args...)})
	}
	at := func() any { return lookup(root, e.InstanceLocation) }
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf:
		alternatives(root, e, found)
		return
	case *kind.OneOf:
		if len(k.Subschemas) > 1 {
			say("fits %d alternatives where exactly one must fit", len(k.Subschemas))
			return
		}
		alternatives(root, e, found)
		return
	case *kind.Required:
		for _, name := range k.Missing {
			*found = append(*found, Violation{join(path, name), "missing"})
		}
		return
	case *kind.DependentRequired:
		for _, name := range k.Missing {
			*found = append(*found, Violation{join(path, name), fmt.Sprintf("missing; it must be there if %s is", k.Prop)})
		}
		return
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			*found = append(*found, Violation{join(path, name), "not allowed here"})
		}
		return
	}
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			leaves(root, cause, found)
		}
		return
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		say("expected %s, found %s", strings.Join(k.Want, " or "), describe(at()))
	case *kind.Enum:
		say("expected one of %s, found %s", values(k.Want), describe(k.Got))
	case *kind.Const:
		say("expected %s, found %s", literal(k.Want), describe(k.Got))
	case *kind.Minimum:
		say("must be at least %s, found %s", decimal(k.Want), decimal(k.Got))
	case *kind.Maximum:
		say("must be at most %s, found %s", decimal(k.Want), decimal(k.Got))
	case *kind.ExclusiveMinimum:
		say("must be more than %s, found %s", decimal(k.Want), decimal(k.Got))
	case *kind.ExclusiveMaximum:
		say("must be less than %s, found %s", decimal(k.Want), decimal(k.Got))
	case *kind.MultipleOf:
		say("must be a multiple of %s, found %s", decimal(k.Want), decimal(k.Got))
	case *kind.MinLength:
		say("must have at least %s, found %d", count(k.Want, "character"), k.Got)
	case *kind.MaxLength:
		say("must have at most %s, found %d", count(k.Want, "character"), k.Got)
	case *kind.MinItems:
		say("must have at least %s, found %d", count(k.Want, "item"), k.Got)
	case *kind.MaxItems:
		say("must have at most %s, found %d", count(k.Want, "item"), k.Got)
	case *kind.MinProperties:
		say("must have at least %s, found %d", count(k.Want, "property"), k.Got)
	case *kind.MaxProperties:
		say("must have at most %s, found %d", count(k.Want, "property"), k.Got)
	case *kind.Pattern:
		say("does not match the pattern %s, found %s", k.Want, describe(k.Got))
	case *kind.UniqueItems:
		say("the items %d and %d are equal, but must differ", k.Duplicates[0], k.Duplicates[1])
	case *kind.FalseSchema:
		say("not allowed here")
	default:
		say("%s", e.ErrorKind.LocalizedString(english))
	}
}

var english = message.NewPrinter(language.English)

// alternatives speaks for an anyOf or oneOf of which nothing fits.
func alternatives(root any, e *jsonschema.ValidationError, found *[]Violation) {
	var (
		best      []Violation
		bestDepth = -1
		wanted    []string
	)
	for _, cause := range e.Causes {
		var sub []Violation
		leaves(root, cause, &sub)
		depth := furthest(cause)
		if depth > bestDepth || depth == bestDepth && len(sub) < len(best) {
			best, bestDepth = sub, depth
		}
		wanted = append(wanted, typesOf(cause)...)
	}
	if bestDepth <= len(e.InstanceLocation) && len(wanted) == len(e.Causes) && len(wanted) > 0 {
		slices.Sort(wanted)
		*found = append(*found, Violation{pathOf(root, e.InstanceLocation), fmt.Sprintf("expected %s, found %s",
			strings.Join(slices.Compact(wanted), " or "), describe(lookup(root, e.InstanceLocation)))})
		return
	}
	if len(best) == 0 {
		best = []Violation{{pathOf(root, e.InstanceLocation), "fits none of the alternatives"}}
	}
	for _, v := range best {
		if len(e.Causes) > 1 {
			v.Message += fmt.Sprintf(" (the nearest of %d alternatives)", len(e.Causes))
		}
		*found = append(*found, v)
	}
}

// furthest is how deep into the value an alternative got before it failed; one that failed at the value's own type is not near at all.
func furthest(e *jsonschema.ValidationError) int {
	if _, ok := e.ErrorKind.(*kind.Type); ok && len(e.Causes) == 0 {
		return len(e.InstanceLocation)
	}
	depth := len(e.InstanceLocation) + 1
	if len(e.Causes) > 0 {
		depth = 0
		for _, c := range e.Causes {
			depth = max(depth, furthest(c))
		}
	}
	return depth
}

// typesOf gives the types an alternative asked for, if its type is all that was wrong.
func typesOf(e *jsonschema.ValidationError) []string {
	if k, ok := e.ErrorKind.(*kind.Type); ok && len(e.Causes) == 0 {
		return []string{strings.Join(k.Want, " or ")}
	}
	if len(e.Causes) == 1 {
		return typesOf(e.Causes[0])
	}
	return nil
}

// describe names a value's type and, if it is short, the value: `string "x"`, "integer 3", "object".
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprintf("boolean %t", v)
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			return "number " + clip(string(v))
		}
		return "integer " + clip(string(v))
	case string:
		return "string " + literal(v)
	case []any:
		return fmt.Sprintf("array of %d", len(v))
	case map[string]any:
		return "object"
	}
	return fmt.Sprint(v)
}

func literal(v any) string {
	if s, ok := v.(string); ok {
		v = clip(s)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case noun == "property":
		return strconv.Itoa(n) + " properties"
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func values(vs []any) string {
	var out []string
	for _, v := range vs {
		out = append(out, literal(v))
	}
	if len(out) > 8 {
		out = append(out[:8], "…")
	}
	return strings.Join(out, ", ")
}

func decimal(r *big.Rat) string {
	if r.IsInt() {
		return clip(r.Num().String())
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// clip shortens what a message quotes; whole values belong to the run page, not into a sentence.
func clip(s string) string {
	runes := []rune(s)
	if len(runes) <= 60 {
		return s
	}
	return string(runes[:59]) + "…"
}
