package edit

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// text and fields are short ways to write a flow.Value.
func text(s string) flow.Value { return flow.Value{Kind: flow.String, Text: s} }

func fields(f ...flow.Field) flow.Value { return flow.Value{Kind: flow.Map, Fields: f} }

// begin is what a new step of a kind says, so that it can be read and shows what to fill in.
func begin(op Op) (flow.Value, *Error) {
	switch op.Kind {
	case flow.Call:
		if !flow.ValidFunctionName(op.Function) {
			return flow.Value{}, refuse(BadValue, "a `call` step needs the name of a function, found %q", op.Function)
		}
		return text(op.Function), nil
	case flow.SubFlow:
		if !flow.ValidName(op.Flow) {
			return flow.Value{}, refuse(BadValue, "a `flow` step needs the name of a flow, found %q", op.Flow)
		}
		return text(op.Flow), nil
	case flow.Switch:
		return fields(flow.Field{Key: "first", Value: text("${{ false }}")}, flow.Field{Key: "otherwise", Value: flow.Value{Kind: flow.Bool, Text: "true"}}), nil
	case flow.Set:
		return fields(), nil
	case flow.Wait:
		return text("10s"), nil
	case flow.Signal:
		return fields(flow.Field{Key: "name", Value: text(op.Step)}), nil
	case flow.Approval:
		return fields(flow.Field{Key: "title", Value: text("Go on?")}), nil
	case flow.Fail:
		return fields(flow.Field{Key: "message", Value: text("Failed")}), nil
	}
	return flow.Value{}, refuse(BadKind, "%q is not a kind of step; use call, flow, switch, set, wait, signal, approval or fail", op.Kind)
}

// free refuses a name that is none or is taken.
func (d *doc) free(name string) *Error {
	if !flow.ValidName(name) {
		return refuse(BadName, "%q can't name a step: small letters, digits and `_`, beginning with a letter", name)
	}
	if _, err := d.step(name); err == nil {
		return refuse(NameTaken, "there is a step `%s` already", name)
	}
	return nil
}

func (d *doc) addStep(op Op) *Error {
	if err := d.free(op.Step); err != nil {
		return err
	}
	body, err := begin(op)
	if err != nil {
		return err
	}
	var edges []string
	for _, need := range op.Needs {
		from, port, _ := strings.Cut(need, ".")
		if err := d.checkPort(from, port); err != nil {
			return err
		}
		if e := edgeText(from, port); !slices.Contains(edges, e) {
			edges = append(edges, e)
		}
	}
	step := fields()
	if len(edges) > 0 {
		list := flow.Value{Kind: flow.List}
		for _, e := range edges {
			list.Items = append(list.Items, text(e))
		}
		step.Fields = append(step.Fields, flow.Field{Key: "needs", Value: list})
	}
	step.Fields = append(step.Fields, flow.Field{Key: string(op.Kind), Value: body})
	if op.After != "" {
		if _, err := d.step(op.After); err != nil {
			return err
		}
	}
	return d.writeStep(op.Step, step, op.After)
}

// writeStep writes a step behind another, or behind the last.
func (d *doc) writeStep(name string, step flow.Value, after string) *Error {
	entry := d.tree.Root.Entry("steps")
	whole := fields(flow.Field{Key: name, Value: step})
	if entry == nil {
		if d.tree.Root.Style == flow.FlowStyle || len(d.tree.Root.Entries) == 0 {
			return d.put(nil, "steps", whole, flowOrder, true)
		}
		lines := "steps:" + d.eol + trimEOL(d.stepLines(name, step, 2), d.eol)
		col := d.column(d.tree.Root.Entries[0].Key.Start)
		if col > 0 {
			return refuse(NotPossible, "the flow is indented; add `steps:` by hand")
		}
		return d.splice(d.insertLines(d.tree.Root, position(d.tree.Root, "steps", flowOrder), lines))
	}
	node := entry.Value
	switch {
	case node.Kind == flow.MappingNode && len(node.Entries) > 0:
		i := len(node.Entries) - 1
		if after != "" {
			i = slices.IndexFunc(node.Entries, func(e flow.Entry) bool { return e.Key.Text == after })
		}
		if node.Style == flow.FlowStyle {
			return d.splice(d.insert(node, i, name, step))
		}
		col := d.column(node.Entries[0].Key.Start)
		return d.splice(d.insertLines(node, i, trimEOL(d.stepLines(name, step, col), d.eol)))
	case node.IsNull() || node.Kind == flow.MappingNode:
		if !d.inBlock(entry) {
			return d.replace(d.tree.Root, entry, whole)
		}
		return d.rewrite(entry, d.eol+trimEOL(d.stepLines(name, step, d.column(entry.Key.Start)+2), d.eol))
	}
	return refuse(InvalidYAML, "`steps` is not a mapping of steps by name")
}

// stepLines writes a step as block lines: its keys, and the branches of a switch, on lines of their own.
func (d *doc) stepLines(name string, step flow.Value, col int) string {
	var b strings.Builder
	b.WriteString(indent(col) + name + ":" + d.eol)
	for _, f := range step.Fields {
		if f.Key == string(flow.Switch) {
			b.WriteString(indent(col+2) + "switch:" + d.eol + d.lines(f.Value, col+4))
			continue
		}
		b.WriteString(d.lines(fields(f), col+2))
	}
	return b.String()
}

func (d *doc) deleteStep(name string, bridge bool) *Error {
	if _, err := d.step(name); err != nil {
		return err
	}
	var above []string
	if bridge {
		for _, e := range d.needs(name) {
			if from, _, _ := strings.Cut(e, "."); from != name {
				above = append(above, e)
			}
		}
	}
	// What each step loses and gains is apart from the others in the text, so the simple ones are done at once.
	var later []string
	batch := []cut{}
	d.batch = &batch
	for i := range d.def.Steps {
		below := d.def.Steps[i].Name
		lost := d.needsOf(below, name)
		if below == name || len(lost) == 0 {
			continue
		}
		var err *Error
		switch {
		case len(lost) > 1 || len(above) > 1:
			later = append(later, below)
		case len(above) == 1 && !slices.Contains(d.needs(below), above[0]):
			err = d.swapNeed(below, lost[0], above[0])
		default:
			err = d.removeNeed(below, lost[0])
		}
		if err != nil {
			return err
		}
	}
	d.batch = nil
	if err := d.splice(batch...); err != nil {
		return err
	}
	for _, below := range later {
		for _, e := range d.needsOf(below, name) {
			if err := d.replaceNeed(below, e, above); err != nil {
				return err
			}
		}
	}
	return d.remove(d.tree.Root.Entry("steps"), name)
}

// needsOf lists the edges from one step into another.
func (d *doc) needsOf(step, from string) []string {
	return slices.DeleteFunc(d.needs(step), func(e string) bool {
		source, _, _ := strings.Cut(e, ".")
		return source != from
	})
}

func (d *doc) insertBetween(op Op) *Error {
	if err := d.checkPort(op.From, op.Port); err != nil {
		return err
	}
	if _, err := d.step(op.To); err != nil {
		return err
	}
	edge := edgeText(op.From, op.Port)
	if !slices.Contains(d.needs(op.To), edge) {
		return refuse(NotConnected, "`%s` does not need `%s`", op.To, edge)
	}
	if op.Kind == flow.Fail {
		return refuse(BadKind, "a `fail` step ends its path, so nothing can follow it")
	}
	if err := d.addStep(Op{Step: op.Step, Kind: op.Kind, Function: op.Function, Flow: op.Flow, Needs: []string{edge}, After: op.From}); err != nil {
		return err
	}
	port := ""
	if op.Kind == flow.Switch {
		port = "otherwise"
	}
	return d.swapNeed(op.To, edge, edgeText(op.Step, port))
}

// swapNeed writes one edge where another stood.
func (d *doc) swapNeed(step, old, edge string) *Error {
	entry, err := d.step(step)
	if err != nil {
		return err
	}
	_, e := d.needsNode(entry)
	if e == nil {
		return refuse(NotConnected, "`%s` needs nothing", step)
	}
	nodes := []*flow.Node{e.Value}
	for _, it := range e.Value.Items {
		nodes = append(nodes, it.Value)
	}
	for _, n := range nodes {
		if from, port, _ := strings.Cut(n.Text, "."); n.Kind == flow.ScalarNode && edgeText(from, port) == old {
			return d.splice(cut{n.Start, n.End, scalar(edge, true, n.Style)})
		}
	}
	return refuse(NotConnected, "`%s` does not need `%s`", step, old)
}
