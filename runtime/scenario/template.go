package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/runtime/planner"
)

// Template writes a first test file for a flow of p: its functions with samples of what they return, and one scenario that expects what then happens. file
// is the path of the scenario's input within the project and input its content; without them the input is a sample, too. A flow that has errors gets the
// bare form.
func Template(ctx context.Context, p *project.Project, name, file string, input []byte) []byte {
	c, programs := &compiler{p: p}, map[edition]*check.Program{}
	program := c.load(edition{flow: name}, programs)
	if program == nil {
		return []byte("flow: " + name + "\nscenarios:\n  - name: everything goes well\n    input: {}\n    expect: {status: succeeded}\n")
	}
	if file == "" {
		input = worded(program.Input)
		file = onOneLine(input)
	}
	s := &Suite{Flow: name, Program: program, flows: map[edition]*check.Program{}}
	family(edition{flow: name}, func(e edition) *check.Program { return c.load(e, programs) }, s.flows)
	t := &sample{play: newPlay(ctx, s)}
	t.run(input)

	var b strings.Builder
	fmt.Fprintf(&b, "flow: %s\n", name)
	if calls := callsOf(program, s.flows); len(calls) > 0 {
		b.WriteString("functions: # what they return unless a scenario says otherwise; these are samples of their contracts\n")
		for _, c := range calls {
			fmt.Fprintf(&b, "  %s: {returns: %s}\n", c.Function, onOneLine(worded(c.Output)))
		}
	}
	fmt.Fprintf(&b, "scenarios:\n  - name: everything goes well\n    input: %s\n", file)
	if len(t.signals) > 0 {
		fmt.Fprintf(&b, "    signals: [%s]\n", strings.Join(t.signals, ", "))
	}
	if len(t.asked) > 0 {
		fmt.Fprintf(&b, "    approvals: [%s]\n", strings.Join(t.asked, ", "))
	}
	b.WriteString("    expect:\n")
	if status := string(t.play.state.Status()); slices.Contains(project.Statuses, status) {
		fmt.Fprintf(&b, "      status: %s\n", status)
	}
	fmt.Fprintf(&b, "      path: [%s]\n", t.path())
	return []byte(b.String())
}

// sample is a play in which everybody does what they are asked for.
type sample struct {
	play           *play
	asked, signals []string // as a scenario says it
}

func (t *sample) run(input []byte) {
	t.play.answer = newActors(nil).answer
	t.play.noticed = func(m *member, f planner.Fact) {
		if w, ok := f.(*planner.StepWaiting); ok && w.Ask {
			t.asked = append(t.asked, "{step: "+plainPath(m.path)+w.Step+"}")
			t.play.after(0, func() { t.play.postTo(m, &planner.Approve{Step: w.Step, Approved: true, By: "test"}) })
		}
	}
	var signals []project.Signal
	for _, st := range t.play.program.Steps {
		if st.Kind == flow.Signal {
			payload := worded(st.SignalSchema)
			v, _ := flow.FromJSON(payload)
			signals = append(signals, project.Signal{Name: st.Signal, Payload: v})
			t.signals = append(t.signals, "{name: "+st.Signal+", payload: "+onOneLine(payload)+"}")
		}
	}
	t.play.send(signals)
	t.play.run(input)
}

// path is what ran, as a scenario expects it.
func (t *sample) path() string {
	shown := look(t.play)
	if len(shown.began) == 0 {
		return ""
	}
	return shown.path(len(shown.began))
}

// callsOf lists the calls of a flow and of those that it runs, one a function, in the order of the steps.
func callsOf(p *check.Program, kin map[edition]*check.Program) []*check.Call {
	steps := slices.Clone(p.Steps)
	for _, e := range editions(kin) {
		if e.flow != p.Flow {
			steps = append(steps, kin[e].Steps...)
		}
	}
	var out []*check.Call
	for _, st := range steps {
		for _, c := range []*check.Call{st.Call, st.Compensate} {
			if c != nil && !slices.ContainsFunc(out, func(o *check.Call) bool { return o.Function == c.Function }) {
				out = append(out, c)
			}
		}
	}
	return out
}

// worded is a sample of a contract in which empty texts are words, if the contract allows that.
func worded(s *schema.Schema) []byte {
	sample := example(s)
	own, err := json.Marshal(mapTexts(plainValue(sample), "text", word))
	if err != nil || len(s.Validate(own)) > 0 {
		return sample
	}
	return own
}

// word names an empty text after its property.
func word(text, name string) string {
	if text == "" {
		return name + " 1"
	}
	return text
}

// mapTexts puts what f makes of it in the place of every text of a value. name is that of the property which the text, or the list of it, is.
func mapTexts(v any, name string, f func(text, name string) string) any {
	switch v := v.(type) {
	case string:
		return f(v, name)
	case []any:
		for i := range v {
			v[i] = mapTexts(v[i], name, f)
		}
	case map[string]any:
		for key := range v {
			v[key] = mapTexts(v[key], key, f)
		}
	}
	return v
}

// onOneLine writes JSON as YAML.
func onOneLine(raw []byte) string {
	v, err := flow.FromJSON(raw)
	if err != nil {
		return string(raw)
	}
	return project.InlineYAML(v)
}
