package runtime

import (
	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime/planner"
)

// lacks lists the versions that the run has been on, or is about to go on with, and that are not here.
func (r *run) lacks() []int {
	var out []int
	lack := func(version int) {
		if version != r.state.Version && r.others[version] == nil {
			out = append(out, version)
		}
	}
	for _, version := range r.state.Former {
		lack(version)
	}
	if r.state.Restart != nil {
		lack(r.state.Restart.Version)
	}
	return out
}

// needs asks for the version that a wish wants the run to go on with, and reports whether it has to be waited for.
func (c *Core) needs(r *run, in planner.Input) bool {
	version := 0
	switch in := in.(type) {
	case *planner.Retry:
		version = in.Version
	case *planner.Restart:
		version = in.Version
	}
	if version <= 0 || version == r.version || r.others[version] != nil || r.absent[version] || r.fresh {
		return false
	}
	r.needed = version
	c.out = append(c.out, Need{r.id, r.flow, version})
	return true
}

// found takes a version that was asked for, and what has waited for it.
func (c *Core) found(ev Found) {
	r := c.runs[ev.Run]
	if r == nil || r.loading || r.needed != ev.Version {
		return
	}
	r.needed = 0
	if ev.Program != nil {
		if r.others == nil {
			r.others = map[int]*check.Program{}
		}
		r.others[ev.Version] = ev.Program
	} else {
		if r.absent == nil {
			r.absent = map[int]bool{}
		}
		r.absent[ev.Version] = true // the planner says that there is none
	}
	if r.leaving {
		return
	}
	backlog := r.backlog
	r.backlog = nil
	for _, m := range backlog {
		c.press(m)
	}
	c.rest(r)
}

// revise has the run go on with the version that its facts say.
func (r *run) revise() {
	if r.state.Version == r.version || r.program == nil {
		return
	}
	r.others[r.version], r.program, r.version = r.program, r.others[r.state.Version], r.state.Version
}
