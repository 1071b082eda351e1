package e2e

import "testing"

// TestAFlowInAFlow puts a flow into another one on the canvas, in a version of its own.
func TestAFlowInAFlow(t *testing.T) {
	s := boot(t)
	b := open(t, 1280, 800)
	b.goTo(s.url + "/flows/order/edit")
	b.await("the canvas", `document.body.dataset.canvas === "ready"`)
	b.click(`[data-testid="palette-flow-snapvault"]`)
	b.await("the new step", `document.querySelector('[data-testid="node-snapvault"][data-kind="flow"]')`)
	b.sees(`[data-testid="node-snapvault"]`, "snapvault")
	b.await("its flow", `document.querySelector('[data-testid="field-flow"]')?.value === "snapvault"`)
	b.await("the latest version is meant", `document.querySelector('[data-testid="field-version"]')?.value === ""`)
	b.sees(`[data-testid="inspector"]`, "snapvault requires photo_id")
	b.write(`[data-testid="field-with.photo_id"]`, "p-1")
	b.write(`[data-testid="field-with.user"]`, "ada@example.org")
	b.choose(`[data-testid="field-version"]`, "1")
	b.sees(`[data-testid="node-snapvault"]`, "snapvault v1")
	b.await("no problem is left", `!document.querySelector('[data-testid="inspector"] .sg-issue')`)
	b.await("the draft is saved", `document.querySelector('[data-testid="save-state"]').dataset.state === "saved"`)
	b.click(`[data-testid="yaml-toggle"]`)
	for _, line := range []string{"flow: snapvault", "version: 1", "photo_id: p-1"} {
		b.sees(`[data-testid="yaml-panel"]`, line)
	}
	b.click(`[data-testid="child-flow"]`)
	b.sees("h1", "Caption a photo")
	b.clean()
}
