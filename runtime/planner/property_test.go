package planner

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

const randomFunctions = `
safe: {http: {url: "http://x/safe"}, idempotent: true}
once: {http: {url: "http://x/once"}, idempotent: false}
`

// randomKid is a flow that random flows run. What becomes of it is drawn.
var randomKid = kidOf("name: kid\nsteps:\n  a: {call: safe, compensate: {call: safe}}\noutput: {v: 1, ok: \"${{ steps.a.output.ok }}\"}\n", randomFunctions)

// TestWhateverHappens gives random flows random inputs. The witness judges every decision; in the end a world that has become kind must bring every
// run to its end.
func TestWhateverHappens(t *testing.T) {
	if checks := flag.Lookup("rapid.checks").Value; checks.String() == "100" { // rapid's default is for slower things than this
		if err := checks.Set("1000"); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		src := drawFlow(t)
		p, issues := compileFlow(src, randomFunctions, randomKid)
		if p == nil {
			t.Fatalf("the generator makes a flow that does not compile:\n%s\n%+v", src, issues)
		}
		w := &chaos{t: t, witness: newWitness(p)}
		for v := 2; v <= 3; v++ {
			w.others[v] = drawEdition(t, src, p)
		}
		start := &Start{ID: "r", Version: 1, Input: drawInput(t)}
		if rapid.IntRange(0, 2).Draw(t, "is a child") == 0 {
			start.Parent = &ParentLink{Run: "mum", Step: "pay", Item: NoItem, Attempt: 1, Depth: 1}
		}
		w.step(start)
		for range rapid.IntRange(0, 60).Draw(t, "inputs") {
			w.step(w.draw())
		}
		w.settle()
		if w.s.Ended == "" {
			t.Fatalf("the run never ends: %s\n%s", stand(p, w.s), src)
		}
	})
}

// drawFlow makes the text of a small flow.
func drawFlow(t *rapid.T) string {
	n := rapid.IntRange(1, 7).Draw(t, "steps")
	ports := make([][]string, n) // the ports that later steps may wire
	lines := make([]string, n)
	multi := make([]string, n) // needs of a step with several edges, without its join
	for i := range n {
		kinds := []string{"call", "call", "call", "once", "for_each", "child", "switch", "set", "wait", "signal", "approval", "fail"}
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		if i == 0 && kind == "fail" {
			kind = "call"
		}
		name := fmt.Sprintf("s%d", i)
		var parts []string
		if i > 0 {
			var edges []string
			for range rapid.IntRange(0, 3).Draw(t, "edges") {
				from := rapid.IntRange(0, i-1).Draw(t, "from")
				if len(ports[from]) == 0 {
					continue
				}
				if edge := rapid.SampledFrom(ports[from]).Draw(t, "port"); !slices.Contains(edges, edge) {
					edges = append(edges, edge)
				}
			}
			switch len(edges) {
			case 0:
			case 1:
				parts = append(parts, "needs: ["+edges[0]+"]")
			default:
				multi[i] = strings.Join(edges, ", ")
				if rapid.Bool().Draw(t, "any") {
					parts = append(parts, "needs: {any: ["+multi[i]+"]}")
					multi[i] = ""
				} else {
					parts = append(parts, "needs: ["+multi[i]+"]")
				}
			}
		}
		if kind != "fail" && rapid.IntRange(0, 4).Draw(t, "if") == 0 {
			parts = append(parts, `if: "${{ 6 / (input.n - 3) > 0 }}"`)
		}
		ports[i] = []string{name, name, name + ".error"}
		switch kind {
		case "call", "once", "for_each":
			parts = append(parts, drawCall(t, name, kind)...)
		case "child":
			parts = append(parts, drawChild(t)...)
		case "switch":
			parts = append(parts, `switch: {up: "${{ 6 / (input.n - 1) > 2 }}", down: true}`)
			ports[i] = []string{name + ".up", name + ".down", name, name + ".error"}
		case "set":
			parts = append(parts, `set: {v: "${{ 6 / (input.n - 2) }}"}`)
		case "wait":
			parts = append(parts, rapid.SampledFrom([]string{`wait: 5s`, `wait: {until: "${{ input.at }}"}`}).Draw(t, "wait"))
		case "signal":
			parts = append(parts, rapid.SampledFrom([]string{`signal: {name: go}`, `signal: {name: go, timeout: 6s}`, `signal: {name: stop, timeout: 3s}`}).Draw(t, "signal"))
		case "approval":
			parts = append(parts, rapid.SampledFrom([]string{`approval: {title: "n is ${{ input.n }}"}`, `approval: {title: "?", timeout: 7s}`}).Draw(t, "approval"))
			ports[i] = append(ports[i], name+".approved", name+".rejected")
		case "fail":
			parts = append(parts, `fail: {message: "no"}`)
			ports[i] = nil
		}
		lines[i] = fmt.Sprintf("  %s: {%s}", name, strings.Join(parts, ", "))
	}
	head := "name: f\n"
	if rapid.Bool().Draw(t, "compensates") {
		head += "on_failure: compensate\n"
	}
	if rapid.IntRange(0, 4).Draw(t, "timeout") == 0 {
		head += "timeout: 9s\n"
	}
	head += "steps:\n"
	tail := "\n"
	if rapid.IntRange(0, 5).Draw(t, "output") == 0 {
		tail = "\noutput: {v: \"${{ 6 / (input.n - 4) }}\"}\n"
	}
	src := head + strings.Join(lines, "\n") + tail
	if p, _ := compileFlow(src, randomFunctions, randomKid); p == nil {
		for i := range lines { // edges that exclude each other can't all be live
			if multi[i] != "" {
				lines[i] = strings.Replace(lines[i], "needs: ["+multi[i]+"]", "needs: {any: ["+multi[i]+"]}", 1)
			}
		}
		src = head + strings.Join(lines, "\n") + tail
	}
	return src
}

func drawCall(t *rapid.T, step, kind string) []string {
	function := "safe"
	if kind == "once" || kind == "for_each" && rapid.Bool().Draw(t, "once") {
		function = "once"
	}
	with := "{n: \"${{ 6 / (input.n - 5) }}\"}"
	var parts []string
	if kind == "for_each" {
		parts = append(parts, `for_each: "${{ input.list }}"`, fmt.Sprintf("max_parallel: %d", rapid.IntRange(1, 3).Draw(t, "parallel")))
		if rapid.Bool().Draw(t, "tolerates") {
			parts = append(parts, rapid.SampledFrom([]string{"tolerated_failures: 1", "tolerated_failures: 50%"}).Draw(t, "tolerated"))
		}
		with = "{n: \"${{ 6 / (item - 2) }}\"}"
	}
	if rapid.IntRange(0, 2).Draw(t, "until") == 0 {
		condition := rapid.SampledFrom([]string{"output.?ok.orValue(false)", "output.?ok.orValue(false)", "iteration >= 2", "iteration > 1 && 6 / (iteration - 2) > 0"}).Draw(t, "condition")
		parts = append(parts, fmt.Sprintf(`until: {condition: "${{ %s }}", every: 2s, max: %d}`, condition, rapid.IntRange(1, 3).Draw(t, "max")))
		if kind != "for_each" {
			with = rapid.SampledFrom([]string{with, "{n: \"${{ iteration }}\", was: \"${{ previous.?ok }}\"}", "{n: \"${{ 6 / (iteration - 2) }}\"}"}).Draw(t, "reads")
		}
	}
	parts = append(parts, "call: "+function)
	if rapid.IntRange(0, 3).Draw(t, "deadline") == 0 {
		parts = append(parts, "deadline: 3s")
	}
	if rapid.IntRange(0, 2).Draw(t, "with") == 0 {
		parts = append(parts, "with: "+with)
	}
	retry := func(name, function string) string {
		if !rapid.Bool().Draw(t, name) {
			return ""
		}
		if function == "once" {
			return "retry: {max_attempts: 2, backoff: 1s, on: [rate_limited, denied]}"
		}
		return "retry: {max_attempts: 2, backoff: 1s}"
	}
	if r := retry("retry", function); r != "" {
		parts = append(parts, r)
	}
	if rapid.Bool().Draw(t, "compensate") {
		undo := rapid.SampledFrom([]string{"safe", "once"}).Draw(t, "undo")
		c := "compensate: {call: " + undo
		if rapid.Bool().Draw(t, "after attempt") {
			c += ", after: attempt, with: {key: \"${{ key }}\", out: \"${{ steps." + step + ".?output }}\"}"
		}
		if r := retry("undo retry", undo); r != "" {
			c += ", " + r
		}
		parts = append(parts, c+"}")
	}
	return parts
}

func drawChild(t *rapid.T) []string {
	parts := []string{"flow: kid"}
	with := "{n: \"${{ 6 / (input.n - 5) }}\"}"
	if rapid.Bool().Draw(t, "children") {
		parts = append(parts, `for_each: "${{ input.list }}"`, fmt.Sprintf("max_parallel: %d", rapid.IntRange(1, 3).Draw(t, "parallel")))
		if rapid.Bool().Draw(t, "tolerates") {
			parts = append(parts, "tolerated_failures: 1")
		}
		with = "{n: \"${{ 6 / (item - 2) }}\"}"
	}
	if rapid.IntRange(0, 1).Draw(t, "until") == 0 {
		condition := rapid.SampledFrom([]string{"output.ok == true", "output.ok == true", "iteration >= 2", "iteration > 1 && 6 / (iteration - 2) > 0"}).Draw(t, "condition")
		parts = append(parts, fmt.Sprintf(`until: {condition: "${{ %s }}", every: 2s, max: %d}`, condition, rapid.IntRange(1, 3).Draw(t, "max")))
		if strings.Contains(with, "input") {
			with = rapid.SampledFrom([]string{with, "{n: \"${{ iteration }}\", was: \"${{ previous.?ok }}\"}", "{n: \"${{ 6 / (iteration - 2) }}\"}"}).Draw(t, "reads")
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "deadline") == 0 {
		parts = append(parts, "deadline: 3s")
	}
	if rapid.IntRange(0, 2).Draw(t, "with") == 0 {
		parts = append(parts, "with: "+with)
	}
	return parts
}

func drawInput(t *rapid.T) JSON {
	list := rapid.SliceOfN(rapid.IntRange(0, 9), 0, 4).Draw(t, "list")
	items := make([]string, len(list))
	for i, v := range list {
		items[i] = itoa(v)
	}
	return JSON(fmt.Sprintf(`{"n":%d,"list":[%s],"at":"2026-01-01T00:00:0%dZ"}`, rapid.IntRange(0, 7).Draw(t, "n"), strings.Join(items, ","),
		rapid.IntRange(0, 9).Draw(t, "at")))
}

// chaos is a run to which anything happens.
type chaos struct {
	t *rapid.T
	*witness
}

func (w *chaos) step(in Input) error {
	w.t.Helper()
	in = w.byParent(in)
	after := w.pressed(in)
	_, _, err := w.decide(in)
	if err == nil {
		w.broken = append(w.broken, after()...)
	}
	if len(w.broken) > 0 {
		w.t.Fatalf("after %T %+v:\n%s\n%s", in, in, strings.Join(w.broken, "\n"), stand(w.p, w.s))
	}
	return err
}

// pressed looks at what a button is about that is pressed on what retries, and afterwards at what became of it: nothing of it waits any more; what is
// called again is called as the next attempt, with its key, and never beyond its policy.
func (w *chaos) pressed(in Input) func() []string {
	var step string
	var item int
	var stops bool
	switch in := in.(type) {
	case *RetryNow:
		step, item = in.Step, in.Item
	case *StopRetrying:
		step, item, stops = in.Step, in.Item, true
	default:
		return func() []string { return nil }
	}
	refs := w.s.retrying(step, item)
	made, rounds, keys := make([]int, len(refs)), make([]int, len(refs)), make([]string, len(refs))
	for i, r := range refs {
		u := w.s.Unit(r)
		made[i], rounds[i], keys[i] = u.Made(), u.Round, u.Key(w.s.ID, r)
	}
	return func() (broken []string) {
		if len(refs) == 0 {
			return []string{"a button was taken on what does not retry"}
		}
		for i, r := range refs {
			u := w.s.Unit(r)
			switch {
			case u.State == Retrying:
				broken = append(broken, fmt.Sprintf("%v still waits for its next attempt", r))
			case stops && u.State == Running && u.Made() > made[i]:
				broken = append(broken, fmt.Sprintf("%v was to be tried no more, and is called", r))
			case u.State == Running && (u.Made() != made[i]+1 || u.Key(w.s.ID, r) != keys[i]):
				broken = append(broken, fmt.Sprintf("%v is called as attempt %d with key %s after %d with %s", r, u.Made(), u.Key(w.s.ID, r), made[i], keys[i]))
			case u.State == Running && (u.Round != rounds[i]+1 || u.Round > w.call(r).Retry.MaxAttempts):
				broken = append(broken, fmt.Sprintf("%v is called in round %d of at most %d, after round %d", r, u.Round, w.call(r).Retry.MaxAttempts, rounds[i]))
			}
		}
		return broken
	}
}

// byParent has a child's parent press the buttons that are its.
func (w *chaos) byParent(in Input) Input {
	l := w.s.Parent
	if l == nil {
		return in
	}
	switch in := in.(type) {
	case *Retry:
		if in.By == "nobody" {
			return in
		}
		undo := w.s.Phase == PhaseCompensating
		return &Asked{Ask: map[bool]Ask{false: AskRetry, true: AskUndo}[undo], Attempt: l.Attempt + 1, Undo: undo}
	case *Cancel:
		return &Asked{Ask: AskCancel, Attempt: l.Attempt, Then: string(in.Then)}
	case *Undo:
		return &Asked{Ask: AskUndo, Attempt: l.Attempt + 1, Undo: true}
	}
	return in
}

// units lists every unit in one of those states, in a fixed order.
func (w *chaos) units(states ...StepStatus) []Ref {
	var refs []Ref
	for _, p := range w.p.Steps {
		st := w.s.Steps[p.Name]
		if st == nil {
			continue
		}
		st.units(func(i int, u *Unit) {
			for _, r := range []Ref{{Step: p.Name, Item: i}, {Step: p.Name, Item: i, Undo: true}} {
				if u := w.s.Unit(r); u != nil && slices.Contains(states, u.State) {
					refs = append(refs, r)
				}
			}
		})
	}
	return refs
}

// draw makes up an input, mostly one that fits.
func (w *chaos) draw() Input {
	t := w.t
	if rapid.IntRange(0, 3).Draw(t, "time") == 0 {
		w.now = w.now.Add(time.Duration(rapid.IntRange(1, 6).Draw(t, "seconds")) * time.Second)
	}
	kind := rapid.IntRange(0, 25).Draw(t, "input")
	switch kind {
	case 24, 25:
		return w.drawRepair()
	case 0:
		return &Retry{By: "ann"}
	case 1:
		return &Cancel{Then: rapid.SampledFrom([]flow.OnFailure{"", flow.Pause, flow.Compensate}).Draw(t, "then")}
	case 2:
		return &Undo{}
	case 3:
		return &Recover{Owner: 2}
	case 4:
		if rapid.IntRange(0, 3).Draw(t, "poison") == 0 {
			_ = w.step(&Poison{Fault: fault.Fault{Class: fault.Contract, Effect: fault.None, Message: "poisonous"}})
			return &Recover{Owner: 3}
		}
		return &Retry{}
	case 5:
		return w.drawStale()
	case 19:
		if w.s.Paused && rapid.Bool().Draw(t, "resume") {
			return &Resume{By: "ann"}
		}
		return &Pause{}
	case 21:
		if w.s.Parent != nil {
			wish := rapid.SampledFrom([]Ask{AskPause, AskResume, AskExpire}).Draw(t, "wish")
			return &Asked{Ask: wish, Attempt: w.s.Parent.Attempt, Fault: timeoutFault("too late", "step", w.now)}
		}
		return &Retry{By: "nobody"}
	case 20:
		return &Send{Name: rapid.SampledFrom([]string{"go", "stop", "nobody"}).Draw(t, "signal"), Payload: JSON(rapid.SampledFrom([]string{"1", "{", `{"a":[]}`}).Draw(t, "payload"))}
	}
	if kind == 22 || kind == 23 {
		if in := w.drawOnRetrying(); in != nil {
			return in
		}
	}
	if refs := w.units(Uncertain); len(refs) > 0 && kind < 9 {
		return w.resolve(rapid.SampledFrom(refs).Draw(t, "uncertain"), rapid.SampledFrom([]Resolution{Happened, DidNotHappen, DidFail}).Draw(t, "as"))
	}
	if timers := w.s.Timers(); len(timers) > 0 && kind < 12 {
		timer := rapid.SampledFrom(timers).Draw(t, "timer")
		if timer.At.After(w.now) {
			w.now = timer.At
		}
		return &TimerDue{timer.Ref}
	}
	if asks := w.asks(); len(asks) > 0 && kind < 14 {
		return &Approve{Step: rapid.SampledFrom(asks).Draw(t, "ask"), Approved: rapid.Bool().Draw(t, "approved")}
	}
	refs := w.units(Running)
	if len(refs) == 0 {
		return &Retry{}
	}
	r := rapid.SampledFrom(refs).Draw(t, "unit")
	if w.unsent(r) && rapid.IntRange(0, 5).Draw(t, "sent") > 0 {
		return &Dispatch{Ref: r, Attempt: w.s.Unit(r).Made()}
	}
	return w.outcome(r, rapid.SampledFrom([]string{"ok", "ok", "more", "more", "rejected none", "rate_limited none", "timeout maybe", "cancelled maybe"}).Draw(t, "outcome"))
}

// drawOnRetrying presses a button on something that retries, or on its step with all its items; nil if nothing does.
func (w *chaos) drawOnRetrying() Input {
	refs := w.units(Retrying)
	if len(refs) == 0 {
		return nil
	}
	r := rapid.SampledFrom(refs).Draw(w.t, "retrying")
	if rapid.IntRange(0, 2).Draw(w.t, "all") == 0 {
		r.Item = NoItem
	}
	if rapid.Bool().Draw(w.t, "now") {
		return &RetryNow{Step: r.Step, Item: r.Item, By: "ann"}
	}
	return &StopRetrying{Step: r.Step, Item: r.Item, By: "ann"}
}

// drawStale makes up an input that may name anything.
func (w *chaos) drawStale() Input {
	t := w.t
	r := Ref{Step: rapid.SampledFrom(w.p.Steps).Draw(t, "step").Name, Item: rapid.IntRange(-1, 4).Draw(t, "item"), Undo: rapid.Bool().Draw(t, "undo")}
	switch rapid.IntRange(0, 6).Draw(t, "stale") {
	case 5:
		return &RetryNow{Step: r.Step, Item: r.Item}
	case 6:
		return &StopRetrying{Step: r.Step, Item: r.Item}
	case 0:
		return &TimerDue{r}
	case 1:
		return &Approve{Step: r.Step, Approved: true}
	case 2:
		return &Resolve{Step: r.Step, Item: r.Item, As: Happened}
	case 3:
		return &Start{ID: "r", Version: 1, Input: JSON("{}")}
	}
	n := rapid.IntRange(0, 3).Draw(t, "attempt")
	if u := w.s.Unit(r); u != nil && n == u.Made() {
		n++ // the outcomes that count are drawn elsewhere
	}
	return &CallDone{Ref: r, Attempt: n, Output: JSON("{}")}
}

func (w *chaos) resolve(r Ref, as Resolution) Input {
	in := &Resolve{Step: r.Step, Item: r.Item, As: as}
	if as == Happened {
		in.Output = JSON(rapid.SampledFrom([]string{`{"told":true,"ok":true}`, `{"told":true}`}).Draw(w.t, "told"))
	}
	return in
}

func (w *chaos) asks() []string {
	var names []string
	for _, p := range w.p.Steps {
		if st := w.s.Steps[p.Name]; st != nil && st.Status == Waiting && st.Ask {
			names = append(names, p.Name)
		}
	}
	return names
}

// awaited lists the signals that steps wait for.
func (w *chaos) awaited() []string {
	var names []string
	for _, p := range w.p.Steps {
		if st := w.s.Steps[p.Name]; st != nil && st.Status == Waiting && st.Awaits != "" {
			names = append(names, st.Awaits)
		}
	}
	return names
}

func (w *chaos) call(r Ref) *check.Call {
	if r.Undo {
		return w.p.Step(r.Step).Compensate
	}
	return w.p.Step(r.Step).Call
}

// unsent reports whether a unit's call still asks to be made.
func (w *chaos) unsent(r Ref) bool {
	u := w.s.Unit(r)
	if u.Child != "" {
		return false
	}
	return !w.call(r).Idempotent && !u.last().Sent
}

// outcome ends a call. What was not sent can't end: it is sent instead.
func (w *chaos) outcome(r Ref, how string) Input {
	u := w.s.Unit(r)
	if u.Child != "" {
		return w.word(r, u, how)
	}
	if w.unsent(r) {
		return &Dispatch{Ref: r, Attempt: u.Made()}
	}
	in := &CallDone{Ref: r, Attempt: u.Made()}
	if how == "ok" || how == "more" {
		in.Output = JSON(fmt.Sprintf(`{"by":%q,"ok":%t}`, r.String(), how == "ok"))
		return in
	}
	var class, effect string
	if _, err := fmt.Sscan(how, &class, &effect); err != nil {
		w.t.Fatal(err)
	}
	in.Fault = &fault.Fault{Class: fault.Class(class), Effect: fault.Effect(effect), Message: how}
	return in
}

// word is what a child says in the end.
func (w *chaos) word(r Ref, u *Unit, how string) Input {
	in := &ChildDone{Ref: r, Attempt: u.Made(), Child: u.Child, Status: StatusSucceeded, Output: JSON(fmt.Sprintf(`{"v":1,"ok":%t}`, how == "ok"))}
	if r.Undo {
		in.Status = StatusCompensated
	}
	if how == "ok" || how == "more" {
		return in
	}
	in.Output, in.Status = nil, map[string]RunStatus{"rejected none": StatusFailed, "rate_limited none": StatusCompensated,
		"timeout maybe": StatusCompensationFailed, "cancelled maybe": StatusCancelled}[how]
	if r.Undo {
		in.Status = StatusCompensationFailed
	}
	if how != "cancelled maybe" {
		in.Fault, in.ChildStep = &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: how}, "a"
	}
	return in
}

// settle is a kind world: every call succeeds, every question is answered, and a person retries, or compensates where that does not help.
func (w *chaos) settle() {
	for range 400 {
		if w.s.Ended != "" && w.s.InFlight == 0 && w.s.Uncertain == 0 {
			switch {
			case w.s.Ended != StatusFailed:
				return
			case w.step(&Retry{}) != nil:
				return
			case w.s.Ended != "": // it failed again at once, as an expression does
				return
			}
			continue
		}
		if w.s.Paused {
			_ = w.step(&Resume{})
			continue
		}
		if refs := w.units(Running); len(refs) > 0 {
			_ = w.step(w.outcome(refs[0], "ok"))
			continue
		}
		if refs := w.units(Uncertain); len(refs) > 0 {
			_ = w.step(w.resolve(refs[0], Happened))
			continue
		}
		if asks := w.asks(); len(asks) > 0 {
			_ = w.step(&Approve{Step: asks[0], Approved: true})
			continue
		}
		if names := w.awaited(); len(names) > 0 {
			_ = w.step(&Send{Name: names[0], Payload: JSON(`"at last"`)})
			continue
		}
		if timers := w.s.Timers(); len(timers) > 0 {
			if timers[0].At.After(w.now) {
				w.now = timers[0].At
			}
			_ = w.step(&TimerDue{timers[0].Ref})
			continue
		}
		return
	}
}
