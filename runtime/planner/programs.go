package planner

import (
	"fmt"
	"strconv"

	"github.com/segno-run/segno/designer/check"
)

// Programs are the versions of a run's flow: the one that it is on, and those that it was on before (State.Former) or may be asked to go on with.
type Programs struct {
	Now    *check.Program
	Others map[int]*check.Program
}

// known refuses to decide on a run of which a version is not here: its steps would be undone by another version than the one that made their calls.
func (ps Programs) known(s *State) error {
	if ps.Now == nil {
		return nil
	}
	need := s.Former
	if s.Restart != nil {
		need = append(need[:len(need):len(need)], s.Restart.Version)
	}
	for _, version := range need {
		if version != s.Version && ps.Others[version] == nil {
			return fmt.Errorf("version %d of %s, which the run has been on, is not known", version, s.Flow)
		}
	}
	return nil
}

// target is the program of the version that somebody wishes to go on with; 0 is the run's own.
func (d *decider) target(version int) (*check.Program, error) {
	if version == 0 || version == d.s.Version {
		return d.p, nil
	}
	p := d.others[version]
	if p == nil || p.Flow != d.s.Flow {
		return nil, &Refusal{Invalid, "there is no version " + strconv.Itoa(version) + " of " + quote(d.s.Flow) + " that the run could go on with"}
	}
	return p, nil
}

// edition is the step of a unit as the version has it that made its last call: that version says what undoes it.
func (d *decider) edition(r Ref) *check.Step {
	if u := d.s.Unit(Ref{Step: r.Step, Item: r.Item}); u != nil {
		return d.stepOf(u.Edition, r.Step)
	}
	return d.p.Step(r.Step)
}

// pinned is edition for a step with all its units: those of one step agree on whether they are undone, and how much of them.
func (d *decider) pinned(st *check.Step) *check.Step {
	edition := 0
	if s, ok := d.s.Steps[st.Name]; ok {
		s.units(func(_ int, u *Unit) { edition = max(edition, u.Edition) })
	}
	return d.stepOf(edition, st.Name)
}

// stepOf is a step of a version of the flow; 0 is the run's own, which stands in for one that is not known as well.
func (d *decider) stepOf(version int, name string) *check.Step {
	if p := d.others[version]; p != nil && version != d.s.Version {
		if st := p.Step(name); st != nil {
			return st
		}
	}
	return d.p.Step(name)
}
