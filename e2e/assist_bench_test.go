package e2e

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// BenchmarkDiagnostics measures how long after the last key of an expression in the inspector what is wrong with it is read below the field, in
// milliseconds of the page's own clock: the rest of typing, the save, the check and the page together.
func BenchmarkDiagnostics(b *testing.B) {
	s := boot(b)
	t := open(b, 1440, 900)
	t.goTo(s.url + "/flows/order/edit?step=ship&run=none")
	t.await("the canvas", `document.body.dataset.canvas === "ready" && document.querySelector('[data-testid="field-with.order"]')`)
	t.await("keys and problems are watched", `(() => {
		window.took = [];
		let last = 0, word = "";
		addEventListener("keydown", e => { last = e.timeStamp; }, true);
		addEventListener("input", e => { word = e.target.value.trim(); }, true);
		let told = "";
		new MutationObserver(() => {
			const said = document.querySelector('[data-testid="inspector"] .sg-issue')?.textContent ?? "";
			const name = /nothing_\d+/.exec(said)?.[0];
			if (name && name !== told && word.endsWith(name)) { told = name; took.push(performance.now() - last); }
		}).observe(document.body, {subtree: true, childList: true, characterData: true});
		return true;
	})()`)
	var all []float64
	for n := 0; b.Loop(); n++ {
		t.click(`[data-testid="field-with.order"]`)
		t.do("emptying the field", chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace))
		t.do("writing", chromedp.KeyEvent("input.nothing_"+string(rune('0'+n%10))))
		want := n + 1
		until(t, func() string { return "no problem is told" }, func() bool {
			got, _ := ask[[]float64](t, "took")
			all = got
			return len(got) >= want
		})
		t.await("it is saved", saved)
	}
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2], "p50-ms")
	b.ReportMetric(all[min(len(all)-1, len(all)*95/100)], "p95-ms")
	b.ReportMetric(all[len(all)-1], "max-ms")
}
