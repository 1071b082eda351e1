package expr

import (
	"cmp"
	"slices"
	"strings"
)

// Kinds is a set of kinds of values.
type Kinds uint16

// The kinds of values. A number of a schema is Int|Double: which of the two a value becomes depends on how its sender happened to write it.
const (
	Null Kinds = 1 << iota
	Bool
	Int
	Double
	String
	Bytes
	List
	Map
	Time
	Span
	Number = Int | Double
	scalar = Null | Bool | Number | String
)

// Type is what is known of a value before there is one. It is immutable once built, and may refer to itself. A nil *Type, like AnyType, says that
// nothing is known, so nothing is checked: it also stands for what was reported already.
type Type struct {
	Kinds    Kinds    // those that the value may be of
	Optional bool     // an optional: it may hold nothing
	Enum     []string // the only values there are, as JSON, sorted; nil if they are not listed

	Fields []TypeField // Map: the names that are known, sorted
	Rest   *Type       // Map: what any other name holds, if it is there; nil if no other is declared
	Closed bool        // Map: no other names are allowed

	Variants []*Type // Map: the alternatives, where the value of one field tells them apart; Fields are those of all together
	Tag      string  // that field

	Elem   *Type   // List: of every element
	Prefix []*Type // List: of the first ones, where they differ
	Fixed  bool    // List: there is nothing behind Prefix
}

// TypeField is one name of an object.
type TypeField struct {
	Name     string
	Type     *Type
	Required bool
	Why      string // why it may be absent, if that is not its schema; a sentence without its end
}

// AnyType is the type of which nothing is known.
var AnyType *Type

// maxJoin bounds how deep two types are compared or joined; types may refer to themselves.
const maxJoin = 12

// Of is the type of the values of these kinds.
func Of(k Kinds) *Type { return &Type{Kinds: k} }

// ListOf is the type of lists of elem.
func ListOf(elem *Type) *Type { return &Type{Kinds: List, Elem: elem} }

// ObjectOf is the type of objects that have exactly these fields. It sorts them.
func ObjectOf(fields ...TypeField) *Type {
	slices.SortStableFunc(fields, func(a, b TypeField) int { return cmp.Compare(a.Name, b.Name) })
	return &Type{Kinds: Map, Fields: fields, Closed: true}
}

// OneOf is the type of the values listed, given as JSON.
func OneOf(k Kinds, values ...string) *Type {
	slices.Sort(values)
	return &Type{Kinds: k, Enum: slices.Compact(values)}
}

// IsAny reports whether nothing is known.
func (t *Type) IsAny() bool { return t == nil }

// Field finds a name that is known.
func (t *Type) Field(name string) (TypeField, bool) {
	if t == nil {
		return TypeField{}, false
	}
	if i, ok := slices.BinarySearchFunc(t.Fields, name, func(f TypeField, n string) int { return cmp.Compare(f.Name, n) }); ok {
		return t.Fields[i], true
	}
	return TypeField{}, false
}

// Names lists the names that are known.
func (t *Type) Names() []string {
	if t == nil {
		return nil
	}
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	return names
}

// is reports whether the type is known and of these kinds alone.
func (t *Type) is(k Kinds) bool { return t != nil && !t.Optional && t.Kinds&^k == 0 }

// only is the part of the type that is of these kinds.
func (t *Type) only(k Kinds) *Type {
	if t == nil || t.Kinds&^k == 0 {
		return t
	}
	out := *t
	out.Kinds &= k
	if k&Null == 0 {
		out.Enum = slices.DeleteFunc(slices.Clone(t.Enum), func(v string) bool { return v == "null" })
	}
	return &out
}

func (t *Type) optional() *Type {
	if t == nil || t.Optional {
		return t
	}
	out := *t
	out.Optional = true
	return &out
}

func (t *Type) held() *Type {
	if t == nil || !t.Optional {
		return t
	}
	out := *t
	out.Optional = false
	return &out
}

// Join is the type of a value that is of the one type or of the other.
func Join(a, b *Type) *Type { return join(a, b, 0) }

func join(a, b *Type, depth int) *Type {
	if a == b {
		return a
	}
	if a == nil || b == nil || depth > maxJoin {
		return AnyType
	}
	if a.Kinds == 0 && !a.Optional { // of the empty list there is no element
		return b
	}
	if b.Kinds == 0 && !b.Optional {
		return a
	}
	out := &Type{Kinds: a.Kinds | b.Kinds, Optional: a.Optional || b.Optional}
	if a.Enum != nil && b.Enum != nil {
		out.Enum = slices.Clone(a.Enum)
		out.Enum = append(out.Enum, b.Enum...)
		slices.Sort(out.Enum)
		out.Enum = slices.Compact(out.Enum)
	}
	switch {
	case a.Kinds&b.Kinds&Map != 0:
		joinFields(out, a, b, depth)
	case a.Kinds&Map != 0:
		out.Fields, out.Rest, out.Closed = a.Fields, a.Rest, a.Closed
	default:
		out.Fields, out.Rest, out.Closed = b.Fields, b.Rest, b.Closed
	}
	switch {
	case a.Kinds&b.Kinds&List != 0:
		out.Elem = join(a.Elem, b.Elem, depth+1)
		if len(a.Prefix) == len(b.Prefix) {
			for i := range a.Prefix {
				out.Prefix = append(out.Prefix, join(a.Prefix[i], b.Prefix[i], depth+1))
			}
			out.Fixed = a.Fixed && b.Fixed
		}
	case a.Kinds&List != 0:
		out.Elem, out.Prefix, out.Fixed = a.Elem, a.Prefix, a.Fixed
	default:
		out.Elem, out.Prefix, out.Fixed = b.Elem, b.Prefix, b.Fixed
	}
	return out
}

func joinFields(out, a, b *Type, depth int) {
	out.Closed = a.Closed && b.Closed
	out.Rest = a.Rest
	if a.Rest == nil || b.Rest != nil && a.Rest != b.Rest {
		out.Rest = b.Rest
		if a.Rest != nil {
			out.Rest = join(a.Rest, b.Rest, depth+1)
		}
	}
	one := func(f TypeField, other *Type) {
		f.Required = false
		if other.Rest != nil {
			f.Type = join(f.Type, other.Rest, depth+1)
		}
		out.Fields = append(out.Fields, f)
	}
	x, y := a.Fields, b.Fields
	for len(x) > 0 || len(y) > 0 {
		switch {
		case len(y) == 0 || len(x) > 0 && x[0].Name < y[0].Name:
			one(x[0], b)
			x = x[1:]
		case len(x) == 0 || y[0].Name < x[0].Name:
			one(y[0], a)
			y = y[1:]
		default:
			out.Fields = append(out.Fields, TypeField{Name: x[0].Name, Type: join(x[0].Type, y[0].Type, depth+1),
				Required: x[0].Required && y[0].Required, Why: cmp.Or(x[0].Why, y[0].Why)})
			x, y = x[1:], y[1:]
		}
	}
}

// AnyObject is an object of which nothing else is known.
func AnyObject() *Type { return &Type{Kinds: Map, Rest: Of(everything)} }

// everything is a type of every kind; unlike AnyType it is a promise that nothing is promised. Reading from it is not checked either.
const everything = Null | Bool | Number | String | Bytes | List | Map | Time | Span

// loose reports whether nothing useful is known. The element of an empty list has no kind at all.
func (t *Type) loose() bool {
	return t == nil || t.Kinds == 0 || t.Kinds&(scalar|List|Map) == scalar|List|Map
}

// String names the type in a sentence: "string", "integer or null", "list of string".
func (t *Type) String() string {
	if t.loose() {
		if t != nil && t.Optional {
			return "optional any value"
		}
		return "any value"
	}
	var words []string
	add := func(k Kinds, word string) {
		if t.Kinds&k == k {
			words = append(words, word)
		}
	}
	add(String, "string")
	switch {
	case t.Kinds&Number == Number:
		words = append(words, "number")
	case t.Kinds&Int != 0:
		words = append(words, "integer")
	case t.Kinds&Double != 0:
		words = append(words, "number")
	}
	add(Bool, "boolean")
	add(Bytes, "bytes")
	if t.Kinds&List != 0 {
		word := "list"
		if !t.Elem.loose() && t.Elem.Kinds&(List|Map) == 0 && t.Elem.Kinds != 0 {
			word += " of " + t.Elem.String()
		}
		words = append(words, word)
	}
	add(Map, "object")
	add(Time, "time")
	add(Span, "duration")
	add(Null, "null")
	out := strings.Join(words, " or ")
	if t.Optional {
		out = "optional " + out
	}
	return out
}

// withArticle is the type in a sentence: "a string", "an integer or null".
func (t *Type) withArticle() string {
	s := t.String()
	switch {
	case s == "null" || s == "bytes" || s == "any value":
		return s
	case strings.ContainsRune("aeiou", rune(s[0])):
		return "an " + s
	}
	return "a " + s
}

// WithArticle is String with its article: "a string", "an integer or null".
func (t *Type) WithArticle() string { return t.withArticle() }

// Loose reports whether so little is known that nothing is checked.
func (t *Type) Loose() bool { return t.loose() }

// Held is what an optional holds.
func (t *Type) Held() *Type { return t.held() }

// Element is the type of a list's elements; AnyType if it is none.
func (t *Type) Element() *Type {
	if t == nil || t.Kinds != List {
		return AnyType
	}
	return t.Elem
}

// LiteralType is the type of one JSON value.
func LiteralType(raw []byte) *Type {
	v, err := decode(raw, nil)
	if err != nil {
		return AnyType
	}
	return literalType(v)
}
