package edit

import (
	"bytes"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// amend finds the cuts that turn a collection that is written into another, where that takes less than writing it anew: elements that change, one that
// is added at the end, one that is gone. What stands beside them stays byte for byte, comments too. false: it has to be written anew.
func (d *doc) amend(old *flow.Node, v flow.Value) ([]cut, bool) {
	switch {
	case d.same(old, v):
		return nil, true
	case v.Kind == flow.List && old.Kind == flow.SequenceNode && len(old.Items) > 0:
		return d.amendList(old, v.Items)
	case v.Kind == flow.Map && old.Kind == flow.MappingNode && len(old.Entries) > 0:
		return d.amendMap(old, v.Fields)
	case v.Kind == flow.Map || v.Kind == flow.List || old.Kind != flow.ScalarNode || !oneWord(old):
		return nil, false
	}
	return []cut{{old.Start, old.End, inline(v, d.braced(d.tree.Root, old.Start), old.Style)}}, true
}

// amendPart is amend for what stands in a collection: what is in brackets or braces on one line may become anything on it.
func (d *doc) amendPart(old *flow.Node, v flow.Value) ([]cut, bool) {
	if cuts, ok := d.amend(old, v); ok {
		return cuts, true
	}
	if old.Style != flow.FlowStyle && !oneWord(old) || bytes.ContainsAny(d.src[old.Start:old.End], "\r\n") {
		return nil, false
	}
	return []cut{{old.Start, old.End, inline(v, d.braced(d.tree.Root, old.Start), old.Style)}}, true
}

// oneWord reports whether a scalar stands in quotes or plain, so that another can stand in its place.
func oneWord(n *flow.Node) bool {
	return n.Start < n.End && (n.Style == flow.Plain || n.Style == flow.SingleQuoted || n.Style == flow.DoubleQuoted)
}

func (d *doc) same(n *flow.Node, v flow.Value) bool {
	got, err := flow.FromNode(d.tree, n)
	return err == nil && n.Style != flow.Empty && bytes.Equal(got.JSON(), v.JSON())
}

func (d *doc) amendMap(old *flow.Node, fields []flow.Field) ([]cut, bool) {
	n := len(old.Entries)
	var cuts []cut
	switch {
	case len(fields) == n+1: // one more, at the end
		if d.oddEnd(old) {
			return nil, false
		}
		cuts = append(cuts, d.insert(old, n-1, fields[n].Key, fields[n].Value))
		fields = fields[:n]
	case len(fields) == n-1 && n > 1: // one is gone
		gone := 0
		for gone < n-1 && old.Entries[gone].Key.Text == fields[gone].Key {
			gone++
		}
		if old.Style != flow.FlowStyle && d.oddEnd(old) {
			return nil, false
		}
		rest := *old
		rest.Entries = slices.Delete(slices.Clone(old.Entries), gone, gone+1)
		more, ok := d.amendMap(&rest, fields)
		return append(more, d.removal(old, gone)), ok && len(more) == 0
	case len(fields) != n:
		return nil, false
	}
	for i, f := range fields {
		if old.Entries[i].Key.Text != f.Key {
			return nil, false
		}
		more, ok := d.amendPart(old.Entries[i].Value, f.Value)
		if !ok {
			return nil, false
		}
		cuts = append(cuts, more...)
	}
	return cuts, true
}

// oddEnd reports whether nothing is written of the last value of a mapping, so that its end is not where a line could follow.
func (d *doc) oddEnd(n *flow.Node) bool { return n.Entries[len(n.Entries)-1].Value.Style == flow.Empty }

func (d *doc) amendList(old *flow.Node, items []flow.Value) ([]cut, bool) {
	n := len(old.Items)
	switch len(items) {
	case n:
		var cuts []cut
		for i, v := range items {
			more, ok := d.amendPart(old.Items[i].Value, v)
			if !ok {
				return nil, false
			}
			cuts = append(cuts, more...)
		}
		return cuts, true
	case n + 1:
		if !d.equal(old.Items, items[:n]) {
			return nil, false
		}
		return d.appendItem(old, items[n])
	case n - 1:
		gone := 0
		for gone < n-1 && d.same(old.Items[gone].Value, items[gone]) {
			gone++
		}
		if n == 1 || !d.equal(old.Items[gone+1:], items[gone:]) {
			return nil, false
		}
		return d.dropItem(old, gone)
	}
	return nil, false
}

func (d *doc) equal(items []flow.Item, values []flow.Value) bool {
	for i, it := range items {
		if !d.same(it.Value, values[i]) {
			return false
		}
	}
	return true
}

func (d *doc) appendItem(old *flow.Node, v flow.Value) ([]cut, bool) {
	last := old.Items[len(old.Items)-1]
	if old.Style == flow.FlowStyle {
		return []cut{{last.Value.End, last.Value.End, ", " + inline(v, true, flow.Plain)}}, true
	}
	col := d.column(last.Dash)
	if last.Value.Style == flow.Empty || !d.lined(old) {
		return nil, false
	}
	lines := d.lines(flow.Value{Kind: flow.List, Items: []flow.Value{v}}, col)
	at := d.blockEnd(last.Value.End, col)
	if at == len(d.src) && !bytes.HasSuffix(d.src, []byte("\n")) {
		return []cut{{at, at, d.eol + strings.TrimSuffix(lines, d.eol)}}, true
	}
	return []cut{{at, at, lines}}, true
}

func (d *doc) dropItem(old *flow.Node, i int) ([]cut, bool) {
	if old.Style == flow.FlowStyle {
		spans := make([]span, len(old.Items))
		for j, it := range old.Items {
			spans[j] = span{it.Value.Start, it.Value.End}
		}
		return []cut{d.removeSpan(old, spans, i)}, true
	}
	it := old.Items[i]
	if it.Value.Style == flow.Empty || !d.lined(old) {
		return nil, false
	}
	return []cut{{d.lineStart(it.Dash), d.blockEnd(it.Value.End, d.column(it.Dash)), ""}}, true
}

// lined reports whether every element of a list of lines begins a line.
func (d *doc) lined(list *flow.Node) bool {
	for _, it := range list.Items {
		if !blank(d.src[d.lineStart(it.Dash):it.Dash]) {
			return false
		}
	}
	return true
}
