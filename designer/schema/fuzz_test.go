package schema

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/segno-run/segno/internal/bounded"
)

// heavy are schemas that cost a careless validator much, each with a value.
func heavy() [][2]string {
	nest := func(n int, open, end string) string { return strings.Repeat(open, n) + "{}" + strings.Repeat(end, n) }
	bomb := `{"$defs": {"a0": {"type": "integer"}`
	for i := 1; i < 30; i++ {
		a, b := "a"+string(rune('0'+(i-1)%10)), "a"+string(rune('0'+i%10))
		bomb += `, "` + b + string(rune('a'+i/10)) + `": {"anyOf": [{"$ref": "#/$defs/` + a + `"}, {"$ref": "#/$defs/` + a + `"}]}`
	}
	bomb += `}, "$ref": "#/$defs/a9c"}`
	double := `{"$defs": {`
	for i := range 30 {
		n, m := string(rune('A'+i)), string(rune('A'+i+1))
		double += `"` + n + `": {"allOf": [{"$ref": "#/$defs/` + m + `"}, {"$ref": "#/$defs/` + m + `"}]}, `
	}
	double += `"` + string(rune('A'+30)) + `": {"type": "integer"}}, "$ref": "#/$defs/A"}`
	return [][2]string{
		{bomb, "1"}, {double, "1"}, {`{"$ref": "#"}`, "1"}, {`{"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}`, "1"},
		{`{"type": "array", "items": {"$ref": "#"}}`, strings.Repeat("[", 150) + strings.Repeat("]", 150)},
		{nest(99, `{"not": `, "}"), "1"}, {nest(500, `{"items": `, "}"), "[]"}, {`{"minimum": 1e999999999}`, "1"}, {`{"multipleOf": 1e-300}`, "1e300"},
		{`{"multipleOf": 0.1}`, "0.30000000000000004"}, {`{"maxLength": 99999999999999999999}`, `"a"`}, {`{"enum": [` + strings.Repeat(`"x", `, 5000) + `1]}`, `"y"`},
		{`{"pattern": "^(a+)+$"}`, `"` + strings.Repeat("a", 5000) + `!"`}, {`{"pattern": "(((a{1,100}){1,100}){1,100})"}`, `"a"`}, {`{"uniqueItems": true}`, "[" + strings.Repeat("1, ", 3000) + "2]"},
		{`{"uniqueItems": true, "items": {"uniqueItems": true}}`, "[" + strings.Repeat(`{"a": [1, 2]}, `, 500) + `{"a": []}]`}, {`{"required": [` + strings.Repeat(`"a", `, 100) + `"a"]}`, "{}"},
		{`{"properties": {"a": {"type": "integer"}, "a": {"type": "string"}}}`, `{"a": 1, "a": "x"}`}, {`{"patternProperties": {"^a": {"$ref": "#"}, "a$": {"$ref": "#"}}}`, strings.Repeat(`{"a": `, 60) + "1" + strings.Repeat("}", 60)},
		{`{"contains": {"minimum": 5}, "minContains": 2, "unevaluatedItems": false}`, "[1, 6, 7]"}, {`{"dependentSchemas": {"a": {"$ref": "#"}}, "unevaluatedProperties": false}`, `{"a": 1}`},
		{`{"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"const": null}}`, `"a"`}, {`{"$id": "http://x/", "$ref": "other.json"}`, "1"}, {`{"$dynamicRef": "#x", "$dynamicAnchor": "x"}`, "1"},
	}
}

// FuzzSchema: whatever schema and value come, compiling and validating end, an error has words, what is said is bounded, and the value that is made up
// from a schema is JSON.
func FuzzSchema(f *testing.F) {
	for _, s := range []string{"true", "false", "{}", "[]", `{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}, "additionalProperties": false}`,
		`{"type": "array", "prefixItems": [{"type": "string"}], "items": {"enum": [1, "a", null]}}`, `{"oneOf": [{"type": "null"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"const": {"k": [1]}}}}`} {
		f.Add([]byte(s), []byte(`{"n": 1}`))
	}
	for _, s := range heavy() {
		f.Add([]byte(s[0]), []byte(s[1]))
	}
	f.Fuzz(func(t *testing.T, raw, value []byte) {
		bounded.Run(t, func() {
			s, err := Compile(raw)
			if err != nil {
				var bad *Error
				if !errors.As(err, &bad) || len(bad.Problems()) == 0 || bad.Message == "" {
					t.Fatalf("the error is %T %v", err, err)
				}
				return
			}
			found := s.Validate(value)
			if whole := s.violations(value); len(whole) != len(found) {
				t.Fatalf("a quick look at %q finds it fine, and the whole validator says %v", value, whole)
			}
			if len(found) > MaxViolations {
				t.Fatalf("%d violations", len(found))
			}
			for _, v := range found {
				if v.Message == "" {
					t.Fatalf("a violation without a message: %+v", v)
				}
			}
			if !json.Valid(value) && len(found) == 0 {
				t.Fatalf("%q is no JSON, and fits", value)
			}
			s.Type()
			if made := Example(raw); !json.Valid(made) {
				t.Fatalf("the example is no JSON: %s", made)
			}
		})
	})
}
