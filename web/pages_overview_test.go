package web_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestFlowHealth: the overview has rates, failures that lead to their runs, and what the steps cost.
func TestFlowHealth(t *testing.T) {
	s := open(t)
	s.order()
	if strings.Contains(string(s.do("GET", "/flows/order", "").want(200).body), `id="health"`) {
		t.Error("a flow that never ran has rates")
	}
	for range 2 {
		s.engine.answer(s.start(), "reserve", "", refused)
	}
	if _, err := s.engine.pool.Exec(t.Context(), `UPDATE runs SET ended_at = now()`); err != nil { // which the engine of these tests leaves
		t.Fatal(err)
	}
	page := string(s.do("GET", "/flows/order", "").want(200).has(`id="health"`, "of which 2 failed", "0 %", "the last 2 runs").body)
	group := regexp.MustCompile(`href="(/runs\?[^"]*fingerprint=[^"]+)"`).FindStringSubmatch(page)
	if group == nil {
		t.Fatal("the failures do not lead to their runs")
	}
	list := string(s.do("GET", strings.ReplaceAll(group[1], "&amp;", "&"), "").want(200).body)
	if n := strings.Count(list, "<tr data-row"); n != 2 {
		t.Errorf("the runs of the one failure: got %d rows, want 2", n)
	}
	if !regexp.MustCompile(`<code>reserve</code></th>\s*<td class="num">2</td>\s*<td class="num heat heat-4">\s*<a href="[^"]*step=reserve">2</a>`).MatchString(page) {
		t.Error("the steps' table does not say that reserve failed twice")
	}
}
