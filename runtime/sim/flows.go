package sim

import (
	"fmt"
	"strings"
	"sync"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
)

// names are the flows in the order in which clients take them.
var names = []string{"chain", "fan", "saga", "chain", "doors", "once", "kin", "mail", "family", "doubt", "loop", "rounds", "vault"}

// children are the flows that others run, each after those that it runs.
var children = []string{"leaf", "desk", "branch", "box"}

var sources = map[string]string{
	"chain": `
name: chain
steps:
  one: {call: safe, retry: {max_attempts: 3, backoff: 1s}}
  two: {needs: [one], call: safe, deadline: 25s, with: {id: "${{ steps.one.output.id }}"}, retry: {max_attempts: 3, backoff: 1s}}
  nap: {needs: [two], wait: 40s}
  three: {needs: [nap], call: safe}
output: {id: "${{ steps.three.output.id }}"}
`,
	"fan": `
name: fan
steps:
  first: {call: safe, retry: {max_attempts: 4}}
  many: {needs: [first], for_each: "${{ [1, 2, 3, 4, 5, 6, 7] }}", max_parallel: 3, tolerated_failures: 15%, call: safe, with: {i: "${{ item }}"}, retry: {max_attempts: 3, backoff: 200ms},
    compensate: {call: safe, with: {i: "${{ item }}"}, retry: {max_attempts: 5}}}
  left: {needs: [first], call: safe, compensate: {call: safe}}
  join: {needs: [many, left], call: safe}
`,
	"saga": `
name: saga
timeout: 10m
on_failure: compensate
steps:
  hold: {call: safe, compensate: {call: safe, with: {id: "${{ steps.hold.output.id }}"}, retry: {max_attempts: 9}}}
  pay: {needs: [hold], call: once, compensate: {call: once}}
  pick: {needs: [hold], call: safe, compensate: {call: safe}}
  ship: {needs: [pay, pick], call: safe, retry: {max_attempts: 2}}
`,
	"doors": `
name: doors
steps:
  look: {call: safe, retry: {max_attempts: 5}}
  big: {needs: [look], switch: {yes_please: "${{ input.n % 4 > 1 }}", otherwise: true}}
  ask: {needs: [big.yes_please], approval: {title: "Go on with ${{ input.n }}?", timeout: 10m}}
  no_thanks: {needs: [ask.rejected], call: safe}
  risky: {needs: [ask.approved], call: safe}
  rescue: {needs: [risky.error], call: safe, retry: {max_attempts: 3}}
  done: {needs: {any: [risky, rescue, no_thanks, big.otherwise]}, call: safe, retry: {max_attempts: 6}}
`,
	"mail": `
name: mail
on_failure: compensate
steps:
  first: {call: safe, retry: {max_attempts: 5}, compensate: {call: safe, retry: {max_attempts: 9}}}
  paid: {needs: [first], signal: {name: paid, timeout: 10m}}
  again: {needs: [paid], signal: {name: paid, timeout: 1h}}
  late: {needs: [paid.error], call: safe, retry: {max_attempts: 6}}
  done: {needs: {any: [again, late]}, call: safe, with: {n: "${{ steps.first.output.id }}"}, retry: {max_attempts: 6}}
`,
	"leaf": `
name: leaf
steps:
  one: {call: safe, retry: {max_attempts: 4}, compensate: {call: safe, with: {id: "${{ steps.one.output.id }}"}, retry: {max_attempts: 9}}}
  put: {needs: [one], call: once, compensate: {call: once}}
output: {id: "${{ steps.put.output.id }}"}
`,
	"desk": `
name: desk
on_failure: compensate
steps:
  note: {call: safe, retry: {max_attempts: 6}, compensate: {call: safe, retry: {max_attempts: 9}}}
  ask: {needs: [note], approval: {title: "Well?", timeout: 10m}}
output: {id: "${{ steps.note.output.id }}"}
`,
	"branch": `
name: branch
on_failure: compensate
steps:
  own: {call: safe, retry: {max_attempts: 5}, compensate: {call: safe, retry: {max_attempts: 9}}}
  sub: {needs: [own], flow: leaf, deadline: 90s}
output: {id: "${{ steps.sub.output.id }}"}
`,
	"family": `
name: family
steps:
  first: {call: safe, retry: {max_attempts: 4}, compensate: {call: safe, retry: {max_attempts: 9}}}
  deep: {needs: [first], flow: branch, with: {n: "${{ input.n }}"}}
  beside: {needs: [first], flow: leaf}
  rescue: {needs: [beside.error], call: safe, retry: {max_attempts: 6}}
  done: {needs: {any: [beside, rescue]}, call: safe, retry: {max_attempts: 6}}
  last: {needs: [deep, done], call: safe, retry: {max_attempts: 6}, with: {id: "${{ steps.deep.output.id }}"}}
`,
	"kin": `
name: kin
timeout: 15m
on_failure: compensate
steps:
  one: {call: safe, retry: {max_attempts: 6}, compensate: {call: safe, retry: {max_attempts: 9}}}
  many: {for_each: "${{ [1, 2, 3] }}", max_parallel: 2, tolerated_failures: 1, flow: leaf}
  ask: {needs: [one], flow: desk}
  done: {needs: [many, ask], call: safe, retry: {max_attempts: 2}}
`,
	"rounds": `
name: rounds
on_failure: compensate
steps:
  one: {call: safe, retry: {max_attempts: 6}, compensate: {call: safe, retry: {max_attempts: 9}}}
  far: {needs: [one], flow: leaf, with: {n: "${{ iteration }}", was: "${{ previous.?id }}"}, until: {condition: "${{ iteration > 2 }}", every: 45s, max: 4}}
  many: {for_each: "${{ [1, 2, 3] }}", max_parallel: 2, tolerated_failures: 1, flow: branch, deadline: 3m, until: {condition: "${{ iteration > index }}", every: 3s}}
  end: {needs: [far, many], call: safe, retry: {max_attempts: 3}}
`,
	"doubt": `
name: doubt
on_failure: compensate
steps:
  hold: {call: safe, retry: {max_attempts: 2}, compensate: {after: attempt, call: safe, with: {undo: "${{ key }}", id: "${{ steps.hold.?output.id }}"}, retry: {max_attempts: 20}}}
  take: {needs: [hold], for_each: "${{ [1, 2, 3] }}", max_parallel: 2, call: safe, with: {i: "${{ item }}"}, deadline: 20s,
    compensate: {after: attempt, call: safe, with: {undo: "${{ key }}"}, retry: {max_attempts: 20}}}
  pay: {needs: [hold], call: once, compensate: {after: attempt, call: safe, with: {undo: "${{ key }}"}, retry: {max_attempts: 20}}}
  ship: {needs: [take, pay], call: safe}
`,
	"loop": `
name: loop
on_failure: compensate
steps:
  far: {call: safe, with: {n: "${{ iteration }}", was: "${{ previous.?id }}"}, until: {condition: "${{ output.ok && iteration > 2 }}", every: 45s, max: 9}, retry: {max_attempts: 3, backoff: 1s},
    compensate: {call: safe, with: {id: "${{ steps.far.output.id }}"}, retry: {max_attempts: 9}}}
  many: {for_each: "${{ [1, 2, 3] }}", max_parallel: 2, call: safe, until: {condition: "${{ iteration > index }}", every: 3s, max: 4}, retry: {max_attempts: 4}, compensate: {call: safe, retry: {max_attempts: 9}}}
  once: {needs: [many], call: once, until: {condition: "${{ iteration > 1 }}", every: 40s}}
  end: {needs: [far, once], call: safe, retry: {max_attempts: 6}}
`,
	"box": `
name: box
on_failure: compensate
steps:
  put: {call: huge, retry: {max_attempts: 6}, compensate: {call: safe, with: {id: "${{ steps.put.output }}"}, retry: {max_attempts: 9}}}
output: {all: "${{ steps.put.output }}"}
`,
	"vault": `
name: vault
steps:
  make: {call: large, retry: {max_attempts: 6}, compensate: {call: safe, with: {id: "${{ steps.make.output.id }}"}, retry: {max_attempts: 9}}}
  many: {needs: [make], for_each: "${{ [1, 2] }}", call: large, with: {i: "${{ item }}", v: "${{ steps.make.output }}"}, retry: {max_attempts: 6}}
  huge: {needs: [make], call: huge, with: {id: "${{ steps.make.output.id }}", input: "${{ input }}"}, retry: {max_attempts: 6}, compensate: {call: safe, with: {all: "${{ steps.huge.output }}"}, retry: {max_attempts: 9}}}
  pass: {needs: [huge, many], call: once, with: {all: "${{ steps.huge.output }}", many: "${{ steps.many.output }}"}}
  peek: {needs: [huge], call: safe, with: {id: "${{ steps.huge.output.id }}"}}
  unread: {needs: [peek.error], call: safe, with: {class: "${{ steps.peek.error.class }}"}, retry: {max_attempts: 6}}
  flood: {needs: [huge], call: safe, with: {FLOOD}}
  dry: {needs: [flood.error], call: safe, with: {class: "${{ steps.flood.error.class }}"}, retry: {max_attempts: 6}}
  box: {needs: [unread, dry], flow: box, with: {v: "${{ steps.make.output }}"}}
  open: {needs: [box, pass], call: safe, with: {v: "${{ steps.box.output }}"}, retry: {max_attempts: 6}}
output: {all: "${{ steps.box.?output }}", id: "${{ steps.make.output.id }}"}
`,
	"once": `
name: once
steps:
  a: {call: once}
  b: {needs: [a], for_each: "${{ [1, 2, 3] }}", max_parallel: 2, call: once, with: {i: "${{ item }}"}}
  c: {needs: [b], call: once}
`,
}

const functions = `
safe: {http: {url: "http://sim/safe"}, idempotent: true}
once: {http: {url: "http://sim/once"}, idempotent: false}
large: {http: {url: "http://sim/large"}, idempotent: true}
huge: {http: {url: "http://sim/huge"}, idempotent: true}
`

type catalog struct {
	functions map[string]*flow.Function
	flows     map[string]*check.Signature
}

func (c catalog) Function(name string) *flow.Function      { return c.functions[name] }
func (c catalog) Flow(name string, _ int) *check.Signature { return c.flows[name] }
func (c catalog) FlowNames() []string                      { return nil }
func (c catalog) FunctionNames() []string                  { return []string{"huge", "large", "once", "safe"} }

// edits are what a second version of a flow says instead: text, and what takes its place.
var edits = map[string][]string{
	"chain": {"three: {needs: [nap], call: safe}", "more: {needs: [one], call: safe}\n  three: {needs: [nap], call: safe, with: {v: 2}, retry: {max_attempts: 9}}"},
	"fan":   {"left: {needs: [first], call: safe,", "left: {needs: [first], call: safe, with: {v: 2},", "max_parallel: 3", "max_parallel: 1", "join: {needs: [many, left]", "last: {needs: [many, left]"},
	"saga":  {"ship: {needs: [pay, pick], call: safe, retry: {max_attempts: 2}}", "ship: {needs: [pick], call: safe, with: {v: 2}, retry: {max_attempts: 9}, compensate: {call: safe, retry: {max_attempts: 9}}}"},
	"doors": {"risky: {needs: [ask.approved], call: safe}", "risky: {needs: [ask.approved], call: safe, with: {v: 2}, retry: {max_attempts: 9}}", "n % 4 > 1", "n % 4 > 0"},
	"once":  {"c: {needs: [b], call: once}", "c: {needs: [b], call: safe}"},
	"kin":   {"many: {for_each: \"${{ [1, 2, 3] }}\"", "many: {for_each: \"${{ [1, 2, 3, 4] }}\"", "done: {needs: [many, ask], call: safe,", "done: {needs: [many], call: safe,"},
	"loop":  {"iteration > 1 }}\", every: 40s", "iteration > 2 }}\", every: 20s", "end: {needs: [far, once]", "end: {needs: [once]"},
	"mail":  {"done: {needs: {any: [again, late]}, call: safe, with: {n:", "done: {needs: {any: [again, late]}, call: safe, with: {v: 2, n:"},
	"doubt": {"ship: {needs: [take, pay], call: safe}", "ship: {needs: [take, pay], call: safe, with: {v: 2}, retry: {max_attempts: 9}}", "take: {needs: [hold], for_each", "take: {for_each"},
	"vault": {"open: {needs: [box, pass]", "open: {needs: [box]", "unread: {needs: [peek.error], call: safe, with: {class: \"${{ steps.peek.error.class }}\"}", "unread: {needs: [peek.error], call: large, with: {all: \"${{ steps.make.output }}\"}"},
}

// programs are the flows with their versions.
var programs = sync.OnceValue(func() map[string][]*check.Program {
	fns, issues := flow.ParseFunctions([]byte(functions))
	if issues.HasErrors() {
		panic(fmt.Sprint(issues))
	}
	c := catalog{map[string]*flow.Function{}, map[string]*check.Signature{}}
	for i := range fns {
		c.functions[fns[i].Name] = &fns[i]
	}
	out := map[string][]*check.Program{}
	compile := func(name, text string) {
		source := []byte(strings.ReplaceAll(text, "FLOOD", flood()))
		def, issues := flow.Parse(source)
		if issues.HasErrors() {
			panic(fmt.Sprint(name, issues))
		}
		p, issues := check.Compile(def, c)
		if p == nil {
			panic(fmt.Sprint(name, issues))
		}
		out[name] = append(out[name], p)
		c.flows[name], _ = check.SignatureOf(source, 1, c)
	}
	for _, name := range children {
		compile(name, sources[name])
	}
	for name, text := range sources {
		if out[name] == nil {
			compile(name, text)
		}
		if len(edits[name]) > 0 {
			edited := strings.NewReplacer(edits[name]...).Replace(text)
			for i := 0; i < len(edits[name]); i += 2 {
				if !strings.Contains(text, edits[name][i]) {
					panic(name + " does not say " + edits[name][i])
				}
			}
			compile(name, edited)
		}
	}
	return out
})

// flood is an input that would be larger than what may be sent, of one value many times over.
func flood() string {
	var b strings.Builder
	for i := range planner.MaxSent/len(values()[0].raw) + 1 {
		fmt.Fprintf(&b, "v%d: \"${{ steps.huge.output }}\", ", i)
	}
	return strings.TrimSuffix(b.String(), ", ")
}
