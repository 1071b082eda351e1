package runtime

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// run is one run in memory. Its state is ahead of the journal by what is pending.
type run struct {
	id      int64
	life    uint64 // a run that is loaded again is another life of it
	uuid    string
	flow    string
	version int
	program *check.Program
	others  map[int]*check.Program // the flow's other versions that the run was on, or may go on with
	needed  int                    // a version that was asked for and has not come; 0: none
	absent  map[int]bool           // versions that are not to be had
	state   *planner.State

	reader  int         // its row carries at least this one
	seq     int64       // of the last transition decided
	pending []*pending  // handed to the journal, oldest first
	room    [2]*pending // for pending
	status  string      // as the run's row last said
	shows   int         // the version that it last said; 0: that of its birth
	needs   string      // as it last said; unsaid until this life has written the row

	loading bool
	left    bool         // its last owner released it
	fresh   bool         // a child that has not begun: its row is there, and no history
	child   bool         // another run started it: its row was made by that one's transition
	dozes   bool         // a timer will ask whether it may sleep
	active  time.Time    // when it last concluded anything
	leaving bool         // its release is on the way: it takes nothing more
	again   bool         // it was claimed again before we heard of its release
	claimed int          // the number of the look that has claimed it last; 0: none did in this life
	broken  *fault.Fault // why it must be stopped
	backlog []Press
	held    map[string]bool // messages that this life of the run has decided
	timers  int             // of it in the core's heap
}

// pending is what waits for a transition's commit.
type pending struct {
	tag      uint64
	seq      int64 // 0 without facts
	begun    bool
	facts    []planner.Fact
	ended    planner.RunStatus // of the run after it; "" while it goes on
	release  bool
	letters  []letter
	commands []planner.Command
	answers  []Answered
}

// unsaid stands for what a run's row says of its needs where nobody has read it: the servers of older releases did not write it.
const unsaid = "?"

// row says what the run's row must say now, or nil if it says so already.
func (r *run) row(now time.Time) *journal.RunRow {
	s := r.state
	release := s.InFlight == s.Children && r.needed == 0 && r.settledDown(now)
	if !release && string(s.Status()) == r.status && string(s.Needs()) == r.needs && r.movedTo() == r.shows { // as after most transitions
		return nil
	}
	row := r.shown()
	if release {
		row.Release = true
		if at, ok := s.NextWake(); ok {
			row.WakeAt = &at
		}
	}
	r.status, r.needs, r.shows = row.Status, row.Needs, row.Version
	return row
}

// raise makes sure that the run's row carries a reader that understands the facts, so that the servers of older releases leave it alone.
func (r *run) raise(row *journal.RunRow, facts []planner.Fact) *journal.RunRow {
	need := planner.ReaderOf(facts)
	if need <= r.reader {
		return row
	}
	if row == nil {
		row = r.shown()
	}
	r.reader, row.Reader = need, need
	return row
}

// gone is the row of a run that was stopped and leaves: whatever it waits for, only a person wakes it.
func (r *run) gone() *journal.RunRow {
	row := r.shown()
	r.status, r.needs, row.Release = row.Status, row.Needs, true
	return row
}

// shown is what the lists of runs show of it.
func (r *run) shown() *journal.RunRow {
	s := r.state
	row := &journal.RunRow{Status: string(s.Status()), Needs: string(s.Needs()), Version: r.movedTo()}
	if s.Ended != "" {
		ended := s.EndedAt
		row.EndedAt = &ended
	}
	if f := s.Failure; f != nil && s.Ended != planner.StatusSucceeded {
		row.Class, row.Step, row.Message = string(f.Fault.Class), f.Step, clip(f.Fault.Message, 500)
	}
	return row
}

// movedTo is the version that the run is on by now, 0 if it is the one that it was born with.
func (r *run) movedTo() int {
	if len(r.state.Former) == 0 {
		return 0
	}
	return r.state.Version
}

// settledDown reports whether the run waits for nothing that comes soon.
func (r *run) settledDown(now time.Time) bool {
	s := r.state
	switch s.Status() {
	case planner.StatusWaiting, planner.StatusUncertain, planner.StatusCompensating, planner.StatusPaused:
	case planner.StatusSucceeded, planner.StatusFailed, planner.StatusCancelled, planner.StatusCompensated, planner.StatusCompensationFailed:
	case planner.StatusRunning:
		if s.Children == 0 {
			return false
		}
	default:
		return false
	}
	if s.Ended == "" && s.Children > 0 && now.Sub(r.active) < sleepAfter {
		return false
	}
	at, ok := s.NextWake()
	return !ok || at.Sub(now) > sleepAfter
}

type timer struct {
	at   time.Time
	run  int64
	life uint64 // of the run that set it
	ref  planner.Ref
	doze bool // not of the planner: the run may sleep if it still waits for its children alone
}

// timers is a heap by time, then by run, so that a seed gives the same order each time.
type timers []timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	if !t[i].at.Equal(t[j].at) {
		return t[i].at.Before(t[j].at)
	}
	return t[i].run < t[j].run
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)   { *t = append(*t, x.(timer)) }
func (t *timers) Pop() any {
	old := *t
	last := old[len(old)-1]
	*t = old[:len(old)-1]
	return last
}

// wireAnswer is a message's answer as the inbox keeps it.
type wireAnswer struct {
	OK      bool                `json:"ok"`
	Code    planner.RefusalCode `json:"code,omitempty"`
	Message string              `json:"message,omitempty"`
}

func encodeAnswer(r *planner.Refusal) []byte {
	a := wireAnswer{OK: r == nil}
	if r != nil {
		a.Code, a.Message = r.Code, r.Message
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return []byte(`{"ok":false}`) // strings always marshal
	}
	return raw
}

func decodeAnswer(raw []byte) error {
	var a wireAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	if a.OK {
		return nil
	}
	return &planner.Refusal{Code: a.Code, Message: a.Message}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return clip(line, 300)
}

// clip cuts a text to at most n bytes at a rune's edge.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
