package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/runtime"
)

// rule is one compiled rule of a script.
type rule struct {
	match   any // of a partial match; nil: none
	when    *expr.Program
	returns *expr.Template
	fails   *fault.Fault
	takes   time.Duration
	times   int
}

// reply is how a function answers one call.
type reply struct {
	output []byte
	fault  *fault.Fault
	takes  time.Duration
}

// callScope lets expressions of a test read the input of a call, and nothing else.
type callScope struct {
	expr.Scope // nil: the compiler refuses every other root
	in         *expr.Value
}

func (s callScope) Input() *expr.Value { return s.in }

// actors are the scripted functions of one play. A rule's `times` count within the play.
type actors struct {
	scripts map[string][]*rule
	used    map[*rule]int
	healthy bool // rules that fail are passed over: only what functions return is wanted
}

func newActors(scripts map[string][]*rule) *actors {
	return &actors{scripts: scripts, used: map[*rule]int{}}
}

// answer plays a function. problem says that the script has no answer.
func (a *actors) answer(in runtime.Invoke, call *check.Call) (r reply, problem string) {
	rules, scripted := a.scripts[in.Function]
	scope := callScope{in: expr.FromJSON(in.Input)}
	for _, rule := range rules {
		if rule.times > 0 && a.used[rule] >= rule.times || a.healthy && rule.fails != nil {
			continue
		}
		fits, err := rule.fits(scope)
		if err != nil {
			return reply{}, fmt.Sprintf("`when` of %s can't be decided: %v", in.Function, err)
		}
		if !fits {
			continue
		}
		a.used[rule]++
		r = reply{fault: rule.fails, takes: rule.takes}
		if rule.fails != nil {
			return r, ""
		}
		out, err := rule.returns.Eval(scope)
		if err != nil {
			return reply{}, fmt.Sprintf("`returns` of %s can't be made: %v", in.Function, err)
		}
		r.output = out.JSON()
		return r, ""
	}
	if scripted && !a.healthy {
		return reply{}, fmt.Sprintf("no rule of %s fits its call with %s", in.Function, clip(string(in.Input), 200))
	}
	return reply{output: example(call.Output)}, ""
}

func (r *rule) fits(scope callScope) (bool, error) {
	switch {
	case r.when != nil:
		return r.when.EvalBool(scope)
	case r.match != nil:
		return differs(r.match, plainValue(scope.in.JSON()), "") == "", nil
	}
	return true, nil
}

// example is what a function returns that nobody has scripted: a sample of its contract.
func example(s *schema.Schema) []byte {
	if s == nil {
		return []byte("{}")
	}
	var b bytes.Buffer
	if err := json.Compact(&b, schema.Example(s.Raw())); err != nil {
		return []byte("{}")
	}
	return b.Bytes()
}

// plainValue decodes JSON for comparing. What can't be decoded is nil.
func plainValue(raw []byte) any {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}

// differs says where got does not hold what want asks for, "" if it does. Objects may have more keys than asked for.
func differs(want, got any, path string) string {
	at := path
	if at == "" {
		at = "the value"
	} else {
		at = "`" + at + "`"
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %s, expected an object", at, show(got))
		}
		for _, key := range sortedKeys(w) {
			below := key
			if path != "" {
				below = path + "." + key
			}
			v, there := g[key]
			if !there {
				return fmt.Sprintf("`%s` is missing, expected %s", below, show(w[key]))
			}
			if d := differs(w[key], v, below); d != "" {
				return d
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s is %s, expected %s", at, show(got), show(want))
		}
		for i := range w {
			if d := differs(w[i], g[i], fmt.Sprintf("%s[%d]", path, i)); d != "" {
				return d
			}
		}
		return ""
	}
	if want != got {
		return fmt.Sprintf("%s is %s, expected %s", at, show(got), show(want))
	}
	return ""
}

func show(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return clip(string(raw), 120)
}

// clip keeps a value readable on one line, at most n characters.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
