package e2e

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestItems watches a for_each of 800 items run, and walks through its failures. What somebody reads, has opened and typed stays as it is while the events
// pour in.
func TestItems(t *testing.T) {
	const items = 800
	s := boot(t)
	var called atomic.Int64
	more := make(chan struct{})
	fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if called.Add(1) > 100 {
			<-more
		}
		body := make([]byte, 64)
		n, _ := r.Body.Read(body)
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(string(body[:n]), "99}") { // 99, 199, …
			w.WriteHeader(http.StatusConflict)
		}
		_, _ = w.Write([]byte(`{"ok": true}`))
	}))
	t.Cleanup(fn.Close)
	let := sync.OnceFunc(func() { close(more) })
	t.Cleanup(let)
	s.api(t, "PUT", "/functions/items.work", `{"http": {"url": "`+fn.URL+`"}, "idempotent": true}`, nil)
	s.publish(t, "count", "input: {type: array}\nsteps:\n  go: {signal: {name: go}}\n"+
		"  work: {needs: [go], for_each: \"${{ input }}\", max_parallel: 16, tolerated_failures: 20, call: items.work, with: {n: \"${{ item }}\"}}\n  stop: {needs: [work], wait: 1h}\n")
	var list []string
	for i := range items {
		list = append(list, strconv.Itoa(i))
	}
	id := s.start(t, "count", "["+strings.Join(list, ",")+"]")
	b := open(t, 1280, 800)
	b.goTo(s.url + "/runs/" + id + "?step=work")
	b.await("the page is live", `document.body.dataset.live === "open" && !!document.querySelector(".sg-node")`)
	b.click("#items-fold > summary")
	b.await("what moves is watched", `(() => {
		window.moved = 0, window.what = [];
		const of = s => (s.node?.id || s.node?.className || s.node?.nodeName) + " from " + s.previousRect.y + " to " + s.currentRect.y;
		new PerformanceObserver(l => { for (const e of l.getEntries()) { moved += e.value; what.push(e.value.toFixed(4) + ": " + e.sources.map(of).join(", ")) } }).observe({type: "layout-shift"});
		return true;
	})()`)
	s.api(t, "POST", "/runs/"+id+"/signals/go", "1", nil)
	b.await("the first items are done", `document.querySelectorAll("#items-box tr[data-status=succeeded], #items-box tr[data-status=failed]").length >= 84`)
	b.await("somebody scrolls up in the log", `(document.querySelector("#run-log").scrollTop = 7) === 7`)
	b.click("#items-jump")
	b.do("typing", chromedp.KeyEvent("1"))
	b.await("the page rests", `(window.at = scrollY, document.querySelector("#run-log").scrollTop === 7)`)
	let()
	b.await("the items are done", `document.querySelector("#run-steps [data-step=work][data-status=succeeded]")`)
	b.await("the rows say so", `document.querySelectorAll("#items-box tr[data-status=succeeded], #items-box tr[data-status=failed]").length === 100`)
	b.await("nothing was lost", `document.querySelector("#items-jump").value === "1" && document.activeElement.id === "items-jump" && scrollY === window.at && document.querySelector("#items-fold").open`)
	b.await("the log stays where it is read, and counts", `document.querySelector("#run-log").scrollTop === 7 && Number(/^([0-9]+) new$/.exec(document.querySelector("#run-log-new").textContent)?.[1]) > 500`)
	if moved, _ := ask[float64](b, "moved"); moved >= 0.02 {
		what, _ := ask[[]string](b, "what")
		t.Errorf("the page moved by %.4f, want less than 0.02:\n%s", moved, strings.Join(what, "\n"))
	}

	b.do("typing on", chromedp.KeyEvent("50\r"))
	b.await("item 150", `location.search.includes("item=150") && document.querySelector("#items-box tr[aria-selected=true]")?.dataset.item === "150"`)
	b.sees("#run-inspector h2", "item 150")
	b.do("leaving the field", chromedp.Evaluate[chromedp.Void]("document.activeElement.blur()"))
	for _, step := range []struct{ key, item string }{{"J", "199"}, {"J", "299"}, {"K", "199"}, {"K", "99"}, {"J", "199"}} {
		b.do("pressing "+step.key, chromedp.KeyEvent(step.key))
		b.await("the failure "+step.item, `new URLSearchParams(location.search).get("item") === "`+step.item+`" && document.querySelector("#run-inspector h2").textContent.includes("item `+step.item+`")`)
	}
	b.await("its row is in sight", `(() => {
		const box = document.querySelector("#items-box").getBoundingClientRect(), row = document.querySelector("#items-box tr[data-item='199']").getBoundingClientRect();
		return row.top >= box.top && row.bottom <= box.bottom + 1;
	})()`)
	b.click(`.items-tools .chip[data-status=failed]`)
	b.await("the failed ones", `location.search.includes("status=failed") && document.querySelectorAll("#items-box tbody tr").length === 8`)
	b.do("going back", chromedp.NavigateBack())
	b.await("all of them again", `!location.search.includes("status=") && document.querySelectorAll("#items-box tbody tr").length === 100 && document.querySelector("#items-box tr[aria-selected=true]")?.dataset.item === "199"`)
	b.clean()
}
