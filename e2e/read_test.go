package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestReadAVersion looks at a version: a click, the arrows, words and Back choose a step, and the address, the list, the graph and the inspector agree.
func TestReadAVersion(t *testing.T) {
	s := boot(t)
	b := open(t, 1440, 900)
	b.goTo(s.url + "/flows/order/versions/1")
	b.await("the graph", readPage)
	agree := func(step string) {
		t.Helper()
		b.await(step+" everywhere", `new URLSearchParams(location.search).get("step") === "`+step+`" && document.querySelector('#read-list [aria-current=true]')?.dataset.step === "`+step+
			`" && document.querySelector('.sg-node[data-selected]')?.dataset.testid === "node-`+step+`" && document.querySelector("#read-inspector h2")?.textContent === "`+step+`"`)
	}
	b.click(`[data-testid="node-stock"]`)
	agree("stock")
	b.await("the focus", `(document.querySelector('.react-flow__node[data-id="stock"]').focus(), true)`)
	b.do("going on by the keyboard", chromedp.KeyEvent(kb.ArrowDown))
	agree("big")
	b.write("#read-find", "shipping")
	b.do("taking the first", chromedp.KeyEvent("\r"))
	agree("ship")
	b.await("one row", `[...document.querySelectorAll("#read-list li")].filter((li) => !li.hidden).length === 1`)
	b.click(`[data-step-link="review"]`)
	agree("review")
	b.do("going back", chromedp.NavigateBack())
	agree("ship")
	b.await("nothing that edits", `!document.querySelector(".sg-graph[data-mode=read] .sg-insert") && !document.querySelector("[data-testid=palette]")`)
	b.do("reloading", chromedp.Reload())
	agree("ship")
	b.clean()
}
