package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press strikes keys, one after the other, each as a keyboard does: what the page makes of a key decides whether its letter is written.
func (b *tab) press(keys ...string) {
	b.Helper()
	for _, k := range keys {
		b.do("pressing "+k, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			for _, r := range k {
				events := kb.Encode(r)
				for i, e := range events {
					switch {
					case e.Type == kb.KeyChar:
						continue
					case e.Type == kb.KeyDown && i+1 < len(events) && events[i+1].Type == kb.KeyChar:
						e.Text, e.UnmodifiedText = events[i+1].Text, events[i+1].UnmodifiedText
					}
					if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *e); err != nil {
						return err
					}
				}
			}
			return nil
		}))
	}
}

// tabTo goes to an element by Tab, or by Shift+Tab, as somebody without a pointer does.
func (b *tab) tabTo(selector string, back ...bool) {
	b.Helper()
	const most = 120
	b.await(selector+" is there", fmt.Sprintf("document.querySelector(%s)", quote(selector)))
	var options []chromedp.KeyOption
	if len(back) > 0 {
		options = append(options, chromedp.KeyModifiers(kb.ModifierShift))
	}
	for range most {
		b.do("Tab", chromedp.KeyEvent(kb.Tab, options...))
		if there, _ := ask[bool](b, fmt.Sprintf("document.activeElement?.matches(%s) ?? false", quote(selector))); there {
			return
		}
	}
	where, _ := ask[string](b, "document.activeElement.outerHTML.slice(0, 200)")
	b.Fatalf("%d times Tab do not lead to %s; the focus is on %s", most, selector, where)
}

// fill replaces what a field of the inspector holds; every field is further down than the one before.
func (b *tab) fill(field, text string) {
	b.Helper()
	b.tabTo(fmt.Sprintf(`[data-testid="field-%s"]`, field))
	b.rewrite(text)
}

// rewrite replaces what the focused field holds. A blank at the end shuts the suggestions, which would take the next Tab.
func (b *tab) rewrite(text string) {
	b.Helper()
	b.do("marking", chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.do("writing", chromedp.KeyEvent(text))
	b.await("no suggestions stand in the way", `!document.querySelector('[data-testid="assist"]')`)
}

// express writes an expression into a field that takes a value too: the toggle before it is pressed first if need be.
func (b *tab) express(field, text string) {
	b.Helper()
	toggle := fmt.Sprintf(`[data-testid="toggle-%s"]`, field)
	b.tabTo(toggle)
	if on, _ := ask[bool](b, fmt.Sprintf(`document.querySelector(%s).getAttribute("aria-pressed") === "true"`, quote(toggle))); !on {
		b.press(" ")
	}
	b.await("an expression is asked for", fmt.Sprintf(`document.querySelector('.sg-cel [data-testid="field-%s"]')`, field))
	b.fill(field, text+" ")
}

// leave saves the field that is written in, and goes back to its step.
func (b *tab) leave(step string) {
	b.Helper()
	b.press(kb.Enter)
	b.await("it is saved", saved)
	b.press(kb.Escape)
	b.onStep(step)
}

// onStep waits for the keyboard's focus on a step that is selected.
func (b *tab) onStep(step string) {
	b.Helper()
	b.await("the focus on "+step, fmt.Sprintf(`document.activeElement?.querySelector('[data-testid="node-%s"][data-selected]')`, step))
}

// add picks what comes next.
func (b *tab) add(key, search, step string) {
	b.Helper()
	b.press(key)
	b.await("the picker has the focus", `document.activeElement?.dataset.testid === "picker-search"`)
	b.rewrite(search)
	b.await("it is found", `document.querySelector('[data-testid="picker"] [aria-selected="true"]')`)
	b.press(kb.Enter)
	b.onStep(step)
}

// TestSnapVaultByTheKeyboard builds the sample flow SnapVault with the keyboard alone, publishes it, and sees it run as the sample does.
func TestSnapVaultByTheKeyboard(t *testing.T) {
	s := boot(t)
	s.putDraft(t, "vault", "name: vault\n")
	b := open(t, 1280, 800)
	b.goTo(s.url + "/flows/vault/edit")
	b.await("the canvas", `document.body.dataset.canvas === "ready"`)

	b.add("a", "thumbn", "thumbnail")
	b.press(kb.Escape) // nothing is selected: the inspector shows the flow
	b.await("the flow's form", `document.querySelector('[data-testid="flow-form"]')`)
	b.fill("title", "Caption a photo")
	b.tabTo(".sg-more:has([data-testid='field-input']) summary")
	b.press(" ")
	b.fill("input", "{type: object, required: [photo_id, user], properties: {photo_id: {type: string}, user: {type: string}, photo: {type: string, enum: [sign, sky]}}}")
	b.do("saving it", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.await("the input is saved", saved+` && document.querySelector('[data-testid="problems-count"]').dataset.tone !== "fail"`)

	b.tabTo(`.react-flow__node:has([data-testid="node-thumbnail"])`, true)
	b.press(kb.Enter)
	b.onStep("thumbnail")
	b.press(kb.Enter)
	b.await("the inspector", `document.activeElement?.dataset.testid === "field-name"`)
	b.express("with.photo", "input.?photo")
	b.fill("with.width", "160")
	b.leave("thumbnail")

	b.add(kb.Tab, "captions", "captions") // Tab on the selected step does what A does
	b.press(kb.Enter)
	b.express("with.photo_id", "input.photo_id")
	b.express("with.image", "steps.thumbnail.output.data_url")
	b.leave("captions")

	b.add("a", "switch", "switch")
	b.press(kb.F2)
	b.await("the rename dialog", `document.activeElement?.dataset.testid === "rename-name"`)
	b.do("naming it", chromedp.KeyEvent("writing"))
	b.press(kb.Enter)
	b.onStep("writing")
	b.press(kb.Enter)
	b.fill("switch-name.first", "found")
	b.press(kb.Enter)
	b.await("the branch has its name", `document.querySelector('[data-testid="field-switch.found"]')`)
	b.leave("writing")
	b.press(kb.Enter)
	b.fill("switch.found", "steps.captions.output.ocr_result.has_text ")
	b.leave("writing")

	// The last step is added loose and wired by C, the arrows and Enter.
	b.press(kb.Escape)
	b.await("nothing is selected", `!document.querySelector(".sg-node[data-selected]")`)
	b.add("a", "snapvault.notify", "notify")
	b.press(kb.Enter)
	b.express("with.user", "input.user")
	b.fill("with.text", "Photo ${{ input.photo_id }} has writing on it")
	b.leave("notify")
	b.tabTo(`.react-flow__node:has([data-testid="node-writing"])`, true)
	b.press(kb.Enter)
	b.onStep("writing")
	b.press("c")
	b.sees(`[data-testid="wiring"]`, "writing.found")
	b.press("c")
	b.sees(`[data-testid="wiring"]`, "writing.otherwise")
	for range 8 {
		b.press("c")
		if strings.Contains(b.text(`[data-testid="wiring"]`), "writing.found") {
			break
		}
	}
	b.press(kb.ArrowDown, kb.Enter)
	b.await("the edge", `document.querySelector('[data-testid="edge-writing.found>notify"]')`)
	b.onStep("notify")
	b.press(kb.ArrowUp)
	b.onStep("writing")
	b.press(kb.ArrowUp)
	b.onStep("captions")

	// A step in between goes again, and what stood around it is joined.
	b.add("a", "wait", "wait")
	b.await("it is saved", saved)
	b.press("c")
	b.press(kb.ArrowDown)
	b.await("a target has the focus", `document.activeElement?.querySelector('[data-testid="node-writing"], [data-testid="node-notify"]')`)
	if at := b.text(":focus .sg-node-title"); at != "writing" {
		b.press(kb.ArrowDown)
	}
	b.press(kb.Enter)
	b.await("the edge", `document.querySelector('[data-testid="edge-wait.done>writing"]')`)
	b.onStep("writing")
	b.tabTo(`.react-flow__node:has([data-testid="node-wait"])`, true)
	b.press(kb.Enter)
	b.onStep("wait")
	b.press(kb.Delete)
	b.await("it is asked", `document.activeElement?.dataset.testid === "delete-bridge"`)
	b.press(kb.Enter)
	b.await("the wait is gone", `!document.querySelector('[data-testid="node-wait"]')`)
	b.onStep("captions")
	b.await("no problem is left", saved+` && document.querySelector('[data-testid="problems-count"]').dataset.tone !== "fail"`)

	b.tabTo(`[data-testid="publish-open"]`, true)
	b.press(kb.Enter)
	b.await("the message is asked for", `document.querySelector('[data-testid="publish-message"]')`)
	if there, _ := ask[bool](b, `document.activeElement.dataset.testid === "publish-message"`); !there {
		b.tabTo(`[data-testid="publish-message"]`)
	}
	b.do("writing", chromedp.KeyEvent("Built by hand"))
	b.press(kb.Enter)
	b.sees(`[data-testid="published"]`, "Version 1 published")

	id := s.start(t, "vault", `{"photo_id": "p-1", "user": "ada@example.org", "photo": "sign"}`)
	until(t, func() string { return "the run is " + s.run(t, id).Status }, func() bool {
		switch s.run(t, id).Status {
		case "succeeded":
			return true
		case "failed": // the provider of captions is often busy, and no retry was written
			s.api(t, "POST", "/runs/"+id+"/retry", "{}", nil)
		}
		return false
	})
	for _, st := range s.run(t, id).Steps {
		if st.Status != "succeeded" {
			t.Errorf("%s is %s", st.ID, st.Status)
		}
	}
	b.clean()
}
