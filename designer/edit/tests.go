package edit

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// RenameInTests is RenameStep as far as a test file of the flow is concerned: every place that names the step names it anew, and not another byte is
// changed. A text that can't be read names nothing and comes back as it is.
func RenameInTests(src []byte, old, name string) []byte {
	tree, _ := flow.ParseTree(src)
	if tree == nil || tree.Root == nil || old == name {
		return src
	}
	r := &testRename{src: src, old: old, name: name}
	if scenarios := tree.Root.Get("scenarios"); scenarios != nil {
		for _, it := range scenarios.Items {
			r.scenario(it.Value)
		}
	}
	r.stepsOf(tree.Root.Get("faults").Get("accept"))
	slices.SortFunc(r.cuts, func(a, b cut) int { return a.from - b.from })
	var out []byte
	at := 0
	for _, c := range r.cuts {
		out = append(append(out, src[at:c.from]...), c.text...)
		at = c.to
	}
	return append(out, src[at:]...)
}

// testRename gathers what a rename changes in a test file.
type testRename struct {
	src       []byte
	old, name string
	cuts      []cut
}

func (r *testRename) scenario(v *flow.Node) {
	for _, list := range []string{"approvals", "resolutions"} {
		r.stepsOf(v.Get(list))
	}
	expect := v.Get("expect")
	for _, list := range []string{"path", "skipped", "compensations"} {
		if n := expect.Get(list); n != nil {
			for _, it := range n.Items {
				r.place(it.Value)
			}
		}
	}
	for _, mapping := range []string{"outputs", "attempts"} {
		if n := expect.Get(mapping); n != nil {
			for _, e := range n.Entries {
				r.place(e.Key)
			}
		}
	}
	r.place(expect.Get("failure").Get("step"))
}

// stepsOf renames in a list of mappings that name a `step`.
func (r *testRename) stepsOf(list *flow.Node) {
	if list == nil {
		return
	}
	for _, it := range list.Items {
		r.place(it.Value.Get("step"))
	}
}

// place renames in `step`, `step.port` or `step[item]`.
func (r *testRename) place(n *flow.Node) {
	if n == nil || n.Kind != flow.ScalarNode || !n.IsText() {
		return
	}
	rest, ok := strings.CutPrefix(n.Text, r.old)
	if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
		return
	}
	if at := flow.Offsets(n, []int{0}); len(at) == 1 && at[0]+len(r.old) <= n.End && string(r.src[at[0]:at[0]+len(r.old)]) == r.old {
		if n.Style != flow.Plain || readsAs(r.name+rest, true) {
			r.cuts = append(r.cuts, cut{at[0], at[0] + len(r.old), r.name})
			return
		}
	}
	r.cuts = append(r.cuts, cut{n.Start, n.End, doubleQuote(r.name + rest)})
}
