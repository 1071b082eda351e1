package scenario

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/runtime"
)

const shopFunctions = `
pay: {http: {url: "http://x/pay"}, idempotent: true, input: {type: object, required: [n], properties: {n: {type: integer}}}, output: {type: object, required: [id], properties: {id: {type: string}}}}
refund: {http: {url: "http://x/refund"}, idempotent: true, input: {type: object, required: [id], properties: {id: {type: string}}}}
mail: {http: {url: "http://x/mail"}, idempotent: false, output: {type: object, required: [sent], properties: {sent: {type: boolean}}}}
`

const shopFlow = `
name: shop
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  pay: {call: pay, with: {n: "${{ input.n }}"}, compensate: {call: refund, with: {id: "${{ steps.pay.output.id }}"}}}
  size: {needs: [pay], switch: {large: "${{ input.n > 10 }}", small: true}}
  tell: {needs: [size.large], call: mail}
  sorry: {needs: [tell.error], set: {told: false}}
`

func shop(test string) fstest.MapFS {
	return fstest.MapFS{"functions.yaml": {Data: []byte(shopFunctions)}, "flows/shop.yaml": {Data: []byte(shopFlow)}, "tests/shop.yaml": {Data: []byte(test)}}
}

// shopWith is a project of another flow on the shop's functions, with one scenario.
func shopWith(flow string) fstest.MapFS {
	fsys := shop("flow: shop\nscenarios: [{name: plain, expect: {status: succeeded}}]")
	fsys["flows/shop.yaml"] = &fstest.MapFile{Data: []byte(flow)}
	return fsys
}

func outcomes(t *testing.T, test string) ([]Outcome, *Coverage) {
	t.Helper()
	suites := prepare(t, shop(test))
	out, cover, err := suites[0].Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out, cover
}

// TestDivergence: a failure tells the run as a story and points at the line where it left what was expected.
func TestDivergence(t *testing.T) {
	out, _ := outcomes(t, `
flow: shop
scenarios:
  - name: small orders are told
    input: {n: 5}
    expect: {status: failed, path: [pay, size.large, tell], attempts: {tell: 1}}
`)
	o := out[0]
	var got strings.Builder
	for i, l := range o.Story {
		mark := " "
		if i == o.First {
			mark = ">"
		}
		fmt.Fprintln(&got, mark, l)
	}
	for _, p := range o.Problems {
		fmt.Fprintln(&got, p.Line, p.Message)
	}
	want := "" +
		"  +0s      the run starts with {\"n\":5}\n" +
		"  +0s      pay calls pay with {\"n\":5}\n" +
		"  +0s      pay gets {\"id\":\"\"}\n" +
		"  +0s      pay completes\n" +
		"> +0s      size takes `small`; false: input.n > 10\n" +
		"  +0s      tell is skipped: `size.large` is dead\n" +
		"  +0s      sorry is skipped: `tell.error` is dead\n" +
		"  +0s      the run succeeds\n" +
		"6 path: `size` took `small`, expected `large`\n" +
		"6 attempts: `tell` was called never, expected 1\n" +
		"6 status: the run is succeeded, expected failed\n"
	if o.Passed || got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestPeopleAndPower(t *testing.T) {
	out, cover := outcomes(t, `
flow: shop
scenarios:
  - name: nobody knows whether the mail went out, and a person says that it did
    input: {n: 11}
    functions: {mail: {fails: timeout}}
    resolutions: [{step: tell, as: happened, output: {sent: true}, after: 3h}]
    expect: {status: succeeded, outputs: {tell: {sent: true}}, attempts: {tell: 1}, skipped: [sorry]}
  - name: it stays uncertain
    input: {n: 11}
    functions: {mail: {fails: timeout}}
    expect: {status: uncertain}
  - name: a refused mail is handled
    input: {n: 11}
    functions: {mail: {fails: {class: rejected}}}
    expect: {status: succeeded, path: [pay, size.large, tell.error, sorry], skipped: []}
  - name: no rule fits
    input: {n: 11}
    functions: {pay: {when: {n: 12}, returns: {id: x}}}
    expect: {status: failed}
  - name: a button that does not fit
    input: {n: 1}
    functions: {pay: {returns: {id: x}, takes: 9s}}
    buttons: [{press: compensate, at: 1s}, {press: cancel, at: 2s, then: compensate}]
    expect: {status: compensated, compensations: []}
`)
	for i, want := range []string{"", "", "", "+0s pay: no rule of pay fits its call with {\"n\":11}",
		"+1s Compensate was refused: the run is running: Compensate applies to a run that failed or was cancelled"} {
		got := ""
		for _, p := range out[i].Problems {
			got += p.Message
		}
		if got != want {
			t.Errorf("%s: got %q, want %q\n%s", out[i].Name, got, want, strings.Join(out[i].Story, "\n"))
		}
	}
	if got := fmt.Sprint(cover.Steps.Missed, cover.Branches.Missed, cover.ErrorPorts.Missed, cover.Compensations.Missed); got != "[] [size.small] [] [pay]" {
		t.Errorf("coverage: got %s", got)
	}
}

// TestSignalsAndDeadlines: what else takes time in a run.
func TestSignalsAndDeadlines(t *testing.T) {
	fsys := shopWith(`
name: shop
steps:
  pay: {call: pay, with: {n: 1}, compensate: {call: refund, with: {id: "${{ steps.pay.output.id }}"}}}
  wait: {needs: [pay], signal: {name: paid, timeout: 2d}}
  tell: {needs: [wait], call: mail, deadline: 5s}
`)
	fsys["tests/shop.yaml"] = &fstest.MapFile{Data: []byte(`
flow: shop
scenarios:
  - name: it comes
    signals: [{name: paid, payload: {by: ada}, at: 30h}]
    expect: {status: succeeded, path: [pay, wait, tell], outputs: {wait: {by: ada}}}
  - name: it comes early
    signals: [{name: paid}]
    expect: {status: succeeded}
  - name: it never comes
    expect: {status: failed, failure: {step: wait, class: timeout}}
  - name: the mail takes too long
    signals: [{name: paid}]
    functions: {mail: {returns: {sent: true}, takes: 9s}}
    expect: {status: uncertain, attempts: {tell: 1}}
`)}
	s := prepare(t, fsys)[0]
	out, _, err := s.Run(t.Context())
	for _, o := range out {
		if !o.Passed || err != nil {
			t.Errorf("%s: %v %v\n%s", o.Name, o.Problems, err, strings.Join(o.Story, "\n"))
		}
	}
	m, err := s.Faults(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range m.Cells {
		for _, f := range c.Findings {
			if f.Kind == FoundNoEnd || c.Step == "tell" && c.Fault == "before" {
				t.Errorf("%s × %s: %s\n%s", c.Step, c.Fault, f.Message, strings.Join(f.Story, "\n"))
			}
		}
	}
}

func TestPrepareProblems(t *testing.T) {
	fsys := shop(`
flow: shop
functions: {pya: {returns: 1}, pay: {when: "${{ steps.x.output }}", returns: "${{ item }} ${{ 1 + }}"}}
scenarios:
  - name: a
    input: {n: x}
    approvals: [{step: pay}]
    signals: [{name: paid}]
    resolutions: [{step: size, as: failed}]
    functions: {mail: {fails: timout}}
    expect: {path: [pay.dne, tel, "pay[0]"], compensations: [tell], attempts: {x: 1}, failure: {class: nope}}
  - {name: b, input: inputs/none.json, expect: {status: failed}}
faults: {effectless: [mial], accept: [{step: pai, why: so}]}
`)
	fsys["tests/other.yaml"] = &fstest.MapFile{Data: []byte("flow: shpo\nscenarios: []")}
	fsys["flows/broken.yaml"] = &fstest.MapFile{Data: []byte("name: broken\nsteps: [\n")}
	fsys["tests/broken.yaml"] = &fstest.MapFile{Data: []byte("flow: broken\nscenarios: []")}
	p, _ := project.Load(fsys)
	files, _ := project.LoadTests(fsys)
	_, issues := Prepare(p, files, fsys)
	var got strings.Builder
	for _, i := range issues {
		got.WriteString(i.String() + "\n")
	}
	for _, want := range []string{
		"tests/broken.yaml:1:7: flows/broken.yaml, which defines `broken`, can't be read",
		"tests/other.yaml:1:7: the project has no flow `shpo` (did you mean `shop`?)",
		"tests/shop.yaml:3:13: the flow `shop` calls no function `pya` (did you mean `pay`?)",
		"tests/shop.yaml:6:12: the input does not fit the flow `shop`: `n`: ",
		"tests/shop.yaml:7:24: the step `pay` is no approval",
		"tests/shop.yaml:8:22: the flow `shop` waits for no signal `paid`",
		"tests/shop.yaml:9:26: the step `size` calls nothing, so it is never uncertain",
		"tests/shop.yaml:10:31: unknown error class `timout` (did you mean `timeout`?)",
		"tests/shop.yaml:11:21: the step `pay` has no port `dne` (did you mean `done`?)",
		"tests/shop.yaml:11:30: the flow `shop` has no step `tel` (did you mean `tell`?)",
		"tests/shop.yaml:11:35: the step `pay` has no items (write `pay`)",
		"tests/shop.yaml:11:62: the step `tell` has no `compensate`",
		"tests/shop.yaml:11:80: the flow `shop` has no step `x`",
		"tests/shop.yaml:11:104: unknown error class `nope`",
		"tests/shop.yaml:12:22: `inputs/none.json` can't be read",
		"tests/shop.yaml:13:23: the flow `shop` calls no function `mial` (did you mean `mail`?)",
		"tests/shop.yaml:13:46: the flow `shop` has no step `pai`",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("missing %s", want)
		}
	}
	if t.Failed() || strings.Count(got.String(), "3:") < 4 {
		t.Logf("got\n%s", got.String())
	}
}

// BenchmarkScenarios plays 500 scenarios of the Order sample: at most a second.
func BenchmarkScenarios(b *testing.B) {
	s := prepare(b, exampleFiles())[0]
	few := s.cases
	s.cases = nil
	for i := range 500 {
		s.cases = append(s.cases, few[i%len(few)])
	}
	for b.Loop() {
		out, _, err := s.Run(b.Context())
		if err != nil || !out[0].Passed {
			b.Fatal(out, err)
		}
	}
}

// TestPauseAndResume: a person pauses a run and lets it go on; while it is paused nothing starts.
func TestPauseAndResume(t *testing.T) {
	out, _ := outcomes(t, `
flow: shop
functions: {pay: {returns: {id: p}, takes: 10s}, mail: {returns: {sent: true}}}
scenarios:
  - name: it goes on after an hour
    input: {n: 50}
    buttons: [{press: pause, at: 5s}, {press: resume, at: 1h}]
    expect: {status: succeeded, path: [pay, size.large, tell], attempts: {pay: 1, tell: 1}}
  - name: it stays paused
    input: {n: 50}
    buttons: [{press: pause, at: 5s}]
    expect: {status: paused, path: [pay]}
  - name: resume is pressed when it stands still
    input: {n: 50}
    buttons: [{press: pause, at: 5s}, resume]
    expect: {status: succeeded}
  - name: a button that does not fit
    input: {n: 50}
    buttons: [retry]
    expect: {status: succeeded}
`)
	for _, o := range out[:3] {
		if !o.Passed {
			t.Errorf("%s: %v\n%s", o.Name, o.Problems, strings.Join(o.Story, "\n"))
		}
	}
	if out[0].Lasted < time.Hour || out[2].Lasted > time.Minute {
		t.Errorf("the first lasted %s, the third %s", out[0].Lasted, out[2].Lasted)
	}
	if out[3].Passed || !strings.Contains(out[3].Problems[0].Message, "Retry was refused") {
		t.Errorf("%+v", out[3])
	}
}

// TestEndless: a run without an end, and one that nobody waits for any more, are stopped.
func TestEndless(t *testing.T) {
	fsys := shop("flow: shop\nfunctions: {pay: {fails: unavailable}}\nscenarios: [{name: again and again, input: {n: 1}, expect: {status: failed}}]")
	fsys["flows/shop.yaml"].Data = []byte("name: shop\ninput: {type: object, required: [n], properties: {n: {type: integer}}}\nsteps:\n" +
		"  pay: {call: pay, with: {n: \"${{ input.n }}\"}, retry: {max_attempts: 100, backoff: 1s, factor: 1}}\n")
	s := prepare(t, fsys)[0]
	ctx, cancel := context.WithCancel(t.Context())
	p := newPlay(ctx, s)
	calls := 0
	p.answer = func(runtime.Invoke, *check.Call) (reply, string) {
		if calls++; calls == 3 {
			cancel()
		}
		return reply{fault: &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "no"}}, ""
	}
	p.run([]byte(`{"n":1}`))
	if calls != 3 {
		t.Errorf("%d calls after nobody waited any more, want 3", calls)
	}
	if _, _, err := s.Run(ctx); err == nil {
		t.Error("a test that was given up has no error")
	}
	if _, err := s.Faults(ctx); err == nil {
		t.Error("a matrix that was given up has no error")
	}
	lines := make([]string, 5*mostStory)
	for i := range lines {
		lines[i] = fmt.Sprint(i)
	}
	told, at := abridged(lines, 1500)
	if len(told) > mostStory+2 || told[at] != "1500" || told[0] != "0" || told[len(told)-1] != fmt.Sprint(len(lines)-1) {
		t.Errorf("%d lines, the first divergence at %d", len(told), at)
	}
}
