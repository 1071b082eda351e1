package e2e

import "testing"

// TestAQuestionMovesNothing: the form of an approval that comes while somebody reads the run pushes nothing aside.
func TestAQuestionMovesNothing(t *testing.T) {
	s := boot(t)
	s.publish(t, "asks", "steps:\n  go: {signal: {name: go}}\n  ask: {needs: [go], approval: {title: \"Shall it go on?\"}}\n  no: {needs: [ask.rejected], fail: {message: stopped}}\n")
	for _, size := range [][2]int64{{1280, 800}, {390, 844}} {
		id := s.start(t, "asks", "{}")
		b := open(t, size[0], size[1])
		b.goTo(s.url + "/runs/" + id)
		b.await("the page follows the run", `document.body.dataset.live === "open" && !!document.querySelector(".sg-node")`)
		_, _ = ask[bool](b, `(() => { window.moved = []; new PerformanceObserver(l => { for (const e of l.getEntries()) window.moved.push(e) }).observe({type: "layout-shift"}); return true })()`)
		s.api(t, "POST", "/runs/"+id+"/signals/go", "1", nil)
		b.await("the question", `!!document.querySelector("#action-approve")`)
		b.await("the page at rest", `(() => { // so many frames without another shift
			const seen = window.rest ??= { n: 0, moved: -1, look() { this.n = this.moved === window.moved.length ? this.n + 1 : 0; this.moved = window.moved.length; requestAnimationFrame(() => this.look()) } };
			if (seen.moved < 0) seen.look();
			return seen.n > 120;
		})()`)
		if sum, ok := ask[float64](b, `window.moved.reduce((n, e) => n + e.value, 0)`); !ok || sum >= 0.02 {
			t.Errorf("at %d × %d the layout shifted by %.3f, want less than 0.02", size[0], size[1], sum)
		}
		if !b.sawQuestion() {
			t.Errorf("at %d × %d the question is not in sight", size[0], size[1])
		}
		b.click("#action-approve")
		until(t, said("the run goes on"), func() bool { return s.run(t, id).Status == "succeeded" })
	}
}

// sawQuestion reports whether the button that answers can be seen without scrolling.
func (b *tab) sawQuestion() bool {
	seen, ok := ask[bool](b, `(() => { const r = document.querySelector("#action-approve").getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight && r.width > 0 })()`)
	return ok && seen
}
