package layout

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// reserved are words that Mermaid takes for its own where the name of a node stands.
var reserved = map[string]bool{"end": true, "graph": true, "subgraph": true, "flowchart": true, "style": true, "linkstyle": true, "class": true, "classdef": true,
	"click": true, "default": true, "direction": true, "href": true, "call": true, "x": true, "o": true}

// Mermaid writes d as a Mermaid flowchart from top to bottom, as Markdown viewers draw it: https://mermaid.js.org/syntax/flowchart.html. The lines are
// in the order of the flow's text, so a changed flow changes only its own lines. Edges from steps that are not there are left out.
func Mermaid(d *flow.Definition) []byte {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	ids := make(map[string]string, len(d.Steps))
	for i, s := range d.Steps {
		if _, dup := ids[s.Name]; dup {
			continue
		}
		// Names of steps are in lower case, so what begins with a capital is none of them.
		id := s.Name
		switch {
		case !flow.ValidName(id):
			id = "N" + strconv.Itoa(i)
		case reserved[id] || strings.HasPrefix(id, "o_") || strings.HasPrefix(id, "x_"):
			id = "N_" + id
		}
		ids[s.Name] = id
		left, right := shape(s.Kind)
		fmt.Fprintf(&b, "  %s%s\"%s\"%s\n", id, left, label(&s), right)
	}
	seen := map[string]bool{}
	for _, s := range d.Steps {
		if seen[s.Name] {
			continue
		}
		seen[s.Name] = true
		for _, e := range s.Needs.Edges {
			from, ok := ids[e.Step]
			if !ok {
				continue
			}
			switch e.Port {
			case "", flow.PortDone:
				fmt.Fprintf(&b, "  %s --> %s\n", from, ids[s.Name])
			case flow.PortError:
				fmt.Fprintf(&b, "  %s -. error .-> %s\n", from, ids[s.Name])
			default:
				fmt.Fprintf(&b, "  %s -->|\"%s\"| %s\n", from, entity(e.Port), ids[s.Name])
			}
		}
	}
	return []byte(b.String())
}

// shape gives the brackets that make the outline of a kind of step.
func shape(k flow.Kind) (left, right string) {
	switch k {
	case flow.Switch:
		return "{", "}"
	case flow.SubFlow:
		return "[[", "]]"
	case flow.Approval:
		return "[/", "/]"
	case flow.Wait:
		return "([", "])"
	case flow.Fail:
		return "{{", "}}"
	}
	return "[", "]"
}

// label is a step's name with, below it, what it does.
func label(s *flow.Step) string {
	text := entity(s.Name)
	switch {
	case s.Call != nil && s.Call.Function != "":
		text += "<br/>" + entity(s.Call.Function)
	case s.Sub != nil && s.Sub.Flow != "":
		text += "<br/>" + entity(s.Sub.Flow)
		if s.Sub.Version > 0 {
			text += " version " + strconv.Itoa(s.Sub.Version)
		}
	case s.Kind != "" && s.Kind != flow.Switch:
		text += "<br/>" + entity(string(s.Kind))
	}
	if s.ForEach != nil {
		text += "<br/>for each"
	}
	if s.Until != nil {
		text += "<br/>until"
	}
	return text
}

// entity escapes what would end or format a label.
func entity(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case strings.ContainsRune("#\"`*<>&;|", r) || r < ' ':
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
