// Package diff owns what it means that two definitions of a flow differ: steps added, removed, renamed and changed field by field, edges, schemas,
// and reach, which is what can now run without what. Layout, comments and the order of steps are no difference.
//
// It compares the canonical forms, so a key that the language gains is compared without a word of code here. It knows no version, no file and no
// server; who asks says what the two sides are called.
package diff

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// Diff is the difference of two definitions. All lists are in a fixed order: steps in the order of the new text (removed ones in that of the old),
// fields by path. The lists are never nil.
type Diff struct {
	Flow    []Change     `json:"flow"`    // of keys of the flow itself: title, on_failure, …
	Input   []Change     `json:"input"`   // of the input's schema; paths begin with "input"
	Output  []Change     `json:"output"`  // of the output; paths begin with "output"
	Added   []Step       `json:"added"`   // steps that only the new definition has
	Removed []Step       `json:"removed"` // steps that only the old one has
	Renamed []Rename     `json:"renamed"`
	Changed []StepChange `json:"changed"` // steps that both have, by their new name
	Edges   Edges        `json:"edges"`
	Types   []TypeChange `json:"types"` // of outputs; empty if the functions of a side are not known
	Reach   []Reach      `json:"reach"`
}

// TypeChange is one place at which an output is of another type: because the step is, or because the contract of its function is.
type TypeChange struct {
	Step string `json:"step,omitempty"` // "" for the flow's own output
	Path string `json:"path,omitempty"` // within the output: "ocr_result.has_text", "[].sku"; "" for the whole
	Old  string `json:"old,omitempty"`  // in words: "boolean", "string, may be absent"; "" if it was not there
	New  string `json:"new,omitempty"`
}

// Step is one side's step.
type Step struct {
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"` // "" if it has none that could be read
	Does string `json:"does,omitempty"` // the function of a call
}

// Rename is a step that goes on under another name.
type Rename struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// StepChange is what changed in one step. Edges into it are not among the changes; that they join otherwise is, as the path "needs" from "all" to
// "any" or back.
type StepChange struct {
	Step    string   `json:"step"`
	Changes []Change `json:"changes"`
}

// Change is one field that differs. Old or New is nil where the field is not written.
type Change struct {
	Path string          `json:"path"` // "with.amount", "retry.on[0]"; "" for the whole value
	Old  json.RawMessage `json:"old,omitempty"`
	New  json.RawMessage `json:"new,omitempty"`
}

// Edge leads from a port of a step to another step. Steps have their new names; a removed one its old.
type Edge struct {
	From string `json:"from"`
	Port string `json:"port"`
	To   string `json:"to"`
}

// Edges are the edges that only one side has.
type Edges struct {
	Added   []Edge `json:"added"`
	Removed []Edge `json:"removed"`
}

// Empty reports whether the two definitions mean the same.
func (d *Diff) Empty() bool {
	return len(d.Flow)+len(d.Input)+len(d.Output)+len(d.Added)+len(d.Removed)+len(d.Renamed)+len(d.Changed)+len(d.Edges.Added)+len(d.Edges.Removed)+len(d.Types)+len(d.Reach) == 0
}

// Of compares two definitions, which may be broken drafts. A nil one is a flow of which nothing is there.
func Of(from, to *flow.Definition) *Diff { return OfTyped(from, to, nil, nil) }

// OfTyped is Of that also compares the types of the outputs, each side with the functions that it is checked against: a published version with those that it
// pins. Without one of the catalogues it says nothing of types.
func OfTyped(from, to *flow.Definition, old, now check.Catalog) *Diff {
	a, b := newSide(from), newSide(to)
	d := &Diff{Flow: []Change{}, Input: []Change{}, Output: []Change{}, Added: []Step{}, Removed: []Step{}, Renamed: []Rename{}, Changed: []StepChange{},
		Edges: Edges{Added: []Edge{}, Removed: []Edge{}}, Types: []TypeChange{}, Reach: []Reach{}}
	names := match(a, b)
	a.rename(names)
	d.steps(a, b)
	d.edges(a, b)
	d.whole(a, b)
	if from != nil && to != nil && old != nil && now != nil {
		for _, c := range check.OutputChanges(from, to, old, now, names) {
			d.Types = append(d.Types, TypeChange(c))
		}
	}
	d.Reach = reaches(a, b)
	return d
}

// steps fills in what happened to the steps. a's steps have their new names by now.
func (d *Diff) steps(a, b *side) {
	for _, s := range b.steps {
		old := a.step(s.name)
		if old == nil {
			d.Added = append(d.Added, s.shown())
			continue
		}
		if old.was != s.name {
			d.Renamed = append(d.Renamed, Rename{From: old.was, To: s.name})
		}
		changes := Values(old.spec, s.spec)
		if old.any != s.any && max(len(old.in), len(s.in)) > 1 {
			changes = append(changes, Change{Path: "needs", Old: join(old), New: join(s)})
			slices.SortStableFunc(changes, byPath)
		}
		if len(changes) > 0 {
			d.Changed = append(d.Changed, StepChange{Step: s.name, Changes: changes})
		}
	}
	for _, s := range a.steps {
		if b.step(s.name) == nil {
			d.Removed = append(d.Removed, s.shown())
		}
	}
}

func join(s *step) json.RawMessage {
	switch {
	case len(s.in) == 0:
		return nil
	case s.any:
		return json.RawMessage(`"any"`)
	}
	return json.RawMessage(`"all"`)
}

func (d *Diff) edges(a, b *side) {
	for _, pass := range []struct {
		of, other *side
		into      *[]Edge
	}{{b, a, &d.Edges.Added}, {a, b, &d.Edges.Removed}} {
		there := map[Edge]bool{}
		for _, s := range pass.other.steps {
			for _, e := range s.in {
				there[e] = true
			}
		}
		for _, s := range pass.of.steps {
			for _, e := range s.in {
				if !there[e] {
					there[e] = true // an edge written twice is one
					*pass.into = append(*pass.into, e)
				}
			}
		}
	}
}

// whole compares the keys of the flow itself.
func (d *Diff) whole(a, b *side) {
	for _, c := range Values(a.flow, b.flow) {
		switch {
		case within(c.Path, "input"):
			d.Input = append(d.Input, c)
		case within(c.Path, "output"):
			d.Output = append(d.Output, c)
		default:
			d.Flow = append(d.Flow, c)
		}
	}
}

func within(path, key string) bool {
	return path == key || len(path) > len(key) && path[:len(key)] == key && (path[len(key)] == '.' || path[len(key)] == '[')
}

func byPath(a, b Change) int { return cmp.Compare(a.Path, b.Path) }
