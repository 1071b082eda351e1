package web

import (
	"cmp"
	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/web/view"
)

// graphOf shows a definition as the canvas draws it. spec adds each step as written, for the forms of the editor.
func graphOf(d *flow.Definition, issues []view.Issue, spec bool) view.Graph {
	g := view.Graph{Nodes: []view.Node{}, Edges: []view.Edge{}}
	if d == nil {
		return g
	}
	written := specs(d.Source)
	wired := map[string]map[string]bool{}
	seen := map[string]bool{}
	for i := range d.Steps {
		st := &d.Steps[i]
		for _, e := range st.Needs.Edges {
			id := e.Step + "." + e.Port + ">" + st.Name
			if d.Step(e.Step) == nil || seen[id] {
				continue // the checker tells of it; an edge from nowhere can't be drawn
			}
			seen[id] = true
			if wired[e.Step] == nil {
				wired[e.Step] = map[string]bool{}
			}
			wired[e.Step][e.Port] = true
			g.Edges = append(g.Edges, view.Edge{ID: id, From: e.Step, Port: e.Port, To: st.Name})
		}
	}
	drawn := map[string]bool{}
	for i := range d.Steps {
		st := &d.Steps[i]
		if drawn[st.Name] {
			continue
		}
		drawn[st.Name] = true
		n := view.Node{ID: st.Name, Kind: string(st.Kind), Title: st.Title, Ports: []view.Port{}, ForEach: st.ForEach != nil, Line: st.Pos.Line, Any: st.Needs.Any}
		if st.Call != nil {
			n.Function = st.Call.Function
			if r := st.Call.Retry; r != nil && r.MaxAttempts > 1 {
				n.Retry = r.MaxAttempts
			}
		}
		if st.Sub != nil {
			n.Flow, n.Version = st.Sub.Flow, st.Sub.Version
		}
		if u := st.Until; u != nil {
			n.Until = cmp.Or(u.Max, flow.DefaultMax)
		}
		if st.Compensate != nil {
			n.Compensate = st.Compensate.Function
			if st.Compensate.After == flow.AfterAttempt {
				n.After = string(flow.AfterAttempt)
			}
		}
		for _, p := range check.Ports(st) {
			n.Ports = append(n.Ports, view.Port{Name: p, Wired: wired[st.Name][p]})
		}
		for _, issue := range issues {
			switch {
			case issue.Step != st.Name:
			case issue.Severity == string(flow.Error):
				n.Errors++
			default:
				n.Warnings++
			}
		}
		if spec {
			n.Spec = written[st.Name]
		}
		g.Nodes = append(g.Nodes, n)
	}
	place(&g, d)
	return g
}

// flowSpec gives a flow as written, as JSON, without its steps; nil if it can't be read.
func flowSpec(text []byte) []byte {
	tree, _ := flow.ParseTree(text)
	if tree == nil || tree.Root == nil || tree.Root.Kind != flow.MappingNode {
		return nil
	}
	whole := flow.Value{Kind: flow.Map}
	for _, e := range tree.Root.Entries {
		if v, err := flow.FromNode(tree, e.Value); err == nil && e.Key.Text != "steps" && whole.Get(e.Key.Text).Kind == flow.Absent {
			whole.Fields = append(whole.Fields, flow.Field{Key: e.Key.Text, Value: v})
		}
	}
	return whole.JSON()
}

// specs gives each step of a text as written, as JSON.
func specs(text []byte) map[string][]byte {
	out := map[string][]byte{}
	tree, _ := flow.ParseTree(text)
	if tree == nil || tree.Root == nil {
		return out
	}
	steps := tree.Root.Get("steps")
	if steps == nil {
		return out
	}
	for _, e := range steps.Entries {
		if e.Key == nil || e.Value == nil {
			continue
		}
		if v, err := flow.FromNode(tree, e.Value); err == nil && v.Kind == flow.Map {
			out[e.Key.Text] = v.JSON()
		}
	}
	return out
}
