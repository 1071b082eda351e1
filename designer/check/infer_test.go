package check

import "testing"

func TestTypesAtAPlace(t *testing.T) {
	order := readFlow(t, "../../examples/flows/order.yaml")
	c := readCatalog(t, "../../examples/functions.yaml")
	for _, test := range []struct{ step, field, source, is, wanted string }{
		{"big", "switch.review", "input.amount > 10", "boolean", "boolean"},
		{"big", "switch.review", "input.amount", "number", "boolean"},
		{"stock", "for_each", "input.lines", "list", "list"},
		{"stock", "with.n", "item.n + 1", "integer", "integer"},
		{"stock", "with.n", "item.zzz", "-", "integer"},
		{"stock", "with.n", "1 +", "-", "integer"},
		{"stock", "compensate.with.sku", "item.sku", "string", "string"},
		{"ship", "with.order", "size(input.lines)", "integer", "string"},
		{"ship", "with.nobody", "run.id", "string", "any value"},
		{"", "output.x", "steps.ship.output.id", "string", "any value"},
		{"nobody", "if", "true", "-", "any value"},
	} {
		is := "-"
		if of, ok := TypeOf(order, c, test.step, test.field, test.source); ok {
			is = of.String()
		}
		if wanted := Wanted(order, c, test.step, test.field).String(); is != test.is || wanted != test.wanted {
			t.Errorf("%s.%s %s: is %s, wanted %s; want %s and %s", test.step, test.field, test.source, is, wanted, test.is, test.wanted)
		}
	}
	for path, want := range map[string]string{"steps.stock.output[0].n": "integer", "steps.stock.output[0]": "object", "input.lines": "list", "input.nobody": "-", "input": "object"} {
		got := "-"
		if of, ok := PathType(order, c, "ship", "with.order", path); ok {
			got = of.String()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}
