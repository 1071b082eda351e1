package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const saved = `document.querySelector('[data-testid="save-state"]').dataset.state === "saved"`

// TestHelpWhileWriting completes an expression by the keyboard alone, mends a wrong one by one click, adds a signal, and gets the same help in the YAML.
func TestHelpWhileWriting(t *testing.T) {
	s := boot(t)
	b := open(t, 1440, 900)
	b.goTo(s.url + "/flows/order/edit?step=ship")
	b.await("the canvas", `document.body.dataset.canvas === "ready"`)

	completeByKeyboard(b)
	mendByClick(b)
	addSignal(b)
	helpInYAML(b)
	b.clean()
}

// option is the suggestion that Enter would take.
const option = `[data-testid="assist"] [aria-selected="true"]`

func completeByKeyboard(b *tab) {
	b.Helper()
	const field = `[data-testid="field-with.order"]`
	b.write(field, "steps.")
	b.sees(`[data-testid="assist"]`, "reserve_funds")
	if strings.Contains(b.text(`[data-testid="assist"]`), "ship") {
		b.Errorf("a step may read itself: %s", b.text(`[data-testid="assist"]`))
	}
	b.await("the field names what is selected", `document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.getAttribute("aria-selected") === "true"`)
	b.do("moving down", chromedp.KeyEvent(kb.ArrowDown))
	b.sees(option, "reserve_funds")
	b.do("taking it", chromedp.KeyEvent(kb.Tab))
	b.do("going on", chromedp.KeyEvent(".output."))
	b.sees(`[data-testid="assist"]`, "hold")
	b.do("writing", chromedp.KeyEvent("ho"))
	b.sees(option, "hold")
	b.do("taking it", chromedp.KeyEvent(kb.Tab))
	b.await("the path is written", `document.activeElement.value === "steps.reserve_funds.output.hold"`)
	b.sees(`[data-testid="types-with.order"]`, "wanted string · this is string")
	b.do("asking", chromedp.KeyEvent(" ", chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.sees(option, "hold")
	b.do("shutting the list", chromedp.KeyEvent(kb.Escape))
	b.await("the list is shut and the text stays", `!document.querySelector('[data-testid="assist"]') && document.activeElement.value.endsWith("hold")`)
	b.await("it is saved", saved)
}

func mendByClick(b *tab) {
	b.Helper()
	b.write(`[data-testid="field-with.order"]`, "input.ordr_id")
	b.sees(`[data-testid="inspector"] .sg-issue`, "ordr_id")
	b.do("shutting the list", chromedp.KeyEvent(kb.Escape))
	b.await("it is saved", saved)
	b.click(`[data-testid="inspector"] [data-testid="mend"]`)
	b.await("it is mended", `document.querySelector('[data-testid="field-with.order"]').value === "input.order_id" && !document.querySelector('[data-testid="inspector"] .sg-issue')`)
}

func addSignal(b *tab) {
	b.Helper()
	b.click(`[data-testid="palette-signal"]`)
	b.await("the signal", `document.querySelector('[data-testid="field-signal.name"]')?.value === "signal"`)
	b.write(`[data-testid="field-signal.name"]`, "paid")
	b.write(`[data-testid="field-signal.timeout"]`, "48h")
	b.write(`[data-testid="field-signal.schema"]`, "type: object\nproperties: {amount: {type: number}}")
	b.click(`[data-testid="yaml-toggle"]`) // which leaves the field, and so saves it
	b.await("no problems", saved+` && document.querySelector('[data-testid="problems-count"]').dataset.tone !== "fail"`)
	for _, line := range []string{"name: paid", "timeout: 48h", "amount: {type: number}"} {
		b.sees(`[data-testid="yaml-panel"]`, line)
	}
}

func helpInYAML(b *tab) {
	b.Helper()
	b.await("the editor has the focus", `(document.querySelector(".cm-content").focus(), document.activeElement.className.includes("cm-content"))`)
	b.do("going to the end", chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.do("writing", chromedp.KeyEvent("no"))
	b.sees(`.cm-tooltip-autocomplete [aria-selected="true"]`, "notes")
	// The editor takes no key for 75 ms after the list has come, so that nothing is taken by mistake.
	b.await("the list takes keys", `performance.now() - (window.since ??= performance.now()) > 150`)
	b.do("taking it", chromedp.KeyEvent(kb.Tab))
	b.sees(".cm-activeLine", "notes:")
	b.do("writing", chromedp.KeyEvent("Ask first"))
	b.await("it is saved", saved)
	b.await("a key is named", `[...document.querySelectorAll(".sg-y-key")].find(e => e.textContent === "on_failure")?.setAttribute("id", "hovered") === undefined && document.getElementById("hovered")`)
	x, y := b.find("#hovered").middle()
	b.do("pointing at it", chromedp.MouseEvent(chromedp.MouseMoved, x-3, y), chromedp.MouseEvent(chromedp.MouseMoved, x, y))
	b.sees(`[data-testid="yaml-hover"]`, "What follows a failure that nothing handles.")

	b.await("the editor has the focus", `(document.querySelector(".cm-content").focus(), document.activeElement.className.includes("cm-content"))`)
	b.do("going to the end", chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent("timout: 3h"), chromedp.KeyEvent(kb.Escape))
	b.await("the problem is marked", `document.querySelector(".cm-lint-marker-error")`)
	x, y = b.find(".cm-lint-marker-error").middle()
	b.do("pointing at it", chromedp.MouseEvent(chromedp.MouseMoved, x-3, y), chromedp.MouseEvent(chromedp.MouseMoved, x, y))
	b.click(".cm-diagnosticAction")
	b.await("it is mended", `[...document.querySelectorAll(".cm-line")].some(l => l.textContent === "timeout: 3h")`)
	b.await("no problems", saved+` && document.querySelector('[data-testid="problems-count"]').dataset.tone !== "fail"`)
}
