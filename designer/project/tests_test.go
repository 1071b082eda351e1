package project

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const goodTest = `
flow: order
functions: {pay: {returns: {id: p1}, takes: 2s}}
scenarios:
  - name: all there is
    input: inputs/order.json
    functions:
      ship:
        - {when: {n: 1}, fails: {class: timeout, effect: maybe, message: gone}, times: 2}
        - {when: "${{ input.n > 1 }}", returns: [1, 2]}
        - {fails: rejected}
    signals: [{name: paid, payload: {by: ada}, at: 2s}]
    approvals: [{step: review, after: 48h, approved: false, by: ada, comment: no}]
    resolutions: [{step: pay, item: 2, as: happened, output: {id: p}, after: 1s}]
    buttons: [retry, {press: cancel, at: 3s, then: compensate}]
    expect:
      status: compensated
      path: [pay, big.review]
      skipped: [ship]
      output: {a: 1}
      outputs: {pay: {id: p1}}
      attempts: {pay: 1}
      compensations: ["pay[1]"]
      failure: {step: ship, class: timeout, message: gone}
faults:
  effectless: [look]
  accept: [{step: ship, faults: [after], why: it is called back by hand}]
`

func TestParseTests(t *testing.T) {
	f, issues := ParseTests("tests/order.yaml", []byte(goodTest))
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	s := f.Scenarios[0]
	rules := s.Functions[0].Rules
	switch {
	case f.Flow != "order" || f.FlowPos.Line != 2 || f.Functions[0].Rules[0].Takes != 2*time.Second:
		t.Errorf("file: %+v", f)
	case s.Pos.Line != 5 || s.Input.Text != "inputs/order.json" || len(rules) != 3:
		t.Errorf("scenario: %+v", s)
	case rules[0].Fails.Class != "timeout" || rules[0].Fails.Effect != "maybe" || rules[0].Times != 2 || rules[2].Fails.Class != "rejected":
		t.Errorf("rules: %+v", rules)
	case s.Approvals[0].Approved || s.Approvals[0].After != 48*time.Hour || s.Resolutions[0].Item != 2:
		t.Errorf("people: %+v %+v", s.Approvals, s.Resolutions)
	case s.Signals[0].Name != "paid" || s.Signals[0].At != 2*time.Second || s.Signals[0].Payload.Kind == 0:
		t.Errorf("signals: %+v", s.Signals)
	case s.Buttons[0].Press != "retry" || s.Buttons[1].At != 3*time.Second || s.Buttons[1].Then != "compensate":
		t.Errorf("buttons: %+v", s.Buttons)
	case s.Expect.Path[1].Port != "review" || s.Expect.Compensations[0].Item != 1 || s.Expect.Attempts[0].Calls != 1 || s.Expect.Failure.Step != "ship":
		t.Errorf("expect: %+v", s.Expect)
	case f.Faults.Effectless[0].Text != "look" || f.Faults.Accept[0].Faults[0].Text != "after":
		t.Errorf("faults: %+v", f.Faults)
	}
}

// TestParseTestsProblems: every problem of a text, each at its place.
func TestParseTestsProblems(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"empty":    {"", "1:1 the file is empty (begin with `flow:` and `scenarios:`)"},
		"list":     {"[1]", "1:1 a test file must be a mapping, found a list (begin with `flow:` and `scenarios:`)"},
		"not yaml": {"flow: {", "1:7 the `{` that opens here is never closed"},
		"nothing":  {"flow: x", "1:1 the file has no `scenarios` (add `scenarios:`)"},
		"unknown key": {"flw: x\nscenarios: []", "1:1 unknown key `flw` in a test file (did you mean `flow`?)\n" +
			"1:1 the file does not say which flow it tests (add `flow: my_flow`)"},
		"number": {"flow: 01\nscenarios: []", "1:1 YAML readers disagree on leading zeros; remove them from a number, quote a text\n1:7 `flow` must be a text, found the number 0"},
		"scenario": {"flow: x\nscenarios:\n  - {nme: a, expect: {status: suceeded}}\n  - {name: b, input: order}\n  - 3",
			"3:5 the scenario has no `name` (add `name: what is shown by it`)\n3:6 unknown key `nme` in a scenario (did you mean `name`?)\n" +
				"3:31 `status` can't be `suceeded` (did you mean `succeeded`?)\n" +
				"4:5 the scenario expects nothing, so it can't fail (add `expect: {status: succeeded}`)\n" +
				"4:22 `input` is neither JSON nor the path of a JSON file (write the input as it is, or a path such as inputs/order.json)\n" +
				"5:5 a scenario must be a mapping, found the number 3"},
		"rules": {"flow: x\nfunctions: {a: [], b: 1, c: {}, d: {returns: 1, fails: {effect: perhaps}}, e: {returns: 1, times: 0, takes: 3}}\nscenarios: []",
			"2:16 `a` has no rule (write `{returns: …}` or `{fails: …}`)\n2:23 `b` must be a rule or a list of rules, found the number 1 (write `{returns: …}` or `{fails: …}`)\n" +
				"2:29 the rule says neither what the function `returns` nor how it `fails` (write `{returns: …}` or `{fails: …}`)\n" +
				"2:36 a rule both `returns` and `fails` (keep one)\n2:56 `fails` has no `class` (for example `class: timeout`)\n" +
				"2:65 `effect` can't be `perhaps` (one of none, maybe)\n2:99 `times` must be a whole number from 1 to 1000000, found the number 0\n" +
				"2:109 `takes` must be a duration such as 10s, 48h or 2d, found the number 3"},
		"people": {"flow: x\nscenarios:\n  - name: a\n    approvals: [{after: 1s}]\n    resolutions: [{step: a, as: failed, output: 1}, {step: b}]\n    buttons: [cancl, {press: retry, then: pause}, {at: 1s}]\n    expect: {path: [A b], failure: {kind: x}}",
			"4:17 the entry names no `step` (add `step: name`)\n5:49 only what happened has an `output` (remove it)\n" +
				"5:53 the resolution does not say `as` what (one of happened, did_not_happen, failed)\n6:15 `a button` can't be `cancl` (did you mean `cancel`?)\n" +
				"6:43 only `cancel` has a `then` (remove it)\n6:51 the entry does not say which button to `press` (one of retry, cancel, compensate, pause, resume)\n" +
				"7:21 expected `step`, `step.port` or `step[item]`, found the text `A b`\n7:37 unknown key `kind` in `failure` (one of step, class, message)"},
		"signals": {"flow: x\nscenarios:\n  - {name: a, signals: [1, {at: 2s}], expect: {status: failed}}",
			"3:25 a signal must be a mapping, found the number 1 (write `{name: paid, payload: {…}, at: 3s}`)\n3:28 the signal has no `name` (add `name: …`)"},
		"twice": {"flow: x\nscenarios:\n  - {name: a, expect: {status: failed}}\n  - {name: a, expect: {status: failed}}", "4:5 two scenarios are called `a` (rename one of the two)"},
		"faults": {"flow: x\nfaults: {effectless: [1], accept: [{step: a, faults: [afer]}, 2]}",
			"2:23 `effectless` must be a text, found the number 1\n2:36 a finding can't be accepted without a reason (add `why: …`)\n" +
				"2:55 `faults` can't be `afer` (did you mean `after`?)\n2:63 an accepted finding must be a mapping, found the number 2 (write `{step: ship, faults: [after], why: …}`)"},
	} {
		_, issues := ParseTests("t.yaml", []byte(c.src))
		var got []string
		for _, i := range issues {
			got = append(got, strings.Replace(strings.TrimPrefix(Issue{"t.yaml", i}.String(), "t.yaml:"), ": ", " ", 1))
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), c.want)
		}
	}
}

func TestLoadTests(t *testing.T) {
	files, issues := LoadTests(fstest.MapFS{"tests/b.yaml": {Data: []byte("flow: [")}, "tests/a.yaml": {Data: []byte(goodTest)}})
	if len(files) != 2 || files[0].Path != "tests/a.yaml" || len(issues) != 1 || issues[0].File != "tests/b.yaml" {
		t.Errorf("got %d files, %v", len(files), issues)
	}
	if files, issues = LoadTests(fstest.MapFS{}); len(files)+len(issues) != 0 {
		t.Errorf("got %v %v, want nothing", files, issues)
	}
}

func FuzzParseTests(f *testing.F) {
	f.Add([]byte(goodTest))
	f.Fuzz(func(_ *testing.T, src []byte) { ParseTests("t.yaml", src) })
}
