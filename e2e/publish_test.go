package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPublishDialog says what publishing would do before it does it: both versions on one graph, the words, the runs that stay, the tests; by the keyboard.
func TestPublishDialog(t *testing.T) {
	s := boot(t)
	id := s.start(t, "order", `{"order_id": "A-1", "account": "acc", "amount": 20000, "lines": [{"sku": "cup", "n": 1}]}`)
	s.draft(t, tighter(t, s.draft(t, "")))
	b := open(t, 1280, 800)
	b.goTo(s.url + "/flows/order/edit")
	b.click(`[data-testid="publish-open"]`)
	b.sees(`[data-testid="publish-preview"]`, "step pack (wait)")
	b.await("the drawing", `document.querySelector(".sg-preview-graph .flow-overlay rect.mark-added title")?.textContent === "pack"`)
	b.sees(`[data-testid="publish-effects"]`, "1 running run stays on v1")
	b.sees(`[data-testid="publish-tests"]`, "not run against this draft yet")
	b.await("nothing is published without a message", `document.querySelector('[data-testid="publish-confirm"]').disabled && document.activeElement.dataset.testid === "publish-message"`)
	b.press(kb.Escape)
	b.await("the dialog is shut, and the focus is where it was opened", `!document.querySelector('[data-testid="publish-dialog"]') && document.activeElement.dataset.testid === "publish-open"`)
	// With an error nothing is published; a row leads to it.
	good := s.draft(t, "")
	s.draft(t, strings.Replace(good, "input.order_id", "input.ordr_id", 1))
	b.goTo(s.url + "/flows/order/edit")
	b.click(`[data-testid="publish-open"]`)
	b.sees(`[data-testid="publish-dialog"]`, "keeps this draft from being published")
	b.sees(`[data-testid="publish-dialog"] .sg-checks`, "ordr_id")
	b.write(`[data-testid="publish-message"]`, "All the same")
	b.press(kb.Enter)
	b.await("nothing is published", `document.querySelector('[data-testid="publish-confirm"]').disabled && !document.querySelector('[data-testid="published"]')`)
	b.click(`[data-testid="publish-dialog"] .sg-checks button`)
	b.await("the error's field", `!document.querySelector('[data-testid="publish-dialog"]') && document.activeElement.matches('[data-testid^="field-"]') && document.activeElement.value.includes("ordr_id")`)
	// A step that was renamed in the text: the tests that name it still are told, and follow by a click.
	s.draft(t, strings.NewReplacer("  ship:\n", "  dispatch:\n", "steps.ship.", "steps.dispatch.").Replace(good))
	b.goTo(s.url + "/flows/order/edit")
	b.click(`[data-testid="publish-open"]`)
	b.sees(`[data-testid="publish-behind-ship"]`, "ship is called dispatch now; order.yaml still names ship")
	b.click(`[data-testid="follow-ship"]`)
	b.await("the tests have followed", `document.querySelector('[data-testid="publish-preview"]') && !document.querySelector('[data-testid="publish-behind-ship"]')`)
	s.draft(t, good)
	b.goTo(s.url + "/flows/order/edit")
	b.click(`[data-testid="publish-open"]`)
	b.await("the message has the focus", `document.activeElement.dataset.testid === "publish-message"`)
	b.do("writing the message and Enter", chromedp.KeyEvent("Without a second look\r"))
	b.sees(`[data-testid="published"]`, "Version 2 published")
	b.goTo(s.url + "/runs/" + id)
	b.click("#run-latest")
	b.sees("#diff-list", "step pack (wait)")
	b.clean()
}
