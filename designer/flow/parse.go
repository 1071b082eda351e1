package flow

import (
	"sort"
	"strings"
)

var (
	flowKeys = []string{"name", "title", "notes", "input", "timeout", "steps", "output", "on_failure"}
	stepKeys = []string{"call", "flow", "version", "switch", "set", "wait", "signal", "approval", "fail", "needs", "if", "for_each", "max_parallel", "tolerated_failures", "until", "with", "retry", "timeout",
		"deadline", "compensate", "title", "notes"}
	kinds = []Kind{Call, SubFlow, Switch, Set, Wait, Signal, Approval, Fail}

	signalKeys     = []string{"name", "timeout", "schema"}
	waitKeys       = []string{"until"}
	untilKeys      = []string{"condition", "every", "max"}
	approvalKeys   = []string{"title", "timeout"}
	failKeys       = []string{"message"}
	needsKeys      = []string{"any"}
	compensateKeys = []string{"after", "call", "with", "timeout", "retry"}
	retryKeys      = []string{"max_attempts", "backoff", "factor", "max_backoff", "on"}

	// oneKind is the advice for a step without a kind.
	oneKind = "give it one of call, flow, switch, set, wait, signal, approval, fail"
)

// Parse reads a flow. It never panics, whatever the bytes are, and reports every problem at once, in the order of the text. The Definition is nil if
// the text is not YAML at all; otherwise it holds whatever could be read, so that a canvas can show the rest: a Step whose Kind is "" has none that
// could be read. Only without an error among the issues is it fit to be compiled.
func Parse(src []byte) (*Definition, Issues) {
	tree, issues := ParseTree(src)
	if tree == nil {
		return nil, issues
	}
	return ParseFlow(tree, issues)
}

// ParseFlow is Parse for a text whose tree is at hand, with the issues that ParseTree found.
func ParseFlow(tree *Tree, issues Issues) (*Definition, Issues) {
	d := &decoder{tree: tree, issues: issues, places: map[string]Pos{}}
	def := &Definition{Source: tree.Source, Positions: d.places}
	switch {
	case tree.Root == nil:
		d.at(0, "", "begin with `name:` and `steps:`", "the file is empty")
		return def, d.issues
	case tree.Root.Kind != MappingNode:
		d.at(tree.Root.Start, "", "begin with `name:` and `steps:`", "a flow must be a mapping, found %s", tree.Root.describe())
		return def, d.issues.sort()
	}
	root := tree.Root
	d.each(root, "flow", "", flowKeys, func(key string, e *Entry) {
		v := e.Value
		switch key {
		case "name":
			def.NamePos = tree.Pos(v.Start)
			def.Name = d.name(v, "name", "flow")
		case "title":
			def.Title = d.text(v, "title")
		case "notes":
			def.Notes = d.text(v, "notes")
		case "timeout":
			def.Timeout = d.duration(v, "timeout")
		case "input":
			if d.mapping(v, "input", "a JSON Schema, a mapping such as {type: object}") {
				def.Input = d.value(v, "input")
			}
		case "steps":
			d.steps(def, v)
		case "output":
			d.markAll("output", v)
			def.Output = d.value(v, "output")
		case "on_failure":
			def.OnFailure = d.onFailure(v)
		}
	})
	for _, key := range []string{"name", "steps"} {
		if lacks(root, key, flowKeys) {
			hint := "add `name: my_flow`"
			if key == "steps" {
				hint = "add `steps:` with at least one step"
			}
			d.at(root.Start, key, hint, "the flow has no `%s`", key)
		}
	}
	d.settle(def)
	return def, d.issues.sort().Spanned(tree.Source)
}

// settle gives the issues that the scanner found the step in which they stand.
func (d *decoder) settle(def *Definition) {
	for i := range d.issues {
		is := &d.issues[i]
		if is.Step != "" || is.Field != "" {
			continue
		}
		at := sort.Search(len(def.Steps), func(j int) bool {
			return def.Steps[j].Pos.Line > is.Line || def.Steps[j].Pos.Line == is.Line && def.Steps[j].Pos.Column > is.Column
		})
		if at > 0 && is.Line < def.Steps[at-1].End.Line {
			is.Step = def.Steps[at-1].Name
		}
	}
}

// name reads a name of a flow.
func (d *decoder) name(n *Node, field, what string) string {
	s := d.text(n, field)
	if s != "" {
		d.checkName(s, n.Start, field, what)
	} else if _, ok := plainText(n); ok {
		d.at(n.Start, field, "", "the name of the %s is empty", what)
	}
	return s
}

// checkName reports a name that is none. It returns whether it is one.
func (d *decoder) checkName(s string, off int, field, what string) bool {
	if ValidName(s) {
		return true
	}
	hint := ""
	if fixed := suggestName(s); ValidName(fixed) {
		hint = "for example `" + fixed + "`"
	}
	if len(s) > maxName {
		d.at(off, field, "", "the name of a %s has at most %d characters, found %d", what, maxName, len(s))
		return false
	}
	d.at(off, field, hint, "`%s` can't name a %s: small letters, digits and `_`, beginning with a letter", shorten(s), what)
	return false
}

// suggestName turns what a person wrote into a name: "Order-Items" into "order_items".
func suggestName(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r >= 'A' && r <= 'Z':
			if i > 0 && s[i-1] >= 'a' && s[i-1] <= 'z' {
				b.WriteByte('_')
			}
			b.WriteRune(r + 'a' - 'A')
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_':
			b.WriteRune(r)
		case r == '-' || r == ' ' || r == '.':
			b.WriteByte('_')
		}
	}
	return strings.TrimLeft(b.String(), "_0123456789")
}

func (d *decoder) onFailure(n *Node) OnFailure {
	s, ok := plainText(n)
	switch p := OnFailure(s); {
	case ok && (p == Pause || p == Compensate):
		return p
	case ok:
		policies := []string{string(Pause), string(Compensate)}
		d.at(n.Start, "on_failure", didYouMean(s, policies), "`on_failure` must be `pause` or `compensate`, found `%s`", shorten(s))
		d.mend(n, meant(s, policies))
	default:
		d.wrong(n, "on_failure", "`pause` or `compensate`", "")
	}
	return ""
}

func (d *decoder) steps(def *Definition, n *Node) {
	if n.IsNull() {
		d.at(n.Start, "steps", "add one: `steps: {first: {call: …}}`", "the flow has no steps")
		return
	}
	if !d.mapping(n, "steps", "a mapping of steps by name") {
		return
	}
	if len(n.Entries) == 0 {
		d.at(n.Start, "steps", "add one: `steps: {first: {call: …}}`", "the flow has no steps")
	}
	seen := map[string]bool{}
	for i := range n.Entries {
		e := &n.Entries[i]
		if seen[e.Key.Text] || e.Key.Style == Plain && e.Key.Text == "<<" {
			continue // reported by the scanner
		}
		seen[e.Key.Text] = true
		outer := d.places
		d.step, d.places = e.Key.Text, map[string]Pos{}
		def.Steps = append(def.Steps, d.stepEntry(e))
		d.step, d.places = "", outer
	}
}
