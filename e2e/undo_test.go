package e2e

import "testing"

// TestUndoOfAttemptsOnTheCanvas chooses in the inspector what a compensation undoes, and finds it in the text.
func TestUndoOfAttemptsOnTheCanvas(t *testing.T) {
	s := boot(t)
	b := open(t, 1280, 800)
	b.goTo(s.url + "/flows/order/edit?step=reserve_funds")
	b.await("the canvas", `document.body.dataset.canvas === "ready"`)
	const after = `[data-testid="field-compensate.after"]`
	b.await("what it undoes", `document.querySelector('`+after+`')?.value === "attempt"`)
	b.choose(after, "success")
	b.await("the draft is saved", `document.querySelector('[data-testid="save-state"]').dataset.state === "saved"`)
	b.click(`[data-testid="yaml-toggle"]`)
	b.sees(`[data-testid="yaml-panel"]`, "after: success")
	b.choose(after, "attempt")
	b.sees(`[data-testid="yaml-panel"]`, "after: attempt")
	b.clean()
}
