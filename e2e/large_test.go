package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// largeFlow is a flow of n steps in six lanes of calls, branches, joins, approvals and handled errors.
func largeFlow(name string, n int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "name: %s\ntitle: A large flow\ninput: {type: object, required: [to, big], properties: {to: {type: string}, big: {type: boolean}}}\nsteps:\n", name)
	ends := make([]string, 6)
	for i, block := 0, 0; i < n; block++ {
		lane := block % len(ends)
		k := fmt.Sprintf("%c%d", 'a'+lane, block/len(ends))
		needs := ""
		if ends[lane] != "" {
			needs = "needs: [" + ends[lane] + "], "
		}
		for _, step := range []string{
			k + "_mail: {" + needs + "title: Tell people " + k + ", call: mail.send, with: {to: \"${{ input.to }}\", subject: Part " + k + "}, retry: {max_attempts: 3, backoff: 1s}}",
			k + "_x: {needs: [" + k + "_mail], set: {x: 1}}",
			k + "_y: {needs: [" + k + "_mail], wait: 10s}",
			k + "_z: {needs: [" + k + "_mail.error], set: {handled: true}}",
			k + "_pick: {needs: [" + k + "_x, " + k + "_y], switch: {big: \"${{ input.big }}\", otherwise: true}}",
			k + "_big: {needs: [" + k + "_pick.big], approval: {title: Go on with " + k + "?, timeout: 48h}}",
			k + "_end: {needs: {any: [" + k + "_pick.otherwise, " + k + "_big.approved]}, set: {done: true}}",
		} {
			if i < n {
				out.WriteString("  " + step + "\n")
				i++
			}
		}
		ends[lane] = k + "_end"
	}
	return out.String()
}

// mounted is how many steps are in the page.
const mounted = `document.querySelectorAll(".react-flow__node").length`

// TestAThousandSteps opens a flow of a thousand steps, finds one of them, sees all from afar, and goes about on the map, with few of them mounted all the while.
func TestAThousandSteps(t *testing.T) {
	s := boot(t)
	s.putDraft(t, "large", largeFlow("large", 1000))
	b := open(t, 1440, 900)
	b.atStart(watchStart)
	b.goTo(s.url + "/flows/large/edit")
	b.await("the canvas", `window.usable`)
	b.await("few steps are ever mounted", `window.most > 0 && window.most <= 200`)

	b.do("searching", chromedp.KeyEvent("f", chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.await("the search has the focus", `document.activeElement?.dataset.testid === "find-query"`)
	b.press("tell people d19")
	b.sees(`[data-testid="find-count"]`, "1/1")
	b.await("it is in sight", `document.querySelector('[data-testid="node-d19_mail"]') && document.querySelector('[data-testid="found"]')`)
	b.await("nothing has become smaller on the way", `document.querySelector(".sg-zoom-percent").textContent === "50%"`)
	b.await("and not chosen yet", `!document.querySelector(".sg-node[data-selected]")`)
	b.rewrite("d19_")
	b.sees(`[data-testid="find-count"]`, "1/7")
	b.press(kb.Enter)
	b.await("the first is chosen", `new URLSearchParams(location.search).get("step") === "d19_mail"`)
	b.press(kb.Enter)
	b.await("and the next", `new URLSearchParams(location.search).get("step") === "d19_x"`)
	b.rewrite("nowhere to be found")
	b.sees(`[data-testid="find"]`, "No step has")
	b.rewrite("approval d19")
	b.press(kb.Enter)
	b.await("by its kind", `new URLSearchParams(location.search).get("step") === "d19_big"`)
	b.press(kb.Escape)
	b.onStep("d19_big")
	b.await("few are mounted", mounted+` <= 200`)

	b.press("0")
	b.await("all of them from afar, as one drawing", `document.querySelectorAll("[data-testid=far] [data-id]").length === 1000 && `+mounted+` <= 1`)
	b.onStep("d19_big")
	b.press(kb.ArrowUp)
	b.onStep("d19_pick")
	b.press("1")
	b.await("full size", `document.querySelector(".sg-zoom-percent").textContent === "100%" && !document.querySelector("[data-testid=far]")`)

	const view = `document.querySelector(".react-flow__viewport").style.transform`
	before, _ := ask[string](b, view)
	b.await("the map has the focus", `(document.querySelector('[data-testid="minimap"]').focus(), document.activeElement.dataset.testid === "minimap")`)
	b.press(kb.ArrowLeft)
	b.await("the arrows move the view", view+` !== `+quote(before))
	p := b.find(`[data-testid="minimap"]`)
	b.do("clicking on the map", chromedp.MouseClickXY(p.X+p.W*0.6, p.Y+12))
	b.await("what is there is seen", `[...document.querySelectorAll(".sg-node")].some(n => /^node-[a-f]0_/.test(n.dataset.testid))`)
	b.await("few are mounted", mounted+` > 0 && `+mounted+` <= 200`)
	b.clean()
}
