package planner

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// repair is what a decider notes while it has a run go on with another version, or from an earlier step.
type repair struct {
	old     *check.Program     // that the run was on
	anew    map[string]bool    // steps that are to begin anew, whatever they did
	moved   map[string]bool    // steps of which what they gave is not what it was
	given   map[string][]Given // inputs that a person gave, by step
	giver   string
	blocked []Said          // what is in the way: the wish is refused
	twice   map[string]bool // of them, those that only have to be named
	said    []Said          // what becomes of the steps that something is to be said of
	undone  []Said          // what is undone first
	probed  *decider        // what follows once that is undone
}

// Said is a word on one step.
type Said struct {
	Step string
	Why  string
}

func (d *decider) block(step, why string) { d.blocked = append(d.blocked, Said{step, why}) }
func (d *decider) say(step, why string)   { d.said = append(d.said, Said{step, why}) }

// repairs reports whether an input may turn out to be refused after it has been followed half way.
func repairs(in Input) bool {
	switch in := in.(type) {
	case *Retry:
		return in.Version != 0 || len(in.Given) > 0
	case *Restart:
		return true
	}
	return false
}

// blocks refuses what something is in the way of.
func (d *decider) blocks() error {
	if len(d.blocked) == 0 {
		return nil
	}
	var whys []string
	for i, b := range d.blocked {
		if i == 3 {
			whys = append(whys, "and "+itoa(len(d.blocked)-i)+" more steps")
			break
		}
		whys = append(whys, strings.TrimPrefix(quote(b.Step)+": ", "``: ")+b.Why)
	}
	return conflict("something is in the way: %s", strings.Join(whys, "; "))
}

// give takes the inputs that a person gave for what failed.
func (d *decider) give(p *check.Program, in *Retry) error {
	if d.s.Phase == PhaseCompensating && (len(in.Given) > 0 || in.Version != 0 && in.Version != d.s.Version) {
		return conflict("the compensation failed: what is undone is undone by the version that did it, with the input that it computes; Retry without a version and without inputs")
	}
	d.giver = in.By
	d.given = map[string][]Given{}
	for _, g := range in.Given {
		r := Ref{Step: g.Step, Item: g.Item}
		where := quote(g.Step)
		if g.Item != NoItem {
			where += " item " + itoa(g.Item)
		}
		st, u := p.Step(g.Step), d.s.Unit(r)
		switch s, ok := d.s.Steps[g.Step]; {
		case st == nil:
			return &Refusal{Invalid, "the flow has no step called " + quote(g.Step)}
		case st.Kind != flow.Call:
			return &Refusal{Invalid, where + " calls no function: an input can be given for a step of kind call. What a flow is run with stands; restart from the step to run it anew"}
		case !ok || s.Status != Failed || s.Handled || u == nil || (g.Item == NoItem) == s.Planned || s.Planned && u.State != Failed:
			return conflict("%s has not failed: an input can be given for what failed and is called again", where)
		case !json.Valid(g.Input):
			return &Refusal{Invalid, "the input of " + where + " is not JSON"}
		case len(g.Input) > MaxInline:
			return &Refusal{Invalid, "the input of " + where + " has " + FormatSize(int64(len(g.Input))) + "; what a person gives may have " + FormatSize(MaxInline)}
		}
		if f := st.Call.BreachOfInput(g.Input); f != nil {
			return &Refusal{Invalid, where + ": " + f.Message}
		}
		if slices.ContainsFunc(d.given[g.Step], func(o Given) bool { return o.Item == g.Item }) {
			return &Refusal{Invalid, "two inputs are given for " + where}
		}
		d.given[g.Step] = append(d.given[g.Step], Given{Item: g.Item, Input: g.Input})
	}
	return nil
}

// still refuses to look through a run of which something may still happen.
func (d *decider) still() error {
	for _, name := range sortedSteps(d.s.Steps) {
		d.s.Steps[name].units(func(i int, u *Unit) {
			switch {
			case open(u.State):
				d.block(name, "it is in flight, and its outcome has to be known first")
			case u.State == Uncertain:
				d.block(name, "it is uncertain: say first what became of it")
			}
		})
	}
	return d.blocks()
}

// retryOn has a failed run go on with another version.
func (d *decider) retryOn(in *Retry, p *check.Program) error {
	if err := d.still(); err != nil {
		return err
	}
	d.emit(&RetryRequested{By: in.By})
	d.revise(&RunRevised{Version: in.Version, By: in.By}, p, nil)
	return nil
}

// revise looks through a run from its beginning, on p, which is the program of f.Version: what has been done and would be done in the same way is reused,
// what failed or was never done is done, and what has been done and would not be is in the way. The steps of anew begin anew.
func (d *decider) revise(f *RunRevised, p *check.Program, anew map[string]bool) {
	d.old, d.p, d.anew, d.moved = d.p, p, anew, map[string]bool{}
	f.Deadline = d.runDeadline()
	d.missing(f)
	if bad := p.BreachOfInput(d.s.Inline(d.s.Input.JSON())); bad != nil && d.old != p {
		d.block("", bad.Message)
	}
	d.emit(f)
	for _, name := range sortedSteps(d.s.Steps) {
		if anew[name] && p.Step(name) == nil {
			d.emit(&StepRenewed{Step: name})
		}
	}
	d.enterRoots()
	d.drain()
	for _, st := range p.Steps {
		if s, ok := d.s.Steps[st.Name]; ok && s.Stale {
			d.behind(st, s)
		}
	}
	d.resumeLoops()
	for _, t := range d.s.Timers() {
		d.command(&t)
	}
}

// missing looks at the steps that the version does not have.
func (d *decider) missing(f *RunRevised) {
	for _, name := range sortedSteps(d.s.Steps) {
		s := d.s.Steps[name]
		if d.p.Step(name) != nil || s.Status == Pending && !s.Gone {
			continue
		}
		if d.anew[name] {
			continue
		}
		if why := s.effect(); why != "" {
			d.block(name, why+", and version "+itoa(f.Version)+" has no such step")
		}
		f.Gone = append(f.Gone, name)
	}
}

// behind looks at a step that stands before what it needs.
func (d *decider) behind(st *check.Step, s *Step) {
	if slices.ContainsFunc(d.blocked, func(b Said) bool { return b.Step == st.Name }) {
		return
	}
	if why := s.effect(); why != "" && !d.anew[st.Name] && s.Status != Failed {
		d.block(st.Name, why+", and what it needs on this version has not")
		return
	}
	if !d.anew[st.Name] {
		d.say(st.Name, "its turn comes later, after what runs now")
	}
	d.renew(st)
}

// revisit looks at a step whose turn has come and that stands as it did before. dead names the edge because of which it is to be skipped.
func (d *decider) revisit(st *check.Step, s *Step, dead string) {
	same := d.old == d.p
	switch {
	case d.anew[st.Name]:
		d.renew(st)
	case dead != "" && s.Status == Skipped:
		d.reuse(st, s)
		return
	case dead != "":
		d.elsewise(st, s, "this version skips it, because "+dead+" is not taken")
	case s.Status == Failed && !s.Handled:
		d.rerun(st, s)
		return
	case same:
		d.stands(st, s)
		return
	default:
		why := d.differs(st, s)
		if why == "" && s.Status == Failed && !st.Wired(flow.PortError) {
			d.rerun(st, s)
			return
		}
		if why == "" {
			d.stands(st, s)
			return
		}
		if s.Status == Failed && !s.Planned && s.Passed == 0 && s.Child == "" {
			d.rerun(st, s)
			return
		}
		d.elsewise(st, s, why)
	}
	if !s.Stale { // it has been renewed
		if dead != "" {
			d.skip(st, dead, "")
			return
		}
		d.begin(st, s)
	}
}

// elsewise begins a step anew that would not do again what it did; if that has had an effect, it is in the way.
func (d *decider) elsewise(st *check.Step, s *Step, why string) {
	if did := s.effect(); did != "" {
		d.block(st.Name, did+", and "+why)
		return
	}
	d.say(st.Name, why)
	d.renew(st)
}

// renew takes a step back to before it began.
func (d *decider) renew(st *check.Step) {
	d.moved[st.Name] = true
	d.emit(&StepRenewed{Step: st.Name})
}

// stands keeps what stands of a step: what has ended, what waits, and what goes on.
func (d *decider) stands(st *check.Step, s *Step) {
	switch s.Status {
	case Cancelled:
		d.renew(st)
		d.begin(st, s)
	case Running:
		d.reuse(st, s)
		if s.Planned {
			d.setDeadline(st)
			d.advance(st)
		}
	default:
		d.reuse(st, s)
	}
}

// reuse keeps what a step has come to, and settles its edges.
func (d *decider) reuse(st *check.Step, s *Step) {
	f := &StepReused{Step: st.Name}
	switch {
	case s.Status == Succeeded && s.Port == flow.PortRejected:
		f.Edges = d.edges(st, flow.PortRejected)
	case s.Status == Succeeded && s.Port != "":
		f.Edges = d.edges(st, flow.PortDone, s.Port)
	case s.Status == Succeeded:
		f.Edges = d.edges(st, flow.PortDone)
	case s.Status == Skipped:
		f.Edges = d.edges(st)
	case s.Status == Failed && s.Handled:
		f.Edges = d.edges(st, flow.PortError)
	}
	d.emit(f)
	if f.Edges != nil {
		d.propagate(st, f.Edges)
	}
}

// rerun runs a step again that failed, as far as it is the same kind of thing.
func (d *decider) rerun(st *check.Step, s *Step) {
	if d.old != d.p {
		why := d.otherShape(st)
		if why == "" && s.Planned {
			why = d.otherItems(st, s)
		}
		if why == "" && s.Child != "" && s.ChildStatus == StatusFailed && st.Child.Version != s.Unit.Version {
			why = "its run failed on version " + itoa(s.Unit.Version) + " of " + quote(s.Flow) + ", and this version runs version " + itoa(st.Child.Version) +
				": restart from this step, and what that run did is undone first"
		}
		if why != "" {
			if d.elsewise(st, s, why); !s.Stale {
				d.begin(st, s)
			}
			return
		}
	}
	if s.Handled { // its error port was taken, and is not there any more
		d.say(st.Name, "this version does not handle its failure")
	}
	d.moved[st.Name] = true
	d.reset(st)
}

// effect says what of a step may have changed the world; "" for nothing.
func (st *Step) effect() string {
	did, unknown := st.Undoable()
	switch {
	case did > 0 && st.Planned:
		return itoa(did) + " of its items have completed"
	case did > 0 && st.Unit.Child != "" && st.Unit.State != Succeeded:
		return "its run has done something"
	case did > 0 && st.Unit.State != Succeeded:
		return "it has completed iterations"
	case did > 0:
		return "it has completed"
	case unknown > 0 && st.Planned:
		return itoa(unknown) + " of its items may have happened"
	case unknown > 0:
		return "it may have happened"
	}
	return ""
}
