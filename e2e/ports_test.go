package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const zoomed = `new DOMMatrix(getComputedStyle(document.querySelector(".react-flow__viewport")).transform).a`

// zoomOut makes everything a step smaller and returns the zoom once it rests.
func (b *tab) zoomOut(from float64) (now float64) {
	b.Helper()
	b.click(`[aria-label="Zoom out"]`)
	until(b, said("the zoom rests"), func() bool {
		was := now
		now, _ = ask[float64](b, zoomed)
		return now == was && now < from
	})
	return now
}

// TestPortsAndZoom draws edges that may not be, measures what can be hit at which zoom, and reads how much of a step is shown.
func TestPortsAndZoom(t *testing.T) {
	s := boot(t)
	s.putDraft(t, "three", "name: three\nsteps:\n  a: {set: {x: 1}}\n  b: {needs: [a], switch: {yes: true, otherwise: true}}\n  c: {needs: [b.yes], wait: 1s}\n  child: {flow: snapvault}\n")
	b := open(t, 1280, 800)
	b.goTo(s.url + "/flows/three/edit")
	b.await("the canvas", canvasPage)

	// A target that may not be dims, says why, and takes nothing.
	x, y := b.find(`[data-testid="port-c-done"]`).middle()
	tx, ty := b.find(`[data-testid="node-a"] .sg-node-title`).middle()
	held := func(p *input.DispatchMouseEventParams) { p.Buttons = 1; p.Button = input.MouseButtonLeft }
	b.do("drawing", chromedp.MouseEvent(chromedp.MouseMoved, x, y), chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(chromedp.MouseMoved, x+20, y+20, held), chromedp.MouseEvent(chromedp.MouseMoved, tx, ty-4, held), chromedp.MouseEvent(chromedp.MouseMoved, tx, ty, held))
	b.sees(`[data-testid="refusal"]`, "would make a cycle: a → b → c → a")
	b.await("it is dimmed, and what may be is not", `Number(getComputedStyle(document.querySelector('[data-testid="node-a"]')).opacity) < 0.5 && Number(getComputedStyle(document.querySelector('[data-testid="node-child"]')).opacity) === 1`)
	b.do("letting go", chromedp.MouseEvent(chromedp.MouseReleased, tx, ty, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	b.sees(`[data-testid="notice"]`, "Not connected: would make a cycle")
	b.await("nothing is drawn", `!document.querySelector('[data-testid="edge-c.done>a"]') && !document.querySelector(".sg-graph[data-wiring]")`)
	// The same by two clicks.
	b.click(`[data-testid="port-b-otherwise"]`)
	b.await("b may take itself as little", `document.querySelector('[data-testid="node-b"]').title === "a step cannot need itself"`)
	b.click(`[data-testid="node-child"] .sg-node-title`)
	b.await("the branch is needed, as it is called", `document.querySelector('[data-testid="edge-b.otherwise>child"]')`)

	// From full size down to a tenth: a square of 24 pixels around a port and a + is theirs as long as it is half the size; a step says all, its title, or shows
	// a sign of 12 pixels or more.
	b.click(".sg-zoom-percent")
	b.await("full size", zoomed+" === 1")
	for zoom := 1.0; ; zoom = b.zoomOut(zoom) {
		if zoom >= 0.5 {
			missed, _ := ask[string](b, `(() => {
				const miss = [];
				for (const e of document.querySelectorAll(".sg-port, .sg-insert")) {
					const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
					for (const [dx, dy] of [[-11, 0], [11, 0], [0, -11], [0, 11]]) {
						const at = document.elementFromPoint(x + dx, y + dy);
						if (!at?.closest(".sg-port, .sg-insert")) miss.push(e.dataset.testid + " at " + dx + ", " + dy + " is " + (at?.className?.baseVal ?? at?.className));
					}
				}
				return miss.join("; ");
			})()`)
			if missed != "" {
				t.Errorf("at zoom %v: %s", zoom, missed)
			}
		}
		shown := func(what string) bool {
			yes, _ := ask[bool](b, fmt.Sprintf(`getComputedStyle(document.querySelector('[data-testid="node-a"] %s')).display !== "none"`, what))
			return yes
		}
		if title, function := shown(".sg-node-title"), shown(".sg-node-sub"); title != (zoom >= 0.35) || function != (zoom >= 0.75) {
			t.Errorf("at zoom %v the title is shown: %v, the function: %v", zoom, title, function)
		}
		if size := number(b, `Math.min(...[...document.querySelectorAll(".sg-node .sg-icon, .sg-node .sg-status")].map(e => e.getBoundingClientRect().height).filter(h => h > 0))`); zoom < 0.35 && size < 12 {
			t.Errorf("at zoom %v a sign is %.1f pixels high, want 12", zoom, size)
		}
		if zoom <= 0.1 {
			break
		}
	}

	// Into a flow by Enter, and back both ways.
	b.press("0")
	b.click(`[data-testid="node-child"] .sg-node-title`)
	b.await("it is saved", saved)
	b.press(kb.Enter)
	b.await("the flow that it runs", `location.pathname === "/flows/snapvault/edit" && `+canvasPage)
	b.sees(`[data-testid="crumbs"]`, "three")
	b.do("going back", chromedp.NavigateBack())
	b.await("the step that led there", `location.pathname === "/flows/three/edit" && `+canvasPage+` && document.querySelector('[data-testid="node-child"][data-selected]')`)
	b.press(kb.Enter)
	b.await("the flow once more", `location.pathname === "/flows/snapvault/edit" && `+canvasPage)
	b.click(`[data-testid="crumbs"] a`)
	b.await("the way back by its name", `location.pathname === "/flows/three/edit" && `+canvasPage+` && document.querySelector('[data-testid="node-child"][data-selected]')`)

	// A box over the free canvas.
	g := b.find(".sg-graph .react-flow__pane")
	shift := func(p *input.DispatchMouseEventParams) {
		p.Buttons = 1
		p.Button = input.MouseButtonLeft
		p.Modifiers = 8
	}
	b.do("a box", chromedp.MouseEvent(chromedp.MouseMoved, g.X+6, g.Y+6), chromedp.MouseEvent(chromedp.MousePressed, g.X+6, g.Y+6, chromedp.ButtonLeft, chromedp.ClickCount(1), shift),
		chromedp.MouseEvent(chromedp.MouseMoved, g.X+90, g.Y+90, shift), chromedp.MouseEvent(chromedp.MouseMoved, g.X+g.W-6, g.Y+g.H-60, shift),
		chromedp.MouseEvent(chromedp.MouseReleased, g.X+g.W-6, g.Y+g.H-60, chromedp.ButtonLeft, chromedp.ClickCount(1), shift))
	b.await("all that it touches is selected", `document.querySelectorAll(".sg-node[data-selected]").length === 4`)
	b.clean()
}
