package scenario

import (
	"context"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/project"
)

// Report is everything that a test of a project has to say.
type Report struct {
	Scenarios []Outcome   `json:"scenarios"`
	Coverage  []*Coverage `json:"coverage"`           // one a flow, in the order of the files
	Faults    []*Matrix   `json:"faults,omitempty"`   // one a test file, if they were asked for
	Untested  []string    `json:"untested,omitempty"` // flows without a scenario; whoever knows the project fills it in
}

// Test plays every scenario of every suite, and with faults the fault matrix of each. The error is the context's.
func Test(ctx context.Context, suites []*Suite, faults bool) (*Report, error) {
	r := &Report{Scenarios: []Outcome{}, Coverage: []*Coverage{}}
	for _, s := range suites {
		out, cover, err := s.Run(ctx)
		r.Scenarios = append(r.Scenarios, out...)
		if err != nil {
			return r, err
		}
		r.cover(cover)
		if !faults {
			continue
		}
		m, err := s.Faults(ctx)
		if err != nil {
			return r, err
		}
		r.Faults = append(r.Faults, m)
	}
	return r, nil
}

func (r *Report) cover(c *Coverage) {
	for _, known := range r.Coverage {
		if known.Flow == c.Flow {
			known.Merge(c)
			return
		}
	}
	r.Coverage = append(r.Coverage, c)
}

// Missing notes which of a project's flows have no scenario.
func (r *Report) Missing(p *project.Project) {
	for _, f := range p.Flows {
		tested := func(o Outcome) bool { return o.Flow == f.Def.Name }
		if f.Def != nil && f.Def.Name != "" && !slices.ContainsFunc(r.Scenarios, tested) {
			r.Untested = append(r.Untested, f.Def.Name)
		}
	}
}

// Fine reports whether nothing failed.
func (r *Report) Fine() bool {
	for _, o := range r.Scenarios {
		if !o.Passed {
			return false
		}
	}
	for _, m := range r.Faults {
		if !m.Fine() {
			return false
		}
	}
	return true
}

// Text writes the report for a terminal. name gives the name under which a file is shown.
func (r *Report) Text(name func(file string) string) string {
	var b strings.Builder
	failed := 0
	for _, o := range r.Scenarios {
		if o.Passed {
			continue
		}
		failed++
		fmt.Fprintf(&b, "FAIL %s:%d %s\n", name(o.File), o.Line, o.Name)
		for _, p := range o.Problems {
			fmt.Fprintf(&b, "  %s:%d: %s\n", name(o.File), p.Line, p.Message)
		}
		b.WriteString("  the story:\n")
		for i, l := range o.Story {
			mark := " "
			if i == o.First {
				mark = ">"
			}
			fmt.Fprintf(&b, "  %s %s\n", mark, l)
		}
		b.WriteString("\n")
	}
	for _, c := range r.Coverage {
		b.WriteString(c.text())
	}
	found := 0
	for _, m := range r.Faults {
		fmt.Fprintf(&b, "\n%s", m.Text())
		for _, c := range m.Cells {
			if c.Result == CellFound {
				found++
			}
		}
	}
	if len(r.Faults) > 0 {
		b.WriteString("\n")
	}
	if found > 0 {
		fmt.Fprintf(&b, "FAIL %s of the fault matrix not clean\n", counted(found, "cell"))
	}
	switch {
	case len(r.Untested) > 0:
		fmt.Fprintf(&b, "no scenarios of: %s\n", strings.Join(r.Untested, ", "))
	case len(r.Scenarios) == 0:
		b.WriteString("there are no scenarios: write tests/*.yaml\n")
	}
	switch {
	case failed > 0:
		fmt.Fprintf(&b, "FAIL %d of %s failed\n", failed, counted(len(r.Scenarios), "scenario"))
	case len(r.Scenarios) > 0:
		fmt.Fprintf(&b, "ok %s passed\n", counted(len(r.Scenarios), "scenario"))
	}
	return b.String()
}

func (c *Coverage) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", c.Flow)
	var missed []string
	for i, part := range []struct {
		what string
		Part
	}{{"steps", c.Steps}, {"branches", c.Branches}, {"error ports", c.ErrorPorts}, {"compensations", c.Compensations}} {
		if part.All == 0 {
			continue
		}
		sep := ""
		if i > 0 {
			sep = ","
		}
		fmt.Fprintf(&b, "%s %d of %d %s", sep, part.Hit(), part.All, part.what)
		if len(part.Missed) > 0 {
			missed = append(missed, fmt.Sprintf("  %s never exercised: %s\n", part.what, strings.Join(part.Missed, ", ")))
		}
	}
	return b.String() + "\n" + strings.Join(missed, "")
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// The JUnit report, as CI servers read it.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string    `xml:"name,attr"`
		Class   string    `xml:"classname,attr"`
		File    string    `xml:"file,attr,omitempty"`
		Line    int       `xml:"line,attr,omitempty"`
		Time    string    `xml:"time,attr"`
		Failure *junitBad `xml:"failure,omitempty"`
		Error   *junitBad `xml:"error,omitempty"`
	}
	junitBad struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the report as JUnit XML, one suite a test file. problems are those of the files themselves. The times are the runs' virtual ones.
func (r *Report) JUnit(problems []string) ([]byte, error) {
	var doc junitSuites
	suite := func(name string) *junitSuite {
		for i := range doc.Suites {
			if doc.Suites[i].Name == name {
				return &doc.Suites[i]
			}
		}
		doc.Suites = append(doc.Suites, junitSuite{Name: name})
		return &doc.Suites[len(doc.Suites)-1]
	}
	for _, o := range r.Scenarios {
		s := suite(o.File)
		c := junitCase{Name: o.Name, Class: o.Flow, File: o.File, Line: o.Line, Time: seconds(o.Lasted)}
		if !o.Passed {
			s.Failures++
			c.Failure = &junitBad{Message: o.Problems[0].Message, Text: strings.Join(o.Story, "\n")}
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
	}
	for _, m := range r.Faults {
		s := suite(m.File + " faults")
		for _, cell := range m.Cells {
			if cell.Result == CellNone {
				continue
			}
			c := junitCase{Name: cell.Step + " × " + cell.Fault, Class: m.Flow, File: m.File, Time: seconds(0)}
			if cell.Step == "" {
				c.Name = "no fault"
			}
			if cell.Result == CellFound {
				s.Failures++
				c.Failure = &junitBad{Message: cell.Findings[0].Message, Text: strings.Join(cell.Findings[0].Story, "\n")}
			}
			s.Tests++
			s.Cases = append(s.Cases, c)
		}
	}
	for _, p := range problems {
		s := suite("test files")
		s.Tests++
		s.Errors++
		s.Cases = append(s.Cases, junitCase{Name: p, Class: "segno", Time: seconds(0), Error: &junitBad{Message: p}})
	}
	raw, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing JUnit XML: %w", err)
	}
	return append([]byte(xml.Header), append(raw, '\n')...), nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
