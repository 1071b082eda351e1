package planner

import (
	"slices"

	"github.com/segno-run/segno/designer/fault"
)

// retrying lists the units of a step that wait for their next attempt: that of an item, or all for NoItem; what undoes them among them.
func (s *State) retrying(step string, item int) (refs []Ref) {
	st, ok := s.Steps[step]
	if !ok || s.Ended != "" {
		return nil
	}
	st.units(func(i int, u *Unit) {
		if item != NoItem && i != item {
			return
		}
		if u.State == Retrying {
			refs = append(refs, Ref{Step: step, Item: i})
		}
		if u.Undo != nil && u.Undo.State == Retrying {
			refs = append(refs, Ref{Step: step, Item: i, Undo: true})
		}
	})
	return refs
}

// hurried finds what a button on a retrying step is about, or refuses.
func (d *decider) hurried(step string, item int, button string) ([]Ref, error) {
	st := d.p.Step(step)
	if st == nil {
		return nil, &Refusal{Invalid, "the flow has no step called " + quote(step)}
	}
	refs := d.s.retrying(step, item)
	switch {
	case len(refs) > 0:
		return refs, nil
	case item != NoItem:
		return nil, conflict("item %d of %s does not wait for another attempt: %s applies to what is retrying", item, quote(step), button)
	}
	return nil, conflict("%s does not wait for another attempt: %s applies to what is retrying", quote(step), button)
}

// retryNow makes the next attempts at once that a step waits for.
func (d *decider) retryNow(in *RetryNow) error {
	refs, err := d.hurried(in.Step, in.Item, "Run now")
	if err != nil {
		return err
	}
	if d.s.Paused {
		return conflict("the run is paused%s: resume it, and the attempt is made in its time", by(d.s.PausedBy))
	}
	if d.expired(d.p.Step(in.Step)) {
		return nil
	}
	for _, r := range refs {
		if u := d.s.Unit(r); u.State == Retrying {
			d.emit(&TimerFired{Ref: r, By: in.By, Early: true})
			d.again(r, u.Round+1)
		}
	}
	return nil
}

// stopRetrying counts as failed what a step waits to try again, by its last failure.
func (d *decider) stopRetrying(in *StopRetrying) error {
	refs, err := d.hurried(in.Step, in.Item, "Stop retrying")
	if err != nil {
		return err
	}
	st := d.p.Step(in.Step)
	for _, r := range refs {
		u := d.s.Unit(r)
		if u.State != Retrying {
			continue // what became of another item has settled it
		}
		f := *u.Fault
		f.Evidence = append(slices.Clone(f.Evidence), fault.Detail{Name: "no further attempt", Value: "stopped" + by(in.By)})
		d.emit(&CallFailed{Ref: r, Fault: f, Left: true})
		d.unitFailed(st, r)
	}
	return nil
}
