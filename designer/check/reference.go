package check

import (
	"slices"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// reference checks one path that an expression reads. It returns whether the path may be read there.
func (k *compiler) reference(r expr.Ref, sc scope, at func(runes int) flow.Pos) bool {
	switch r.Root {
	case expr.RootInput:
		return k.inputField(r, sc, at(r.Offset))
	case expr.RootSteps:
	default:
		return true
	}
	pos := at(r.Offset)
	i, ok := k.index[r.Step]
	if !ok {
		near := k.nearest(r.Step, k.readable(sc))
		if near == "" {
			near = k.nearest(r.Step, k.names)
		}
		k.textIssue(flow.Error, pos, sc, meant(near), "there is no step `%s`", r.Step)
		return false
	}
	if sc.step >= 0 && !k.readableStep(i, sc) {
		if k.vague[sc.step] {
			return true // what is wrong is with the needs, and was reported
		}
		k.notAncestor(i, r, sc, pos)
		return false
	}
	if r.Field == "error" {
		if !k.wired[i][flow.PortError] && sc.step >= 0 && !r.Optional {
			k.textIssue(flow.Warning, pos, sc, "wire `"+r.Step+".error` to a step that reads it",
				"`steps.%s.error` is never there: nothing follows the port `error` of `%s`, so its failure stops the run", r.Step, r.Step)
		}
		return true
	}
	return k.outputField(i, r, sc, pos)
}

func (k *compiler) readableStep(i int, sc scope) bool {
	return sc.step < 0 || k.ancestors[sc.step].has(i) || sc.own && i == sc.step
}

// readable lists the steps that an expression may read.
func (k *compiler) readable(sc scope) []string {
	if sc.step < 0 {
		return k.names
	}
	var names []string
	k.ancestors[sc.step].each(func(i int) { names = append(names, k.names[i]) })
	if sc.own {
		names = append(names, k.names[sc.step])
	}
	return names
}

func (k *compiler) notAncestor(i int, r expr.Ref, sc scope, pos flow.Pos) {
	self := k.names[sc.step]
	switch {
	case i == sc.step:
		k.textIssue(flow.Error, pos, sc, "only its `compensate` may read it", "`%s` reads its own %s, which is not there before it has run", self, r.Field)
	case k.ancestors[i].has(sc.step):
		k.textIssue(flow.Error, pos, sc, "", "`%s` runs after `%s`, so its %s cannot be read here", r.Step, self, r.Field)
	default:
		hint := "add `" + r.Step + "` to its `needs`"
		if near := k.nearest(r.Step, k.readable(sc)); near != "" {
			hint += "; or did you mean `" + near + "`?"
		}
		k.textIssue(flow.Error, pos, sc, hint, "`%s` is not an ancestor of `%s`", r.Step, self)
	}
}

// outputField checks the field of an output whose shape is known from the step's kind.
func (k *compiler) outputField(i int, r expr.Ref, sc scope, pos flow.Pos) bool {
	s := &k.d.Steps[i]
	var known []string
	switch s.Kind {
	case flow.Fail:
		k.textIssue(flow.Error, pos, sc, "", "`%s` is a `fail` step and has no output", r.Step)
		return false
	case flow.Switch:
		known = []string{"branch"}
	case flow.Approval:
		known = []string{"approved", "by", "comment", "at"}
	case flow.Signal:
		return k.schemaField(k.signalShape(i), "steps."+r.Step+".output", r, sc, pos)
	case flow.Wait:
		known = []string{"until"}
	case flow.Set:
		for _, f := range s.Set.Fields {
			known = append(known, f.Key)
		}
	case flow.Call:
		if s.ForEach != nil {
			if len(r.Rest) > 0 && !(sc.own && i == sc.step) {
				k.textIssue(flow.Error, pos, sc, "take one of them with [0], or all with .map(x, x."+r.Rest[0]+")",
					"`steps.%s.output` is a list, one element an item; it has no `%s`", r.Step, r.Rest[0])
				return false
			}
			return true
		}
		return k.schemaField(k.contractOf(s.Call).outputShape(), "steps."+r.Step+".output", r, sc, pos)
	}
	if len(r.Rest) == 0 || len(known) == 0 && k.broken[s.Name] || slices.Contains(known, r.Rest[0]) {
		return true
	}
	hint := k.didYouMean(r.Rest[0], known)
	if hint == "" {
		hint = "it has " + listed(known)
	}
	if len(known) == 0 {
		hint = ""
	}
	k.textIssue(flow.Error, pos, sc, hint, "the output of `%s` has no `%s`", r.Step, r.Rest[0])
	return false
}

func (k *compiler) inputField(r expr.Ref, sc scope, pos flow.Pos) bool {
	if k.d.Input.Kind == flow.Absent {
		return true
	}
	if !k.inputRead {
		k.inputRead = true
		k.inputShape = readShape(k.d.Input.JSON())
	}
	return k.schemaField(k.inputShape, "input", r, sc, pos)
}

// schemaField follows a path through the plain `properties` of a schema. A name that the schema excludes is an error; one that it does not mention
// but that is nearly the name of one it does is a warning. Anything else about types is left to the run.
func (k *compiler) schemaField(s *shape, base string, r expr.Ref, sc scope, pos flow.Pos) bool {
	for _, name := range r.Rest {
		if s == nil {
			return true
		}
		next, known := s.properties[name]
		if !known {
			hint := k.didYouMean(name, s.names)
			switch {
			case s.closed:
				if hint == "" && len(s.names) > 0 {
					hint = "it has " + listed(s.names)
				}
				k.textIssue(flow.Error, pos, sc, hint, "`%s` has no `%s` by its schema", base, name)
				return false
			case hint != "" && !r.Optional:
				k.textIssue(flow.Warning, pos, sc, hint, "the schema of `%s` does not mention `%s`", base, name)
			}
			return true
		}
		base += "." + name
		s = next
	}
	return true
}
