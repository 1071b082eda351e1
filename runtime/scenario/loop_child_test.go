package scenario

import (
	"strings"
	"testing"
	"testing/fstest"
)

const roundFlow = `
name: round
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  take: {call: pay, with: {n: "${{ input.n }}"}, retry: {max_attempts: 1}, compensate: {after: attempt, call: refund, with: {id: "${{ key }}"}}}
output: {id: "${{ steps.take.output.id }}"}
`

const roundsFlow = `
name: rounds
on_failure: compensate
steps:
  all: {flow: round, with: {n: "${{ iteration }}"}, until: {condition: "${{ output.id == 'p3' }}", every: 6h, max: 5}}
  end: {needs: [all], call: mail}
output: {last: "${{ steps.all.output.id }}"}
`

func rounds(t *testing.T, round, test string) *Suite {
	t.Helper()
	return prepare(t, fstest.MapFS{"functions.yaml": {Data: []byte(shopFunctions)}, "flows/round.yaml": {Data: []byte(round)},
		"flows/rounds.yaml": {Data: []byte(roundsFlow)}, "tests/rounds.yaml": {Data: []byte(test)}})[0]
}

// TestScenariosOfALoopOfRuns: each iteration is a run, and all of them are undone, the last one first.
func TestScenariosOfALoopOfRuns(t *testing.T) {
	out, _, err := rounds(t, roundFlow, `
flow: rounds
functions: {pay: {returns: {id: "p${{ input.n }}"}}}
scenarios:
  - name: three rounds
    expect: {status: succeeded, path: [all, end], output: {last: p3}, iterations: {all: 3}, attempts: {all: 3}}
  - name: undone
    functions: {mail: {fails: denied}}
    expect: {status: compensated, iterations: {all: 3}, compensations: [all]}
  - name: this does not hold
    expect: {status: succeeded, iterations: {all: 2}}
`).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out[:2] {
		if !o.Passed {
			t.Errorf("%s: %+v\n%s", o.Name, o.Problems, strings.Join(o.Story, "\n"))
		}
	}
	story := strings.Join(out[2].Story, "\n")
	for _, want := range []string{"all starts a run of round in iteration 2 with {\"n\":2}", "all[iteration 2]: take gets {\"id\":\"p2\"}",
		"all gets {\"id\":\"p2\"} in iteration 2, and its condition is not true; the next begins at +12h"} {
		if out[2].Passed || !strings.Contains(story, want) {
			t.Errorf("the story lacks %q:\n%s", want, story)
		}
	}
}

// TestFaultsOfALoopOfRuns: every iteration's calls fail, and what a run of an iteration leaves behind is found.
func TestFaultsOfALoopOfRuns(t *testing.T) {
	test := `
flow: rounds
functions: {pay: {returns: {id: "p${{ input.n }}"}}}
scenarios:
  - name: three rounds
    expect: {status: succeeded}
faults: {effectless: [mail]}
`
	for name, c := range map[string]struct{ round, want string }{
		"mended":            {roundFlow, ""},
		"nothing undoes it": {strings.Replace(roundFlow, "output:", "  more: {needs: [take], call: pay, with: {n: 2}}\noutput:", 1), "what `all[iteration 1].more` did is left"},
	} {
		m, err := rounds(t, c.round, test).Faults(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if steps := cellSteps(m); !strings.Contains(steps, "all.take") {
			t.Errorf("%s: the cells are of %s", name, steps)
		}
		if got := m.Text(); c.want == "" && !m.Fine() || !strings.Contains(got, c.want) {
			t.Errorf("%s: want %q in\n%s", name, c.want, got)
		}
	}
}
