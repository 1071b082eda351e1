package scenario

import (
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
)

// Coverage is what the scenarios of a flow exercise, and what they never do.
type Coverage struct {
	Flow          string `json:"flow"`
	Steps         Part   `json:"steps"`         // that ran
	Branches      Part   `json:"branches"`      // of switches and approvals, `step.branch`
	ErrorPorts    Part   `json:"error_ports"`   // those that are wired
	Compensations Part   `json:"compensations"` // that were called

	suite *Suite
}

// Part is one kind of thing that can be exercised.
type Part struct {
	All    int      `json:"all"`
	Missed []string `json:"missed,omitempty"`
}

// Hit is how many were exercised.
func (p Part) Hit() int { return p.All - len(p.Missed) }

func (p *Part) want(name string) {
	p.All++
	p.Missed = append(p.Missed, name)
}

func (p *Part) hit(name string) {
	for i, m := range p.Missed {
		if m == name {
			p.Missed = append(p.Missed[:i:i], p.Missed[i+1:]...)
			return
		}
	}
}

func newCoverage(s *Suite) *Coverage {
	c := &Coverage{Flow: s.Flow, suite: s}
	for _, st := range s.Program.Steps {
		c.Steps.want(st.Name)
		for _, b := range st.Branches {
			c.Branches.want(st.Name + "." + b.Name)
		}
		if st.Kind == flow.Approval {
			c.Branches.want(st.Name + "." + flow.PortApproved)
			c.Branches.want(st.Name + "." + flow.PortRejected)
		}
		if st.Wired(flow.PortError) {
			c.ErrorPorts.want(st.Name + "." + flow.PortError)
		}
		if st.Compensate != nil {
			c.Compensations.want(st.Name)
		}
	}
	return c
}

// Merge adds what another suite of the same flow exercises.
func (c *Coverage) Merge(o *Coverage) {
	for _, pair := range [][2]*Part{{&c.Steps, &o.Steps}, {&c.Branches, &o.Branches}, {&c.ErrorPorts, &o.ErrorPorts}, {&c.Compensations, &o.Compensations}} {
		mine, other := pair[0], pair[1]
		var missed []string
		for _, m := range mine.Missed {
			for _, n := range other.Missed {
				if m == n {
					missed = append(missed, m)
				}
			}
		}
		mine.Missed = missed
	}
}

// add counts one play.
func (c *Coverage) add(p *play) {
	for _, b := range look(p).began {
		c.Steps.hit(b.step)
	}
	for _, m := range p.moments {
		for _, f := range m.facts {
			switch f := f.(type) {
			case *planner.StepCompleted:
				c.Branches.hit(f.Step + "." + f.Port)
			case *planner.ApprovalDecided:
				if !f.Approved {
					c.Branches.hit(f.Step + "." + flow.PortRejected)
				}
			case *planner.StepFailed:
				if f.Handled {
					c.ErrorPorts.hit(f.Step + "." + flow.PortError)
				}
			case *planner.CallScheduled:
				if f.Undo {
					c.Compensations.hit(f.Step)
				}
			}
		}
	}
}
