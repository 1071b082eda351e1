package scenario

import (
	"strings"
	"testing"
	"testing/fstest"
)

const exportFunctions = `
begin: {http: {url: "http://x/begin"}, idempotent: true, output: {type: object, required: [job], properties: {job: {type: string}}}}
drop: {http: {url: "http://x/drop"}, idempotent: true}
page: {http: {url: "http://x/page"}, idempotent: true, output: {type: object, required: [row], properties: {row: {type: string}, next: {type: integer}}}}
erase: {http: {url: "http://x/erase"}, idempotent: true}
`

const exportFlow = `
name: export
on_failure: compensate
steps:
  begin: {call: begin, compensate: {call: drop, with: {job: "${{ steps.begin.output.job }}"}}}
  pages:
    needs: [begin]
    call: page
    with: {job: "${{ steps.begin.output.job }}", cursor: "${{ previous.next }}", n: "${{ iteration }}"}
    until: {condition: "${{ !has(output.next) }}", every: 6h, max: 4}
    compensate: {call: erase, with: {row: "${{ steps.pages.output.row }}"}}
  rest: {needs: [pages], wait: 1h}
output: {last: "${{ steps.pages.output.row }}"}
`

func export(flow, test string) fstest.MapFS {
	return fstest.MapFS{"functions.yaml": {Data: []byte(exportFunctions)}, "flows/export.yaml": {Data: []byte(flow)}, "tests/export.yaml": {Data: []byte(test)}}
}

const threePages = `
flow: export
functions:
  begin: {returns: {job: job-1}}
  page:
    - {when: {n: 1}, returns: {row: row-one, next: 7}}
    - {when: {n: 2, cursor: 7}, returns: {row: row-two, next: 8}}
    - {when: {n: 3, cursor: 8}, returns: {row: row-three}}
scenarios:
  - name: three pages
    expect: {status: succeeded, iterations: {pages: 3}, attempts: {pages: 3}, output: {last: row-three}}
  - name: too many pages
    functions: {page: {returns: {row: row-x, next: 1}}}
    expect: {status: compensated, iterations: {pages: 4}, failure: {step: pages, class: timeout, message: 4 iterations}, compensations: [pages, begin]}
`

func TestScenariosOfALoop(t *testing.T) {
	out, _, err := prepare(t, export(exportFlow, threePages))[0].Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out {
		if !o.Passed {
			t.Errorf("%s: %+v\n%s", o.Name, o.Problems, strings.Join(o.Story, "\n"))
		}
	}
	wrong := strings.Replace(threePages, "iterations: {pages: 3}", "iterations: {pages: 2}", 1)
	if out, _, err = prepare(t, export(exportFlow, wrong))[0].Run(t.Context()); err != nil || out[0].Passed || out[0].Problems[0].Message != "iterations: `pages` completed 3, expected 2" {
		t.Errorf("two iterations were expected: got %+v, %v", out[0].Problems, err)
	}
	story := strings.Join(out[0].Story, "\n")
	if want := "pages gets {\"row\":\"row-one\",\"next\":7} in iteration 1, and its condition is not true; the next begins at +6h"; !strings.Contains(story, want) {
		t.Errorf("the story lacks %q:\n%s", want, story)
	}
}

// The matrix fails the first, the second and the last iteration; what those before did is undone with the loop, or found.
func TestFaultsOfALoop(t *testing.T) {
	test := threePages[:strings.Index(threePages, "  - name: too many")]
	cells := func(flow string) map[string]Cell {
		m, err := prepare(t, export(flow, test))[0].Faults(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]Cell{}
		for _, c := range m.Cells {
			out[c.Step+" "+c.Fault] = c
		}
		return out
	}
	got := cells(exportFlow)
	if c := got["pages before"]; c.Runs != 3 || c.Result != CellClean {
		t.Errorf("before: got %+v", c)
	}
	if c := got["pages compensation"]; c.Result != CellClean {
		t.Errorf("compensation: got %+v", c)
	}
	// A page that was fetched without an answer is nobody's: its iteration did not complete.
	if c := got["pages after"]; c.Result != CellFound || c.Findings[0].Kind != FoundLeft {
		t.Errorf("after: got %+v", c)
	}
	bare := strings.Replace(exportFlow, "    compensate: {call: erase, with: {row: \"${{ steps.pages.output.row }}\"}}\n", "", 1)
	if c := cells(bare)["pages before"]; c.Result != CellFound || c.Findings[0].Kind != FoundLeft {
		t.Errorf("without a compensation: got %+v", c)
	}
}
