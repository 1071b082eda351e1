package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// ledger is what the functions themselves know: by idempotency key, how often they were called and whether their effect happened.
type ledger map[string]*entry

type entry struct {
	run      int64
	ref      planner.Ref
	calls    int
	attempts map[int]bool
	effect   bool
	undone   bool // an undo named its key: a call that comes later does nothing any more
}

// undoes is the entry that a call says it undoes; nil if it names none.
func (l ledger) undoes(in runtime.Invoke) *entry {
	var named struct{ Undo string }
	if err := json.Unmarshal(in.Input, &named); err != nil || named.Undo == "" {
		return nil
	}
	e := l[named.Undo]
	if e == nil {
		e = &entry{attempts: map[int]bool{}}
		l[named.Undo] = e
	}
	return e
}

// poisonMark in a result makes the store refuse what holds it.
const poisonMark = "POISON"

func poisonous(facts []byte) bool { return bytes.Contains(facts, []byte(poisonMark)) }

// invoke plays a function, after checking that it may be called at all.
func (s *server) invoke(in runtime.Invoke) {
	w := s.w
	w.report.Calls++
	e := w.ledger[in.Key]
	if e == nil {
		e = &entry{run: in.Run, ref: in.Ref, attempts: map[int]bool{}}
		w.ledger[in.Key] = e
	}
	undoes := w.ledger.undoes(in)
	w.judgeCall(s.inc, in, e)
	e.calls++
	e.attempts[in.Attempt] = true

	took := w.upTo(200 * time.Millisecond)
	if w.chance(0.05) {
		took = w.upTo(30 * time.Second)
	}
	res := &planner.CallDone{Ref: in.Ref, Attempt: in.Attempt}
	switch p := w.rng.Float64(); {
	case w.clientOf(in.Run).poison && in.Step == "one" && e.calls == 1:
		res.Output = planner.JSON(`{"ok":true,"id":"` + poisonMark + `"}`)
	case p < 0.70 || !w.faulty():
		res.Output = planner.JSON(fmt.Sprintf(`{"ok":true,"id":%q}`, in.Key))
	case p < 0.80:
		res.Fault = &fault.Fault{Class: fault.RateLimited, Effect: fault.None, Message: "later"}
	case p < 0.85:
		res.Fault = &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "no"}
	case p < 0.93:
		res.Fault = &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe, Message: "no answer"}
	default:
		res.Fault = &fault.Fault{Class: fault.FunctionError, Effect: fault.Maybe, Message: "broken"}
	}
	happens := res.Fault == nil || res.Fault.Effect == fault.Maybe && w.rng.IntN(2) == 0
	// The function lives elsewhere: its effect happens whether or not its caller survives.
	w.after(took/2, func() {
		e.effect = e.effect || happens && !e.undone
		if happens && undoes != nil {
			undoes.undone = true
		}
	})
	s.soon(took, func() { s.step(runtime.Done{Run: in.Run, Result: res}) })
	if w.chance(0.05) { // the same result once more, late
		s.soon(took+w.upTo(10*time.Second), func() { s.step(runtime.Done{Run: in.Run, Result: res}) })
	}
}

// abort sometimes reaches the function in time.
func (s *server) abort(a runtime.Abort) {
	if s.w.rng.IntN(2) == 0 {
		return
	}
	s.soon(time.Millisecond, func() {
		s.step(runtime.Done{Run: a.Run, Result: &planner.CallDone{Ref: a.Ref, Attempt: a.Attempt,
			Fault: &fault.Fault{Class: fault.Cancelled, Effect: fault.Maybe, Message: "aborted"}}})
	})
}
