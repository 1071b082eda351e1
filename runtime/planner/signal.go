package planner

import (
	"encoding/json"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// await takes a signal that has come already, or opens the wait for one.
func (d *decider) await(st *check.Step) {
	if len(d.s.Signals[st.Signal]) > 0 {
		d.take(st)
		return
	}
	f := &StepWaiting{Step: st.Name, Signal: st.Signal}
	if st.SignalTimeout > 0 {
		f.Until = d.now.Add(st.SignalTimeout)
		d.command(&SetTimer{Ref{Step: st.Name, Item: NoItem}, f.Until})
	}
	d.emit(f)
}

// take completes a step with the oldest signal that is kept.
func (d *decider) take(st *check.Step) {
	d.emit(&SignalTaken{Step: st.Name, Name: st.Signal})
	d.complete(st, &StepCompleted{}, flow.PortDone)
}

// send keeps a signal, or gives it to the step that waits for it longest. What nothing will take is refused, and it makes no difference whether it
// comes before or after the step.
func (d *decider) send(in *Send) error {
	steps := d.p.Signals[in.Name]
	switch {
	case len(steps) == 0:
		return &Refusal{Invalid, "the flow waits for no signal called " + quote(in.Name)}
	case !json.Valid(in.Payload):
		return &Refusal{Invalid, "the signal is not JSON"}
	}
	if said := steps[0].BreachOfSignal(in.Payload); said != "" {
		return &Refusal{Invalid, said}
	}
	s := d.s
	if s.ID == "" || s.Ended != "" && s.Ended != StatusFailed || s.Cancelled || s.Phase == PhaseCompensating {
		return conflict("the run is %s: nothing takes a signal any more", s.Status())
	}
	var waits *check.Step
	takers := 0
	for _, st := range steps {
		got, ok := s.Steps[st.Name]
		switch {
		case !ok || got.Status == Pending || got.Status == Failed && !got.Handled:
			takers++
		case got.Status == Waiting:
			takers++
			if waits == nil || got.StartedAt.Before(s.Steps[waits.Name].StartedAt) {
				waits = st
			}
		}
	}
	if kept := len(s.Signals[in.Name]); takers <= kept {
		if kept > 0 {
			return conflict("the signal %s has come already, and no other step waits for it", quote(in.Name))
		}
		return conflict("no step waits for the signal %s any more", quote(in.Name))
	}
	d.emit(&SignalReceived{Name: in.Name, Payload: in.Payload, By: in.By})
	if waits != nil {
		d.take(waits)
	}
	return nil
}
