package planner

// pause keeps a run from starting anything. Only forward work can be paused: to stop a compensation half way would help nobody.
func (d *decider) pause(in *Pause) error {
	switch {
	case d.s.Paused:
		return conflict("the run is paused already%s", by(d.s.PausedBy))
	case !d.s.fits("pause"):
		return conflict("the run is %s: Pause applies to a run that is going forward", d.s.Status())
	}
	d.emit(&RunPaused{By: in.By})
	d.askAll(Asked{Ask: AskPause})
	return nil
}

// resume starts what was held, and looks at the timers that came while the run was paused.
func (d *decider) resume(in *Resume) error {
	if !d.s.Paused {
		return conflict("the run is %s: Resume applies to a run that is paused", d.s.Status())
	}
	d.emit(&RunResumed{By: in.By})
	d.askAll(Asked{Ask: AskResume})
	d.runDue() // what is too late first, so that nothing starts only to be stopped
	for _, st := range d.p.Steps {
		d.expired(st)
	}
	for _, name := range d.s.Held {
		d.queue = append(d.queue, turn{step: d.p.Step(name)})
	}
	d.drain()
	for _, t := range d.s.Timers() {
		if t.At.After(d.now) {
			break
		}
		d.timerDue(&TimerDue{t.Ref})
	}
	return nil
}
