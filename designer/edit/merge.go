package edit

import (
	"bytes"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// The sides of a Change.
const (
	SideMine   = "mine"   // only mine changed it
	SideTheirs = "theirs" // only theirs did
	SideSame   = "same"   // both did, alike
	SideBoth   = "both"   // both did, unlike: one of them must be chosen
)

// Change is a part of a flow that one of two texts, or both, changed against the text that both began with. A part that is not there is empty.
type Change struct {
	Step  string // empty: the flow itself
	Field string // "with.amount"; empty: the step as a whole, added or removed
	Side  string // SideMine, …

	Base, Mine, Theirs string // as one line of YAML
}

// Path names the part that a change is about: "steps.a.with.amount".
func (c Change) Path() string {
	switch {
	case c.Step == "":
		return c.Field
	case c.Field == "":
		return "steps." + c.Step
	}
	return "steps." + c.Step + "." + c.Field
}

// Merge joins what mine and theirs changed against base, step by step and field by field: out is theirs with the changes of mine in it. Where both
// changed one part unlike, out holds theirs unless choose, by Change.Path, says SideMine. Lists in `needs` are joined edge by edge. It is an *Error
// if one of the texts can't be read.
func Merge(base, mine, theirs []byte, choose map[string]string) (out []byte, changes []Change, err error) {
	var docs [3]*doc
	for i, text := range [][]byte{base, mine, theirs} {
		d, e := open(text)
		if e != nil {
			whose := []string{"the text that both began with", "your text", "their text"}[i]
			return nil, nil, refuse(e.Code, "%s can't be read: %s", whose, e.Message)
		}
		docs[i] = d
	}
	m := &merge{base: docs[0], mine: docs[1], theirs: docs[2], choose: choose}
	if e := m.run(); e != nil {
		return nil, nil, e
	}
	return m.theirs.src, m.changes, nil
}

type merge struct {
	base, mine, theirs *doc
	choose             map[string]string
	changes            []Change
}

func (m *merge) run() *Error {
	// Steps that come and go first, so that the others can need them. What is needed and missing in the end, the check tells.
	m.theirs.loose = true
	steps := m.steps()
	for _, whole := range []bool{true, false} {
		for _, step := range steps {
			if err := m.step(step, whole); err != nil {
				return err
			}
		}
	}
	for _, key := range keysOf(m.base.tree.Root, m.mine.tree.Root, m.theirs.tree.Root) {
		if key == "steps" {
			continue
		}
		if err := m.field("", key); err != nil {
			return err
		}
	}
	return nil
}

// steps are the names of all steps, those of theirs first.
func (m *merge) steps() []string {
	return keysOf(m.theirs.tree.Root.Get("steps"), m.mine.tree.Root.Get("steps"), m.base.tree.Root.Get("steps"))
}

func keysOf(nodes ...*flow.Node) []string {
	var out []string
	for _, n := range nodes {
		if n == nil {
			continue
		}
		for _, e := range n.Entries {
			if !slices.Contains(out, e.Key.Text) {
				out = append(out, e.Key.Text)
			}
		}
	}
	return out
}

// value is what stands at a path of a text; ok is false if nothing does.
func (d *doc) value(step string, path ...string) (v flow.Value, ok bool) {
	n := d.tree.Root
	if step != "" {
		path = append([]string{"steps", step}, path...)
	}
	for _, key := range path {
		if n == nil || n.Kind != flow.MappingNode {
			return v, false
		}
		n = n.Get(key)
	}
	if n == nil {
		return v, false
	}
	v, err := flow.FromNode(d.tree, n)
	return v, err == nil
}

func same(a, b flow.Value, aok, bok bool) bool {
	return aok == bok && (!aok || bytes.Equal(a.JSON(), b.JSON()))
}

// step merges a step that one of them added or removed, or field by field one that all have.
func (m *merge) step(name string, whole bool) *Error {
	b, inBase := m.base.value(name)
	a, inMine := m.mine.value(name)
	t, inTheirs := m.theirs.value(name)
	if inBase && inMine && inTheirs && a.Kind == flow.Map && t.Kind == flow.Map && b.Kind == flow.Map {
		if whole {
			return nil
		}
		entry := func(d *doc) *flow.Node { return d.tree.Root.Get("steps").Get(name) }
		for _, key := range keysOf(entry(m.base), entry(m.mine), entry(m.theirs)) {
			if err := m.field(name, key); err != nil {
				return err
			}
		}
		return nil
	}
	side := sideOf(same(b, a, inBase, inMine), same(b, t, inBase, inTheirs), same(a, t, inMine, inTheirs))
	if side == "" || !whole {
		return nil
	}
	c := Change{Step: name, Side: side, Base: shown(b, inBase), Mine: shown(a, inMine), Theirs: shown(t, inTheirs)}
	m.changes = append(m.changes, c)
	if !m.takes(c) {
		return nil
	}
	if inTheirs {
		if err := m.theirs.remove(m.theirs.tree.Root.Entry("steps"), name); err != nil {
			return err
		}
	}
	if inMine {
		_, err := m.theirs.paste(m.mine.stepText(name), m.before(name), false)
		return err
	}
	return nil
}

// before is the step behind which a step of mine belongs in theirs: the nearest above it in mine that theirs has.
func (m *merge) before(name string) string {
	after := ""
	for _, e := range m.mine.tree.Root.Get("steps").Entries {
		if e.Key.Text == name {
			break
		}
		if _, err := m.theirs.step(e.Key.Text); err == nil {
			after = e.Key.Text
		}
	}
	return after
}

// stepText is a step as written.
func (d *doc) stepText(name string) string {
	e, _ := d.step(name)
	if d.inBlock(e) {
		return string(d.src[d.lineStart(e.Key.Start):d.blockEnd(entryEnd(e), d.column(e.Key.Start))])
	}
	v, _ := d.value(name)
	return d.stepLines(name, v, 0)
}

// field merges one field, and key by key below `with`, `set`, `switch` and `output`.
func (m *merge) field(step string, path ...string) *Error {
	b, inBase := m.base.value(step, path...)
	a, inMine := m.mine.value(step, path...)
	t, inTheirs := m.theirs.value(step, path...)
	side := sideOf(same(b, a, inBase, inMine), same(b, t, inBase, inTheirs), same(a, t, inMine, inTheirs))
	if side == "" {
		return nil
	}
	if side == SideBoth && len(path) == 1 && slices.Contains([]string{"with", "set", "output"}, path[0]) && inMine && inTheirs {
		if keys, ok := joint(b, a, t); ok {
			for _, key := range keys {
				if err := m.field(step, path[0], key); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if side == SideBoth && len(path) == 1 && path[0] == "needs" && a.Kind == flow.List && t.Kind == flow.List && (b.Kind == flow.List || !inBase) {
		side, a = SideMine, joined(b, a, t)
	}
	c := Change{Step: step, Field: strings.Join(path, "."), Side: side, Base: shown(b, inBase), Mine: shown(a, inMine), Theirs: shown(t, inTheirs)}
	m.changes = append(m.changes, c)
	if !m.takes(c) {
		return nil
	}
	if !inMine {
		return m.theirs.removeField(step, c.Field)
	}
	return m.theirs.do(Op{Op: SetField, Step: step, Path: c.Field, Value: a.JSON()})
}

// joint gives the keys of three mappings (of base there may be none), unless one has a key that no path can name.
func joint(values ...flow.Value) (keys []string, ok bool) {
	for _, v := range values {
		if v.Kind != flow.Map && v.Kind != flow.Absent {
			return nil, false
		}
		for _, f := range v.Fields {
			if f.Key == "" || strings.Contains(f.Key, ".") {
				return nil, false
			}
			if !slices.Contains(keys, f.Key) {
				keys = append(keys, f.Key)
			}
		}
	}
	return keys, true
}

// joined is their list without what mine removed and with what mine added.
func joined(b, a, t flow.Value) flow.Value {
	has := func(v flow.Value, item flow.Value) bool {
		return slices.ContainsFunc(v.Items, func(x flow.Value) bool { return bytes.Equal(x.JSON(), item.JSON()) })
	}
	out := flow.Value{Kind: flow.List}
	for _, item := range t.Items {
		if has(a, item) || !has(b, item) {
			out.Items = append(out.Items, item)
		}
	}
	for _, item := range a.Items {
		if !has(b, item) && !has(t, item) {
			out.Items = append(out.Items, item)
		}
	}
	return out
}

func sideOf(mineIsBase, theirsIsBase, alike bool) string {
	switch {
	case mineIsBase && theirsIsBase:
		return ""
	case alike:
		return SideSame
	case theirsIsBase:
		return SideMine
	case mineIsBase:
		return SideTheirs
	}
	return SideBoth
}

// takes reports whether what mine says goes into the result.
func (m *merge) takes(c Change) bool {
	return c.Side == SideMine || c.Side == SideBoth && m.choose[c.Path()] == SideMine
}

func shown(v flow.Value, ok bool) string {
	if !ok {
		return ""
	}
	return inline(v, false, flow.Plain)
}
