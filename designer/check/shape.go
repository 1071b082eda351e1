package check

import (
	"encoding/json"
	"slices"
)

// shape is what can be read from a schema without knowing any value: the names that an object surely or possibly has.
type shape struct {
	properties map[string]*shape
	names      []string // sorted
	required   []string
	closed     bool // no other names are allowed
	entangled  bool // what is allowed depends on combinations that a single field cannot show
}

// readShape reads a schema's plain shape; nil if it is not that of an object with properties.
func readShape(raw []byte) *shape {
	var doc any
	if json.Unmarshal(raw, &doc) != nil {
		return nil
	}
	return shapeOf(doc, 0)
}

func shapeOf(doc any, depth int) *shape {
	s, ok := doc.(map[string]any)
	if !ok || depth > 20 {
		return nil
	}
	for _, key := range []string{"$ref", "$dynamicRef", "allOf"} {
		if s[key] != nil {
			return nil
		}
	}
	if t, ok := s["type"]; ok && t != "object" {
		return nil
	}
	props, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	if props == nil && required == nil && s["type"] == nil {
		return nil
	}
	out := &shape{properties: map[string]*shape{}}
	for name, sub := range props {
		out.properties[name] = shapeOf(sub, depth+1)
		out.names = append(out.names, name)
	}
	slices.Sort(out.names)
	for _, r := range required {
		if name, ok := r.(string); ok {
			out.required = append(out.required, name)
		}
	}
	for _, key := range []string{"if", "anyOf", "oneOf", "not", "dependentSchemas", "dependentRequired", "unevaluatedProperties"} {
		out.entangled = out.entangled || s[key] != nil
	}
	out.closed = s["additionalProperties"] == false && s["patternProperties"] == nil && !out.entangled
	if s["patternProperties"] != nil {
		out.names = nil // a name that looks misspelt may be meant
	}
	return out
}
