package planner

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// truth is how one truth table of docs/language.md is put to the test: what happens in a row, and what each of the words in its cells claims.
type truth struct {
	rows  map[string][]cases      // by the row's first cell; one entry a further column, nil where the cell is a dash
	words map[string]claim        // by a cell's text
	reads func(cell string) claim // for cells that are read rather than known; nil
}

// cases are plays that all have to come to what their cell says.
type cases []func(p *played)

// claim reports whether a play came to what a cell says.
type claim func(p *played) bool

// played is a run of a tiny flow, as far as its case brought it.
type played struct {
	*story
	told  []string // what came out, one text an input
	ports []string // what a case of the ports saw
	all   []string // and all that the step has
	want  string   // what a case expects by name, where its cell says "the first" or so
}

const truthFunctions = `
safe: {http: {url: "http://x/safe"}, idempotent: true}
once: {http: {url: "http://x/once"}, idempotent: false}
undo: {http: {url: "http://x/undo"}, idempotent: true}
`

// truthKid is a flow that the others may run.
var truthKid = kidOf("name: kid\nsteps:\n  a: {call: safe, compensate: {call: undo}}\noutput: {ok: \"${{ steps.a.output.ok }}\"}\n", truthFunctions)

// flow begins a run of these steps, or of a whole flow if it names one.
func (p *played) flow(steps string, inputs ...string) {
	p.t.Helper()
	if !strings.Contains(steps, "steps:") {
		steps = "steps:\n  " + strings.ReplaceAll(strings.TrimSpace(steps), "\n", "\n  ")
	}
	p.w = newWitness(mustCompile(p.t, "name: f\n"+steps, truthFunctions, truthKid))
	p.do(inputs...)
}

// do gives the run inputs, see story.act.
func (p *played) do(inputs ...string) {
	p.t.Helper()
	for _, in := range inputs {
		p.told = append(p.told, p.act(in))
	}
	for _, v := range p.w.broken {
		p.t.Errorf("%s", v)
	}
	p.w.broken = nil
}

// last is what the last input led to; back counts from it.
func (p *played) last(back int) string { return p.told[len(p.told)-1-back] }

// is reports whether a step has that status; a step that nothing has touched is pending.
func (p *played) is(step string, status StepStatus) bool {
	st, ok := p.w.s.Steps[step]
	if !ok {
		return status == Pending
	}
	return st.Show() == status
}

// tables finds the tables of a text that a comment names: `<!-- truth: joins -->`.
func tables(t *testing.T, text string) map[string][][]string {
	t.Helper()
	found := map[string][][]string{}
	mark := regexp.MustCompile(`(?m)^<!-- truth: ([a-z ]+) -->\n\n?((?:\|.*\n)+)`)
	for _, m := range mark.FindAllStringSubmatch(text, -1) {
		if found[m[1]] != nil {
			t.Errorf("there are two tables %q", m[1])
		}
		for n, line := range strings.Split(strings.TrimSuffix(m[2], "\n"), "\n") {
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			if n >= 2 { // the head and the line below it
				found[m[1]] = append(found[m[1]], cells)
			}
		}
	}
	if n := strings.Count(text, "<!-- truth: "); n != len(found) {
		t.Errorf("%d comments name a truth table, %d tables were found: each wants a table right below", n, len(found))
	}
	return found
}

// TestTruthTables plays every cell of the truth tables in docs/language.md.
func TestTruthTables(t *testing.T) {
	raw, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	found := tables(t, string(raw))
	for name := range found {
		if _, ok := truths[name]; !ok {
			t.Errorf("docs/language.md has a truth table %q, and no test knows it", name)
		}
	}
	for name, truth := range truths {
		t.Run(name, func(t *testing.T) {
			if found[name] == nil {
				t.Fatalf("docs/language.md has no truth table %q", name)
			}
			told := map[string]bool{}
			for _, row := range found[name] {
				told[row[0]] = true
				truth.row(t, row)
			}
			for label := range truth.rows {
				if !told[label] {
					t.Errorf("docs/language.md does not say what becomes of %q", label)
				}
			}
		})
	}
}

func (tr truth) row(t *testing.T, row []string) {
	t.Helper()
	columns, ok := tr.rows[row[0]]
	switch {
	case !ok:
		t.Errorf("no case plays the row %q", row[0])
		return
	case len(columns) != len(row)-1:
		t.Errorf("the row %q has %d cells behind its name, and %d are played", row[0], len(row)-1, len(columns))
		return
	}
	for i, cell := range row[1:] {
		if columns[i] == nil {
			if cell != "–" {
				t.Errorf("%q says %q of what cannot be; a dash belongs there", row[0], cell)
			}
			continue
		}
		said := tr.claim(cell)
		if said == nil {
			t.Errorf("%q says %q, and no test knows what that means", row[0], cell)
			continue
		}
		for n, play := range columns[i] {
			p := &played{story: &story{t: t}}
			play(p)
			where := fmt.Sprintf("%q, column %d, case %d", row[0], i+1, n+1)
			if !said(p) {
				t.Errorf("%s: the docs say %q; what happened:\n%s= %s", where, cell, strings.Join(p.told, ""), stand(p.w.p, p.w.s))
			}
			// A cell that says something else must not pass, or the table proves nothing.
			for other, claim := range tr.words {
				if other != cell && claim(p) {
					t.Errorf("%s: the test would also believe %q", where, other)
				}
			}
		}
	}
}

func (tr truth) claim(cell string) claim {
	if c, ok := tr.words[cell]; ok {
		return c
	}
	if tr.reads != nil {
		return tr.reads(cell)
	}
	return nil
}

// one is a row with a single column.
func one(plays ...func(p *played)) []cases { return []cases{plays} }

// showPorts looks at which of a step's ports are live or dead, by what follows each of them: the step p_PORT.
func showPorts(live bool, ports []string) func(p *played) {
	return func(p *played) {
		p.all = ports
		for _, port := range ports {
			if live && p.is("p_"+port, Succeeded) || !live && p.is("p_"+port, Skipped) {
				p.ports = append(p.ports, port)
			}
		}
	}
}

// readPorts reads a list of ports: names between backquotes, and "all", "all others" (than `error`), "the branch" or "the other branches".
func readPorts(cell string) claim {
	names := regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(cell, -1)
	rest := strings.Trim(regexp.MustCompile("`[a-z]+`").ReplaceAllString(cell, ""), ", ")
	if rest != "" && rest != "all" && rest != "none" && rest != "all others" && rest != "the branch" && rest != "the other branches" {
		return nil
	}
	return func(p *played) bool {
		var want []string
		for _, n := range names {
			want = append(want, n[1])
		}
		for _, port := range p.all {
			if rest == "all" || rest == "all others" && port != "error" || rest == "the branch" && port == "low" || rest == "the other branches" && (port == "high" || port == "rest") {
				want = append(want, port)
			}
		}
		got := slices.Clone(p.ports)
		slices.Sort(got)
		slices.Sort(want)
		return slices.Equal(got, want)
	}
}
