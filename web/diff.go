package web

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/diff"
	"github.com/segno-run/segno/designer/flow"
)

// textDiff is the difference of two texts of a flow: by lines, and by what its steps mean.
type textDiff struct {
	Lines   []diffLine `json:"lines"`
	Added   []string   `json:"added"`   // steps that only the new text has
	Removed []string   `json:"removed"` // steps that only the old text has
	Changed []string   `json:"changed"` // steps that mean something else

	Semantic *diff.Diff `json:"semantic"` // the same in detail: fields, edges, renames, reach
}

// diffLine is one line: Op is "+", "-" or " ". Old and New count from 1; 0 where the line is not there.
type diffLine struct {
	Op   string `json:"op"`
	Old  int    `json:"old,omitempty"`
	New  int    `json:"new,omitempty"`
	Text string `json:"text"`
}

// diffSide is one of two texts of a flow. Def is nil if it can't be read; otherwise each of its steps that runs a flow says in which version. The catalogue
// is what it is checked against: what a version pins, or for a draft what is registered.
type diffSide struct {
	text    []byte
	def     *flow.Definition
	catalog check.Catalog
}

func diffTexts(from, to diffSide) textDiff {
	d := textDiff{Lines: diffLines(lines(from.text), lines(to.text)), Added: []string{}, Removed: []string{}, Changed: []string{}, Semantic: meant(from, to)}
	before, after := meanings(from.def), meanings(to.def)
	for name, was := range before {
		is, ok := after[name]
		switch {
		case !ok:
			d.Removed = append(d.Removed, name)
		case !bytes.Equal(was, is):
			d.Changed = append(d.Changed, name)
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			d.Added = append(d.Added, name)
		}
	}
	slices.Sort(d.Added)
	slices.Sort(d.Removed)
	slices.Sort(d.Changed)
	return d
}

// meant compares two texts by what they mean, as far as they can be read.
func meant(from, to diffSide) *diff.Diff {
	return diff.OfTyped(from.def, to.def, from.catalog, to.catalog)
}

// meanings gives the canonical form of each step; nothing of a text that can't be read.
func meanings(def *flow.Definition) map[string]json.RawMessage {
	if def == nil {
		return nil
	}
	var canonical struct {
		Steps map[string]json.RawMessage `json:"steps"`
	}
	if json.Unmarshal(flow.Canonical(def), &canonical) != nil {
		return nil
	}
	return canonical.Steps
}

func lines(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// maxEdits bounds the search for the shortest difference: texts further apart are shown as one replaced by the other. Its cost is the square.
const maxEdits = 2000

// diffLines finds a shortest way from a to b (Myers, "An O(ND) Difference Algorithm", 1986).
func diffLines(a, b []string) []diffLine {
	n, m := len(a), len(b)
	most := min(n+m, maxEdits)
	v := make([]int, 2*most+2) // v[k+most]: how far diagonal k reaches in a
	var trace [][]int
	for d := 0; d <= most; d++ {
		trace = append(trace, slices.Clone(v[most-d:most+d+2]))
		for k := -d; k <= d; k += 2 {
			x := 0
			if k == -d || k != d && v[k-1+most] < v[k+1+most] {
				x = v[k+1+most]
			} else {
				x = v[k-1+most] + 1
			}
			y := x - k
			for x < n && y < m && a[x] == b[y] {
				x, y = x+1, y+1
			}
			v[k+most] = x
			if x >= n && y >= m {
				return walkBack(a, b, trace)
			}
		}
	}
	out := make([]diffLine, 0, n+m)
	for i, text := range a {
		out = append(out, diffLine{Op: "-", Old: i + 1, Text: text})
	}
	for i, text := range b {
		out = append(out, diffLine{Op: "+", New: i + 1, Text: text})
	}
	return out
}

// walkBack follows the trace from the end to the beginning. trace[d] holds the diagonals -d to d+1 as they were before round d.
func walkBack(a, b []string, trace [][]int) []diffLine {
	var out []diffLine
	x, y := len(a), len(b)
	for d := len(trace) - 1; d > 0; d-- {
		at := func(k int) int { return trace[d][k+d] }
		k := x - y
		prev := k - 1
		if k == -d || k != d && at(k-1) < at(k+1) {
			prev = k + 1
		}
		px := at(prev)
		py := px - prev
		for x > px && y > py {
			out = append(out, diffLine{Op: " ", Old: x, New: y, Text: a[x-1]})
			x, y = x-1, y-1
		}
		if prev > k {
			out = append(out, diffLine{Op: "+", New: y, Text: b[y-1]})
		} else {
			out = append(out, diffLine{Op: "-", Old: x, Text: a[x-1]})
		}
		x, y = px, py
	}
	for x > 0 && y > 0 {
		out = append(out, diffLine{Op: " ", Old: x, New: y, Text: a[x-1]})
		x, y = x-1, y-1
	}
	slices.Reverse(out)
	return out
}
