package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// phone is a page of 390 pixels, worked with a finger.
func phone(t testing.TB) *tab {
	return open(t, 390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch)
}

// fits fails if the page is wider than the phone.
func (b *tab) fits() {
	b.Helper()
	type width struct {
		Page, Window float64
		Path, Widest string
	}
	w, _ := ask[width](b, `(() => {
	  const root = document.documentElement;
	  const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1);
	  return {Page: root.scrollWidth, Window: root.clientWidth, Path: location.pathname + location.search, Widest: out.slice(0, 6).map((e) => e.tagName + "." + e.getAttribute("class")).join(" ")};
	})()`)
	if w.Page > w.Window || w.Window != 390 {
		b.Errorf("%s is %.0f pixels wide in a window of %.0f, want 390 at most; %s sticks out", w.Path, w.Page, w.Window, w.Widest)
	}
}

const order = `{"order_id": "A-1", "account": "acc-7", "amount": %d, "lines": [{"sku": "cup", "n": 1}, {"sku": "tray", "n": 2}]%s}`

func TestApproveOnAPhone(t *testing.T) {
	s := boot(t)
	b := phone(t)
	id := s.start(t, "order", fmt.Sprintf(order, 20000, ""))
	b.goTo(s.url + "/runs/" + id)
	b.await("the question", `document.querySelector("#run-header[data-status=waiting]")`)
	b.sees("#run-header", "Release order A-1?")
	b.fits()
	b.tap(`form[action="/runs/` + id + `/approvals/review"] [name="approved"][value="true"]`)
	b.await("the order is shipped", `document.querySelector("#run-header[data-status=succeeded]")`)
	b.sees(`#run-steps [data-step="review"]`, "approved")
	b.clean()
}

func TestRetryOnAPhone(t *testing.T) {
	s := boot(t)
	b := phone(t)
	id := s.start(t, "order", fmt.Sprintf(order, 20, `, "fail": "ship"`))
	b.goTo(s.url + "/runs/" + id)
	b.await("the failure", `document.querySelector("#run-header[data-status=failed]")`)
	b.fits()
	b.tap("#action-retry")
	b.await("the order is shipped", `document.querySelector("#run-header[data-status=succeeded]")`)
	for _, st := range s.run(t, id).Steps {
		if st.ID == "reserve_funds" && len(st.Attempts) != 1 {
			t.Errorf("reserve_funds has %d attempts, want 1", len(st.Attempts))
		}
	}
	for _, path := range []string{"/flows", "/flows/order", "/flows/order/start", "/flows/order/versions", "/runs", "/functions", "/replicas", "/runs/" + id + "?step=stock"} {
		b.goTo(s.url + path)
		b.fits()
	}
	b.runSheet(s, id)
	b.clean()
}

// runSheet pulls and pushes the sheet that the inspector of a run is on a phone, as it is on the canvas. The page is at the link of the step stock.
func (b *tab) runSheet(s site, id string) {
	b.Helper()
	high := func(what string, share float64) {
		b.Helper()
		b.await("the sheet is "+what, fmt.Sprintf(`(() => { const e = document.querySelector("#run-inspector:has(.sg-sheet-bar)"); return e && Math.abs(e.offsetHeight / innerHeight - %v) < 0.01 && Math.abs(e.getBoundingClientRect().bottom - innerHeight) < 1 })()`, share))
	}
	high("low for who follows a link, under the verdict", 0.24)
	b.tap(`#run-inspector a[data-tab="output"]`)
	high("half for who chooses", 0.55)
	b.tap(`[data-testid="sheet-larger"]`)
	high("full", 0.92)
	b.tap(`[data-testid="sheet-smaller"]`)
	high("half again", 0.55)
	b.tap(`[data-testid="sheet-close"]`)
	b.await("the run is inspected again", `location.search === "" && document.querySelector('#run-inspector[data-step=""]') && !document.querySelector('.sg-sheet-bar').offsetHeight`)
	b.await("the graph in the middle", `(document.querySelector("#run-graph").scrollIntoView({block: "center"}), true)`)
	b.click(`[data-testid="node-ship"]`)
	high("half for another step", 0.55)
	b.await("the step is seen above it", `document.querySelector('[data-testid="node-ship"]').getBoundingClientRect().bottom <= document.querySelector("#run-inspector").getBoundingClientRect().top`)
	b.fits()
}
