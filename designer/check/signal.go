package check

import (
	"bytes"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// signalStep compiles a step that waits for a message from outside. Steps that wait for the same name must agree on what is sent: whoever sends it
// cannot know which of them takes it.
func (k *compiler) signalStep(i int) {
	w, s := &k.d.Steps[i], k.steps[i]
	s.Signal, s.SignalTimeout = w.Signal.Name, w.Signal.Timeout
	if w.Signal.Name == "" {
		if !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "signal", "add `name: …`, by which it is sent", "`signal` has no `name`")
		}
		return
	}
	if w.Signal.Schema.Kind != flow.Absent {
		compiled, issues := compileSchema(w.Signal.Schema, "signal.schema", "the signal's schema")
		for j := range issues {
			issues[j].Step = w.Name
		}
		k.issues = append(k.issues, issues...)
		s.SignalSchema = compiled
	}
	for j := range i {
		o := &k.d.Steps[j]
		if o.Kind != flow.Signal || o.Signal.Name != w.Signal.Name {
			continue
		}
		if !bytes.Equal(flow.CanonicalValue(w.Signal.Schema), flow.CanonicalValue(o.Signal.Schema)) {
			k.stepIssue(flow.Error, i, "signal.schema", "write the same schema, or wait for another name",
				"`%s` waits for the signal `%s`, too, and with another schema", o.Name, w.Signal.Name)
		}
		return
	}
}

// signals lists the steps that wait for each name.
func (k *compiler) signals() map[string][]*Step {
	var out map[string][]*Step
	for _, s := range k.steps {
		if s.Kind != flow.Signal {
			continue
		}
		if out == nil {
			out = map[string][]*Step{}
		}
		out[s.Signal] = append(out[s.Signal], s)
	}
	return out
}

// BreachOfSignal says in what a payload differs from what the step waits for; "" if in nothing.
func (s *Step) BreachOfSignal(payload []byte) string {
	if f := breach(s.SignalSchema, payload, "the signal `"+s.Signal+"`", fault.None); f != nil {
		return f.Message
	}
	return ""
}
