package project

import (
	"io/fs"
	"time"

	"github.com/segno-run/segno/designer/flow"
)

// TestFile is one file of tests/: scenarios of one flow, and what its fault matrix has to know.
type TestFile struct {
	Path   string // within the project, with slashes: "tests/order.yaml"
	Source []byte

	Flow      string
	FlowPos   flow.Pos
	Functions []Script // for every scenario; a scenario's own script of a function takes its place
	Scenarios []Scenario
	Faults    FaultNotes
}

// Scenario is one run as a test tells it: what comes in, how the functions and people behave, and what is expected.
type Scenario struct {
	Name        string
	Pos         flow.Pos
	Input       flow.Value // any JSON; of kind String: the path of a JSON file within the project
	Functions   []Script
	Signals     []Signal
	Approvals   []Approval
	Resolutions []Resolution
	Buttons     []Button
	Expect      Expect
}

// Script says how a function behaves. Of its rules the first that fits a call answers it.
type Script struct {
	Function string
	Pos      flow.Pos
	Rules    []Rule
}

// Rule answers the calls of a function that it fits.
type Rule struct {
	Pos     flow.Pos
	When    flow.Value // Map: a partial match of the call's input; String: a CEL condition over `input`; Absent: every call
	Returns flow.Value // the output; `${{ }}` over `input`, the call's input. Absent if it fails.
	Fails   *Failure
	Takes   time.Duration
	Times   int // after so many calls the rule is used up; 0: never
}

// Failure is how a rule fails.
type Failure struct {
	Pos       flow.Pos
	Class     string // an error class
	ClassPos  flow.Pos
	Effect    string // "none", "maybe", or "" for what the class says at the most
	EffectPos flow.Pos
	Message   string
}

// Signal is something that is sent to the run, At since its start.
type Signal struct {
	Name    string
	Pos     flow.Pos
	Payload flow.Value // Absent: null
	At      time.Duration
}

// Approval is a person's answer to an approval, After it began to wait.
type Approval struct {
	Step     string
	Pos      flow.Pos
	After    time.Duration
	Approved bool
	By       string
	Comment  string
}

// Resolution is a person's word on an uncertain step, After it became so.
type Resolution struct {
	Step   string
	Item   int // -1 outside a for_each
	Pos    flow.Pos
	As     string // "happened", "did_not_happen" or "failed"
	AsPos  flow.Pos
	Output flow.Value // with "happened"
	After  time.Duration
}

// Button is a press of one of a run's buttons.
type Button struct {
	Press string // "retry", "cancel", "compensate", "pause" or "resume"
	Pos   flow.Pos
	At    time.Duration  // since the run's start; 0: when the run stands still
	Then  flow.OnFailure // of cancel: what follows; "" is the flow's on_failure
}

// Expect is what a scenario claims. What is not written is not looked at.
type Expect struct {
	Pos           flow.Pos
	Status        string
	StatusPos     flow.Pos
	Path          []Place // the steps that ran, in the order in which they began, `step` or `step.port`; nil: any
	PathPos       flow.Pos
	Skipped       []Place
	Output        flow.Value   // of the run; a partial match
	Outputs       []flow.Field // of steps, by name; partial matches
	Attempts      []Attempts
	Iterations    []Attempts // of loops: how many iterations completed
	Compensations []Place    // what was undone, in order: `step` or `step[item]`; nil: any
	CompensPos    flow.Pos
	Failure       *ExpectedFailure
}

// Place names a step, with a port or an item behind it.
type Place struct {
	Text string
	Step string
	Port string
	Item int // -1 without
	Pos  flow.Pos
}

// Attempts is how often a step's function is expected to be called, its items together.
type Attempts struct {
	Step  string
	Pos   flow.Pos
	Calls int
}

// ExpectedFailure is why the run is expected to have failed. Empty fields are not looked at.
type ExpectedFailure struct {
	Step     string
	StepPos  flow.Pos
	Class    string
	ClassPos flow.Pos
	Message  string // a part of it
	Pos      flow.Pos
}

// FaultNotes is what a person tells the fault matrix.
type FaultNotes struct {
	Effectless []Name // functions that change nothing in the world
	Accept     []Acceptance
}

// Name is a name with its place.
type Name struct {
	Text string
	Pos  flow.Pos
}

// Acceptance is a finding that a person has looked at and lives with.
type Acceptance struct {
	Step   string
	Pos    flow.Pos
	Faults []Name // columns of the matrix; empty: all
	Why    string
}

// LoadTests reads tests/*.yaml of the project in fsys. Like Load it never fails as a whole. The files are read on their own, because a mistake in a
// test must not keep a project from being applied.
func LoadTests(fsys fs.FS) ([]TestFile, Issues) {
	l := &loader{fsys: fsys}
	var files []TestFile
	for _, file := range l.list("tests", ".yaml") {
		src, ok := l.read(file)
		if !ok {
			continue
		}
		t, issues := ParseTests(file, src)
		l.add(file, issues)
		files = append(files, t)
	}
	return files, l.issues
}
