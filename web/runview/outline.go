// Package runview turns the folded state of a run into what pages, the API and the websocket show of it.
//
// It reads planner.State and the flow's program, and concludes nothing about the run: what a step waits for or why it was skipped is put into words
// here, but it was decided elsewhere. It knows no database and no request.
package runview

import (
	"cmp"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// Outline is what showing a run needs of its flow: the steps in written order. It is immutable.
type Outline struct {
	Steps []Step
	index map[string]int
}

// Step is one step of an Outline.
type Step struct {
	ID          string
	Kind        string
	Title       string
	Function    string // kind call
	Flow        string // kind flow
	MaxAttempts int    // of the retry policy; 0 without a call
	Undo        string // the function that compensates it, "" for none
	Attempts    bool   // it compensates what may have happened, too
	Until       string // the condition of its loop, as written; "" for none

	MaxIterations int // of that loop; 0 without one
	ForEach       bool
	MaxParallel   int      // of a for_each
	Needs         []string // the steps before it, in written order
	Ports         []string // of each of Needs, the port that is waited for

	Branches map[string]string      // of a switch: the condition of each, as written
	Takes    []string               // the steps whose outputs it reads, in written order; none if the flow does not compile
	Reads    map[string][]expr.Path // what the conditions of a switch and of an if read; none if the flow does not compile
}

// FromProgram outlines a compiled flow.
func FromProgram(p *check.Program) *Outline {
	o := &Outline{index: map[string]int{}}
	for _, st := range p.Steps {
		s := Step{ID: st.Name, Kind: string(st.Kind), Title: st.Title, ForEach: st.ForEach != nil}
		if st.Child != nil {
			s.Flow = st.Child.Flow
		}
		if st.Call != nil {
			s.Function, s.MaxAttempts = st.Call.Function, st.Call.Retry.MaxAttempts
		}
		if st.Until != nil {
			s.Until, s.MaxIterations = st.Until.Condition.Source(), st.Until.Max
		}
		if st.Compensate != nil {
			s.Undo, s.Attempts = st.Compensate.Function, st.UndoAttempts
		}
		for _, e := range st.In {
			s.Needs, s.Ports = append(s.Needs, p.Steps[e.From].Name), append(s.Ports, e.Port)
		}
		if s.ForEach {
			s.MaxParallel = st.MaxParallel
		}
		s.conditions(st)
		s.takes(st, p)
		o.add(s)
	}
	return o
}

// conditions keeps what the conditions of a step read, by their text.
func (s *Step) conditions(st *check.Step) {
	s.Branches, s.Reads = map[string]string{}, map[string][]expr.Path{}
	if st.If != nil {
		s.Reads[st.If.Source()] = st.If.Reads()
	}
	for _, b := range st.Branches {
		s.Branches[b.Name] = b.Source
		if b.When != nil {
			s.Reads[b.Source] = b.When.Reads()
		}
	}
}

// takes keeps whose outputs a step reads for its own work, whatever compensates it aside.
func (s *Step) takes(st *check.Step, p *check.Program) {
	programs := []*expr.Program{st.If, st.ForEach}
	for _, t := range []*expr.Template{st.Set, st.WaitUntil, st.ApprovalTitle, st.FailMessage} {
		programs = append(programs, t.Programs()...)
	}
	if st.Call != nil {
		programs = append(programs, st.Call.With.Programs()...)
	}
	if st.Child != nil {
		programs = append(programs, st.Child.With.Programs()...)
	}
	if st.Until != nil {
		programs = append(programs, st.Until.Condition)
	}
	for _, b := range st.Branches {
		programs = append(programs, b.When)
	}
	read := map[string]bool{}
	for _, program := range programs {
		if program == nil {
			continue
		}
		for _, path := range program.Reads() {
			if path.Root == "steps" && path.Field == "output" {
				read[path.Step] = true
			}
		}
	}
	for _, other := range p.Steps {
		if read[other.Name] {
			s.Takes = append(s.Takes, other.Name)
		}
	}
}

// FromDefinition outlines a flow that does not compile (any more), so that its runs can still be looked at. Retry policies, and what conditions read, are not known then.
func FromDefinition(d *flow.Definition) *Outline {
	o := &Outline{index: map[string]int{}}
	for i := range d.Steps {
		st := &d.Steps[i]
		s := Step{ID: st.Name, Kind: string(st.Kind), Title: st.Title, ForEach: st.ForEach != nil}
		if st.Call != nil {
			s.Function = st.Call.Function
		}
		if st.Sub != nil {
			s.Flow = st.Sub.Flow
		}
		if u := st.Until; u != nil && u.Condition != nil {
			s.Until, s.MaxIterations = u.Condition.Source, cmp.Or(u.Max, flow.DefaultMax)
		}
		if st.Compensate != nil {
			s.Undo, s.Attempts = st.Compensate.Function, st.Compensate.After == flow.AfterAttempt
		}
		for _, e := range st.Needs.Edges {
			s.Needs, s.Ports = append(s.Needs, e.Step), append(s.Ports, e.Port)
		}
		o.add(s)
	}
	return o
}

func (o *Outline) add(s Step) {
	o.index[s.ID] = len(o.Steps)
	o.Steps = append(o.Steps, s)
}

// Step returns the step of that name; a step that the flow does not have gets its name and nothing else.
func (o *Outline) Step(name string) Step {
	if i, ok := o.index[name]; ok {
		return o.Steps[i]
	}
	return Step{ID: name}
}

// Has reports whether the flow has a step of that name.
func (o *Outline) Has(name string) bool {
	_, ok := o.index[name]
	return ok
}
