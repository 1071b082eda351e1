package schema

import (
	"reflect"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxWork is how many times one look at a value may try a subschema on a part of it: a second or two.
const maxWork = 3_000_000

// tooCostly reports whether checking the value would take more than maxWork. A schema without recursion tries each of its subschemas at most once on
// each part of the value, so nearly always a product is all that is needed. A recursive one may come to a part in several ways, each of which comes to
// its parts in several ways; those are counted.
func (s *Schema) tooCostly(value []byte, v any) bool {
	if !s.recursive && s.weight*(len(value)/2+1) <= maxWork {
		return false
	}
	m := meter{known: map[trial]int{}}
	return m.work(s.compiled, v) > maxWork
}

// trial is a subschema that is tried on a part of a value: an object or a list.
type trial struct {
	schema *jsonschema.Schema
	part   uintptr
	length int
}

// meter counts trials. What a trial costs is found once, so counting is cheap where trying is not.
type meter struct {
	known map[trial]int
}

func (m *meter) work(s *jsonschema.Schema, v any) int {
	if s == nil {
		return 0
	}
	t := trial{schema: s}
	switch v := v.(type) {
	case map[string]any:
		t.part, t.length = reflect.ValueOf(v).Pointer(), len(v)
	case []any:
		t.part, t.length = reflect.ValueOf(v).Pointer(), len(v)
	}
	if n, ok := m.known[t]; ok {
		return n
	}
	if len(m.known) > maxWork/10 {
		return maxWork + 1 // the counting itself has to end
	}
	m.known[t] = 1 // a schema that comes back to itself on the same part: the validator stops there, too
	n := 1
	try := func(sub *jsonschema.Schema, part any) {
		if n <= maxWork {
			n += m.work(sub, part)
		}
	}
	for _, sub := range inPlace(s) {
		try(sub, v)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, sub := range s.DependentSchemas {
			try(sub, v)
		}
		for _, sub := range s.Dependencies {
			try(asSchema(sub), v)
		}
		for key, part := range v {
			try(s.PropertyNames, key)
			own, named := s.Properties[key]
			try(own, part)
			for pattern, sub := range s.PatternProperties {
				if pattern.MatchString(key) {
					named = true
					try(sub, part)
				}
			}
			if !named {
				try(asSchema(s.AdditionalProperties), part)
				try(s.UnevaluatedProperties, part)
			}
		}
	case []any:
		for i, part := range v {
			try(s.Contains, part)
			switch items := s.Items.(type) {
			case *jsonschema.Schema:
				try(items, part)
			case []*jsonschema.Schema:
				if i < len(items) {
					try(items[i], part)
				} else {
					try(asSchema(s.AdditionalItems), part)
				}
			}
			switch {
			case i < len(s.PrefixItems):
				try(s.PrefixItems[i], part)
			case s.Items2020 != nil:
				try(s.Items2020, part)
			default:
				try(s.UnevaluatedItems, part)
			}
		}
	}
	m.known[t] = n
	return n
}

// inPlace are the subschemas that are tried on the same part as the schema itself.
func inPlace(s *jsonschema.Schema) []*jsonschema.Schema {
	subs := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else}
	if s.DynamicRef != nil {
		subs = append(subs, s.DynamicRef.Ref)
	}
	return append(append(append(subs, s.AllOf...), s.AnyOf...), s.OneOf...)
}

// below are the subschemas that are tried on other parts, or on some values only.
func below(s *jsonschema.Schema) []*jsonschema.Schema {
	subs := []*jsonschema.Schema{s.PropertyNames, s.Contains, s.Items2020, s.UnevaluatedItems, s.UnevaluatedProperties, s.ContentSchema,
		asSchema(s.AdditionalProperties), asSchema(s.Items), asSchema(s.AdditionalItems)}
	if items, ok := s.Items.([]*jsonschema.Schema); ok {
		subs = append(subs, items...)
	}
	subs = append(subs, s.PrefixItems...)
	for _, byName := range []map[string]*jsonschema.Schema{s.Properties, s.DependentSchemas} {
		for _, sub := range byName {
			subs = append(subs, sub)
		}
	}
	for _, sub := range s.PatternProperties {
		subs = append(subs, sub)
	}
	for _, sub := range s.Dependencies {
		subs = append(subs, asSchema(sub))
	}
	return subs
}

func asSchema(v any) *jsonschema.Schema {
	s, _ := v.(*jsonschema.Schema)
	return s
}

// weigh bounds how many subschemas one look may try, so that a few lines of nested references cannot stop a server. A recursion counts once, and is
// told.
func weigh(s *jsonschema.Schema) (weight int, recursive bool) {
	const open = -1
	memo := map[*jsonschema.Schema]int{}
	var visit func(s *jsonschema.Schema) int
	visit = func(s *jsonschema.Schema) int {
		if s == nil {
			return 0
		}
		if n, ok := memo[s]; ok {
			if n == open {
				recursive = true
				return 1
			}
			return n
		}
		memo[s] = open
		n := 1
		for _, sub := range append(inPlace(s), below(s)...) {
			n = min(n+visit(sub), maxVisits+1)
		}
		memo[s] = n
		return n
	}
	return visit(s), recursive
}
