package web_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestRunsList: filters in the address choose, those that are set can be taken away one by one, and nonsense is refused.
func TestRunsList(t *testing.T) {
	s := open(t)
	s.order()
	failed, asks := s.start(), s.start()
	s.engine.answer(failed, "reserve", "", refused)
	s.engine.answer(asks, "reserve", `{"n": 1}`, nil)
	shows := func(path string, want ...string) string {
		t.Helper()
		page := string(s.do("GET", path, "").want(200).body)
		for _, id := range []string{failed, asks} {
			there, wanted := strings.Contains(page, `data-run="`+id+`"`), false
			for _, w := range want {
				wanted = wanted || w == id
			}
			if there != wanted {
				t.Errorf("%s: run %s is shown: %t, want %t", path, id, there, wanted)
			}
		}
		return page
	}
	shows("/runs", failed, asks)
	shows("/runs?needs=person", asks)
	page := shows("/runs?class=rejected&step=reserve&since=1h&shorter=1h", failed)
	if !strings.Contains(page, "failed at reserve") || !strings.Contains(page, `href="/runs?class=rejected&amp;shorter=1h&amp;since=1h"`) {
		t.Error("the filters that are set are not said, or can't be taken away one by one")
	}
	shows("/runs?version=2")
	shows("/runs?shorter=1h&from=2020-01-01&to=2199-01-01T10:00", failed, asks)
	shows("/runs?input.amount=5", failed, asks)
	shows("/runs?input=amount%3D6")
	if !strings.Contains(shows("/runs", failed, asks), "waiting for a person") {
		t.Error("a run that waits for an approval does not say that a person is waited for")
	}
	shows("/runs?parent=none", failed, asks)
	shows("/runs?parent=" + failed)
	for _, bad := range []string{"parent=x", "over=x", "over=2026-03-02..2026-03-01", "needs=money", "class=bad", "version=x", "longer=x", "since=x", "from=x", "to=31.12.", "after=x", "before=x", "status=x"} {
		s.do("GET", "/runs?"+bad, "").want(400)
		s.do("GET", "/api/v1/runs?"+bad, "").want(400)
	}
	s.do("GET", "/api/v1/runs?needs=person", "").want(200).has(asks, `"needs":"person"`)
	s.do("GET", "/api/v1/runs?input.amount=5", "").want(200).has(asks)
	got := s.do("GET", "/runs?q=&flow=order&status=", "", "HX-Request", "true").want(200).header.Get("HX-Push-Url")
	if got != "/runs?flow=order" {
		t.Errorf("the address that the form pushes: got %s, want it without what is empty", got)
	}
}

// TestLiveRows: what is shown stays, what has come is counted.
func TestLiveRows(t *testing.T) {
	s := open(t)
	s.order()
	first := s.start()
	page := string(s.do("GET", "/runs", "").want(200).body)
	m := regexp.MustCompile(`data-live="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the list does not say where its changes are")
	}
	live := strings.ReplaceAll(m[1], "&amp;", "&") + "&ids=" + first
	s.do("GET", live, "").want(200).has(`data-above=""`, "running")
	second := s.start()
	s.engine.answer(first, "reserve", "", refused)
	got := s.do("GET", live, "").want(200).has(`data-above="1 new"`, "failed")
	if strings.Contains(string(got.body), second) {
		t.Error("a new run is put between the rows that somebody reads")
	}
	s.do("GET", "/runs/fragments/live?above=x", "").want(400)
	s.do("GET", "/runs/fragments/live?above=x&ids="+strings.Repeat("x,", 200), "").want(400)
}

// TestViews: a filter is kept under a name, replaced, and removed.
func TestViews(t *testing.T) {
	s := open(t)
	s.order()
	save := func(name, query string, want int) { s.post("/runs/views", "name", name, "query", query).want(want) }
	save("Stuck", "status=failed&flow=order&after=x", 303)
	page := string(s.do("GET", "/runs?status=failed&flow=order", "").want(200).body)
	if !strings.Contains(page, `href="/runs?flow=order&amp;status=failed" aria-current="true"`) || !strings.Contains(page, "Remove the view Stuck") {
		t.Error("the view that is open is not marked, or can't be removed")
	}
	save("Stuck", "needs=person", 303)
	s.do("GET", "/runs", "").want(200).has(`href="/runs?needs=person"`)
	save("", "needs=person", 422)
	save("Empty", "q=", 422)
	save("Bad", "status=x", 400)
	s.post("/runs/views/remove", "name", "Stuck").want(303)
	if strings.Contains(string(s.do("GET", "/runs", "").want(200).body), "Stuck") {
		t.Error("the view is still there")
	}
}

func TestPalette(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	s.do("GET", "/palette", "").want(200).has(`"/flows/order/start"`, `"Place an order"`, `"/functions/pay"`)
	s.do("GET", "/palette?q="+id[28:], "").want(200).has("/runs/" + id)
	s.do("GET", "/palette?q=%25", "").want(200).has(`"found":[]`)
}

// TestFamilyInTheList: a run that another started says so, and the other one says that it waits below.
func TestFamilyInTheList(t *testing.T) {
	s := open(t)
	s.order()
	parent, child := s.start(), s.start()
	s.engine.answer(child, "reserve", `{"n": 1}`, nil) // then it waits for an approval
	if _, err := s.engine.pool.Exec(t.Context(), `UPDATE runs SET parent = $1, parent_step = 'deliver', parent_item = 3 WHERE uuid = $2`, parent, child); err != nil {
		t.Fatal(err)
	}
	page := string(s.do("GET", "/runs", "").want(200).body)
	for _, want := range []string{`href="/runs/` + parent + `?item=3&amp;step=deliver"`, "by deliver, item 3", `href="/runs/` + child + `">A run below it waits`} {
		if !strings.Contains(page, want) {
			t.Errorf("the list lacks %s", want)
		}
	}
	s.do("GET", "/api/v1/runs?needs=person", "").want(200).has(`"waits_in":"`+child+`"`, `"parent":{"run":"`+parent+`","step":"deliver","item":3}`)
	page = string(s.do("GET", "/runs?needs=person&parent=none", "").want(200).body)
	if !strings.Contains(page, `data-run="`+parent+`"`) || strings.Contains(page, `data-run="`+child+`"`) {
		t.Error("of the top level alone, the parent is to be listed as waiting for a person, and the child is not")
	}
}
