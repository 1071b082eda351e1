package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestValuesOfARun writes an expression with a recorded run beside it: its value shows below the field, a value's path comes by a click and by the
// keyboard, another run and another item are chosen, and the address keeps the run.
func TestValuesOfARun(t *testing.T) {
	s := boot(t)
	input := func(order, fail string) string {
		return `{"order_id": "` + order + `", "account": "acc", "amount": 70, "lines": [{"sku": "cup", "n": 1}, {"sku": "pot", "n": 2}]` + fail + `}`
	}
	good := s.start(t, "order", input("A-1", ""))
	bad := s.start(t, "order", input("B-2", `, "fail": "reserve_funds"`))
	until(t, func() string { return "the runs have not ended" }, func() bool { return s.run(t, good).Status == "succeeded" && s.run(t, bad).Status == "failed" })

	b := open(t, 1440, 900)
	b.goTo(s.url + "/flows/order/edit?step=ship")
	const order, worth = `[data-testid="field-with.order"]`, `[data-testid="worth-with.order"]`
	b.sees(worth, `"A-1"`)
	b.await("the latest that succeeded is chosen", `document.querySelector('[data-testid="recorded-run"]').value === "`+good+`"`)
	b.sees(`[data-testid="recorded-values"]`, "was skipped")

	// By a click: the cursor stays in the field.
	b.click(`[role="treeitem"][data-path="steps.reserve_funds.output"]`)
	b.write(order, "steps.res")
	b.click(`[role="treeitem"][data-path="steps.reserve_funds.output.hold"]`)
	b.await("the path is written over its beginning", `document.activeElement.dataset.testid === "field-with.order" && document.activeElement.value === "steps.reserve_funds.output.hold"`)
	b.sees(worth, `"hold_`)
	b.await("it is saved", saved)

	// By the keyboard.
	b.do("emptying the field", chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace))
	b.do("going to the values", chromedp.KeyEvent(kb.F4))
	b.await("the first row has the focus", `document.activeElement.dataset.path === "input" || document.activeElement.role === "treeitem"`)
	b.do("going down", chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.ArrowDown))
	b.await("a leaf has the focus", `document.activeElement.dataset.path === "input.order_id"`)
	b.press(kb.Enter)
	b.await("the path is written", `document.activeElement.dataset.testid === "field-with.order" && document.activeElement.value === "input.order_id"`)
	b.sees(worth, `"A-1"`)

	// Another run, in the address.
	b.await("another run is chosen", `(() => { const e = document.querySelector('[data-testid="recorded-run"]'); e.value = "`+bad+`"; e.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`)
	b.sees(worth, `"B-2"`)
	b.await("the address names it", `new URLSearchParams(location.search).get("run") === "`+bad+`"`)
	b.await("it is saved", saved)
	b.goTo(s.url + "/flows/order/edit?step=ship&run=" + bad)
	b.sees(worth, `"B-2"`)
	b.sees(`[data-testid="recorded-values"]`, "did not run in this run")

	// Another item.
	b.goTo(s.url + "/flows/order/edit?step=stock&run=" + good)
	b.sees(`[data-testid="worth-with.sku"]`, `"cup"`)
	b.write(`[data-testid="recorded-item"]`, "1")
	b.sees(`[data-testid="worth-with.sku"]`, `"pot"`)
	b.sees(`[role="treeitem"][data-path="item.sku"]`, `"pot"`)
	b.goTo(s.url + "/flows/order/edit?step=stock&run=nothing")
	b.sees(`[aria-label="Recorded values"]`, "There is no run nothing.")
	b.clean()
}
