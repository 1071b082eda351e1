package scenario

import (
	"strings"
	"testing"
	"testing/fstest"
)

const chargeFlow = `
name: charge
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  take: {call: pay, with: {n: "${{ input.n }}"}, retry: {max_attempts: 1}, compensate: {call: refund, with: {id: "${{ steps.take.output.id }}"}}}
  ask: {needs: [take], approval: {title: "Charge ${{ input.n }}?", timeout: 48h}}
  told: {needs: [ask], signal: {name: told}}
output: {id: "${{ steps.take.output.id }}"}
`

const mallFlow = `
name: mall
on_failure: compensate
steps:
  many: {for_each: "${{ [1, 2] }}", max_parallel: 1, flow: charge, with: {n: "${{ item }}"}}
  end: {needs: [many], call: mail}
output: {all: "${{ steps.many.output }}"}
`

func mall(t *testing.T, charge, test string) *Suite {
	t.Helper()
	return prepare(t, fstest.MapFS{"functions.yaml": {Data: []byte(shopFunctions)}, "flows/charge.yaml": {Data: []byte(charge)},
		"flows/mall.yaml": {Data: []byte(mallFlow)}, "tests/mall.yaml": {Data: []byte(test)}})[0]
}

// TestChildrenArePlayed: runs that a run starts are played with the same functions and people, and told in its story.
func TestChildrenArePlayed(t *testing.T) {
	s := mall(t, chargeFlow, `
flow: mall
functions: {pay: {returns: {id: "p${{ input.n }}"}}}
scenarios:
  - name: both are charged
    approvals: [{step: many.ask, approved: true}, {step: many.ask, approved: true, after: 1h}]
    signals: [{name: told, at: 10m}, {name: told, at: 2h}]
    expect: {status: succeeded, path: [many, end], output: {all: [{id: p1}, {id: p2}]}, attempts: {many: 2}}
  - name: the second is not
    approvals: [{step: many.ask, approved: true}, {step: many.ask, approved: false, comment: never}]
    signals: [{name: told, at: 10m}]
    expect: {status: compensated, failure: {step: many, class: rejected, message: "`+"`ask` failed"+`"}, compensations: ["many[1]", "many[0]"]}
  - name: and this does not hold
    approvals: [{step: many.ask, approved: false}]
    expect: {status: succeeded}
`)
	out, _, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out[:2] {
		if !o.Passed {
			t.Errorf("%s: %+v\n%s", o.Name, o.Problems, strings.Join(o.Story, "\n"))
		}
	}
	want := `+0s      the run starts with {}
+0s      many: the list has length 2
+0s      many[0] starts a run of charge with {"n":1}
+0s      many[0]: the run starts with {"n":1}
+0s      many[0]: take calls pay with {"n":1}
+0s      many[0]: take gets {"id":"p1"}
+0s      many[0]: take completes
+0s      many[0]: ask asks a person "Charge 1?", until +48h at the latest
+0s      many[0]: somebody rejects ask
+0s      many[0]: ask fails (rejected: the approval was rejected); nobody handles it
+0s      many[0]: the run fails: rejected: the approval was rejected
+0s      many[0]: its run is failed
+0s      many fails (rejected: ` + "`ask`" + ` failed: the approval was rejected); nobody handles it
+0s      the compensation starts
+0s      undo of many[0]: its run is to undo what it did
+0s      many[0]: the compensation starts
+0s      many[0]: undo of take calls refund with {"id":"p1"}
+0s      many[0]: undo of take gets {}
+0s      many[0]: everything is undone
+0s      undo of many[0]: its run is compensated
+0s      everything is undone`
	if got := strings.Join(out[2].Story, "\n"); got != want {
		t.Errorf("the story:\n%s", got)
	}
}

// TestFaultsInsideChildren: every step of a child fails in every way, and what is left there is found.
func TestFaultsInsideChildren(t *testing.T) {
	test := `
flow: mall
functions: {pay: {returns: {id: "p${{ input.n }}"}}}
scenarios:
  - name: plain
    approvals: [{step: many.ask, approved: true}]
    signals: [{name: told, at: 1s}, {name: told, at: 2s}]
    expect: {status: succeeded}
faults: {effectless: [mail], accept: [{step: many.take, faults: [after, unknown, contract], why: "nothing is known of what it did"}]}
`
	for name, c := range map[string]struct{ charge, want string }{
		"mended": {chargeFlow, ""},
		"nothing undoes it": {strings.Replace(chargeFlow, "  ask: {needs: [take]", "  more: {needs: [take], call: pay, with: {n: 2}}\n  ask: {needs: [more]", 1),
			"what `many[0].more` did is left"},
	} {
		m, err := mall(t, c.charge, test).Faults(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if steps := cellSteps(m); !strings.Contains(steps, "many.take") {
			t.Errorf("%s: the cells are of %s", name, steps)
		}
		if got := m.Text(); c.want == "" && !m.Fine() || !strings.Contains(got, c.want) {
			t.Errorf("%s: want %q in\n%s", name, c.want, got)
		}
	}
}

func cellSteps(m *Matrix) string {
	var names []string
	for _, c := range m.Cells {
		names = append(names, c.Step)
	}
	return strings.Join(names, " ")
}
