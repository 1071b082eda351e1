package check

import (
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

var (
	textType  = expr.Of(expr.String)
	errorType = expr.ObjectOf(expr.TypeField{Name: "class", Type: textType, Required: true},
		expr.TypeField{Name: "message", Type: textType, Required: true}, expr.TypeField{Name: "effect", Type: textType, Required: true})
	approvalType = expr.ObjectOf(expr.TypeField{Name: "approved", Type: expr.Of(expr.Bool), Required: true}, expr.TypeField{Name: "by", Type: textType, Required: true},
		expr.TypeField{Name: "comment", Type: textType, Required: true}, expr.TypeField{Name: "at", Type: textType, Required: true})
	waitType = expr.ObjectOf(expr.TypeField{Name: "until", Type: textType, Required: true})
)

// typing holds what is known of the values of a flow.
type typing struct {
	outputs []outputType // by step
	items   []*expr.Type // by step: the element of its for_each
	known   [][2]*expr.Known
	quiet   int // above 0: a type is looked up ahead of its turn, and what is wrong there will be reported in its turn
	opaque  map[string]bool
}

type outputType struct {
	known, busy bool
	typ         *expr.Type
}

// env says what an expression may read, and of what type that is.
func (k *compiler) env(sc scope) expr.TypeEnv {
	env := expr.TypeEnv{Input: k.inputType(), Step: func(name string) *expr.Type { return k.stepType(name, sc) }, Known: k.given(sc)}
	if sc.item && sc.step >= 0 {
		env.Item = k.typing.items[sc.step]
	}
	if sc.loop != noLoop {
		env.Output = k.itemOutput(&k.d.Steps[sc.step])
	}
	return env
}

func (k *compiler) inputType() *expr.Type {
	if !k.inputRead {
		k.inputRead = true
		if k.d.Input.Kind != flow.Absent {
			if s, _ := compileSchema(k.d.Input, "input", ""); s != nil {
				k.inputTyped = s.Type()
			}
		}
	}
	return k.inputTyped
}

// stepType is `steps.NAME`: an object of the output and the error, each of which may be absent.
func (k *compiler) stepType(name string, sc scope) *expr.Type {
	i, ok := k.index[name]
	if !ok {
		return expr.AnyType
	}
	output := expr.TypeField{Name: "output", Type: k.outputType(i), Required: k.completes(i, sc)}
	if sc.own && sc.step == i && k.d.Steps[i].ForEach != nil {
		of := k.itemOutput(&k.d.Steps[i]) // each item is compensated by itself, and its own output, output[index], is there
		if k.undoesAttempts(i) {
			of = orNull(of)
		}
		output.Type, output.Required = expr.ListOf(of), true
	}
	failed := expr.TypeField{Name: "error", Type: errorType, Required: k.fails(i, sc)}
	output.Why, failed.Why = k.why(i, sc)
	return expr.ObjectOf(output, failed)
}

// why says why a step may not have completed, and why it may not have failed.
func (k *compiler) why(i int, sc scope) (noOutput, noError string) {
	name := k.names[i]
	if sc.own && sc.step == i {
		return "with `after: attempt`, `" + name + "` is undone even if nobody knows whether it happened", "`" + name + "` may have completed"
	}
	where := "the flow ends"
	if sc.step >= 0 {
		where = "`" + k.names[sc.step] + "` starts"
	}
	noOutput = "`" + name + "` has not completed on every way on which " + where
	if k.d.Steps[i].If != nil {
		noOutput = "`" + name + "` is skipped when its `if` is false"
	}
	noError = "`" + name + "` has not failed on every way on which " + where
	if !k.wired[i][flow.PortError] {
		noError = "nothing follows the port `error` of `" + name + "`, so its failure stops the run"
	}
	return noOutput, noError
}

// outputType is the type of a step's output, if it has one.
func (k *compiler) outputType(i int) *expr.Type {
	o := &k.typing.outputs[i]
	if o.known || o.busy {
		return o.typ
	}
	o.busy = true
	o.typ = k.findOutput(i)
	o.known, o.busy = true, false
	return o.typ
}

func (k *compiler) findOutput(i int) *expr.Type {
	s := &k.d.Steps[i]
	if k.broken[s.Name] {
		return expr.AnyType
	}
	switch s.Kind {
	case flow.Call, flow.SubFlow:
		out := k.itemOutput(s)
		if s.ForEach == nil {
			return out
		}
		if s.Tolerated != nil {
			out = orNull(out)
		}
		return expr.ListOf(out)
	case flow.Switch:
		var names []string
		for _, b := range s.Switch {
			names = append(names, `"`+b.Name+`"`)
		}
		return expr.ObjectOf(expr.TypeField{Name: "branch", Type: expr.OneOf(expr.String, names...), Required: true})
	case flow.Approval:
		return approvalType
	case flow.Wait:
		return waitType
	case flow.Signal:
		if v := s.Signal.Schema; v.Kind != flow.Absent {
			if compiled, _ := compileSchema(v, "signal.schema", ""); compiled != nil {
				return compiled.Type()
			}
		}
	case flow.Set:
		if s.Set.Kind != flow.Map {
			return expr.AnyType
		}
		k.typing.quiet++
		_, of := k.typedTemplate(s.Set, scope{step: i, field: "set"})
		k.typing.quiet--
		return of
	}
	return expr.AnyType
}

// infer checks the types of an expression at its place.
func (k *compiler) infer(p *expr.Program, sc scope, pl place) (*expr.Type, bool) {
	env, blind := k.env(sc), false
	env.Blind = &blind
	of, found := p.Infer(env)
	for _, f := range found {
		guess := false
		if f.Absent && (!sc.drops || !p.IsPath() || f.Fix.Old == "error") {
			f.Fix, guess = f.Instead, f.Instead != expr.Edit{}
		}
		if f.Never {
			f.Message += k.neverTaken(sc)
		}
		if is := k.problem(f.Problem, sc, pl); is != nil && guess && is.Fix != (flow.Fix{}) {
			is.Fix.Label, is.Fix.Guess = instead(f.StandIn), true // what to take instead is for a person to say
		}
	}
	if len(found) == 0 && blind {
		k.seeThrough(p, sc, pl.at)
	}
	return of, len(found) == 0
}

// wouldTake says, of a wrong field in a switch, what a language that takes an absent field for false would have made of it.
func (k *compiler) wouldTake(field string, sc scope) string {
	if would := k.neverTaken(sc); would != "" {
		return "; `" + field + "` is never true here:" + strings.TrimPrefix(would, ";")
	}
	return ""
}

// neverTaken says what follows from a condition that is never true.
func (k *compiler) neverTaken(sc scope) string {
	if sc.step < 0 {
		return ""
	}
	if sc.field == "if" {
		return "; `" + k.names[sc.step] + "` would never run"
	}
	name, ok := strings.CutPrefix(sc.field, "switch.")
	if !ok {
		return ""
	}
	branches := k.d.Steps[sc.step].Switch
	if len(branches) == 2 {
		other := branches[0].Name
		if other == name {
			other = branches[1].Name
		}
		return "; the flow would always take `" + other + "`"
	}
	return "; the flow would never take `" + name + "`"
}

// seeThrough says once of each function without an output schema that what is read from its output is not checked.
func (k *compiler) seeThrough(p *expr.Program, sc scope, at func(runes int) flow.Pos) {
	for _, r := range p.Refs() {
		name := k.opaque(r, sc)
		if name == "" || k.typing.opaque[name] || k.typing.quiet > 0 {
			continue
		}
		k.typing.opaque[name] = true
		what := "whether `" + r.Path.String() + "` is there"
		if len(r.Rest) == 0 {
			what = "what is in `" + r.Path.String() + "`"
		}
		k.textIssue(flow.Warning, at(r.Offset), sc, "give `"+name+"` an `output` schema", "`%s` has no output schema, so nobody can tell %s", name, what)
	}
}

// opaque is the function without an output schema that a path reads from, or "". The item of a loop over such an output is of it, too.
func (k *compiler) opaque(r expr.Ref, sc scope) string {
	if r.Root == expr.RootItem && sc.step >= 0 {
		if over := k.steps[sc.step].ForEach; over != nil {
			for _, from := range over.Refs() {
				if name := k.opaque(from, scope{step: -1}); name != "" {
					return name
				}
			}
		}
	}
	i, ok := sc.step, sc.step >= 0
	switch {
	case r.Root == expr.RootSteps && r.Field == "output":
		i, ok = k.index[r.Step]
	case r.Root != expr.RootOutput && r.Root != expr.RootPrevious:
		return ""
	}
	if !ok || k.d.Steps[i].Kind != flow.Call || k.d.Steps[i].Call == nil {
		return ""
	}
	name := k.d.Steps[i].Call.Function
	if c := k.contracts[name]; c == nil || c.function == nil || c.function.Output.Kind != flow.Absent {
		return ""
	}
	return name
}

// unhandled reports an optional where it cannot be left out.
func (k *compiler) unhandled(pos flow.Pos, sc scope, what string) {
	k.textIssue(flow.Error, pos, sc, "say what to take instead with `.orValue(…)`", "this may be absent, and %s cannot be left out", what)
}
