package flow

import (
	"slices"
	"strconv"
	"strings"
)

// stepEntry reads one step.
func (d *decoder) stepEntry(e *Entry) Step {
	n := e.Value
	s := Step{Name: e.Key.Text, Pos: d.tree.Pos(e.Key.Start), End: d.tree.lineAfter(max(n.End, e.Colon+1)), Positions: d.places}
	d.checkName(s.Name, e.Key.Start, "", "step")
	if slices.Contains(stepKeys, s.Name) && (n.Kind == ScalarNode && !n.IsNull() || n.Kind == SequenceNode || n.Kind == MappingNode && !holdsKind(n)) {
		d.at(e.Key.Start, "", "indent it below the name of its step", "`%s` is a key of a step, and stands where the name of a step is meant to be", s.Name)
		return s
	}
	if n.Kind != MappingNode {
		if n.IsNull() {
			d.at(e.Key.Start, "", oneKind, "the step `%s` is empty", shorten(s.Name))
		} else if n.Kind != BrokenNode {
			hint := ""
			if key, rest, ok := strings.Cut(n.Text, ":"); ok && slices.Contains(stepKeys, key) {
				hint = "a colon needs a space after it: `" + key + ": " + shorten(rest) + "`"
			}
			d.at(n.Start, "", hint, "the step `%s` must be a mapping, found %s", shorten(s.Name), n.describe())
		}
		return s
	}
	kindKey := ""
	for i := range n.Entries {
		k := &n.Entries[i]
		if !slices.Contains(kinds, Kind(k.Key.Text)) || k.Key.Text == kindKey {
			continue
		}
		if kindKey != "" {
			d.at(k.Key.Start, k.Key.Text, "make two steps of it", "a step has one kind; this one has `%s` already", kindKey)
			continue
		}
		kindKey = k.Key.Text
	}
	s.Kind = Kind(kindKey)
	if kindKey == "" && !holdsKind(n) {
		d.at(e.Key.Start, "", oneKind, "the step `%s` has no kind", shorten(s.Name))
	}
	d.each(n, "step", "", stepKeys, func(key string, e *Entry) { d.stepKey(&s, key, e) })
	d.stepWhole(&s, n)
	return s
}

// holdsKind reports whether a mapping has a key that could make it a step.
func holdsKind(n *Node) bool {
	return slices.ContainsFunc(kinds, func(k Kind) bool { return !lacks(n, string(k), stepKeys) })
}

// belongs are the keys that only steps of some kinds have.
var belongs = map[string][]Kind{
	"with": {Call, SubFlow}, "deadline": {Call, SubFlow}, "for_each": {Call, SubFlow}, "max_parallel": {Call, SubFlow}, "tolerated_failures": {Call, SubFlow},
	"until": {Call, SubFlow}, "retry": {Call}, "timeout": {Call}, "compensate": {Call},
	"version": {SubFlow},
}

// misplaced reports a key that a step of this kind does not have.
func (d *decoder) misplaced(s *Step, key string, e *Entry) {
	hint := ""
	switch {
	case s.Kind == SubFlow:
		hint = childHints[key]
	case key == "until" && s.Kind == Wait:
		hint = "write it inside: `wait: {until: …}`"
	case key != "timeout" && key != "deadline":
	case s.Kind == Approval:
		hint = "write it inside: `approval: {title: …, timeout: 48h}`"
	case s.Kind == Signal:
		hint = "write it inside: `signal: {name: …, timeout: 48h}`"
	}
	names := make([]string, len(belongs[key]))
	for i, kind := range belongs[key] {
		names[i] = "`" + string(kind) + "`"
	}
	d.at(e.Key.Start, key, hint, "`%s` belongs to a %s step; the kind of this one is `%s`", key, strings.Join(names, " or "), s.Kind)
}

func (d *decoder) stepKey(s *Step, key string, e *Entry) {
	v := e.Value
	if slices.Contains(kinds, Kind(key)) {
		if Kind(key) == s.Kind {
			d.kind(s, e)
		}
		return
	}
	if of := belongs[key]; of != nil {
		if s.Kind != "" && !slices.Contains(of, s.Kind) {
			d.misplaced(s, key, e)
			return
		}
		if s.Kind == SubFlow && (key == "with" || key == "version") {
			d.childKey(s, key, v)
			return
		}
		if s.Kind != SubFlow && s.Call == nil {
			s.Call = &CallSpec{Pos: d.tree.Pos(e.Key.Start)}
		}
	}
	switch key {
	case "title":
		s.Title = d.text(v, key)
	case "notes":
		s.Notes = d.text(v, key)
	case "deadline":
		s.Deadline = d.duration(v, key)
	case "needs":
		s.Needs = d.needs(v)
	case "if":
		s.If = d.expression(v, key, "${{ input.amount > 0 }}")
	case "for_each":
		s.ForEach = d.expression(v, key, "${{ input.lines }}")
	case "max_parallel":
		s.MaxParallel = d.integer(v, key, 1, 10000)
	case "tolerated_failures":
		s.Tolerated = d.tolerance(v, key)
	case "until":
		s.Until = d.until(e)
	case "compensate":
		s.Compensate = d.compensate(e)
	default:
		if s.Call != nil {
			d.callKey(s.Call, "", key, v)
		}
	}
}

// callKey reads one of the keys that a call and a compensation share.
func (d *decoder) callKey(c *CallSpec, path, key string, v *Node) {
	field := join(path, key)
	switch key {
	case "with":
		if d.mapping(v, field, "a mapping such as {account: \"${{ input.account }}\"}") {
			d.markAll(field, v)
			c.With = d.value(v, field)
		}
	case "timeout":
		c.Timeout = d.duration(v, field)
	case "retry":
		c.Retry = d.retry(v, field)
	}
}

func (d *decoder) function(c *CallSpec, n *Node, field string) {
	c.FuncPos = d.tree.Pos(n.Start)
	c.Function = d.text(n, field)
	if c.Function == "" {
		if _, ok := plainText(n); ok {
			d.at(n.Start, field, "", "`%s` is empty; name a function", field)
		}
	} else if !ValidFunctionName(c.Function) {
		d.at(n.Start, field, "", "`%s` can't name a function: small letters, digits, `_` and dots between words", shorten(c.Function))
	}
}

func (d *decoder) compensate(e *Entry) *CallSpec {
	v := e.Value
	if v.Kind != MappingNode {
		hint := ""
		if s, ok := plainText(v); ok && ValidFunctionName(s) {
			hint = "write `compensate: {call: " + s + "}`"
		}
		d.wrong(v, "compensate", "a mapping such as {call: payments.release}", hint)
		return nil
	}
	c := &CallSpec{Pos: d.tree.Pos(e.Key.Start)}
	d.each(v, "compensate", "compensate", compensateKeys, func(key string, e *Entry) {
		switch key {
		case "call":
			d.function(c, e.Value, "compensate.call")
		case "after":
			c.After = d.after(e.Value)
		default:
			d.callKey(c, "compensate", key, e.Value)
		}
	})
	if lacks(v, "call", compensateKeys) {
		d.at(v.Start, "compensate", "add `call: …`", "`compensate` has no `call`")
	}
	return c
}

// after reads which units a compensation undoes.
func (d *decoder) after(n *Node) After {
	const field, want = "compensate.after", "`success` or `attempt`"
	s, ok := plainText(n)
	if !ok {
		d.wrong(n, field, want, "")
		return ""
	}
	switch a := After(s); a {
	case AfterSuccess, AfterAttempt:
		return a
	}
	d.at(n.Start, field, didYouMean(s, []string{string(AfterSuccess), string(AfterAttempt)}), "`%s` must be %s, found `%s`", field, want, shorten(s))
	d.mend(n, meant(s, []string{string(AfterSuccess), string(AfterAttempt)}))
	return ""
}

// kind reads the value of the key that makes the step what it is.
func (d *decoder) kind(s *Step, e *Entry) {
	v := e.Value
	switch s.Kind {
	case Call:
		if s.Call == nil {
			s.Call = &CallSpec{}
		}
		s.Call.Pos = d.tree.Pos(e.Key.Start)
		d.function(s.Call, v, "call")
	case SubFlow:
		d.child(s, e)
	case Switch:
		d.branches(s, v)
	case Set:
		if d.mapping(v, "set", "a mapping of values such as {total: \"${{ input.amount }}\"}") {
			d.markAll("set", v)
			s.Set = d.value(v, "set")
		}
	case Wait:
		d.wait(s, v)
	case Signal:
		d.signal(s, e)
	case Approval:
		if d.mapping(v, "approval", "a mapping such as {title: \"Release it?\", timeout: 48h}") {
			d.each(v, "approval", "approval", approvalKeys, func(key string, e *Entry) {
				if key == "title" {
					s.Approval.Title = d.template(e.Value, "approval.title")
				} else {
					s.Approval.Timeout = d.duration(e.Value, "approval.timeout")
				}
			})
			if lacks(v, "title", approvalKeys) {
				d.at(e.Key.Start, "approval", "add `title: …`, the question that a person is asked", "`approval` has no `title`")
			}
		}
	case Fail:
		if d.mapping(v, "fail", "a mapping such as {message: \"Out of stock\"}") {
			d.each(v, "fail", "fail", failKeys, func(_ string, e *Entry) {
				s.Fail.Message = d.template(e.Value, "fail.message")
			})
			if lacks(v, "message", failKeys) {
				d.at(e.Key.Start, "fail", "add `message: …`", "`fail` has no `message`")
			}
		}
	}
}

func (d *decoder) wait(s *Step, v *Node) {
	if v.Kind != MappingNode {
		s.Wait.For = d.duration(v, "wait")
		return
	}
	d.each(v, "wait", "wait", waitKeys, func(_ string, e *Entry) {
		s.Wait.Until = d.template(e.Value, "wait.until")
	})
	if lacks(v, "until", waitKeys) {
		d.at(v.Start, "wait", "write `wait: 10s` or `wait: {until: …}`", "`wait` has neither a duration nor `until`")
	}
}

func (d *decoder) branches(s *Step, v *Node) {
	if !d.mapping(v, "switch", "a mapping of conditions by branch") {
		return
	}
	if len(v.Entries) == 0 {
		d.at(v.Start, "switch", "", "`switch` has no branches")
	}
	seen := map[string]bool{}
	for i := range v.Entries {
		e := &v.Entries[i]
		name := e.Key.Text
		if seen[name] || name == "<<" && e.Key.Style == Plain {
			continue // reported by the scanner
		}
		seen[name] = true
		field := "switch." + name
		d.mark(field, e.Key.Start)
		if d.checkName(name, e.Key.Start, field, "branch") && (name == PortDone || name == PortError) {
			d.at(e.Key.Start, field, "choose another name", "`%s` can't name a branch: every step has a port of that name", name)
		}
		b := Branch{Name: name, Pos: d.tree.Pos(e.Key.Start)}
		if x := d.expression(e.Value, field, "${{ input.amount > 10000 }}, or true"); x != nil {
			b.When = *x
			b.Always = x.Source == "true"
		}
		s.Switch = append(s.Switch, b)
	}
}

func (d *decoder) needs(n *Node) Needs {
	needs := Needs{Pos: d.tree.Pos(n.Start)}
	list := n
	switch {
	case n.Kind == MappingNode:
		needs.Any = true
		any := n.Entry("any")
		d.each(n, "needs", "needs", needsKeys, func(string, *Entry) {})
		if any == nil {
			if len(n.Entries) == 0 {
				d.at(n.Start, "needs", "write `[a, b]` for all of them, or `{any: [a, b]}`", "`needs` names no step")
			}
			return needs
		}
		list = any.Value
		if list.Kind != SequenceNode {
			d.wrong(list, "needs.any", "a list of steps such as [a, b.error]", "")
			return needs
		}
		if len(list.Items) == 0 {
			d.at(list.Start, "needs.any", "name a step", "`needs.any` is empty, so the step could never start")
		}
	case n.Kind == ScalarNode && !n.IsNull():
		if edge, ok := d.edge(n, "needs"); ok {
			needs.Edges = []Edge{edge}
		}
		return needs
	case n.Kind != SequenceNode:
		d.wrong(n, "needs", "a list of steps such as [a, b.error], or {any: [a, b]}", "")
		return needs
	}
	path := "needs"
	if needs.Any {
		path = "needs.any"
	}
	for i, it := range list.Items {
		field := path + "[" + strconv.Itoa(i) + "]"
		d.mark(field, it.Value.Start)
		edge, ok := d.edge(it.Value, field)
		if !ok {
			continue
		}
		if slices.ContainsFunc(needs.Edges, func(o Edge) bool { return o.Step == edge.Step && o.Port == edge.Port }) {
			d.at(it.Value.Start, field, "remove it", "`%s` is needed twice", it.Value.Text)
			continue
		}
		needs.Edges = append(needs.Edges, edge)
	}
	return needs
}

func (d *decoder) edge(n *Node, field string) (Edge, bool) {
	s, ok := plainText(n)
	if !ok {
		d.wrong(n, field, "`step` or `step.port`", "")
		return Edge{}, false
	}
	step, port, dotted := strings.Cut(s, ".")
	if !ValidName(step) || dotted && !ValidName(port) {
		d.at(n.Start, field, "", "`%s` is not a step or a `step.port`", shorten(s))
		return Edge{}, false
	}
	if !dotted {
		port = PortDone
	}
	return Edge{Step: step, Port: port, Bare: !dotted, Pos: d.tree.Pos(n.Start)}, true
}

// stepWhole checks what needs the whole step.
func (d *decoder) stepWhole(s *Step, n *Node) {
	if s.Kind != Call {
		s.Call = nil // what was written of a call without one can't be shown as one
	}
	if s.Kind != Call && s.Kind != SubFlow {
		return
	}
	if e := n.Entry("tolerated_failures"); e != nil && n.Entry("for_each") == nil {
		d.at(e.Key.Start, "tolerated_failures", "add `for_each`, or remove it", "`tolerated_failures` is of the items of a `for_each`")
	}
	if e := n.Entry("max_parallel"); e != nil && n.Entry("for_each") == nil {
		d.report(Warning, e.Key.Start, "max_parallel", "add `for_each`, or remove it", "`max_parallel` says nothing without `for_each`")
	}
}
