package schema

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestQuickNeverSaysMore: what a quick look finds fine, the whole validator finds fine, too, for texts that are nearly right.
func TestQuickNeverSaysMore(t *testing.T) {
	schemas := []string{
		`true`, `{}`, `{"type": "integer"}`, `{"type": ["number", "null"]}`, `{"type": "string", "title": "a name"}`,
		`{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "s": {"type": "string"}, "l": {"type": "array", "items": {"type": "number"}}}}`,
		`{"type": "object", "required": ["n", "s"], "properties": {"n": {"type": "number"}, "s": {}}, "additionalProperties": false}`,
		`{"type": "array", "items": {"type": "object", "required": ["n"]}}`,
		`{"type": "object", "properties": {"n": {"type": "object", "properties": {"n": {"type": "boolean"}}}}}`,
	}
	values := []string{`1`, `0`, `-3`, `1.5`, `1.0`, `1e3`, `007`, `1.`, `.5`, `-`, `9007199254740993`, `123456789012345`, `1234567890123456`, `1e999999999`, `true`, `null`, `nul`,
		`"x"`, `"a\"b"`, `"\q"`, "\"\xff\"", "\"\x01\"", `{"n":1}`, `{"n":1,"n":"x"}`, `{"n":1,}`, `{"n":1 "s":2}`, `{n:1}`, `{"n":1,"s":"x","l":[1,2.5]}`, `{"s":"x"}`,
		`{"n":{"n":true}}`, `{"n":{"n":1}}`, `[]`, `[{"n":1},{"n":2}]`, `[{"n":1},{}]`, `[1,]`, ` {"n" : 1 } `, `{"n":1} x`, ``, strings.Repeat("[", 199) + strings.Repeat("]", 199),
		strings.Repeat("[", 201) + strings.Repeat("]", 201), `{"n":9007199254740993}`, `{"\u006e":1}`}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 { // one byte too many, too few, or another
		v := []byte(values[r.IntN(len(values))])
		if len(v) == 0 || len(v) > 100 {
			continue
		}
		switch i := r.IntN(len(v)); r.IntN(3) {
		case 0:
			v = append(v[:i], v[i+1:]...)
		case 1:
			v[i] = `{}[]":,.-01eE\ tn`[r.IntN(17)]
		default:
			v = append(v[:i], append([]byte{`{}[]":,.-01eE\ tn`[r.IntN(17)]}, v[i:]...)...)
		}
		values = append(values, string(v))
	}
	fine := 0
	for _, raw := range schemas {
		s, err := Compile([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if s.quick == nil {
			t.Fatalf("no quick look at %s", raw)
		}
		for _, v := range values {
			if !s.quick.fits([]byte(v)) {
				continue
			}
			fine++
			if found := s.violations([]byte(v)); found != nil {
				t.Errorf("%s under %s: a quick look finds it fine, the whole validator %v", v, raw, found)
			}
			if !json.Valid([]byte(v)) {
				t.Errorf("%s is no JSON", v)
			}
		}
	}
	if fine < 1000 {
		t.Errorf("only %d values were found fine: the test shows little", fine)
	}
}

// TestQuickLeavesTheRest: a schema that says more is for the whole validator.
func TestQuickLeavesTheRest(t *testing.T) {
	for _, more := range []string{`"minimum": 1`, `"enum": [1]`, `"const": 1`, `"not": {}`, `"anyOf": [{}]`, `"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}`, `"pattern": "x"`,
		`"maxLength": 1`, `"minItems": 1`, `"uniqueItems": true`, `"patternProperties": {"x": false}`, `"additionalProperties": {"type": "null"}`, `"propertyNames": {"maxLength": 1}`,
		`"prefixItems": [{}]`, `"dependentRequired": {"a": ["b"]}`, `"minProperties": 1`, `"properties": {"a": {"maximum": 1}}`, `"unevaluatedProperties": false`, `"items": false`,
		`"if": {}, "then": false`, `"multipleOf": 2`, `"contains": {}`} {
		raw := fmt.Sprintf(`{"type": ["object", "array", "string", "number"], %s}`, more)
		s, err := Compile([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if s.quick != nil {
			t.Errorf("a quick look at %s", raw)
		}
	}
}

func BenchmarkQuick(b *testing.B) {
	s, err := Compile([]byte(`{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "name": {"type": "string"}}}`))
	if err != nil {
		b.Fatal(err)
	}
	value := []byte(`{"n":12345,"name":"a name"}`)
	b.Run("quick", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if s.Validate(value) != nil {
				b.Fatal("it fits")
			}
		}
	})
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if s.violations(value) != nil {
				b.Fatal("it fits")
			}
		}
	})
}
