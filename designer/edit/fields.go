package edit

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/suggest"
)

// flowOrder is the order in which the keys of a flow are written.
var flowOrder = []string{"name", "title", "notes", "input", "timeout", "steps", "output", "on_failure"}

// order is that of the keys of the mapping at that path of a step; nil if they have none.
func order(path []string) []string {
	switch {
	case len(path) == 0:
		return stepOrder
	case path[len(path)-1] == "retry":
		return []string{"max_attempts", "backoff", "factor", "max_backoff", "on"}
	case len(path) == 1 && path[0] == "compensate":
		return []string{"after", "call", "with", "timeout", "retry"}
	case len(path) == 1 && path[0] == "until":
		return []string{"condition", "every", "max"}
	case len(path) == 1 && path[0] == "signal":
		return []string{"name", "timeout", "schema"}
	case len(path) == 1 && path[0] == "approval":
		return []string{"title", "timeout"}
	}
	return nil
}

// place finds where a path leads: the entry under which its last key belongs (nil: the root of the flow), and the keys from there on that are not
// there yet. A key of the text that has dots of its own is found, too.
func (d *doc) place(step, path string) (parent *flow.Entry, trail, rest []string, err *Error) {
	if path == "" || strings.HasPrefix(path, ".") || strings.HasSuffix(path, ".") || strings.Contains(path, "..") {
		return nil, nil, nil, refuse(BadPath, "%q is not the path of a field", path)
	}
	known := flowOrder
	if step != "" {
		if parent, err = d.step(step); err != nil {
			return nil, nil, nil, err
		}
		known = stepOrder
	}
	first, _, _ := strings.Cut(path, ".")
	if !slices.Contains(known, first) || step == "" && first == "steps" {
		hint := ""
		if near := suggest.Nearest(first, known); near != "" && near != first {
			hint = "; did you mean `" + near + "`?"
		}
		return nil, nil, nil, refuse(BadPath, "there is no field `%s`%s", first, hint)
	}
	for rest = strings.Split(path, "."); len(rest) > 1; {
		node := d.tree.Root
		if parent != nil {
			node = parent.Value
		}
		if node.Kind != flow.MappingNode {
			break
		}
		taken := 0
		for n := len(rest); n > 0; n-- { // the longest key that is there
			if node.Entry(strings.Join(rest[:n], ".")) != nil {
				taken = n
				break
			}
		}
		if taken == 0 {
			break
		}
		name := strings.Join(rest[:taken], ".")
		if taken == len(rest) {
			return parent, trail, []string{name}, nil
		}
		parent, trail, rest = node.Entry(name), append(trail, name), rest[taken:]
	}
	return parent, trail, rest, nil
}

func (d *doc) setField(op Op) *Error {
	v, err := valueOf(op)
	if err != nil {
		return err
	}
	parent, trail, rest, err := d.place(op.Step, op.Path)
	if err != nil {
		return err
	}
	for i := len(rest) - 1; i > 0; i-- {
		v = fields(flow.Field{Key: rest[i], Value: v})
	}
	keys := order(trail)
	if op.Step == "" {
		keys = nil
		if len(trail) == 0 {
			keys = flowOrder
		}
	}
	if err := d.put(parent, rest[0], v, keys, op.Step != "" && len(trail) == 0); err != nil {
		return err
	}
	if first, _, _ := strings.Cut(op.Path, "."); first == "needs" && op.Step != "" && !d.loose {
		return d.checkNeeds(op.Step)
	}
	return nil
}

// valueOf reads what an operation sets, from JSON or from YAML.
func valueOf(op Op) (flow.Value, *Error) {
	if op.YAML == "" {
		v, err := flow.FromJSON(op.Value)
		if err != nil {
			return v, refuse(BadValue, "the value of `%s` is not JSON: %s", op.Path, err)
		}
		return v, nil
	}
	if len(op.Value) > 0 {
		return flow.Value{}, refuse(BadValue, "`%s` is set to a `value` and to `yaml`; send one of them", op.Path)
	}
	tree, issues := flow.ParseTree([]byte(op.YAML))
	if len(issues) > 0 {
		return flow.Value{}, refuse(BadValue, "the value of `%s` is not YAML: line %d: %s", op.Path, issues[0].Line, issues[0].Message)
	}
	if tree.Root == nil {
		return flow.Value{}, refuse(BadValue, "the YAML of `%s` is empty; remove the field instead", op.Path)
	}
	v, err := flow.FromNode(tree, tree.Root)
	if err != nil {
		return v, refuse(BadValue, "the value of `%s` can't be read: %s", op.Path, err)
	}
	return v, nil
}

// checkNeeds refuses edges that were set as a whole and lead nowhere or in a circle.
func (d *doc) checkNeeds(step string) *Error {
	for _, e := range d.def.Step(step).Needs.Edges {
		if err := d.checkPort(e.Step, e.Port); err != nil {
			return err
		}
		if path := d.path(step, e.Step); path != nil {
			return refuse(WouldCycle, "this would make a cycle: %s", strings.Join(append([]string{e.Step}, path...), " → "))
		}
	}
	return nil
}

func (d *doc) removeField(step, path string) *Error {
	parent, trail, rest, err := d.place(step, path)
	if err != nil {
		return err
	}
	node := d.tree.Root
	if parent != nil {
		node = parent.Value
	}
	if len(rest) > 1 || node.Kind != flow.MappingNode || node.Entry(rest[0]) == nil {
		return refuse(BadPath, "there is no field `%s` to remove", path)
	}
	if len(node.Entries) == 1 && len(trail) > 0 && trail[len(trail)-1] != "set" && trail[len(trail)-1] != "with" {
		return d.removeField(step, strings.Join(trail, ".")) // what would be left is empty
	}
	return d.remove(parent, rest[0])
}
