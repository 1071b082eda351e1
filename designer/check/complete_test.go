package check

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/flow"
)

func readFlow(t *testing.T, path string) *flow.Definition {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, issues := flow.Parse(src)
	if issues.HasErrors() {
		t.Fatal(issues)
	}
	return d
}

// What may follow a prefix, with its type; `?` marks what may be absent.
func TestComplete(t *testing.T) {
	order := readFlow(t, "../../examples/flows/order.yaml")
	certain := readFlow(t, "testdata/right/typed_certain/flow.yaml")
	pages, polls := readFlow(t, "testdata/right/until_pages/flow.yaml"), readFlow(t, "testdata/right/until_polls/flow.yaml")
	examples, own := readCatalog(t, "../../examples/functions.yaml"), readCatalog(t, "testdata/functions.yaml")
	for _, c := range []struct {
		d                          *flow.Definition
		c                          Catalog
		step, field, prefix, wants string
	}{
		{order, examples, "big", "switch.review", "", "input: object, run: object, steps: object"},
		{order, examples, "big", "switch.review", "input.", "account: string, amount: number, ?fail: string, lines: list, order_id: string"},
		{order, examples, "big", "switch.review", "1 + input.am", "amount: number"},
		{order, examples, "big", "switch.review", "input.?f", "fail: string"},
		{order, examples, "big", "switch.review", "steps.", "reserve_funds: object, stock: object"},
		{order, examples, "stock", "with.sku", "i", "index: integer, input: object, item: object"},
		{order, examples, "stock", "with.sku", "item.", "n: integer, sku: string"},
		{order, examples, "stock", "for_each", "item.", ""},
		{order, examples, "stock", "compensate.with.key", "k", "key: string"},
		{order, examples, "stock", "with.sku", "k", ""},
		{order, examples, "reserve_funds", "compensate.with.hold", "steps.reserve_funds.", "?error: object, ?output: object"},
		{order, examples, "stock", "compensate.with.sku", "steps.stock.output[0].", "n: integer, sku: string, taken: string"},
		{certain, own, "end", "set.text", "k", ""},
		{order, examples, "ship", "with.order", "steps.stock.output[0].t", "taken: string"},
		{order, examples, "", "output", "steps.ship.output.", "carrier: string, id: string"},
		{order, examples, "", "output", "steps.review.", "?error: object, ?output: object"},
		{order, examples, "nobody", "with", "input.", ""},
		{order, examples, "big", "if", "input.order_id.", ""},
		{pages, own, "pages", "with.cursor", "", "input: any value, iteration: integer, previous: object, run: object, steps: object"},
		{pages, own, "pages", "with.cursor", "previous.", "?next: string, rows: list"},
		{pages, own, "pages", "until.condition", "out", "output: object"},
		{pages, own, "pages", "until.condition", "iteration > 3 && output.", "?next: string, rows: list"},
		{pages, own, "pages", "if", "it", ""},
		{pages, own, "pages", "compensate.with.n", "iter", ""},
		{polls, own, "all", "until.condition", "i", "index: integer, input: object, item: string, iteration: integer"},
		{certain, own, "end", "set.text", "steps.x.", "?error: object, ?output: object"},
		{certain, own, "last", "set", "steps.end.ou", "output: object"},
		{certain, own, "", "output", "run.", "flow: string, id: string, started_at: string, version: integer"},
	} {
		var got []string
		for _, one := range Complete(c.d, c.c, c.step, c.field, c.prefix) {
			got = append(got, one.Insert+": "+strings.SplitN(one.Type, " of ", 2)[0])
		}
		if text := strings.Join(got, ", "); text != c.wants {
			t.Errorf("%s.%s %q: got %s, want %s", c.step, c.field, c.prefix, text, c.wants)
		}
	}
	if got := TypeAt(order, examples, "ship", "with.order", "steps.stock.output"); got != "list" {
		t.Errorf("got %s", got)
	}
	if got := Outline(certain, own)["ocr"].String(); got != "object" {
		t.Errorf("got %s", got)
	}
}

// A text that is broken elsewhere is completed all the same.
func TestCompleteInBrokenFlow(t *testing.T) {
	d, _ := flow.Parse([]byte("name: f\nsteps:\n  a: {call: vision.caption}\n  b: {needs: [a, zzz], set: {x: \"${{ steps. }}\"}}\n  c: {cal: x}\n"))
	got := Complete(d, readCatalog(t, "testdata/functions.yaml"), "b", "set.x", "steps.a.output.")
	if len(got) != 2 || got[0].Label != "labels" || !got[0].Optional {
		t.Errorf("got %+v", got)
	}
}

// Twenty switches after each other, each of which meets again, are 2^20 ways and no work; as many that never meet are too many to tell apart.
func TestWays(t *testing.T) {
	c := readCatalog(t, "testdata/functions.yaml")
	var one, two strings.Builder
	one.WriteString("name: one\ninput: {type: object, required: [n], properties: {n: {type: integer}}}\nsteps:\n")
	two.WriteString(one.String())
	before, all := "", ""
	for i := range 20 {
		n := string(rune('a' + i))
		one.WriteString("  s" + n + ": {" + before + "switch: {x: \"${{ input.n > 1 }}\", y: true}}\n  x" + n + ": {needs: [s" + n + ".x], call: vision.caption}\n" +
			"  j" + n + ": {needs: {any: [s" + n + ".y, x" + n + "]}, set: {v: 1}}\n")
		before = "needs: [j" + n + "], "
		two.WriteString("  s" + n + ": {switch: {x: \"${{ input.n > 1 }}\", y: true}}\n  t" + n + ": {switch: {x: \"${{ input.n > 1 }}\", y: true}}\n")
		all += "  p" + n + ": {needs: [s" + n + ".x, t" + string(rune('a'+19-i)) + ".x], set: {v: 1}}\n"
	}
	one.WriteString("output: ${{ steps.jt.output.v }}\n")
	if p, _, issues := CompileSource([]byte(one.String()), c); p == nil || len(issues) > 0 {
		t.Errorf("switches that meet again: %s", render(issues))
	}
	two.WriteString(all + "  any: {needs: {any: [")
	for i := range 20 {
		two.WriteString("p" + string(rune('a'+i)) + ", ")
	}
	two.WriteString("]}, set: {v: 1}}\n")
	src := strings.Replace(two.String(), ", ]}", "]}", 1) + "output: ${{ steps.any.output.v }}\n"
	if _, _, issues := CompileSource([]byte(src), c); !strings.Contains(render(issues), "too many ways") || !strings.Contains(render(issues), "may be absent") {
		t.Errorf("switches that never meet: %s", render(issues))
	}
}

func BenchmarkComplete20(b *testing.B) {
	c := readCatalog(b, "testdata/functions.yaml")
	d, _ := flow.Parse([]byte(large(20)))
	for b.Loop() {
		if len(Complete(d, c, "s3", "set.total", "steps.s0.output.")) == 0 {
			b.Fatal("nothing")
		}
	}
}

// BenchmarkCheck reads and checks texts in which every step has a schema, as the canvas does at each keystroke: at most 5 ms for 20 steps, 150 ms for 1000.
func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{20, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			c := readCatalog(b, "testdata/functions.yaml")
			src := []byte(typedSteps(n))
			for b.Loop() {
				if p, _, issues := CompileSource(src, c); p == nil {
					b.Fatal(issues)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/check")
		})
	}
}

// typedSteps is a flow of n steps, each of which calls a function with contracts and reads what others return: chains, joins, switches, loops.
func typedSteps(n int) string {
	var b strings.Builder
	b.WriteString("name: typed\ninput: {type: object, required: [account, amount, lines], properties: {account: {type: string}, amount: {type: number}, kind: {enum: [a, b]}, " +
		"lines: {type: array, items: {type: object, required: [sku, n], properties: {sku: {type: string}, n: {type: integer}}}}}}\nsteps:\n  s0: {call: vision.ocr}\n")
	for i := 1; i < n; i++ {
		switch i % 5 {
		case 1:
			fmt.Fprintf(&b, "  s%d: {needs: [s%d], switch: {big: \"${{ input.amount > %d && steps.s0.output.ocr_result.has_text }}\", otherwise: true}}\n", i, i-1, i)
		case 2:
			fmt.Fprintf(&b, "  s%d: {needs: {any: [s%d.big, s%d.otherwise]}, call: payments.reserve, with: {account: \"${{ input.account }}\", amount: \"${{ input.amount * 1.5 }}\"}, "+
				"compensate: {call: payments.release, with: {hold: \"${{ steps.s%d.output.hold }}\"}}}\n", i, i-1, i-1, i)
		case 3:
			fmt.Fprintf(&b, "  s%d: {needs: [s%d], for_each: \"${{ input.lines.filter(l, l.n > %d) }}\", call: inventory.take, with: {sku: \"${{ item.sku }}\", n: \"${{ item.n + %d }}\"}}\n", i, i-1, i, i)
		case 4:
			fmt.Fprintf(&b, "  s%d: {needs: [s%d], call: notify.send, with: {text: \"no %d of ${{ steps.s%d.output.hold }}\", level: %d}}\n", i, i-1, i, i-2, i)
		default:
			fmt.Fprintf(&b, "  s%d: {needs: [s%d], if: \"${{ has(input.kind) && input.kind == 'a' }}\", call: vision.caption, with: {text: \"${{ steps.s0.output.ocr_result.text + input.kind }}\"}}\n", i, i-1)
		}
	}
	return b.String()
}
