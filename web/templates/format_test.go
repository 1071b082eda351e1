package templates

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/segno-run/segno/web/view"
)

func TestValuesReadAsTheyAre(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"\u003cb\u003e \u0026"`:        `"<b> &"`,
		`"\\u003c"`:                     `"\\u003c"`, // a backslash and the text u003c
		`"\u202eevil"`:                  `"\u202eevil"`,
		"\"\u202eevil\"":                `"\u202eevil"`,
		`"\u0000"`:                      `"\u0000"`,
		"\"שלום\"":                      "\"שלום\"",
		"not JSON \u2067\x07":           `not JSON \u2067\u0007`,
		`{"n":12345678901234567890.10}`: "{\n  \"n\": 12345678901234567890.10\n}",
	} {
		if got := pretty([]byte(in)); got != want {
			t.Errorf("pretty(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAStepsNameIsLinkedAsAWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, name, before, after string }{
		{"stock item 3 got its answer", "stock", "", " item 3 got its answer"},
		{"the run failed: a is bad", "a", "the run failed: ", " is bad"},
		{"undoing stock_2, stock", "stock", "undoing stock_2, ", ""},
		{"the signal `paid` did not come", "paid", "the signal ", " did not come"},
	} {
		before, after, found := cutWord(c.text, c.name)
		if !found || before != c.before || after != c.after {
			t.Errorf("cutWord(%q, %q) = %q, %q, %v", c.text, c.name, before, after, found)
		}
	}
	for _, c := range [][2]string{{"the run failed", "a"}, {"", "a"}, {"x", ""}} {
		if _, _, found := cutWord(c[0], c[1]); found {
			t.Errorf("cutWord(%q, %q) found it", c[0], c[1])
		}
	}
}

func TestTheNextActionComesFirst(t *testing.T) {
	t.Parallel()
	page := drawnText(t, Run(runPage(waitingRun(), "", "")))
	approve, cancel := strings.Index(page, `id="action-approve"`), strings.Index(page, `id="action-cancel"`)
	if approve < 0 || cancel < 0 || approve > cancel {
		t.Errorf("Approve stands at %d, Cancel run at %d", approve, cancel)
	}
}

func TestItemsLeadToTheFirstFailure(t *testing.T) {
	t.Parallel()
	p, first := runPage(failedRun(), "stock", ""), 137
	p.Inspector.Failed = &first
	p.Grid.Most = 2
	p.Grid.Previous, p.Grid.NextFailure, p.Grid.Status = p.Grid.Page(0), p.Grid.Select(137), "succeeded"
	for what, parts := range map[string][]string{
		drawnText(t, RunInspector(p)): {"First failure: item 137", "item=137"},
		drawnText(t, RunDetail(p)):    {`id="items-previous"`, `id="next-failure"`, "item=137", `name="status" value="succeeded"`, "1–3 of 3", `data-item="2"`, `id="items-fold" open`},
	} {
		for _, part := range parts {
			if !strings.Contains(what, part) {
				t.Errorf("%q is missing in %s", part, what)
			}
		}
	}
}

func drawnText(t *testing.T, c templ.Component) string {
	t.Helper()
	var out bytes.Buffer
	if err := c.Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheBarOfItemsShowsTheFew(t *testing.T) {
	t.Parallel()
	segs := itemSegments(&view.Items{Total: 10_000, Succeeded: 9_980, Failed: 1, Running: 3, Retrying: 2})
	var kinds []string
	x := 0.0
	for _, s := range segs {
		kinds = append(kinds, s.Kind)
		if s.X != x || s.W < minBar {
			t.Errorf("%s stands at %v with width %v, want %v and at least %v", s.Kind, s.X, s.W, x, minBar)
		}
		x += s.W
	}
	if got := strings.Join(kinds, " "); got != "ok fail retry running none" || x < 99.99 || x > 100.01 {
		t.Errorf("got %s up to %v", got, x)
	}
}

func TestMomentsInASentence(t *testing.T) {
	for text, want := range map[string]string{
		"":          "",
		"no moment": "no moment",
		"attempt 2 of 4 comes at 2026-11-23 22:38:08 UTC":                           "attempt 2 of 4 comes at |2026-11-23T22:38:08Z",
		"2026-11-23 22:38:08 UTC to 2026-11-24 00:00:00 UTC, or never":              "2026-11-23T22:38:08Z| to |2026-11-24T00:00:00Z|, or never",
		"at 2026-11-23 99:38:08 UTC, which is none, and at 2026-11-23 01:02:03 UTC": "at 2026-11-23 99:38:08 UTC, which is none, and at |2026-11-23T01:02:03Z",
	} {
		var got []string
		for _, p := range moments(text) {
			if p.at.IsZero() {
				got = append(got, p.text)
			} else {
				got = append(got, iso(p.at))
			}
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: got %q, want %q", text, strings.Join(got, "|"), want)
		}
	}
}
