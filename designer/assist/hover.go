package assist

import (
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// hoverStep says what a step is and gives.
func (h *helper) hoverStep(out *Answer, m mended, name string) *Hover {
	s := m.def.Step(name)
	if s == nil || s.Kind == "" {
		return nil
	}
	hover := &Hover{From: out.From, To: out.To, Label: name, Detail: s.Title}
	if hover.Detail == "" {
		hover.Detail = string(s.Kind)
		if s.Call != nil {
			hover.Detail = "Calls " + s.Call.Function + "."
		}
		if s.Sub != nil {
			hover.Detail = "Runs " + s.Sub.Flow + "."
		}
	}
	if of, ok := check.Outline(m.def, h.catalog)[name]; ok {
		hover.Type = of.String()
		if of != nil && len(of.Fields) > 0 {
			hover.Type += " {" + strings.Join(of.Names(), ", ") + "}"
		}
	}
	return hover
}

// hoverValue says what a value means: a function, a step, a class of errors, or what its schema says of it.
func (h *helper) hoverValue(out *Answer, m mended, p place, s spot) {
	word := p.node.Text
	if word == placeholder || strings.Contains(word, placeholder) || p.node.Start == p.node.End {
		return
	}
	hover := &Hover{From: out.From, To: out.To, Label: word, Type: s.kind(), Detail: s.description()}
	if p.node.Style == flow.Plain && p.node.End <= len(h.src) {
		hover.From, hover.To = h.marks.Pos(p.node.Start), h.marks.Pos(p.node.End)
	}
	for _, f := range s.forms() {
		switch {
		case f.doc["$ref"] != nil:
		case f.ref == "function":
			fn := h.catalog.Function(word)
			if fn == nil {
				return
			}
			hover.Type, hover.Detail = signature(fn), fn.Title
		case f.ref == "flow":
			child := h.catalog.Flow(word, 0)
			if child == nil {
				return
			}
			hover.Type, hover.Detail = taken(child.Source)+" → "+child.Output.String(), ""
			if child.Version > 0 {
				hover.Detail = "The latest version is " + strconv.Itoa(child.Version) + "."
			}
		case f.ref == "edge":
			step, _, _ := strings.Cut(word, ".")
			if of := h.hoverStep(out, m, step); of != nil {
				of.Label, of.From, of.To = word, hover.From, hover.To
				out.Hover = of
			}
			return
		case fault.Class(word).Valid():
			hover.Type, hover.Detail = "", effect(fault.Class(word))
		}
	}
	if len([]rune(word)) > 60 {
		hover.Label = string([]rune(word)[:59]) + "…"
	}
	if hover.Type != "" || hover.Detail != "" {
		out.Hover = hover
	}
}

// signature names what a function takes and gives.
func signature(f *flow.Function) string {
	return taken(f.Input) + " → " + taken(f.Output)
}

// taken names what an object of a schema has.
func taken(v flow.Value) string {
	if v.Kind == flow.Absent {
		return "any value"
	}
	s := read(v.JSON())
	var out []string
	for _, k := range s.keys(nil) {
		name := k.name
		if !k.required {
			name += "?"
		}
		out = append(out, name)
	}
	return "{" + strings.Join(out, ", ") + "}"
}
