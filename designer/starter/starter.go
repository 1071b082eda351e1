// Package starter owns the texts that a new flow may begin with: one for each pattern of the language, and the functions that two of them call.
//
// A template needs a function only where its pattern can't be shown without one; those functions are handlers that every server carries inside itself.
// So each template but the blank one is valid and runs as it is. The package knows no server and writes nothing.
package starter

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/segno-run/segno/designer/edit"
	"github.com/segno-run/segno/designer/flow"
)

//go:embed flows/*.yaml functions.yaml
var files embed.FS

// Blank is the template without a step.
const Blank = "blank"

// Template is a flow to begin with.
type Template struct {
	Name      string   // in addresses and on the command line, such as fan-out
	Title     string   // such as Fan-out
	About     string   // what it shows, one sentence or two
	Functions []string // that it calls, sorted
	Source    []byte   // YAML, with a name and a title of its own
}

// all reads the texts when somebody first asks: most commands never do.
var all = sync.OnceValue(func() []Template { return load(slices.Clone(table)) })

var table = []Template{
	{Name: Blank, Title: "Blank", About: "An empty canvas. It can be published once it has a step."},
	{Name: "sequence", Title: "Sequence", About: "One step after the other, each reading what those before it gave; in between the run sleeps."},
	{Name: "branch", Title: "Branch", About: "A switch takes one of two ways, and both meet again in one step."},
	{Name: "fan-out", Title: "Fan-out", About: "The same call for each item of a list, side by side, checkpointed item by item; then their outputs together."},
	{Name: "saga", Title: "Saga", About: "Each step says how it is undone. When one fails, what was done before it is undone, the last one first."},
	{Name: "approval", Title: "Approval", About: "The run waits until a person says yes or no on its page, and goes on either way."},
}

// All lists the templates, the simplest first.
func All() []Template { return slices.Clone(all()) }

// Find returns the template of that name.
func Find(name string) (Template, bool) {
	for _, t := range all() {
		if t.Name == name {
			return t, true
		}
	}
	return Template{}, false
}

// Names lists the names of the templates, in the order of All.
func Names() []string {
	var names []string
	for _, t := range table {
		names = append(names, t.Name)
	}
	return names
}

// Make is the template's text as the flow of that name. Without a title the flow has none but its name.
func (t Template) Make(name, title string) ([]byte, error) {
	ops := []edit.Op{{Op: edit.SetField, Path: "name", Value: text(name)}}
	if title != "" {
		ops = append(ops, edit.Op{Op: edit.SetField, Path: "title", Value: text(title)})
	} else {
		ops = append(ops, edit.Op{Op: edit.RemoveField, Path: "title"})
	}
	out := t.Source
	for _, op := range ops {
		var err error
		if out, _, err = edit.Apply(out, op); err != nil {
			return nil, fmt.Errorf("making %q of the template %s: %w", name, t.Name, err)
		}
	}
	return out, nil
}

func text(s string) []byte { return flow.Value{Kind: flow.String, Text: s}.JSON() }

// Definition is the template as read.
func (t Template) Definition() *flow.Definition {
	d, _ := flow.Parse(t.Source)
	return d
}

// NameOf makes a flow's name of what somebody typed, "" if nothing of it can stand in one.
func NameOf(typed string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(typed) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := strings.TrimRight(b.String(), "_")
	if !flow.ValidName(name) {
		return ""
	}
	return name
}

// Functions are what the templates call, by name.
func Functions() map[string]flow.Function {
	src, _ := files.ReadFile("functions.yaml")
	list, _ := flow.ParseFunctions(src)
	out := make(map[string]flow.Function, len(list))
	for _, f := range list {
		out[f.Name] = f
	}
	return out
}

// load reads the texts that the table names.
func load(list []Template) []Template {
	for i := range list {
		t := &list[i]
		src, err := files.ReadFile("flows/" + strings.ReplaceAll(t.Name, "-", "_") + ".yaml")
		if err != nil {
			panic(err) // a test of this package has read them all
		}
		t.Source = src
		d, _ := flow.Parse(src)
		for _, s := range d.Steps {
			for _, c := range []*flow.CallSpec{s.Call, s.Compensate} {
				if c != nil && !slices.Contains(t.Functions, c.Function) {
					t.Functions = append(t.Functions, c.Function)
				}
			}
		}
		slices.Sort(t.Functions)
	}
	return list
}
