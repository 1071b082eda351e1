package templates

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// TestsPage is GET /flows/{name}/tests?version=&view=&file=&scenario=&cell=&new=. Its forms post to run and faults (version, file, scenario), save (file,
// etag, source, then) and delete (file, etag) below it. #tests is the fragment that htmx swaps.
type TestsPage struct {
	Chrome
	Head     FlowHead
	View     string // scenarios, faults or file
	Version  int    // what is tested: 0 is the draft
	Versions []int  // offered, newest first
	Problems int    // errors of the flow, which can't be tested until they are mended
	Said     *Flash // what the last action said, inside the fragment

	Files  []TestFile // with scenarios
	Inputs []TestFile
	Ran    *TestRun // the last run of the scenarios; nil: none
	Open   *Scenario
	Cover  []CoverPart
	Graph  string // SVG with what was never exercised marked

	Tried    *TestRun // the last fault matrix; nil: none
	Matrices []Matrix
	Cell     *Cell // the one that is explained

	Editor *TestEditor
}

// TestFile is one file of a flow's tests.
type TestFile struct {
	File      string
	Problems  int
	Scenarios []Scenario
}

// Scenario is one scenario with what its last run said. Status is passed, failed or "" for never run.
type Scenario struct {
	File, Name string
	Line       int
	Status     string
	Ended      string // the run's status
	Lasted     string // in virtual time: "47h"
	Problems   []TestProblem
	Story      []StoryLine
}

// TestProblem is something at a line of a test file.
type TestProblem struct {
	Line    int
	Message string
	Hint    string
	Warning bool
}

// StoryLine is one sentence of a run's story.
type StoryLine struct {
	At, Text string
	First    bool // here it left what was expected
}

// TestRun sums up a run of tests. Stale: what was tested has changed since.
type TestRun struct {
	At     time.Time
	Took   string
	Stale  bool
	Passed int
	Failed int
	Runs   int // of the fault matrix
}

// CoverPart is one kind of thing that scenarios exercise.
type CoverPart struct {
	What   string // steps, branches, error ports, compensations
	Hit    int
	All    int
	Missed []string
}

// Matrix is the fault matrix of one test file.
type Matrix struct {
	File  string
	Plain Cell // without a fault
	Rows  []MatrixRow
}

// MatrixRow is a step with a cell for each fault of FaultNames.
type MatrixRow struct {
	Step   string
	Beside int // how many steps run beside it, if that is too many to try every order
	Cells  []Cell
}

// Cell is one step failing in one way. Result is clean, found, accepted or none.
type Cell struct {
	File, Step, Fault string
	Result            string
	Why               string
	Runs              int
	Findings          []Finding
}

// Finding is one thing that goes wrong in a cell.
type Finding struct {
	Message, World, Order string
	Story                 []StoryLine
}

// TestEditor is the text of one test file.
type TestEditor struct {
	File   string // of a new one: what is offered
	ETag   string // "" of a new one
	New    bool
	Source string
	Issues []TestProblem
	Rows   int
}

// FaultNames are the columns of the fault matrix, with what happens to the step's call.
var FaultNames = []struct{ Name, Says string }{
	{"before", "The call fails before its effect, and says so."},
	{"after", "The call fails after its effect, and does not know it."},
	{"unknown", "No answer comes: once nothing had happened, once it had."},
	{"contract", "It happened, and the answer breaks the contract of the function's output."},
	{"compensation", "Cancel is pressed when the step has completed, and its undo fails, once before and once after its effect; then it works again."},
}

func faultSays(name string) string {
	for _, f := range FaultNames {
		if f.Name == name {
			return f.Says
		}
	}
	return "Nothing fails: every scenario's input, with what its functions return."
}

// at is an address of the page that keeps what is tested. pairs are further parameters and their values; empty ones are left out.
func (p TestsPage) at(pairs ...string) string {
	q := url.Values{}
	if p.Version > 0 {
		q.Set("version", strconv.Itoa(p.Version))
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	at := "/flows/" + p.Head.Name + "/tests"
	if len(q) > 0 {
		at += "?" + q.Encode()
	}
	return at
}

func (p TestsPage) form(action string) string { return "/flows/" + p.Head.Name + "/tests/" + action }

func (p TestsPage) against() string {
	if p.Version == 0 {
		return "the draft"
	}
	return "version " + strconv.Itoa(p.Version)
}

func (p TestsPage) count() int {
	n := 0
	for _, f := range p.Files {
		n += len(f.Scenarios)
	}
	return n
}

func (p TestsPage) opened(s Scenario) bool {
	return p.Open != nil && p.Open.File == s.File && p.Open.Name == s.Name
}

func (p TestsPage) inCell(c Cell) bool {
	return p.Cell != nil && p.Cell.File == c.File && p.Cell.Step == c.Step && p.Cell.Fault == c.Fault
}

// cellName names a cell in addresses and in words.
func (c Cell) cellName() string {
	if c.Step == "" {
		return c.Fault
	}
	return c.Step + "." + c.Fault
}

// testShape is the status whose shape and colour a result of a test has.
func testShape(result string) string {
	switch result {
	case "passed", "clean":
		return "succeeded"
	case "failed", "found":
		return "failed"
	case "accepted", "partial":
		return result
	case "none":
		return "skipped"
	}
	return "pending"
}

func testWord(result string) string {
	switch result {
	case "":
		return "not run"
	case "none":
		return "nothing to try"
	}
	return result
}

// summary says a run of tests in one line.
func (r TestRun) summary() string {
	all := count(r.Passed+r.Failed, "scenario")
	switch {
	case r.Failed > 0:
		return strconv.Itoa(r.Failed) + " of " + all + " failed"
	case r.Passed == 0:
		return "No scenario ran"
	}
	return all + " passed"
}

func (r TestRun) result() string {
	switch {
	case r.Failed > 0:
		return "failed"
	case r.Passed > 0:
		return "passed"
	}
	return ""
}

// found counts the cells of a result.
func (p TestsPage) found(result string) int {
	n := 0
	for _, m := range p.Matrices {
		for _, c := range append([]Cell{m.Plain}, m.cells()...) {
			if c.Result == result {
				n++
			}
		}
	}
	return n
}

func (m Matrix) cells() []Cell {
	var out []Cell
	for _, r := range m.Rows {
		out = append(out, r.Cells...)
	}
	return out
}

// StoryOf splits the lines of a story into times and sentences. first is the line of the first divergence, -1 for none.
func StoryOf(lines []string, first int) []StoryLine {
	out := make([]StoryLine, 0, len(lines))
	for i, l := range lines {
		at, text, _ := strings.Cut(l, " ")
		out = append(out, StoryLine{At: at, Text: strings.TrimSpace(text), First: i == first})
	}
	return out
}

// sentenceCase begins with a capital.
func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
