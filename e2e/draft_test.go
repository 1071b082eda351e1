package e2e

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestADraftHolds is the life of one draft: its problems one by one, its text broken and mended, each gesture by its name and back, and the network cut.
func TestADraftHolds(t *testing.T) {
	s := boot(t)
	b := open(t, 1680, 900)
	problemsOneByOne(b, s)
	brokenAndMended(b, s)
	gesturesByName(b, s)
	networkCut(b, s)
	b.clean()
}

const wrongFlow = `name: wrong
input: {type: object, required: [to], properties: {to: {type: string}}}
steps:
  first:
    call: mail.send
    with: {to: "${{ input.tu }}", subject: hello}
  second:
    needs: [first]
    if: ${{ input.nothing }}
    wait: 1s
`

func problemsOneByOne(b *tab, s site) {
	b.Helper()
	s.putDraft(b, "wrong", wrongFlow)
	var check struct {
		Issues []struct {
			Line    int
			Message string
		}
	}
	s.send(b, http.MethodPost, "/check", wrongFlow, &check)
	if len(check.Issues) < 2 {
		b.Fatalf("the flow has %d problems", len(check.Issues))
	}
	b.goTo(s.url + "/flows/wrong/edit")
	b.await("the canvas", `document.body.dataset.canvas === "ready"`)
	b.click(`[data-testid="yaml-toggle"]`)
	b.await("the editor", `document.querySelector(".cm-content")`)
	b.click(`[data-testid="problems-toggle"]`)
	// The badge, the list and the check say the same.
	b.await("the badge counts them", `Number(document.querySelector('[data-testid="problems-count"]').textContent) === `+strconv.Itoa(len(check.Issues)))
	b.await("the list has them", `document.querySelectorAll(".sg-problems ol > li").length === `+strconv.Itoa(len(check.Issues)))
	for i, is := range check.Issues {
		b.sees(".sg-problems li:nth-child("+strconv.Itoa(i+1)+")", strconv.Itoa(is.Line)+":")
		b.sees(".sg-problems li:nth-child("+strconv.Itoa(i+1)+")", strings.Fields(strings.ReplaceAll(is.Message, "`", ""))[0])
	}
	// F8: the step, the field and the line, one problem after the other, and around.
	for _, at := range [][3]string{{"first", "with.to", "input.tu"}, {"second", "if", "input.nothing"}, {"first", "with.to", "input.tu"}} {
		b.do("the next problem", chromedp.KeyEvent(kb.F8))
		b.await("the step "+at[0], `new URLSearchParams(location.search).get("step") === "`+at[0]+`"`)
		b.await("the field "+at[1], `document.activeElement.dataset.testid === "field-`+at[1]+`"`)
		b.await("the line of it", `document.querySelector(".cm-activeLine")?.textContent.includes("`+at[2]+`")`)
	}
	b.click(".sg-problems li:nth-child(2) > button")
	b.await("a row does the same", `document.activeElement.dataset.testid === "field-if" && document.querySelector(".cm-activeLine").textContent.includes("input.nothing")`)
}

// caretBehind puts the cursor of the editor behind a text on one of its lines.
func (b *tab) caretBehind(text string) {
	b.Helper()
	// Asked again until the editor has it: what loads meanwhile may move the cursor.
	b.await("a cursor behind "+text, `(() => {
		const text = `+quote(text)+`, now = getSelection();
		for (const line of document.querySelectorAll(".cm-line")) {
			let at = line.textContent.indexOf(text);
			if (at < 0) continue;
			at += text.length;
			const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
			for (let n = walk.nextNode(); n; n = walk.nextNode()) {
				if (at > n.length) { at -= n.length; continue; }
				if (line.matches(".cm-activeLine") && document.activeElement.matches(".cm-content") && now.anchorNode === n && now.anchorOffset === at) return true;
				document.querySelector(".cm-content").focus();
				now.collapse(n, at);
				return false;
			}
		}
		return false;
	})()`)
}

func brokenAndMended(b *tab, s site) {
	b.Helper()
	const good = "name: mended\nsteps:\n  a: # stays\n    wait: 1s\n  b:\n    needs: [a]\n    wait: 2s\n"
	s.putDraft(b, "mended", good)
	b.goTo(s.url + "/flows/mended/edit")
	b.await("the canvas", `document.body.dataset.canvas === "ready" && document.querySelector(".cm-content")`)
	b.caretBehind("needs: [a")
	b.do("taking the bracket away", chromedp.KeyEvent(kb.Delete))
	b.sees(`[data-testid="broken"]`, "The YAML cannot be read")
	b.await("the last graph that could be read is there, dimmed", `document.querySelectorAll(".sg-node").length === 2 && document.querySelector(".sg-graph[data-dimmed]")`)
	// One may look around: select a step, open a part of its form, move the graph.
	b.click(`[data-testid="node-b"]`)
	b.await("its form, which can't be written", `document.querySelector('[data-testid="field-wait"]')?.value === "2s" && document.querySelector('[data-testid="field-wait"]').matches(":disabled")`)
	b.await("a part of it opens", `(() => { const d = document.querySelector('[data-testid="inspector"] details:not([open])'); d?.querySelector("summary").click(); return !d || d.open; })()`)
	const transform = `document.querySelector(".react-flow__viewport").style.transform`
	before, _ := ask[string](b, transform)
	x, y := freeSpot(b)
	b.do("scrolling the graph", chromedp.MouseEvent(chromedp.MouseWheel, x, y, func(p *input.DispatchMouseEventParams) { p.DeltaX, p.DeltaY = 40, 60 }))
	b.await("it moves", transform+` !== `+quote(before))
	// One keystroke mends it: the graph, the text and the undo are whole.
	b.caretBehind("needs: [a")
	b.do("the bracket again", chromedp.KeyEvent("]"))
	b.await("it is mended", saved+` && !document.querySelector('[data-testid="broken"]') && !document.querySelector(".sg-graph[data-dimmed]") && !document.querySelector('[data-testid="field-wait"]').matches(":disabled")`)
	if now := s.source(b, "mended"); now != good {
		b.Errorf("the text is\n%s\nwant\n%s", now, good)
	}
	b.await("there is nothing that undo could lose", `!document.querySelector('[data-testid="undo"]').disabled`)
	b.do("undo in the editor", chromedp.KeyEvent("z", chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.sees(`[data-testid="broken"]`, "The YAML cannot be read")
	b.do("redo in the editor", chromedp.KeyEvent("z", chromedp.KeyModifiers(kb.ModifierCtrl|kb.ModifierShift)))
	b.await("it is whole again", saved+` && !document.querySelector('[data-testid="broken"]')`)
}

func gesturesByName(b *tab, s site) {
	b.Helper()
	const good = "name: named\nsteps:\n  a:\n    wait: 1s\n"
	s.putDraft(b, "named", good)
	b.goTo(s.url + "/flows/named/edit?step=a")
	b.await("the canvas", `document.body.dataset.canvas === "ready" && document.querySelector(".cm-content")`)
	b.click(`[data-testid="palette-wait"]`) // on the canvas
	b.await("a second step", saved+` && document.querySelectorAll(".sg-node").length === 2`)
	b.write(`[data-testid="field-title"]`, "The second") // in a form, letter by letter
	b.press(kb.Enter)
	b.await("it is saved", saved+` && document.querySelector(".cm-content").textContent.includes("The second")`)
	b.caretBehind("name: named") // in the text
	b.do("writing", chromedp.KeyEvent(" # mine"))
	b.await("it is saved", saved)
	names := `[...document.querySelectorAll('[data-testid="history-list"] li')].map(e => e.textContent.trim()).join(" | ")`
	const want = "Edit YAML | Set title of wait | Add wait"
	b.click(`[data-testid="history"]`)
	b.await("three gestures, three names", names+` === `+quote(want))
	b.goTo(s.url + "/flows/named/edit?step=wait") // a reload
	b.await("the canvas", `document.body.dataset.canvas === "ready" && document.querySelector(".cm-content")`)
	b.click(`[data-testid="history"]`)
	b.await("they survive it", names+` === `+quote(want))
	b.do("shutting the list", chromedp.KeyEvent(kb.Escape))
	for i := range 3 {
		b.click(`[data-testid="undo"]`)
		b.await("one is undone", saved+` && document.querySelector('[data-testid="redo"]').title.startsWith("Redo") && JSON.parse(sessionStorage.getItem("segno.undo.named")).redo.length === `+strconv.Itoa(i+1))
	}
	if now := s.source(b, "named"); now != good {
		b.Errorf("after three undos the text is\n%s\nwant\n%s", now, good)
	}
	b.await("there is nothing more", `document.querySelector('[data-testid="undo"]').disabled`)
}

func networkCut(b *tab, s site) {
	b.Helper()
	s.putDraft(b, "cut", "name: cut\nsteps:\n  a:\n    wait: 1s\n")
	b.goTo(s.url + "/flows/cut/edit?step=a")
	b.await("the canvas", `document.body.dataset.canvas === "ready" && document.querySelector('[data-testid="field-title"]')`)
	b.network(false)
	b.write(`[data-testid="field-title"]`, "Written in the dark")
	b.press(kb.Enter)
	b.sees(`[data-testid="save-state"]`, "Offline, kept here")
	b.caretBehind("name: cut")
	b.do("writing", chromedp.KeyEvent(" # too"))
	b.network(true)
	b.sees(`[data-testid="save-state"]`, "Saved")
	const both = "name: cut # too\nsteps:\n  a:\n    title: Written in the dark\n    wait: 1s\n"
	until(b, func() string { return "the draft is\n" + s.source(b, "cut") + "\nwant\n" + both }, func() bool { return s.source(b, "cut") == both })

	// Somebody who shuts the tab finds it on coming back.
	b.await("it is saved", saved)
	b.network(false)
	b.write(`[data-testid="field-title"]`, "And left")
	b.press(kb.Enter)
	b.sees(`[data-testid="save-state"]`, "Offline, kept here")
	b.network(true)
	b.goTo(s.url + "/flows/cut/edit?step=a")
	until(b, func() string { return "the draft is\n" + s.source(b, "cut") }, func() bool { return strings.Contains(s.source(b, "cut"), "title: And left") })
	b.await("it is saved", saved)
}

// source is the text of a draft.
func (s site) source(t testing.TB, flow string) string {
	t.Helper()
	var draft struct{ Source string }
	s.send(t, http.MethodGet, "/flows/"+flow+"/draft", "", &draft)
	return draft.Source
}

// network cuts the page off, or lets it back.
func (b *tab) network(on bool) {
	b.Helper()
	b.do("the network", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		conditions := []*network.Conditions{}
		if !on {
			conditions = append(conditions, &network.Conditions{Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
		}
		if _, err := cdp.Call(ctx, target, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: conditions}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: !on, DownloadThroughput: -1, UploadThroughput: -1})
		return err
	}))
}
