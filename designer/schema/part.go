package schema

import (
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Field is the schema that what an object has under a name must fit, whatever else the object has; nil if nothing is said of it.
func (s *Schema) Field(name string) *Schema {
	return s.part(func(c *jsonschema.Schema) *jsonschema.Schema {
		if p := c.Properties[name]; p != nil {
			return p
		}
		if rest, ok := c.AdditionalProperties.(*jsonschema.Schema); ok && len(c.PatternProperties) == 0 {
			return rest
		}
		return nil
	})
}

// Item is the schema that the i-th element of a list must fit; nil if nothing is said of it.
func (s *Schema) Item(i int) *Schema {
	return s.part(func(c *jsonschema.Schema) *jsonschema.Schema {
		if i < len(c.PrefixItems) {
			return c.PrefixItems[i]
		}
		return c.Items2020
	})
}

func (s *Schema) part(find func(*jsonschema.Schema) *jsonschema.Schema) *Schema {
	if s == nil {
		return nil
	}
	compiled := within(s.compiled, find, map[*jsonschema.Schema]bool{})
	if compiled == nil {
		return nil
	}
	return &Schema{compiled: compiled, weight: s.weight, recursive: s.recursive, strict: func() *jsonschema.Schema {
		if strict := s.strict(); strict != nil {
			return within(strict, find, map[*jsonschema.Schema]bool{})
		}
		return nil
	}}
}

// within looks for a part in a schema, in what it refers to, and in all of which it says that they hold.
func within(c *jsonschema.Schema, find func(*jsonschema.Schema) *jsonschema.Schema, seen map[*jsonschema.Schema]bool) *jsonschema.Schema {
	if c == nil || seen[c] {
		return nil
	}
	seen[c] = true
	if found := find(c); found != nil {
		return found
	}
	for _, sub := range append([]*jsonschema.Schema{c.Ref}, c.AllOf...) {
		if found := within(sub, find, seen); found != nil {
			return found
		}
	}
	return nil
}

// compileStrict compiles a schema once more, with `format` as a rule instead of a remark; nil if it can't be.
func compileStrict(doc any) *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(refuseLoader{})
	c.AssertFormat()
	if c.AddResource(location, doc) != nil {
		return nil
	}
	compiled, err := c.Compile(location)
	if err != nil {
		return nil
	}
	return compiled
}

// Formats tells where a value is not of the `format` that its schema says: dates, times, addresses. Values at run time are not held against it.
func (s *Schema) Formats(value []byte) []Violation {
	if s == nil || s.strict == nil {
		return nil
	}
	v, bad := decode(value, MaxValueDepth)
	strict := s.strict()
	if bad != nil || strict == nil || s.tooCostly(value, v) {
		return nil
	}
	report, ok := strict.Validate(v).(*jsonschema.ValidationError)
	if !ok {
		return nil
	}
	var found []Violation
	printer := message.NewPrinter(language.English)
	var look func(*jsonschema.ValidationError)
	look = func(e *jsonschema.ValidationError) {
		switch k := e.ErrorKind.(type) {
		case *kind.AnyOf, *kind.OneOf, *kind.Not, *kind.Contains:
			return
		case *kind.Format:
			text := k.LocalizedString(printer)
			_, why, _ := strings.Cut(text, ": ")
			found = append(found, Violation{pathOf(v, e.InstanceLocation), "expected the format " + k.Want + ", found " + describe(lookup(v, e.InstanceLocation)) + because(why)})
		}
		for _, cause := range e.Causes {
			look(cause)
		}
	}
	look(report)
	return tidy(found)
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}
