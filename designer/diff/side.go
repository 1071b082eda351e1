package diff

import (
	"regexp"

	"github.com/segno-run/segno/designer/flow"
)

// side is one of the two definitions, taken apart for comparing.
type side struct {
	flow  flow.Value // everything but the steps and their edges
	steps []*step    // in written order, each name once
	index map[string]int
}

// step is one step of a side.
type step struct {
	name string // what it is called in the diff: its new name
	was  string // what its own text calls it
	def  *flow.Step
	spec flow.Value // what it does, without its edges
	in   []Edge
	any  bool
}

func (s *step) shown() Step {
	shown := Step{Name: s.name, Kind: string(s.def.Kind)}
	if s.def.Call != nil {
		shown.Does = s.def.Call.Function
	}
	if s.def.Sub != nil {
		shown.Does = s.def.Sub.Flow
	}
	return shown
}

func (s *side) step(name string) *step {
	if i, ok := s.index[name]; ok {
		return s.steps[i]
	}
	return nil
}

func newSide(d *flow.Definition) *side {
	s := &side{flow: flow.Value{Kind: flow.Map}, index: map[string]int{}}
	if d == nil {
		return s
	}
	once := *d // of steps with one name the first counts: a draft may have two
	once.Steps = nil
	for i := range d.Steps {
		if _, dup := s.index[d.Steps[i].Name]; dup {
			continue
		}
		s.index[d.Steps[i].Name] = len(once.Steps)
		once.Steps = append(once.Steps, d.Steps[i])
	}
	whole := canonical(&once)
	specs := map[string]flow.Value{}
	for _, f := range whole.Fields {
		if f.Key != "steps" {
			s.flow.Fields = append(s.flow.Fields, f)
			continue
		}
		for _, g := range f.Value.Fields {
			specs[g.Key] = g.Value
		}
	}
	for i := range once.Steps {
		def := &once.Steps[i]
		st := &step{name: def.Name, was: def.Name, def: def, spec: written(def.Kind, specs[def.Name]), any: def.Needs.Any}
		for _, e := range def.Needs.Edges {
			st.in = append(st.in, Edge{From: e.Step, Port: portOf(e), To: def.Name})
		}
		s.steps = append(s.steps, st)
	}
	return s
}

func portOf(e flow.Edge) string {
	if e.Port == "" {
		return flow.PortDone
	}
	return e.Port
}

// canonical is the canonical form as a value. A definition whose form can't be read back (it may hold a key twice) is compared by its steps' names
// and edges alone.
func canonical(d *flow.Definition) flow.Value {
	v, err := flow.FromJSON(flow.Canonical(d))
	if err != nil {
		return flow.Value{Kind: flow.Map}
	}
	return v
}

// paths are the canonical keys that the language spells otherwise, by kind.
var paths = map[flow.Kind]map[string][]string{
	flow.Wait:     {"until": {"wait", "until"}},
	flow.Signal:   {"signal": {"signal", "name"}, "signal_timeout": {"signal", "timeout"}, "signal_schema": {"signal", "schema"}},
	flow.Approval: {"approval": {"approval", "title"}, "approval_timeout": {"approval", "timeout"}},
	flow.Fail:     {"fail": {"fail", "message"}},
}

// written gives a step's canonical form the paths of the language, so that a person finds what is named, and takes its edges out.
func written(kind flow.Kind, v flow.Value) flow.Value {
	out := flow.Value{Kind: flow.Map}
	for _, f := range v.Fields {
		switch {
		case f.Key == "needs" || f.Key == "needs_any":
			continue
		case f.Key == "switch":
			f.Value = branches(f.Value)
		}
		path := paths[kind][f.Key]
		if path == nil {
			path = []string{f.Key}
		}
		out = with(out, path, f.Value)
	}
	return out
}

// branches turns the list of a switch's branches and conditions into a map by name. Their order is part of the meaning, so it is a field of its own.
func branches(v flow.Value) flow.Value {
	out, order := flow.Value{Kind: flow.Map}, flow.Value{Kind: flow.List}
	for _, b := range v.Items {
		if len(b.Items) != 2 {
			return v
		}
		out.Fields = append(out.Fields, flow.Field{Key: b.Items[0].Text, Value: b.Items[1]})
		order.Items = append(order.Items, b.Items[0])
	}
	out.Fields = append(out.Fields, flow.Field{Key: orderKey, Value: order})
	return out
}

// orderKey can't be the name of a branch.
const orderKey = "(order)"

// with sets the value at a path.
func with(v flow.Value, path []string, value flow.Value) flow.Value {
	if len(path) == 0 {
		return value
	}
	for i, f := range v.Fields {
		if f.Key == path[0] {
			v.Fields[i].Value = with(f.Value, path[1:], value)
			return v
		}
	}
	v.Kind = flow.Map
	v.Fields = append(v.Fields, flow.Field{Key: path[0], Value: with(flow.Value{}, path[1:], value)})
	return v
}

// rename gives the steps of the old side their new names, wherever they are named.
func (s *side) rename(names map[string]string) {
	if len(names) == 0 {
		return
	}
	s.index = make(map[string]int, len(s.steps))
	for i, st := range s.steps {
		if to, ok := names[st.was]; ok {
			st.name = to
		}
		s.index[st.name] = i
		for j := range st.in {
			if to, ok := names[st.in[j].From]; ok {
				st.in[j].From = to
			}
			st.in[j].To = st.name
		}
		st.spec = renamed(st.spec, names)
	}
	s.flow = renamed(s.flow, names)
}

// reference is how an expression names a step: `steps.ocr`.
var reference = regexp.MustCompile(`\bsteps\.(\??)([a-z][a-z0-9_]*)\b`)

func renamed(v flow.Value, names map[string]string) flow.Value {
	switch v.Kind {
	case flow.String:
		v.Text = reference.ReplaceAllStringFunc(v.Text, func(found string) string {
			m := reference.FindStringSubmatch(found)
			if to, ok := names[m[2]]; ok {
				return "steps." + m[1] + to
			}
			return found
		})
	case flow.List:
		items := make([]flow.Value, len(v.Items))
		for i := range v.Items {
			items[i] = renamed(v.Items[i], names)
		}
		v.Items = items
	case flow.Map:
		fields := make([]flow.Field, len(v.Fields))
		for i, f := range v.Fields {
			f.Value = renamed(f.Value, names)
			fields[i] = f
		}
		v.Fields = fields
	}
	return v
}
