package templates

import (
	"context"
	"strings"
	"testing"

	"github.com/segno-run/segno/web/view"
)

// TestBulkOffersNoListOfThousands: the versions of a flow that has many are typed, and the one that was asked for stays.
func TestBulkOffersNoListOfThousands(t *testing.T) {
	t.Parallel()
	show := func(published, asked int) string {
		var out strings.Builder
		p := BulkPlanPage{Head: FlowHead{Name: "order", Published: published}, Plan: view.BulkPlan{Runs: 1, Planned: 1, Version: asked}}
		if err := BulkPlan(p).Render(context.Background(), &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if page := show(mostInList, 7); strings.Count(page, "<option") != mostInList+1 || !strings.Contains(page, `<option value="7" selected>`) {
		t.Errorf("%d versions: got no list of them with the seventh chosen:\n%s", mostInList, page)
	}
	page := show(5000, 17)
	for _, want := range []string{`value="17"`, "each its own, or 1 to 5000"} {
		if !strings.Contains(page, want) {
			t.Errorf("5000 versions: the page has no %s", want)
		}
	}
	if strings.Contains(page, "<option") {
		t.Error("5000 versions: got a list")
	}
}
