package planner

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// Restarts says why the run cannot be restarted from any of its steps; "" if it can.
func (s *State) Restarts() string {
	switch {
	case s.Parent != nil:
		return s.owned("restart").Error()
	case s.Ended == StatusFailed && !s.Cancelled, s.Ended == StatusSucceeded:
		return ""
	case s.Ended == StatusCompensated || s.Ended == StatusCompensationFailed || s.Ended == StatusCancelled || s.Cancelled:
		return "the run is " + string(s.Status()) + ": Restart applies to a run that failed or succeeded. Start a new one with the same input"
	}
	return "the run is " + string(s.Status()) + ": Restart applies to a run that failed or succeeded"
}

// restart goes back to a step: what it and all that come after it did is undone, where something undoes it, and then they begin anew.
func (d *decider) restart(in *Restart) error {
	if why := d.s.Restarts(); why != "" {
		return &Refusal{Conflict, why}
	}
	if err := d.s.since(in.Seq); err != nil {
		return err
	}
	p, err := d.target(in.Version)
	if err != nil {
		return err
	}
	s, ok := d.s.Steps[in.Step]
	switch {
	case p.Step(in.Step) == nil:
		return &Refusal{Invalid, "the flow has no step called " + quote(in.Step)}
	case !ok || s.Status == Pending:
		return conflict("%s has not begun: there is nothing to restart", quote(in.Step))
	}
	if err := d.still(); err != nil {
		return err
	}
	anew := d.from(in.Step, p)
	for _, name := range in.Again {
		if !anew[name] {
			return &Refusal{Invalid, quote(name) + " does not begin anew when the run is restarted from " + quote(in.Step) + ": `again` names steps that do"}
		}
	}
	for _, st := range d.p.Steps {
		if s, ok := d.s.Steps[st.Name]; ok && anew[st.Name] {
			d.weigh(st, s, in.Again)
		}
	}
	f := &RestartRequested{By: in.By, Step: in.Step, Version: in.Version, Again: in.Again, Undo: len(d.undone) > 0}
	if f.Version == 0 {
		f.Version = d.s.Version
	}
	d.emit(f)
	if !f.Undo {
		d.revise(&RunRevised{Version: f.Version, By: in.By, From: in.Step}, p, anew)
		return nil
	}
	d.probed = d.probe(f, p, anew)
	d.blocked = append(d.blocked, d.probed.blocked...)
	d.startUndoOf(in.By, anew)
	return nil
}

// from is a step with all that come after it, by the run's version or by that which it goes on with.
func (d *decider) from(step string, p *check.Program) map[string]bool {
	set := map[string]bool{step: true}
	for before := 0; before < len(set); {
		before = len(set)
		for _, version := range []*check.Program{d.p, p} {
			for _, st := range version.Steps {
				for _, e := range st.Out {
					if set[st.Name] {
						set[version.Steps[e.To].Name] = true
					}
				}
			}
		}
	}
	return set
}

// weigh says what has to become of what a step did before it begins anew.
func (d *decider) weigh(st *check.Step, s *Step, again []string) {
	did, unknown := s.Undoable()
	was := d.pinned(st)
	switch undoes := was.Compensate != nil || was.Kind == flow.SubFlow; {
	case undoes && (did > 0 || unknown > 0 && was.UndoAttempts):
		d.undone = append(d.undone, Said{st.Name, "what it did is undone first"})
		if unknown > 0 && !was.UndoAttempts {
			d.block(st.Name, itoa(unknown)+" of its items may have happened without completing, and only what completed is undone: Retry it first")
		}
	case s.dubious() > 0:
		d.block(st.Name, itoa(s.dubious())+" items or iterations of it may have happened without completing: Retry it first, so that it is known")
	case did > 0 && was.Call != nil && !was.Call.Idempotent && !slices.Contains(again, st.Name):
		d.block(st.Name, "it has been done, it may not happen twice (idempotent: false), and nothing undoes it: name it under `again` if it is to be called a second time")
		if d.twice == nil {
			d.twice = map[string]bool{}
		}
		d.twice[st.Name] = true
	case did > 0:
		d.say(st.Name, "nothing undoes what it did: it is called again, under a new key")
	}
}

// dubious counts the units that would begin anew, with another key, though a call of theirs may have happened and nobody knows.
func (st *Step) dubious() (n int) {
	st.units(func(_ int, u *Unit) { n += delta(u.Maybe && u.Child == "" && (st.Planned || u.Passed > 0), false) })
	return n
}

// probe looks at what a restart would make of the run once everything is undone, on a copy.
func (d *decider) probe(f *RestartRequested, p *check.Program, anew map[string]bool) *decider {
	probe := &decider{p: d.p, others: d.others, s: d.s.clone(), now: d.now}
	probe.revise(&RunRevised{Version: f.Version, By: f.By, From: f.Step}, p, anew)
	return probe
}

// rewind is the second half of a restart: everything is undone.
func (d *decider) rewind() {
	f := d.s.Restart
	p, err := d.target(f.Version)
	var anew map[string]bool
	if err == nil {
		anew = d.from(f.Step, p)
		err = d.probe(f, p, anew).blocks()
	}
	if err != nil { // nothing has happened since it was asked for, so only a version that is not there any more gets here
		d.emit(&RunCompensationFailed{Item: NoItem, Fault: fault.Fault{Class: fault.Rejected, Effect: fault.None,
			Message: "everything is undone, and the run cannot be restarted from " + quote(f.Step) + ": " + strings.TrimSpace(err.Error())}})
		return
	}
	d.revise(&RunRevised{Version: f.Version, By: f.By, From: f.Step}, p, anew)
}
