package e2e

import (
	"fmt"
	"testing"
)

// TestPagesAreLight holds every kind of page against its budget: all that comes over the wire at the first visit, compressed, fonts aside.
func TestPagesAreLight(t *testing.T) {
	s := boot(t)
	id := s.start(t, "order", fmt.Sprintf(order, 20, `, "fail": "ship"`))
	until(t, said("the order has failed"), func() bool { return s.run(t, id).Status == "failed" })
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
		{"canvas", "/flows/order/edit?step=stock", canvasPage, canvas},
		{"version", "/flows/order/versions/1?step=stock", readPage, run},
	} {
		w := weigh(t, s.url+p.path, p.whole)
		t.Logf("%-10s %6.1f kB of %3.0f in %2.0f requests, and %.1f kB of fonts", p.name, w.bytes/1000, p.budget, w.requests, w.fonts/1000)
		if w.bytes/1000 > p.budget {
			t.Errorf("%s weighs %.1f kB, want %.0f at most; the largest: %s", p.path, w.bytes/1000, p.budget, w.largest)
		}
	}
}
