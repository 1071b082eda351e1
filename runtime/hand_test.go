package runtime_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// bench drives a Core by hand: what it hands to the journal is committed only when the test says so.
type bench struct {
	t        *testing.T
	owner    journal.Incarnation
	core     *runtime.Core
	now      time.Time
	programs map[int64]*check.Program
	rows     map[int64][]journal.Record
	queue    []runtime.Append
	out      []runtime.Output // since the last look
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, owner: 1, core: runtime.NewCore(1), now: time.Date(2026, 1, 1, 0, 0, 0, 123456789, time.UTC),
		programs: map[int64]*check.Program{}, rows: map[int64][]journal.Record{}}
}

func (b *bench) step(ev runtime.Event) {
	for _, out := range b.core.Step(ev, b.now) {
		if a, ok := out.(runtime.Append); ok {
			b.queue = append(b.queue, a)
		}
		b.out = append(b.out, out)
	}
}

func (b *bench) begin(run int64, src string) {
	b.t.Helper()
	b.programs[run] = compile(b.t, src, functions)
	b.step(runtime.Begin{Run: run, Program: b.programs[run], Start: &planner.Start{ID: fmt.Sprintf("00000000-0000-7000-8000-%012d", run), Version: 1, Input: planner.JSON(`{"n":0}`)}})
}

// commit makes the oldest of what was handed in durable.
func (b *bench) commit() {
	b.t.Helper()
	if len(b.queue) == 0 {
		b.t.Fatal("there is nothing to commit")
	}
	a := b.queue[0]
	b.queue = b.queue[1:]
	if t := a.Transition; t.Seq > 0 {
		if want := int64(len(b.rows[t.Run])) + 1; t.Seq != want {
			b.t.Fatalf("run %d: transition %d comes where %d belongs", t.Run, t.Seq, want)
		}
		b.rows[t.Run] = append(b.rows[t.Run], journal.Record{Seq: t.Seq, At: t.At.Truncate(time.Microsecond), Facts: t.Facts})
	}
	b.step(runtime.Durable{Run: a.Transition.Run, Tag: a.Tag})
}

func (b *bench) commitAll() {
	b.t.Helper()
	for len(b.queue) > 0 {
		b.commit()
	}
}

// refuse has the store refuse the oldest of what was handed in, and the journal all that follows of its run.
func (b *bench) refuse(err error) {
	a := b.queue[0]
	b.queue = b.queue[1:]
	b.step(runtime.Durable{Run: a.Transition.Run, Tag: a.Tag, Err: err})
	queue := b.queue
	b.queue = nil
	for _, later := range queue {
		if later.Transition.Run == a.Transition.Run {
			b.step(runtime.Durable{Run: later.Transition.Run, Tag: later.Tag, Err: journal.ErrAfterRefused})
			continue
		}
		b.queue = append(b.queue, later)
	}
}

// load answers a Load from what is durable.
func (b *bench) load(run int64, broken error) {
	h := journal.History{Run: run, UUID: "u", Flow: "f", Version: 1, Owner: b.owner, Records: b.rows[run]}
	if broken != nil {
		b.step(runtime.Loaded{History: h, Broken: broken})
		return
	}
	b.step(runtime.Loaded{History: h, Program: b.programs[run]})
}

// take has a run that is asleep take a message, as the inbox does: it is given until it is answered.
func (b *bench) take(run int64, p runtime.Press) {
	b.t.Helper()
	for range 3 {
		b.step(runtime.Adopt{Runs: []int64{run}})
		b.step(p)
		b.load(run, nil)
		b.commitAll()
		for _, out := range b.out {
			if a, ok := out.(runtime.Answered); ok && a.ID == p.ID {
				return
			}
		}
	}
	b.t.Fatalf("message %s of run %d is not answered: %s", p.ID, run, b.look())
}

func (b *bench) done(run int64, step, output string) {
	in := &planner.CallDone{Ref: planner.Ref{Step: step, Item: planner.NoItem}, Attempt: 1, Output: planner.JSON(output)}
	if output == "" {
		in.Fault = &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "no"}
	}
	b.step(runtime.Done{Run: run, Result: in})
}

// look says what has come out since the last look, one word an output, and forgets it.
func (b *bench) look() string {
	var words []string
	for _, out := range b.out {
		switch out := out.(type) {
		case runtime.Append:
			word := fmt.Sprintf("append:%d", out.Transition.Seq)
			if row := out.Transition.Row; row != nil {
				word += ":" + row.Status
				if row.Release {
					word += ":release"
				}
				if row.WakeAt != nil {
					word += ":wake"
				}
			}
			words = append(words, word)
		case runtime.Load:
			words = append(words, "load")
		case runtime.Invoke:
			words = append(words, fmt.Sprintf("invoke:%s:%d", out.Step, out.Attempt))
		case runtime.Abort:
			words = append(words, "abort:"+out.Step)
		case runtime.Begun:
			words = append(words, "begun"+failed(out.Err != nil))
		case runtime.Answered:
			words = append(words, "answered"+failed(out.Refusal != nil))
		case runtime.Committed:
			words = append(words, fmt.Sprintf("committed:%d", out.Seq))
		case runtime.Released:
			words = append(words, "released")
		case runtime.Broke:
			words = append(words, "broke")
		}
	}
	b.out = nil
	return strings.Join(words, " ")
}

func failed(yes bool) string {
	if yes {
		return ":refused"
	}
	return ""
}

func (b *bench) want(want string) {
	b.t.Helper()
	if got := b.look(); got != want {
		b.t.Fatalf("\ngot  %s\nwant %s", got, want)
	}
}

// state folds what is durable.
func (b *bench) state(run int64) *planner.State {
	b.t.Helper()
	s := planner.NewState()
	for _, rec := range b.rows[run] {
		facts, err := planner.Decode(rec.Facts)
		if err != nil {
			b.t.Fatal(err)
		}
		planner.Fold(s, rec.Seq, rec.At, facts)
	}
	return s
}
