package check

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/suggest"
)

// Bounds of the search for the path that was meant.
const (
	maxKnown      = 2000
	maxKnownDepth = 6
)

// knownPath is one path that may be read at a place.
type knownPath struct {
	names   []string
	written string // with a `?` before what may be absent
}

// known finds, among all paths that may be read there, the one that was meant by a path that leads nowhere. What is next to it was tried already; so only a
// path that has the very name is better.
func (k *compiler) known(p *expr.Problem, sc scope, pl place) {
	if p.Fix != (expr.Edit{}) && p.Owner != "" {
		return
	}
	found := k.meantPaths(p.Owner, p.Name, sc)
	if p.Owner == "" {
		if i, ok := k.index[p.Name]; ok && k.readableStep(i, sc) && k.d.Steps[i].Kind != flow.Fail {
			found = []string{"steps." + p.Name + ".output"}
			if rest := k.behind(p, pl); strings.HasPrefix(rest, ".output") || strings.HasPrefix(rest, ".error") {
				found[0] = "steps." + p.Name
			}
		}
	}
	if len(found) == 0 {
		return
	}
	hint := "did you mean `" + found[0] + "`"
	if len(found) > 1 {
		hint += " or `" + found[1] + "`"
		if p.Owner == "" && p.Fix != (expr.Edit{}) {
			return
		}
	}
	if p.Owner == "" || strings.HasPrefix(p.Owner, "steps.") && strings.Count(p.Owner, ".") == 1 {
		p.Hint = "" // it lists what there is everywhere
	}
	p.Hint = expr.And(hint+"?", p.Hint)
	p.Fix = expr.Edit{}
	if len(found) == 1 {
		old := strings.TrimPrefix(p.Owner+"."+p.Name, ".")
		p.Fix = expr.Edit{At: p.Offset - len([]rune(old)) + len([]rune(p.Name)), Old: old, New: found[0]}
	}
}

// behind is what stands in the text behind the name of a problem.
func (k *compiler) behind(p *expr.Problem, pl place) string {
	at := pl.at(p.Offset)
	if at.IsZero() || at.Offset+len(p.Name) > len(k.d.Source) {
		return ""
	}
	return lineAfter(k.d.Source, at.Offset+len(p.Name))
}

// meantPaths gives the paths that are most like the one that leads nowhere: one if it is clear, two if it is not.
func (k *compiler) meantPaths(owner, name string, sc scope) []string {
	if k.guesses > maxGuesses {
		return nil
	}
	wrong := []string{name}
	if owner != "" {
		wrong = append(strings.Split(strings.ReplaceAll(owner, "?", ""), "."), name)
		if root := wrong[0]; root != expr.RootInput && root != expr.RootSteps && root != expr.RootItem && root != expr.RootRun {
			return nil // a variable of a loop: what it holds stands in the hint
		}
	}
	all := k.knownPaths(sc)
	k.guesses += len(all)
	best := 1 << 30
	var found []string
	for _, c := range all {
		score, ok := likeness(wrong, c.names)
		if !ok || slices.Equal(wrong, c.names) || score > best {
			continue
		}
		if score < best {
			best, found = score, nil
		}
		found = append(found, c.written)
	}
	if len(found) > 2 {
		return nil
	}
	return found
}

// likeness says how far a known path is from a wrong one; false if it is none that was meant.
func likeness(wrong, path []string) (int, bool) {
	last, name := path[len(path)-1], wrong[len(wrong)-1]
	exact := suggest.Same(last, name)
	switch {
	case exact && len(wrong) > 1 && within(wrong, path):
		return len(path), true // levels were left out
	case exact && len(wrong) > 1 && within(path, wrong):
		return 50 + len(wrong) - len(path), true // there are levels too many
	case exact && len(wrong) == 1:
		return 100 + len(path), true
	case exact && len(path) > 1 && wrong[0] == path[0] && wrong[1] == path[1]:
		return 200 + len(path), true // elsewhere in the same step
	case exact:
		return 300 + len(path), true
	case len(wrong) > 2 && len(path) > 2 && wrong[0] == expr.RootSteps && wrong[0] == path[0] && wrong[1] == path[1] && suggest.Nearest(name, []string{last}) != "":
		return 400 + suggest.Distance(name, last, 20)*10 + len(path), true
	}
	return 0, false
}

// within reports whether the names of a stand in b in this order.
func within(a, b []string) bool {
	for _, name := range b {
		if len(a) > 0 && suggest.Same(a[0], name) {
			a = a[1:]
		}
	}
	return len(a) == 0
}

// knownPaths lists what may be read at a place, the nearest to the root first.
func (k *compiler) knownPaths(sc scope) []knownPath {
	k.typing.quiet++
	defer func() { k.typing.quiet-- }()
	env := k.env(sc)
	type node struct {
		knownPath
		of *expr.Type
	}
	queue := []node{{knownPath{[]string{expr.RootInput}, expr.RootInput}, env.Input}, {knownPath{[]string{expr.RootRun}, expr.RootRun}, expr.RunType()}}
	if sc.item {
		queue = append(queue, node{knownPath{[]string{expr.RootItem}, expr.RootItem}, env.Item})
	}
	for i, name := range k.names {
		if k.readableStep(i, sc) && k.d.Steps[i].Kind != flow.Fail && !k.broken[name] && len(queue) < maxKnown {
			path := []string{expr.RootSteps, name}
			queue = append(queue, node{knownPath{path, strings.Join(path, ".")}, k.stepType(name, sc)})
		}
	}
	var out []knownPath
	for len(queue) > 0 && len(out) < maxKnown {
		n := queue[0]
		queue = queue[1:]
		if len(n.names) > 2 || n.names[0] != expr.RootSteps && len(n.names) > 1 {
			out = append(out, n.knownPath)
		}
		if n.of == nil || n.of.Kinds&expr.Map == 0 || len(n.names) > maxKnownDepth {
			continue
		}
		for _, f := range n.of.Fields {
			if n.names[0] == expr.RootSteps && f.Name == "error" && len(n.names) == 2 && !k.wired[k.index[n.names[1]]][flow.PortError] {
				continue // it can't be there
			}
			written := n.written + "."
			if !f.Required && !strings.Contains(n.written, "?") {
				written += "?"
			}
			queue = append(queue, node{knownPath{append(slices.Clone(n.names), f.Name), written + f.Name}, f.Type})
		}
	}
	return out
}
