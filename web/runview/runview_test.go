package runview_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

const sample = `name: order
input: {type: object}
steps:
  reserve:
    call: pay
    with: {a: 1}
    retry: {max_attempts: 3, backoff: 1s, on: [unavailable]}
    compensate: {call: refund}
  stock:
    needs: [reserve]
    for_each: ${{ input.lines }}
    call: take
    with: {sku: "${{ item }}"}
    compensate: {call: put_back}
  big:
    needs: [stock]
    switch:
      review: ${{ input.amount > 100 }}
      otherwise: true
  review:
    needs: [big.review]
    approval: {title: "Release ${{ input.amount }}?", timeout: 1h}
  never:
    needs: [big]
    if: ${{ input.amount < 0 }}
    set: {a: 1}
  ship:
    needs: {any: [big.otherwise, review.approved]}
    call: once
  pause:
    needs: [ship]
    wait: 10s
output: {done: true}
`

type catalog map[string]bool

func (c catalog) Function(name string) *flow.Function {
	idempotent, ok := c[name]
	if !ok {
		return nil
	}
	return &flow.Function{Name: name, HTTP: &flow.HTTPSpec{URL: "http://localhost"}, Idempotent: &idempotent}
}
func (c catalog) FunctionNames() []string         { return nil }
func (catalog) Flow(string, int) *check.Signature { return nil }
func (catalog) FlowNames() []string               { return nil }

// story is a run driven by hand. After every transition it checks that the patches of the live messages, laid over what was known before, are what a
// fresh look shows.
type story struct {
	t       *testing.T
	program *check.Program
	outline *runview.Outline
	state   *planner.State // decided
	folded  *planner.State // folded from the facts alone
	now     time.Time
	shown   map[string]view.Step
	log     []string
	journal shelf
}

var t0 = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

func begin(t *testing.T, input string) *story { return beginFlow(t, sample, input) }

func beginFlow(t *testing.T, source, input string) *story {
	t.Helper()
	p, _, issues := check.CompileSource([]byte(source), catalog{"pay": true, "refund": true, "take": true, "put_back": true, "once": false})
	if p == nil {
		t.Fatalf("the sample does not compile: %+v", issues)
	}
	s := &story{t: t, program: p, outline: runview.FromProgram(p), state: planner.NewState(), folded: planner.NewState(), now: t0, shown: map[string]view.Step{}}
	for _, st := range s.outline.Steps {
		s.shown[st.ID] = bare(runview.StepOf(s.folded, s.outline, st.ID, false))
	}
	s.do(&planner.Start{ID: "01890a5d-ac96-774b-bcce-b302099a8057", Version: 2, Input: planner.JSON(input), By: "ada"})
	return s
}

// bare is a step without what a live message does not follow from step to step: why others wait for it.
func bare(st view.Step) view.Step {
	if st.Status == "pending" {
		st.Reason = ""
	}
	return st
}

func (s *story) do(in planner.Input) {
	s.t.Helper()
	facts, _, err := planner.Decide(s.program, s.state, in, s.now)
	if err != nil {
		s.t.Fatalf("%T: %v", in, err)
	}
	if len(facts) == 0 {
		s.t.Fatalf("%T: nothing came of it", in)
	}
	t := live.Transition{Seq: s.folded.Seq + 1, At: s.now, Facts: facts}
	planner.Fold(s.folded, t.Seq, t.At, facts)
	s.journal.take(t)
	s.journal.agrees(s.t, s.folded)
	e := runview.Event(t, s.folded, s.outline)
	if e.Seq != t.Seq || e.Run == nil || len(e.Facts) != len(facts) {
		s.t.Errorf("event %d: got %+v", t.Seq, e)
	}
	for _, f := range e.Facts {
		if f.Text == "" || f.Text == f.Type {
			s.t.Errorf("a %s has no words", f.Type)
		}
		s.log = append(s.log, f.Text)
	}
	for _, st := range e.Steps {
		s.shown[st.ID] = bare(st)
	}
	for _, st := range s.outline.Steps {
		if want := bare(runview.StepOf(s.folded, s.outline, st.ID, false)); !reflect.DeepEqual(s.shown[st.ID], want) {
			s.t.Errorf("after event %d the page has %s as %s, and a fresh look as %s", t.Seq, st.ID, text(s.shown[st.ID]), text(want))
		}
		if got := s.folded.Steps[st.ID]; got != nil && got.Status != planner.Skipped {
			if dead := runview.StepOf(s.folded, s.outline, st.ID, true).Dead; len(dead) != got.Dead {
				s.t.Errorf("after event %d %s has %d dead edges, and the page tells of %v", t.Seq, st.ID, got.Dead, dead)
			}
		}
	}
	s.now = s.now.Add(time.Second)
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func (s *story) done(step string, item int, undo bool, output string, f *fault.Fault) {
	s.t.Helper()
	ref := planner.Ref{Step: step, Item: item, Undo: undo}
	done := &planner.CallDone{Ref: ref, Attempt: s.state.Unit(ref).Made(), Fault: f, Call: planner.Call{Started: s.now, Ended: s.now.Add(time.Millisecond),
		Logs: []planner.LogLine{{At: s.now, Stream: "stdout", Text: "hello"}}, Phases: []planner.Timing{{Name: "wait", Took: 1500 * time.Microsecond}}}}
	if f == nil {
		done.Output = planner.JSON(output)
	}
	s.do(done)
}

func (s *story) run() view.Run { return runview.Run(s.folded, s.outline) }

func (s *story) step(name string) view.Step {
	s.t.Helper()
	return runview.StepOf(s.folded, s.outline, name, true)
}

var (
	away  = &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "refused", Evidence: []fault.Detail{{Name: "status", Value: "503"}}}
	wrong = &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "no"}
	lost  = &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe, Message: "no answer"}
)

const none = planner.NoItem

func TestGoodRun(t *testing.T) {
	s := begin(t, `{"amount": 420, "lines": ["a", "b"]}`)
	if st := s.step("ship"); st.Status != "pending" || st.Reason != "waits for `big.otherwise`: `reserve` is running" {
		t.Errorf("ship at first: got %s", text(st))
	}
	s.done("reserve", none, false, "", away)
	if st := s.step("reserve"); st.Status != "retrying" || st.Attempt != 1 || st.MaxAttempts != 3 || st.NextAt == nil || st.Error.Evidence[0].Value != "503" {
		t.Errorf("reserve after its first attempt: got %s", text(st))
	}
	s.now = s.now.Add(time.Minute)
	s.do(&planner.TimerDue{Ref: planner.Ref{Step: "reserve", Item: none}})
	s.done("reserve", none, false, `{"hold": 1}`, nil)
	st := s.step("reserve")
	if st.Status != "succeeded" || len(st.Attempts) != 2 || st.Attempts[0].Status != "failed" || st.Attempts[1].Logs[0].Text != "hello" || st.Attempts[1].Phases[0].MS != 1.5 ||
		string(st.Output) != `{"hold": 1}` || string(st.Input) != `{"a":1}` || st.Error != nil || !strings.HasSuffix(st.Key, "/reserve/-/-/0") || st.Attempts[1].Trace != "01890a5dac96774bbcceb302099a8057" {
		t.Errorf("reserve at last: got %s", text(st))
	}
	s.done("stock", 1, false, `"B"`, nil)
	if st := s.step("stock"); *st.Items != (view.Items{Total: 2, Succeeded: 1, Running: 1}) {
		t.Errorf("stock half way: got %s", text(st))
	}
	items, next := runview.Items(s.folded, s.outline, "stock", runview.ItemFilter{}, 0, 1)
	if len(items) != 1 || next != 1 || items[0].Status != "running" || items[0].Attempts[0].StartedAt == nil {
		t.Errorf("the first page of items: got %s, next %d", text(items), next)
	}
	items, next = runview.Items(s.folded, s.outline, "stock", runview.ItemFilter{Status: "succeeded"}, 0, 10)
	if len(items) != 1 || next != -1 || items[0].Index != 1 || string(items[0].Output) != `"B"` || string(items[0].Input) != `{"sku":"b"}` {
		t.Errorf("the items that succeeded: got %s, next %d", text(items), next)
	}
	s.done("stock", 0, false, `"A"`, nil)
	if st := s.step("review"); st.Status != "waiting" || st.Deciding.Title != "Release 420?" || st.Deciding.Deadline == nil {
		t.Errorf("review: got %s", text(st))
	}
	if st := s.step("never"); st.Status != "skipped" || st.Reason != "`input.amount < 0` was false, amount 420" {
		t.Errorf("never: got %s", text(st))
	}
	s.do(&planner.Approve{Step: "review", Approved: true, By: "ada", Comment: "fine"})
	if st := s.step("review"); st.Status != "succeeded" || st.Port != "approved" || st.Reason != "approved by ada: fine" {
		t.Errorf("review after the answer: got %s", text(st))
	}
	if st := s.step("ship"); !reflect.DeepEqual(st.Dead, []view.DeadEdge{{From: "big", Port: "otherwise", Why: "`big` took `review`, not `otherwise`: it comes first"}}) {
		t.Errorf("the dead edges of ship: got %s", text(st))
	}
	s.done("ship", none, false, `{}`, nil)
	if st := s.step("pause"); st.Status != "waiting" || st.NextAt == nil || st.Deciding != nil {
		t.Errorf("pause: got %s", text(st))
	}
	if got := s.run().Actions; !slices.Equal(got, []string{"pause", "cancel"}) {
		t.Errorf("what fits a run that waits: got %v", got)
	}
	s.now = s.now.Add(time.Minute)
	s.do(&planner.TimerDue{Ref: planner.Ref{Step: "pause", Item: none}})
	run := s.run()
	if run.Status != "succeeded" || string(run.Output) != `{"done":true}` || run.EndedAt == nil || run.Error != nil || run.Actions == nil || len(run.Actions) != 0 || run.Seq != s.folded.Seq {
		t.Errorf("the run: got %s", text(run))
	}
	for _, want := range []string{"run of order version 2 started by ada", "reserve called pay", "reserve, attempt 1: unavailable, refused; another attempt follows", "stock has 2 items",
		"stock item 1 got its answer", "big completed: review", "review asks: Release 420?", "review was approved by ada: fine", "never was skipped: input.amount < 0 was false", "the run succeeded"} {
		if !slices.Contains(s.log, want) {
			t.Errorf("the log lacks %q:\n%s", want, strings.Join(s.log, "\n"))
		}
	}
}

func TestFailureAndUndoing(t *testing.T) {
	s := begin(t, `{"amount": 4, "lines": ["a", "b", "c"]}`)
	s.done("reserve", none, false, `{}`, nil)
	s.done("stock", 0, false, `1`, nil)
	s.done("stock", 1, false, "", wrong)
	s.done("stock", 2, false, `1`, nil)
	run := s.run()
	if run.Status != "failed" || run.Error.Step != "stock" || *run.Error.Item != 1 || !slices.Equal(run.Actions, []string{"retry", "compensate"}) {
		t.Fatalf("the failed run: got %s", text(run))
	}
	if st := s.step("stock"); st.Status != "failed" || st.Items.Failed != 1 || *st.Error.Item != 1 || st.Error.Message != "no" {
		t.Errorf("the failed step: got %s", text(st))
	}
	if st := s.step("ship"); st.Reason != "waits for `big.otherwise`: `stock` failed" {
		t.Errorf("what was not reached: got %s", text(st))
	}
	plan := runview.PlanOf(s.folded, s.outline, planner.Programs{Now: s.program}, runview.Wish{Action: "retry"})
	if got := planned(plan); got != "reserve reuse, stock run_again 1, big run, review run, never run, ship run, pause run" {
		t.Errorf("the plan of a retry: got %s", got)
	}
	plan = runview.PlanOf(s.folded, s.outline, planner.Programs{Now: s.program}, runview.Wish{Action: "compensate"})
	if got := planned(plan); got != "pause nothing, ship nothing, never nothing, review nothing, big nothing, stock undo 2, reserve undo" {
		t.Errorf("the plan of a compensation: got %s", got)
	}
	s.do(&planner.Undo{By: "ada"})
	if st := s.step("reserve"); st.Compensation == nil || st.Compensation.Status != "pending" || st.Compensation.Function != "refund" {
		t.Errorf("reserve before its turn: got %s", text(st))
	}
	if st := s.step("ship"); st.Compensation != nil {
		t.Errorf("ship, which did nothing: got %s", text(st))
	}
	s.done("stock", 0, true, "", wrong)
	s.done("stock", 2, true, `{}`, nil)
	run = s.run()
	if run.Status != "compensation_failed" || run.Error.Step != "stock" || *run.Error.Item != 0 {
		t.Fatalf("a compensation that failed: got %s", text(run))
	}
	if st := s.step("stock"); st.Status != "compensation_failed" || st.Compensation.Status != "compensation_failed" || *st.Compensation.Error.Item != 0 {
		t.Errorf("stock: got %s", text(st))
	}
	if item, ok := runview.Item(s.folded, s.outline, "stock", 2); !ok || item.Status != "compensated" || item.Compensation.Attempts[0].Status != "succeeded" {
		t.Errorf("item 2: got %s", text(item))
	}
	if got := planned(runview.PlanOf(s.folded, s.outline, planner.Programs{Now: s.program}, runview.Wish{Action: "retry"})); got != "stock undo 1" {
		t.Errorf("the plan of a retry of undoing: got %s", got)
	}
	s.do(&planner.Retry{})
	s.done("stock", 0, true, `{}`, nil)
	s.done("reserve", none, true, `{}`, nil)
	if run := s.run(); run.Status != "compensated" || run.Steps[0].Compensation.Status != "compensated" || run.Steps[1].Status != "compensated" || len(run.Actions) != 0 {
		t.Errorf("everything undone: got %s", text(run))
	}
	for _, want := range []string{"stock is undone", "reserve is undone", "big has nothing to undo"} {
		if !slices.Contains(s.log, want) {
			t.Errorf("the log lacks %q:\n%s", want, strings.Join(s.log, "\n"))
		}
	}
	if plan := runview.PlanOf(s.folded, s.outline, planner.Programs{Now: s.program}, runview.Wish{Action: "retry"}); plan.Fits || plan.Steps == nil || len(plan.Steps) != 0 {
		t.Errorf("a plan that does not fit: got %+v", plan)
	}
}

func TestUncertainAndCancel(t *testing.T) {
	s := begin(t, `{"amount": 4, "lines": []}`)
	s.done("reserve", none, false, `{}`, nil)
	if st := s.step("big"); st.Port != "otherwise" || st.Reason != "`input.amount > 100` was false, amount 4" {
		t.Errorf("big: got %s", text(st))
	}
	if st := s.step("review"); st.Reason != "`big` took `otherwise`, not `review`: `input.amount > 100` was false, amount 4" {
		t.Errorf("review: got %s", text(st))
	}
	s.done("ship", none, false, "", lost)
	run := s.run()
	if st := s.step("ship"); run.Status != "uncertain" || st.Status != "uncertain" || st.Error.Effect != "maybe" || st.Key == "" {
		t.Fatalf("ship: got %s", text(run))
	}
	s.do(&planner.Resolve{Step: "ship", Item: none, As: planner.DidNotHappen, By: "ada", Reason: "looked"})
	if st := s.step("ship"); st.Status != "running" || st.Attempt != 2 {
		t.Errorf("ship, called again: got %s", text(st))
	}
	s.do(&planner.Dispatch{Ref: planner.Ref{Step: "ship", Item: none}, Attempt: 2})
	s.do(&planner.Recover{Owner: 2})
	if st := s.step("ship"); st.Status != "uncertain" || st.Attempts[1].Status != "crashed" {
		t.Errorf("ship after a crash: got %s", text(st))
	}
	s.do(&planner.Resolve{Step: "ship", Item: none, As: planner.Happened, Output: planner.JSON(`{}`)})
	s.do(&planner.Cancel{By: "ada"})
	if run := s.run(); run.Status != "cancelled" || s.step("pause").Status != "cancelled" || !slices.Equal(run.Actions, []string{"compensate"}) {
		t.Errorf("the cancelled run: got %s", text(run))
	}
	if !slices.Contains(s.log, "ship was uncertain: it did not happen, said ada: looked") {
		t.Errorf("the log lacks the resolution:\n%s", strings.Join(s.log, "\n"))
	}
}

func TestOutlineOfABrokenVersion(t *testing.T) {
	def, _ := flow.Parse([]byte(sample))
	o := runview.FromDefinition(def)
	p, _, _ := check.CompileSource([]byte(sample), catalog{"pay": true, "refund": true, "take": true, "put_back": true, "once": false})
	for i, want := range runview.FromProgram(p).Steps {
		want.MaxAttempts, want.MaxParallel, want.Branches, want.Reads = 0, 0, nil, nil // known to the program alone
		if got := o.Steps[i]; !reflect.DeepEqual(got, want) {
			t.Errorf("step %d: got %+v, want %+v", i, got, want)
		}
	}
	if s := o.Step("gone"); s.ID != "gone" || o.Has("gone") {
		t.Errorf("a step that the flow does not have: got %+v", s)
	}
}

// planned writes a plan in a line.
func planned(p runview.Plan) string {
	var out []string
	for _, s := range p.Steps {
		line := s.ID + " " + s.Does
		if s.Items > 0 {
			line += fmt.Sprintf(" %d", s.Items)
		}
		out = append(out, line)
	}
	return strings.Join(out, ", ")
}
