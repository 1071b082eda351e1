package edit

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// stepOrder is the order in which the keys of a step are written.
var stepOrder = []string{"title", "notes", "needs", "if", "for_each", "max_parallel", "tolerated_failures", "call", "flow", "version", "switch", "set", "wait", "signal", "approval", "fail", "with", "timeout", "deadline", "retry", "until",
	"compensate"}

// edgeText is how an edge is written in needs.
func edgeText(step, port string) string {
	if port == "" || port == flow.PortDone {
		return step
	}
	return step + "." + port
}

// ports lists what may be wired from a step.
func ports(s *flow.Step) []string {
	switch s.Kind {
	case flow.Fail:
		return []string{flow.PortError}
	case flow.Switch:
		out := []string{flow.PortDone, flow.PortError}
		for _, b := range s.Switch {
			out = append(out, b.Name)
		}
		return out
	case flow.Approval:
		return []string{flow.PortDone, flow.PortError, flow.PortApproved, flow.PortRejected}
	}
	return []string{flow.PortDone, flow.PortError}
}

// checkPort refuses a port that a step does not have, and a step that is not there.
func (d *doc) checkPort(step, port string) *Error {
	if _, err := d.step(step); err != nil {
		return err
	}
	if port == "" {
		port = flow.PortDone
	}
	s := d.def.Step(step)
	if s == nil {
		return refuse(UnknownStep, "the step `%s` can't be read", step)
	}
	have := ports(s)
	if slices.Contains(have, port) {
		return nil
	}
	if s.Kind == flow.Fail {
		return refuse(NoSuchPort, "`%s` never completes: of a `fail` step only the port `error` can be wired", step)
	}
	return refuse(NoSuchPort, "`%s` has no port `%s`; it has %s", step, port, strings.Join(have, ", "))
}

func (d *doc) connect(from, port, to string) *Error {
	if err := d.checkPort(from, port); err != nil {
		return err
	}
	if _, err := d.step(to); err != nil {
		return err
	}
	if slices.Contains(d.needs(to), edgeText(from, port)) {
		return refuse(AlreadyConnected, "`%s` already needs `%s`", to, edgeText(from, port))
	}
	if path := d.path(to, from); path != nil {
		return refuse(WouldCycle, "this would make a cycle: %s", strings.Join(append([]string{from}, path...), " → "))
	}
	return d.addNeed(to, edgeText(from, port))
}

func (d *doc) disconnect(from, port, to string) *Error {
	if _, err := d.step(from); err != nil && d.def.Step(to) == nil {
		return err
	}
	if _, err := d.step(to); err != nil {
		return err
	}
	if !slices.Contains(d.needs(to), edgeText(from, port)) {
		return refuse(NotConnected, "`%s` does not need `%s`", to, edgeText(from, port))
	}
	return d.removeNeed(to, edgeText(from, port))
}

// path is the shortest way along the edges from one step to another, both included, or nil.
func (d *doc) path(from, to string) []string {
	next := map[string][]string{}
	for i := range d.def.Steps {
		for _, e := range d.def.Steps[i].Needs.Edges {
			next[e.Step] = append(next[e.Step], d.def.Steps[i].Name)
		}
	}
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == to {
			var path []string
			for ; at != ""; at = before[at] {
				path = append(path, at)
			}
			slices.Reverse(path)
			return path
		}
		for _, n := range next[at] {
			if _, seen := before[n]; !seen {
				before[n] = at
				queue = append(queue, n)
			}
		}
	}
	return nil
}

// needs lists the edges into a step, as they are written but for a written `.done`.
func (d *doc) needs(step string) []string {
	s := d.def.Step(step)
	if s == nil {
		return nil
	}
	var out []string
	for _, e := range s.Needs.Edges {
		out = append(out, edgeText(e.Step, e.Port))
	}
	return out
}

// needsNode is the entry that holds a step's list of edges (`needs`, or `any` below it) and the mapping that the entry is in; nil if there is none.
func (d *doc) needsNode(step *flow.Entry) (in *flow.Node, e *flow.Entry) {
	if step.Value.Kind != flow.MappingNode {
		return nil, nil
	}
	in, e = step.Value, step.Value.Entry("needs")
	if e != nil && e.Value.Kind == flow.MappingNode {
		if in, e = e.Value, e.Value.Entry("any"); e == nil {
			in = nil
		}
	}
	return in, e
}

// addNeed adds an edge, written as text, to a step.
func (d *doc) addNeed(step, text string) *Error {
	entry, err := d.step(step)
	if err != nil {
		return err
	}
	list := func(items ...string) flow.Value {
		v := flow.Value{Kind: flow.List}
		for _, it := range items {
			v.Items = append(v.Items, flow.Value{Kind: flow.String, Text: it})
		}
		return v
	}
	in, e := d.needsNode(entry)
	if e == nil {
		if entry.Value.Kind == flow.MappingNode && entry.Value.Entry("needs") != nil {
			return d.put(entry.Value.Entry("needs"), "any", list(text), nil, false)
		}
		return d.put(entry, "needs", list(text), stepOrder, true)
	}
	v := e.Value
	switch {
	case v.Kind == flow.ScalarNode && v.IsNull(), v.Kind == flow.SequenceNode && len(v.Items) == 0 && v.Style != flow.FlowStyle:
		return d.replace(in, e, list(text))
	case v.Kind == flow.ScalarNode:
		return d.replace(in, e, list(v.Text, text))
	case v.Kind != flow.SequenceNode:
		return refuse(NotPossible, "the `needs` of `%s` can't be read", step)
	case v.Style == flow.FlowStyle && len(v.Items) == 0:
		return d.splice(cut{v.Start + 1, v.Start + 1, text})
	case v.Style == flow.FlowStyle:
		end := v.Items[len(v.Items)-1].Value.End
		return d.splice(cut{end, end, ", " + text})
	}
	last := v.Items[len(v.Items)-1]
	col := d.column(v.Items[0].Dash)
	at := d.blockEnd(max(last.Value.End, last.Dash+1), col)
	line := indent(col) + "- " + text
	if at == len(d.src) && !strings.HasSuffix(string(d.src), "\n") {
		return d.splice(cut{at, at, d.eol + line})
	}
	return d.splice(cut{at, at, line + d.eol})
}

// removeNeed takes an edge, and a `needs` that would be empty, out of a step.
func (d *doc) removeNeed(step, text string) *Error {
	entry, err := d.step(step)
	if err != nil {
		return err
	}
	_, e := d.needsNode(entry)
	if e == nil {
		return refuse(NotConnected, "`%s` needs nothing", step)
	}
	v := e.Value
	if v.Kind != flow.SequenceNode || len(v.Items) == 1 {
		return d.remove(entry, "needs")
	}
	spans := make([]span, len(v.Items))
	at := -1
	for i, it := range v.Items {
		spans[i] = span{it.Value.Start, it.Value.End}
		if from, port, _ := strings.Cut(it.Value.Text, "."); edgeText(from, port) == text {
			at = i
		}
	}
	if at < 0 {
		return refuse(NotConnected, "`%s` does not need `%s`", step, text)
	}
	if v.Style == flow.FlowStyle {
		return d.splice(d.removeSpan(v, spans, at))
	}
	dash := v.Items[at].Dash
	from := d.lineStart(dash)
	if !blank(d.src[from:dash]) {
		return refuse(NotPossible, "the `needs` of `%s` is written in a way that this operation can't change", step)
	}
	return d.splice(cut{from, d.blockEnd(max(v.Items[at].Value.End, dash+1), d.column(dash)), ""})
}

// replaceNeed puts other edges in the place of one.
func (d *doc) replaceNeed(step, text string, with []string) *Error {
	have := d.needs(step)
	for _, w := range with {
		if !slices.Contains(have, w) {
			if err := d.addNeed(step, w); err != nil {
				return err
			}
		}
	}
	return d.removeNeed(step, text)
}
