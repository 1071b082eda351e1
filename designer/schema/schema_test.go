package schema

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func compile(t *testing.T, raw string) *Schema {
	t.Helper()
	s, err := Compile([]byte(raw))
	if err != nil {
		t.Fatalf("Compile(%s): %v", raw, err)
	}
	return s
}

func render(vs []Violation) string {
	var lines []string
	for _, v := range vs {
		lines = append(lines, v.String())
	}
	return strings.Join(lines, "\n")
}

const order = `{"type":"object","required":["order_id","amount","lines"],"additionalProperties":false,"properties":{
	"order_id":{"type":"string","minLength":2},
	"amount":{"type":"number","exclusiveMinimum":0,"multipleOf":0.01},
	"fail":{"enum":["a","b"]},
	"note":{"type":["string","null"]},
	"ocr_result":{"type":"object","required":["has_text"],"properties":{"has_text":{"type":"boolean"}}},
	"to":{"anyOf":[{"type":"string"},{"type":"object","required":["street"],"properties":{"street":{"type":"string"}}}]},
	"lines":{"type":"array","minItems":1,"items":{"type":"object","required":["sku","n"],"properties":{"sku":{"type":"string"},"n":{"type":"integer"}}}}}}`

func TestValidate(t *testing.T) {
	s := compile(t, order)
	for _, c := range []struct{ value, want string }{
		{`{"order_id":"o1","amount":19.99,"lines":[{"sku":"x","n":1}]}`, ""},
		{`{"order_id":"o1","amount":0.1,"lines":[{"sku":"x","n":1.0}],"note":null,"to":"here"}`, ""},
		{`{}`, "amount: missing\nlines: missing\norder_id: missing"},
		{`{"order_id":"o","amount":0,"lines":[]}`,
			"amount: must be more than 0, found 0\nlines: must have at least 1 item, found 0\norder_id: must have at least 2 characters, found 1"},
		{`{"order_id":"o1","amount":1,"lines":[{"sku":"x","n":1},{"n":"x"}]}`, "lines[1].n: expected integer, found string \"x\"\nlines[1].sku: missing"},
		{`{"order_id":"o1","amount":1,"lines":[{"sku":"x","n":1}],"ocr_result":{}}`, "ocr_result.has_text: missing"},
		{`{"order_id":"o1","amount":1,"lines":[{"sku":"x","n":1}],"extra":1,"fail":"c"}`, "extra: not allowed here\nfail: expected one of \"a\", \"b\", found string \"c\""},
		{`{"order_id":"o1","amount":1,"lines":[{"sku":"x","n":1}],"to":3}`, "to: expected object or string, found integer 3"},
		{`{"order_id":"o1","amount":1,"lines":[{"sku":"x","n":1}],"to":{"street":5}}`,
			"to.street: expected string, found integer 5 (the nearest of 2 alternatives)"},
		{`{"order_id":"o1","amount":1.005,"lines":[{"sku":"x","n":1.5}],"note":5}`,
			"amount: must be a multiple of 0.01, found 1.005\nlines[0].n: expected integer, found number 1.5\nnote: expected null or string, found integer 5"},
		{`[1]`, "expected object, found array of 1"},
		{`null`, "expected object, found null"},
		{``, "not valid JSON: it ends too early"},
		{`{"a"`, "not valid JSON: it ends too early"},
		{`{} {}`, "not valid JSON: more follows after the value"},
		{"\"a\xff\"", "not valid UTF-8"},
		{`{"order_id":"a\u0000b","amount":1,"lines":[{"sku":"x","n":1}]}`, ""},
		{`{"order_id":9007199254740993,"amount":1e400}`,
			"amount: the number 1e400 is out of range\norder_id: the integer 9007199254740993 is beyond ±2^53, which JSON readers round; send it as a string"},
		{`{"amount":1e999999999999}`, "amount: the number 1e999999999999 is out of range"},
		{`{"amount":1e-99999999}`, "amount: the number 1e-99999999 is out of range"},
		{strings.Repeat("[", 300) + strings.Repeat("]", 300), "nests deeper than 200 levels"},
		{strings.Repeat("[", 3_000_000), "nests deeper than 200 levels"},
	} {
		if got := render(s.Validate([]byte(c.value))); got != c.want {
			t.Errorf("%.100s:\n got %s\nwant %s", c.value, got, c.want)
		}
	}
	if got := (*Schema)(nil).Validate([]byte("whatever")); got != nil {
		t.Errorf("nil schema: got %v, want none", got)
	}
}

func TestValidateIsBoundedAndSorted(t *testing.T) {
	s := compile(t, `{"type":"array","items":{"type":"integer"}}`)
	got := s.Validate([]byte("[" + strings.Repeat(`"x",`, 500) + `"x"]`))
	if len(got) != MaxViolations || got[0].Path != "[0]" || got[10].Path != "[10]" || got[2].Path != "[2]" {
		t.Errorf("got %d violations: %s", len(got), render(got))
	}
}

func TestCompileRefuses(t *testing.T) {
	laughs := `{"$defs":{"a0":{"type":"string"}`
	for i := 1; i < 40; i++ {
		laughs += fmt.Sprintf(`,"a%d":{"allOf":[{"$ref":"#/$defs/a%d"},{"$ref":"#/$defs/a%d"}]}`, i, i-1, i-1)
	}
	laughs += `},"$ref":"#/$defs/a39"}`
	for _, c := range []struct{ raw, want string }{
		{`{"type":"objekt"}`, "type: expected one of"},
		{`{"properties":{"a":{"type":5}}}`, "properties.a.type: "},
		{`{"properties":{"a":{"minLength":-1}}}`, "properties.a.minLength: must be at least 0, found -1"},
		{`{"required":"a"}`, `required: expected array, found string "a"`},
		{`{"properties":{"a":{"pattern":"("}}}`, "properties.a.pattern: "},
		{`{"$ref":"https://example.com/x.json"}`, `the reference to "https://example.com/x.json" is not followed`},
		{`{"$ref":"file:///etc/passwd"}`, `the reference to "file:///etc/passwd" is not followed`},
		{`{"$ref":"#/$defs/nope"}`, "nope"},
		{`{"minimum":1e999999999}`, "minimum: the number 1e999999999 is out of range"},
		{`[]`, "a schema must be an object or a boolean, found array of 0"},
		{`{`, "not valid JSON: it ends too early"},
		{`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "nests deeper than 100 levels"},
		{`{"title":"` + strings.Repeat("x", MaxBytes) + `"}`, "at most 262144 are allowed"},
		{laughs, "multiply"},
	} {
		_, err := Compile([]byte(c.raw))
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Error(), c.want) {
			t.Errorf("Compile(%.80s): got %v, want %q", c.raw, err, c.want)
		}
	}
}

func TestCompileAccepts(t *testing.T) {
	for _, c := range []struct{ raw, good, bad string }{
		{`true`, `1`, ""},
		{`{}`, `1`, ""},
		{`{"maximum":9223372036854775807,"type":"integer"}`, `5`, `"x"`},
		{`{"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"},"v":{"type":"integer"}}}},"$ref":"#/$defs/n"}`,
			`{"next":{"next":{"v":1}}}`, `{"next":{"next":{"v":"x"}}}`},
		{`{"type":"string","pattern":"^(a+)+$"}`, `"aaa"`, `"` + strings.Repeat("a", 50_000) + `b"`},
		{`{"type":"object","patternProperties":{"^x_":{"type":"integer"}},"unevaluatedProperties":false}`, `{"x_a":1}`, `{"y":1}`},
	} {
		s := compile(t, c.raw)
		if string(s.Raw()) != c.raw {
			t.Errorf("Raw: got %s, want %s", s.Raw(), c.raw)
		}
		if got := s.Validate([]byte(c.good)); got != nil {
			t.Errorf("%s of %s: got %s, want none", c.good, c.raw, render(got))
		}
		if c.bad != "" && s.Validate([]byte(c.bad)) == nil {
			t.Errorf("%.40s of %s: got none, want a violation", c.bad, c.raw)
		}
	}
}

func TestExample(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{order, `{"order_id":"","amount":1,"lines":[{"sku":"","n":0}]}`},
		{`{"type":"object","properties":{"a":{"type":"string","default":"x"},"b":{"type":"integer"}}}`, `{"a":"x"}`},
		{`{"required":["a"],"properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"enum":["u","v"]}}}`, `{"a":"u"}`},
		{`{"type":["null","integer"],"minimum":3}`, `3`},
		{`{"type":"string","format":"date-time"}`, `"2026-01-01T00:00:00Z"`},
		{`{"$ref":"#"}`, `null`},
		{`nonsense`, `{}`},
	} {
		got := strings.NewReplacer("\n", "", "  ", "", ": ", ":").Replace(string(Example([]byte(c.raw))))
		if got != c.want {
			t.Errorf("Example(%.60s): got %s, want %s", c.raw, got, c.want)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := compileNew([]byte(order)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	s, err := Compile([]byte(order))
	if err != nil {
		b.Fatal(err)
	}
	value := []byte(`{"order_id":"o1","amount":19.99,"lines":[{"sku":"x","n":1}]}`)
	for b.Loop() {
		if vs := s.Validate(value); vs != nil {
			b.Fatal(vs)
		}
	}
}

// A recursion that comes to each part in two ways doubles at each level. What is linear is checked, however deep.
func TestARecursionThatMultipliesIsRefused(t *testing.T) {
	nested := func(n int, key string) []byte {
		return []byte(strings.Repeat(`{"`+key+`": `, n) + "1" + strings.Repeat("}", n))
	}
	for _, c := range []struct {
		schema string
		value  []byte
		fine   bool
	}{
		{`{"patternProperties": {"^a": {"$ref": "#"}, "a$": {"$ref": "#"}}}`, nested(60, "a"), false},
		{`{"patternProperties": {"^a": {"$ref": "#"}, "a$": {"$ref": "#"}}}`, nested(10, "a"), true},
		{`{"patternProperties": {"^a": {"$ref": "#"}, "b$": {"$ref": "#"}}}`, nested(150, "a"), true},
		{`{"properties": {"a": {"$ref": "#"}}, "additionalProperties": {"$ref": "#"}}`, nested(150, "a"), true},
		{`{"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}}`, nested(60, "a"), false},
		{`{"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"allOf": [{"$ref": "#"}, {"$ref": "#"}]}]}`, []byte(strings.Repeat("[", 60) + strings.Repeat("]", 60)), false},
		{`{"items": {"type": "integer"}}`, []byte("[" + strings.Repeat("1,", 200_000) + "1]"), true},
	} {
		s, err := Compile([]byte(c.schema))
		if err != nil {
			t.Fatal(err)
		}
		if found := s.Validate(c.value); (len(found) == 0) != c.fine {
			t.Errorf("%s on %.40s…: %v, want it checked: %t", c.schema, c.value, found, c.fine)
		}
	}
}
