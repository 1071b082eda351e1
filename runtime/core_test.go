package runtime_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

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
	b.owner, b.core = 2, runtime.NewCore(2)
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
	b.owner, b.core = 2, runtime.NewCore(2)
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
	b.owner, b.core = 2, runtime.NewCore(2)
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.load(1, nil)
	b.want("load append:3:running")
	b.commitAll()
	b.want("committed:3 append:4 invoke:d:2 committed:4 invoke:c:1")
}

func TestARunOfAnotherOwnerIsLeftAlone(t *testing.T) {
	b := newBench(t)
	b.begin(1, twoSteps)
	b.commitAll()
	b.owner, b.core = 2, runtime.NewCore(3) // a look at what is ours came before the release, and another server has claimed the run since
	b.look()
	b.step(runtime.Adopt{Runs: []int64{1}})
	b.load(1, nil)
	b.want("load")
	if n := b.core.Runs(); n != 0 {
		t.Errorf("runs in memory: got %d, want 0", n)
	}
}
