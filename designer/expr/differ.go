package expr

import (
	"slices"
	"strings"
)

// Difference is one place at which two types differ. Old or New is "" where there is nothing.
type Difference struct {
	Path string // "ocr_result.has_text", "lines[].sku"; "" for the whole
	Old  string // "boolean", "\"a\" or \"b\"", "string, may be absent"
	New  string
}

// maxDifferences bounds an answer.
const maxDifferences = 100

// Differences lists where two types differ, by path.
func Differences(a, b *Type) []Difference {
	var out []Difference
	differ(a, b, "", 0, &out)
	return out
}

func differ(a, b *Type, path string, depth int, out *[]Difference) {
	if a == b || depth > maxJoin || len(*out) >= maxDifferences {
		return
	}
	if was, is := a.exactly(), b.exactly(); was != is {
		*out = append(*out, Difference{path, was, is})
	}
	if a == nil || b == nil {
		return
	}
	if a.Kinds&b.Kinds&Map != 0 {
		differFields(a, b, path, depth, out)
	}
	if a.Kinds&b.Kinds&List != 0 {
		differ(a.Elem, b.Elem, path+"[]", depth+1, out)
	}
}

func differFields(a, b *Type, path string, depth int, out *[]Difference) {
	below := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	names := append(a.Names(), b.Names()...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		f, was := a.Field(name)
		g, is := b.Field(name)
		switch {
		case !was:
			*out = append(*out, Difference{below(name), "", g.exactly()})
		case !is:
			*out = append(*out, Difference{below(name), f.exactly(), ""})
		case f.Required != g.Required:
			*out = append(*out, Difference{below(name), f.exactly(), g.exactly()})
		default:
			differ(f.Type, g.Type, below(name), depth+1, out)
		}
		if len(*out) >= maxDifferences {
			return
		}
	}
}

func (f TypeField) exactly() string {
	if f.Required {
		return f.Type.exactly()
	}
	return f.Type.exactly() + ", may be absent"
}

// exactly names a type with the values that it lists.
func (t *Type) exactly() string {
	if t == nil || len(t.Enum) == 0 || t.Optional {
		return t.String()
	}
	if len(t.Enum) > 8 {
		return strings.Join(t.Enum[:8], " or ") + " or …"
	}
	return strings.Join(t.Enum, " or ")
}

// Widened is a type in which what is always one value may be any of its kind: of a value that is written out, the type is not the value.
func (t *Type) Widened() *Type { return t.widened(0) }

func (t *Type) widened(depth int) *Type {
	if t == nil || depth > 4 {
		return t
	}
	out := *t
	if len(t.Enum) == 1 {
		out.Enum = nil
	}
	out.Fields = slices.Clone(t.Fields)
	for i := range out.Fields {
		out.Fields[i].Type = out.Fields[i].Type.widened(depth + 1)
	}
	out.Elem = t.Elem.widened(depth + 1)
	return &out
}
