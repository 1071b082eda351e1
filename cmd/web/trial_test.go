package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/segno-run/segno/internal/servertest"
)

// trial judges one finished run of chain.
type trial struct {
	*testing.T
	*server
	*servertest.Books
	run runView
}

// calls holds the recorded answers against the books.
func (j trial) calls() {
	j.Helper()
	recorded := map[string]int{} // step or step/item → call
	for _, name := range []string{"first", "once", "second", "last"} {
		recorded[name] = j.recorded(name, "", j.run.step(name).Output)
	}
	items := j.items(j, j.run.ID, "wide")
	if len(items) != 3 {
		j.Errorf("run %s: got %d items of wide, want 3", j.run.ID, len(items))
	}
	for _, it := range items {
		recorded["wide/"+strconv.Itoa(it.Index)] = j.recorded("wide", strconv.Itoa(it.Index), it.Output)
	}
	recorded["loop"] = j.loop()
	for _, it := range j.items(j, j.run.ID, "parts") {
		recorded["parts/"+strconv.Itoa(it.Index)] = answerOf(j, it.Output)
	}
	if n := len(j.At(j.run.ID, "once")); n != 1 {
		j.Errorf("run %s: got %d invocations of once, which is not idempotent; want exactly 1", j.run.ID, n)
	}
	// Nothing starts on an answer that is not the recorded one: what is not committed is not handed on.
	for step, before := range map[string][]string{"wide": {"first"}, "once": {"first"}, "loop": {"first"},
		"second": {"wide/0", "wide/1", "wide/2", "once", "parts/0", "parts/1", "loop"}, "last": {"second"}} {
		var want []int
		for _, name := range before {
			want = append(want, recorded[name])
		}
		j.handed(step, want)
	}
}

// handed holds what the calls of a step were handed against what was recorded before it.
func (j trial) handed(step string, want []int) {
	j.Helper()
	for _, c := range j.At(j.run.ID, step) {
		if !slices.Equal(c.After, want) {
			j.Errorf("run %s: call %d of %s %s was handed the answers %v, and recorded are %v", j.run.ID, c.Number, step, c.Item, c.After, want)
		}
	}
}

// answerOf is the call whose answer an output is.
func answerOf(t testing.TB, output json.RawMessage) int {
	t.Helper()
	var out struct{ Call int }
	if err := json.Unmarshal(output, &out); err != nil || out.Call == 0 {
		t.Errorf("the output %s is no call's: %v", output, err)
	}
	return out.Call
}

// loop holds the iterations against the books: each has a key, and none is called again once the next one has been. It returns the call whose answer is the
// step's output.
func (j trial) loop() int {
	j.Helper()
	var keys []string
	calls := j.At(j.run.ID, "loop")
	for _, c := range calls {
		if len(keys) > 0 && keys[len(keys)-1] == c.Key {
			continue
		}
		if slices.Contains(keys, c.Key) || c.Key == "" {
			j.Errorf("run %s: an iteration that had completed was called again: %+v", j.run.ID, calls)
		}
		keys = append(keys, c.Key)
	}
	got := answerOf(j, j.run.step("loop").Output)
	if len(keys) != 3 || calls[len(calls)-1].Number != got {
		j.Errorf("run %s: loop gave the answer of call %d, and the books have %+v; want three iterations, and the last of them", j.run.ID, got, calls)
	}
	return got
}

// parts judges the runs that the run has started.
func (j trial) parts() {
	j.Helper()
	first := answerOf(j, j.run.step("first").Output)
	var page struct {
		Items []struct {
			Output json.RawMessage
			Child  *child
		}
	}
	j.get(j, "/runs/"+j.run.ID+"/steps/parts/items", &page)
	for i, it := range page.Items {
		if it.Child == nil {
			j.Errorf("run %s: item %d of parts has no run", j.run.ID, i)
			continue
		}
		k := trial{T: j.T, server: j.server, Books: j.Books, run: j.server.run(j, it.Child.Run)}
		if k.run.Status != "succeeded" || answerOf(j, k.run.Output) != answerOf(j, it.Output) {
			j.Errorf("run %s: part %d is %s with output %s, and its item has %s", j.run.ID, i, k.run.Status, k.run.Output, it.Output)
		}
		k.handed("one", []int{first})
		k.handed("two", []int{k.recorded("one", "", k.run.step("one").Output)})
		k.recorded("two", "", k.run.step("two").Output)
		k.once("RunStarted ", "RunSucceeded ", "StepCompleted one", "StepCompleted two")
	}
}

// recorded is the call whose answer became the output. It must be the last with its key: a later one would be a completed step that was invoked again.
func (j trial) recorded(step, item string, output json.RawMessage) int {
	j.Helper()
	got := answerOf(j, output)
	calls := slices.DeleteFunc(j.At(j.run.ID, step), func(c servertest.Invocation) bool { return c.Item != item })
	if len(calls) == 0 || calls[len(calls)-1].Number != got {
		j.Errorf("run %s: recorded for %s %s is call %d, and the books have %+v; want the last of them", j.run.ID, step, item, got, calls)
	}
	for _, c := range calls {
		if c.Key != calls[0].Key || c.Key == "" {
			j.Errorf("run %s: %s %s was called with the keys %q and %q, want one", j.run.ID, step, item, calls[0].Key, c.Key)
		}
	}
	return got
}

// events holds the history against itself.
func (j trial) events() {
	j.Helper()
	j.once("RunStarted ", "RunSucceeded ", "StepCompleted first", "StepCompleted wide", "StepCompleted once", "StepCompleted hold", "StepCompleted parts",
		"StepCompleted loop", "StepCompleted second", "StepCompleted last", "CallSucceeded wide/0", "CallSucceeded wide/1", "CallSucceeded wide/2", "CallSucceeded first",
		"ChildStarted parts/0", "ChildStarted parts/1")
}

// once holds the history against facts that it must have exactly once.
func (j trial) once(facts ...string) {
	j.Helper()
	seen := map[string]int{}
	for i, e := range j.server.events(j, j.run.ID) {
		if e.Seq != int64(i+1) {
			j.Errorf("run %s: event %d has seq %d, want no gap", j.run.ID, i+1, e.Seq)
		}
		for _, f := range e.Facts {
			name := f.Type + " " + f.Step
			if f.Item != nil {
				name += fmt.Sprint("/", *f.Item)
			}
			seen[name]++
		}
	}
	for _, once := range facts {
		if seen[once] != 1 {
			j.Errorf("run %s: got %d times %q, want it once", j.run.ID, seen[once], once)
		}
	}
}

// ledgerLine is what a handler of the sample project wrote of one invocation.
type ledgerLine struct {
	Function, Key, Run, Step, Item, Outcome, Note string
	Attempt                                       int
}

func readLedger(t testing.TB, path string) (lines []ledgerLine) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(raw)) {
		var l ledgerLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("the ledger has the line %q: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

// processes holds the attempts at hold, a function in a process of its own, against its ledger.
func (j trial) processes(lines []ledgerLine) {
	j.Helper()
	attempts := j.run.step("hold").Attempts
	last := 0
	for _, a := range attempts {
		if a.Status == "succeeded" {
			last = a.Number
		}
	}
	invoked := 0
	for _, l := range lines {
		if l.Run != j.run.ID || l.Step != "hold" {
			continue
		}
		invoked++
		if l.Attempt > last {
			j.Errorf("run %s: hold was recorded by attempt %d and invoked again: %+v", j.run.ID, last, l)
		}
	}
	if invoked == 0 || last == 0 || last != len(attempts) {
		j.Errorf("run %s: hold has %d attempts, of which %d succeeded, and %d invocations in the ledger", j.run.ID, len(attempts), last, invoked)
	}
}
