package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// scriptless is a page whose own scripts never run.
func scriptless(t testing.TB) *tab {
	b := open(t, 1280, 720)
	b.do("switching scripts off", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	return b
}

// submit clicks a button and waits for the page that it leads to.
func (b *tab) submit(selector string) {
	b.Helper()
	x, y := b.find(selector).middle()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.MouseClickXY(x, y)); err != nil {
		b.Fatalf("clicking %s: %v", selector, err)
	}
}

// reload loads the page until it shows a status, as a person without scripts does.
func (b *tab) reload(status string) {
	b.Helper()
	until(b, func() string { return "the run is " + status + "; the page says " + b.text("#run-header h1") }, func() bool {
		if there, _ := ask[bool](b, fmt.Sprintf(`document.querySelector("#run-header[data-status=%s]") !== null`, status)); there {
			return true
		}
		b.do("reloading", chromedp.Reload())
		return false
	})
}

// TestWithoutScripts starts, reads, retries, compensates, approves and cancels runs on plain HTML.
func TestWithoutScripts(t *testing.T) {
	s := boot(t)
	b := scriptless(t)
	begin := func(fields map[string]string) {
		t.Helper()
		b.goTo(s.url + "/flows/order/start")
		for name, value := range fields {
			if name == "fail" {
				b.choose(`select[name="fail"]`, value)
			} else {
				b.write(`#start-form [name="`+name+`"]`, value)
			}
		}
		b.submit("#start-form button.primary")
	}

	begin(map[string]string{"fail": "ship"})
	b.reload("failed")
	b.sees("#run-header .verdict-sentence", "ship")
	b.sees("#run-header .evidence", "rejected")
	if p := b.find("#action-retry"); p.Y+p.H > 720 {
		t.Errorf("Retry is at %.0f, want it in sight without scrolling at 1280 by 720", p.Y)
	}
	b.submit("#action-retry")
	b.reload("succeeded")

	begin(map[string]string{"fail": "ship"})
	b.reload("failed")
	b.click("#confirm-compensate > summary")
	b.submit("#action-compensate")
	b.reload("compensated")

	begin(map[string]string{"amount": "20000"})
	b.reload("waiting")
	b.submit(`#run-header [name="approved"][value="true"]`)
	b.reload("succeeded")

	begin(map[string]string{"amount": "20000"})
	b.reload("waiting")
	b.click("#confirm-cancel > summary")
	b.submit("#action-cancel")
	b.reload("cancelled")

	// What is typed wrongly stays, and the form says what is wrong with it.
	begin(map[string]string{"amount": "-1"})
	b.sees("#start-error", "does not fit")
	b.sees(`[data-path="amount"] .field-error`, "0")
	if kept, _ := ask[string](b, `document.querySelector('#start-form [name="amount"]').value`); kept != "-1" {
		t.Errorf("the form holds %q, want what was typed: -1", kept)
	}

	// A flow of one's own, from a template to a run.
	b.goTo(s.url + "/flows")
	b.submit("#new-flow-link")
	b.write("#name", "Day Off")
	b.click(`[name="template"][value="approval"]`)
	b.submit("#new-flow button.primary")
	b.sees("#name-error", "day_off")
	b.submit("#name-error a")
	b.submit("#new-flow button.primary")
	b.sees(".fallback-outline", "granted")
	b.write("#ns-message", "As it is")
	b.submit(".fallback-publish button")
	b.goTo(s.url + "/flows/day_off/start")
	b.submit("#start-form button.primary")
	b.reload("waiting")
	b.submit(`#run-header [name="approved"][value="true"]`)
	b.reload("succeeded")
}
