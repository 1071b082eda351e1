package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const viewed = `{"id": "A-7", "exact": 12345678901234567890.10, "content-type": {"in": [1, 2]}, "note": "first line\nsecond <b>line</b>\n` + `and a third that is long enough for no row", ` +
	`"items": [{"id": 1, "sku": "teapot"}, {"id": 2, "sku": "cup"}, {"id": 9007199254740993, "sku": "spoon"}], "rows": [0`

// readRun publishes a flow whose step answers a value of many rows, and runs it.
func readRun(t testing.TB, s site) (id string) {
	t.Helper()
	value := []byte(viewed)
	for i := range 2000 {
		value = fmt.Appendf(value, `, {"n": %d, "text": "row number %d"}`, i, i)
	}
	value = append(value, "]}"...)
	fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(value)
	}))
	t.Cleanup(fn.Close)
	s.api(t, "PUT", "/functions/view.read", `{"http": {"url": "`+fn.URL+`"}, "idempotent": true}`, nil)
	s.publish(t, "viewer", "input: {type: object, properties: {who: {type: string}}, required: [who]}\nsteps:\n  read: {call: view.read, with: {who: \"${{ input.who }}\", n: 12}}\n  use: {needs: [read], set: {whole: \"${{ steps.read.output }}\"}}\n")
	id = s.start(t, "viewer", `{"who": "Åse"}`)
	until(t, said("run %s succeeds", id), func() bool { return s.run(t, id).Status == "succeeded" })
	return id
}

// TestValueAsATree reads a recorded value by search, pointer and keyboard.
func TestValueAsATree(t *testing.T) {
	s := boot(t)
	id := readRun(t, s)
	b := open(t, 1280, 800)
	b.goTo(s.url + "/runs/" + id + "?step=read") // nobody chose the tab, so a large value comes when it is asked for
	b.await("the page", runPage)
	b.await("it was not fetched", `!performance.getEntriesByType("resource").some(e => e.name.includes("/steps/read/output")) && !document.querySelector("#value-output[data-tree]")`)
	b.sees(`[data-testid="flow-read.done>use"]`, "KiB") // so much flows along the edge that it says so
	b.click(`#value-output [data-value-open]`)
	b.await("the tree", `document.querySelector("#value-output[data-tree] [role=tree] [role=treeitem]")`)
	b.await("few of its rows are in the page", `document.querySelectorAll("[role=treeitem]").length < 80`)
	b.sees(".jtree-rows", "exact: 12345678901234567890.10")

	b.write(".jtree-search", "SPOON")
	b.sees(".jtree-found", "1 of 1")
	b.sees(".jtree-row[aria-selected=true]", "sku: \"spoon\"")
	b.sees(".jtree-row mark", "spoon")
	b.sees(".jtree-path", "steps.read.output.items[2].sku")
	b.write(".jtree-search", "row number 1999")
	b.sees(".jtree-path", "steps.read.output.rows[2000].text")
	b.find(".jtree-row[aria-selected=true]") // what was found is in sight
	b.write(".jtree-search", "number 19")
	b.sees(".jtree-found", "of 111")
	before := b.text(".jtree-path")
	b.do("the next one", chromedp.KeyEvent(kb.Enter))
	b.await("another", fmt.Sprintf(`document.querySelector(".jtree-path").textContent !== %s`, quote(before)))
	b.do("the one before", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierShift)))
	b.sees(".jtree-path", before)
	b.write(".jtree-search", "9007199254740993")
	b.sees(".jtree-path", "steps.read.output.items[2].id")

	// The keyboard: down from the search, to the beginning, into and out of a value.
	b.do("into the tree", chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Home))
	b.await("the root is the active one", `document.activeElement.getAttribute("aria-activedescendant") === document.querySelector("[role=treeitem][aria-level='1']").id`)
	b.do("down to what is no name in CEL", chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	b.sees(".jtree-path", `steps.read.output["content-type"]`)
	b.await("it is open", `document.querySelector(".jtree-row[aria-selected=true]").getAttribute("aria-expanded") === "true"`)
	b.do("shutting it", chromedp.KeyEvent(kb.ArrowLeft))
	b.await("it is shut", `document.querySelector(".jtree-row[aria-selected=true]").getAttribute("aria-expanded") === "false"`)
	b.do("opening it, and on to the last below", chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowDown))
	b.sees(".jtree-path", `steps.read.output["content-type"]["in"][1]`)
	b.do("up to what it is in", chromedp.KeyEvent(kb.ArrowLeft))
	b.sees(".jtree-path", `steps.read.output["content-type"]["in"]`)
	b.do("a text of several lines", chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowDown))
	b.sees(".jtree-text", "second <b>line</b> and a third")

	// What is copied. The clipboard is not the test's to ask for, so it is replaced by a list.
	b.await("a clipboard", `(window.copied = [], navigator.clipboard.writeText = t => (copied.push(t), Promise.resolve()), true)`)
	for i, want := range []string{"first line\nsecond <b>line</b>\nand a third that is long enough for no row", "$.note", "steps.read.output.note"} {
		b.click(fmt.Sprintf(".jtree-does .button:nth-child(%d)", i+1))
		b.await("it is copied", fmt.Sprintf(`copied[%d] === %s`, i, quote(want)))
	}

	// Tabs are addresses: Back goes back, a reload stays.
	b.click(`#run-inspector a[data-tab="resolved"]`)
	b.sees("#value-input .jtree-rows", `who: "Åse"`)
	b.click(`#run-inspector a[data-tab="input"]`)
	b.sees("#run-inspector", "${{ input.who }}")
	b.do("back", chromedp.NavigateBack())
	b.sees("#value-input .jtree-rows", `who: "Åse"`)
	b.do("reloading", chromedp.Reload())
	b.sees("#value-input .jtree-path", "$")
	b.clean()

	// Without scripts: the beginning, as text, and the way to all of it.
	plain := scriptless(t)
	plain.goTo(s.url + "/runs/" + id + "?step=read&view=output")
	plain.sees("#value-output pre", "12345678901234567890.10")
	plain.find("#value-output a[download]")
	plain.goTo(s.url + "/runs/" + id + "?step=read&view=resolved")
	plain.sees("#value-input pre", `"who": "Åse"`)
}

// TestLogLines links to a line, searches, and keeps the line over a reload.
func TestLogLines(t *testing.T) {
	s := boot(t)
	id := s.start(t, "order", `{"order_id": "A-7", "account": "a", "amount": 5, "lines": [{"sku": "cup", "n": 1}], "fail": "ship"}`)
	until(t, said("run %s fails", id), func() bool { return s.run(t, id).Status == "failed" })
	s.api(t, "POST", "/runs/"+id+"/retry", "", nil)
	until(t, said("run %s succeeds", id), func() bool { return s.run(t, id).Status == "succeeded" })
	b := open(t, 1280, 800)
	b.goTo(s.url + "/runs/" + id + "?step=ship&view=logs")
	b.click(`#run-inspector a[data-attempt="all"]`)
	b.sees("#log-lines", "Attempt 1")
	b.sees("#log-lines", "Attempt 2")
	b.click("#l1-1 .line-at")
	b.await("the line is marked, and in the address", `location.hash === "#l1-1" && document.querySelector("#l1-1.line-target") && location.search.includes("attempt=all")`)
	b.do("reloading", chromedp.Reload())
	b.await("it still is", `document.body.dataset.live && document.querySelector("#l1-1.line-target")`)
	b.write("#log-search", "no such words")
	b.sees("#log-found", "Nothing found")
	words := b.text("#l2-1 code")
	b.write("#log-search", words)
	b.sees("#log-found", " of ")
	b.await("what was found is marked", `CSS.highlights.get("log-at").size + CSS.highlights.get("log-hit").size > 0`)
	b.clean()
}

// TestOneSelection selects an attempt on the waterfall, by pointer and by keys: graph, rows, log and inspector follow, and Back takes it back.
func TestOneSelection(t *testing.T) {
	s := boot(t)
	id := s.start(t, "order", `{"order_id": "A-7", "account": "a", "amount": 5, "lines": [{"sku": "cup", "n": 1}], "fail": "ship"}`)
	until(t, said("run %s fails", id), func() bool { return s.run(t, id).Status == "failed" })
	s.api(t, "POST", "/runs/"+id+"/retry", "", nil)
	until(t, said("run %s succeeds", id), func() bool { return s.run(t, id).Status == "succeeded" })
	b := open(t, 1280, 800)
	b.goTo(s.url + "/runs/" + id)
	b.await("the page", runPage)
	selected := func(step, attempt string) string {
		return fmt.Sprintf(`(() => {
			const [step, attempt] = [%s, %s], query = new URLSearchParams(location.search);
			return query.get("step") === step && (query.get("attempt") ?? "") === attempt
				&& document.querySelector('#run-steps tr[aria-selected=true]')?.dataset.step === step
				&& document.querySelector('[data-testid="node-' + step + '"][data-selected]')
				&& document.querySelector('#run-inspector[data-step="' + step + '"]')
				&& [...document.querySelectorAll(".bar-selected")].every(e => e.dataset.attempt === attempt) && !!document.querySelector(".bar-selected") === !!attempt
				&& (document.querySelector(".attempt-selected .attempt-head b")?.textContent ?? "") === attempt
				&& getComputedStyle([...document.querySelectorAll("#run-log li")].find(e => e.querySelector('a[data-select="' + step + '"]'))).boxShadow !== "none";
		})()`, quote(step), quote(attempt))
	}
	b.click(`#run-steps [data-step="ship"] .bar-link[data-attempt="2"]`)
	b.await("attempt 2 is selected everywhere", selected("ship", "2"))
	b.click(`#run-steps [data-step="reserve_funds"] .row-link`)
	b.await("another step", selected("reserve_funds", ""))
	b.do("back", chromedp.NavigateBack())
	b.await("attempt 2 again", selected("ship", "2"))
	b.await("the focus on the row", `(document.querySelector('#run-steps [data-step="ship"] .row-link').focus(), true)`)
	b.do("the attempt before", chromedp.KeyEvent(kb.ArrowLeft))
	b.await("attempt 1 is selected everywhere", selected("ship", "1"))
	b.do("reloading", chromedp.Reload())
	b.await("it still is", `document.body.dataset.live && `+selected("ship", "1"))
	b.click(`#run-inspector a[data-tab="logs"]`)
	b.await("its lines", `document.querySelector('#run-inspector[data-tab="logs"] .pick a[aria-current]').dataset.attempt === "1"`)
	b.click(`#run-steps [data-step="ship"] .bar-link[data-attempt="2"]`)
	b.await("a clipboard", `(navigator.clipboard.writeText = t => (window.copied = t, Promise.resolve()), true)`)
	b.click("[data-copy-address]")
	b.await("the address has it all", `window.copied === location.href && copied.includes("attempt=2") && copied.includes("view=logs")`)
	b.await("the lines of the other, not its times", `document.querySelector('#run-inspector[data-tab="logs"] .pick a[aria-current]').dataset.attempt === "2"`)
	b.clean()
}
