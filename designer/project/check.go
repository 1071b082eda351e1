package project

import (
	"cmp"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// Check adds to the issues of Load what only the compiler sees, of functions and of flows, and gives all of them by file and position. Each flow is
// compiled against the project itself.
func (p *Project) Check(loaded Issues) Issues {
	all := slices.Clone(loaded)
	add := func(file string, found flow.Issues) {
		for _, i := range found {
			if issue := (Issue{file, i}); !slices.Contains(all, issue) {
				all = append(all, issue)
			}
		}
	}
	for i := range p.Functions {
		if !p.extra[p.Functions[i].Name] {
			add("functions.yaml", check.CheckFunction(&p.Functions[i]))
		}
	}
	for _, f := range p.Flows {
		add(f.Path, p.CheckFlow(f.Source))
	}
	slices.SortStableFunc(all, func(a, b Issue) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return all
}

// CheckFlow gives every problem of a flow's text in this project.
func (p *Project) CheckFlow(source []byte) flow.Issues {
	_, _, issues := check.CompileSource(source, p)
	return issues
}

// WithFunctions is p with these functions instead of its own.
func (p *Project) WithFunctions(functions []flow.Function) *Project {
	out := *p
	out.Functions, out.extra, out.links = functions, nil, &links{}
	return &out
}

// With is p with further functions, those of a server for example, which its flows may call. Where p has a function of the name, its own counts.
func (p *Project) With(functions []flow.Function) *Project {
	out := *p
	out.Functions = slices.Clone(p.Functions)
	out.extra, out.links = map[string]bool{}, &links{}
	for _, f := range functions {
		if p.Function(f.Name) == nil {
			out.Functions = append(out.Functions, f)
			out.extra[f.Name] = true
		}
	}
	return &out
}
