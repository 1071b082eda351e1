package runview_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
)

// shownItems lists the items that a filter lets through, by index.
func (s *story) shownItems(f runview.ItemFilter, from, limit int) string {
	items, next := runview.Items(s.folded, s.outline, "all", f, from, limit)
	var out []string
	for _, i := range items {
		out = append(out, fmt.Sprint(i.Index))
	}
	return fmt.Sprintf("%s, then %d", strings.Join(out, " "), next)
}

func TestItemsAreFilteredPagedAndCounted(t *testing.T) {
	s := beginFlow(t, "name: many\nsteps:\n  all: {for_each: \"${{ input.l }}\", call: take, tolerated_failures: 10, max_parallel: 10}\n", `{"l": [0,1,2,3,4,5,6,7]}`)
	for i, f := range map[int]string{1: "no", 2: "", 4: "no", 6: "lost", 7: ""} {
		switch f {
		case "no":
			s.done("all", i, false, "", wrong)
		case "lost":
			s.done("all", i, false, "", lost)
		default:
			s.done("all", i, false, `1`, nil)
		}
	}
	failed, rejected := runview.ItemFilter{Status: "failed"}, runview.ItemFilter{Class: "rejected"}
	for what, c := range map[string][2]string{
		"all":                   {s.shownItems(runview.ItemFilter{}, 0, 3), "0 1 2, then 3"},
		"failed":                {s.shownItems(failed, 0, 2), "1 4, then 6"},
		"failed, from 2":        {s.shownItems(failed, 2, 10), "4 6, then -1"},
		"rejected":              {s.shownItems(rejected, 0, 10), "1 4, then -1"},
		"failed and rejected":   {s.shownItems(runview.ItemFilter{Status: "failed", Class: "timeout"}, 0, 10), "6, then -1"},
		"running":               {s.shownItems(runview.ItemFilter{Status: "running"}, 4, 10), "5, then -1"},
		"what no item is":       {s.shownItems(runview.ItemFilter{Status: "skipped"}, 0, 10), ", then -1"},
		"from beyond the end":   {s.shownItems(runview.ItemFilter{}, 80, 10), ", then -1"},
		"from before the begin": {s.shownItems(runview.ItemFilter{}, -5, 1), "0, then 1"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: got %s, want %s", what, c[0], c[1])
		}
	}
	got := runview.TallyItems(s.folded, "all", failed, 6, 1)
	want := runview.ItemsTally{Statuses: map[string]int{"failed": 3, "succeeded": 2, "running": 3}, Classes: map[string]int{"rejected": 2, "timeout": 1}, Fit: 3, Before: 2, Page: 4}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the tally: got %+v, want %+v", got, want)
	}
	var walk []int
	for i, ok := runview.FailedItem(s.folded, "all", -1, false); ok; i, ok = runview.FailedItem(s.folded, "all", i, false) {
		walk = append(walk, i)
	}
	for i, ok := runview.FailedItem(s.folded, "all", 6, true); ok; i, ok = runview.FailedItem(s.folded, "all", i, true) {
		walk = append(walk, i)
	}
	if fmt.Sprint(walk) != "[1 4 6 4 1]" {
		t.Errorf("from failure to failure and back: got %v", walk)
	}
	if _, ok := runview.FailedItem(s.folded, "none", planner.NoItem, false); ok {
		t.Error("a step that is not there has a failed item")
	}
}
