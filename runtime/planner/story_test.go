package planner

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

var update = flag.Bool("update", false, "accept what the stories tell now")

// TestStories plays the scripts in testdata/scripts: what happens to a run goes in, the whole story comes out.
//
// A script is a list of cases: lines that go in, a line of dashes, what comes out, an empty line. A case that begins with `functions`, `flow`, `child` (a
// flow that those behind it may run) or `version` (another text of the same flow, with which the run goes on) holds YAML in its other lines. Every other
// line is one input, see act. Facts, commands (after an arrow) and the stand (after =) come out.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/scripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			told, _ := tell(t, string(raw))
			if told == string(raw) {
				return
			}
			if !*update {
				t.Fatalf("%s tells another story (accept it with -update):\n%s", file, diff(string(raw), told))
			}
			if err := os.WriteFile(file, []byte(told), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// tell plays a script and returns it with what came out, and the runs of its flows.
func tell(t *testing.T, script string) (string, []*witness) {
	t.Helper()
	p := &story{t: t}
	var runs []*witness
	var out strings.Builder
	for _, c := range strings.Split(strings.TrimSpace(script), "\n\n") {
		in, _, _ := strings.Cut(c+"\n", "----\n")
		lines := strings.Split(strings.TrimRight(in, "\n"), "\n")
		out.WriteString(in)
		if comment := strings.HasPrefix(in, "#") && !strings.Contains(c, "----"); comment {
			out.WriteString("\n")
			continue
		}
		out.WriteString("----\n")
		out.WriteString(p.play(lines))
		out.WriteString("\n")
		if p.w != nil && (len(runs) == 0 || runs[len(runs)-1] != p.w) {
			runs = append(runs, p.w)
		}
		if p.w != nil {
			for _, v := range p.w.broken {
				t.Errorf("after %q: %s", lines[len(lines)-1], v)
			}
			p.w.broken = nil
		}
	}
	return out.String(), runs
}

// story is a script under way.
type story struct {
	t         *testing.T
	functions string
	kids      []*check.Signature
	w         *witness
}

// catalog holds functions, and flows that others may run.
type catalog struct {
	functions map[string]*flow.Function
	kids      []*check.Signature
}

func (c catalog) Function(name string) *flow.Function { return c.functions[name] }
func (c catalog) FunctionNames() []string             { return nil }
func (c catalog) FlowNames() []string                 { return nil }
func (c catalog) Flow(name string, _ int) *check.Signature {
	for _, k := range c.kids {
		if k.Flow == name {
			return k
		}
	}
	return nil
}

func mustCompile(t testing.TB, src, functions string, kids ...*check.Signature) *check.Program {
	t.Helper()
	p, issues := compileFlow(src, functions, kids...)
	if p == nil {
		t.Fatalf("the flow does not compile: %+v\n%s", issues, src)
	}
	return p
}

func compileFlow(src, functions string, kids ...*check.Signature) (*check.Program, flow.Issues) {
	fns, issues := flow.ParseFunctions([]byte(functions))
	if issues.HasErrors() {
		return nil, issues
	}
	c := catalog{map[string]*flow.Function{}, kids}
	for i := range fns {
		c.functions[fns[i].Name] = &fns[i]
	}
	p, _, issues := check.CompileSource([]byte(src), c)
	return p, issues
}

// kidOf is what others see of a flow: version 3 of it.
func kidOf(src, functions string) *check.Signature {
	fns, _ := flow.ParseFunctions([]byte(functions))
	c := catalog{functions: map[string]*flow.Function{}}
	for i := range fns {
		c.functions[fns[i].Name] = &fns[i]
	}
	s, _ := check.SignatureOf([]byte(src), 3, c)
	return s
}

func (p *story) play(lines []string) string {
	for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return ""
	}
	switch lines[0] {
	case "functions":
		p.functions = strings.Join(lines[1:], "\n")
		return ""
	case "child": // a flow that those behind it may run
		p.kids = append(p.kids, kidOf(strings.Join(lines[1:], "\n"), p.functions))
		return ""
	case "version":
		p.w.p = mustCompile(p.t, strings.Join(lines[1:], "\n"), p.functions, p.kids...)
		return ""
	case "edition 2", "edition 3": // a version of the flow that a run may go on with
		n, _ := strconv.Atoi(lines[0][len("edition "):])
		p.w.others[n] = mustCompile(p.t, strings.Join(lines[1:], "\n"), p.functions, p.kids...)
		return ""
	case "flow":
		p.w = newWitness(mustCompile(p.t, strings.Join(lines[1:], "\n"), p.functions, p.kids...))
		return ""
	}
	var out strings.Builder
	for _, line := range lines {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(lines) > 1 {
			fmt.Fprintf(&out, "> %s\n", line)
		}
		out.WriteString(short(p.act(long(line))))
	}
	return out.String()
}

// In a script @70000@ is a text of so many letters, and a stand-in for a payload shows the beginning of its hash and its size.
var (
	longText  = regexp.MustCompile(`@(\d+)@`)
	manyTimes = regexp.MustCompile(`"x{1000,}"`)
	standIn   = regexp.MustCompile("\x01sha256:([0-9a-f]{8})[0-9a-f]{56}:(\\d+)\x01")
)

func long(line string) string {
	return longText.ReplaceAllStringFunc(line, func(found string) string {
		n, _ := strconv.Atoi(strings.Trim(found, "@"))
		return `"` + strings.Repeat("x", n) + `"`
	})
}

func short(told string) string {
	told = manyTimes.ReplaceAllStringFunc(told, func(found string) string { return fmt.Sprintf("@%d@", len(found)-2) })
	return standIn.ReplaceAllString(told, "<$1… $2 bytes>")
}

// act gives the run one input:
//
//	start JSON                                      retry [BY]
//	sent REF                                        cancel [pause|compensate]
//	done REF [attempt=N] JSON                       compensate
//	done REF [attempt=N] fail CLASS EFFECT [after]  approve STEP yes|no [COMMENT]
//	due REF      moves the clock to its timer       resolve REF happened JSON | did_not_happen | failed
//	early REF    fires it without                   recover [left]
//	pass 10s     moves the clock                    poison MESSAGE
//	send NAME JSON                                  pause, resume [BY]
//	told REF [attempt=N] STATUS [JSON]              told REF [attempt=N] STATUS fail CLASS EFFECT STEP
//	begun JSON   as another run's child             asked WISH [attempt=N] [pause|compensate]
//
// A REF is step, step#item, or either with /undo.
func (p *story) act(line string) string {
	verb, rest, _ := strings.Cut(line, " ")
	var in Input
	switch verb {
	case "start":
		in = &Start{ID: "r", Version: 1, Input: JSON(rest)}
	case "begun":
		in = &Start{ID: "r", Version: 1, Input: JSON(rest), Parent: &ParentLink{Run: "mum", Step: "pay", Item: NoItem, Attempt: 1, Depth: 1}}
	case "told":
		in = p.told(rest)
	case "asked":
		in = p.asked(rest)
	case "sent":
		r, _ := p.ref(rest)
		in = &Dispatch{Ref: r, Attempt: p.attempts(r)}
	case "done":
		in = p.done(rest)
	case "due", "early":
		r, _ := p.ref(rest)
		if verb == "due" {
			p.w.now = p.due(r)
		}
		in = &TimerDue{r}
	case "pass":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.t.Fatalf("%s: %v", line, err)
		}
		p.w.now = p.w.now.Add(d)
		return ""
	case "retry":
		in = &Retry{By: rest}
	case "plan":
		return p.plan(p.wish(rest))
	case "retry-on", "retry-with", "restart":
		in = p.wish(line)
	case "retry-now":
		r, who := p.ref(rest)
		in = &RetryNow{Step: r.Step, Item: r.Item, By: who}
	case "stop-retrying":
		r, who := p.ref(rest)
		in = &StopRetrying{Step: r.Step, Item: r.Item, By: who}
	case "cancel":
		in = &Cancel{Then: flow.OnFailure(rest)}
	case "pause":
		in = &Pause{By: rest}
	case "resume":
		in = &Resume{By: rest}
	case "compensate":
		in = &Undo{}
	case "approve":
		step, answer, _ := strings.Cut(rest, " ")
		answer, comment, _ := strings.Cut(answer, " ")
		in = &Approve{Step: step, Approved: answer == "yes", By: "ann", Comment: comment}
	case "send":
		name, payload, _ := strings.Cut(rest, " ")
		in = &Send{Name: name, Payload: JSON(payload), By: "shop"}
	case "resolve":
		r, how := p.ref(rest)
		how, output, _ := strings.Cut(how, " ")
		in = &Resolve{Step: r.Step, Item: r.Item, As: Resolution(how), Output: JSON(output), By: "bob"}
		if output == "" {
			in.(*Resolve).Output = nil
		}
	case "recover":
		in = &Recover{Owner: 2, Left: rest == "left"}
	case "poison":
		in = &Poison{Fault: fault.Fault{Class: fault.Expression, Effect: fault.None, Message: rest}}
	default:
		p.t.Fatalf("unknown input %q", line)
	}
	return p.tell(in)
}

// wish is one of the inputs that have a plan:
//
//	retry-on VERSION [BY]   retry-with REF JSON   restart STEP [on VERSION] [again STEP,STEP]   retry
func (p *story) wish(line string) Input {
	verb, rest, _ := strings.Cut(line, " ")
	words := append(strings.Fields(rest), "", "", "", "", "")
	switch verb {
	case "retry-on":
		n, err := strconv.Atoi(words[0])
		if err != nil {
			p.t.Fatal(err)
		}
		return &Retry{By: words[1], Version: n}
	case "retry-with":
		r, input := p.ref(rest)
		return &Retry{By: "ann", Given: []GivenInput{{r.Step, r.Item, JSON(input)}}}
	case "restart":
		in := &Restart{By: "ann", Step: words[0]}
		rest := words[1:]
		if rest[0] == "on" {
			in.Version, _ = strconv.Atoi(rest[1])
			rest = rest[2:]
		}
		if rest[0] == "again" {
			in.Again = strings.Split(rest[1], ",")
		}
		return in
	}
	return &Retry{}
}

// plan is what a wish would do, and leaves the run as it is.
func (p *story) plan(in Input) string {
	o, err := Programs{Now: p.w.p, Others: p.w.others}.Foretell(p.w.s, in, p.w.now)
	if err != nil {
		return fmt.Sprintf("  refused: %v\n", err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "  version %d", o.Version)
	if o.Blocks {
		out.WriteString(" (blocked)")
	}
	out.WriteString("\n")
	for _, why := range o.Blocked {
		fmt.Fprintf(&out, "    in the way: %s\n", why)
	}
	for _, f := range o.Steps {
		fmt.Fprintf(&out, "    %s: %s%s\n", f.Step, f.Does, opt("because", f.Why))
	}
	return out.String()
}

func (p *story) tell(in Input) string {
	var out strings.Builder
	facts, commands, err := p.w.decide(in)
	for _, f := range facts {
		out.WriteString("  " + factLine(f) + "\n")
	}
	for _, c := range commands {
		out.WriteString("  -> " + commandLine(c) + "\n")
	}
	switch {
	case err != nil:
		fmt.Fprintf(&out, "  refused: %v\n", err)
	case len(facts)+len(commands) == 0:
		out.WriteString("  nothing\n")
	default:
		out.WriteString("= " + stand(p.w.p, p.w.s) + "\n")
	}
	return out.String()
}

// ref reads the reference that a text begins with.
func (p *story) ref(text string) (Ref, string) {
	word, rest, _ := strings.Cut(text, " ")
	name, undo := strings.CutSuffix(word, "/undo")
	step, item, ok := strings.Cut(name, "#")
	r := Ref{Step: step, Item: NoItem, Undo: undo}
	if ok {
		n, err := strconv.Atoi(item)
		if err != nil {
			p.t.Fatalf("%s: %v", text, err)
		}
		r.Item = n
	}
	return r, rest
}

func (p *story) attempts(r Ref) int {
	if u := p.w.s.Unit(r); u != nil {
		return u.Made()
	}
	return 0
}

func (p *story) due(r Ref) time.Time {
	for _, timer := range p.w.s.Timers() {
		if timer.Ref == r {
			return timer.At
		}
	}
	if u := p.w.s.Unit(r); u != nil && u.State == Waiting { // its timer was set before the run failed, and comes all the same
		return u.NextAt
	}
	p.t.Fatalf("%s has no timer", r)
	return time.Time{}
}

// told is a child's word.
func (p *story) told(text string) Input {
	r, rest := p.ref(text)
	in := &ChildDone{Ref: r, Attempt: p.attempts(r)}
	rest = attempt(rest, &in.Attempt)
	if u := p.w.s.Unit(r); u != nil {
		in.Child = u.Child
	}
	status, rest, _ := strings.Cut(rest, " ")
	in.Status = RunStatus(status)
	said, failed := strings.CutPrefix(rest, "fail ")
	if !failed {
		in.Output = JSON(rest)
		return in
	}
	words := append(strings.Fields(said), "", "")
	in.Fault = &fault.Fault{Class: fault.Class(words[0]), Effect: fault.Effect(words[1]), Message: "it failed"}
	in.ChildStep = words[2]
	return in
}

// asked is a parent's wish.
func (p *story) asked(text string) Input {
	wish, rest, _ := strings.Cut(text, " ")
	in := &Asked{Ask: Ask(wish), Undo: wish == string(AskUndo)}
	if l := p.w.s.Parent; l != nil {
		in.Attempt = l.Attempt
	}
	in.Then = attempt(rest, &in.Attempt)
	if in.Ask == AskExpire {
		in.Fault = timeoutFault("`pay` was not done within 5s, all attempts included", "step", p.w.now)
	}
	return in
}

// attempt reads `attempt=N` from the beginning of a text.
func attempt(text string, n *int) string {
	word, rest, _ := strings.Cut(text, " ")
	if said, ok := strings.CutPrefix(word, "attempt="); ok {
		*n, _ = strconv.Atoi(said)
		return rest
	}
	return text
}

func (p *story) done(text string) Input {
	r, rest := p.ref(text)
	in := &CallDone{Ref: r, Attempt: p.attempts(r), Call: Call{Started: p.w.now, Ended: p.w.now.Add(7 * time.Millisecond), Dropped: 2,
		Phases: []Timing{{"first byte", 5 * time.Millisecond}}, Logs: []LogLine{{p.w.now.Add(time.Millisecond), "stderr", "a line\x00"}}}}
	if n, after, ok := strings.Cut(rest, " "); ok && strings.HasPrefix(n, "attempt=") {
		in.Attempt, _ = strconv.Atoi(strings.TrimPrefix(n, "attempt="))
		rest = after
	}
	said, failed := strings.CutPrefix(rest, "fail ")
	if !failed {
		in.Output = JSON(rest)
		return in
	}
	words := strings.Fields(said)
	in.Fault = &fault.Fault{Class: fault.Class(words[0]), Effect: fault.Effect(words[1]), Message: "it failed"}
	if !in.Fault.Class.Valid() {
		p.t.Fatalf("unknown class %q", words[0])
	}
	if len(words) > 2 {
		d, err := time.ParseDuration(words[2])
		if err != nil {
			p.t.Fatalf("%s: %v", text, err)
		}
		in.RetryAfter = d
	}
	return in
}
