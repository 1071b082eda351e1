package expr

import (
	"slices"
	"strings"
)

// Misfit says why a value of type got is not, or not surely, one of type want: the part concerned ("" for the whole, "lines[].sku") and a sentence
// that goes on after its name ("may be null, but a string is wanted"). Nothing is said of what is not known. As JSON, times and bytes are strings.
func Misfit(got, want *Type) (part, why string) { return misfit(got, want, "", 0) }

func misfit(got, want *Type, part string, depth int) (string, string) {
	if got == want || got.loose() || want.loose() || depth > maxJoin || got.Kinds == 0 || want.Kinds == 0 {
		return "", ""
	}
	kinds := got.Kinds
	if kinds&(Time|Span|Bytes) != 0 {
		kinds = kinds&^(Time|Span|Bytes) | String
	}
	switch other := kinds &^ want.Kinds; {
	case other == 0:
	case other == Null && kinds != Null:
		return part, "may be null, but " + want.plain().withArticle() + " is wanted"
	case other == Double && want.Kinds&Int != 0:
		return part, "may have a fraction, but an integer is wanted"
	case other == Int && want.Kinds&Double != 0:
	default:
		return part, "is " + got.plain().withArticle() + ", but " + want.plain().withArticle() + " is wanted"
	}
	if got.Enum != nil && want.Enum != nil {
		var others []string
		for _, v := range got.Enum {
			if !slices.Contains(want.Enum, v) {
				others = append(others, v)
			}
		}
		if len(others) > 0 {
			return part, "may be " + someOf(others) + ", but only " + someOf(want.Enum) + " fit"
		}
	}
	if got.Enum == nil && want.Enum != nil && kinds&^(String|Number) == 0 {
		return part, "may be any " + got.plain().String() + ", but only " + someOf(want.Enum) + " fit"
	}
	if got.Kinds&want.Kinds&Map != 0 {
		if part, why := misfitFields(got, want, part, depth); why != "" {
			return part, why
		}
	}
	if got.Kinds&want.Kinds&List != 0 {
		for i, w := range want.Prefix {
			g := got.Elem
			if i < len(got.Prefix) {
				g = got.Prefix[i]
			} else if got.Fixed {
				return part, "has " + itoa(len(got.Prefix)) + " elements, but " + itoa(len(want.Prefix)) + " are wanted"
			}
			if part, why := misfit(g, w, part+"["+itoa(i)+"]", depth+1); why != "" {
				return part, why
			}
		}
		if n := len(want.Prefix); want.Fixed && got.Fixed && len(got.Prefix) > n {
			return part, "has " + itoa(len(got.Prefix)) + " elements, but at most " + itoa(n) + " are wanted"
		}
		if len(want.Prefix) == 0 {
			return misfit(got.Elem, want.Elem, part+"[]", depth+1)
		}
	}
	return "", ""
}

func misfitFields(got, want *Type, part string, depth int) (string, string) {
	below := func(name string) string { return strings.TrimPrefix(part+"."+name, ".") }
	for _, w := range want.Fields {
		g, ok := got.Field(w.Name)
		if !ok {
			if w.Required && got.Rest == nil && (got.Closed || len(got.Fields) > 0) {
				return below(w.Name), "is missing, but required"
			}
			continue
		}
		if w.Required && !g.Required {
			return below(w.Name), "may be absent, but is required"
		}
		if part, why := misfit(g.Type, w.Type, below(w.Name), depth+1); why != "" {
			return part, why
		}
	}
	for _, g := range got.Fields {
		if _, ok := want.Field(g.Name); ok {
			continue
		}
		if want.Closed {
			return below(g.Name), "is not allowed there"
		}
		if want.Rest != nil {
			if part, why := misfit(g.Type, want.Rest, below(g.Name), depth+1); why != "" {
				return part, why
			}
		}
	}
	return "", ""
}
