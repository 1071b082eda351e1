package web

import (
	"net/url"
	"testing"
	"time"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/templates"
)

// TestTimeLineLinks: a click takes a bar, a second click all up to another, a third one on the bar that is taken gives it back; the time line itself stays.
func TestTimeLineLinks(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	slots := slotsOver(day, day.Add(10*time.Hour))
	if slots.Width != 15*time.Minute || slots.N != 40 || !slots.From.Equal(day) {
		t.Fatalf("ten hours: got %d bars of %s from %s", slots.N, slots.Width, slots.From)
	}
	counts := []models.RunCount{
		{Status: "succeeded", Slot: 2, N: 5, In: true}, {Status: "failed", Slot: 2, N: 2, In: true}, {Status: "waiting", Needs: "person", Slot: 2, N: 1, In: true},
		{Status: "running", Slot: 4, N: 3, In: false}, {Status: "succeeded", Slot: -1, N: 9, In: true}, {Status: "succeeded", Slot: 40, N: 9, In: true},
	}
	at := func(keep url.Values) (*templates.Histogram, models.RunFilter) {
		f := models.RunFilter{}
		f.From, _ = moment(keep.Get("from"))
		f.To, _ = moment(keep.Get("to"))
		return histogram(counts, slots, f, keep), f
	}
	where := func(href string) (from, to string) {
		t.Helper()
		u, err := url.Parse(href)
		if err != nil || u.Query().Get("over") != "2026-03-01T00:00..2026-03-01T10:00" || u.Query().Get("flow") != "order" {
			t.Errorf("%s: the time line or the other filters are lost (%v)", href, err)
		}
		return u.Query().Get("from"), u.Query().Get("to")
	}
	keep := url.Values{"flow": {"order"}, "since": {"10h"}}
	h, _ := at(keep)
	if b := h.Bars[2]; b.Runs != 8 || b.Failed != 2 || b.Asks != 1 || b.Active != 0 || b.On || h.Clear != "" {
		t.Errorf("bar 2: got %+v", b)
	}
	from, to := where(h.Bars[2].Href)
	if from != "2026-03-01T00:30" || to != "2026-03-01T00:45" {
		t.Errorf("the first click takes %s to %s", from, to)
	}
	keep = url.Values{"flow": {"order"}, "over": {"2026-03-01..2026-03-01T10:00"}, "from": {from}, "to": {to}}
	h, _ = at(keep)
	if !h.One || !h.Bars[2].On || h.Bars[1].On || h.Bars[3].On || h.Clear == "" || h.Zoom == "" || h.Whole == "" {
		t.Errorf("one bar is taken: got %+v", h)
	}
	if from, to := where(h.Bars[5].Href); from != "2026-03-01T00:30" || to != "2026-03-01T01:30" {
		t.Errorf("the second click, to the right: %s to %s", from, to)
	}
	if from, to := where(h.Bars[0].Href); from != "2026-03-01T00:00" || to != "2026-03-01T00:45" {
		t.Errorf("the second click, to the left: %s to %s", from, to)
	}
	if from, to := where(h.Bars[2].Href); from != "" || to != "" {
		t.Errorf("the same bar again: %s to %s, want nothing", from, to)
	}
	keep.Set("to", "2026-03-01T01:30")
	h, _ = at(keep)
	if h.One || !h.Bars[5].On || h.Bars[6].On {
		t.Errorf("four bars are taken: got %+v", h)
	}
	if from, to := where(h.Bars[7].Href); from != "2026-03-01T01:45" || to != "2026-03-01T02:00" {
		t.Errorf("a click after a stretch begins anew: %s to %s", from, to)
	}
	if h, _ := at(url.Values{}); h == nil {
		t.Error("without a filter there is no time line")
	}
	if h := histogram(counts, slots, models.RunFilter{Statuses: []string{"paused"}}, keep); h != nil {
		t.Errorf("nothing of that status: got %d bars, want none", len(h.Bars))
	}
	got := tallied(counts)
	if got["succeeded"] != 23 || got["failed"] != 2 || got["running"] != 0 || got["needs:person"] != 1 {
		t.Errorf("counts of what is chosen: got %v", got)
	}
}

// Every stretch is cut into bars that cover it, few enough to be seen.
func TestSlotsCover(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 34, 56, 789, time.UTC)
	for d := time.Millisecond; d < 50*365*24*time.Hour; d = d*3/2 + 1 {
		s := slotsOver(at, at.Add(d))
		if s.N < fewestBars || s.N > mostBars || s.From.After(at) || s.To().Before(at.Add(d)) {
			t.Fatalf("%s: %d bars of %s from %s do not cover it", d, s.N, s.Width, s.From)
		}
	}
}
