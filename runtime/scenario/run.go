package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/runtime/planner"
)

// Outcome is what became of one scenario.
type Outcome struct {
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Flow     string        `json:"flow"`
	Name     string        `json:"name"`
	Passed   bool          `json:"passed"`
	Status   string        `json:"status"`             // of the run, in the end
	Lasted   time.Duration `json:"lasted_ns"`          // in virtual time
	Problems []Problem     `json:"problems,omitempty"` // the first divergence first
	Story    []string      `json:"story,omitempty"`    // of a scenario that failed
	First    int           `json:"first"`              // the line of the story at which it diverged; -1 if it did not
}

// Problem is one claim that did not hold.
type Problem struct {
	Line    int    `json:"line"` // in the test file
	Message string `json:"message"`
}

// Only is a suite of those scenarios alone that have this name.
func (s *Suite) Only(name string) *Suite {
	out := *s
	out.cases = slices.DeleteFunc(slices.Clone(s.cases), func(t *testCase) bool { return t.Name != name })
	return &out
}

// Run plays every scenario of a suite and counts what they exercise. The error is the context's.
func (s *Suite) Run(ctx context.Context) ([]Outcome, *Coverage, error) {
	cover := newCoverage(s)
	out := make([]Outcome, 0, len(s.cases))
	for _, t := range s.cases {
		if err := ctx.Err(); err != nil {
			return out, cover, fmt.Errorf("testing %s: %w", s.File, err)
		}
		out = append(out, s.play(ctx, t, cover))
	}
	if err := ctx.Err(); err != nil { // the last one was not played to its end
		return out, cover, fmt.Errorf("testing %s: %w", s.File, err)
	}
	return out, cover, nil
}

func (s *Suite) play(ctx context.Context, t *testCase, cover *Coverage) Outcome {
	p := newPlay(ctx, s)
	p.answer = newActors(t.scripts).answer
	people := &people{p: p, approvals: t.Approvals, resolutions: t.Resolutions, buttons: t.Buttons}
	people.arrive()
	p.send(t.Signals)
	p.run(t.input)

	shown := look(p)
	cover.add(p)
	o := Outcome{File: s.File, Line: t.Pos.Line, Flow: s.Flow, Name: t.Name, Status: string(p.state.Status()), Lasted: p.since(), First: -1}
	found := judge(shown, t.Expect, p.since())
	for _, text := range p.trouble {
		o.Problems = append(o.Problems, Problem{t.Pos.Line, text})
	}
	for _, text := range people.idle() {
		o.Problems = append(o.Problems, Problem{t.Pos.Line, text})
	}
	if len(found) > 0 {
		told := story(p.told)
		first := 0
		for i, d := range found {
			if d.at < found[first].at || d.at == found[first].at && where(told, d) < where(told, found[first]) {
				first = i
			}
		}
		o.First = where(told, found[first])
		o.Problems = append([]Problem{{found[first].line, found[first].text}}, o.Problems...)
		for i, d := range found {
			if i != first {
				o.Problems = append(o.Problems, Problem{d.line, d.text})
			}
		}
	}
	if len(o.Problems) == 0 {
		o.Passed = true
		return o
	}
	for _, l := range story(p.told) {
		o.Story = append(o.Story, l.String())
	}
	o.Story, o.First = abridged(o.Story, o.First)
	return o
}

// mostStory is how many lines of a story are told: those around its first divergence, its beginning and its end.
const mostStory = 600

func abridged(lines []string, first int) ([]string, int) {
	if len(lines) <= mostStory {
		return lines, first
	}
	const part = mostStory / 3
	keep := make([]bool, len(lines))
	for i := range part {
		keep[i], keep[len(lines)-1-i] = true, true
	}
	for i := max(0, first-part/2); first >= 0 && i < min(len(lines), first+part/2); i++ {
		keep[i] = true
	}
	var out []string
	at, gone := -1, 0
	for i, l := range lines {
		if !keep[i] {
			gone++
			continue
		}
		if gone > 0 {
			out = append(out, fmt.Sprintf("         … %d lines left out", gone))
			gone = 0
		}
		if i == first {
			at = len(out)
		}
		out = append(out, l)
	}
	return out, at
}

// where is the line of a story at which a divergence shows: the first of its step at that time, or the last line.
func where(told []line, d divergence) int {
	if d.step == "" {
		return len(told) - 1
	}
	last := len(told) - 1
	for i, l := range told {
		if l.step != d.step || l.undo != d.undo {
			continue
		}
		last = i
		if l.at >= d.at {
			return i
		}
	}
	return last
}

// people answer approvals, resolve what is uncertain, and press buttons, each as scripted and once.
type people struct {
	p           *play
	approvals   []project.Approval
	resolutions []project.Resolution
	buttons     []project.Button
	complaints  []string
}

func (c *people) arrive() {
	c.p.noticed = c.notice
	c.p.resting = c.rest
	c.p.refused = func(what planner.Input, why *planner.Refusal) {
		c.complaints = append(c.complaints, fmt.Sprintf("%s %s was refused: %s", offset(c.p.since()), wish(what), why.Message))
	}
	var later []project.Button
	for _, b := range c.buttons {
		if b.At == 0 {
			later = append(later, b)
			continue
		}
		c.p.after(b.At, func() { c.press(b) })
	}
	c.buttons = later
}

func wish(in planner.Input) string {
	text := strings.TrimPrefix(fmt.Sprintf("%T", in), "*planner.")
	switch text {
	case "Undo":
		return "Compensate"
	case "Send":
		return "the signal"
	}
	return text
}

func (c *people) press(b project.Button) {
	switch b.Press {
	case "retry":
		c.p.post(&planner.Retry{By: "test"})
	case "cancel":
		c.p.post(&planner.Cancel{By: "test", Then: b.Then})
	case "compensate":
		c.p.post(&planner.Undo{By: "test"})
	case "pause":
		c.p.post(&planner.Pause{By: "test"})
	case "resume":
		c.p.post(&planner.Resume{By: "test"})
	}
}

// rest presses the next button that has no time of its own.
func (c *people) rest() bool {
	if len(c.buttons) == 0 {
		return false
	}
	b := c.buttons[0]
	c.buttons = c.buttons[1:]
	c.press(b)
	return true
}

func (c *people) notice(m *member, f planner.Fact) {
	named := func(name, step string) bool { return name == plainPath(m.path)+step }
	switch f := f.(type) {
	case *planner.StepWaiting:
		if !f.Ask {
			return
		}
		for i, a := range c.approvals {
			if named(a.Step, f.Step) {
				c.approvals = append(c.approvals[:i:i], c.approvals[i+1:]...)
				c.p.after(a.After, func() {
					c.p.postTo(m, &planner.Approve{Step: f.Step, Approved: a.Approved, By: a.By, Comment: a.Comment})
				})
				return
			}
		}
	case *planner.CallFailed:
		if f.Next != planner.NextUncertain {
			return
		}
		for i, r := range c.resolutions {
			if named(r.Step, f.Step) && r.Item == f.Item {
				c.resolutions = append(c.resolutions[:i:i], c.resolutions[i+1:]...)
				c.p.after(r.After, func() {
					in := &planner.Resolve{Step: f.Step, Item: r.Item, As: planner.Resolution(r.As), By: "test"}
					if in.As == planner.Happened {
						in.Output = r.Output.JSON()
					}
					c.p.postTo(m, in)
				})
				return
			}
		}
	}
}

// idle tells of people who had nothing to do, or were refused.
func (c *people) idle() []string {
	out := c.complaints
	for _, a := range c.approvals {
		out = append(out, fmt.Sprintf("the approval of `%s` was never asked for", a.Step))
	}
	for _, r := range c.resolutions {
		out = append(out, fmt.Sprintf("`%s` was never uncertain, so nobody could resolve it", r.Step))
	}
	return out
}
