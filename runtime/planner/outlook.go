package planner

import "time"

// Does is what a wish would make of a step.
type Does string

// What can become of a step.
const (
	DoesReuse    Does = "reuse"            // what it has come to stands
	DoesRun      Does = "run"              // it has never begun, and does when its turn comes
	DoesRunAgain Does = "run_again"        // it has begun before, and does so again
	DoesUndo     Does = "compensate_first" // what it did is undone, and then it runs again
	DoesSkip     Does = "skip"             // it has stood otherwise, and is skipped
	DoesGone     Does = "gone"             // the version has no such step, and it had no effect
	DoesBlock    Does = "in_the_way"
)

// Foreseen is what a wish would make of one step.
type Foreseen struct {
	Step   string
	Does   Does
	Why    string // "" where there is nothing to say
	Blocks bool   // the wish is refused because of it; else, in the way, it is followed and leads nowhere
	Twice  bool   // it blocks until a Restart names it under Again
}

// Outlook is what a wish would make of a run.
type Outlook struct {
	Version int // that the run would be on
	Steps   []Foreseen
	Blocked []string // why the wish would be refused, apart from single steps
	Blocks  bool     // it would be refused

	after *State
}

// Unit is a unit as the wish would leave it: of one that is called, with the input that it would be given. It must not be changed.
func (o *Outlook) Unit(r Ref) *Unit { return o.after.Unit(r) }

// Foretell says what a Retry of a failed run, or a Restart, would make of it: it is followed on a copy, so what it says and what is done have one source.
// The error is the *Refusal of a wish that does not fit the run at all.
func (ps Programs) Foretell(s *State, in Input, now time.Time) (*Outlook, error) {
	d := &decider{p: ps.Now, others: ps.Others, s: s.clone(), now: now}
	if _, _, err := d.decide(in); err != nil && len(d.blocked) == 0 {
		return nil, err
	}
	end := d
	if d.probed != nil {
		end = d.probed
	}
	o := &Outlook{Version: s.Version, Blocks: len(d.blocked) > 0, after: end.s}
	if end.s.Version != s.Version {
		o.Version = end.s.Version
	}
	listed := map[string]bool{}
	for _, st := range end.p.Steps {
		listed[st.Name] = true
		f := end.foreseen(st.Name, s.Steps[st.Name])
		f.found(d.said, "")
		f.found(end.said, "")
		f.found(d.undone, DoesUndo)
		if f.found(d.blocked, DoesBlock) {
			f.Blocks, f.Twice = true, d.twice[f.Step]
		}
		o.Steps = append(o.Steps, f)
	}
	for _, b := range d.blocked {
		switch {
		case b.Step == "":
			o.Blocked = append(o.Blocked, b.Why)
		case !listed[b.Step]:
			o.Steps = append(o.Steps, Foreseen{Step: b.Step, Does: DoesBlock, Why: b.Why, Blocks: true})
		}
		listed[b.Step] = true
	}
	for _, name := range sortedSteps(end.s.Steps) {
		if st := end.s.Steps[name]; !listed[name] && (st.Gone || d.anew[name]) {
			f := Foreseen{Step: name, Does: DoesGone, Why: "this version has no such step"}
			f.found(d.undone, DoesUndo)
			o.Steps = append(o.Steps, f)
		}
	}
	return o, nil
}

// found takes what was said of the step, and what it does by that.
func (f *Foreseen) found(said []Said, does Does) bool {
	for _, w := range said {
		if w.Step == f.Step {
			f.Why = w.Why
			if does != "" {
				f.Does = does
			}
			return true
		}
	}
	return false
}

// foreseen says what has become of a step in a decision; before is what stood there.
func (d *decider) foreseen(name string, before *Step) Foreseen {
	f := Foreseen{Step: name, Does: DoesRun}
	if before != nil && before.begun() {
		f.Does = DoesRunAgain
	}
	after := d.s.Steps[name]
	if after == nil {
		return f
	}
	kept := before != nil && before.Status != Pending && !before.Gone && (before.Status != Failed || before.Handled)
	for _, fact := range d.facts {
		switch fact := fact.(type) {
		case *StepRenewed:
			kept = kept && fact.Step != name
		case *StepReset:
			kept = kept && fact.Step != name
		case *StepFailed:
			if fact.Step == name && !fact.Handled {
				f.Does, f.Why = DoesBlock, "it fails again at once: "+fact.Fault.Message
				kept = false
			}
		case *CallFailed:
			if fact.Step == name && fact.Next == NextUncertain {
				f.Does, f.Why = DoesBlock, "somebody has to say first what became of it: "+fact.Fault.Message
				kept = false
			}
		}
	}
	switch {
	case kept:
		f.Does = DoesReuse
	case after.Status == Skipped && f.Does != DoesBlock:
		f.Does = DoesSkip
	}
	return f
}

// begun reports whether the step has ever done anything.
func (st *Step) begun() bool {
	switch st.Status {
	case Pending, Skipped:
		return st.Made() > 0
	}
	return true
}
