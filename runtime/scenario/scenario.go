// Package scenario owns workflow tests and the fault matrix: it plays runs on runtime.Core, the core that a server runs, in virtual time and with
// scripted functions and people.
//
// It knows no clock, no network and no database: one process, one run at a time, and what it says depends on its input alone.
package scenario

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/designer/suggest"
)

// Suite is one file of tests/, compiled: fit to be run.
type Suite struct {
	File    string
	Flow    string
	Program *check.Program

	flows map[edition]*check.Program // this one, of version 0, and those that it runs
	cases []*testCase
	notes project.FaultNotes
	lines map[string]int // of each step in the flow's file
	from  string         // the flow's file
}

// testCase is one scenario with everything compiled.
type testCase struct {
	project.Scenario
	input   []byte
	scripts map[string][]*rule
}

// Prepare compiles test files against their project. What is wrong with them is an issue with its place; a Suite holds the scenarios that are whole.
// fsys is the project's folder, for inputs that are files.
func Prepare(p *project.Project, files []project.TestFile, fsys fs.FS) ([]*Suite, project.Issues) {
	var (
		suites   []*Suite
		issues   project.Issues
		programs = map[edition]*check.Program{}
	)
	for i := range files {
		c := &compiler{p: p, file: &files[i], fsys: fsys}
		if s := c.suite(programs); s != nil {
			suites = append(suites, s)
		}
		issues = append(issues, c.issues...)
	}
	slices.SortStableFunc(issues, func(a, b project.Issue) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return suites, issues
}

// compiler turns one test file into a Suite.
type compiler struct {
	p         *project.Project
	file      *project.TestFile
	fsys      fs.FS
	program   *check.Program
	functions []string // that the flow calls
	steps     []string
	kin       map[edition]*check.Program // the flow and those that it runs
	issues    project.Issues
}

func (c *compiler) at(pos flow.Pos, hint, format string, args ...any) {
	c.issues = append(c.issues, project.Issue{File: c.file.Path,
		Issue: flow.Issue{Severity: flow.Error, Line: pos.Line, Column: pos.Column, Message: fmt.Sprintf(format, args...), Hint: hint}})
}

func didYouMean(word string, of []string) string {
	if near := suggest.Nearest(word, of); near != "" {
		return "did you mean `" + near + "`?"
	}
	if len(of) > 0 && len(of) <= 12 {
		return "there are " + strings.Join(of, ", ")
	}
	return ""
}

func (c *compiler) suite(programs map[edition]*check.Program) *Suite {
	if c.file.Flow == "" {
		return nil
	}
	f := c.p.File(c.file.Flow)
	if f == nil && c.p.Unread(c.file.Flow) != nil {
		c.at(c.file.FlowPos, "`segno validate` says why", "%s, which defines `%s`, can't be read", c.p.Unread(c.file.Flow).Path, c.file.Flow)
		return nil
	}
	if f == nil {
		var names []string
		for _, f := range c.p.Flows {
			if f.Def != nil {
				names = append(names, f.Def.Name)
			}
		}
		c.at(c.file.FlowPos, didYouMean(c.file.Flow, names), "the project has no flow `%s`", c.file.Flow)
		return nil
	}
	if c.program = c.load(edition{flow: c.file.Flow}, programs); c.program == nil {
		c.at(c.file.FlowPos, "`segno validate` says which", "the flow `%s` has errors", c.file.Flow)
		return nil
	}
	s := &Suite{File: c.file.Path, Flow: c.file.Flow, Program: c.program, notes: c.file.Faults, lines: map[string]int{}, from: f.Path}
	s.flows = map[edition]*check.Program{}
	family(edition{flow: c.file.Flow}, func(e edition) *check.Program { return c.load(e, programs) }, s.flows)
	for _, e := range editions(s.flows) {
		if e.flow != c.file.Flow {
			c.calls(s.flows[e])
		}
	}
	c.kin = s.flows
	c.calls(c.program)
	for _, st := range c.program.Steps {
		c.steps = append(c.steps, st.Name)
		s.lines[st.Name] = f.Def.Step(st.Name).Pos.Line
	}
	slices.Sort(c.functions)
	common := c.scripts(c.file.Functions)
	for _, sc := range c.file.Scenarios {
		before := len(c.issues)
		t := &testCase{Scenario: sc, scripts: c.scripts(sc.Functions)}
		for name, rules := range common {
			if _, own := t.scripts[name]; !own {
				t.scripts[name] = rules
			}
		}
		t.input = c.input(sc)
		c.names(sc)
		c.canHold(sc)
		if len(c.issues) == before {
			s.cases = append(s.cases, t)
		}
	}
	for _, n := range c.file.Faults.Effectless {
		if !slices.Contains(c.functions, n.Text) {
			c.at(n.Pos, didYouMean(n.Text, c.functions), "the flow `%s` calls no function `%s`", c.program.Flow, n.Text)
		}
	}
	for _, a := range c.file.Faults.Accept {
		c.step(a.Step, a.Pos)
	}
	return s
}

// load compiles a flow of the project once; nil: it has errors, or there is none.
func (c *compiler) load(e edition, programs map[edition]*check.Program) *check.Program {
	p, known := programs[e]
	if f := c.p.Edition(e.flow, e.version); !known && f != nil && f.Def != nil {
		p, _ = check.Compile(f.Def, c.p.CatalogOf(f))
		programs[e] = p
	}
	return p
}

// calls notes the functions that a flow calls.
func (c *compiler) calls(p *check.Program) {
	for _, st := range p.Steps {
		for _, call := range []*check.Call{st.Call, st.Compensate} {
			if call != nil && !slices.Contains(c.functions, call.Function) {
				c.functions = append(c.functions, call.Function)
			}
		}
	}
}

// input reads a scenario's input and holds it against the flow's contract, as a start does.
func (c *compiler) input(sc project.Scenario) []byte {
	raw := []byte("{}")
	switch sc.Input.Kind {
	case flow.Absent:
		sc.Input.Pos = sc.Pos
	case flow.String:
		var err error
		if raw, err = fs.ReadFile(c.fsys, sc.Input.Text); err != nil {
			c.at(sc.Input.Pos, "the path is counted from the project's folder", "`%s` can't be read", sc.Input.Text)
			return nil
		}
		if !json.Valid(raw) {
			c.at(sc.Input.Pos, "", "`%s` is not JSON", sc.Input.Text)
			return nil
		}
	default:
		raw = sc.Input.JSON()
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) == nil {
		raw = compact.Bytes()
	}
	for _, v := range c.program.Input.Validate(raw) {
		at := "the value"
		if v.Path != "" {
			at = "`" + v.Path + "`"
		}
		c.at(sc.Input.Pos, "", "the input does not fit the flow `%s`: %s: %s", c.program.Flow, at, v.Message)
	}
	return raw
}

func (c *compiler) step(name string, pos flow.Pos) *check.Step {
	if name == "" {
		return nil
	}
	st := c.program.Step(name)
	for p, rest := c.program, name; st == nil && strings.Contains(rest, "."); { // `pay.reserve`: of the flow that `pay` runs
		var outer string
		outer, rest, _ = strings.Cut(rest, ".")
		by := p.Step(outer)
		if by == nil {
			break
		}
		child, _ := childOf(by)
		if p = c.kin[child]; p == nil {
			break
		}
		st = p.Step(rest)
	}
	if st == nil {
		c.at(pos, didYouMean(name, c.steps), "the flow `%s` has no step `%s`", c.program.Flow, name)
	}
	return st
}

func (c *compiler) place(p project.Place) {
	st := c.step(p.Step, p.Pos)
	switch {
	case st == nil:
	case p.Port != "" && !slices.Contains(st.Ports, p.Port):
		c.at(p.Pos, didYouMean(p.Port, st.Ports), "the step `%s` has no port `%s`", p.Step, p.Port)
	case p.Item >= 0 && st.ForEach == nil:
		c.at(p.Pos, "write `"+p.Step+"`", "the step `%s` has no items", p.Step)
	}
}

func (c *compiler) class(name string, pos flow.Pos) {
	if name == "" || fault.Class(name).Valid() {
		return
	}
	var names []string
	for _, k := range fault.Classes() {
		names = append(names, string(k))
	}
	hint := didYouMean(name, names)
	if hint == "" {
		hint = "one of " + strings.Join(names, ", ")
	}
	c.at(pos, hint, "unknown error class `%s`", name)
}

// names checks every step that a scenario names.
func (c *compiler) names(sc project.Scenario) {
	for _, g := range sc.Signals {
		signals := map[string]bool{}
		for _, p := range c.kin {
			for name := range p.Signals {
				signals[name] = true
			}
		}
		if known := sortedKeys(signals); g.Name != "" && !slices.Contains(known, g.Name) {
			c.at(g.Pos, didYouMean(g.Name, known), "the flow `%s` waits for no signal `%s`", c.program.Flow, g.Name)
		}
	}
	for _, a := range sc.Approvals {
		if st := c.step(a.Step, a.Pos); st != nil && st.Kind != flow.Approval {
			c.at(a.Pos, "", "the step `%s` is no approval", a.Step)
		}
	}
	for _, r := range sc.Resolutions {
		if st := c.step(r.Step, r.Pos); st != nil && st.Call == nil {
			c.at(r.Pos, "", "the step `%s` calls nothing, so it is never uncertain", r.Step)
		}
	}
	e := sc.Expect
	for _, list := range [][]project.Place{e.Path, e.Skipped, e.Compensations} {
		for _, p := range list {
			c.place(p)
		}
	}
	for _, p := range e.Compensations {
		if st := c.program.Step(p.Step); st != nil && st.Compensate == nil && st.Kind != flow.SubFlow {
			c.at(p.Pos, "", "the step `%s` has no `compensate`", p.Step)
		}
	}
	for _, f := range e.Outputs {
		c.step(f.Key, f.KeyPos)
	}
	for _, a := range e.Attempts {
		c.step(a.Step, a.Pos)
	}
	for _, a := range e.Iterations {
		if st := c.step(a.Step, a.Pos); st != nil && st.Until == nil {
			c.at(a.Pos, "", "the step `%s` has no `until`, so it has no iterations", a.Step)
		}
	}
	if e.Failure != nil {
		c.step(e.Failure.Step, e.Failure.StepPos)
		c.class(e.Failure.Class, e.Failure.ClassPos)
	}
}

// scripts compiles what functions do.
func (c *compiler) scripts(scripts []project.Script) map[string][]*rule {
	out := map[string][]*rule{}
	for _, s := range scripts {
		if !slices.Contains(c.functions, s.Function) {
			c.at(s.Pos, didYouMean(s.Function, c.functions), "the flow `%s` calls no function `%s`", c.program.Flow, s.Function)
			continue
		}
		rules := []*rule{}
		for _, r := range s.Rules {
			rules = append(rules, c.rule(r))
		}
		out[s.Function] = rules
	}
	return out
}

func (c *compiler) rule(r project.Rule) *rule {
	out := &rule{takes: r.Takes, times: r.Times}
	switch r.When.Kind {
	case flow.Map:
		out.match = plainValue(r.When.JSON())
	case flow.String:
		out.when = c.condition(r.When)
	}
	if r.Returns.Kind != flow.Absent {
		out.returns = c.template(r.Returns)
	}
	if f := r.Fails; f != nil {
		c.class(f.Class, f.ClassPos)
		class := fault.Class(f.Class)
		out.fails = &fault.Fault{Class: class, Effect: fault.Effect(f.Effect), Message: f.Message}
		if out.fails.Message == "" {
			out.fails.Message = "as the scenario says"
		}
		switch {
		case f.Effect == "" && class.MaybeEffect():
			out.fails.Effect = fault.Maybe
		case f.Effect == "":
			out.fails.Effect = fault.None
		}
	}
	return out
}

// onlyInput reports what an expression of a test reads beside the call's input.
func (c *compiler) onlyInput(p *expr.Program, at func(runes int) flow.Pos) {
	for _, ref := range p.Refs() {
		if ref.Root != expr.RootInput {
			c.at(at(ref.Offset), "`input` is the input of the call", "`%s` is not known here", ref.Root)
		}
	}
}

func (c *compiler) compile(source string, at func(runes int) flow.Pos) *expr.Program {
	p, problems := expr.Compile(source, expr.Options{})
	for _, problem := range problems {
		c.at(at(problem.Offset), problem.Hint, "%s", problem.Message)
	}
	if p != nil {
		c.onlyInput(p, at)
	}
	return p
}

// condition compiles `when: ${{ … }}`, with or without the braces.
func (c *compiler) condition(v flow.Value) *expr.Program {
	parts, problems := expr.SplitText(v.Text)
	for _, problem := range problems {
		c.at(v.At(problem.Offset), problem.Hint, "%s", problem.Message)
	}
	switch {
	case len(problems) > 0:
		return nil
	case len(parts) == 1 && parts[0].IsExpr:
		return c.compile(parts[0].Expr, func(runes int) flow.Pos { return v.At(parts[0].Offset + runes) })
	case len(parts) > 1:
		c.at(v.Pos, "put everything inside one `${{ }}`", "`when` must be one expression")
		return nil
	}
	return c.compile(v.Text, v.At)
}

// template compiles what a function returns.
func (c *compiler) template(v flow.Value) *expr.Template {
	switch v.Kind {
	case flow.List:
		var items []*expr.Template
		for _, it := range v.Items {
			items = append(items, c.template(it))
		}
		return expr.Array(items...)
	case flow.Map:
		var fields []expr.TemplateField
		for _, f := range v.Fields {
			fields = append(fields, expr.TemplateField{Key: f.Key, Value: c.template(f.Value)})
		}
		return expr.Object(fields...)
	case flow.String:
		parts, problems := expr.SplitText(v.Text)
		for _, problem := range problems {
			c.at(v.At(problem.Offset), problem.Hint, "%s", problem.Message)
		}
		var out []expr.Part
		dynamic := false
		for _, part := range parts {
			if !part.IsExpr {
				out = append(out, expr.Part{Literal: part.Literal})
				continue
			}
			dynamic = true
			if p := c.compile(part.Expr, func(runes int) flow.Pos { return v.At(part.Offset + runes) }); p != nil {
				out = append(out, expr.Part{Expr: p})
			}
		}
		if dynamic {
			return expr.Text(out...)
		}
	}
	return expr.Literal(v.JSON())
}
