package check

import (
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// OutputChange is one place at which the type of a step's output, or of the flow's, is another one. Old or New is "" where there is nothing.
type OutputChange struct {
	Step string // by its new name; "" for the flow's own output
	Path string // within the output: "ocr_result.has_text"; "" for the whole
	Old  string
	New  string
}

// OutputChanges compares the outputs that two definitions promise, each with the functions that it is checked against: of the steps that both have, in the
// order of the new text, and then the flow's. renamed gives new names by old ones. Nothing is said of a step that calls a function which its side does not
// know.
func OutputChanges(from, to *flow.Definition, old, now Catalog, renamed map[string]string) []OutputChange {
	a, b := outputs(from, old), outputs(to, now)
	if a == nil || b == nil {
		return nil
	}
	was := make(map[string]*expr.Type, len(a))
	for name, of := range a {
		if to, ok := renamed[name]; ok {
			name = to
		}
		was[name] = of
	}
	var out []OutputChange
	compare := func(name string) {
		before, ok := was[name]
		after, still := b[name]
		if !ok || !still {
			return
		}
		for _, d := range expr.Differences(before, after) {
			out = append(out, OutputChange{name, d.Path, d.Old, d.New})
		}
	}
	for i := range to.Steps {
		compare(to.Steps[i].Name)
	}
	compare("")
	return out
}

// outputs gives the type of each output that is known, and of the flow's as "".
func outputs(d *flow.Definition, c Catalog) map[string]*expr.Type {
	if c == nil {
		return nil
	}
	k, sc, ok := placed(d, c, "", "output")
	if !ok {
		return nil
	}
	k.typing.quiet++
	out := make(map[string]*expr.Type, len(k.names)+1)
	whole := true
	for i, name := range k.names {
		if s := &d.Steps[i]; s.Call != nil && k.contractOf(s.Call) == nil {
			whole = false
			continue
		}
		out[name] = k.outputType(i)
		if d.Steps[i].Kind == flow.Set {
			out[name] = out[name].Widened()
		}
	}
	if whole && d.Output.Kind != flow.Absent {
		_, of := k.typedTemplate(d.Output, sc)
		out[""] = of.Widened()
	}
	return out
}
