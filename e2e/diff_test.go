package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// tighter is Order whose second look is gone: ship follows a pause, and the first call has more time.
func tighter(t testing.TB, order string) string {
	t.Helper()
	a, b := strings.Index(order, "  big:\n"), strings.Index(order, "  ship:\n")
	if a < 0 || b < a {
		t.Fatalf("Order is not what it was:\n%s", order)
	}
	text := order[:a] + "  pack:\n    needs: [stock]\n    wait: 10s\n" + order[b:]
	for old, new := range map[string]string{"needs: {any: [big.otherwise, review.approved]}": "needs: [pack]", "timeout: 10s": "timeout: 30s"} {
		if !strings.Contains(text, old) {
			t.Fatalf("Order has no %s", old)
		}
		text = strings.Replace(text, old, new, 1)
	}
	return text
}

// TestDiffInTheBrowser steps through what a draft changes by the keyboard, on the graph and in the lines, and every place is an address.
func TestDiffInTheBrowser(t *testing.T) {
	s := boot(t)
	s.draft(t, tighter(t, s.draft(t, "")))
	b := open(t, 1440, 900)
	press := func(key string) { b.do("pressing "+key, chromedp.KeyEvent(key)) }
	b.goTo(s.url + "/flows/order/diff?from=1&to=draft")
	b.sees("#diff-list", "step pack (wait)")
	b.await("the graph", `document.body.dataset.diff === "ready" && document.querySelector('[data-testid="node-pack"][data-mark="+"]') !== null`)
	b.await("the ghost", `document.querySelector('[data-testid="node-review"][data-mark="-"]') !== null`)
	b.await("the edges", `document.querySelector('[data-testid="edge-stock.done>pack"]')?.dataset.mark === "+" && document.querySelector('[data-testid="edge-stock.done>big"]')?.dataset.mark === "-"`)
	b.await("an edge that both have", `document.querySelector('[data-testid="edge-reserve_funds.done>stock"]')?.dataset.mark === undefined`)

	press("n")
	b.await("the first change, in the address and on the graph",
		`new URL(location.href).searchParams.get("change") === "step-pack" && document.querySelector('[data-testid="node-pack"]').hasAttribute("data-selected")`)
	b.sees("#diff-place", "1 of ")
	b.sees("#diff-said", "Added: step pack")
	press("n")
	b.await("the second", `document.querySelector('#diff-list a[aria-current="true"]').dataset.change === "step-big"`)
	press("p")
	press("p")
	b.await("the last, for P goes round", `document.querySelector("#diff-list li:last-child a").getAttribute("aria-current") === "true"`)
	b.await("an edge is selected", `document.querySelector(".sg-edge[data-selected]") !== null`)
	b.click(`[data-testid="node-reserve_funds"]`)
	b.await("a click on a step chooses its change", `new URL(location.href).searchParams.get("change") === "step-reserve_funds"`)

	// The other views keep the change, and Back brings the one before.
	b.click(`.diff-view .tabs a[href*="view=text"]`)
	b.await("its line", `document.body.dataset.diff === "ready" && document.querySelector(".diff tr.focus")?.textContent.includes("timeout: 30s")`)
	press("n")
	b.await("the next line", `new URL(location.href).hash.startsWith("#new-") && !document.querySelector(".diff tr.focus").textContent.includes("timeout: 30s")`)
	b.await("going back", `(history.back(), true)`)
	b.await("the line before", `document.querySelector(".diff tr.focus")?.textContent.includes("timeout: 30s")`)
	b.click(`.diff-modes a[href*="lines=split"]`)
	b.await("both sides", `document.querySelector(".diff table.split td.focus") !== null`)
	b.click(`.diff-view .tabs a[href*="view=markdown"]`)
	b.sees("#diff-markdown", "**Steps**")
	b.await("the focus on the version", `(document.querySelector('#diff-bar select[name="to"]').focus(), document.activeElement.name === "to")`)
	press("v")
	b.await("another pair", `new URL(location.href).searchParams.get("to") === "1"`)
	b.sees(".diff-summary", "The two texts are the same")
	b.clean()
}

// TestDiffWithoutScripts: the drawing, the words and the lines are the server's.
func TestDiffWithoutScripts(t *testing.T) {
	s := boot(t)
	s.draft(t, tighter(t, s.draft(t, "")))
	b := scriptless(t)
	b.goTo(s.url + "/flows/order/diff")
	b.sees("#diff-list", "step review (approval)")
	b.submit("#diff-next")
	b.await("the change in the drawing", `document.querySelector(".flow-overlay rect.mark-added.focus title").textContent === "pack"`)
	b.submit(`.diff-view .tabs a[href*="view=text"]`)
	b.await("its line", `document.querySelector(".diff tr.focus").textContent.includes("pack:") && location.hash === "#" + document.querySelector(".diff tr.focus").id`)
	b.clean()
}

// TestDiffOnAPhone: nothing is wider than the screen, and fingers step through.
func TestDiffOnAPhone(t *testing.T) {
	s := boot(t)
	s.draft(t, tighter(t, s.draft(t, "")))
	b := phone(t)
	for _, query := range []string{"view=markdown", "view=text", "view=text&lines=split", "change=step-big"} {
		b.goTo(s.url + "/flows/order/diff?from=1&to=draft&" + query)
		b.await("the script", `document.body.dataset.diff === "ready"`)
		b.fits()
	}
	b.tap("#diff-next")
	b.await("the next change", `new URL(location.href).searchParams.get("change") === "step-review"`)
	b.clean()
}

// TestRestoreInTheBrowser follows a version to what it changed, restores the one before over a draft with changes of its own, and takes that back.
func TestRestoreInTheBrowser(t *testing.T) {
	s := boot(t)
	first := s.draft(t, "")
	second := tighter(t, first)
	s.send(t, "POST", "/flows/order/versions?message=Without+a+second+look", second, nil)
	mine := strings.Replace(second, "wait: 10s", "wait: 20s", 1)
	s.draft(t, mine)
	b := open(t, 1280, 800)
	b.goTo(s.url + "/flows/order/versions")
	b.sees(".version-list", "Without a second look")
	b.click(".version-draft .version-meta a")
	b.sees("#diff-list", "wait: 10s → 20s")
	b.goTo(s.url + "/flows/order/versions?v=1")
	b.click("#confirm-restore summary")
	b.sees("#confirm-restore", "they are replaced")
	b.click("#confirm-restore button.primary")
	b.sees("#restored", "The draft has the text of v1 now")
	if s.draft(t, "") != first {
		t.Error("the draft has not the text of version 1")
	}
	b.click("#restored button")
	b.sees(".flash", "again what it was")
	if s.draft(t, "") != mine {
		t.Error("Undo did not bring the draft back")
	}
	b.clean()
}
