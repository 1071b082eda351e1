package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/templates"
)

// itemsShown is how many items of a for_each the page holds at once.
const itemsShown = 100

// itemsGrid is the page of items that the address names, ?items=&status=&class=; without an index the one with the selected item. Nil without a step that
// has items, or will have.
func itemsGrid(c echo.Context, p *templates.RunPage, h *history) *templates.ItemsGrid {
	in := p.Inspector
	if in.Step == nil || !in.Step.ForEach && in.Step.Items == nil {
		return nil
	}
	step := in.Step.ID
	f := runview.ItemFilter{Status: c.QueryParam("status"), Class: c.QueryParam("class")}
	g := &templates.ItemsGrid{Run: p.Run.ID, Step: *in.Step, Status: f.Status, Class: f.Class, Most: itemsShown, Live: p.Run.EndedAt == nil}
	if in.Step.Items == nil {
		return g
	}
	asked := c.QueryParam("items")
	from, _ := strconv.Atoi(asked) // what is no number is the first page
	if in.Item != nil {
		g.Item = &in.Item.Index
		if asked == "" {
			from = pageOf(h, step, f, in.Item.Index)
		}
	}
	from = max(from, 0)
	tally := runview.TallyItems(h.state, step, f, from, itemsShown)
	g.Fit, g.Before = tally.Fit, tally.Before
	var next int
	if g.Rows, next = runview.Items(h.state, h.outline, step, f, from, itemsShown); next >= 0 {
		g.Next = g.Page(next)
	}
	if tally.Before > 0 {
		g.Previous = g.Page(tally.Page)
	}
	for _, status := range templates.ItemStatuses {
		if n := tally.Statuses[status]; n > 0 || f.Status == status {
			g.Statuses = append(g.Statuses, templates.Count{Status: status, N: n, Href: g.Filtered(status, "")})
		}
	}
	for _, class := range slices.Sorted(maps.Keys(tally.Classes)) {
		g.Classes = append(g.Classes, templates.Count{Status: class, N: tally.Classes[class], Href: g.Filtered(f.Status, class)})
	}
	at := -1
	if g.Item != nil {
		at = *g.Item
	}
	if i, ok := runview.FailedItem(h.state, step, at, false); ok {
		g.NextFailure = g.Select(i)
	}
	if i, ok := runview.FailedItem(h.state, step, at, true); ok {
		g.PreviousFailure = g.Select(i)
	}
	return g
}

// pageOf is where the page begins that holds an item, as paging from the first one would have it.
func pageOf(h *history, step string, f runview.ItemFilter, index int) int {
	t := runview.TallyItems(h.state, step, f, index, itemsShown)
	on := t.Before % itemsShown // how many of its page stand before it
	if on == 0 {
		return index
	}
	return runview.TallyItems(h.state, step, f, index, on).Page
}

// itemsQuery is what the grid of items, and an iteration, have in an address.
func itemsQuery(of url.Values) url.Values {
	kept := url.Values{}
	for _, name := range []string{"items", "status", "class", "iteration"} {
		if v := of.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	return kept
}
