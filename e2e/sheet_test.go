package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// TestCanvasOnAPhone edits Order with a finger: a step is tapped, its sheet pulled and pushed, a step put in by taps, the graph moved and pinched.
func TestCanvasOnAPhone(t *testing.T) {
	s := boot(t)
	b := phone(t)
	b.goTo(s.url + "/flows/order/edit")
	b.await("the canvas", canvasPage)
	b.fits()
	b.tap(`[data-testid="node-stock"]`)
	b.await("its sheet", `document.querySelector('.sg-inspector[data-height="half"] [data-testid="inspector"][aria-label="Step stock"]')`)
	seen := func(step string) {
		b.Helper()
		b.await(step+" is seen above the sheet", fmt.Sprintf(`document.querySelector('[data-testid="node-%s"]').getBoundingClientRect().bottom <= document.querySelector(".sg-inspector").getBoundingClientRect().top`, step))
	}
	seen("stock")
	// The sheet is let come to rest: what moves can't be hit by anybody.
	rests := func(height string, share float64) {
		b.Helper()
		b.await("the sheet is "+height, fmt.Sprintf(`(() => { const e = document.querySelector('.sg-inspector[data-height="%s"]'); return e && Math.abs(e.offsetHeight / e.offsetParent.clientHeight - %v) < 0.01 })()`, height, share))
	}
	b.tap(`[data-testid="sheet-larger"]`)
	rests("full", 0.92)
	b.tap(`[data-testid="sheet-smaller"]`)
	rests("half", 0.55)
	b.tap(`[data-testid="sheet-smaller"]`)
	rests("low", 0.24)
	bar := b.find(".sg-grip")
	x, y := bar.middle()
	b.swipe(point{x, y}, point{x, y - 200})
	b.await("it is pulled up", `(() => {
		const e = document.querySelector('.sg-inspector:not([data-height="low"], [data-dragged])'), share = e?.offsetHeight / e?.offsetParent.clientHeight;
		return Math.abs(share - 0.55) < 0.01 || Math.abs(share - 0.92) < 0.01;
	})()`)
	// On a machine that is busy with the sheet a tap may be taken for a long press: whoever sees nothing happen taps again.
	shut := func() {
		b.Helper()
		until(b, said("the sheet is shut"), func() bool {
			shut, _ := ask[bool](b, `getComputedStyle(document.querySelector(".sg-inspector")).display === "none"`)
			if !shut {
				b.tap(`[data-testid="sheet-close"]`)
			}
			return shut
		})
	}
	shut()

	b.tap(`[data-testid="insert-stock.done>big"]`)
	b.await("the picker", `document.querySelector('[data-testid="picker"]')`)
	b.tap(`[data-testid="pick-wait"]`)
	b.await("the new step and its sheet", `document.querySelector('[data-testid="node-wait"][data-selected]') && document.querySelector('[data-testid="inspector"][aria-label="Step wait"]')`)
	seen("wait")
	shut()

	const view = `document.querySelector(".react-flow__viewport").style.transform`
	before, _ := ask[string](b, view)
	b.swipe(point{40, 600}, point{40, 480})
	b.await("the graph has moved", view+" !== "+quote(before))
	const zoom = `Number(document.querySelector(".sg-zoom-percent").textContent.replace("%", ""))`
	was := number(b, zoom)
	b.swipe(point{60, 640}, point{60, 560}, point{60, 700}, point{60, 780})
	b.await("it is larger", fmt.Sprintf("%s > %v", zoom, was))
	b.fits()
	b.clean()
}

type point struct{ x, y float64 }

// swipe moves fingers over the page, each from a point to the next one given.
func (b *tab) swipe(ways ...point) {
	b.Helper()
	send := func(kind input.DispatchTouchEventType, part float64) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			points := []*input.TouchPoint{}
			for i := 0; i+1 < len(ways) && kind != input.DispatchTouchEventTypeTouchEnd; i += 2 {
				from, to := ways[i], ways[i+1]
				finger := float64(i)
				points = append(points, &input.TouchPoint{X: from.x + (to.x-from.x)*part, Y: from.y + (to.y-from.y)*part, ID: &finger})
			}
			_, err := cdp.Call(ctx, t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
			return err
		})
	}
	steps := []chromedp.Action[chromedp.Void]{send(input.DispatchTouchEventTypeTouchStart, 0)}
	for i := 1; i <= 8; i++ {
		steps = append(steps, send(input.DispatchTouchEventTypeTouchMove, float64(i)/8))
	}
	b.do("swiping", append(steps, send(input.DispatchTouchEventTypeTouchEnd, 1))...)
}
