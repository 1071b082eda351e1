package project

import "github.com/segno-run/segno/designer/flow"

func (r *testReader) signal(v flow.Value) Signal {
	out := Signal{Pos: v.Pos}
	if v.Kind != flow.Map {
		r.at(v.Pos, "write `{name: paid, payload: {…}, at: 3s}`", "a signal must be a mapping, found %s", kindOf(v))
		return out
	}
	r.each(v, "a signal", []string{"name", "payload", "at"}, func(f flow.Field) {
		switch f.Key {
		case "name":
			out.Name, out.Pos = r.text(f), f.Value.Pos
		case "payload":
			out.Payload = f.Value
		case "at":
			out.At = r.duration(f)
		}
	})
	if v.Get("name").Kind == flow.Absent {
		r.at(v.Pos, "add `name: …`", "the signal has no `name`")
	}
	return out
}

func (r *testReader) approval(v flow.Value) Approval {
	a := Approval{Pos: v.Pos, Approved: true}
	if v.Kind != flow.Map {
		r.at(v.Pos, "write `{step: review, approved: true}`", "an approval must be a mapping, found %s", kindOf(v))
		return a
	}
	r.each(v, "an approval", []string{"step", "after", "approved", "by", "comment"}, func(f flow.Field) {
		switch f.Key {
		case "step":
			a.Step, a.Pos = r.text(f), f.Value.Pos
		case "after":
			a.After = r.duration(f)
		case "approved":
			a.Approved = r.boolean(f)
		case "by":
			a.By = r.text(f)
		case "comment":
			a.Comment = r.text(f)
		}
	})
	r.needStep(v, a.Step)
	return a
}

func (r *testReader) needStep(v flow.Value, step string) {
	if step == "" && v.Get("step").Kind == flow.Absent {
		r.at(v.Pos, "add `step: name`", "the entry names no `step`")
	}
}

func (r *testReader) resolution(v flow.Value) Resolution {
	out := Resolution{Pos: v.Pos, Item: -1}
	if v.Kind != flow.Map {
		r.at(v.Pos, "write `{step: pay, as: happened, output: {…}}`", "a resolution must be a mapping, found %s", kindOf(v))
		return out
	}
	r.each(v, "a resolution", []string{"step", "item", "as", "output", "after"}, func(f flow.Field) {
		switch f.Key {
		case "step":
			out.Step, out.Pos = r.text(f), f.Value.Pos
		case "item":
			out.Item = r.integer(f, 0)
		case "as":
			out.As, out.AsPos = r.oneOf(f, "happened", "did_not_happen", "failed"), f.Value.Pos
		case "output":
			out.Output = f.Value
		case "after":
			out.After = r.duration(f)
		}
	})
	r.needStep(v, out.Step)
	switch {
	case v.Get("as").Kind == flow.Absent:
		r.at(v.Pos, "one of happened, did_not_happen, failed", "the resolution does not say `as` what")
	case out.As != "happened" && out.Output.Kind != flow.Absent:
		r.at(out.Output.Pos, "remove it", "only what happened has an `output`")
	}
	return out
}

func (r *testReader) button(v flow.Value) Button {
	b := Button{Pos: v.Pos}
	press := []string{"retry", "cancel", "compensate", "pause", "resume"}
	if v.Kind == flow.String {
		b.Press = r.oneOf(flow.Field{Key: "a button", Value: v}, press...)
		return b
	}
	if v.Kind != flow.Map {
		r.at(v.Pos, "write `{press: cancel, at: 3s}`", "a button must be a mapping, found %s", kindOf(v))
		return b
	}
	r.each(v, "a button", []string{"press", "at", "then"}, func(f flow.Field) {
		switch f.Key {
		case "press":
			b.Press = r.oneOf(f, press...)
		case "at":
			b.At = r.duration(f)
		case "then":
			b.Then = flow.OnFailure(r.oneOf(f, string(flow.Pause), string(flow.Compensate)))
		}
	})
	switch {
	case v.Get("press").Kind == flow.Absent:
		r.at(v.Pos, "one of retry, cancel, compensate, pause, resume", "the entry does not say which button to `press`")
	case b.Then != "" && b.Press != "cancel":
		r.at(v.Get("then").Pos, "remove it", "only `cancel` has a `then`")
	}
	return b
}

// Statuses are those that a scenario can expect: a run stands still in each of them.
var Statuses = []string{"waiting", "paused", "succeeded", "failed", "cancelled", "compensated", "compensation_failed", "uncertain"}

func (r *testReader) expect(v flow.Value) Expect {
	e := Expect{Pos: v.Pos}
	known := []string{"status", "path", "skipped", "output", "outputs", "attempts", "iterations", "compensations", "failure"}
	r.each(v, "`expect`", known, func(f flow.Field) {
		switch f.Key {
		case "status":
			e.Status, e.StatusPos = r.oneOf(f, Statuses...), f.Value.Pos
		case "path":
			e.Path, e.PathPos = r.places(f), f.KeyPos
		case "skipped":
			e.Skipped = r.places(f)
		case "output":
			e.Output = f.Value
		case "outputs":
			if r.mapping(f) {
				e.Outputs = f.Value.Fields
			}
		case "attempts":
			if r.mapping(f) {
				for _, a := range f.Value.Fields {
					e.Attempts = append(e.Attempts, Attempts{a.Key, a.KeyPos, r.integer(a, 0)})
				}
			}
		case "iterations":
			if r.mapping(f) {
				for _, a := range f.Value.Fields {
					e.Iterations = append(e.Iterations, Attempts{a.Key, a.KeyPos, r.integer(a, 0)})
				}
			}
		case "compensations":
			e.Compensations, e.CompensPos = r.places(f), f.KeyPos
		case "failure":
			if r.mapping(f) {
				e.Failure = r.expectFailure(f)
			}
		}
	})
	return e
}

// places reads a list of places; an empty one is not nil.
func (r *testReader) places(f flow.Field) []Place {
	out := []Place{}
	for _, it := range r.list(f) {
		out = append(out, r.place(it))
	}
	return out
}

func (r *testReader) expectFailure(f flow.Field) *ExpectedFailure {
	out := &ExpectedFailure{Pos: f.KeyPos}
	r.each(f.Value, "`failure`", []string{"step", "class", "message"}, func(f flow.Field) {
		switch f.Key {
		case "step":
			out.Step, out.StepPos = r.text(f), f.Value.Pos
		case "class":
			out.Class, out.ClassPos = r.text(f), f.Value.Pos
		case "message":
			out.Message = r.text(f)
		}
	})
	return out
}

// FaultColumns are the columns of the fault matrix, in its order.
var FaultColumns = []string{"before", "after", "unknown", "contract", "compensation"}

func (r *testReader) faults(f flow.Field) FaultNotes {
	var out FaultNotes
	if !r.mapping(f) {
		return out
	}
	r.each(f.Value, "`faults`", []string{"effectless", "accept"}, func(f flow.Field) {
		for _, it := range r.list(f) {
			if f.Key == "accept" {
				out.Accept = append(out.Accept, r.accept(it))
				continue
			}
			out.Effectless = append(out.Effectless, Name{r.text(flow.Field{Key: f.Key, Value: it}), it.Pos})
		}
	})
	return out
}

func (r *testReader) accept(v flow.Value) Acceptance {
	a := Acceptance{Pos: v.Pos}
	if v.Kind != flow.Map {
		r.at(v.Pos, "write `{step: ship, faults: [after], why: …}`", "an accepted finding must be a mapping, found %s", kindOf(v))
		return a
	}
	r.each(v, "an accepted finding", []string{"step", "faults", "why"}, func(f flow.Field) {
		switch f.Key {
		case "step":
			a.Step, a.Pos = r.text(f), f.Value.Pos
		case "faults":
			for _, it := range r.list(f) {
				a.Faults = append(a.Faults, Name{r.oneOf(flow.Field{Key: "faults", Value: it}, FaultColumns...), it.Pos})
			}
		case "why":
			a.Why = r.text(f)
		}
	})
	r.needStep(v, a.Step)
	if a.Why == "" {
		r.at(v.Pos, "add `why: …`", "a finding can't be accepted without a reason")
	}
	return a
}
