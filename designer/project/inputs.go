package project

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// CheckInputs holds each sample input against the input of the flow that has its name, as a start does. An input of another name belongs to the tests
// that name it. A flow that has errors accepts everything.
func (p *Project) CheckInputs() Issues {
	var out Issues
	for _, name := range slices.Sorted(maps.Keys(p.Inputs)) {
		f := p.File(name)
		if f == nil {
			continue
		}
		program, _ := check.Compile(f.Def, p)
		if program == nil {
			continue
		}
		tree, _ := flow.ParseTree(p.Inputs[name]) // JSON is YAML; where it is not, the place is the file's beginning
		for _, v := range program.Input.Validate(p.Inputs[name]) {
			at, what := flow.Pos{Line: 1, Column: 1}, "the value"
			if v.Path != "" {
				what = "`" + v.Path + "`"
			}
			if tree != nil && tree.Root != nil {
				at = tree.Pos(below(tree.Root, v.Path).Start)
			}
			out = append(out, Issue{TestPath(name + ".json"), flow.Issue{Severity: flow.Error, Line: at.Line, Column: at.Column,
				Message: "the input does not fit the flow `" + name + "`: " + what + ": " + v.Message}})
		}
	}
	return out
}

// below finds the value at a path such as `lines[3].sku`, or as near above it as there is one.
func below(n *flow.Node, path string) *flow.Node {
	for _, word := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next := n.Get(word)
		if i, err := strconv.Atoi(word); err == nil && i >= 0 && i < len(n.Items) {
			next = n.Items[i].Value
		}
		if next == nil {
			break
		}
		n = next
	}
	return n
}
