package web

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/scenario"
	"github.com/segno-run/segno/web/templates"
)

// inside is the name of a test file without its folder.
func inside(path string) string { return strings.TrimPrefix(path, "tests/") }

// problemsOf are the problems of a file as its editor shows them.
func (b *testbed) problemsOf(file string) []templates.TestProblem {
	var out []templates.TestProblem
	for _, i := range b.of(file) {
		out = append(out, templates.TestProblem{Line: i.Line, Message: i.Message, Hint: i.Hint, Warning: i.Severity == flow.Warning})
	}
	return out
}

func errorsIn(issues project.Issues) int {
	n := 0
	for _, i := range issues {
		if i.Severity == flow.Error {
			n++
		}
	}
	return n
}

// list fills the files of the page, with the scenarios and what the last run said of them.
func (b *testbed) list(p *templates.TestsPage, played *remembered) {
	for _, row := range b.rows {
		f := templates.TestFile{File: row.File, Problems: errorsIn(b.of(row.File))}
		if folderOf(row.File) == "inputs" {
			p.Inputs = append(p.Inputs, f)
			continue
		}
		for _, t := range b.files {
			if t.Path != project.TestPath(row.File) {
				continue
			}
			for _, sc := range t.Scenarios {
				f.Scenarios = append(f.Scenarios, shownScenario(row.File, sc, played))
			}
		}
		p.Files = append(p.Files, f)
	}
}

func shownScenario(file string, sc project.Scenario, played *remembered) templates.Scenario {
	out := templates.Scenario{File: file, Name: sc.Name, Line: sc.Pos.Line}
	if played == nil {
		return out
	}
	i := slices.IndexFunc(played.Scenarios, func(o scenario.Outcome) bool { return inside(o.File) == file && o.Name == sc.Name })
	if i < 0 {
		return out
	}
	o := played.Scenarios[i]
	out.Status, out.Ended, out.Lasted = "failed", o.Status, lasting(o.Lasted)
	if o.Passed {
		out.Status = "passed"
	}
	for _, pr := range o.Problems {
		out.Problems = append(out.Problems, templates.TestProblem{Line: pr.Line, Message: pr.Message})
	}
	out.Story = templates.StoryOf(o.Story, o.First)
	return out
}

func lasting(d time.Duration) string {
	if d == 0 {
		return "no time"
	}
	return flow.FormatDuration(d.Round(time.Millisecond))
}

func took(ms float64) string {
	if ms >= 1000 {
		return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
	}
	return strconv.FormatFloat(math.Ceil(ms), 'f', 0, 64) + " ms"
}

// outcomes fills what the last run of the scenarios said. Without a choice the first that failed is open.
func (b *testbed) outcomes(p *templates.TestsPage, played *remembered, file, name string) {
	if played != nil {
		p.Ran = &templates.TestRun{At: played.At, Took: took(played.TookMS), Stale: played.Stale}
	}
	for _, f := range p.Files {
		for _, sc := range f.Scenarios {
			if p.Ran != nil && sc.Status == "passed" {
				p.Ran.Passed++
			} else if p.Ran != nil && sc.Status == "failed" {
				p.Ran.Failed++
			}
			chosen := sc.Name == name && (file == "" || sc.File == file)
			if name == "" && sc.Status == "failed" && p.Open == nil || chosen {
				p.Open = &sc
			}
		}
	}
	if played == nil || len(played.Coverage) == 0 {
		return
	}
	c := played.Coverage[0]
	missed := map[string]bool{}
	for _, part := range []struct {
		what string
		scenario.Part
	}{{"steps", c.Steps}, {"branches", c.Branches}, {"error ports", c.ErrorPorts}, {"compensations", c.Compensations}} {
		if part.All == 0 {
			continue
		}
		p.Cover = append(p.Cover, templates.CoverPart{What: part.what, Hit: part.Hit(), All: part.All, Missed: part.Missed})
		for _, m := range part.Missed {
			step, _, _ := strings.Cut(m, ".")
			missed[step] = true
		}
	}
	if len(missed) > 0 && b.def != nil {
		p.Graph = markedGraph(b.def, func(step string) string {
			if missed[step] {
				return "missed"
			}
			return ""
		})
	}
}

// matrices fills what the last fault matrix said.
func (b *testbed) matrices(p *templates.TestsPage, tried *remembered, file, cell string) {
	if tried == nil {
		return
	}
	p.Tried = &templates.TestRun{At: tried.At, Took: took(tried.TookMS), Stale: tried.Stale}
	for _, m := range tried.Faults {
		p.Tried.Runs += m.Runs
		out := templates.Matrix{File: inside(m.File)}
		for _, c := range m.Cells {
			shown := shownCell(out.File, c)
			if name := cellName(c); name == cell && (file == "" || file == out.File) {
				p.Cell = &shown
			}
			if c.Step == "" {
				out.Plain = shown
				continue
			}
			if len(out.Rows) == 0 || out.Rows[len(out.Rows)-1].Step != c.Step {
				out.Rows = append(out.Rows, templates.MatrixRow{Step: c.Step})
			}
			row := &out.Rows[len(out.Rows)-1]
			row.Cells = append(row.Cells, shown)
			row.Beside = max(row.Beside, c.Beside)
		}
		p.Matrices = append(p.Matrices, out)
	}
}

func cellName(c scenario.Cell) string {
	if c.Step == "" {
		return c.Fault
	}
	return c.Step + "." + c.Fault
}

func shownCell(file string, c scenario.Cell) templates.Cell {
	out := templates.Cell{File: file, Step: c.Step, Fault: c.Fault, Result: c.Result, Why: c.Why, Runs: c.Runs}
	for _, f := range c.Findings {
		out.Findings = append(out.Findings, templates.Finding{Message: f.Message, World: f.World, Order: f.Order, Story: templates.StoryOf(f.Story, -1)})
	}
	return out
}

func (b *testbed) editor(row models.FlowTest) *templates.TestEditor {
	return &templates.TestEditor{File: row.File, ETag: etag(row.Rev), Source: string(row.Source), Issues: b.problemsOf(row.File), Rows: rows(string(row.Source))}
}

// rows is how high an editor stands at first.
func rows(text string) int { return min(max(strings.Count(text, "\n")+2, 12), 34) }

// firstFile is the file that opens without a choice: the first with scenarios.
func (b *testbed) firstFile() string {
	for _, row := range b.rows {
		if folderOf(row.File) == "tests" {
			return row.File
		}
	}
	return b.rows[0].File
}

// freeName is what a new file may be called.
func (b *testbed) freeName() string {
	for n := 1; ; n++ {
		name := b.flow + ".yaml"
		if n > 1 {
			name = fmt.Sprintf("%s_%d.yaml", b.flow, n)
		}
		if !slices.ContainsFunc(b.rows, func(t models.FlowTest) bool { return t.File == name }) {
			return name
		}
	}
}

// input is the flow's sample input, if there is one: its path within a project and its text.
func (b *testbed) input() (path string, text []byte) {
	for _, row := range b.rows {
		if row.File == b.flow+".json" {
			return project.TestPath(row.File), row.Source
		}
	}
	return "", nil
}
