package e2e

import (
	"fmt"
	"math"
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
