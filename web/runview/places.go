package runview

import (
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Places says which transitions of a run hold what each attempt was sent, gave and failed with, and what each iteration gave. The folded state keeps the
// last of these alone; with its place any other is one row of the journal, whatever the run's length. Undos are left out. The zero Places is empty.
type Places struct {
	units map[planner.Ref][]Place
}

// Place is where one value stands.
type Place struct {
	Seq       int64  // of the transition
	what      string // ValueInput, ValueOutput or ValueError
	Attempt   int    // that it is of; 0: a person's word
	iteration int    // of an output after which a loop went on; else 0
}

// Take notes what a transition holds.
func (p *Places) Take(seq int64, facts []planner.Fact) {
	for _, f := range facts {
		ref, place, ok := placeOf(f)
		if !ok || ref.Undo {
			continue
		}
		if p.units == nil {
			p.units = map[planner.Ref][]Place{}
		}
		place.Seq = seq
		p.units[ref] = append(p.units[ref], place)
	}
}

// placeOf is what a fact holds, without its Seq.
func placeOf(f planner.Fact) (ref planner.Ref, place Place, ok bool) {
	switch f := f.(type) {
	case *planner.CallScheduled:
		return f.Ref, Place{what: ValueInput, Attempt: f.Attempt}, f.Input != nil // else it is that of the attempt before
	case *planner.ChildStarted:
		return f.Ref, Place{what: ValueInput, Attempt: f.Attempt}, true
	case *planner.CallSucceeded:
		return f.Ref, Place{what: ValueOutput, Attempt: f.Attempt}, true
	case *planner.IterationCompleted:
		return f.Ref, Place{what: ValueOutput, Attempt: f.Attempt, iteration: f.Iteration}, true
	case *planner.CallFailed:
		return f.Ref, Place{what: ValueError, Attempt: f.Attempt}, true
	case *planner.ChildEnded:
		if f.Fault != nil {
			return f.Ref, Place{what: ValueError, Attempt: f.Attempt}, true
		}
		return f.Ref, Place{what: ValueOutput, Attempt: f.Attempt}, true
	}
	return ref, place, false
}

// Attempt is where what an attempt was sent, gave or failed with stands; ok is false if there is none such.
func (p Places) Attempt(ref planner.Ref, what string, attempt int) (found Place, ok bool) {
	for _, at := range p.units[ref] {
		switch {
		case at.what != what:
		case at.Attempt == attempt:
			found, ok = at, true // the latest counts
		case what == ValueInput && at.Attempt < attempt:
			found, ok = at, true
		}
	}
	return found, ok
}

// Iteration is where the output of an iteration stands after which a loop went on. Of one that was made again the latest counts.
func (p Places) Iteration(ref planner.Ref, iteration int) (found Place, ok bool) {
	for _, at := range p.units[ref] {
		if iteration > 0 && at.iteration == iteration {
			found, ok = at, true
		}
	}
	return found, ok
}

// Read takes the value out of its transition: JSON as it was recorded, with stand-ins for what is kept apart; an error as the API has it. Nil if it is not there.
func (at Place) Read(ref planner.Ref, facts []planner.Fact) (value []byte, failed *view.Failure) {
	for _, f := range facts {
		of, place, ok := placeOf(f)
		place.Seq = at.Seq
		if !ok || of != ref || place != at {
			continue
		}
		switch f := f.(type) {
		case *planner.CallScheduled:
			value = f.Input
		case *planner.ChildStarted:
			value = f.Input
		case *planner.CallSucceeded:
			value = f.Output
		case *planner.IterationCompleted:
			value = f.Output
		case *planner.CallFailed:
			failed = failure("", planner.NoItem, &f.Fault)
		case *planner.ChildEnded:
			value, failed = f.Output, failure("", planner.NoItem, f.Fault)
		}
	}
	return value, failed
}
