package schema

import (
	"fmt"
	"testing"
)

func TestParts(t *testing.T) {
	s, err := Compile([]byte(`{"type": "object", "properties": {"a": {"$ref": "#/$defs/n"}, "l": {"prefixItems": [{"type": "string"}], "items": {"$ref": "#/$defs/n"}}},
		"allOf": [{"properties": {"z": {"minLength": 2}}}], "additionalProperties": {"type": "boolean"}, "$defs": {"n": {"type": "integer", "maximum": 9, "format": "int32"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		part  *Schema
		value string
		want  string
	}{
		{s.Field("a"), "3", "[]"}, {s.Field("a"), "10", "[must be at most 9, found 10]"}, {s.Field("l").Item(0), "3", `[expected string, found integer 3]`},
		{s.Field("l").Item(4), `"x"`, `[expected integer, found string "x"]`}, {s.Field("other"), "1", "[expected boolean, found integer 1]"},
		{s.Field("a").Field("b"), "1", "[]"},
	} {
		if got := fmt.Sprint(c.part.Validate([]byte(c.value))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.value, got, c.want)
		}
	}
}

// A schema that holds itself twice has no end of ways to a part.
func TestPartOfItself(t *testing.T) {
	s, err := Compile([]byte(`{"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"properties": {"l": {"$ref": "#/$defs/b"}}}, {"$ref": "#/$defs/b"}]}, "b": {"allOf": [{"$ref": "#/$defs/c"}, {"$ref": "#/$defs/c"}]},
		"c": {"properties": {"x": {"$ref": "#/$defs/a"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if s.Field("nothing") != nil || s.Field("x").Field("x").Field("l").Field("x") == nil {
		t.Error("a part that is there is found, and one that is not is not")
	}
}

func TestFormats(t *testing.T) {
	s, err := Compile([]byte(`{"properties": {"at": {"format": "date-time"}, "mail": {"format": "email"}, "l": {"items": {"format": "uuid"}}, "odd": {"format": "colour"},
		"either": {"anyOf": [{"format": "date"}, {"maxLength": 3}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if found := s.Validate([]byte(`{"at": "now"}`)); len(found) > 0 {
		t.Errorf("a format is a remark, found %v", found)
	}
	if found := s.Formats([]byte(`{"at": "2026-01-31T09:00:00Z", "mail": "a@example.org", "odd": "x", "either": "long enough", "l": ["0190b5a0-0000-7000-8000-000000000000"]}`)); len(found) > 0 {
		t.Errorf("found %v", found)
	}
	var paths []string
	for _, v := range s.Formats([]byte(`{"at": "now", "mail": "nobody", "l": ["1"]}`)) {
		paths = append(paths, v.Path)
	}
	if got := fmt.Sprint(paths); got != "[at l[0] mail]" {
		t.Errorf("found %s", got)
	}
}
