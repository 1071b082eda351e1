package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pairs is how often the canvas and the empty graph are measured, in turns.
const pairs = 5

// watchStart notes when the canvas of a large flow can be used: its steps are drawn, its keys are heard, and the frame is out; and how many steps were mounted
// on the way there.
const watchStart = `(() => {
	window.most = 0;
	const look = () => {
		window.most = Math.max(most, document.querySelectorAll(".react-flow__node").length);
		if (document.body?.dataset.canvas === "ready" && document.querySelector(".sg-node, .sg-far")) requestAnimationFrame(() => { window.usable ??= performance.now() });
		else requestAnimationFrame(look);
	};
	look();
	window.keys = [];
	new PerformanceObserver(l => { for (const e of l.getEntries()) if (e.name === "keydown") keys.push(e.duration) }).observe({type: "event", durationThreshold: 16, buffered: true});
})()`

// panned moves the view about and gives the times between the frames in milliseconds, in order.
const panned = `(async () => {
	const pane = document.querySelector(".react-flow__pane"), frames = [];
	for (let i = 0, last = performance.now(); i < 90; i++) {
		pane.dispatchEvent(new WheelEvent("wheel", {deltaY: i < 45 ? 40 : -40, deltaX: i % 30 < 15 ? 15 : -15, bubbles: true, cancelable: true}));
		const now = await new Promise(done => requestAnimationFrame(() => done(performance.now())));
		frames.push(now - last);
		last = now;
	}
	window.frames = frames.slice(5).sort((a, b) => a - b);
})()`

// BenchmarkCanvas measures a flow of a thousand steps on the canvas: when it can be used, how smoothly it moves beside an empty React Flow of as many nodes in
// the same places (all mounted, and only those in view), how many steps are mounted, how long a key takes from its stroke to the frame that shows it, and the
// frames while an edge is drawn.
func BenchmarkCanvas(b *testing.B) {
	const steps = 1000
	empty := emptyGraph(b)
	for b.Loop() {
		s := boot(b)
		s.putDraft(b, "large", largeFlow("large", steps))
		var usable, most, answer []float64
		for range pairs {
			t := open(b, 1440, 900)
			t.atStart(watchStart)
			t.goTo(s.url + "/flows/large/edit")
			t.await("the canvas", `window.usable`)
			usable, most = append(usable, number(t, "usable")), append(most, number(t, "most"))
			t.await("a step is chosen", `(() => {
				const began = performance.now();
				document.querySelector(".react-flow__node").click();
				requestAnimationFrame(() => { window.answer = performance.now() - began });
				return true;
			})()`)
			t.await("its form", `window.answer && document.querySelector('[data-testid="inspector"]')`)
			answer = append(answer, number(t, "answer"))
		}
		b.ReportMetric(middle(usable), "usable_ms")
		b.ReportMetric(slices.Max(most), "mounted_at_first")
		b.ReportMetric(middle(answer), "select_ms")

		canvas, plain, culled := open(b, 1440, 900), open(b, 1440, 900), open(b, 1440, 900)
		canvas.atStart(watchStart)
		canvas.goTo(s.url + "/flows/large/edit")
		canvas.await("the canvas", `window.usable`)
		graph, _ := ask[string](canvas, `JSON.stringify(JSON.parse(document.getElementById("draft").textContent).graph)`)
		for t, only := range map[*tab]bool{plain: false, culled: true} {
			t.goTo(empty)
			t.await("the empty graph", fmt.Sprintf(`(show(%s, 0.5, %v), true)`, graph, only))
			t.await("its nodes", `document.querySelector(".react-flow__node")`)
		}
		p95 := map[*tab][]float64{}
		for range pairs {
			for _, t := range []*tab{canvas, plain, culled} {
				p95[t] = append(p95[t], t.p95(panned))
			}
		}
		b.ReportMetric(middle(p95[canvas]), "pan_p95_ms")
		b.ReportMetric(middle(p95[plain]), "empty_pan_p95_ms")
		b.ReportMetric(middle(p95[culled]), "empty_culled_pan_p95_ms")
		mounted := number(canvas, `document.querySelectorAll(".react-flow__node").length`)
		b.ReportMetric(mounted, "mounted")
		b.ReportMetric(mounted*100/number(canvas, `document.querySelector(".sg-zoom-percent").textContent.replace("%", "")`), "mounted_x_100_by_zoom")

		canvas.do("to the front", chromedp.Func(front))
		canvas.searchKeys(b)
		canvas.typeIntoInspector(b)
		canvas.drawAnEdge(b)
		canvas.press("0")
		canvas.await("all steps from afar", `document.querySelector(".sg-far")`)
		b.ReportMetric(canvas.p95(panned), "far_pan_p95_ms")
		canvas.clean()
	}
}

// emptyGraph builds and serves the page that the canvas is held against.
func emptyGraph(b *testing.B) (url string) {
	dir := b.TempDir()
	if out, err := exec.Command("node", "../web/ui/bench/build.mjs", dir).CombinedOutput(); err != nil {
		b.Fatalf("building the empty graph (it needs node, and npm ci in web/ui): %v\n%s", err, out)
	}
	at := httptest.NewServer(http.FileServer(http.Dir(dir)))
	b.Cleanup(at.Close)
	return at.URL
}

// atStart runs a script in every page of the tab before its own.
func (b *tab) atStart(script string) {
	b.Helper()
	b.do("a script for every page", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

func front(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, page.BringToFront, cdp.Empty{})
	return err
}

// p95 runs a script that leaves the times between frames in order, on a page that is in front.
func (b *tab) p95(script string) float64 {
	b.Helper()
	b.do("to the front", chromedp.Func(front))
	b.await("it begins", `(window.frames = null, `+script+`, true)`)
	b.await("it has moved", `window.frames`)
	return number(b, `window.frames[Math.floor(window.frames.length * 0.95)]`)
}

// searchKeys types and deletes words in the search.
func (b *tab) searchKeys(bench *testing.B) {
	b.Helper()
	b.do("searching", chromedp.KeyEvent("f", chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.await("the search", `document.activeElement?.dataset.testid === "find-query"`)
	b.strike(bench, "search_key", "mail 12", "approval", "e", "tell people d9", "step", "set 4")
	b.await("a step is found", `document.querySelector('[data-testid="find-count"]').textContent.startsWith("1/")`)
	b.press(kb.Escape)
}

// typeIntoInspector types a title for a step.
func (b *tab) typeIntoInspector(bench *testing.B) {
	b.Helper()
	b.await("a step is chosen", `(document.querySelector(".react-flow__node .sg-node").click(), true)`)
	b.await("its form", `document.querySelector('[data-testid="field-title"]')`)
	b.await("the title is marked", `(() => { const f = document.querySelector('[data-testid="field-title"]'); f.focus(); f.select(); return document.activeElement === f })()`)
	b.strike(bench, "inspector_key", "A title that says what it is for")
	b.await("it is saved", saved)
}

// strike types words one after the other, each in place of the one before, and reports how long a key takes from its stroke to the frame that shows it. The
// browser tells of those above 16 ms only, in steps of 8.
func (b *tab) strike(bench *testing.B, name string, words ...string) {
	b.Helper()
	b.await("the keys are watched", `(window.keys.length = 0, true)`)
	n := 0
	for _, w := range words {
		for _, r := range w {
			b.press(string(r))
			n++
		}
		b.do("marking all", chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)))
	}
	b.await("two frames on", `(requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { window.told = true }, 100))), window.told)`)
	took, _ := ask[[]float64](b, `window.keys`)
	for len(took) < n {
		took = append(took, 16)
	}
	slices.Sort(took)
	bench.ReportMetric(took[len(took)*95/100], name+"_p95_ms")
	bench.ReportMetric(took[len(took)-1], name+"_max_ms")
}

// drawAnEdge drags from a port across the steps in view.
func (b *tab) drawAnEdge(bench *testing.B) {
	b.Helper()
	b.press(kb.Escape)
	port, _ := ask[place](b, `(() => {
		const free = [...document.querySelectorAll(".sg-port")].map(e => e.getBoundingClientRect()).find(r => r.x > 420 && r.x < 700 && r.y > 200 && r.y < 400);
		return {X: free.x, Y: free.y, W: free.width, H: free.height};
	})()`)
	x, y := port.middle()
	b.await("the frames are watched", `(() => {
		window.drawn = [];
		let last = performance.now();
		const next = () => { const now = performance.now(); drawn.push(now - last); last = now; if (drawn.length < 2000) requestAnimationFrame(next) };
		requestAnimationFrame(next);
		return true;
	})()`)
	held := func(p *input.DispatchMouseEventParams) { p.Buttons = 1; p.Button = input.MouseButtonLeft }
	moves := []chromedp.Action[chromedp.Void]{chromedp.MouseEvent(chromedp.MouseMoved, x, y), chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1))}
	for i := range 80 {
		moves = append(moves, chromedp.MouseEvent(chromedp.MouseMoved, x+float64(i*5), y+float64(i%40*6), held))
	}
	b.do("drawing", moves...)
	b.await("an edge is drawn", `document.querySelector(".sg-graph[data-wiring]")`)
	frames, _ := ask[[]float64](b, `drawn.splice(0).slice(2)`)
	b.do("letting go", chromedp.MouseEvent(chromedp.MouseReleased, 700, 120, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	b.press(kb.Escape)
	slices.Sort(frames)
	bench.ReportMetric(frames[len(frames)*95/100], "edge_p95_ms")
}

func number(b *tab, expression string) float64 {
	b.Helper()
	v, ok := ask[float64](b, "Number("+expression+")")
	if !ok {
		b.Fatalf("%s is no number", expression)
	}
	return v
}

func middle(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
