package diff

import (
	"maps"

	"github.com/segno-run/segno/designer/flow"
)

// Overlay is two definitions on one graph: what both have once, what only one has beside it.
type Overlay struct {
	// Def holds the steps of both by their new names, the new side's as they are there; each needs the edges of both sides, so that one layout places
	// them all. It is for drawing: it need not make sense as a flow. Nil if neither side could be read.
	Def   *flow.Definition
	Steps map[string]string // "+", "-" or "~", or "!" where nothing changed but when the step can run; those alike are left out
	Edges map[Edge]string   // "+" or "-"
	Was   map[string]string // old names of renamed steps
}

// Overlay lays the two definitions that d compares over each other.
func (d *Diff) Overlay(from, to *flow.Definition) Overlay {
	o := Overlay{Steps: map[string]string{}, Edges: map[Edge]string{}, Was: map[string]string{}}
	for _, r := range d.Reach {
		o.Steps[r.Step] = "!"
	}
	for _, t := range d.Types {
		if t.Step != "" {
			o.Steps[t.Step] = "~"
		}
	}
	for _, c := range d.Changed {
		o.Steps[c.Step] = "~"
	}
	names := map[string]string{}
	for _, r := range d.Renamed {
		o.Steps[r.To], o.Was[r.To], names[r.From] = "~", r.From, r.To
	}
	for _, s := range d.Added {
		o.Steps[s.Name] = "+"
	}
	for _, s := range d.Removed {
		o.Steps[s.Name] = "-"
	}
	for _, e := range d.Edges.Added {
		o.Edges[e] = "+"
	}
	for _, e := range d.Edges.Removed {
		o.Edges[e] = "-"
	}
	switch {
	case to != nil:
		whole := *to
		o.Def = &whole
	case from != nil:
		whole := *from
		o.Def = &whole
	default:
		return o
	}
	o.Def.Steps = union(steps(from, names), steps(to, nil))
	return o
}

// steps are the steps of one side by their new names, each name once.
func steps(d *flow.Definition, names map[string]string) []flow.Step {
	if d == nil {
		return nil
	}
	called := func(name string) string {
		if to, ok := names[name]; ok {
			return to
		}
		return name
	}
	seen, out := map[string]bool{}, make([]flow.Step, 0, len(d.Steps))
	for _, s := range d.Steps {
		if seen[s.Name] {
			continue
		}
		seen[s.Name] = true
		s.Name = called(s.Name)
		edges := make([]flow.Edge, len(s.Needs.Edges))
		for i, e := range s.Needs.Edges {
			e.Step = called(e.Step)
			edges[i] = e
		}
		s.Needs.Edges = edges
		out = append(out, s)
	}
	return out
}

// union is the new steps in their order, each with the old one's edges too; a removed step stands behind the one that it stood behind.
func union(old, now []flow.Step) []flow.Step {
	place := make(map[string]int, len(now))
	for i, s := range now {
		place[s.Name] = i
	}
	behind, last := map[int][]flow.Step{}, -1
	for _, s := range old {
		i, stays := place[s.Name]
		if !stays {
			behind[last] = append(behind[last], s)
			continue
		}
		last = i
		there := edgesOf(now[i])
		for _, e := range s.Needs.Edges {
			if !there[Edge{e.Step, portOf(e), s.Name}] {
				now[i].Needs.Edges = append(now[i].Needs.Edges, e)
			}
		}
	}
	out := append([]flow.Step{}, behind[-1]...)
	for i, s := range now {
		out = append(append(out, s), behind[i]...)
	}
	return out
}

func edgesOf(s flow.Step) map[Edge]bool {
	return maps.Collect(func(yield func(Edge, bool) bool) {
		for _, e := range s.Needs.Edges {
			if !yield(Edge{e.Step, portOf(e), s.Name}, true) {
				return
			}
		}
	})
}
