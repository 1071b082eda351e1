package project

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/diff"
	"github.com/segno-run/segno/designer/flow"
)

// State is what a server holds, as far as a project can change it.
type State struct {
	Functions map[string][]byte    // entries as flow.Function.JSON writes them, by name
	Flows     map[string]Published // by name
	Tests     []TestSource         // of all flows
}

// Published is the latest version of a flow on a server. Version is 0 if there is only a draft.
type Published struct {
	Version int
	Source  []byte
	Runs    map[string]int // the flows that it runs, by name, with the versions that were pinned; not those that its text says
}

// Action is what applying a project does to one function or flow.
type Action string

// The actions. Nothing is ever deleted: what only the server has is reported.
const (
	Create     Action = "create"
	Update     Action = "update"
	Keep       Action = "unchanged"
	ServerOnly Action = "server_only"
)

// Plan is what applying a project to a server would do, in the order of the names.
type Plan struct {
	Functions []FunctionPlan `json:"functions"`
	Flows     []FlowPlan     `json:"flows"`
	Tests     []TestFilePlan `json:"tests"`
}

// FunctionPlan is what happens to one function.
type FunctionPlan struct {
	Name    string        `json:"name"`
	Action  Action        `json:"action"`
	Changes []diff.Change `json:"changes,omitempty"` // of an update; none if only the order of keys differs, which start forms follow
}

// FlowPlan is what happens to one flow. A text that differs in layout or comments only is an update, too, whose Semantic is empty: versions are kept
// exactly as they were written.
type FlowPlan struct {
	Name     string     `json:"name"`
	File     string     `json:"file,omitempty"` // within the project
	Action   Action     `json:"action"`
	Version  int        `json:"version,omitempty"`  // the latest on the server
	Semantic *diff.Diff `json:"semantic,omitempty"` // of an update
	Behind   []Behind   `json:"behind,omitempty"`   // of a flow that stays as it is
}

// Behind is a flow that another, unchanged one goes on to run in an older version: a version that is published keeps what it was published with.
type Behind struct {
	Flow    string `json:"flow"`
	Version int    `json:"version"` // that is run
	Latest  int    `json:"latest"`  // once the plan is carried out
}

// Plan compares the project with what a server holds, but for its tests; see PlanTests.
func (p *Project) Plan(s State) Plan {
	plan := Plan{Functions: []FunctionPlan{}, Flows: []FlowPlan{}, Tests: []TestFilePlan{}}
	own := map[string]*flow.Function{}
	for i := range p.Functions {
		if f := &p.Functions[i]; !p.extra[f.Name] {
			own[f.Name] = f
		}
	}
	for _, name := range union(own, s.Functions) {
		f, here := own[name]
		there, known := s.Functions[name]
		fp := FunctionPlan{Name: name, Action: Keep}
		switch {
		case !here:
			fp.Action = ServerOnly
		case !known:
			fp.Action = Create
		default:
			if now := f.JSON(); !bytes.Equal(now, there) {
				fp.Action, fp.Changes = Update, diff.JSON(there, now)
			}
		}
		plan.Functions = append(plan.Functions, fp)
	}
	files := map[string]*FlowFile{}
	for i := range p.Flows {
		if d := p.Flows[i].Def; d != nil && d.Name != "" && files[d.Name] == nil {
			files[d.Name] = &p.Flows[i]
		}
	}
	for _, name := range union(files, s.Flows) {
		file, here := files[name]
		there, known := s.Flows[name]
		fp := FlowPlan{Name: name, Action: Keep, Version: there.Version}
		if here {
			fp.File = file.Path
		}
		switch {
		case !here:
			fp.Action = ServerOnly
		case !known || there.Version == 0:
			fp.Action = Create
		case !bytes.Equal(file.Source, there.Source):
			fp.Action = Update
			old, _ := flow.Parse(there.Source)
			fp.Semantic = diff.Of(old, file.Def)
		}
		plan.Flows = append(plan.Flows, fp)
	}
	plan.findBehind(s)
	return plan
}

// findBehind looks for unchanged flows that run others in versions that are not the latest any more.
func (p *Plan) findBehind(s State) {
	latest := map[string]int{}
	for _, f := range p.Flows {
		latest[f.Name] = f.Version
		if f.Action == Create || f.Action == Update {
			latest[f.Name]++
		}
	}
	for i := range p.Flows {
		f := &p.Flows[i]
		if f.Action != Keep && f.Action != ServerOnly {
			continue
		}
		runs := s.Flows[f.Name].Runs
		for _, child := range slices.Sorted(maps.Keys(runs)) {
			if runs[child] < latest[child] {
				f.Behind = append(f.Behind, Behind{child, runs[child], latest[child]})
			}
		}
	}
}

// union gives the keys of both maps, sorted.
func union[A, B any](a map[string]A, b map[string]B) []string {
	all := make(map[string]bool, len(a)+len(b))
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// Changes counts what applying the plan would change.
func (p Plan) Changes() int {
	n := 0
	for _, f := range p.Functions {
		if f.Action == Create || f.Action == Update {
			n++
		}
	}
	for _, f := range p.Flows {
		if f.Action == Create || f.Action == Update {
			n++
		}
	}
	for _, t := range p.Tests {
		if t.Action == Create || t.Action == Update {
			n++
		}
	}
	return n
}

// Text is the plan for a terminal: `+` is created, `~` changed, `?` only on the server. What stays as it is is not mentioned.
func (p Plan) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, f := range p.Functions {
		switch f.Action {
		case Create:
			line("+ function %s", f.Name)
		case Update:
			if len(f.Changes) == 0 {
				line("~ function %s: another order of keys", f.Name)
				continue
			}
			line("~ function %s", f.Name)
			for _, c := range f.Changes {
				line("    %s", c)
			}
		}
	}
	for _, f := range p.Flows {
		switch f.Action {
		case Create:
			line("+ flow %s (%s)", f.Name, f.File)
		case Update:
			line("~ flow %s: version %d → %d: %s", f.Name, f.Version, f.Version+1, f.Semantic.Summary())
			for l := range strings.Lines(f.Semantic.Text()) {
				b.WriteString("    " + l)
			}
		}
	}
	for _, t := range p.Tests {
		switch t.Action {
		case Create:
			line("+ %s of %s", t.File, t.Flow)
		case Update:
			line("~ %s of %s", t.File, t.Flow)
		}
	}
	for _, f := range p.Flows {
		for _, b := range f.Behind {
			line("= flow %s stays and goes on to run %s version %d; the latest %s %d (publish %s anew to run that)", f.Name, b.Flow, b.Version, p.willBe(b.Flow), b.Latest, f.Name)
		}
	}
	for _, f := range p.Functions {
		if f.Action == ServerOnly {
			line("? function %s is on the server only; it stays", f.Name)
		}
	}
	for _, f := range p.Flows {
		if f.Action == ServerOnly {
			line("? flow %s is on the server only; it stays", f.Name)
		}
	}
	for _, t := range p.Tests {
		if t.Action == ServerOnly {
			line("? %s of %s is on the server only; it stays", t.File, t.Flow)
		}
	}
	return b.String()
}

// willBe is how one speaks of the latest version of a flow: whether it is there already.
func (p Plan) willBe(name string) string {
	for _, f := range p.Flows {
		if f.Name == name && (f.Action == Create || f.Action == Update) {
			return "will be"
		}
	}
	return "is"
}

// Markdown is the plan for a pull request.
func (p Plan) Markdown() string {
	var b strings.Builder
	part := func(format string, args ...any) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, format+"\n", args...)
	}
	for _, f := range p.Functions {
		switch f.Action {
		case Create:
			part("### function %s: new", f.Name)
		case Update:
			part("### function %s\n", f.Name)
			b.WriteString((&diff.Diff{Flow: f.Changes}).Markdown())
		}
	}
	for _, f := range p.Flows {
		switch f.Action {
		case Create:
			part("### flow %s: new", f.Name)
		case Update:
			part("### flow %s: %s\n", f.Name, f.Semantic.Summary())
			b.WriteString(f.Semantic.Markdown())
		}
	}
	for _, t := range p.Tests {
		switch t.Action {
		case Create:
			part("### %s of %s: new", t.File, t.Flow)
		case Update:
			part("### %s of %s: changed", t.File, t.Flow)
		}
	}
	for _, f := range p.Flows {
		for _, b := range f.Behind {
			part("Flow `%s` stays and goes on to run `%s` version %d; the latest %s %d.", f.Name, b.Flow, b.Version, p.willBe(b.Flow), b.Latest)
		}
	}
	var kept []string
	for _, f := range p.Functions {
		if f.Action == ServerOnly {
			kept = append(kept, "function `"+f.Name+"`")
		}
	}
	for _, f := range p.Flows {
		if f.Action == ServerOnly {
			kept = append(kept, "flow `"+f.Name+"`")
		}
	}
	for _, t := range p.Tests {
		if t.Action == ServerOnly {
			kept = append(kept, "`"+t.File+"` of `"+t.Flow+"`")
		}
	}
	if len(kept) > 0 {
		part("On the server only, and left there: %s.", strings.Join(kept, ", "))
	}
	if b.Len() == 0 {
		return "No changes.\n"
	}
	return b.String()
}
