package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
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
	function string
	input    planner.JSON
	effect   bool
	undone   bool // an undo named its key: a call that comes later does nothing any more
}

// undoes is the entry that a call says it undoes; nil if it names none.
func (l ledger) undoes(in runtime.Invoke) *entry {
	var named struct{ Undo string }
	if !bytes.Contains(in.Input, []byte(`"undo":`)) || json.Unmarshal(in.Input, &named) != nil || named.Undo == "" {
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

// value is a value that is kept as a payload.
type value struct {
	raw     planner.JSON
	payload planner.Payload
}

// values are what functions return of the large ones, all in all: the same ones again and again, so that runs share them. The first few are larger than what
// expressions look into.
var values = sync.OnceValue(func() (all []value) {
	for i, size := range []int{planner.MaxRead + 9000, planner.MaxRead + 100, 70_000, 90_000, 200_000} {
		raw := fmt.Appendf(nil, `{"ok":true,"id":"value %d","pad":%q}`, i, bytes.Repeat([]byte{byte('a' + i)}, size))
		all = append(all, value{raw, planner.PayloadOf(raw)})
	}
	return all
})

const hugeValues = 2

// valueOf is the large value of a JSON text; nil for any other.
func valueOf(raw planner.JSON) *value {
	for i, v := range values() {
		if len(v.raw) == len(raw) {
			return &values()[i]
		}
	}
	return nil
}

// output is what a call returns if all goes well.
func (w *World) output(in runtime.Invoke) planner.JSON {
	switch in.Function {
	case "huge":
		return values()[w.rng.IntN(hugeValues)].raw
	case "large":
		return values()[hugeValues+w.rng.IntN(len(values())-hugeValues)].raw
	}
	return planner.JSON(fmt.Sprintf(`{"ok":true,"id":"%s#%d"}`, in.Key, in.Attempt))
}

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
	e.attempts[in.Attempt], e.function, e.input = true, in.Function, in.Input

	took := w.upTo(200 * time.Millisecond)
	if w.chance(0.05) {
		took = w.upTo(30 * time.Second)
	}
	client := w.clientOf(in.Run)
	if client.deadly && in.Step == "first" && e.calls <= mostKills+1 {
		s.soon(took/2, func() {
			w.folded[in.Run].kills[in.Ref]++
			s.kill()
		})
	}
	res := &planner.CallDone{Ref: in.Ref, Attempt: in.Attempt, Key: in.Key}
	switch p := w.rng.Float64(); {
	case client.poison && in.Step == "one" && e.calls == 1:
		res.Output = planner.JSON(`{"ok":true,"id":"` + poisonMark + `"}`)
	case p < 0.70 || !w.faulty():
		res.Output = w.output(in)
	case p < 0.80:
		res.Fault = &fault.Fault{Class: fault.RateLimited, Effect: fault.None, Message: "later"}
	case p < 0.85:
		res.Fault = &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "no"}
	case p < 0.93:
		res.Fault = &fault.Fault{Class: fault.Timeout, Effect: fault.Maybe, Message: "no answer"}
	case p < 0.95:
		res.Fault = &fault.Fault{Class: fault.TooLarge, Effect: fault.Maybe, Message: "the answer is too large"}
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
	if res.Fault == nil {
		w.said[call{in.Run, outcome{in.Ref, in.Attempt}}] = res.Output
	}
	s.calls++
	s.soon(took, func() { s.answered(in, res) })
	if w.chance(0.05) { // the same result once more, late
		s.soon(took+w.upTo(10*time.Second), func() { s.step(runtime.Done{Run: in.Run, Result: res}) })
	}
	if res.Kept || valueOf(res.Output) != nil {
		return
	}
	if w.chance(0.08) { // and once more, to whoever listens then: its caller may have lost the run, and its life
		w.report.Late++
		w.after(took+w.upTo(2*lease), func() {
			if s := w.someone(); s != nil {
				s.step(runtime.Done{Run: in.Run, Result: res})
			}
		})
	}
}

// answered takes what a function says. A large output is made durable before anybody hears of it.
func (s *server) answered(in runtime.Invoke, res *planner.CallDone) {
	v := valueOf(res.Output)
	if v == nil {
		s.calls--
		s.step(runtime.Done{Run: in.Run, Result: res})
		return
	}
	if s.w.chance(0.1) {
		s.soon(time.Second, func() { s.answered(in, res) }) // the store does not answer
		return
	}
	if err := s.store.PutPayload(background(), v.payload, v.raw); err != nil {
		s.w.violated(theWorld, "storing payload %s: %v", v.payload.Name(), err)
	}
	s.w.report.Payloads++
	kept := *res
	if kept.Kept = len(v.raw) <= planner.MaxRead; !kept.Kept {
		kept.Output = v.payload.StandIn()
	}
	s.soon(s.w.upTo(20*time.Millisecond), func() {
		s.calls--
		s.step(runtime.Done{Run: in.Run, Result: &kept})
	})
	if s.w.chance(0.05) {
		s.crash() // and nobody ever hears of it
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
