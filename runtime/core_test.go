package runtime_test

import (
	"errors"
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
	core     *runtime.Core
	now      time.Time
	programs map[int64]*check.Program
	rows     map[int64][]journal.Record
	queue    []runtime.Append
	out      []runtime.Output // since the last look
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, core: runtime.NewCore(1), now: time.Date(2026, 1, 1, 0, 0, 0, 123456789, time.UTC),
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
	h := journal.History{Run: run, UUID: "u", Flow: "f", Version: 1, Records: b.rows[run]}
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

const twoSteps = `
name: f
steps:
  a: {call: a}
  b: {needs: [a], call: b}
`

// breaks is a flow whose step c can't be carried on: its compiled form is damaged, so that deciding it panics.
func (b *bench) breaks(run int64) {
	b.t.Helper()
	b.begin(run, `
name: f
steps:
  a: {call: a}
  c: {needs: [a], set: {v: 1}}
`)
	b.programs[run].Step("c").Set = nil
}

var errBad = &journal.BatchError{Bad: []int{0}, Err: errors.New("invalid bytes")}

func TestNothingGoesOutBeforeItIsDurable(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.want("append:1:running")
	b.commit()
	b.want("begun committed:1 invoke:a:1")
	b.done(1, "a", `{}`)
	b.want("append:2")
	b.done(1, "a", `{}`) // the same again
	b.want("")
	b.commit()
	b.want("committed:2 invoke:b:1")
	b.done(1, "b", `{}`)
	b.want("append:3:succeeded:release")
	if b.core.Runs() != 1 {
		t.Error("the run left before its end was durable")
	}
	b.commit()
	b.want("committed:3")
	if b.core.Runs() != 0 {
		t.Error("a run that ended stays in memory")
	}
}

func TestARefusedStartIsTold(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.look()
	b.refuse(errBad)
	b.want("broke begun:refused")
	if b.core.Runs() != 0 {
		t.Error("a run that never began stays in memory")
	}
}

func TestARefusedResultStopsItsRunAndNoOther(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.begin(2, twoSteps)
	b.commitAll()
	b.look()
	b.done(1, "a", `"poison"`)
	b.done(2, "a", `{}`)
	b.look()
	b.refuse(errBad)
	b.want("broke load")
	b.commit()
	b.want("committed:2 invoke:b:1") // the other run
	b.load(1, nil)
	b.want("append:2:failed:release") // nothing is called again, and no error port could handle it
	b.commit()
	b.want("committed:2")
	s := b.state(1)
	if s.Failure == nil || !strings.Contains(s.Failure.Fault.Message, "a result could not be stored: invalid bytes") {
		t.Errorf("failure: got %+v", s.Failure)
	}
	// A person may retry; then what was called is judged first.
	b.want("")
	b.take(1, runtime.Press{ID: "m", Run: 1, Input: &planner.Retry{}})
	if got := b.look(); !strings.Contains(got, "answered committed") || !strings.Contains(got, "invoke:a:2") {
		t.Errorf("after Retry: got %s", got)
	}
}

func TestWhatWasDecidedAfterARefusedTransitionIsDecidedAgain(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.commitAll()
	b.done(1, "a", `"poison"`)
	b.step(runtime.Press{ID: "m", Run: 1, Input: &planner.Cancel{}})
	b.look()
	b.refuse(errBad) // the message's transition is refused with it
	b.want("broke load")
	b.step(runtime.Press{ID: "m", Run: 1, Input: &planner.Cancel{}}) // it is still in the inbox
	b.load(1, nil)
	b.commitAll()
	b.want("append:2:failed:release answered:refused committed:2")
}

func TestAPanicStopsItsRunAndNoOther(t *testing.T) {
	b := newBench(t)
	b.breaks(1)
	b.begin(2, twoSteps)
	b.commitAll()
	b.look()
	b.done(1, "a", `{}`)
	b.want("broke load")
	b.load(1, nil)
	b.commitAll()
	b.want("append:2:failed:release committed:2")
	if f := b.state(1).Failure; f == nil || !strings.Contains(f.Fault.Message, "the run cannot be carried on") {
		t.Errorf("failure: got %+v", f)
	}
	b.done(2, "a", `{}`)
	b.commitAll()
	b.want("append:2 committed:2 invoke:b:1")
}

func TestABrokenRunAnswersItsMessages(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.commitAll()
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.look()
	b.core = runtime.NewCore(2)
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.step(runtime.Press{ID: "m", Run: 1, Input: &planner.Cancel{}})
	b.step(runtime.Press{ID: "m", Run: 1, Input: &planner.Cancel{}})
	b.load(1, errors.New("version 1 does not compile"))
	b.commitAll()
	b.want("load broke append:2:failed:release answered:refused committed:2")
	// Whoever asks again gets the same answer, and the run is not kept.
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.step(runtime.Press{ID: "n", Run: 1, Input: &planner.Retry{}})
	b.load(1, errors.New("version 1 does not compile"))
	b.commitAll()
	b.want("load broke append:0:failed:release answered:refused")
	if b.core.Runs() != 0 {
		t.Error("a broken run stays in memory")
	}
	// A release that compiles it takes it up.
	b.take(1, runtime.Press{ID: "o", Run: 1, Input: &planner.Retry{}})
	if got := b.look(); !strings.Contains(got, "invoke:a:2") {
		t.Errorf("after the repair: got %s", got)
	}
}

func TestAMessageThatBreaksTheRunIsAnswered(t *testing.T) {
	b := newBench(t)
	b.begin(1, `
name: f
steps:
  ask: {approval: {title: "?"}}
  c: {needs: [ask], set: {v: 1}}
`)
	b.programs[1].Step("c").Set = nil
	b.commitAll()
	b.want("append:1:waiting:release begun committed:1")
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.step(runtime.Press{ID: "m", Run: 1, Input: &planner.Approve{Step: "ask", Approved: true}})
	b.load(1, nil)
	b.want("load broke load")
	b.load(1, nil)
	b.commitAll()
	b.want("append:2:failed:release answered:refused committed:2")
}

func TestARunThatCannotEvenBeStoppedIsLeftAlone(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.commitAll()
	b.done(1, "a", `"poison"`)
	b.look()
	b.refuse(errBad)
	b.load(1, nil)
	b.refuse(errBad)
	b.want("broke load append:2:failed:release broke")
	if b.core.Runs() != 0 {
		t.Error("it stays in memory")
	}
	b.step(runtime.Press{ID: "m", Run: 1, Input: &planner.Retry{}}) // it is still ours, so somebody must look at its messages
	b.want("load")
}

func TestAMessageCountsOnce(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.commitAll()
	b.done(1, "a", "")
	b.commitAll()
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.load(1, nil)
	b.look()
	retry := runtime.Press{ID: "m", Run: 1, Input: &planner.Retry{}}
	b.step(retry) // while the run is on its way out
	b.want("")
	b.commitAll()
	b.want("released")
	b.step(retry) // read before the run was released: whoever claims it reads it again
	b.want("")
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.step(retry)
	b.step(retry)
	b.load(1, nil)
	b.want("load append:3:running")
	b.step(retry)
	b.commitAll()
	b.want("answered committed:3 invoke:a:2")
	b.step(retry) // read before the commit, delivered after it
	b.want("")
}

func TestARunIsClaimedAgainBeforeItsReleaseIsHeardOf(t *testing.T) {
	b := newBench(t)
	b.begin(1, "\nname: f\nsteps:\n  nap: {wait: 1h}\n")
	b.step(runtime.Adopt{Runs: []int64{1}}) // the release is committed, and somebody's message has made the run ours again
	b.step(runtime.Press{ID: "m", Run: 1, Input: &planner.Cancel{}})
	b.commitAll()
	b.want("append:1:waiting:release:wake begun committed:1 released load")
	b.step(runtime.Press{ID: "m", Run: 1, Input: &planner.Cancel{}})
	b.load(1, nil)
	b.commitAll()
	b.want("append:2:cancelled:release answered committed:2")
}

func TestRefusalIsDurableBeforeItIsTold(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.commitAll()
	b.look()
	b.step(runtime.Press{ID: "m", Run: 1, Input: &planner.Retry{}})
	b.want("append:0")
	b.commit()
	b.want("answered:refused")
}

func TestTheLeaseIsGone(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.commitAll()
	b.done(1, "a", `{}`)
	b.look()
	b.refuse(journal.ErrFenced)
	b.want("broke")
	b.done(1, "a", `{}`)
	b.want("")
}

func TestSleepersCostNoMemory(t *testing.T) {
	b := newBench(t)
	for run := int64(1); run <= 300; run++ {
		b.begin(run, "\nname: f\nsteps:\n  nap: {wait: 48h}\n")
		b.commitAll()
	}
	if got := b.look(); strings.Count(got, "append:1:waiting:release:wake") != 300 {
		t.Errorf("got %s", got)
	}
	if b.core.Runs() != 0 {
		t.Errorf("runs in memory: got %d, want none", b.core.Runs())
	}
	b.now = b.now.Add(47 * time.Hour)
	b.step(runtime.Adopt{Runs: []int64{7}})
	b.load(7, nil)
	b.commitAll()
	b.want("load append:0:waiting:release:wake")
	b.now = b.now.Add(time.Hour)
	b.step(runtime.Adopt{Runs: []int64{7}})
	b.load(7, nil)
	b.commitAll()
	b.want("load append:2:succeeded:release committed:2")
}

func TestATimerIsNotLostWithItsOwner(t *testing.T) {
	b := newBench(t)
	b.begin(1, "\nname: f\nsteps:\n  nap: {wait: 10s}\n  a: {needs: [nap], call: a}\n")
	b.commitAll()
	b.want("append:1:waiting begun committed:1") // too short to leave memory
	b.core = runtime.NewCore(2)
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.load(1, nil)
	at, ok := b.core.Next()
	if want := b.now.Add(10 * time.Second); !ok || at.Before(want) || at.After(want.Add(time.Microsecond)) {
		t.Fatalf("next: got %s, %t, want %s", at, ok, want)
	}
	b.look()
	b.now = b.now.Add(10*time.Second - time.Microsecond)
	b.step(runtime.Tick{})
	b.want("")
	b.now = at
	b.step(runtime.Tick{})
	b.want("append:2:running")
}

func TestATimeIsTheSameAfterLoading(t *testing.T) {
	b := newBench(t)
	b.begin(1, `
name: f
steps:
  a: {call: a, with: {at: "${{ run.started_at }}"}}
  b: {needs: [a], call: a, with: {at: "${{ run.started_at }}"}}
`)
	b.commitAll()
	b.done(1, "a", "{}")
	b.commitAll()
	var inputs []string
	for _, out := range b.out {
		if in, ok := out.(runtime.Invoke); ok {
			inputs = append(inputs, string(in.Input))
		}
	}
	want := fmt.Sprintf(`{"at":%q}`, b.state(1).StartedAt.Format(time.RFC3339Nano))
	if len(inputs) != 2 || inputs[0] != want || inputs[1] != want {
		t.Errorf("inputs: got %q, want %s twice", inputs, want)
	}
}

func TestDrainSendsNothingThatMayNotGoTwice(t *testing.T) {
	b := newBench(t)
	b.begin(1, "\nname: f\nsteps:\n  a: {call: a}\n  c: {needs: [a], call: c}\n  d: {needs: [a], call: b}\n")
	b.commitAll()
	b.want("append:1:running begun committed:1 invoke:a:1")
	b.core.Drain()
	b.done(1, "a", "{}")
	b.commitAll()
	b.want("append:2 committed:2 invoke:d:1")
	// The next owner knows that it has not been made.
	b.core = runtime.NewCore(2)
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.load(1, nil)
	b.want("load append:3:running")
	b.commitAll()
	b.want("committed:3 append:4 invoke:d:2 committed:4 invoke:c:1")
}
