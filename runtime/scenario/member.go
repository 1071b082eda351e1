package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// member is one run of a play: the one that the scenario starts, or one that another member started.
type member struct {
	number  int64
	uuid    string
	parent  string // UUID; "": the scenario's own
	path    string // of the unit that started it: "pay.", "many[2].pay.", "poll[iteration 3]."; "" of the scenario's own
	version int
	program *check.Program
	owned   bool
	row     string
	wake    int // which of the run's wake-ups counts
	records []journal.Record
	state   *planner.State // what is committed
}

// id is the run's UUID.
func (m *member) id() string {
	if m.uuid == "" {
		return runID
	}
	return m.uuid
}

// unit is what is committed of a unit; an empty one if nothing is.
func (m *member) unit(r planner.Ref) *planner.Unit {
	if u := m.state.Unit(r); u != nil {
		return u
	}
	return &planner.Unit{}
}

// message waits in a member's inbox.
type message struct {
	id  string
	run int64
	in  planner.Input
}

// born makes the members that a transition starts, with these facts.
func (p *play) born(from *member, births []journal.Birth, facts []planner.Fact) {
	for _, b := range births {
		program := p.flows[edition{b.Flow, b.Version}]
		if program == nil {
			p.trouble = append(p.trouble, fmt.Sprintf("the flow `%s` has errors, or is not in the project", b.Flow))
			continue
		}
		m := &member{number: int64(len(p.members) + 1), uuid: b.UUID, parent: b.Parent, version: b.Version, program: program, row: journal.BornPending.Status,
			path: from.path + unitName(planner.Ref{Step: b.Step, Item: b.Item}) + ".", state: planner.NewState()}
		for _, f := range facts {
			if f, ok := f.(*planner.ChildStarted); ok && f.Child == b.UUID && f.Iteration > 0 {
				m.path = fmt.Sprintf("%s[iteration %d].", strings.TrimSuffix(m.path, "."), f.Iteration)
			}
		}
		p.members = append(p.members, m)
	}
}

// letters puts what a transition tells other members into their inboxes.
func (p *play) letters(out []journal.Letter) {
	for _, l := range out {
		i := slices.IndexFunc(p.members, func(m *member) bool { return m.uuid == l.To })
		if i < 0 || slices.ContainsFunc(p.inbox, func(m message) bool { return m.id == l.ID }) {
			continue
		}
		run := p.members[i].number
		p.inbox = append(p.inbox, message{l.ID, run, runtime.ReadMessage(journal.Message{ID: l.ID, Run: run, Kind: l.Kind, Body: l.Body}).Input})
	}
}

// member is the run of that number.
func (p *play) member(run int64) *member { return p.members[run-1] }

// hear is the member that a signal goes to: the scenario's own if its flow waits for one of that name, else the first that does and goes on.
func (p *play) hear(signal string) *member {
	for _, m := range p.members {
		if len(m.program.Signals[signal]) > 0 && (m.parent == "" || m.state.Ended == "") {
			return m
		}
	}
	return p.members[0]
}

// plainPath is a path without the numbers of items and iterations.
func plainPath(path string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(path, '[')
		if open < 0 {
			return b.String() + path
		}
		b.WriteString(path[:open])
		_, path, _ = strings.Cut(path[open:], "]")
	}
}

// edition is a flow in one of its versions, as a step runs it: 0 where no version has a number yet, in a project folder.
type edition struct {
	flow    string
	version int
}

// childOf is what a step runs; false if it runs no flow.
func childOf(st *check.Step) (edition, bool) {
	if st.Kind != flow.SubFlow || st.Child == nil {
		return edition{}, false
	}
	return edition{st.Child.Flow, st.Child.Version}, true
}

// family collects the programs of a flow and of all that it runs.
func family(e edition, find func(edition) *check.Program, into map[edition]*check.Program) {
	p := find(e)
	if p == nil || into[e] != nil {
		return
	}
	into[e] = p
	for _, st := range p.Steps {
		if child, ok := childOf(st); ok {
			family(child, find, into)
		}
	}
}

// editions lists a family by flow and version.
func editions(family map[edition]*check.Program) []edition {
	return slices.SortedFunc(maps.Keys(family), func(a, b edition) int {
		return cmp.Or(strings.Compare(a.flow, b.flow), cmp.Compare(a.version, b.version))
	})
}

// iterationOf is the number of the iteration in a part of a path, and the part without it; 0 if it has none.
func iterationOf(part string) (unit string, n int) {
	unit, rest, ok := strings.Cut(part, "[iteration ")
	if ok {
		n, _ = strconv.Atoi(strings.TrimSuffix(rest, "]"))
	}
	return unit, n
}

// moment is one committed transition.
type moment struct {
	at    time.Duration // since the start
	of    *member
	facts []planner.Fact
}
