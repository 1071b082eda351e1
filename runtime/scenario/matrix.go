package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/runtime/planner"
)

// Finding is one thing that goes wrong in a cell of the matrix.
type Finding struct {
	Kind    string   `json:"kind"` // left, without_effect, out_of_order, no_end
	Message string   `json:"message"`
	World   string   `json:"world"`           // the scenario from which the input and the approvals come
	Order   string   `json:"order,omitempty"` // what ran beside the step, and when it ended
	Story   []string `json:"story"`
}

// The results of a Cell.
const (
	CellClean    = "clean"
	CellFound    = "found"
	CellAccepted = "accepted"
	CellNone     = "none" // there is nothing to try
)

// Cell is one step failing in one way, over all inputs and orders.
type Cell struct {
	Step     string    `json:"step"` // "" for runs without a fault
	Fault    string    `json:"fault"`
	Result   string    `json:"result"`
	Why      string    `json:"why,omitempty"` // of accepted and none
	Runs     int       `json:"runs"`
	Beside   int       `json:"beside,omitempty"`   // how many steps run beside it, if they are too many to be tried in every order (mostBeside)
	Findings []Finding `json:"findings,omitempty"` // each once
}

// Matrix is the fault matrix of one flow.
type Matrix struct {
	Flow  string `json:"flow"`
	File  string `json:"file"`
	Runs  int    `json:"runs"`
	Cells []Cell `json:"cells"` // by step in written order, then by fault as of project.FaultColumns

	s          *Suite
	worlds     []*world
	undoers    map[string]bool
	effectless map[string]bool
	behind     map[*check.Program]map[string]map[string]bool
	saga       bool
}

// mostFindings is how many findings a cell tells; the others are of the same kind as a rule.
const mostFindings = 5

// world is one input, with the people and the answers that go with it.
type world struct {
	m       *Matrix
	name    string
	input   []byte
	scripts map[string][]*rule
	people  []project.Approval
	signals []project.Signal
	known   []string           // texts of the input: an undo that says them names nobody
	called  map[string][]place // the units that a run without faults calls, by step

	iterations map[place]int // of loops: how many such a run has
}

// place is a unit of a member: the members of two plays of the same input have the same paths.
type place struct {
	path string
	planner.Ref
}

// step is the name by which a test knows the unit's step: `step`, or `step.step` of a run that the first one starts.
func (p place) step() string { return plainPath(p.path) + p.Step }

// placed is a step that calls a function, with the name by which a test knows it.
type placed struct {
	name string
	*check.Step
}

// placesOf lists the steps that call a function, those of the flows that a step runs where it stands.
func (m *Matrix) placesOf(p *check.Program, prefix string) []placed {
	var out []placed
	for _, st := range p.Steps {
		switch {
		case st.Call != nil:
			out = append(out, placed{prefix + st.Name, st})
		default:
			if child, ok := childOf(st); ok && m.s.flows[child] != nil {
				out = append(out, m.placesOf(m.s.flows[child], prefix+st.Name+".")...)
			}
		}
	}
	return out
}

// after reports whether a step can only run when another one has ended: both are paths from the scenario's own run on.
func (m *Matrix) after(first, then string) bool {
	p := m.s.Program
	for {
		a, below, _ := strings.Cut(first, ".")
		b, beneath, _ := strings.Cut(then, ".")
		if plain := plainPath(a); plain != plainPath(b) {
			return m.behind[p][plain][plainPath(b)]
		}
		if unit, n := iterationOf(a); a != b && n > 0 {
			other, k := iterationOf(b)
			return unit == other && n < k
		}
		if a != b || below == "" || beneath == "" { // two items, or one unit
			return false
		}
		child, _ := childOf(p.Step(plainPath(a)))
		p, first, then = m.s.flows[child], below, beneath
	}
}

// Faults runs the fault matrix of a suite's flow: each step that calls a function fails in each way, for each input that its scenarios have and in every order
// in which what runs beside it can end, up to mostBeside. The error is the context's.
func (s *Suite) Faults(ctx context.Context) (*Matrix, error) {
	m := &Matrix{Flow: s.Flow, File: s.File, s: s, undoers: map[string]bool{}, effectless: map[string]bool{}, behind: map[*check.Program]map[string]map[string]bool{}}
	for _, p := range s.flows {
		m.behind[p] = map[string]map[string]bool{}
		for _, st := range p.Steps {
			if st.Compensate != nil {
				m.saga = true
				m.undoers[st.Compensate.Function] = true
			}
			seen := map[string]bool{}
			reach(p, st, seen)
			m.behind[p][st.Name] = seen
		}
	}
	for _, p := range s.flows {
		for _, st := range p.Steps { // a function that both does and undoes, such as `set`, is taken for one that does
			if st.Call != nil && st.Compensate != nil {
				delete(m.undoers, st.Call.Function)
			}
		}
	}
	for _, n := range s.notes.Effectless {
		m.effectless[n.Text] = true
	}
	plain := Cell{Fault: "none"}
	m.gather(ctx, &plain)
	m.Cells = append(m.Cells, m.judged(plain))
	for _, st := range m.placesOf(s.Program, "") {
		for _, fault := range project.FaultColumns {
			if err := ctx.Err(); err != nil {
				return m, fmt.Errorf("testing the faults of %s: %w", s.Flow, err)
			}
			m.Cells = append(m.Cells, m.judged(m.cell(ctx, st, fault)))
		}
	}
	if err := ctx.Err(); err != nil { // the last one was not played to its end
		return m, fmt.Errorf("testing the faults of %s: %w", s.Flow, err)
	}
	for _, c := range m.Cells {
		m.Runs += c.Runs
	}
	return m, nil
}

func reach(p *check.Program, st *check.Step, seen map[string]bool) {
	for _, e := range st.Out {
		to := p.Steps[e.To]
		if !seen[to.Name] {
			seen[to.Name] = true
			reach(p, to, seen)
		}
	}
}

// gather runs every scenario's input without faults, and keeps one world for each path that differs.
func (m *Matrix) gather(ctx context.Context, c *Cell) {
	cases := m.s.cases
	if len(cases) == 0 {
		cases = []*testCase{{input: example(m.s.Program.Input), Scenario: project.Scenario{Name: "a sample of the input's schema"}}}
	}
	paths := map[string]bool{}
	for _, t := range cases {
		w := &world{m: m, name: t.Name, input: t.input, scripts: t.scripts, people: t.Approvals, signals: t.Signals, known: texts(plainValue(t.input)), called: map[string][]place{}, iterations: map[place]int{}}
		try := newTrial(ctx, w, nil, "none")
		try.run()
		path := look(try.play).path(len(m.s.Program.Steps))
		for _, mo := range try.play.told {
			for _, f := range mo.facts {
				s, ok := f.(*planner.CallScheduled)
				if !ok || s.Undo {
					continue
				}
				at := place{mo.of.path, s.Ref}
				if name := at.step(); !slices.Contains(w.called[name], at) {
					w.called[name] = append(w.called[name], at)
				}
				w.iterations[at] = max(w.iterations[at], s.Iteration)
			}
		}
		for _, name := range sortedKeys(w.called) {
			path += fmt.Sprint(" ", name, min(len(w.called[name]), 3))
		}
		if paths[path] {
			continue
		}
		paths[path] = true
		m.worlds = append(m.worlds, w)
		m.take(c, try)
	}
}

// take counts a trial and keeps what it found.
func (m *Matrix) take(c *Cell, t *trial) {
	c.Runs++
	for _, f := range t.findings() {
		if len(c.Findings) >= mostFindings || slices.ContainsFunc(c.Findings, func(o Finding) bool { return o.Message == f.Message }) {
			continue
		}
		f.World, f.Order = t.w.name, t.orderText()
		for _, l := range story(t.play.told) {
			f.Story = append(f.Story, l.String())
		}
		c.Findings = append(c.Findings, f)
	}
}

// judged gives a cell its result.
func (m *Matrix) judged(c Cell) Cell {
	switch {
	case c.Runs == 0:
		c.Result = CellNone
	case len(c.Findings) == 0:
		c.Result = CellClean
	default:
		c.Result = CellFound
		for _, a := range m.s.notes.Accept {
			if a.Step == c.Step && (len(a.Faults) == 0 || slices.ContainsFunc(a.Faults, func(n project.Name) bool { return n.Text == c.Fault })) {
				c.Result, c.Why = CellAccepted, a.Why
			}
		}
	}
	return c
}

// cell tries one fault of one step in every world that reaches it.
func (m *Matrix) cell(ctx context.Context, st placed, fault string) Cell {
	c := Cell{Step: st.name, Fault: fault}
	switch {
	case fault == "contract" && broken(st.Call) == nil:
		c.Why = "the function's contract allows everything"
		return c
	case fault == "compensation" && st.Compensate == nil:
		c.Why = "the step has no `compensate`"
		return c
	}
	reached := false
	for _, w := range m.worlds {
		refs := w.called[st.name]
		if len(refs) == 0 {
			continue
		}
		reached = true
		targets := refs[:1]
		if len(refs) > 1 {
			targets = []place{refs[0], refs[len(refs)-1]}
		}
		for _, target := range targets {
			orders, beside := w.orders(target)
			if beside > mostBeside {
				c.Beside = max(c.Beside, beside)
			}
			for _, late := range orders {
				for variant := range variants[fault] {
					for _, nth := range w.tried(target, fault) {
						t := newTrial(ctx, w, &target, fault)
						t.late, t.variant, t.nth = late, variant, nth
						if t.run(); t.applied {
							m.take(&c, t)
						}
					}
				}
			}
		}
	}
	switch {
	case !reached:
		c.Why = "no scenario gets there without a fault"
	case c.Runs == 0 && fault == "compensation":
		c.Why = "the run ends before it could be undone"
	}
	return c
}

// tried lists the iterations of a unit whose call fails in turn: the first, the second and the last; 0 outside a loop.
func (w *world) tried(target place, fault string) []int {
	last := w.iterations[target]
	switch {
	case last == 0 || fault == "compensation":
		return []int{0}
	case last > 2:
		return []int{1, 2, last}
	case last == 2:
		return []int{1, 2}
	}
	return []int{1}
}

// variants is how many ways there are to have a fault: what nobody knows has happened or not, and an undo fails before or after its effect.
var variants = map[string]int{"before": 1, "after": 1, "unknown": 2, "contract": 1, "compensation": 2}

// mostBeside is up to how many steps beside a failing one are tried in every combination of ending before and after it. With more, all end before, all
// after, and each alone otherwise than the rest.
const mostBeside = 5

// orders lists which steps beside the target end after it; its own step stands for its other items. many is how many steps there are beside it.
func (w *world) orders(target place) (orders []map[string]bool, many int) {
	var beside []string
	its := target.step()
	for _, st := range w.m.placesOf(w.m.s.Program, "") {
		refs := len(w.called[st.name])
		switch {
		case st.name == its && refs > 1, st.name != its && refs > 0 && !w.m.after(st.name, its) && !w.m.after(its, st.name):
			beside = append(beside, st.name)
		}
	}
	var out []map[string]bool
	if len(beside) <= mostBeside {
		for bits := range 1 << len(beside) {
			late := map[string]bool{}
			for i, name := range beside {
				late[name] = bits&(1<<i) != 0
			}
			out = append(out, late)
		}
		return out, len(beside)
	}
	for _, most := range []bool{false, true} {
		for odd := -1; odd < len(beside); odd++ {
			late := map[string]bool{}
			for i, name := range beside {
				late[name] = most != (i == odd)
			}
			out = append(out, late)
		}
	}
	return out, len(beside)
}

// Fine reports whether the matrix found nothing that nobody has accepted.
func (m *Matrix) Fine() bool {
	return !slices.ContainsFunc(m.Cells, func(c Cell) bool { return c.Result == CellFound })
}

var cellSigns = map[string]string{CellClean: "ok", CellFound: "FOUND", CellAccepted: "accepted", CellNone: "-"}

// Text writes the matrix as a table with the findings below it.
func (m *Matrix) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "faults of %s (%s):\n", m.Flow, counted(m.Runs, "run"))
	width := len("(no fault)")
	for _, c := range m.Cells {
		width = max(width, len(c.Step))
	}
	fmt.Fprintf(&b, "  %-*s", width, "")
	for _, f := range project.FaultColumns {
		fmt.Fprintf(&b, "  %-12s", f)
	}
	row := ""
	for i, c := range m.Cells {
		if i == 0 {
			fmt.Fprintf(&b, "\n  %-*s  %s", width, "(no fault)", cellSigns[c.Result])
			continue
		}
		if c.Step != row {
			row = c.Step
			fmt.Fprintf(&b, "\n  %-*s", width, row)
		}
		fmt.Fprintf(&b, "  %-12s", cellSigns[c.Result])
	}
	text := strings.Builder{}
	for line := range strings.Lines(b.String() + "\n") {
		text.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	m.tell(&text)
	return text.String()
}

// tell writes every finding once, with the cells in which it stands and the story of the first.
func (m *Matrix) tell(b *strings.Builder) {
	type told struct {
		result, why string
		cells       []string
		first       Finding
	}
	var all []*told
	bounded := map[string]bool{}
	for _, c := range m.Cells {
		name := c.Step + " × " + c.Fault
		if c.Step == "" {
			name = "no fault"
		}
		if c.Result == CellNone && c.Fault == "before" {
			fmt.Fprintf(b, "untried %s: %s\n", c.Step, c.Why)
		}
		if c.Beside > 0 && !bounded[c.Step] {
			bounded[c.Step] = true
			fmt.Fprintf(b, "bounded %s: %d steps run beside it; with more than %d, all of them end before it, all after it, and each alone otherwise than the rest\n",
				c.Step, c.Beside, mostBeside)
		}
		for _, f := range c.Findings {
			i := slices.IndexFunc(all, func(o *told) bool { return o.first.Message == f.Message && o.result == c.Result && o.why == c.Why })
			if i < 0 {
				i = len(all)
				all = append(all, &told{result: c.Result, why: c.Why, first: f})
			}
			all[i].cells = append(all[i].cells, name)
		}
	}
	for _, t := range all {
		if t.result == CellAccepted {
			fmt.Fprintf(b, "accepted %s (%s): %s\n", t.first.Message, strings.Join(t.cells, ", "), t.why)
			continue
		}
		fmt.Fprintf(b, "FOUND %s (%s)\n  in the world of %q%s:\n", t.first.Message, strings.Join(t.cells, ", "), t.first.World, t.first.Order)
		for _, l := range t.first.Story {
			fmt.Fprintf(b, "    %s\n", l)
		}
	}
}
