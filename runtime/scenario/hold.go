package scenario

import (
	"slices"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

// callless are the kinds of steps that call nothing.
var callless = []flow.Kind{flow.Switch, flow.Set, flow.Wait, flow.Signal, flow.Approval, flow.Fail}

// canHold reports what a scenario expects and no run of its flow can show, so that it is told at its place and not as a failure of the flow.
func (c *compiler) canHold(sc project.Scenario) {
	e := sc.Expect
	for i, p := range e.Path {
		if slices.ContainsFunc(e.Path[:i], func(o project.Place) bool { return o.Step == p.Step }) {
			c.at(p.Pos, "name each step once, where it began", "`path` can't hold: a step begins once, and `%s` stands there twice", p.Step)
		}
		c.errorPort(p)
	}
	for _, p := range e.Skipped {
		if slices.ContainsFunc(e.Path, func(o project.Place) bool { return o.Step == p.Step }) {
			c.at(p.Pos, "remove it from one of them", "`skipped` can't hold: `%s` stands in the path, too", p.Step)
		}
	}
	for _, a := range e.Attempts {
		if st := c.program.Step(a.Step); st != nil && a.Calls > 0 && slices.Contains(callless, st.Kind) {
			c.at(a.Pos, "", "`attempts` can't hold: the step `%s` calls nothing", a.Step)
		}
	}
	if e.Output.Kind != flow.Absent && e.Output.Kind != flow.Null && e.Status != "" && e.Status != "succeeded" {
		c.at(e.Output.Pos, "say `status: succeeded`, or remove `output`", "`output` can't hold: a run that is %s has none", e.Status)
	}
	if len(e.Compensations) > 0 && (e.Status == "succeeded" || e.Status == "waiting") {
		c.at(e.Compensations[0].Pos, "say `status: compensated`", "`compensations` can't hold: in a run that is %s nothing was undone", e.Status)
	}
}

// errorPort reports an error port that no run takes, because nothing is wired to it.
func (c *compiler) errorPort(p project.Place) {
	st := c.program.Step(p.Step)
	if st == nil || p.Port == "" || p.Port != flow.PortError || !slices.Contains(st.Ports, p.Port) || st.Wired(flow.PortError) {
		return
	}
	c.at(p.Pos, "write `"+p.Step+"` and `failure: {step: "+p.Step+"}`", "`path` can't hold: nothing is wired to `%s`, so a failure of `%s` is not handled", p.Text, p.Step)
}
