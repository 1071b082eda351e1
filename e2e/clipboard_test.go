package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestCopyAndPaste selects all steps, adds what is behind one, copies them as YAML and pastes them beside themselves.
func TestCopyAndPaste(t *testing.T) {
	s := boot(t)
	s.putDraft(t, "clip", "name: clip\nsteps:\n  a: # first\n    wait: 1s\n  b:\n    needs: [a]\n    wait: 1s\n  c:\n    needs: [b]\n    wait: 1s\n")
	b := open(t, 1280, 800)
	b.goTo(s.url + "/flows/clip/edit?step=b")
	b.await("the canvas", `document.body.dataset.canvas === "ready"`)
	b.await("b is selected", `document.querySelector('[data-testid="node-b"][data-selected]')`)
	b.press("e")
	b.await("b and what is behind it", `document.querySelectorAll(".sg-node[data-selected]").length === 2`)
	// The browser's clipboard is not this page's to ask for: the events are what a Ctrl+C and a Ctrl+V raise.
	b.await("it is copied", `(() => {
		const e = new ClipboardEvent("copy", {clipboardData: new DataTransfer(), bubbles: true, cancelable: true});
		document.activeElement.dispatchEvent(e);
		window.copied = e.clipboardData.getData("text/plain");
		return copied === "steps:\n  b:\n    needs: [a]\n    wait: 1s\n  c:\n    needs: [b]\n    wait: 1s\n";
	})()`)
	b.await("it is pasted", `(() => {
		const data = new DataTransfer();
		data.setData("text/plain", copied + "  d: {needs: [gone], wait: 1s}\n");
		return !document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
	})()`)
	b.sees(`[data-testid="notice"]`, "b is now b_2, c is now c_2")
	b.sees(`[data-testid="notice"]`, "gone, which d names")
	b.await("the new ones are selected", `document.querySelectorAll(".sg-node[data-selected]").length === 3`)
	b.await("they hang on each other", `document.querySelector('[data-testid="edge-b_2.done>c_2"]') && document.querySelector('[data-testid="edge-a.done>b_2"]')`)
	b.press(kb.Delete)
	b.await("they are gone", saved+` && document.querySelectorAll(".sg-node").length === 3`)
	b.do("marking all", chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.await("all are selected", `document.querySelectorAll(".sg-node[data-selected]").length === 3`)
	b.clean()
}
