package e2e

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestInsertingMovesNothing inserts steps on the canvas by each of its ways, and finds the step that was selected where it was.
func TestInsertingMovesNothing(t *testing.T) {
	s := boot(t)
	s.putDraft(t, "wide", largeFlow("wide", 40))
	b := open(t, 1280, 800)
	for _, c := range []struct{ flow, step, insert string }{
		{"order", "reserve_funds", "insert-reserve_funds.done>stock"},
		{"order", "ship", "insert-stock.done>big"}, // above it: all that it needs moves down
		{"order", "big", "insert-review.approved>ship"},
		{"wide", "b0_pick", "insert-b0_pick.otherwise>b0_end"},
		{"wide", "b0_x", "insert-b0_mail.error>b0_z"},
		{"wide", "b0_end", "insert-b0_mail.done>b0_y"},
	} {
		b.goTo(s.url + "/flows/" + c.flow + "/edit?step=" + c.step)
		b.await("the canvas", `document.body.dataset.canvas === "ready"`)
		b.stays(c.step, c.insert, func() {
			b.click(`[data-testid="` + c.insert + `"]`)
			b.await("the picker", `document.activeElement?.dataset.testid === "picker-search"`)
			b.rewrite("wait")
			b.press(kb.Enter)
		})
	}
	b.goTo(s.url + "/flows/order/edit?step=reserve_funds")
	b.await("the canvas", `document.body.dataset.canvas === "ready"`)
	b.await("the focus", `(document.querySelector('[data-testid="node-reserve_funds"]').parentElement.focus(), true)`)
	after := func(what string) func() {
		return func() {
			b.press("a")
			b.await("the picker", `document.activeElement?.dataset.testid === "picker-search"`)
			b.rewrite(what)
			b.press(kb.Enter)
		}
	}
	b.stays("reserve_funds", "A", after("signal"))
	b.click(`[data-testid="problems-toggle"]`) // what the new step lacks is listed there, and the graph has less room
	b.drawn()
	b.await("the focus", `(document.querySelector('[data-testid="node-reserve_funds"]').parentElement.focus(), true)`)
	b.stays("reserve_funds", "A with the problems open", after("mail.send"))

	// Behind the last step there is no room: nothing moves, and the way to the new one is said at the edge.
	b.goTo(s.url + "/flows/order/edit?step=ship")
	b.await("the canvas", `document.body.dataset.canvas === "ready"`)
	b.await("the focus", `(document.querySelector('[data-testid="node-ship"]').parentElement.focus(), true)`)
	chip := `document.activeElement?.matches('[data-testid="away"][data-id="wait"]')`
	b.stays("ship", "A out of sight", func() {
		after("wait")()
		b.await("what leads to it has the focus", chip)
		b.sees(`[data-testid="away"]`, "wait added below")
	})
	b.await("ship has the focus again", `document.activeElement?.dataset.id === "ship"`)
	after("wait")()
	b.await("what leads to it has the focus", chip)
	b.press(kb.Enter)
	b.onStep("wait")
	b.await("it is in sight, and nothing leads there any more", newInSight+` && !document.querySelector('[data-testid="away"]')`)
	b.clean()
}

// drawn waits until what has changed has been drawn, and what follows from its size too.
func (b *tab) drawn() {
	b.Helper()
	frames := `new Promise(done => { let n = 6; const next = () => n-- ? requestAnimationFrame(next) : done(true); next() })`
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](frames, chromedp.EvalAwaitPromise)); err != nil {
		b.Fatal(err)
	}
}

// newInSight is true if all of the selected step is in sight.
const newInSight = `(() => {
	const r = document.querySelector(".sg-node[data-selected]").getBoundingClientRect(), g = document.querySelector(".sg-graph").getBoundingClientRect();
	return r.left >= g.left && r.top >= g.top && r.right <= g.right && r.bottom <= g.bottom;
})()`

// stays fails if a step has moved by more than 8 pixels once another one was put in and can be seen, or what leads to it.
func (b *tab) stays(step, how string, insert func()) {
	b.Helper()
	middle := fmt.Sprintf(`(() => { const r = document.querySelector('[data-testid="node-%s"]')?.getBoundingClientRect(); return r ? {X: r.x + r.width / 2, Y: r.y + r.height / 2} : null })()`, step)
	rests := func() (at place) {
		until(b, said("%s rests", step), func() bool {
			got, ok := ask[*place](b, middle)
			same := ok && got != nil && *got == at
			if ok && got != nil {
				at = *got
			}
			return same
		})
		return at
	}
	before := rests()
	n, _ := ask[float64](b, `document.querySelectorAll(".sg-node").length`)
	insert()
	b.await("one more step, and it is selected", fmt.Sprintf(`document.querySelectorAll(".sg-node").length === %v && document.querySelector(".sg-node[data-selected]:not([data-testid=node-%s])")`, n+1, step))
	b.await("it is in sight, or it is said where it is", newInSight+` || document.querySelector('[data-testid="away"]')`)
	if now := rests(); now.X == 0 || math.Hypot(now.X-before.X, now.Y-before.Y) > 8 {
		b.Errorf("inserting by %s moves %s from %.0f, %.0f to %.0f, %.0f", how, step, before.X, before.Y, now.X, now.Y)
	}
	overlap, _ := ask[string](b, `(() => {
		const all = [...document.querySelectorAll(".sg-node")].map(n => [n.dataset.testid, n.getBoundingClientRect()]);
		for (const [a, r] of all) for (const [b, q] of all) if (a < b && r.left < q.right && q.left < r.right && r.top < q.bottom && q.top < r.bottom) return a + " and " + b;
		return "";
	})()`)
	if overlap != "" {
		b.Errorf("after %s %s overlap", how, overlap)
	}
	b.await("it is saved", saved)
	b.do("undoing", chromedp.KeyEvent("z", chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.await("it is gone", fmt.Sprintf(`document.querySelectorAll(".sg-node").length === %v`, n))
}

// TestReadingWhileItRuns reads a value of a run, folds it, scrolls in it, marks some of its words, and finds all of that as it was after 500 events, each of
// which changed the step that it belongs to. Then the line to the server stands still, and later breaks: the page says how far it is behind, and once it is
// whole again says what a fresh load says.
func TestReadingWhileItRuns(t *testing.T) {
	const first, items = 10, 520
	s := boot(t)
	var value strings.Builder
	value.WriteString(`{"shut": {"in": [1, 2, 3]}, "rows": ["row number 0"`)
	for i := 1; i < 200; i++ {
		fmt.Fprintf(&value, `, "row number %d"`, i)
	}
	value.WriteString("]}")
	calls := make(chan struct{}, items)
	var called atomic.Int64
	fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-calls:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/json")
		if called.Add(1) > first {
			_, _ = w.Write([]byte("{}")) // nobody reads these
			return
		}
		_, _ = w.Write([]byte(value.String()))
	}))
	t.Cleanup(fn.Close)
	t.Cleanup(func() { close(calls) }) // whatever happened, nobody waits any longer
	s.api(t, "PUT", "/functions/read.work", `{"http": {"url": "`+fn.URL+`"}, "idempotent": true}`, nil)
	s.publish(t, "reading", "input: {type: array}\nsteps:\n  work: {for_each: \"${{ input }}\", max_parallel: 16, call: read.work, with: {}}\n"+
		"  one: {needs: [work], signal: {name: one}}\n  two: {needs: [one], signal: {name: two}}\n  three: {needs: [two], signal: {name: three}}\n")
	id := s.start(t, "reading", "["+strings.Repeat("1,", items-1)+"1]")
	done := func(n int) {
		until(t, said("%d items are done", n), func() bool { return s.run(t, id).Steps[0].Items.Succeeded == n })
	}
	for range first {
		calls <- struct{}{}
	}
	done(first)
	w := newWire(t, s)
	b := open(t, 1280, 800)
	// The items run 16 at a time, and any ten of the first may be the ones that are done.
	b.goTo(w.url + "/runs/" + id + "?step=work&item=0&view=output")
	var item string
	b.await("the page is live", `window.unbroken = document.body.dataset.live === "open"`)
	until(t, said("an item is done"), func() bool {
		got, ok := ask[string](b, `document.querySelector("#items-box tr[data-status=succeeded]")?.dataset.item ?? ""`)
		item = got
		return ok && item != ""
	})
	b.goTo(w.url + "/runs/" + id + "?step=work&item=" + item + "&view=output")
	b.await("the page is live", `(window.unbroken = document.body.dataset.live === "open") && document.querySelector("#value-output .jtree-rows [role=treeitem]")`)

	b.write(".jtree-search", "row number 150")
	b.sees(".jtree-path", "rows[150]")
	b.press(kb.ArrowDown) // into the tree
	b.await("the focus in the tree", `document.activeElement.getAttribute("role") === "tree"`)
	b.press(kb.Home, kb.ArrowDown, kb.ArrowLeft)
	b.await("a part is shut", `document.querySelector(".jtree-row[aria-selected=true]").textContent.includes("shut") && document.querySelector(".jtree-row[aria-selected=true]").getAttribute("aria-expanded") === "false"`)
	const reading = `(() => {
		const tree = document.querySelector("[role=tree]"), words = getSelection();
		return JSON.stringify({
			scroll: [...document.querySelectorAll("#run-inspector, #inspector-body, [role=tree], .jtree-rows")].map((e) => e.scrollTop), page: scrollY,
			focus: document.activeElement === tree, active: document.querySelector(".jtree-path").textContent.split(".").pop(), search: document.querySelector(".jtree-search").value,
			rows: [...document.querySelectorAll(".jtree-row")].map((r) => [r.getAttribute("aria-expanded"), r.textContent]), marked: words.toString(), still: window.marked?.isConnected,
		});
	})()`
	b.await("somebody scrolls down, and marks words", `(() => {
		const tree = document.querySelector("[role=tree]");
		const box = [tree, ...document.querySelectorAll(".jtree-rows, #inspector-body")].find((e) => e.scrollHeight > e.clientHeight + 400);
		box.scrollTop = 300;
		return box.scrollTop === 300 && document.querySelector(".jtree-row").textContent.startsWith("2:");
	})()`)
	b.await("words are marked", `(() => {
		window.marked = [...document.querySelectorAll(".jtree-row")].find((r) => r.textContent.includes("row number 1"));
		if (!marked) return false;
		getSelection().selectAllChildren(marked);
		return getSelection().toString().includes("row number");
	})()`)
	before, _ := ask[string](b, reading)
	for range items - first {
		calls <- struct{}{}
	}
	done(items)
	b.await("the page has them all", `document.querySelector('#run-steps [data-step="work"][data-status=succeeded]') && document.querySelector('#run-steps [data-step="one"][data-status=waiting]')`)
	b.await("the inspector, too", `document.querySelector("#items-box tr[data-status=running]") === null`)
	if after, _ := ask[string](b, reading); after != before {
		t.Errorf("what is read was\n%s\nand after %d events is\n%s", before, items-first, after)
	}

	b.click(`#run-steps [data-step="one"] .row-link`)
	b.sees("#live-state", "Live")
	w.stop()
	b.await("a line on which nothing comes is no live one", `/^Live paused, [2-9] s behind$/.test(document.querySelector("#live-state").textContent)`)
	s.api(t, "POST", "/runs/"+id+"/signals/one", "1", nil)
	until(t, said("the run goes on"), func() bool { return s.run(t, id).Steps[1].Status == "succeeded" })
	w.flow()
	b.await("the page goes on", `document.querySelector('#run-steps [data-step="two"][data-status=waiting]')`)
	b.await("it is live again, though nothing happens", `document.querySelector("#live-state").textContent === "Live"`)
	w.cut()
	b.await("a broken line", `document.body.dataset.live === "paused" && /^Live paused, [1-9] s behind$/.test(document.querySelector("#live-state").textContent)`)
	s.api(t, "POST", "/runs/"+id+"/signals/two", "1", nil)
	w.mend()
	b.await("it is live again", `document.body.dataset.live === "open" && document.querySelector("#live-state").textContent === "Live"`)
	b.await("the page goes on", `document.querySelector('#run-steps [data-step="three"][data-status=waiting]')`)
	s.api(t, "POST", "/runs/"+id+"/signals/three", "1", nil)
	b.await("the run ends", `document.querySelector("#run-header[data-status=succeeded]")`)

	b.likeAFresh(s.url + "/runs/" + id + "?step=one")
	b.clean()
}
