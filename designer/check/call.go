package check

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
)

// The retry policy's defaults (the language's reference repeats them). Without any policy there is one attempt.
const (
	DefaultMaxAttempts = 3 // of a policy that does not say
	DefaultBackoff     = time.Second
	DefaultFactor      = 2.0
	DefaultMaxBackoff  = 5 * time.Minute
)

// contract is what is known of a function; all of it is nil for one that the catalogue lacks.
type contract struct {
	function *flow.Function
	input    *schema.Schema
	output   *schema.Schema
	retry    *flow.Retry
	faulty   []flow.Issue // what is wrong with the function's own entry
	written  flow.Value   // the input schema, Absent if there is none

	shapesRead bool
	in         *shape
}

func (c *contract) readShapes() {
	if c == nil || c.shapesRead {
		return
	}
	c.shapesRead = true
	if c.written.Kind != flow.Absent {
		c.in = readShape(c.written.JSON())
	}
}

// contractOf looks a function up once in a compilation; nil if the catalogue lacks it.
func (k *compiler) contractOf(spec *flow.CallSpec) *contract {
	if spec == nil || spec.Function == "" {
		return nil
	}
	if c, ok := k.contracts[spec.Function]; ok {
		return c
	}
	f := k.catalog.Function(spec.Function)
	if f == nil {
		return nil
	}
	c := &contract{function: f, retry: f.Retry, written: f.Input}
	c.input, c.output, c.faulty = contractSchemas(f)
	c.faulty = append(c.faulty, checkRetry(spec.Function, f.Retry, f.Idempotent != nil && *f.Idempotent)...)
	k.contracts[spec.Function] = c
	return c
}

func (k *compiler) callStep(i int) {
	w, s := &k.d.Steps[i], k.steps[i]
	item := k.loop(i)
	if w.Call == nil {
		if !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, "call", "name a function", "the step calls no function")
		}
	} else {
		s.Call = k.call(i, w.Call, "", scope{step: i, field: "with", item: item, loop: loopOf(w), needs: k.requiredBy(w.Call), into: k.takenBy(w.Call)})
	}
	s.Until = k.until(i, item)
	if w.Compensate != nil {
		s.Compensate = k.call(i, w.Compensate, "compensate.", scope{step: i, field: "compensate.with", item: item, own: true, needs: k.requiredBy(w.Compensate), into: k.takenBy(w.Compensate)})
		s.UndoAttempts = w.Compensate.After == flow.AfterAttempt
		k.warnKeyless(i)
	}
}

// loop compiles what a call and a child share: the list they are repeated over, and the bounds of the whole. It returns whether there is an item.
func (k *compiler) loop(i int) bool {
	w, s := &k.d.Steps[i], k.steps[i]
	s.MaxParallel = cmp.Or(w.MaxParallel, flow.DefaultMaxParallel)
	s.Deadline, s.Tolerated = w.Deadline, w.Tolerated
	if w.ForEach == nil {
		return false
	}
	var of *expr.Type
	s.ForEach, of = k.typedProgram(w.ForEach, scope{step: i, field: "for_each"}, "list")
	k.typing.items[i] = of.Element()
	return true
}

// call compiles a call or a compensation. prefix is where its keys stand: "" or "compensate.".
func (k *compiler) call(i int, spec *flow.CallSpec, prefix string, sc scope) *Call {
	w := &k.d.Steps[i]
	with, passed := k.typedTemplate(spec.With, sc)
	c := k.contractOf(spec)
	if c == nil {
		k.unknownFunction(i, spec, prefix)
		return nil
	}
	f := c.function
	out := &Call{
		Function: spec.Function, Idempotent: f.Idempotent != nil && *f.Idempotent, With: with, Input: c.input, Output: c.output,
		Timeout: cmp.Or(spec.Timeout, f.Timeout, flow.DefaultTimeout), AtOnce: cmp.Or(f.Concurrency, flow.DefaultConcurrency),
	}
	for _, issue := range c.faulty {
		if strings.HasPrefix(issue.Field, "retry.") && spec.Retry != nil {
			continue // the step's own policy counts
		}
		k.report(issue.Severity, spec.FuncPos, w.Name, prefix+"call", issue.Hint, "in the entry of `%s`: %s", spec.Function, issue.Message)
	}
	policy := f.Retry
	if spec.Retry != nil {
		policy = spec.Retry
		for _, issue := range checkRetry(spec.Function, policy, out.Idempotent) {
			k.stepIssue(issue.Severity, i, prefix+issue.Field, issue.Hint, "%s", issue.Message)
		}
	}
	out.Retry = resolveRetry(policy, out.Idempotent)
	k.checkWith(i, spec, c, prefix)
	k.fit(spec.With, passed, c.input.Type(), fitting{sc: sc, function: spec.Function, schema: c.input})
	return out
}

// requiredBy lists the names that a function's input must have.
func (k *compiler) requiredBy(spec *flow.CallSpec) []string {
	c := k.contractOf(spec)
	c.readShapes()
	if c == nil || c.in == nil {
		return nil
	}
	return c.in.required
}

// takenBy is the type of a function's input; nil if nothing is known of it.
func (k *compiler) takenBy(spec *flow.CallSpec) *expr.Type {
	if c := k.contractOf(spec); c != nil {
		return c.input.Type()
	}
	return nil
}

func (k *compiler) unknownFunction(i int, spec *flow.CallSpec, prefix string) {
	w := &k.d.Steps[i]
	if spec.Function == "" {
		if !k.broken[w.Name] {
			k.stepIssue(flow.Error, i, prefix+"call", "name a function", "the step calls no function")
		}
		return
	}
	if k.functions == nil {
		k.functions = append([]string{}, k.catalog.FunctionNames()...)
	}
	hint := k.didYouMean(spec.Function, k.functions)
	if hint == "" {
		hint = "declare it in functions.yaml or on the functions page"
	}
	is := k.report(flow.Error, spec.FuncPos, w.Name, prefix+"call", hint, "there is no function `%s`", spec.Function)
	near := k.nearest(spec.Function, k.functions)
	k.mend(is, spec.FuncPos, spec.Function, near, use(near))
}

// resolveRetry fills in a policy's defaults. A function that is not idempotent is retried by default only after failures that cannot have had an
// effect; see nonIdempotentOn.
func resolveRetry(p *flow.Retry, idempotent bool) Retry {
	r := Retry{MaxAttempts: 1, Backoff: DefaultBackoff, Factor: DefaultFactor, MaxBackoff: DefaultMaxBackoff}
	if p != nil {
		r.MaxAttempts = cmp.Or(p.MaxAttempts, DefaultMaxAttempts)
		r.Backoff = cmp.Or(p.Backoff, DefaultBackoff)
		r.Factor = cmp.Or(p.Factor, DefaultFactor)
		r.MaxBackoff = cmp.Or(p.MaxBackoff, max(DefaultMaxBackoff, r.Backoff))
		if len(p.On) > 0 {
			r.On = make(map[fault.Class]bool, len(p.On))
			for _, c := range p.On {
				r.On[c] = true
			}
		}
	}
	if r.On == nil && !idempotent {
		r.On = make(map[fault.Class]bool, len(nonIdempotentOn))
		for _, c := range nonIdempotentOn {
			r.On[c] = true
		}
	}
	return r
}

// nonIdempotentOn are the classes that a policy without `on` retries for a function that is not idempotent: of those worth retrying, the ones
// after which certainly nothing happened.
var nonIdempotentOn = []fault.Class{fault.RateLimited, fault.NoWorker}

// checkRetry refuses to repeat a call that must not be repeated when its effect may have happened.
func checkRetry(function string, p *flow.Retry, idempotent bool) []flow.Issue {
	if p == nil || idempotent {
		return nil
	}
	var named []string
	first := 0
	for i, c := range p.On {
		if c.MaybeEffect() {
			if len(named) == 0 {
				first = i
			}
			named = append(named, string(c))
		}
	}
	if len(named) == 0 {
		return nil
	}
	return []flow.Issue{{Severity: flow.Error, Field: "retry.on[" + strconv.Itoa(first) + "]",
		Message: "`" + function + "` is not idempotent, so it cannot be retried after " + listed(named) + ": the first call may have had its effect",
		Hint:    "retry only rate_limited and no_worker, or make the function idempotent by its key and declare `idempotent: true`"}}
}
