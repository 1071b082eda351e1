package e2e

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestTimeLine: a stretch of the time line is taken by two clicks, by a drag, and by the arrow keys; the list and the address follow, and Back undoes it.
func TestTimeLine(t *testing.T) {
	s := boot(t)
	id := s.start(t, "order", fmt.Sprintf(order, 20, ""))
	until(t, said("the order is done"), func() bool { return s.run(t, id).Status == "succeeded" })
	// Ten hours of which the run's is the last but one: bars of a quarter of an hour, numbered from 0.
	from := time.Now().UTC().Truncate(time.Hour).Add(-8 * time.Hour)
	over := from.Format("2006-01-02T15:04") + ".." + from.Add(10*time.Hour).Format("2006-01-02T15:04")
	b := open(t, 1280, 720)
	bar := func(n int) string { return fmt.Sprintf(".histogram svg a:nth-of-type(%d)", n+1) }
	taken := func(what string, first, last int) {
		t.Helper()
		at := func(n int) string {
			return url.QueryEscape(from.Add(time.Duration(n) * 15 * time.Minute).Format("2006-01-02T15:04"))
		}
		b.await(what, fmt.Sprintf(`(q => q.get("over") === %q && q.get("from").slice(0, 16) === decodeURIComponent(%q) && q.get("to").slice(0, 16) === decodeURIComponent(%q))(new URLSearchParams(location.search))
			&& document.querySelectorAll(".histogram .on").length === %d`, over, at(first), at(last+1), last-first+1))
	}
	b.goTo(s.url + "/runs?over=" + over)
	b.await("all bars", `document.querySelectorAll(".histogram svg a").length === 40`)
	b.click(bar(30))
	taken("one bar by a click", 30, 30)
	b.click(bar(36))
	taken("seven bars by a second click", 30, 36)
	b.await("the run is listed", `document.querySelector("tr[data-run]")`)
	b.await("Back", "(history.back(), true)")
	taken("Back gives the first bar alone", 30, 30)

	x, y := b.find(bar(20)).middle()
	b.drag(bar(3), x, y)
	taken("what was drawn over", 3, 20)
	b.sees("#runs", "No run fits this filter")

	b.await("the focus is on the bar that was taken", `document.activeElement.matches(".histogram svg a.on")`)
	b.do("walking", chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(kb.ModifierShift)), chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(kb.ModifierShift)))
	b.await("a stretch is walked over", `document.querySelectorAll(".histogram .in").length === 3`)
	b.do("Enter", chromedp.KeyEvent(kb.Enter))
	taken("what was walked over", 37, 39)
	b.await("the bars are one stop for Tab", `document.querySelectorAll('.histogram svg a[tabindex="0"]').length === 1 && document.activeElement.matches(".histogram svg a")`)
	b.clean()
}
