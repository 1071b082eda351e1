package templates

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/segno-run/segno/web/view"
)

// The sample pages: one run of the order saga in every state that a page has to tell apart, and lists with long names.

var sampleNow = time.Date(2026, 11, 23, 14, 40, 0, 0, time.UTC)

func at(ms int) time.Time {
	return sampleNow.Add(-90 * time.Second).Add(time.Duration(ms) * time.Millisecond)
}
func ptr[T any](v T) *T           { return &v }
func js(s string) json.RawMessage { return json.RawMessage(s) }

const sampleRun = "0190f3a2-7c1e-7b44-9d3f-2c8e51a07d19"

func chrome(title, section string) Chrome {
	return Chrome{Title: title, Section: section, Nonce: "n0nce", Base: "http://127.0.0.1:8080", Now: sampleNow}
}

func orderGraph() view.Graph {
	node := func(id, kind, function string, x, y float64, ports ...string) view.Node {
		n := view.Node{ID: id, Kind: kind, Function: function, X: x, Y: y, W: 248, H: 72}
		for _, p := range ports {
			n.Ports = append(n.Ports, view.Port{Name: p, Wired: true})
		}
		return n
	}
	g := view.Graph{Width: 560, Height: 620}
	g.Nodes = []view.Node{
		node("reserve_funds", "call", "payments.reserve", 156, 0, "done"), node("stock", "call", "inventory.take", 156, 132, "done"),
		node("big", "switch", "", 156, 264, "review", "otherwise"), node("review", "approval", "", 0, 396, "approved", "rejected"),
		node("ship", "call", "shipping.book", 156, 528, "done"),
	}
	g.Nodes[0].Compensate, g.Nodes[0].Retry = "payments.release", 4
	g.Nodes[1].Compensate, g.Nodes[1].ForEach = "inventory.put_back", true
	g.Edges = []view.Edge{
		{ID: "reserve_funds.done>stock", From: "reserve_funds", Port: "done", To: "stock"}, {ID: "stock.done>big", From: "stock", Port: "done", To: "big"},
		{ID: "big.review>review", From: "big", Port: "review", To: "review"}, {ID: "big.otherwise>ship", From: "big", Port: "otherwise", To: "ship"},
		{ID: "review.approved>ship", From: "review", Port: "approved", To: "ship"},
	}
	return g
}

// drawn draws a graph with the markup of designer/layout's SVG, which this package may not import.
func drawn(g view.Graph, labels bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="flow-graph" viewBox="-8 -8 %g %g" role="img" aria-label="Graph" fill="none" stroke="currentColor" stroke-width="3">`, g.Width+16, g.Height+16)
	at := map[string]view.Node{}
	for _, n := range g.Nodes {
		at[n.ID] = n
	}
	for _, e := range g.Edges {
		f, t := at[e.From], at[e.To]
		mid := (f.Y + f.H + t.Y) / 2
		fmt.Fprintf(&b, `<path class="edge port-%s" d="M%g %gC%g %g %g %g %g %g"/>`, e.Port, f.X+f.W/2, f.Y+f.H, f.X+f.W/2, mid, t.X+t.W/2, mid, t.X+t.W/2, t.Y)
	}
	for _, n := range g.Nodes {
		fmt.Fprintf(&b, `<rect class="node kind-%s" x="%g" y="%g" width="%g" height="%g" rx="12"/>`, n.Kind, n.X, n.Y, n.W, n.H)
		if labels {
			fmt.Fprintf(&b, `<text class="label" x="%g" y="%g" text-anchor="middle" fill="currentColor" stroke="none" font-size="20">%s</text>`, n.X+n.W/2, n.Y+n.H/2+7, html.EscapeString(n.ID))
		}
	}
	b.WriteString(`</svg>`)
	return b.String()
}

const sampleInput = `{"order_id":"A-1042","account":"acct_7731","amount":420.5,"lines":[{"sku":"violin-strings-g","n":2},{"sku":"rosin-dark","n":1},{"sku":"shoulder-rest-4-4","n":1}],"fail":"ship"}`

func call(id, function, status string, from, to int) view.Step {
	s := view.Step{ID: id, Kind: "call", Function: function, Status: status, Attempt: 1, StartedAt: ptr(at(from)), EndedAt: ptr(at(to)), Key: sampleRun + "/" + id + "/0"}
	s.Attempts = []view.Attempt{{Number: 1, Status: "succeeded", QueuedAt: at(from - 15), StartedAt: ptr(at(from)), EndedAt: ptr(at(to)), Trace: "4bf92f3577b34da6a3ce929d0e0e4736",
		Phases: []view.Phase{{Name: "connect", MS: 1.2}, {Name: "send", MS: 0.3}, {Name: "wait", MS: 104}},
		Logs:   []view.LogLine{{At: at(from + 3), Stream: "stdout", Text: "START " + function}, {At: at(from + 40), Stream: "stderr", Text: `level=INFO msg="hold placed" account=acct_7731 amount=420.5`}}}}
	return s
}

func failedRun() view.Run {
	f := &view.Failure{Step: "ship", Class: "rejected", Effect: "none", Message: "the carrier refused the booking: told to fail by the input's fail",
		Evidence: []view.Detail{{Name: "status", Value: "422"}, {Name: "function", Value: "shipping.book"}}}
	reserve := call("reserve_funds", "payments.reserve", "succeeded", 120, 240)
	reserve.Output, reserve.Input, reserve.MaxAttempts = js(`{"hold":"hold_55b1","expires":"2026-11-25T14:38:31Z"}`), js(`{"account":"acct_7731","amount":420.5}`), 4
	stock := call("stock", "inventory.take", "succeeded", 260, 700)
	stock.Items, stock.Attempts = &view.Items{Total: 3, Succeeded: 3}, nil
	ship := call("ship", "shipping.book", "failed", 760, 1220)
	ship.Error, ship.Input = f, js(`{"order":"A-1042"}`)
	ship.Attempts[0].Status, ship.Attempts[0].Error = "failed", f
	ship.Attempts[0].Logs = append(ship.Attempts[0].Logs, view.LogLine{At: at(1210), Stream: "stderr", Text: `level=ERROR msg="booking refused" order=A-1042 carrier=DSV code=NO_PICKUP`})
	return view.Run{ID: sampleRun, Flow: "order", Version: 3, Status: "failed", Seq: 14, Input: js(sampleInput), CreatedAt: at(0), EndedAt: ptr(at(1230)), Error: f, Actions: []string{"retry", "compensate", "cancel"},
		Steps: []view.Step{reserve, stock,
			{ID: "big", Kind: "switch", Status: "succeeded", Port: "otherwise", StartedAt: ptr(at(710)), EndedAt: ptr(at(711)), Attempt: 0},
			{ID: "review", Kind: "approval", Status: "skipped", Reason: "`input.amount > 10000` was false: amount is 420.5"}, ship}}
}

func waitingRun() view.Run {
	r := failedRun()
	r.Status, r.Error, r.EndedAt, r.Actions = "waiting", nil, nil, []string{"cancel"}
	r.Steps[2].Port = "review"
	r.Steps[3] = view.Step{ID: "review", Kind: "approval", Status: "waiting", StartedAt: ptr(at(720)), Deciding: &view.Deciding{Title: "Release order A-1042 over 12 400 €?", Deadline: ptr(sampleNow.Add(47 * time.Hour))}}
	r.Steps[4] = view.Step{ID: "ship", Kind: "call", Function: "shipping.book", Status: "pending"}
	return r
}

func uncertainRun() view.Run {
	r := failedRun()
	r.Status, r.Error, r.EndedAt, r.Actions = "uncertain", nil, nil, []string{"cancel"}
	r.Steps[4].Status, r.Steps[4].EndedAt = "uncertain", nil
	r.Steps[4].Error = &view.Failure{Step: "ship", Class: "crashed", Effect: "maybe", Message: "the server died during the call", Evidence: []view.Detail{{Name: "sent", Value: "14:38:30.760"}}}
	r.Steps[4].Attempts[0].Status, r.Steps[4].Attempts[0].Error = "crashed", r.Steps[4].Error
	return r
}

func retryingRun() view.Run {
	r := failedRun()
	r.Status, r.Error, r.EndedAt, r.Actions = "running", nil, nil, []string{"cancel"}
	s := &r.Steps[4]
	s.Status, s.Attempt, s.MaxAttempts, s.NextAt, s.EndedAt = "retrying", 2, 4, ptr(sampleNow.Add(12*time.Second)), nil
	s.Error = &view.Failure{Step: "ship", Class: "unavailable", Effect: "maybe", Message: "shipping.book answered 503 Service Unavailable"}
	return r
}

func runPage(r view.Run, step, tab string) RunPage {
	g := orderGraph()
	p := RunPage{Chrome: chrome(r.Flow+" "+r.Status, "runs"), Run: r, Graph: g, GraphSVG: drawn(g, true), Verdict: VerdictOf(r, sampleNow), Rows: RowsOf(r, step, sampleNow), Axis: AxisOf(r, sampleNow)}
	p.Inspector.Tab = tab
	if r.Status == "failed" {
		p.Plans = samplePlans()
	}
	for i := range r.Steps {
		if r.Steps[i].ID == step {
			p.Inspector.Step = &r.Steps[i]
			if r.Steps[i].Items != nil {
				p.Grid = &ItemsGrid{Run: r.ID, Step: r.Steps[i], Most: 100, Fit: 3, Statuses: []Count{{"succeeded", 3, "/runs/x?step=stock&status=succeeded"}}}
				p.Grid.Rows = []view.Item{
					{Index: 0, Status: "succeeded", Values: view.Values{Input: js(`{"sku":"violin-strings-g","n":2}`), Output: js(`{"taken":2}`)}},
					{Index: 1, Status: "succeeded", Values: view.Values{Input: js(`{"sku":"rosin-dark","n":1}`)}}, {Index: 2, Status: "succeeded", Values: view.Values{Input: js(`{"sku":"shoulder-rest-4-4","n":1}`)}}}
			}
		}
	}
	words := []string{"run started on v3", "reserve_funds scheduled", "reserve_funds completed", "stock scheduled with 3 items", "item 0 completed", "item 1 completed", "item 2 completed", "stock completed", "big took otherwise; review skipped", "ship scheduled", "ship failed: rejected"}
	steps := []string{"", "reserve_funds", "reserve_funds", "stock", "stock", "stock", "stock", "stock", "big", "ship", "ship"}
	for i, w := range words {
		p.Events = append(p.Events, view.Event{Seq: int64(i + 1), At: at(i * 110), Facts: []view.Fact{{Type: "X", Step: steps[i], Text: w}}})
	}
	return p
}

func sampleRows() []RunRow {
	row := func(n int, flow, status, why string, done, ms int) RunRow {
		r := RunRow{ID: fmt.Sprintf("0190f3a2-7c1e-7b44-9d3f-2c8e51a0%04d", n), Flow: flow, Version: 3, Status: status, Why: why, Done: done, Steps: 5, Input: `order_id=A-104` + fmt.Sprint(n) + ` amount=420.5`, CreatedAt: sampleNow.Add(-time.Duration(n*n+n*3) * time.Minute)}
		if ms > 0 {
			r.EndedAt = ptr(r.CreatedAt.Add(time.Duration(ms) * time.Millisecond))
		}
		return r
	}
	rows := []RunRow{
		row(0, "order", "running", "", 2, 0), row(1, "order", "failed", "`ship` failed: the carrier refused the booking: no pickup at this address on a Sunday, and not on a Monday either", 4, 1220),
		row(2, "snapvault", "succeeded", "", 5, 3400), row(3, "order", "waiting", "A person has to decide: Release order A-1043?", 3, 0), row(4, "order", "uncertain", "Nobody knows whether `ship` happened", 4, 0),
		row(5, "order", "compensated", "`ship` failed: rejected", 4, 5400), row(6, "a_flow_with_a_rather_long_name_for_imports", "succeeded", "", 5, 63000), row(7, "snapvault", "cancelled", "", 1, 800),
		row(8, "order", "compensating", "`ship` failed: rejected", 4, 0), row(9, "order", "compensation_failed", "Undoing `stock` item 2 failed: timeout", 4, 12000), row(10, "snapvault", "paused", "", 1, 0), row(11, "order", "pending", "", 0, 0),
	}
	for i := 12; i < 24; i++ {
		rows = append(rows, row(i, "order", "succeeded", "", 5, 900+i*37))
	}
	return rows
}

const sampleYAML = `name: order
title: Place an order
# The saga of the first two minutes.
steps:
  reserve_funds:
    call: payments.reserve            # a registered function
    with: {account: "${{ input.account }}", amount: "${{ input.amount }}"}
    timeout: 10s
    retry: {max_attempts: 4, backoff: 500ms, on: [timeout, rate_limited]}
    compensate:
      call: payments.release
      with: {hold: "${{ steps.reserve_funds.output.hold }}"}
  stock:
    needs: [reserve_funds]
    for_each: ${{ input.lines }}
    call: inventory.take
    with: {sku: "${{ item.sku }}", n: "${{ item.n }}"}
  ship:
    needs: {any: [big.otherwise, review.approved]}
    call: shipping.book
output: {shipment: "${{ steps.ship.output.id }}"}
`

func orderHead(tab string) FlowHead {
	return FlowHead{Name: "order", Title: "Place an order", Published: 3, Changed: true, Tab: tab}
}

func sampleVersions() []VersionRow {
	return []VersionRow{
		{Number: 3, Message: "Ask a person above 10 000", Author: "mira", At: sampleNow.Add(-2 * time.Hour), Hash: "9f2c41d08a77e3b1", Runs: 214},
		{Number: 2, Message: "Retry reservations four times, and only for what passes by itself", Author: "mira", At: sampleNow.Add(-26 * time.Hour), Hash: "0b77d2aa41c9"},
		{Number: 1, At: sampleNow.Add(-90 * 24 * time.Hour), Hash: "55aa0192be", Author: "sample"},
	}
}

func startFields(bad bool) []Field {
	line := func(path, sku, n string) Field {
		return Field{Name: path[len(path)-1:], Path: path, Kind: "object", Required: true, Fields: []Field{
			{Name: "sku", Path: path + ".sku", Kind: "string", Required: true, Value: sku}, {Name: "n", Path: path + ".n", Kind: "integer", Required: true, Value: n}}}
	}
	amount := Field{Name: "amount", Path: "amount", Kind: "number", Required: true, Value: "420.5", Hint: "above 0", Description: "What the customer pays, in euros."}
	if bad {
		amount.Value, amount.Error = "-3", "must be above 0"
	}
	empty := line("lines."+rowMark, "", "")
	return []Field{
		{Name: "order_id", Path: "order_id", Kind: "string", Required: true, Value: "A-1042"}, {Name: "account", Path: "account", Kind: "string", Required: true, Value: "acct_7731"}, amount,
		{Name: "lines", Path: "lines", Kind: "list", Required: true, Item: &empty, Rows: []Field{line("lines.0", "violin-strings-g", "2"), line("lines.1", "rosin-dark", "1")}},
		{Name: "express", Path: "express", Kind: "boolean", Placeholder: "false"},
		{Name: "address", Path: "address", Kind: "object", Fields: []Field{{Name: "city", Path: "address.city", Kind: "string"}, {Name: "country", Path: "address.country", Kind: "enum", Options: []string{"DE", "DK", "FR"}, Value: "DK"}}},
		{Name: "fail", Path: "fail", Kind: "enum", Options: []string{"reserve_funds", "stock", "ship"}, Value: "ship"},
	}
}

func sampleFunctions() []view.Function {
	in := js(`{"type":"object","required":["account","amount"],"properties":{"account":{"type":"string"},"amount":{"type":"number","exclusiveMinimum":0}}}`)
	return []view.Function{
		{Name: "payments.reserve", Kind: "process", Target: "segno sample-function payments.reserve", Idempotent: true, Input: in, Output: js(`{"type":"object","required":["hold"],"properties":{"hold":{"type":"string"}}}`), Timeout: "10s", UsedBy: []string{"order"}},
		{Name: "payments.release", Kind: "process", Target: "segno sample-function payments.release", Idempotent: true, Timeout: "10s", UsedBy: []string{"order"}},
		{Name: "captions.describe", Kind: "http", Target: "https://captions.example.test/v1/describe-with-a-long-path/and-more", Idempotent: false, Timeout: "30s", UsedBy: []string{"snapvault", "order"}},
	}
}

func sampleDraft(problems bool) view.Draft {
	d := view.Draft{Flow: "order", Title: "Place an order", ETag: `"4f2a"`, Source: sampleYAML, Published: 3, Changed: true, Graph: orderGraph()}
	if problems {
		d.Issues = []view.Issue{
			{Severity: "error", Line: 12, Column: 21, Step: "reserve_funds", Message: "`steps.reserve_funds.output` has no field `hld`", Hint: "did you mean `hold`?"},
			{Severity: "warning", Line: 30, Column: 5, Step: "review", Message: "`review.rejected` is not wired: a rejection fails the run"}}
		d.Graph.Nodes[0].Errors = 1
	}
	return d
}

// sampleTests is the page of a flow's tests with something of everything.
func sampleTests(view string) TestsPage {
	story := StoryOf([]string{"+0s      the run starts with {\"amount\":5}", "+300ms   big takes `review`", "+48h     the run fails: timeout"}, 1)
	failed := Scenario{File: "order.yaml", Name: "a small order ships", Line: 11, Status: "failed", Ended: "failed", Lasted: "48h",
		Problems: []TestProblem{{Line: 14, Message: "path: `big` took `review`, expected `otherwise`"}, {Line: 13, Message: "status: the run is failed, expected succeeded"}}, Story: story}
	found := Cell{File: "order.yaml", Step: "ship", Fault: "after", Result: "found", Runs: 4,
		Findings: []Finding{{Message: "what `ship` did is left: the step has no `compensate`", World: failed.Name, Order: ", `stock` ends before it", Story: story}}}
	cells := []Cell{{File: "order.yaml", Step: "ship", Fault: "before", Result: "clean", Runs: 4}, found,
		{File: "order.yaml", Step: "ship", Fault: "unknown", Result: "accepted", Why: "called back by telephone", Runs: 8},
		{File: "order.yaml", Step: "ship", Fault: "contract", Result: "found", Runs: 4}, {File: "order.yaml", Step: "ship", Fault: "compensation", Result: "none", Why: "the step has no `compensate`"}}
	run := TestRun{Took: "3 ms", Stale: true, Passed: 1, Failed: 1, Runs: 105}
	return TestsPage{Chrome: chrome("Tests of order", "flows"), Head: orderHead("tests"), View: view, Version: 2, Versions: []int{3, 2, 1}, Problems: 1, Said: &Flash{Text: "The file is saved."},
		Files:  []TestFile{{File: "order.yaml", Problems: 1, Scenarios: []Scenario{failed, {File: "order.yaml", Name: "a large one waits", Status: "passed"}, {File: "order.yaml", Name: "never run"}}}},
		Inputs: []TestFile{{File: "order.json"}}, Ran: &run, Open: &failed, Cover: []CoverPart{{"steps", 4, 5, []string{"ship"}}, {"branches", 4, 4, nil}}, Graph: drawn(orderGraph(), true),
		Tried: &run, Matrices: []Matrix{{File: "order.yaml", Plain: Cell{File: "order.yaml", Fault: "none", Result: "clean"}, Rows: []MatrixRow{{Step: "ship", Beside: 7, Cells: cells}}}}, Cell: &found,
		Editor: &TestEditor{File: "order.yaml", ETag: `"4"`, Source: "flow: order\n", Rows: 12, Issues: []TestProblem{{Line: 2, Message: "the flow `order` has no step `shp`", Hint: "did you mean `ship`?"}}}}
}

func samplePlans() []view.Plan {
	return []view.Plan{
		{Action: "retry", Fits: true, Seq: 14, Version: 3, Steps: []view.PlanStep{
			{ID: "reserve_funds", Does: "reuse", Reason: "succeeded: its output is kept"}, {ID: "stock", Does: "reuse", Reason: "succeeded: the outputs of 3 items are kept"},
			{ID: "big", Does: "reuse", Reason: "succeeded: its output is kept"}, {ID: "review", Does: "run"}, {ID: "ship", Does: "run_again", Reason: "rejected: the carrier refused the booking"}}},
		{Action: "compensate", Fits: true, Seq: 14, Version: 3, Steps: []view.PlanStep{
			{ID: "ship", Does: "nothing", Reason: "nothing was done"},
			{ID: "stock", Does: "undo", Function: "inventory.put_back", Items: 3, Inputs: []view.PlanInput{{Item: ptr(2), Input: js(`{"sku":"violin-strings-g","n":2}`)}, {Item: ptr(1), Error: "steps.stock.output has no hold"}}},
			{ID: "reserve_funds", Does: "undo", Function: "payments.release", Reason: "it did not complete, and nobody knows whether it happened", Inputs: []view.PlanInput{{Input: js(`{"hold":"hold_55b1"}`)}}}}},
	}
}
