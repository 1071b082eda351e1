package schema

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Example makes a sample value for a schema given as JSON, as a form's first content: defaults, examples, constants and the first of an enum where
// they are written, else something small of the right type. Required properties always appear, optional ones if they have a default. The result
// is JSON, indented by two spaces; it need not be valid under every keyword. A schema that cannot be read gives `{}`.
func Example(raw []byte) []byte {
	doc, bad := decode(raw, MaxDepth)
	if bad != nil {
		return []byte("{}")
	}
	e := exampler{root: doc}
	var buf bytes.Buffer
	e.write(&buf, doc, 0)
	var out bytes.Buffer
	if err := json.Indent(&out, buf.Bytes(), "", "  "); err != nil {
		return []byte("{}")
	}
	return out.Bytes()
}

// The bounds of an example: a schema may refer to itself.
const (
	exampleDepth = 8
	exampleBytes = 64 << 10
)

type exampler struct{ root any }

func (e exampler) write(b *bytes.Buffer, doc any, depth int) {
	s, ok := doc.(map[string]any)
	if !ok || depth > exampleDepth || b.Len() > exampleBytes {
		b.WriteString("null")
		return
	}
	for _, key := range []string{"default", "const"} {
		if v, ok := s[key]; ok {
			put(b, v)
			return
		}
	}
	for _, key := range []string{"examples", "enum"} {
		if l, ok := s[key].([]any); ok && len(l) > 0 {
			put(b, l[0])
			return
		}
	}
	if ref, ok := s["$ref"].(string); ok {
		e.write(b, e.resolve(ref), depth+1)
		return
	}
	for _, key := range []string{"anyOf", "oneOf", "allOf"} {
		if l, ok := s[key].([]any); ok && len(l) > 0 && s["type"] == nil && s["properties"] == nil {
			e.write(b, l[0], depth+1)
			return
		}
	}
	switch typeName(s) {
	case "object":
		e.object(b, s, depth)
	case "array":
		b.WriteByte('[')
		if items, ok := s["items"]; ok {
			e.write(b, items, depth+1)
		}
		b.WriteByte(']')
	case "string":
		text, known := map[string]string{
			"date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "00:00:00Z", "email": "someone@example.com",
			"uri": "https://example.com/", "uuid": "00000000-0000-4000-8000-000000000000", "duration": "PT1H",
		}[stringOf(s["format"])]
		if !known {
			text = ""
		}
		put(b, text)
	case "integer", "number":
		put(b, lowest(s))
	case "boolean":
		b.WriteString("false")
	default:
		b.WriteString("null")
	}
}

func (e exampler) object(b *bytes.Buffer, s map[string]any, depth int) {
	props, _ := s["properties"].(map[string]any)
	var names []string
	seen := map[string]bool{}
	required, _ := s["required"].([]any)
	for _, r := range required {
		if name := stringOf(r); name != "" && !seen[name] {
			names = append(names, name)
			seen[name] = true
		}
	}
	for _, name := range sortedNames(props) {
		if p, ok := props[name].(map[string]any); ok && !seen[name] {
			if _, ok := p["default"]; ok {
				names = append(names, name)
			}
		}
	}
	b.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		put(b, name)
		b.WriteByte(':')
		e.write(b, props[name], depth+1)
	}
	b.WriteByte('}')
}

// resolve follows a reference within the schema: "#", "#/$defs/line".
func (e exampler) resolve(ref string) any {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	if pointer == "" {
		return e.root
	}
	var tokens []string
	for _, t := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		tokens = append(tokens, strings.NewReplacer("~1", "/", "~0", "~").Replace(t))
	}
	return lookup(e.root, tokens)
}

func typeName(s map[string]any) string {
	switch t := s["type"].(type) {
	case string:
		return t
	case []any:
		for _, one := range t {
			if name := stringOf(one); name != "" && name != "null" {
				return name
			}
		}
		return "null"
	}
	switch {
	case s["properties"] != nil || s["required"] != nil:
		return "object"
	case s["items"] != nil:
		return "array"
	}
	return ""
}

func stringOf(v any) string {
	s, _ := v.(string)
	return s
}

// lowest is the smallest friendly number that the bounds allow: 0, else the minimum, else one more than an exclusive minimum.
func lowest(s map[string]any) json.Number {
	if n, ok := s["minimum"].(json.Number); ok && !strings.HasPrefix(string(n), "-") {
		return n
	}
	if n, ok := s["exclusiveMinimum"].(json.Number); ok && !strings.HasPrefix(string(n), "-") {
		if i, err := n.Int64(); err == nil {
			return json.Number(strconv.FormatInt(i+1, 10))
		}
	}
	return "0"
}

func sortedNames(m map[string]any) []string {
	return slices.Sorted(maps.Keys(m))
}

func put(b *bytes.Buffer, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		raw = []byte("null")
	}
	b.Write(raw)
}
