package assist

type object = map[string]any

// schemaOfSchemas is what the language helps with inside a JSON Schema: the words that people use, not all of draft 2020-12.
var schemaOfSchemas = func() object {
	self := object{"$ref": "#"}
	said := func(kind, what string) object { return object{"type": kind, "description": what} }
	list := func(of any, what string) object { return object{"type": "array", "items": of, "description": what} }
	byName := func(what string) object {
		return object{"type": "object", "additionalProperties": self, "description": what}
	}
	return object{"type": "object", "properties": object{
		"type": object{"description": "What kind of value it is.", "anyOf": []any{
			object{"enum": []any{"object", "array", "string", "integer", "number", "boolean", "null"}}, object{"type": "array"}}},
		"title":                said("string", "A short name, for forms."),
		"description":          said("string", "What it is, for people."),
		"default":              object{"description": "What a form begins with."},
		"examples":             list(object{}, "Values that fit."),
		"enum":                 list(object{}, "The only values there are."),
		"const":                object{"description": "The only value there is."},
		"properties":           byName("The properties of an object, by name."),
		"required":             list(said("string", ""), "The properties that must be there."),
		"additionalProperties": object{"description": "What other properties may be: false for none, or a schema.", "anyOf": []any{object{"type": "boolean"}, self}},
		"minProperties":        said("integer", "How many properties there are at least."),
		"maxProperties":        said("integer", "How many properties there are at most."),
		"items":                object{"$ref": "#", "description": "What each element of a list is."},
		"prefixItems":          list(self, "What the first elements of a list are, one by one."),
		"minItems":             said("integer", "How long a list is at least."),
		"maxItems":             said("integer", "How long a list is at most."),
		"uniqueItems":          said("boolean", "Whether no element may be there twice."),
		"minLength":            said("integer", "How many characters a text has at least."),
		"maxLength":            said("integer", "How many characters a text has at most."),
		"pattern":              said("string", "A regular expression (RE2) that a text must match."),
		"format":               said("string", "What a text stands for, such as date-time; it is not checked."),
		"minimum":              said("number", "The smallest number."),
		"maximum":              said("number", "The largest number."),
		"exclusiveMinimum":     said("number", "A bound that a number must be above."),
		"exclusiveMaximum":     said("number", "A bound that a number must be below."),
		"multipleOf":           said("number", "What a number must be a multiple of."),
		"anyOf":                list(self, "At least one of these schemas fits."),
		"oneOf":                list(self, "Exactly one of these schemas fits."),
		"allOf":                list(self, "All of these schemas fit."),
		"$ref":                 said("string", "Another place of this schema, such as #/$defs/line."),
		"$defs":                byName("Schemas that $ref names."),
	}}
}()
