package check

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
)

// MaxNesting is how many flows may stand in one another: one that runs no flow counts one.
const MaxNesting = 8

// Child is a flow that a step runs, with everything resolved.
type Child struct {
	Flow    string
	Version int            // the resolved one; 0 only where no version has a number yet: in a project folder
	With    *expr.Template // nil: the child's input is {}
	Input   *schema.Schema // the child's contract; nil: anything
}

// BreachOfInput holds a child's evaluated input against its contract. Nil: it fits. Nothing was started, so nothing happened.
func (c *Child) BreachOfInput(raw []byte) *fault.Fault {
	return breach(c.Input, raw, "the input of the flow "+c.Flow, fault.None)
}

// Signature is what a flow looks like from outside.
type Signature struct {
	Flow        string
	Version     int
	Source      flow.Value     // the input schema as written; Absent: anything
	Input       *schema.Schema // the same, compiled; nil: anything
	Output      *expr.Type     // of the output template; null without one; nil: anything
	Hash        string         // of its program
	Compensates bool           // it, or a flow that it runs, has a compensation
	Broken      string         // why it cannot be run, though it was published; "": it can
	Children    []*Signature   // the flows that it runs itself, each version once

	nested int // how many flows stand in one another below it
}

// chain is a way from s to the flow of that name, both included; nil: there is none.
func (s *Signature) chain(name string, seen map[*Signature]bool) []string {
	if s.Flow == name {
		return []string{name}
	}
	if seen[s] {
		return nil
	}
	seen[s] = true
	for _, c := range s.Children {
		if rest := c.chain(name, seen); rest != nil {
			return append([]string{s.Flow}, rest...)
		}
	}
	return nil
}

// SignatureOf compiles a flow's text and says what it looks like from outside. With an error among the issues it is one of which nothing is known but
// the flows that it runs.
func SignatureOf(src []byte, version int, c Catalog) (*Signature, flow.Issues) {
	d, issues := flow.Parse(src)
	if d == nil {
		return nil, issues
	}
	k := newCompiler(d, c)
	p := k.compile()
	issues = append(issues, k.finish()...)
	s := &Signature{Flow: d.Name, Version: version, Children: k.childSignatures()}
	for _, c := range s.Children {
		s.nested = max(s.nested, 1+c.nested)
	}
	if p == nil || issues.HasErrors() {
		return s, issues
	}
	s.Source, s.Input, s.Hash, s.Output = d.Input, p.Input, p.Hash, expr.Of(expr.Null)
	if d.Output.Kind != flow.Absent {
		k.typing.quiet++
		_, s.Output = k.typedTemplate(d.Output, scope{step: -1, field: "output"})
		k.typing.quiet--
	}
	for i := range d.Steps {
		s.Compensates = s.Compensates || k.compensates(i)
	}
	return s, issues
}

// childKey names a child as it is written.
type childKey struct {
	flow    string
	version int
}

// childOf looks a child up once in a compilation; nil if the catalogue lacks it.
func (k *compiler) childOf(spec *flow.SubSpec) *Signature {
	if spec == nil || spec.Flow == "" || spec.Flow == k.d.Name {
		return nil
	}
	key := childKey{spec.Flow, spec.Version}
	s, asked := k.children[key]
	if !asked {
		s = k.catalog.Flow(spec.Flow, spec.Version)
		k.children[key] = s
	}
	return s
}

// childSignatures are the flows that the flow runs, each version once, by name.
func (k *compiler) childSignatures() []*Signature {
	var out []*Signature
	for _, s := range k.children {
		if s != nil && !slices.ContainsFunc(out, func(o *Signature) bool { return o.Flow == s.Flow && o.Version == s.Version }) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *Signature) int {
		return cmp.Or(strings.Compare(a.Flow, b.Flow), cmp.Compare(a.Version, b.Version))
	})
	return out
}

// hashChildren covers what the children are.
func (k *compiler) hashChildren(w io.Writer) {
	for _, s := range k.childSignatures() {
		fmt.Fprintf(w, "flow %s %d %s\n", s.Flow, s.Version, s.Hash)
	}
}

// compensates reports whether what a step did can be compensated.
func (k *compiler) compensates(i int) bool {
	if k.d.Steps[i].Compensate != nil {
		return true
	}
	s := k.childOf(k.d.Steps[i].Sub)
	return s != nil && s.Compensates
}

// childStep compiles a step that runs another flow.
func (k *compiler) childStep(i int) {
	w, s := &k.d.Steps[i], k.steps[i]
	item := k.loop(i)
	if w.Sub == nil || w.Sub.Flow == "" {
		if !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "flow", "name a flow", "the step runs no flow")
		}
		return
	}
	spec := w.Sub
	sc := scope{step: i, field: "with", item: item, loop: loopOf(w), needs: k.requiredByChild(spec), into: k.takenByChild(spec)}
	defer func() { s.Until = k.until(i, item) }()
	with, passed := k.typedTemplate(spec.With, sc)
	child := k.childOf(spec)
	if child == nil {
		k.unknownFlow(i)
		return
	}
	if chain := child.chain(k.d.Name, map[*Signature]bool{}); chain != nil && k.d.Name != "" {
		k.circle(i, append([]string{k.d.Name}, chain...))
		return
	}
	if n := 2 + child.nested; n > MaxNesting {
		k.report(flow.Error, spec.FlowPos, w.Name, "flow", "run the flows inside it from here, one after the other",
			"with `%s`, %d flows would stand in one another; at most %d may", spec.Flow, n, MaxNesting)
		return
	}
	if child.Broken != "" {
		k.report(flow.Error, spec.FlowPos, w.Name, "flow", "publish it anew", "version %d of `%s` cannot be run: %s", child.Version, spec.Flow, child.Broken)
		return
	}
	s.Child = &Child{Flow: spec.Flow, Version: child.Version, With: with, Input: child.Input}
	c := &contract{input: child.Input, written: child.Source}
	call := &flow.CallSpec{Function: spec.Flow, FuncPos: spec.FlowPos, With: spec.With}
	k.checkWith(i, call, c, "")
	k.fit(spec.With, passed, child.Input.Type(), fitting{sc: sc, function: spec.Flow})
}

// requiredByChild lists the names that a flow's input must have.
func (k *compiler) requiredByChild(spec *flow.SubSpec) []string {
	s := k.childOf(spec)
	if s == nil || s.Source.Kind == flow.Absent {
		return nil
	}
	if in := readShape(s.Source.JSON()); in != nil {
		return in.required
	}
	return nil
}

// takenByChild is the type of a flow's input; nil if nothing is known of it.
func (k *compiler) takenByChild(spec *flow.SubSpec) *expr.Type {
	if s := k.childOf(spec); s != nil {
		return s.Input.Type()
	}
	return nil
}

func (k *compiler) unknownFlow(i int) {
	w := &k.d.Steps[i]
	spec := w.Sub
	if spec.Flow == k.d.Name {
		k.circle(i, []string{spec.Flow, spec.Flow})
		return
	}
	if spec.Version != 0 {
		if latest := k.childOf(&flow.SubSpec{Flow: spec.Flow}); latest != nil {
			hint := "leave `version` out for the latest when this flow is published"
			if latest.Version > 0 {
				hint = fmt.Sprintf("the latest is %d", latest.Version)
			}
			is := k.report(flow.Error, spec.VersionPos, w.Name, "version", hint, "the flow `%s` has no version %d", spec.Flow, spec.Version)
			if latest.Version > 0 {
				text := strconv.Itoa(latest.Version)
				k.mend(is, spec.VersionPos, strconv.Itoa(spec.Version), text, "Use version "+text)
			}
			return
		}
	}
	if k.flows == nil {
		k.flows = append([]string{}, k.catalog.FlowNames()...)
	}
	near := k.nearest(spec.Flow, slices.DeleteFunc(slices.Clone(k.flows), func(name string) bool { return name == k.d.Name }))
	hint := meant(near)
	if hint == "" {
		hint = "publish it first, or put its file into `flows/`"
	}
	is := k.report(flow.Error, spec.FlowPos, w.Name, "flow", hint, "there is no flow `%s`", spec.Flow)
	k.mend(is, spec.FlowPos, spec.Flow, near, use(near))
}

// circle reports a flow that would run itself.
func (k *compiler) circle(i int, chain []string) {
	w := &k.d.Steps[i]
	k.report(flow.Error, w.Sub.FlowPos, w.Name, "flow", "a flow that repeats something does so with `for_each` or `until`", "the flow would run itself: %s", strings.Join(chain, " → "))
}
