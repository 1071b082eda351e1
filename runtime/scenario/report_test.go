package scenario

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/project"
)

func TestReport(t *testing.T) {
	suites := prepare(t, shop("flow: shop\nscenarios:\n  - {name: good, input: {n: 1}, expect: {status: succeeded}}\n  - {name: bad, input: {n: 1}, expect: {status: failed}}"))
	p, _ := project.Load(shop("flow: shop\nscenarios: []"))
	r, err := Test(t.Context(), suites, true)
	if err != nil {
		t.Fatal(err)
	}
	r.Missing(p)
	if r.Fine() || len(r.Untested) != 0 || len(r.Coverage) != 1 || len(r.Faults) != 1 {
		t.Errorf("got %+v", r)
	}
	text := r.Text(func(file string) string { return "x/" + file })
	for _, want := range []string{"FAIL x/tests/shop.yaml:4 bad", "x/tests/shop.yaml:4: status: the run is succeeded, expected failed", "FAIL 1 of 2 scenarios failed",
		"shop: 2 of 4 steps, 1 of 2 branches, 0 of 1 error ports, 0 of 1 compensations", "faults of shop"} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %q in\n%s", want, text)
		}
	}
	raw, err := r.JUnit([]string{"tests/x.yaml:1:1: wrong"})
	if err != nil {
		t.Fatal(err)
	}
	var doc junitSuites
	if err := xml.Unmarshal(raw, &doc); err != nil || len(doc.Suites) != 3 || doc.Suites[0].Failures != 1 || doc.Suites[2].Errors != 1 {
		t.Errorf("%v\n%s", err, raw)
	}
	empty := &Report{}
	if empty.Missing(p); len(empty.Untested) != 1 || !strings.Contains(empty.Text(func(f string) string { return f }), "no scenarios of: shop") {
		t.Errorf("got %v", empty.Untested)
	}
}
