package edit

import (
	"bytes"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// The parts of a flow that may name a step.
const (
	InNeeds        = "needs"
	InExpression   = "expression"
	InCompensation = "compensation"
	InTest         = "test"
)

// Reference is one place that names a step: what RenameStep and RenameInTests would write anew.
type Reference struct {
	In   string // InNeeds, …
	Step string // the step that it stands in; empty in the flow's output and in a test
	Line int    // from 1
	Text string // the line, without the blanks around it
}

// References lists the places of a flow's text that name a step, the step itself not counted, in the order of the text. It is an *Error if the text
// can't be read or has no such step.
func References(src []byte, step string) ([]Reference, error) {
	d, err := open(src)
	if err != nil {
		return nil, err
	}
	if _, err := d.step(step); err != nil {
		return nil, err
	}
	var out []Reference
	note := func(in, where string, n *flow.Node) {
		line := bytes.Count(d.src[:n.Start], []byte("\n"))
		ref := Reference{In: in, Step: where, Line: line + 1, Text: lineOf(d.src, n.Start)}
		if len(out) == 0 || out[len(out)-1] != ref {
			out = append(out, ref)
		}
	}
	d.mentions(step, func(m mention) { note(m.in, m.step, m.node) })
	return out, nil
}

// mention is a text of a flow that names a step.
type mention struct {
	in   string // InNeeds, …
	step string // the step that it stands in; empty in the flow's output
	node *flow.Node
	at   []int // where in the node's text, in code points
}

// mentions calls f for every text that names a step, the step itself not counted: needs first, then the rest of each step, then the output.
func (d *doc) mentions(step string, f func(mention)) {
	expressions := func(in, where string, root *flow.Node, bare bool) {
		scalars(root, func(n *flow.Node) {
			if at := references(n.Text, step, bare); len(at) > 0 {
				f(mention{in, where, n, at})
			}
		})
	}
	for _, s := range d.tree.Root.Get("steps").Entries {
		if s.Value.Kind != flow.MappingNode {
			continue
		}
		if _, needs := d.needsNode(&s); needs != nil {
			nodes := []*flow.Node{needs.Value}
			for _, it := range needs.Value.Items {
				nodes = append(nodes, it.Value)
			}
			for _, n := range nodes {
				if from, _, _ := strings.Cut(n.Text, "."); n.Kind == flow.ScalarNode && from == step {
					f(mention{InNeeds, s.Key.Text, n, []int{0}})
				}
			}
		}
		for _, e := range s.Value.Entries {
			switch e.Key.Text {
			case "needs":
			case "compensate":
				expressions(InCompensation, s.Key.Text, e.Value, false)
			case "if", "for_each", "switch", "until":
				expressions(InExpression, s.Key.Text, e.Value, true)
			default:
				expressions(InExpression, s.Key.Text, e.Value, false)
			}
		}
	}
	if o := d.tree.Root.Get("output"); o != nil {
		expressions(InExpression, "", o, false)
	}
}

// ReferencesInTest lists the lines of a test file that name a step.
func ReferencesInTest(src []byte, step string) []Reference {
	after := bytes.Split(RenameInTests(src, step, step+"_"), []byte("\n"))
	var out []Reference
	for i, line := range bytes.Split(src, []byte("\n")) {
		if i < len(after) && !bytes.Equal(line, after[i]) {
			out = append(out, Reference{In: InTest, Line: i + 1, Text: strings.TrimSpace(string(line))})
		}
	}
	return out
}

func lineOf(src []byte, at int) string {
	from := bytes.LastIndexByte(src[:at], '\n') + 1
	to := len(src)
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		to = at + i
	}
	return strings.TrimSpace(string(src[from:to]))
}
