package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/segno-run/segno/cmd/web/app"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/local"
)

// TestPagesAreLight holds every kind of page against its budget: all that comes over the wire at the first visit, compressed, fonts aside.
func TestPagesAreLight(t *testing.T) {
	functions := &local.Registry{}
	functions.Register("weigh.count", func(_ context.Context, call invoke.Invocation) ([]byte, error) { return call.Input, nil })
	s := bootWith(t, "", func(c *app.Config) { c.Local = functions })
	s.api(t, "PUT", "/functions/weigh.count", `{"local": {"name": "weigh.count"}, "idempotent": true, "concurrency": 1000}`, nil)
	s.publish(t, "many", "input: {type: array}\nsteps:\n  count: {for_each: \"${{ input }}\", call: weigh.count, with: {index: \"${{ index }}\", sku: \"sku-${{ item }}\"}}\n")
	many := s.start(t, "many", "["+strings.Repeat("1,", manyItems-1)+"1]")
	id := s.start(t, "order", fmt.Sprintf(order, 20, `, "fail": "ship"`))
	until(t, said("the order has failed"), func() bool { return s.run(t, id).Status == "failed" })
	until(t, said("the items are done"), func() bool { return s.run(t, many).Status == "succeeded" })
	const list, run, canvas = 60, 250, 300 // in kB, of 1000 bytes
	for _, p := range []struct {
		name, path, whole string
		budget            float64
	}{
		{"flows", "/flows", plainPage, list},
		{"new flow", "/flows/new?template=blank", plainPage, list},
		{"overview", "/flows/order", plainPage, list},
		{"versions", "/flows/order/versions", plainPage, list},
		{"start", "/flows/order/start", plainPage, list},
		{"tests", "/flows/order/tests", plainPage, list},
		{"runs", "/runs", plainPage, list},
		{"functions", "/functions", plainPage, list},
		{"replicas", "/replicas", plainPage, list},
		{"function", "/functions/payments.reserve", plainPage, list},
		{"run", "/runs/" + id + "?step=ship", runPage, run},
		{"items", "/runs/" + many + "?step=count", runPage + ` && document.querySelectorAll("#items-box tr[data-item]").length === 100`, 235},
		{"canvas", "/flows/order/edit?step=stock", canvasPage, canvas},
		{"version", "/flows/order/versions/1?step=stock", readPage, run},
	} {
		w := weigh(t, s.url+p.path, p.whole)
		t.Logf("%-10s %6.1f kB of %3.0f in %2.0f requests, and %.1f kB of fonts", p.name, w.bytes/1000, p.budget, w.requests, w.fonts/1000)
		if w.bytes/1000 > p.budget {
			t.Errorf("%s weighs %.1f kB, want %.0f at most; the heaviest:\n%s", p.path, w.bytes/1000, p.budget, strings.Join(w.heaviest[:min(8, len(w.heaviest))], "\n"))
		}
	}
}
