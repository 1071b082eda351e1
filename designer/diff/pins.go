package diff

import "github.com/segno-run/segno/designer/flow"

// Pinned is d in which every step that runs a flow says in which version, so that two published versions with the same text and another child differ.
// pins hold the versions by name; what they lack stays open.
func Pinned(d *flow.Definition, pins map[string]int) *flow.Definition {
	if d == nil || len(pins) == 0 {
		return d
	}
	out := *d
	out.Steps = make([]flow.Step, len(d.Steps))
	copy(out.Steps, d.Steps)
	for i := range out.Steps {
		if s := out.Steps[i].Sub; s != nil && s.Version == 0 && pins[s.Flow] != 0 {
			said := *s
			said.Version = pins[s.Flow]
			out.Steps[i].Sub = &said
		}
	}
	return &out
}
