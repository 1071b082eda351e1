package edit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// Pasted tells what a paste had to decide.
type Pasted struct {
	Steps    []string    // as they are called now, in the order of the text
	Renamed  [][2]string // old and new name of each whose name was taken
	Dangling []Dangling  // what names a step that is neither among them nor in the flow
}

// Dangling is a pasted place that names a step which is not there.
type Dangling struct {
	In   string // the pasted step
	Step string // the one that is missing
}

// Paste is the operation PasteSteps, and tells what it decided: op.YAML holds steps by name, bare or under `steps:`. They are written behind op.After,
// or behind the last step, with their comments. One whose name is taken gets a free one, and what names it among them follows.
func Paste(src []byte, op Op) (out []byte, undo Patch, done Pasted, err error) {
	d, e := open(src)
	if e == nil {
		done, e = d.paste(op.YAML, op.After, true)
	}
	if e != nil {
		return nil, Patch{}, Pasted{}, e
	}
	return d.src, inverse(src, d.src), done, nil
}

// paste writes steps. Without rename a name that is taken is refused.
func (d *doc) paste(text, after string, rename bool) (Pasted, *Error) {
	if after != "" {
		if _, err := d.step(after); err != nil {
			return Pasted{}, err
		}
	}
	from, err := snippet(text)
	if err != nil {
		return Pasted{}, err
	}
	var done Pasted
	for _, e := range from.tree.Root.Get("steps").Entries {
		done.Steps = append(done.Steps, e.Key.Text)
	}
	for i, name := range done.Steps {
		if !flow.ValidName(name) {
			return Pasted{}, refuse(BadName, "%q can't name a step: small letters, digits and `_`, beginning with a letter", name)
		}
		if d.free(name) == nil {
			continue
		}
		if !rename {
			return Pasted{}, d.free(name)
		}
		next := name
		for n := 2; next == name || d.free(next) != nil || from.free(next) != nil; n++ {
			next = fmt.Sprintf("%s_%d", name, n)
		}
		if err := from.renameStep(name, next); err != nil {
			return Pasted{}, err
		}
		done.Steps[i], done.Renamed = next, append(done.Renamed, [2]string{name, next})
	}
	done.Dangling = dangling(from, d)
	return done, d.writeSteps(from, after)
}

// snippet reads steps that came from somewhere else as a flow of their own, two columns in.
func snippet(text string) (*doc, *Error) {
	tree, issues := flow.ParseTree([]byte(text))
	if tree == nil || len(issues) > 0 {
		return nil, refuse(BadValue, "what is pasted is not YAML: line %d: %s", issues[0].Line, issues[0].Message)
	}
	root := tree.Root
	if root != nil && root.Kind == flow.MappingNode && root.Get("steps") != nil {
		root = root.Get("steps")
	}
	if root == nil || root.Kind != flow.MappingNode || len(root.Entries) == 0 {
		return nil, refuse(BadValue, "what is pasted holds no steps: it must be a mapping of steps by name")
	}
	for _, e := range root.Entries {
		if e.Value.Kind != flow.MappingNode {
			return nil, refuse(BadValue, "what is pasted holds no steps: `%s` is not a step", e.Key.Text)
		}
	}
	in := &doc{eol: "\n"}
	in.read([]byte(strings.ReplaceAll(text, "\r\n", "\n")))
	if in.tree.Root.Get("steps") != nil {
		root = in.tree.Root.Get("steps")
	} else {
		root = in.tree.Root
	}
	var lines string
	if root.Style == flow.FlowStyle {
		for _, e := range root.Entries {
			v, err := flow.FromNode(in.tree, e.Value)
			if err != nil {
				return nil, refuse(BadValue, "what is pasted can't be read: %s", err)
			}
			lines += in.stepLines(e.Key.Text, v, 2)
		}
	} else {
		first := root.Entries[0].Key.Start
		col := in.column(first)
		end := in.blockEnd(entryEnd(&root.Entries[len(root.Entries)-1]), col)
		lines = shift(string(in.src[in.lineStart(first):end]), 2-col)
		if !strings.HasSuffix(lines, "\n") {
			lines += "\n"
		}
	}
	return open([]byte("steps:\n" + lines))
}

// shift moves lines right by that many columns, or left as far as they have blanks.
func shift(text string, by int) string {
	lines := strings.SplitAfter(text, "\n")
	for i, l := range lines {
		switch {
		case strings.TrimSpace(l) == "":
		case by > 0:
			lines[i] = indent(by) + l
		default:
			lines[i] = l[min(-by, len(l)-len(strings.TrimLeft(l, " "))):]
		}
	}
	return strings.Join(lines, "")
}

// writeSteps writes all steps of a snippet behind a step, or behind the last.
func (d *doc) writeSteps(from *doc, after string) *Error {
	entry := d.tree.Root.Entry("steps")
	if entry != nil && entry.Value.Kind == flow.MappingNode && len(entry.Value.Entries) > 0 && entry.Value.Style != flow.FlowStyle {
		node := entry.Value
		i := len(node.Entries) - 1
		if after != "" {
			i = slices.IndexFunc(node.Entries, func(e flow.Entry) bool { return e.Key.Text == after })
		}
		lines := strings.TrimSuffix(strings.TrimPrefix(string(from.src), "steps:\n"), "\n")
		lines = shift(lines, d.column(node.Entries[0].Key.Start)-2)
		return d.splice(d.insertLines(node, i, strings.ReplaceAll(lines, "\n", d.eol)))
	}
	for _, e := range from.tree.Root.Get("steps").Entries {
		v, err := flow.FromNode(from.tree, e.Value)
		if err != nil {
			return refuse(BadValue, "what is pasted can't be read: %s", err)
		}
		if err := d.writeStep(e.Key.Text, v, after); err != nil {
			return err
		}
		after = e.Key.Text
	}
	return nil
}

// dangling lists what the steps of a snippet name that neither it nor the flow has.
func dangling(from, d *doc) []Dangling {
	var out []Dangling
	note := func(in, name string) {
		_, own := from.step(name)
		_, there := d.step(name)
		if one := (Dangling{In: in, Step: name}); own != nil && there != nil && name != "" && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	for _, s := range from.tree.Root.Get("steps").Entries {
		for _, e := range from.needs(s.Key.Text) {
			name, _, _ := strings.Cut(e, ".")
			note(s.Key.Text, name)
		}
		for _, f := range s.Value.Entries {
			if f.Key.Text == "needs" {
				continue
			}
			bare := f.Key.Text == "if" || f.Key.Text == "for_each" || f.Key.Text == "switch" || f.Key.Text == "until"
			scalars(f.Value, func(n *flow.Node) {
				if bare && !strings.Contains(n.Text, "${{") {
					for _, t := range stepsIn(n.Text, 0) {
						note(s.Key.Text, t.text)
					}
					return
				}
				parts, _ := expr.SplitText(n.Text)
				for _, p := range parts {
					if p.IsExpr {
						for _, t := range stepsIn(p.Expr, 0) {
							note(s.Key.Text, t.text)
						}
					}
				}
			})
		}
	}
	return out
}
