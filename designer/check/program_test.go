package check

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

func mustCompile(t testing.TB, src string, c Catalog) *Program {
	t.Helper()
	p, _, issues := CompileSource([]byte(src), c)
	if p == nil {
		t.Fatalf("got no program:\n%s", render(issues))
	}
	return p
}

func TestOrderProgram(t *testing.T) {
	src, err := os.ReadFile("testdata/right/order/flow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := mustCompile(t, string(src), readCatalog(t, "testdata/functions.yaml"))
	if p.Flow != "order" || p.OnFailure != flow.Pause || p.Input == nil || p.Output == nil || len(p.Hash) != 64 || len(p.Steps) != 5 {
		t.Errorf("program: %+v", p)
	}
	reserve := p.Step("reserve_funds")
	want := Retry{MaxAttempts: 4, Backoff: 500 * time.Millisecond, Factor: 2, MaxBackoff: 30 * time.Second,
		On: map[fault.Class]bool{fault.Timeout: true, fault.RateLimited: true, fault.Unavailable: true}}
	if got := reserve.Call.Retry; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("retry: got %v, want %v", got, want)
	}
	if reserve.Call.Timeout != 10*time.Second || reserve.Call.Input == nil || reserve.Compensate == nil || reserve.Compensate.Retry.MaxAttempts != 1 {
		t.Errorf("reserve_funds: %+v, compensate %+v", reserve.Call, reserve.Compensate)
	}
	stock := p.Step("stock")
	if stock.ForEach == nil || stock.MaxParallel != 20 || stock.Call.Timeout != flow.DefaultTimeout {
		t.Errorf("stock: %+v", stock)
	}
	big := p.Step("big")
	if !slices.Equal(big.Ports, []string{"done", "error", "review", "otherwise"}) || big.Branches[0].When == nil || big.Branches[1].When != nil ||
		big.Branches[0].Source != "input.amount > 10000" {
		t.Errorf("big: %+v", big)
	}
	ship := p.Step("ship")
	if !ship.Any || len(ship.In) != 2 || ship.In[0] != (Edge{From: 2, Port: "otherwise", To: 4}) || ship.In[1] != (Edge{From: 3, Port: "approved", To: 4}) {
		t.Errorf("ship: %+v", ship.In)
	}
	if !big.Wired("review") || big.Wired("done") || len(big.Out) != 2 || big.Out[0].To != 3 {
		t.Errorf("big's edges: %+v", big.Out)
	}
	if p.Step("nope") != nil {
		t.Error("an unknown step was found")
	}
}

func TestRetryDefaults(t *testing.T) {
	c := readCatalog(t, "testdata/functions.yaml")
	p := mustCompile(t, `
name: f
steps:
  plain: {call: vision.ocr}
  policy: {call: vision.ocr, retry: {}}
  risky: {call: payments.charge}
  long: {call: vision.ocr, retry: {backoff: 10m}}
`, c)
	for _, want := range []struct {
		step      string
		attempts  int
		backoff   time.Duration
		retries   bool // after a timeout
		max       time.Duration
		noWorkers bool // after no_worker
	}{
		{"plain", 1, time.Second, true, 5 * time.Minute, true},
		{"policy", 3, time.Second, true, 5 * time.Minute, true},
		{"risky", 2, time.Second, false, 5 * time.Minute, true},
		{"long", 3, 10 * time.Minute, true, 10 * time.Minute, true},
	} {
		r := p.Step(want.step).Call.Retry
		if r.MaxAttempts != want.attempts || r.Backoff != want.backoff || r.Retries(fault.Timeout) != want.retries || r.MaxBackoff != want.max ||
			r.Retries(fault.NoWorker) != want.noWorkers {
			t.Errorf("%s: got %+v, want %+v", want.step, r, want)
		}
	}
}

func TestHashCoversContracts(t *testing.T) {
	src := "name: f\nsteps:\n  a: {call: vision.ocr}\n"
	c := readCatalog(t, "testdata/functions.yaml")
	before := mustCompile(t, src, c)
	same := mustCompile(t, "# a comment\n"+src, c)
	changed := *c.functions["vision.ocr"]
	changed.Output = flow.Value{}
	c.functions["vision.ocr"] = &changed
	after := mustCompile(t, src, c)
	if before.Hash != same.Hash || before.Hash == after.Hash {
		t.Errorf("hashes: %s, with a comment %s, with another contract %s", before.Hash, same.Hash, after.Hash)
	}
}

func TestAncestors(t *testing.T) {
	d := &flow.Definition{Steps: []flow.Step{
		{Name: "a"}, {Name: "b", Needs: needs("a")}, {Name: "c", Needs: needs("b", "zzz")}, {Name: "d"}, {Name: "x", Needs: needs("y")}, {Name: "y", Needs: needs("x")},
	}}
	for step, want := range map[string]string{"a": "[]", "c": "[a b]", "x": "[x y]", "nope": "[]"} {
		if got := fmt.Sprint(Ancestors(d, step)); got != want {
			t.Errorf("Ancestors(%s): got %s, want %s", step, got, want)
		}
	}
}

func needs(names ...string) flow.Needs {
	var n flow.Needs
	for _, name := range names {
		n.Edges = append(n.Edges, flow.Edge{Step: name, Port: flow.PortDone, Bare: true})
	}
	return n
}

// A Definition that no parser made may hold anything.
func TestHandMadeDefinitions(t *testing.T) {
	call := &flow.CallSpec{Function: "vision.ocr"}
	for name, c := range map[string]struct {
		d    flow.Definition
		want []string
	}{
		"no steps":     {flow.Definition{}, []string{"the flow has no steps"}},
		"no kind":      {flow.Definition{Steps: []flow.Step{{Name: "a"}}}, []string{"the step `a` has no kind"}},
		"two names":    {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Call, Call: call}, {Name: "a", Kind: flow.Call, Call: call}}}, []string{"there is another step `a`"}},
		"no call":      {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Call}}}, []string{"the step calls no function"}},
		"empty call":   {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Call, Call: &flow.CallSpec{}}}}, []string{"the step calls no function"}},
		"empty switch": {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Switch}}}, []string{"`switch` has no branches"}},
		"two branches": {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Switch, Switch: []flow.Branch{{Name: "x", Always: true}, {Name: "x"}}}}},
			[]string{"there is another branch `x`", "the branch `x` has no condition"}},
		"empty set":  {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Set}}}, []string{"`set` must be a mapping of values"}},
		"empty wait": {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Wait}}}, []string{"`wait` has neither a duration nor `until`"}},
		"no title":   {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Approval}}}, []string{"`approval` has no `title`"}},
		"no message": {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Fail}}}, []string{"`fail` has no `message`"}},
		"loop": {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Wait, Wait: flow.WaitSpec{For: 1}, ForEach: &flow.Expr{Source: "[1]"}, Compensate: call}}},
			[]string{"`for_each` belongs to a `call` or `flow` step; this is a `wait` step", "`compensate` belongs to a `call` step; this is a `wait` step"}},
		"twice": {flow.Definition{Steps: []flow.Step{{Name: "a", Kind: flow.Call, Call: call}, {Name: "b", Kind: flow.Call, Call: call, Needs: needs("a", "a")}}},
			[]string{"`a` is needed twice"}},
	} {
		p, issues := Compile(&c.d, readCatalog(t, "testdata/functions.yaml"))
		var got []string
		for _, i := range issues {
			got = append(got, i.Message)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if p != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestTooManySteps(t *testing.T) {
	d := &flow.Definition{Name: "f", Steps: make([]flow.Step, MaxSteps+1)}
	for i := range d.Steps {
		d.Steps[i] = flow.Step{Name: fmt.Sprintf("s%d", i), Kind: flow.Wait, Wait: flow.WaitSpec{For: time.Second}}
	}
	if _, issues := Compile(d, catalog{}); len(issues) != 1 || !strings.Contains(issues[0].Message, "at most 5000") {
		t.Errorf("got %v", issues)
	}
	d.Steps = d.Steps[:MaxSteps]
	if p, issues := Compile(d, catalog{}); p == nil {
		t.Errorf("got %v", issues)
	}
}

func TestCheckFunction(t *testing.T) {
	fs, issues := flow.ParseFunctions([]byte(`
bad:
  http: {url: "https://x.example/"}
  idempotent: false
  retry: {on: [crashed]}
  input: {type: objekt}
`))
	if issues.HasErrors() {
		t.Fatal(issues)
	}
	got := render(CheckFunction(&fs[0]))
	if !strings.Contains(got, "flow.yaml:6:17: error: the input schema is broken: type: expected one of") || !strings.Contains(got, "cannot be retried after `crashed`") {
		t.Errorf("got %s", got)
	}
}

// large is a flow of n steps, a third of them switches, with expressions of every sort.
func large(n int) string {
	var b strings.Builder
	b.WriteString("name: large\ninput: {type: object, required: [amount], properties: {amount: {type: number}, lines: {type: array}}}\nsteps:\n  s0: {call: vision.ocr}\n")
	for i := 1; i < n; i++ {
		switch i % 3 {
		case 1:
			fmt.Fprintf(&b, "  s%d:\n    needs: [s%d]\n    switch: {big: \"${{ input.amount > %d }}\", otherwise: true}\n", i, i-1, i)
		case 2:
			fmt.Fprintf(&b, "  s%d:\n    needs: {any: [s%d.big, s%d.otherwise]}\n    call: shipping.book\n    with: {order: \"${{ steps.s%d.output.branch }}\", first: \"${{ steps.s0.output.ocr_result.text }}\"}\n", i, i-1, i-1, i-1)
		default:
			fmt.Fprintf(&b, "  s%d:\n    needs: [s%d]\n    set: {total: \"${{ input.amount * 1.5 + %d }}\", text: \"no %d of ${{ run.id }}\"}\n", i, i-1, i, i)
		}
	}
	return b.String()
}

func BenchmarkCompile1000(b *testing.B) {
	c := readCatalog(b, "testdata/functions.yaml")
	d, issues := flow.Parse([]byte(large(1000)))
	if issues.HasErrors() {
		b.Fatal(issues)
	}
	for b.Loop() {
		if p, issues := Compile(d, c); p == nil {
			b.Fatal(issues)
		}
	}
}

func BenchmarkCompile5000(b *testing.B) {
	c := readCatalog(b, "testdata/functions.yaml")
	d, issues := flow.Parse([]byte(large(5000)))
	if issues.HasErrors() {
		b.Fatal(issues)
	}
	for b.Loop() {
		if p, issues := Compile(d, c); p == nil {
			b.Fatal(issues)
		}
	}
}

// A text in which every step is wrong in several ways is answered about as fast as a right one.
func TestEverythingWrongIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("name: wrong\nsteps:\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "  step_number_%d: {needs: [step_numbre_%d, step_number_%d], call: payments.resreve, with: {x: \"${{ steps.step_nmber_%d.output + }}\", y: \"${{ steps.step_nmber_%d.output }}\"}}\n",
			i, i, (i+1)%2000, i, i)
	}
	began := time.Now()
	p, _, issues := CompileSource([]byte(b.String()), readCatalog(t, "testdata/functions.yaml"))
	if p != nil || len(issues) < 4*2000 {
		t.Errorf("got %d issues", len(issues))
	}
	if took := time.Since(began); took > 30*time.Second { // seconds where it is quadratic, far less where it is not, on any machine
		t.Errorf("took %s", took)
	} else {
		t.Logf("%d issues in %s", len(issues), took)
	}
}
