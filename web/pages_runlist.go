package web

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/words"
)

// countsBound is how many runs are counted for the chips: above it they say so, and the page stays quick.
const countsBound = 100_000

func (s *Server) runsPage(c echo.Context) error {
	ctx, keep := c.Request().Context(), kept(c.QueryParams())
	f, err := s.filter(c)
	if err != nil {
		return err
	}
	f.Limit = 50
	// Counting takes longer than all the rest, so the rest is read beside it.
	var (
		counts []models.RunCount
		capped bool
		slots  models.RunSlots
	)
	tally, counting := errgroup.WithContext(ctx)
	tally.Go(func() (err error) {
		if slots, err = s.timeLine(counting, f, keep); err == nil {
			counts, capped, err = s.DB.RunTally(counting, f, slots, countsBound)
		}
		return err
	})
	p := templates.RunsPage{Chrome: s.chrome(c, "Runs", "runs"), Filter: shownFilter(keep), ByInput: len(f.Keys) > 0, Query: keep.Encode(), Chosen: chosenFilters(keep)}
	page, err := s.listedRuns(ctx, f, &p)
	if err = cmp.Or(err, tally.Wait()); err != nil {
		return err
	}
	p.Counts, p.Histogram, p.Capped = runChips(tallied(counts), keep), histogram(counts, slots, f, keep), capped
	at := func(name, cursor string) string {
		if cursor == "" {
			return ""
		}
		q := maps.Clone(keep)
		q.Set(name, cursor)
		return "/runs?" + q.Encode()
	}
	p.Older, p.Newer = at("after", page.Older), at("before", page.Newer)
	if f.After != "" || f.Before != "" {
		p.Newest = address(keep)
	} else {
		since := models.Run{CreatedAt: s.Now()}
		if len(page.Runs) > 0 {
			since = page.Runs[0]
		}
		q := maps.Clone(keep)
		q.Set("above", models.RunCursor(since))
		p.Live = "/runs/fragments/live?" + q.Encode()
	}
	if c.Request().Header.Get("HX-Request") != "" {
		c.Response().Header().Set("HX-Push-Url", address(keep)) // without the fields that are empty
	}
	return s.render(c, http.StatusOK, templates.Runs(p))
}

// listedRuns fills in the rows of the page, and what its form offers.
func (s *Server) listedRuns(ctx context.Context, f models.RunFilter, p *templates.RunsPage) (page models.RunList, err error) {
	if page, p.Unread, err = s.listed(ctx, f); err != nil {
		return page, err
	}
	p.HasAny = p.Query != "" || len(page.Runs) > 0
	if p.Flows, err = s.DB.FlowNames(ctx); err != nil {
		return page, err
	}
	if !p.HasAny {
		names, err := s.DB.PublishedNames(ctx)
		if err != nil {
			return page, err
		}
		if len(names) > 0 {
			p.StartAt, p.Sample = names[0], s.sampleLine(ctx, names[0])
		}
	}
	for _, class := range fault.Classes() {
		p.Classes = append(p.Classes, string(class))
	}
	if p.Rows, err = s.runRows(ctx, page.Runs); err != nil {
		return page, err
	}
	if p.Views, err = s.views(ctx, p.Query); err != nil {
		return page, err
	}
	return page, nil
}

// address is the list with these filters.
func address(q url.Values) string {
	if len(q) == 0 {
		return "/runs"
	}
	return "/runs?" + q.Encode()
}

// shownFilter is the filter as its form shows it.
func shownFilter(q url.Values) templates.RunsFilter {
	f := templates.RunsFilter{Flow: q.Get("flow"), Version: q.Get("version"), Needs: q.Get("needs"), Class: q.Get("class"), Step: q.Get("step"),
		Fingerprint: q.Get("fingerprint"), Since: q.Get("since"), From: q.Get("from"), To: q.Get("to"), Longer: q.Get("longer"), Shorter: q.Get("shorter"), Q: q.Get("q"), Parent: q.Get("parent"), Over: q.Get(overParam)}
	if len(q["status"]) == 1 {
		f.Status = q.Get("status")
	}
	for name, values := range q {
		if path, ok := strings.CutPrefix(name, inputPrefix); ok {
			f.Input = path + "=" + values[0]
		}
	}
	return f
}

// runChips are the counts by status, then those of what waits for a person or for its next attempt.
func runChips(counts map[string]int, keep url.Values) []templates.Count {
	base := maps.Clone(keep)
	base.Del("status")
	out := chips(counts, "/runs", base)
	for _, need := range []struct{ name, shown string }{{"person", "ask"}, {"retry", "retrying"}} {
		if n := counts["needs:"+need.name]; n > 0 {
			q := maps.Clone(base)
			q.Set("needs", need.name)
			out = append(out, templates.Count{Status: need.shown, N: n, Href: "/runs?" + q.Encode()})
		}
	}
	return out
}

// chosenFilters lists the filters that are set, each with the list without it.
func chosenFilters(keep url.Values) []templates.Chosen {
	before := map[string]string{"version": "v", "class": "class ", "step": "failed at ", "fingerprint": "like failure ", "since": "in the last ", "from": "from ",
		"to": "until ", "longer": "at least ", "shorter": "at most ", "flow": "flow ", "q": "text ", "needs": "waits for ", "status": ""}
	var out []templates.Chosen
	for _, name := range slices.Sorted(maps.Keys(keep)) {
		if name == overParam {
			continue // it chooses no run
		}
		without := maps.Clone(keep)
		without.Del(name)
		text := before[name] + strings.Join(keep[name], ", ")
		switch name {
		case "flow", "step", "q":
			text = before[name] + keep.Get(name)
		case "status":
			text = strings.Join(mapped(strings.Split(strings.Join(keep[name], ","), ","), words.Status), ", ")
		case "class":
			text = before[name] + words.Class(keep.Get(name))
		case "from", "to":
			text += " UTC"
		case "parent":
			if text = "started by no run"; keep.Get(name) != models.TopLevel {
				text = "started by the run " + templates.ShortID(keep.Get(name))
			}
		case "needs":
			text = map[string]string{"person": words.Status(words.Asks), "retry": words.Status("retrying")}[keep.Get(name)]
		default:
			if strings.HasPrefix(name, inputPrefix) {
				text = name + " = " + keep.Get(name)
			}
		}
		out = append(out, templates.Chosen{Text: text, Href: address(without)})
	}
	return out
}

// liveRows answers what has changed since a list was shown: the rows that it shows, as they are now, and how many runs stand above them. Nothing is
// put in between what somebody reads.
func (s *Server) liveRows(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := s.filterOf(c.QueryParams())
	if err != nil {
		return err
	}
	const shown, counted = 100, 1000
	ids := strings.Split(c.QueryParam("ids"), ",")
	if len(ids) > shown {
		return fail(CodeBadRequest, "%d runs are asked for; at most %d", len(ids), shown)
	}
	rows, err := s.DB.RunsByUUID(ctx, ids)
	if err != nil {
		return err
	}
	n, err := s.DB.RunsSince(ctx, f, c.QueryParam("above"), counted)
	if err != nil {
		return fail(CodeBadRequest, "`above` is no cursor of this list")
	}
	live, err := s.runRows(ctx, rows)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, templates.LiveRows(live, n, n >= counted, s.Now()))
}

// Views are filters with a name: settings of the server, seen by all who use it.
const (
	viewKey  = "runs-view/"
	maxViews = 50
	maxName  = 60
)

func (s *Server) views(ctx context.Context, now string) ([]templates.RunView, error) {
	all, err := s.DB.Settings(ctx, viewKey)
	if err != nil {
		return nil, err
	}
	var out []templates.RunView
	for name, query := range all {
		out = append(out, templates.RunView{Name: name, Href: "/runs?" + string(query), On: string(query) == now})
	}
	slices.SortFunc(out, func(a, b templates.RunView) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out, nil
}

// saveView keeps the filter of a list under a name; a name that is there already gets the new filter.
func (s *Server) saveView(c echo.Context) error {
	ctx, name := c.Request().Context(), strings.TrimSpace(c.FormValue("name"))
	q, err := url.ParseQuery(c.FormValue("query"))
	if err != nil {
		return fail(CodeBadRequest, "`query` is no list of filters")
	}
	if _, err := s.filterOf(q); err != nil {
		return err
	}
	q = kept(q)
	if name == "" || len(name) > maxName {
		return fail(CodeInvalid, "a view needs a name of at most %d bytes", maxName)
	}
	if len(q) == 0 {
		return fail(CodeInvalid, "no filter is set: there is nothing to keep")
	}
	all, err := s.DB.Settings(ctx, viewKey)
	if err != nil {
		return err
	}
	if _, known := all[name]; !known && len(all) >= maxViews {
		return fail(CodeInvalid, "there are %d views already; remove one first", maxViews)
	}
	if err := s.DB.PutSetting(ctx, viewKey+name, []byte(q.Encode())); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, address(q))
}

func (s *Server) removeView(c echo.Context) error {
	if err := s.DB.DeleteSetting(c.Request().Context(), viewKey+c.FormValue("name")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/runs")
}

func mapped(all []string, say func(string) string) []string {
	out := make([]string, len(all))
	for i, one := range all {
		out[i] = say(one)
	}
	return out
}
