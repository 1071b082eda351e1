package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestKeysAndTimes goes over every kind of page. Each key that a page lists does what it says, is text in a text field, and is dead once single keys are
// off. Each time is an element that says exactly when, in the zone that the address names.
func TestKeysAndTimes(t *testing.T) {
	s := boot(t)
	id := s.start(t, "order", fmt.Sprintf(order, 20, `, "fail": "ship"`))
	until(t, said("the order has failed"), func() bool { return s.run(t, id).Status == "failed" })
	source := s.draft(t, "")
	s.send(t, "POST", "/flows/order/versions?message=Expensive+from+5000", strings.Replace(source, "> 10000", "> 5000", 1), nil)
	s.api(t, "POST", "/flows/order/tests/run", "", nil)
	b := open(t, 1280, 720)
	b.do("a zone that is not UTC", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kolkata"})
		return err
	}))
	press := func(key string, mods ...chromedp.KeyOption) {
		t.Helper()
		if len(mods) == 0 {
			b.press(key)
			return
		}
		b.do("pressing "+key, chromedp.KeyEvent(key, mods...))
	}
	for _, p := range []struct {
		name, path, when string
		keys             string // that its list must have, those of every page aside
		field            string // a text field
	}{
		{"flows", "/flows", plainPage, "J", ""},
		{"overview", "/flows/order", plainPage, "J", ""},
		{"canvas", "/flows/order/edit?step=ship", canvasPage, "A C", ""},
		{"tests", "/flows/order/tests", plainPage, "J", ""},
		{"versions", "/flows/order/versions", plainPage, "J", ""},
		{"diff", "/flows/order/diff?from=1&to=2", plainPage + ` && document.body.dataset.diff === "ready"`, "N", ""},
		{"start", "/flows/order/start", plainPage, "", "#start-form [name=order_id]"},
		{"runs", "/runs", plainPage, "/ J", "[data-filter]"},
		{"run", "/runs/" + id + "?step=ship", runPage, "J ] R", ""},
		{"functions", "/functions", plainPage, "J", ""},
		{"replicas", "/replicas", plainPage, "", ""},
		{"function", "/functions/payments.reserve", plainPage, "", ".try textarea"},
		{"not found", "/nowhere", plainPage, "", ""},
	} {
		b.TB = t
		b.goTo(s.url + p.path)
		b.await("all of "+p.name, p.when)
		press("?")
		b.await(p.name+": ? lists the keys", `document.querySelector("#keys[open]")`)
		listed, _ := ask[[]string](b, `[...document.querySelectorAll("#keys div:not([hidden]) > dd")].map(dd => dd.querySelector("kbd").textContent)`)
		for _, key := range strings.Fields(p.keys + " ? Esc") {
			if !slices.Contains(listed, key) {
				t.Errorf("%s: the list of keys has %v, want %s in it", p.name, listed, key)
			}
		}
		press(kb.Escape)
		b.await(p.name+": Esc closes the list", `!document.querySelector("#keys[open]")`)
		press("k", chromedp.KeyModifiers(kb.ModifierCtrl))
		b.await(p.name+": Ctrl+K", `document.querySelector("#palette[open]")`)
		press(kb.Escape)
		b.await(p.name+": Esc closes the palette", `!document.querySelector("#palette[open]")`)
		if slices.Contains(listed, "/") {
			press("/")
			b.await(p.name+": / is in the filter", `document.activeElement.matches("[data-filter]")`)
		}
		if slices.Contains(listed, "J") {
			b.await("the focus on the page", `(document.activeElement?.blur(), true)`)
			press("j")
			b.await(p.name+": J is at a row", `document.activeElement.closest("[data-row]")`)
			press("j")
			press("k")
			b.await(p.name+": J and K come back to the first row", `document.querySelector("[data-row]").contains(document.activeElement)`)
		}
		if p.name == "run" {
			tab := `[...document.querySelectorAll("#run-inspector .tabs a")].findIndex(a => a.hasAttribute("aria-current"))`
			was, _ := ask[int](b, tab)
			press("]")
			b.await("] is at the next tab", fmt.Sprintf("%s === %d", tab, was+1))
			press("[")
			b.await("[ is at the tab before", fmt.Sprintf("%s === %d", tab, was))
			press("r")
			b.await("R is at Retry", `document.activeElement.id === "action-retry"`)
		}
		if p.field != "" {
			b.click(p.field)
			press("?")
			press("j")
			b.await(p.name+": a field takes keys as text", fmt.Sprintf(`document.activeElement.matches(%q) && document.activeElement.value.includes("?j") && !document.querySelector("dialog[open]")`, p.field))
		}
		b.await("single keys are off, the focus is on the page", `(localStorage.setItem("segno-keys", "off"), document.activeElement?.blur(), true)`)
		press("j")
		press("?")
		press("k", chromedp.KeyModifiers(kb.ModifierCtrl)) // comes after them
		b.await(p.name+": off, only the chord works", `document.querySelector("#palette[open]") && !document.querySelector("#keys[open]")`)
		press(kb.Escape)
		b.await(p.name+": off, J is nowhere", `!document.activeElement.closest("[data-row]") && (localStorage.removeItem("segno-keys"), true)`)
		b.times(s.url+p.path, p.name, p.when)
	}
	b.clean()
}

// timesTold fails on a time that is mere text.
func (b *tab) timesTold(name string) {
	b.Helper()
	bare, _ := ask[[]string](b, `(() => {
		const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		for (let n = walk.nextNode(); n; n = walk.nextNode()) {
			if (n.parentElement.closest("time, code, pre, input, textarea, option, script, style, svg title, .cm-editor")) continue;
			if (/\b\d+ (s|min|h|d) ago\b|just now|\b\d{4}-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b/.test(n.data)) out.push(n.data.trim());
		}
		for (const t of document.querySelectorAll("time")) if (!t.hasAttribute("datetime") || Number.isNaN(Date.parse(t.dateTime)) || !t.title) out.push(t.outerHTML);
		return out;
	})()`)
	for _, text := range bare {
		b.Errorf("%s: a time that is no element with its exact moment: %s", name, text)
	}
}

// times fails on a time that is mere text, and on one that the zone of the address does not reach.
func (b *tab) times(url, name, when string) {
	b.Helper()
	b.timesTold(name)
	if n, _ := ask[int](b, `document.querySelectorAll("time").length`); n == 0 {
		return
	}
	for zone, end := range map[string]string{"utc": " UTC", "local": " +05:30"} {
		mark := "?"
		if strings.Contains(url, "?") {
			mark = "&"
		}
		b.goTo(url + mark + "tz=" + zone)
		b.await("all of "+name, when)
		b.await(name+": all exact times in the zone of the address", fmt.Sprintf(`[...document.querySelectorAll("time")].every(t => t.title.endsWith(%q)) || [...document.querySelectorAll("time")].find(t => !t.title.endsWith(%q)).outerHTML && false`, end, end))
	}
}
