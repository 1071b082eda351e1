package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
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
	b.do("writing the message and Enter", chromedp.KeyEvent("Without a second look\r"))
	b.sees(`[data-testid="published"]`, "Version 2 published")
	b.goTo(s.url + "/runs/" + id)
	b.click("#run-latest")
	b.sees("#diff-list", "step pack (wait)")
	b.clean()
}
