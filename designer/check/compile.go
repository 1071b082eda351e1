package check

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/designer/suggest"
)

// MaxSteps is how many steps a flow may have.
const MaxSteps = 5000

// Compile turns a Definition into a Program, or into every problem that stands in the way. The Program is nil if and only if the issues hold an
// error. The issues are in the order of the text; each problem is told once, where it is, and not again where it shows.
//
// A Definition that flow.Parse found errors in may be compiled too; CompileSource does so and tells a problem that both see only once.
func Compile(d *flow.Definition, c Catalog) (*Program, flow.Issues) {
	k := newCompiler(d, c)
	p := k.compile()
	return p, k.finish()
}

// CompileSource parses and compiles a flow's text and gives all problems of both. The Definition is nil if the text is not YAML at all.
func CompileSource(src []byte, c Catalog) (*Program, *flow.Definition, flow.Issues) {
	d, parsed := flow.Parse(src)
	p, issues := CompileParsed(d, parsed, c)
	return p, d, issues
}

// CompileParsed is CompileSource for a text that flow.Parse has read, with the issues that it found.
func CompileParsed(d *flow.Definition, parsed flow.Issues, c Catalog) (*Program, flow.Issues) {
	if d == nil || len(d.Steps) == 0 {
		if d != nil && !parsed.HasErrors() {
			p, issues := Compile(d, c)
			return p, append(parsed, issues...)
		}
		return nil, parsed
	}
	k := newCompiler(d, c)
	type place struct{ line, column int }
	taken := map[place]bool{}
	for _, i := range parsed {
		taken[place{i.Line, i.Column}] = true
		if i.Severity == flow.Error {
			k.broken[i.Step] = true
			k.brokenNeeds[i.Step] = k.brokenNeeds[i.Step] || strings.HasPrefix(i.Field, "needs")
		}
	}
	p := k.compile()
	if parsed.HasErrors() {
		p = nil
	}
	issues := slices.Clone(parsed)
	for _, i := range k.issues {
		if !taken[place{i.Line, i.Column}] {
			issues = append(issues, i)
		}
	}
	return p, inOrder(issues).Spanned(d.Source)
}

// compiler holds what one compilation knows.
type compiler struct {
	d       *flow.Definition
	catalog Catalog
	issues  flow.Issues
	broken  map[string]bool // steps (and "" for the flow) in which the parser found an error: what is missing there was reported

	brokenNeeds map[string]bool // steps whose needs are among that

	index     map[string]int
	steps     []*Step
	vague     []bool    // by step: its ancestors are not known for sure, because edges into it or into one of them are broken
	ancestors []bitset  // by step
	names     []string  // of all steps
	wired     []portSet // by step: the ports that some edge leaves by
	functions []string  // the catalogue's names, once asked for
	contracts map[string]*contract
	children  map[childKey]*Signature // nil for one that the catalogue lacks
	flows     []string                // the names that the catalogue has, once asked for
	compiled  map[exprKey]compiledExpr

	guesses    int  // comparisons made for hints
	inputRead  bool // inputTyped was computed
	inputTyped *expr.Type
	typing     typing
	givens     [][]expr.Given // by step: conditions that came out one way whenever it starts; nil until asked for
	sure       *certainty     // nil until asked for
}

type portSet map[string]bool

func newCompiler(d *flow.Definition, c Catalog) *compiler {
	return &compiler{d: d, catalog: c, broken: map[string]bool{}, brokenNeeds: map[string]bool{}, contracts: map[string]*contract{}, children: map[childKey]*Signature{}, compiled: map[exprKey]compiledExpr{}}
}

func (k *compiler) compile() *Program {
	d := k.d
	if len(d.Steps) == 0 && !k.broken[""] {
		k.report(flow.Error, d.NamePos, "", "steps", "add a step", "the flow has no steps")
		return nil
	}
	if len(d.Steps) > MaxSteps {
		k.report(flow.Error, d.Steps[MaxSteps].Pos, d.Steps[MaxSteps].Name, "", "move some of them into a flow of their own",
			"the flow has %d steps; at most %d are allowed", len(d.Steps), MaxSteps)
		return nil
	}
	p := &Program{Flow: d.Name, OnFailure: cmp.Or(d.OnFailure, flow.Pause), Timeout: d.Timeout}
	k.prepare()
	p.Input = k.inputSchema()
	for i := range d.Steps {
		k.step(i)
	}
	if d.Output.Kind != flow.Absent {
		p.Output = k.template(d.Output, scope{step: -1, field: "output"})
	}
	k.warnHandled()
	k.warnCompensate()
	if k.issues.HasErrors() {
		return nil
	}
	p.Steps, p.index = k.steps, k.index
	p.Signals = k.signals()
	p.Hash = k.hash()
	return p
}

// prepare finds out what follows from the steps' names and needs alone.
func (k *compiler) prepare() {
	k.indexSteps()
	k.connect()
	k.findCycles()
	k.findAncestors()
	k.findExclusive()
	k.typing = typing{outputs: make([]outputType, len(k.steps)), items: make([]*expr.Type, len(k.steps)), known: make([][2]*expr.Known, len(k.steps)), opaque: map[string]bool{}}
}

func (k *compiler) indexSteps() {
	d := k.d
	k.index = make(map[string]int, len(d.Steps))
	for i := range d.Steps {
		s := &d.Steps[i]
		if _, dup := k.index[s.Name]; dup {
			k.report(flow.Error, s.Pos, s.Name, "", "choose another name", "there is another step `%s`", s.Name)
		} else {
			k.index[s.Name] = i
		}
		k.names = append(k.names, s.Name)
		k.steps = append(k.steps, &Step{Name: s.Name, Title: s.Title, Index: i, Kind: s.Kind, Any: s.Needs.Any, Ports: Ports(s)})
	}
}

func (k *compiler) inputSchema() *schema.Schema {
	if k.d.Input.Kind == flow.Absent {
		return nil
	}
	s, issues := compileSchema(k.d.Input, "input", "the flow's input schema")
	k.issues = append(k.issues, issues...)
	return s
}

// hash covers what the program means: the definition, and of every function called what the program was compiled against.
func (k *compiler) hash() string {
	h := sha256.New()
	fmt.Fprintln(h, flow.Hash(k.d))
	names := make([]string, 0, len(k.contracts))
	for name := range k.contracts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f := k.contracts[name].function
		fmt.Fprintf(h, "%s %t %s %s %s %+v\n", name, f.Idempotent != nil && *f.Idempotent, f.Input.JSON(), f.Output.JSON(), f.Timeout, k.contracts[name].retry)
	}
	k.hashChildren(h)
	return hex.EncodeToString(h.Sum(nil))
}

// report adds an issue. What it returns may be completed until the next one is reported.
func (k *compiler) report(sev flow.Severity, pos flow.Pos, step, field, hint, format string, args ...any) *flow.Issue {
	if i, ok := k.index[step]; ok && pos.IsZero() {
		pos = k.d.Steps[i].Pos
	}
	k.issues = append(k.issues, flow.Issue{Severity: sev, Line: pos.Line, Column: pos.Column, Step: step, Field: field,
		Message: fmt.Sprintf(format, args...), Hint: hint})
	return &k.issues[len(k.issues)-1]
}

// stepIssue reports something about the i-th step, at one of its keys; the step's name stands in if the key is not known.
func (k *compiler) stepIssue(sev flow.Severity, i int, field, hint, format string, args ...any) *flow.Issue {
	s := &k.d.Steps[i]
	pos := s.Pos
	for path := field; path != ""; path = parent(path) {
		if p, ok := s.Positions[path]; ok {
			pos = p
			break
		}
	}
	return k.report(sev, pos, s.Name, field, hint, format, args...)
}

// parent cuts the last part off a field path: "retry.on[0]" → "retry.on" → "retry" → "".
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

func (k *compiler) finish() flow.Issues { return inOrder(k.issues).Spanned(k.d.Source) }

// inOrder sorts by position and drops what is told twice.
func inOrder(issues flow.Issues) flow.Issues {
	slices.SortStableFunc(issues, func(a, b flow.Issue) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Step, b.Step))
	})
	return slices.Compact(issues)
}

// maxGuesses bounds the comparisons behind "did you mean" in one compilation; a text in which everything is wrong gets fewer hints, not a slow answer.
const maxGuesses = 50_000

// nearest gives the candidate that name most likely stands for, or "".
func (k *compiler) nearest(name string, candidates []string) string {
	if k.guesses += len(candidates); k.guesses > maxGuesses {
		return ""
	}
	return suggest.Nearest(name, candidates)
}

// didYouMean is the hint for a name that is not among the candidates, or "".
func (k *compiler) didYouMean(name string, candidates []string) string {
	return meant(k.nearest(name, candidates))
}

func meant(name string) string {
	if name == "" {
		return ""
	}
	return "did you mean `" + name + "`?"
}

// listed writes names into a sentence: "`a`, `b` and `c`".
func listed(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	if len(quoted) > 12 {
		quoted = append(quoted[:11], fmt.Sprintf("%d more", len(names)-11))
	}
	if n := len(quoted); n > 1 {
		return strings.Join(quoted[:n-1], ", ") + " and " + quoted[n-1]
	}
	return strings.Join(quoted, "")
}

type exprKey struct {
	source string
	item   bool
	key    bool
	loop   loop
}

type compiledExpr struct {
	program  *expr.Program
	problems []expr.Problem
}
